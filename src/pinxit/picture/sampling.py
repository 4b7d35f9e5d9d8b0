"""Thumbnails for networks: pixels picked at an even grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pinxit.color import unit_float


def thumbnail(array: np.ndarray, side: int) -> np.ndarray:
    """Pixels picked at an even grid, (side, side, 3) float32 0..1: picking, not averaging, keeps every colour real."""
    height, width = array.shape[:2]
    rows = ((np.arange(side) + 0.5) * height / side).astype(int)
    columns = ((np.arange(side) + 0.5) * width / side).astype(int)
    return unit_float(array[rows[:, None], columns])


def thumbnails(arrays: Sequence[np.ndarray], side: int) -> np.ndarray:
    """Thumbnails of several pictures, (K, 3, side, side) float32."""
    return np.stack([thumbnail(array, side) for array in arrays]).transpose(0, 3, 1, 2)


def clouds(arrays: Sequence[np.ndarray], side: int) -> np.ndarray:
    """The colours of the same thumbnails without their places, (K, side * side, 3) float32."""
    return np.stack([thumbnail(array, side).reshape(-1, 3) for array in arrays])
