"""UV islands: which texels of a picture a surface shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinxit.models.materials import CLAMP, MIRROR, REPEAT
from pinxit.tone.kernels import compiled

REACH = 0.75
"""Of thin triangles texels are taken whose middle lies so far outside; few lie inside them."""
THIN = 1.5
"""A triangle is thin whose height, over its longest side, is so many texels or fewer."""
_PERIODS = 4
"""A triangle that covers so many repetitions of its picture shows all of it,"""
_LONGEST = 64
"""and one that is so many pictures long."""


def shown(height: int, width: int, triangles: np.ndarray, wrap: tuple[int, int]) -> np.ndarray:
    """Which texels of a picture lie in triangles, by their middles.

    Texels that are only blended in at the borders of an island are left out: in many pictures they hold the background.

    Args:
        height: Of the picture, in texels.
        width: The same.
        triangles: Corners in texels, (T, 3, 2), x first; beyond the picture it goes on as ``wrap`` says.
        wrap: Across and down.

    Returns:
        (height, width) bool.
    """
    mask = np.zeros((height, width), bool)
    near = np.stack([_near(triangles[..., i], n, wrap[i]) for i, n in ((0, width), (1, height))], -1)
    periods = np.ptp(near, axis=1) / (width, height)
    repeated = np.where(np.asarray(wrap) == CLAMP, periods.clip(max=1), periods)
    if (repeated.prod(axis=1) > _PERIODS).any() or (periods > _LONGEST).any():
        return ~mask
    different = np.unique(np.rint(near * 16).astype(np.int64), axis=0) / 16  # many leaves show one piece of a picture
    if not len(different):
        return mask
    first, last = (np.floor(different.min(axis=(0, 1))) - 2).astype(int), np.ceil(different.max(axis=(0, 1))) + 2
    columns, rows = (
        wrapped(np.arange(first[i], last[i], dtype=np.int64), n, wrap[i]) for i, n in ((0, width), (1, height))
    )
    compiled(_mark)(mask, different - first, columns, rows, np.float64(REACH), np.float64(THIN))
    return mask


def _near(corners: np.ndarray, length: int, wrap: int) -> np.ndarray:
    """One coordinate of triangles, (T, 3), moved by whole periods to begin near the picture."""
    if wrap == CLAMP:
        return corners.clip(-2 * length, 3 * length)
    period = length * (2 if wrap == MIRROR else 1)
    return corners - np.floor(corners.min(axis=1, keepdims=True) / period) * period


def _mark(mask: Any, triangles: Any, columns: Any, rows: Any, most: Any, thin: Any) -> None:
    """Mark texels whose middle is inside a triangle, or not farther than ``most`` beyond the sides of a thin one.

    Where a triangle counts texels from 0, ``columns`` and ``rows`` say which ones these are in the picture.
    """
    missing = mask.size
    for t in range(triangles.shape[0]):
        longest = 0.0
        for k in range(3):
            bx = triangles[t, (k + 1) % 3, 0] - triangles[t, k, 0]
            by = triangles[t, (k + 1) % 3, 1] - triangles[t, k, 1]
            longest = max(longest, np.sqrt(bx * bx + by * by))
        turn = (triangles[t, 1, 0] - triangles[t, 0, 0]) * (triangles[t, 2, 1] - triangles[t, 0, 1])
        turn -= (triangles[t, 2, 0] - triangles[t, 0, 0]) * (triangles[t, 1, 1] - triangles[t, 0, 1])
        sign = 1.0 if turn >= 0 else -1.0
        reach = most if sign * turn <= thin * longest else 1e-6
        low_x, high_x = triangles[t, :, 0].min() - reach, triangles[t, :, 0].max() + reach
        low_y, high_y = triangles[t, :, 1].min() - reach, triangles[t, :, 1].max() + reach
        for y in range(int(np.ceil(low_y - 0.5)), int(np.floor(high_y - 0.5)) + 1):
            for x in range(int(np.ceil(low_x - 0.5)), int(np.floor(high_x - 0.5)) + 1):
                inside = True
                for k in range(3):
                    ax, ay = triangles[t, k, 0], triangles[t, k, 1]
                    bx, by = triangles[t, (k + 1) % 3, 0] - ax, triangles[t, (k + 1) % 3, 1] - ay
                    outside = sign * (by * (x + 0.5 - ax) - bx * (y + 0.5 - ay))
                    inside = inside and outside <= reach * np.sqrt(bx * bx + by * by)
                if inside and not mask[rows[y], columns[x]]:
                    mask[rows[y], columns[x]] = True
                    missing -= 1
        if missing == 0:
            return


def wrapped(places: np.ndarray, length: int, wrap: int) -> np.ndarray:
    """Whole numbers of texels beyond a picture brought into it, as a sampler does."""
    if wrap == REPEAT:
        return places % length
    if wrap == MIRROR:
        places = places % (2 * length)
        return np.minimum(places, 2 * length - 1 - places)
    return places.clip(0, length - 1)
