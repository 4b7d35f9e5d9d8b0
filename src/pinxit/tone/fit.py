"""Fit a lookup table to pairs of colours: regularized regression, robust against pixels that were retouched."""

from __future__ import annotations

import numpy as np

from pinxit.errors import LearningError, ShapeError
from pinxit.tone.lut import Lut

_CORNERS = np.array([[i & 1, i >> 1 & 1, i >> 2] for i in range(8)])  # red, green, blue


def corner_weights(colours: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Trilinear weights of colours (M, 3), 0..1: node numbers and weights, both (M, 8)."""
    x = np.clip(colours, 0, 1).astype(np.float64) * (size - 1)
    base = np.minimum(x.astype(np.int64), size - 2)
    part = x - base
    at = base[:, None, :] + _CORNERS
    nodes = at[..., 0] + size * (at[..., 1] + size * at[..., 2])
    weights = np.prod(np.where(_CORNERS == 1, part[:, None, :], 1 - part[:, None, :]), -1)
    return nodes, weights


def _roughness(size: int) -> np.ndarray:
    """Quadratic form of the second differences along the three axes, dense (size**3, size**3)."""
    one = np.zeros((size - 2, size))
    for i in range(size - 2):
        one[i, i : i + 3] = 1, -2, 1
    gram, eye = one.T @ one, np.eye(size)
    return np.kron(np.kron(gram, eye), eye) + np.kron(np.kron(eye, gram), eye) + np.kron(np.kron(eye, eye), gram)


def fit_lut(
    source: np.ndarray,
    target: np.ndarray,
    *,
    size: int = 33,
    nodes: int = 11,
    smooth: float = 2e-4,
    prior: Lut | None = None,
    pull: float = 1e-6,
    rounds: int = 3,
) -> Lut:
    """Fit a table that carries source colours to target colours.

    Minimizes the weighted mean of ``|table(source) - target|^2`` plus ``smooth`` times the summed squared second
    differences of the change from the prior along the axes, plus ``pull`` times its summed square, in ``nodes``**3
    nodes. Colours that were not seen follow their neighbours, and far away the prior.

    Args:
        source: Colours before, (M, 3), 0..1.
        target: Colours after, (M, 3).
        size: Nodes an axis of the table returned.
        nodes: Nodes an axis of the table fitted.
        smooth: Weight of roughness.
        prior: What to believe where nothing was seen; None: no change.
        pull: Weight of the distance to the prior.
        rounds: Rounds of reweighting (Cauchy weights, scale from the median residual), against retouched pixels.

    Returns:
        The table, ``size`` nodes an axis.

    Raises:
        ShapeError: Source and target are not (M, 3) arrays of one length.
        LearningError: Nothing to fit, or colours that are not finite.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if source.shape != target.shape or source.ndim != 2 or source.shape[1] != 3:
        raise ShapeError(f"colours of shapes {source.shape} and {target.shape} came; two of (M, 3) are wanted")
    if not len(source) or not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise LearningError("there are no finite colour pairs to fit a table to")
    prior = Lut.identity(nodes) if prior is None else prior.resized(nodes)
    base = prior.table.reshape(-1, 3).astype(np.float64)
    at, weights = corner_weights(source, nodes)
    wanted = target - (weights[..., None] * base[at]).sum(1)
    regular = smooth * _roughness(nodes) + pull * np.eye(nodes**3)
    trust = np.full(len(source), 1 / len(source))
    change = np.zeros_like(base)
    for _ in range(rounds):
        change = _solve(at, weights, wanted, trust, regular)
        miss = np.linalg.norm((weights[..., None] * change[at]).sum(1) - wanted, axis=1)
        trust = 1 / (1 + (miss / (3 * np.median(miss) + 2e-3)) ** 2)
        trust /= trust.sum()
    return Lut((base + change).reshape(nodes, nodes, nodes, 3).astype(np.float32)).resized(size)


def _solve(
    at: np.ndarray, weights: np.ndarray, wanted: np.ndarray, trust: np.ndarray, regular: np.ndarray
) -> np.ndarray:
    """Normal equations of the weighted regression, (nodes**3, 3)."""
    n = len(regular)
    left = np.zeros(n * n)
    right = np.zeros((n, 3))
    for i in range(8):
        np.add.at(right, at[:, i], (weights[:, i] * trust)[:, None] * wanted)
        for j in range(8):
            left += np.bincount(at[:, i] * n + at[:, j], weights[:, i] * weights[:, j] * trust, n * n)
    return np.linalg.solve(left.reshape(n, n) + regular, right)
