"""A tone from before/after pairs: the same table, fitted by regularized regression."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.errors import InputError, LearningError
from pinxit.picture.sampling import thumbnail
from pinxit.tone.fit import fit_lut
from pinxit.tone.lut import Lut

SAMPLES = 60_000  # colour pairs in all
SHAPE_SLACK = 0.02  # relative difference of aspect ratios that a resize may have made


def match_pairs(before: Sequence[Any], after: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Pair pictures by file stem where all are files, else by order.

    Raises:
        InputError: Nothing matches, or the numbers differ where order decides.
    """
    files = [all(isinstance(p, str | Path) for p in side) for side in (before, after)]
    if all(files):
        stems = {Path(p).stem.lower(): p for p in before}
        pairs = [(stems[Path(p).stem.lower()], p) for p in after if Path(p).stem.lower() in stems]
        if pairs:
            return pairs
        raise InputError("no picture before has the file name of one after; give both folders the same names")
    if len(before) != len(after):
        raise InputError(f"{len(before)} pictures before and {len(after)} after came; as many of each are wanted")
    return list(zip(before, after, strict=True))


def fit_pairs(pairs: Sequence[tuple[np.ndarray, np.ndarray]], prior: Lut | None = None) -> tuple[Lut, float]:
    """Fit a table to pairs of arrays (H, W, 3) uint8, one shape up to a resize.

    Returns:
        The table, and the root mean square residual of the colours, 0..1.

    Raises:
        LearningError: No pair has one shape before and after.
    """
    fitting = [(a, b) for a, b in pairs if _same_shape(a, b)]
    if not fitting:
        raise LearningError("no pair has the same shape before and after; cropped pictures cannot be compared")
    side = max(32, min(256, int((SAMPLES / len(fitting)) ** 0.5)))
    source = np.concatenate([thumbnail(_smooth(a), side).reshape(-1, 3) for a, _ in fitting])
    target = np.concatenate([thumbnail(_smooth(b), side).reshape(-1, 3) for _, b in fitting])
    lut = fit_lut(source, target, prior=prior)
    return lut, float(np.sqrt(np.mean((lut.apply(source) - target) ** 2)))


def _same_shape(a: np.ndarray, b: np.ndarray) -> bool:
    return abs(a.shape[0] * b.shape[1] / (a.shape[1] * b.shape[0]) - 1) < SHAPE_SLACK


def _smooth(array: np.ndarray) -> np.ndarray:
    """A 3x3 mean, so that a shift of half a pixel or sharpening does not blur the curve."""
    if min(array.shape[:2]) < 64:
        return array
    total = np.zeros((array.shape[0] - 2, array.shape[1] - 2, 3), np.float32)
    for y in range(3):
        for x in range(3):
            total += array[y : y + total.shape[0], x : x + total.shape[1]]
    return total / np.float32(9 * 255)
