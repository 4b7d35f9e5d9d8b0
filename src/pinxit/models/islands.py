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
    different = np.unique(np.rint(near * 16).astype(np.int64), axis=0)  # many leaves show one piece of a picture
    compiled(_mark)(mask, different / 16, np.float64(REACH), np.float64(THIN), *map(np.int64, wrap))
    return mask


def _near(corners: np.ndarray, length: int, wrap: int) -> np.ndarray:
    """One coordinate of triangles, (T, 3), moved by whole periods to begin near the picture."""
    if wrap == CLAMP:
        return corners.clip(-2 * length, 3 * length)
    period = length * (2 if wrap == MIRROR else 1)
    return corners - np.floor(corners.min(axis=1, keepdims=True) / period) * period


def _mark(mask: Any, triangles: Any, most: Any, thin: Any, wrap_x: Any, wrap_y: Any) -> None:
    """Mark texels whose middle is inside a triangle, or not farther than ``most`` beyond the sides of a thin one."""
    height, width = mask.shape
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
        for y in range(int(np.floor(low_y)), int(np.ceil(high_y))):
            for x in range(int(np.floor(low_x)), int(np.ceil(high_x))):
                px, py, inside = x + 0.5, y + 0.5, True
                if px < low_x or px > high_x or py < low_y or py > high_y:
                    continue
                for k in range(3):
                    ax, ay = triangles[t, k, 0], triangles[t, k, 1]
                    bx, by = triangles[t, (k + 1) % 3, 0] - ax, triangles[t, (k + 1) % 3, 1] - ay
                    length = np.sqrt(bx * bx + by * by)
                    if sign * (bx * (py - ay) - by * (px - ax)) < -reach * length:
                        inside = False
                if inside:
                    column, row = x, y
                    if wrap_x == 0:
                        column = x % width
                    elif wrap_x == 2:
                        column = x % (2 * width)
                        column = min(column, 2 * width - 1 - column)
                    else:
                        column = min(max(x, 0), width - 1)
                    if wrap_y == 0:
                        row = y % height
                    elif wrap_y == 2:
                        row = y % (2 * height)
                        row = min(row, 2 * height - 1 - row)
                    else:
                        row = min(max(y, 0), height - 1)
                    if not mask[row, column]:
                        mask[row, column] = True
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
