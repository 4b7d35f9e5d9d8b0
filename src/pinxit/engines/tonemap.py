"""Contrast: how much of the range of tones a picture uses, and bringing more of it to where it is flat."""

from __future__ import annotations

import numpy as np

from pinxit.color import srgb_to_lab, unit_float
from pinxit.engines.guided import guided_line, lines_at
from pinxit.engines.strips import by_strips, opencv
from pinxit.picture.shrink import shrink

_LONGEST = 768  # curves are made at this longest side
_TILES, _LIMIT = 8, 1.5  # places a side with a curve of their own; times the mean count that a tone may have
_RADIUS, _SMOOTH = 0.06, 0.02  # of the longest side; of the range of lightness


def contrast(array: np.ndarray) -> float:
    """Range of lightness, L* 0..100, that a picture uses, without the 2 % at either end."""
    low, high = np.percentile(srgb_to_lab(shrink(array, _LONGEST))[..., 0], (2, 98))
    return float(high - low)


def tone_mapped(array: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Spread tones where they lie close together, gently, and leave hue and chroma alone.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1. Not changed.
        strength: 0 returns the array itself, 1 the whole effect.

    Returns:
        Shape and dtype of ``array``.

    Source:
        Contrast-limited adaptive histogram equalization, Zuiderveld 1994, of L* (OpenCV). Departure: it is done on a
        small copy; what it does there is written as a line at every place by a fast guided filter (He and Sun 2015,
        arXiv:1505.00996) and drawn at full size, so that depth, edges and memory are kept.
    """
    if strength == 0:
        return array
    cv2 = opencv()
    small = np.ascontiguousarray(srgb_to_lab(shrink(array, _LONGEST))[..., 0]) / 100
    equalizer = cv2.createCLAHE(_LIMIT, (_TILES, _TILES))
    wanted = unit_float(equalizer.apply(np.rint(small.clip(0, 1) * 255).astype(np.uint8)))
    radius = max(1, round(_RADIUS * max(small.shape)))
    slope, offset = lines_at(guided_line(small, wanted, radius, _SMOOTH), array.shape[:2])

    def work(strip: np.ndarray, rows: slice) -> np.ndarray:
        lab = cv2.cvtColor(np.ascontiguousarray(strip), cv2.COLOR_RGB2LAB)
        lightness = lab[..., 0] / 100
        mapped = np.clip(slope[rows] * lightness + offset[rows], 0, 1)
        lab[..., 0] = 100 * (lightness + np.float32(strength) * (mapped - lightness))
        return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)

    return by_strips(array, work)
