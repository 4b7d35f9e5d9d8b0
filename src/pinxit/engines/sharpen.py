"""Blur: how wide edges are, and undoing it within bounds."""

from __future__ import annotations

import numpy as np

from pinxit.color import LUMA, unit_float
from pinxit.engines.strips import ROWS, by_strips, opencv, places

SHARP = 0.3
"""Edges narrower than this, in pixels, are left alone."""

_WIDEST = 3.0  # pixels; wider blur leaves too little to bring back
_STEPS, _OVERSHOOT = 15, 0.2
_LEAST_EDGE, _LEAST_EDGES = 3 / 255, 50
_TILE = 768


def edge_blur(array: np.ndarray) -> float | None:
    """Width of the sharper edges of a picture, the standard deviation of a Gaussian in pixels; None without edges.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1. Large pictures are read at nine places.

    Source:
        Zhuo and Sim 2011, "Defocus map estimation from a single image": the picture is blurred once more, and the ratio
        of gradients at edges tells how wide they were. Departure: one figure, the quarter of edges that are
        sharpest, so that a background out of focus does not count. The gradient's own filter adds 0.1 to 0.2 pixels.
    """
    widths = np.concatenate([_widths(tile) for tile in places(array, _TILE)])
    return float(np.percentile(widths, 25)) if len(widths) >= _LEAST_EDGES else None


def sharpened(array: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Undo the blur that is found in a picture.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1. Not changed.
        strength: 0 returns the array itself, 1 what the estimate asks for.

    Returns:
        Shape and dtype of ``array``; the array itself where edges are sharp or there are none.

    Source:
        Richardson 1972 and Lucy 1974 on luma, with a Gaussian of the measured width. Departures: 15 steps; no value
        leaves the range of its neighbourhood by more than a fifth of it, so that no halos stand beside edges; all
        three channels get luma's change.
    """
    blur = edge_blur(array) if strength else None
    if blur is None or blur < SHARP:
        return array
    luma = np.empty(array.shape[:2], np.float32)
    for start in range(0, len(array), ROWS):
        luma[start : start + ROWS] = unit_float(array[start : start + ROWS]) @ np.asarray(LUMA, np.float32)
    change = np.float32(strength) * (_deconvolved(luma, min(blur, _WIDEST)) - luma)
    return by_strips(array, lambda strip, rows: strip + change[rows][..., None])


def _deconvolved(luma: np.ndarray, blur: float) -> np.ndarray:
    cv2 = opencv()

    def blurred(plane: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(plane, (0, 0), blur, borderType=cv2.BORDER_REFLECT)

    seen = np.maximum(luma, 1 / 255)
    found = seen.copy()
    for _ in range(_STEPS):
        found *= blurred(seen / np.maximum(blurred(found), 1e-4))
    around = np.ones((2 * int(np.ceil(blur)) + 1,) * 2, np.uint8)
    low, high = cv2.erode(luma, around), cv2.dilate(luma, around)
    room = _OVERSHOOT * (high - low)
    return np.clip(found, low - room, high + room)


def _widths(tile: np.ndarray) -> np.ndarray:
    """Width of every edge of a tile: ridges among the strongest tenth of its gradients."""
    cv2 = opencv()
    luma = unit_float(tile) @ np.asarray(LUMA, np.float32)
    before, after = _gradient(luma), _gradient(cv2.GaussianBlur(luma, (0, 0), 1.0))
    ridge = (before >= cv2.dilate(before, np.ones((3, 3), np.uint8))) & (
        before > max(float(np.percentile(before, 90)), _LEAST_EDGE)
    )
    ratio = before[ridge] / np.maximum(after[ridge], 1e-6)
    return 1 / np.sqrt(np.maximum(ratio**2 - 1, 1e-3))


def _gradient(luma: np.ndarray) -> np.ndarray:
    cv2 = opencv()
    across, down = (cv2.Sobel(luma, cv2.CV_32F, *order, ksize=3) / 8 for order in ((1, 0), (0, 1)))
    return np.hypot(across, down)
