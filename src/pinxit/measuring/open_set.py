"""Figures of recognition: accuracy, confidence and the open set, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pinxit.errors import InputError

DRAWS = 1000
BINS = 10


def interval(
    figure: Callable[..., float],
    *columns: Sequence[object],
    groups: Sequence[object] | None = None,
    draws: int = DRAWS,
) -> dict[str, float | int]:
    """A figure of some columns, with its 95 % bootstrap interval; fixed seed.

    Args:
        figure: Takes the columns as arrays; draws on which it is not defined (NaN) are left out.
        columns: All of one length.
        groups: Of each row: rows that belong together, such as one picture's, are drawn together; None: each alone.
        draws: Of the bootstrap, with replacement.

    Returns:
        "value", "low", "high" and "count", the number of groups.

    Raises:
        InputError: There is no row.
    """
    arrays = [np.asarray(column) for column in columns]
    if not len(arrays[0]):
        raise InputError("no picture came to be measured on; one or more are wanted")
    place = np.unique(np.arange(len(arrays[0])) if groups is None else np.asarray(groups), return_inverse=True)[1]
    order, starts = np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1]
    members = np.split(order, starts)
    rng, values = np.random.default_rng(0), []
    for drawn in rng.integers(0, len(members), (draws, len(members))):
        rows = np.concatenate([members[i] for i in drawn])
        values.append(figure(*(array[rows] for array in arrays)))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return {"value": float(figure(*arrays)), "low": float(low), "high": float(high), "count": len(members)}


def share(hits: np.ndarray) -> float:
    """The share of hits, 0..1."""
    return float(np.mean(hits))


def separation(scores: np.ndarray, known: np.ndarray) -> float:
    """Area under the ROC curve: how probably a known one scores above an unknown one; ties count half.

    Args:
        scores: (N,).
        known: (N,) bool.

    Returns:
        0..1, 0.5 by chance; NaN without both kinds.

    Source:
        Mann and Whitney 1947.
    """
    known = known.astype(bool)
    if known.all() or not known.any():
        return float("nan")
    _, place, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[place]
    n = int(known.sum())
    return float((ranks[known].sum() - n * (n + 1) / 2) / (n * (len(known) - n)))


def calibration_error(confidence: np.ndarray, hits: np.ndarray) -> float:
    """Expected calibration error, 0..1: mean gap between confidence and hits in ten even bins, weighted by their size.

    Source:
        Guo et al. 2017 (arXiv:1706.04599).
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    size = np.bincount(bins, minlength=BINS)
    gap = np.bincount(bins, confidence, BINS) - np.bincount(bins, hits.astype(float), BINS)
    return float(np.abs(gap).sum() / size.sum())
