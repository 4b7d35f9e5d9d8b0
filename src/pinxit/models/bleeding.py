"""Colours carried beyond the border of what shows, so that nothing behind it is mixed in."""

from __future__ import annotations

import numpy as np


def filled(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Carry known values into the unknown, near ones first.

    Args:
        values: (H, W, C) float32; what is unknown in it does not count.
        known: (H, W) bool or weights from 0 on.

    Returns:
        (H, W, C) float32; known values are the very same. All zeros where nothing is known.

    Source:
        Gortler et al. 1996, "The Lumigraph", section 3.4 (pull-push). Departure: a known value is never mixed.
    """
    weight = np.asarray(known, np.float32)
    if weight.all() or not weight.any():
        return values.astype(np.float32) * (weight > 0)[..., None]
    height, width = weight.shape
    sums = values * weight[..., None]
    even = ((0, height % 2), (0, width % 2))
    sums, small = np.pad(sums, (*even, (0, 0))), np.pad(weight, even)
    sums = sums[::2, ::2] + sums[1::2, ::2] + sums[::2, 1::2] + sums[1::2, 1::2]
    small = small[::2, ::2] + small[1::2, ::2] + small[::2, 1::2] + small[1::2, 1::2]
    means = np.divide(sums, small[..., None], out=np.zeros_like(sums), where=small[..., None] > 0)
    coarse = filled(means, np.minimum(small, 1))
    larger = _doubled(_doubled(coarse, 0), 1)[:height, :width]
    return np.where((weight > 0)[..., None], values, larger).astype(np.float32)


def _doubled(values: np.ndarray, axis: int) -> np.ndarray:
    """Twice as many along an axis, linear between them."""
    values = np.moveaxis(values, axis, 0)
    around = np.concatenate([values[:1], values, values[-1:]])
    both = np.stack([0.75 * values + 0.25 * around[:-2], 0.75 * values + 0.25 * around[2:]], 1)
    return np.moveaxis(both.reshape(-1, *values.shape[1:]), 0, axis)


def grown(mask: np.ndarray, steps: int) -> np.ndarray:
    """A mask with everything not farther than ``steps`` texels, along rows or columns, from it."""
    for axis in (0, 1):
        length = mask.shape[axis]
        ahead = np.moveaxis(mask, axis, 0)
        counts = np.concatenate([np.zeros((1, *ahead.shape[1:]), np.int32), ahead.cumsum(0, dtype=np.int32)])
        places = np.arange(length)
        last, first = (places + steps + 1).clip(0, length), (places - steps).clip(0, length)
        mask = np.moveaxis(counts[last] > counts[first], 0, axis)
    return mask
