"""Noise: how much there is, and shrinking it in sliding cosine transforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import unit_float
from pinxit.engines.strips import by_strips, places

if TYPE_CHECKING:
    from torch import Tensor

LEAST = 0.5 / 255
"""Noise below this, half a level of 8 bits, is left alone."""

_OPPONENT = np.array(
    [[3**-0.5] * 3, [2**-0.5, 0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]], np.float32
)  # orthonormal, so that equal noise in red, green and blue is equal noise in all three
_TILE = 384  # noise of a large picture is read from nine tiles of this side
_PATCH, _STEP, _THRESHOLD = 8, 3, 2.7  # pixels, pixels, standard deviations
_HALO = 9  # a patch's reach, rounded up to a multiple of the step


def noise_levels(array: np.ndarray) -> np.ndarray:
    """Standard deviation of noise in lightness and two opponent colours, (3,) float, in units of 0..1.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1.

    Source:
        The mask of Immerkaer 1996, which annihilates planes and straight edges, with the median of Donoho and Johnstone
        1994 in the place of the mean, so that texture counts little. Large pictures: the median over nine tiles.
        Only noise that differs from pixel to pixel is seen; what a camera has smoothed or JPEG flattened reads low.
    """
    return np.median([_levels(tile) for tile in places(array, _TILE)], 0)


def noise_level(array: np.ndarray) -> float:
    """Standard deviation of noise over red, green and blue, in units of 0..1; see :func:`noise_levels`."""
    return float(np.sqrt(np.mean(noise_levels(array) ** 2)))


def denoised(array: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Take noise out of a picture, as much as is found in it.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1. Not changed.
        strength: 0 returns the array itself, 1 what the estimate asks for.

    Returns:
        Shape and dtype of ``array``; the array itself where there is as good as no noise.

    Source:
        Yu and Sapiro 2011, "DCT image denoising" (IPOL): patches of 8 x 8 pixels, cosine coefficients below a threshold
        are dropped, and overlapping patches averaged. Departures: patches at every third pixel, weighted by the inverse
        of the coefficients they kept, threshold 2.7 instead of 3 standard deviations; noise is estimated, in each of
        three opponent planes.
    """
    sigmas = noise_levels(array)
    if strength == 0 or sigmas.max() < LEAST:
        return array
    import torch

    basis, thresholds = _cosines(), torch.from_numpy(_THRESHOLD * sigmas.astype(np.float32))

    def work(strip: np.ndarray, rows: slice) -> np.ndarray:
        planes = torch.from_numpy(np.ascontiguousarray((strip @ _OPPONENT.T).transpose(2, 0, 1)))
        shrunk = torch.stack([_shrunk(p, t, basis) for p, t in zip(planes, thresholds, strict=True)])
        inside = slice(_HALO, _HALO + rows.stop - rows.start), slice(_HALO, -_HALO)
        before, after = strip[inside], shrunk.permute(1, 2, 0).numpy()[inside] @ _OPPONENT
        return before + np.float32(strength) * (after - before)

    with torch.inference_mode():
        return by_strips(array, work, _HALO)


def _shrunk(plane: Tensor, threshold: Tensor, basis: Tensor) -> Tensor:
    """One plane, (H, W), without the coefficients below the threshold."""
    import torch.nn.functional as F

    size = plane.shape
    more = [(-(side - _PATCH)) % _STEP for side in size]
    plane = F.pad(plane[None, None], (0, more[1], 0, more[0]), mode="replicate")
    found = basis @ F.unfold(plane, _PATCH, stride=_STEP)[0]
    kept = found.abs() > threshold
    kept[0] = True
    weight = 1 / kept.sum(0, keepdim=True)
    whole = F.fold((basis.T @ (found * kept * weight))[None], plane.shape[2:], _PATCH, stride=_STEP)
    weights = F.fold(weight.expand(_PATCH**2, -1)[None], plane.shape[2:], _PATCH, stride=_STEP)
    return (whole / weights)[0, 0, : size[0], : size[1]]


def _cosines() -> Tensor:
    """The orthonormal cosine basis of patches, (64, 64), the mean first."""
    import torch

    at = np.arange(_PATCH)
    one = np.sqrt(2 / _PATCH) * np.cos(np.pi * (at + 0.5) * at[:, None] / _PATCH)
    one[0] /= np.sqrt(2)
    return torch.from_numpy(np.kron(one, one).astype(np.float32))


def _levels(tile: np.ndarray) -> np.ndarray:
    if min(tile.shape[:2]) < 3:
        return np.zeros(3)
    planes = unit_float(tile) @ _OPPONENT.T
    down = planes[:-2] - 2 * planes[1:-1] + planes[2:]
    mask = down[:, :-2] - 2 * down[:, 1:-1] + down[:, 2:]
    return np.median(np.abs(mask), (0, 1)) / (0.6745 * 6)
