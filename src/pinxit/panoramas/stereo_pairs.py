"""Panoramas for two eyes whose disparity is known exactly: a panorama with discs of another one before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pinxit.color import unit_float
from pinxit.panoramas.kernels import interpolate
from pinxit.panoramas.sphere import Equirectangular, solid_angles, to_unit

NOISE = 2.0
"""Standard deviation of each eye's camera noise, in levels of 8 bits."""
FARTHEST, NEAREST = 1 / 512, 1 / 128
"""Disparities of the ground below a viewer and of the nearest disc, in turns."""
_DISCS = 6


@dataclass(frozen=True, eq=False)
class KnownPair:
    """Two eyes' panoramas, and where the right one's pixels are in the left one.

    Args:
        left: (H, W, 3) uint8.
        right: The same shape.
        columns: To go from a pixel of the right eye to the same place in the left one, (H, W) float32.
        visible: The left eye sees the place too, and no edge is near, (H, W) bool.
    """

    left: np.ndarray
    right: np.ndarray
    columns: np.ndarray
    visible: np.ndarray


def known_pair(behind: np.ndarray, before: np.ndarray, *, noise: float = NOISE, seed: int = 0) -> KnownPair:
    """Make a pair from two panoramas.

    What is behind is as far away as a ground below the viewer, the same in every row; discs at six places show what is
    before it, each at its own distance. Both eyes are sampled anew, half the disparity to either side; then noise is
    added to each and values are rounded to 8 bits.

    Args:
        behind: (H, W, 3) uint8, uint16 or float 0..1, a whole panorama.
        before: The same shape.
        noise: Standard deviation, in levels of 8 bits.
        seed: Of places and noise.
    """
    height, width = behind.shape[:2]
    rng = np.random.default_rng(seed)
    surface = Equirectangular(height, width)
    up = surface.directions(slice(None))[:, :1, 1]
    ground = np.broadcast_to(FARTHEST * width * np.clip(-up, 0.1, 1), (height, width)).astype(np.float32)
    discs = [
        (rng.uniform(0.25, 0.75) * height, rng.uniform(0, width), rng.uniform(0.05, 0.1) * width,
         NEAREST * width * rng.uniform(0.5, 1))
        for _ in range(_DISCS)
    ]  # fmt: skip
    readers = [surface.reader(array) for array in (behind, before)]

    def eye(side: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        which, disparity = _layers(discs, ground, side)
        rows, columns = np.indices((height, width), np.float32)
        looks = surface.looks(rows, columns + side * disparity / 2).reshape(-1, 3)
        far, near = (read(looks).reshape(height, width, 3) for read in readers)
        seen = np.where(which[..., None] > 0, near, far) * 255 + rng.normal(0, noise, (height, width, 3))
        return np.rint(seen.clip(0, 255)).astype(np.uint8), which, disparity

    left, layers, _ = eye(1.0)
    right, own, disparity = eye(-1.0)
    rows, columns = np.indices((height, width))
    visible = np.ones((height, width), bool)
    for step in (-1, 0, 1):  # pixels that a cubic reads on both sides of the place
        met = layers[rows, np.rint(columns - disparity + step).astype(int) % width]
        visible &= (met == own) & (np.roll(own, step, 1) == own)
    return KnownPair(left, right, -disparity, visible)


def _layers(
    discs: list[tuple[float, float, float, float]], ground: np.ndarray, side: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which disc each pixel of an eye shows, 0 for none, and its disparity."""
    rows, columns = np.indices(ground.shape, np.float32)
    width = ground.shape[1]
    which, disparity = np.zeros(ground.shape, int), ground.copy()
    for number, (row, column, radius, near) in enumerate(discs, 1):
        away = (columns + side * near / 2 - column + width / 2) % width - width / 2
        hit = ((rows - row) ** 2 + away**2 < radius**2) & (near > disparity)
        which[hit], disparity[hit] = number, near
    return which, disparity


def eye_difference(left: np.ndarray, right: np.ndarray, pair: KnownPair) -> float:
    """Mean difference, 0..1, between the right eye and the left one warped to it, where both see the same place.

    Args:
        left: (H, W, 3), the pair's own or a result of it.
        right: The same.
        pair: Says where places are.
    """
    height, width = pair.columns.shape
    rows, columns = np.indices((height, width), np.float32)
    places = rows.ravel(), (columns + pair.columns).ravel()
    warped = to_unit(interpolate(left[None], *places, around=True), left.dtype).reshape(right.shape)
    weight = pair.visible * solid_angles(Equirectangular(height, width))[:, None]
    return float((np.abs(warped - unit_float(right)).mean(2) * weight).sum() / weight.sum())
