"""Masks that keep a style off what it would spoil."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import LUMA, unit_float
from pinxit.errors import MissingExtraError
from pinxit.picture.shrink import shrink

if TYPE_CHECKING:
    from pinxit.picture import Picture

_LONGEST = 640  # faces are looked for at this longest side
_SMALLEST = 32  # pixels of a face there


def faces(picture: Picture) -> list[tuple[int, int, int, int]]:
    """Upright faces seen from the front: (top, left, height, width) in the picture's pixels.

    Raises:
        MissingExtraError: scikit-image, which carries the detector, is not installed.

    Source:
        The local-binary-pattern cascade that scikit-image carries (Liao et al. 2007). It misses faces in profile and
        finds some where there are none.
    """
    try:
        from skimage.data import lbp_frontal_face_cascade_filename
        from skimage.feature import Cascade
    except ImportError as error:
        raise MissingExtraError("scikit-image", "faces") from error
    small = shrink(picture.array, _LONGEST)
    scale = picture.height / small.shape[0]
    grey = unit_float(small) @ np.asarray(LUMA, np.float32)
    most = min(grey.shape)
    if most < _SMALLEST:
        return []
    detector = Cascade(lbp_frontal_face_cascade_filename())
    found = detector.detect_multi_scale(
        img=(grey * 255).astype(np.uint8),
        scale_factor=1.2,
        step_ratio=1,
        min_size=(_SMALLEST,) * 2,
        max_size=(most,) * 2,
    )
    return [tuple(round(f[key] * scale) for key in ("r", "c", "height", "width")) for f in found]


def faces_left_out(picture: Picture) -> np.ndarray:
    """A mask, (H, W) float32: 1 where the style goes, 0 on faces, with soft borders."""
    mask = np.ones((picture.height, picture.width), np.float32)
    for top, left, height, width in faces(picture):
        middle, centre = top + height / 2, left + width / 2
        reach_y, reach_x = 0.85 * height, 0.7 * width  # from the brow-to-chin square to the whole head
        first, last = max(0, int(middle - 2 * reach_y)), min(picture.height, int(middle + 2 * reach_y) + 1)
        begin, end = max(0, int(centre - 2 * reach_x)), min(picture.width, int(centre + 2 * reach_x) + 1)
        down = (np.arange(first, last, dtype=np.float32) - middle)[:, None] / reach_y
        across = (np.arange(begin, end, dtype=np.float32) - centre)[None] / reach_x
        far = np.sqrt(down**2 + across**2)
        part = mask[first:last, begin:end]
        np.minimum(part, np.clip((far - 0.8) / 0.4, 0, 1), out=part)
    return mask
