"""What is measured of a painted panorama: its seam, the size of strokes at the poles, and what turning it does."""

from __future__ import annotations

import numpy as np

from pinxit.color import LUMA, unit_float
from pinxit.panoramas.sphere import Equirectangular, solid_angles, turned
from pinxit.panoramas.views import stereographic

NEIGHBOURS = 32
"""Columns on either side of the edge that its gradient is compared with."""
LARGEST = 4.0
"""Standard deviation, in pixels at the equator, of the blur that takes away what is larger than strokes."""
_RADIUS = np.radians(25)  # of the places where strokes are measured
_FINE = 2.0  # pixels there for one of the panorama
_DARK = 1e-12


def seam_ratio(array: np.ndarray) -> float:
    """Mean gradient across the left and right edge over the median of those between neighbouring columns.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1, W above 64; about 1 where there is no seam.
    """
    light = unit_float(array) @ np.asarray(LUMA, np.float32)
    around = np.concatenate([light[:, -NEIGHBOURS - 1 :], light[:, : NEIGHBOURS + 1]], 1)
    steps = np.abs(np.diff(around, axis=1)).mean(0)
    return float(steps[NEIGHBOURS] / max(np.median(np.delete(steps, NEIGHBOURS)), _DARK))


def turn_error(one: np.ndarray, other: np.ndarray) -> float:
    """Root mean square difference of two panoramas, 0..1, every solid angle alike."""
    weight = solid_angles(Equirectangular(*one.shape[:2]))[:, None, None]
    return float(np.sqrt(((unit_float(one) - unit_float(other)) ** 2 * weight).sum() / 3))


def resampling_error(array: np.ndarray, turn: np.ndarray) -> float:
    """What turning alone does to a panorama: the error of turning there and back, over the root of two."""
    return turn_error(turned(turned(array, turn), turn.T), array) / float(np.sqrt(2))


def stroke_size(array: np.ndarray, turn: np.ndarray) -> float:
    """Size of what is drawn in one direction, from how their autocorrelation along great circles begins to fall.

    That is one over the root mean square of their frequencies (Taylor's microscale, up to a factor), which unlike the
    place where the autocorrelation has fallen to a half does not hang on a few large things in the picture. What is
    larger than strokes is left out.

    Args:
        array: A whole panorama, (H, W, 3) uint8, uint16 or float 0..1.
        turn: Its third column is the direction.

    Returns:
        Pixels at the equator.
    """
    surface = Equirectangular(*array.shape[:2])
    scale = surface.density * _FINE
    side = 2 * int(np.ceil(2 * np.tan(_RADIUS / 2) * scale))
    looks = stereographic(side, scale, turn)
    place = (surface.reader(array)(looks.reshape(-1, 3)) @ np.asarray(LUMA)).reshape(side, side)
    at = (np.arange(side) + 0.5) / side * 2 - 1
    window = np.cos(np.pi / 2 * np.minimum(np.hypot(at[:, None], at[None]), 1)) ** 2
    power = np.abs(np.fft.rfft2(window * (place - (place * window).sum() / window.sum()))) ** 2
    power[:, 1:-1] *= 2  # the half of the spectrum that a real picture repeats
    turns = 2 * np.pi * _FINE * np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    power *= (1 - np.exp(-((LARGEST * turns) ** 2) / 2)) ** 2
    return float(np.sqrt(power.sum() / max((power * turns**2).sum(), _DARK)))
