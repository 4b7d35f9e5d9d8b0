"""Arrays as pictures: which shapes, types and ranges are taken, and what the rest is told."""

import numpy as np

from pinxit.errors import PictureError

_FLOATS = (np.float16, np.float32, np.float64)


def check_array(array: np.ndarray, alpha: np.ndarray | None) -> None:
    """Hold the promise of ``Picture``: (H, W, 3) uint8, uint16 or float32, and alpha of the same size and dtype."""
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise PictureError(f"a picture's array is (H, W, 3) and not empty; this one is {array.shape}")
    if array.dtype not in (np.uint8, np.uint16, np.float32):
        raise PictureError(f"a picture's array is uint8, uint16 or float32; this one is {array.dtype}")
    if alpha is not None and (alpha.shape != array.shape[:2] or alpha.dtype != array.dtype):
        raise PictureError(
            f"alpha is {alpha.dtype} {alpha.shape}, and {array.dtype} {array.shape[:2]} was wanted, as the picture's"
        )


def split_array(values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Colours (H, W, 3) and alpha (H, W) or None of an array that came from outside.

    Args:
        values: (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); bool, uint8, uint16 or float
            0..1 (a little beyond is clipped).

    Returns:
        uint8, uint16 or float32; nothing is copied where nothing has to change.
    """
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or values.shape[2] not in (1, 3, 4) or values.size == 0:
        advice = "; move the channels last: array.transpose(1, 2, 0)" if values.shape[:1] in ((1,), (3,), (4,)) else ""
        raise PictureError(
            f"an array of shape {values.shape} came, and (H, W), (H, W, 3) or (H, W, 4) was wanted{advice}"
        )
    values = _samples(values)
    if values.shape[2] == 1:
        return np.repeat(values, 3, axis=2), None
    if values.shape[2] == 4:
        return np.ascontiguousarray(values[..., :3]), np.ascontiguousarray(values[..., 3])
    return np.ascontiguousarray(values), None


def _samples(values: np.ndarray) -> np.ndarray:
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255)
    if values.dtype in (np.uint8, np.uint16):
        return values.astype(values.dtype.newbyteorder("="), copy=False)
    if values.dtype not in _FLOATS:
        raise PictureError(f"an array of {values.dtype} came; give uint8 (0..255), uint16 (0..65535) or float (0..1)")
    low, high = float(values.min()), float(values.max())
    if not np.isfinite([low, high]).all():
        raise PictureError("the array holds NaN or infinite values; replace them, as numpy.nan_to_num does")
    if low < -1 or high > 2:
        raise PictureError(f"a float array from {low:.3g} to {high:.3g} came, and 0..1 was wanted; divide by 255 or so")
    return (
        np.clip(values, 0, 1, dtype=np.float32, casting="unsafe")
        if (low < 0 or high > 1)
        else values.astype(np.float32, copy=False)
    )
