"""Black-and-white looks: find them exactly, and take the last trace of colour out of their table."""

from __future__ import annotations

import numpy as np

from pinxit.color import LUMA, srgb_to_lab
from pinxit.tone.lut import Lut

BANDS = 24  # of lightness
NEAR = 2.0  # chroma difference, Lab units, that still counts as the same tint
SHARE = 0.97  # of the pixels that must be so near


def tint_by_lightness(pixels: np.ndarray) -> np.ndarray | None:
    """The one tint of a monochrome set, or None when there is real colour in it.

    Args:
        pixels: Colours of the references, (M, 3), 0..1.

    Returns:
        Distance from grey by level, (BANDS, 3) float32: what to add to a grey of luma (i + 1/2) / BANDS; all zero
        for pure black and white.
    """
    lab = srgb_to_lab(pixels)
    luma = pixels @ np.array(LUMA, np.float32)
    band = np.clip((luma * BANDS).astype(int), 0, BANDS - 1)
    count = np.bincount(band, minlength=BANDS)
    filled = np.flatnonzero(count >= max(8, len(pixels) // 5000))
    place = luma * BANDS - 0.5

    def by_band(values: np.ndarray) -> np.ndarray:
        return np.bincount(band, values, BANDS)[filled] / count[filled]

    away = np.hypot(*(lab[:, c] - np.interp(place, filled, by_band(lab[:, c])) for c in (1, 2)))
    if (away < NEAR).mean() < SHARE:
        return None
    tint = [by_band(pixels[:, c] - luma) for c in range(3)]
    return np.stack([np.interp(np.arange(BANDS), filled, t) for t in tint], -1).astype(np.float32)


def as_monochrome(lut: Lut, tint: np.ndarray) -> Lut:
    """The table with every colour at its own luma and the tint of that level."""
    luma = np.clip(lut.table @ np.array(LUMA, np.float32), 0, 1)
    levels = (np.arange(BANDS) + 0.5) / BANDS
    added = np.stack([np.interp(luma, levels, tint[:, c]) for c in range(3)], -1)
    return Lut((luma[..., None] + added).astype(np.float32))
