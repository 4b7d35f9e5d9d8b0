"""Panoramas made in code, whose colours are known in every direction."""

import numpy as np
from skimage import data

DRAWN = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])
"""A picture with a style."""


def smooth(directions: np.ndarray) -> np.ndarray:
    """Colours 0..1 that are known in every direction (right, up, ahead), (..., 3) to (..., 3)."""
    x, y, z = np.moveaxis(np.asarray(directions, np.float64), -1, 0)
    return np.stack([0.5 + 0.3 * x + 0.1 * y * z, 0.5 + 0.3 * y - 0.1 * x * z, 0.5 + 0.25 * z + 0.2 * x * y], -1)


def looks(height: int, width: int) -> np.ndarray:
    """Directions of the pixels of a whole equirectangular picture, by its definition, (H, W, 3)."""
    out = np.empty((height, width, 3))
    for row in range(height):
        for column in range(width):
            up = np.pi / 2 - np.pi * (row + 0.5) / height
            turn = 2 * np.pi * (column + 0.5) / width - np.pi
            out[row, column] = np.cos(up) * np.sin(turn), np.sin(up), np.cos(up) * np.cos(turn)
    return out


def eight_bits(values: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def rough(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A panorama with detail of about one size everywhere on the sphere, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    directions, waves = looks(height, width), 0.0
    for size in (4.0, 9.0, 14.0):
        for _ in range(6):
            axis = rng.normal(size=3)
            waves = waves + np.sin(size * directions @ (axis / np.linalg.norm(axis)) + rng.uniform(0, 6))[..., None]
    return eight_bits(smooth(directions) + 0.04 * waves)
