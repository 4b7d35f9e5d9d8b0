"""Working on a picture of any depth strip by strip, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pinxit.color import unit_float
from pinxit.errors import MissingExtraError
from pinxit.picture.writing import to_bits

ROWS = 192
"""Rows of a strip."""


def by_strips(array: np.ndarray, work: Callable[[np.ndarray, slice], np.ndarray], halo: int = 0) -> np.ndarray:
    """Give a function the strips of a picture one after the other.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1. Not changed.
        work: Takes a strip, (rows + 2 * halo, W + 2 * halo, 3) float32 0..1, mirrored at the picture's borders, and the
            rows that it stands for; gives these rows, (rows, W, 3) float, clipped to 0..1 afterwards.
        halo: Pixels around a strip that the function looks at.

    Returns:
        A new array, shape and dtype of ``array``.
    """
    out = np.empty_like(array)
    height = len(array)
    for start in range(0, height, ROWS):
        rows = slice(start, min(start + ROWS, height))
        first, last = max(0, start - halo), min(height, rows.stop + halo)
        around = ((halo - (start - first), halo - (last - rows.stop)), (halo, halo), (0, 0))
        strip = unit_float(np.pad(array[first:last], around, "symmetric") if halo else array[first:last])
        out[rows] = as_dtype(work(strip, rows), array.dtype)
    return out


def as_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Float values, clipped to 0..1, at the depth of a picture."""
    values = np.clip(values, 0, 1)
    return to_bits(values, dtype.type) if dtype.kind == "u" else values.astype(dtype, copy=False)


def places(array: np.ndarray, side: int) -> list[np.ndarray]:
    """Parts of a picture to measure at its own scale: nine squares of ``side`` pixels, or the whole of a small one."""
    height, width = array.shape[:2]
    if height * width <= 9 * side**2:
        return [array]
    tops, lefts = (np.linspace(0, max(0, length - side), 3).astype(int) for length in (height, width))
    return [array[top : top + side, left : left + side] for top in tops for left in lefts]


def opencv(extra: str = "personal") -> Any:
    """OpenCV, imported when it is needed.

    Args:
        extra: The extra of pinxit that is told to bring it.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise MissingExtraError("opencv-python-headless", extra) from error
    return cv2
