"""Tiles: pictures that go on at the opposite side, kept so while they are painted."""

from __future__ import annotations

import numpy as np

from pinxit.color import unit_float
from pinxit.models.materials import REPEAT

CONTINUED = 2.0
"""A border whose step across is so many times that of its neighbours, or less, goes on at the opposite side."""
_TEXEL = 1.0  # how near the borders coordinates have to come, in texels


def tiled_axes(array: np.ndarray, triangles: np.ndarray, wrap: tuple[int, int]) -> tuple[bool, bool]:
    """Whether a picture is seen to go on at its opposite side, across and down.

    It is where the sampler repeats it, and either a triangle reaches over the border, or the surface comes to both
    borders and the picture's own colours go on there.

    Args:
        array: (H, W, 3).
        triangles: Corners in texels, (T, 3, 2).
        wrap: Across and down.
    """
    return tuple(
        wrap[axis] == REPEAT and _goes_on(array, triangles[..., axis], array.shape[1 - axis], 1 - axis)
        for axis in (0, 1)
    )


def _goes_on(array: np.ndarray, corners: np.ndarray, length: int, axis: int) -> bool:
    if not len(corners):
        return seam_ratio(array, axis) <= CONTINUED
    low, high = corners.min(axis=1), corners.max(axis=1)
    margin = min(_TEXEL, length / 4)
    over = np.floor((low + margin) / length) < np.ceil((high - margin) / length) - 1
    if over.any():
        return True
    phase = corners % length
    both = (phase <= margin).any() and (phase >= length - margin).any()
    return bool(both or np.ptp(corners) >= length - 2 * margin) and seam_ratio(array, axis) <= CONTINUED


def seam_ratio(array: np.ndarray, axis: int) -> float:
    """Step across the wrapped border over the median step between the lines near it; about 1 where nothing shows.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1.
        axis: 0 for the border between the last and the first row, 1 for columns.
    """
    lines = np.moveaxis(unit_float(array), axis, 0)
    if len(lines) < 4:
        return 1.0
    near = min(16, len(lines) // 2)
    ring = np.concatenate([lines[-near:], lines[:near]])
    steps = np.abs(np.diff(ring, axis=0)).mean(axis=(1, 2))
    return float((steps[near - 1] + 1e-4) / (np.median(np.delete(steps, near - 1)) + 1e-4))


def surrounded(pixels: np.ndarray, tiled: tuple[bool, bool], pads: tuple[int, int]) -> np.ndarray:
    """A picture with so many texels of what lies around it: itself again where it is a tile, else its mirror image.

    Args:
        pixels: (H, W, C).
        tiled: Across and down.
        pads: To the left and right, and above and below.
    """
    for axis, pad, repeats in ((1, pads[0], tiled[0]), (0, pads[1], tiled[1])):
        if pad:
            around = [(0, 0)] * pixels.ndim
            around[axis] = (pad, pad)
            pixels = np.pad(pixels, around, mode="wrap" if repeats else "symmetric")
    return pixels


def taken_out(painted: np.ndarray, tiled: tuple[bool, bool], pads: tuple[int, int]) -> np.ndarray:
    """Undo :func:`surrounded` after painting; a tile's borders are mixed with their repetition, so that they meet.

    At the border both views of it count half, farther inside, up to half the pad, the inner one takes over.
    """
    for axis, pad, repeats in ((1, pads[0], tiled[0]), (0, pads[1], tiled[1])):
        lines = np.moveaxis(painted, axis, 0)
        inside = lines[pad : len(lines) - pad].copy()
        blend = min(pad, len(inside)) // 2
        if repeats and blend:
            share = (0.5 + (np.arange(blend, dtype=np.float32) + 0.5) / (2 * blend)).reshape(
                -1, *[1] * (painted.ndim - 1)
            )
            last = lines[len(lines) - pad : len(lines) - pad + blend]
            inside[:blend] = share * inside[:blend] + (1 - share) * last
            inside[-blend:] = share[::-1] * inside[-blend:] + (1 - share[::-1]) * lines[pad - blend : pad]
        painted = np.moveaxis(inside, 0, axis)
    return painted
