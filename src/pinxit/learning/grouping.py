"""Grouping: a mixed set of pictures sorted into styles, however many these are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinxit.errors import MissingExtraError
from pinxit.learning.recognizer import Kind, kinds_of, log_normal

if TYPE_CHECKING:
    from pinxit.networks.signature import Signature


def group(vectors: np.ndarray, network: Signature) -> np.ndarray:
    """Number of the group of each picture, 0 the largest; one group is a possible answer.

    Average linkage on how probable it is for each pair that their styles differ, cut where cross-validation has shown
    it best.

    Args:
        vectors: Signatures (N, D).
        network: The signature's network.

    Returns:
        (N,) int64; groups are numbered by falling size, then by their first picture.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    return numbered(linked(distances(vectors, network), float(network.apart)))


def distances(vectors: np.ndarray, network: Signature) -> np.ndarray:
    """How probable it is of every two pictures that their styles differ, (N, N), 0..1, symmetric, 0 in the diagonal.

    From the ratio of likelihoods, two styles over one, scaled as that of painted styles is trusted.
    """
    x = np.asarray(vectors, np.float64)
    same, single = [], []
    for kind in kinds_of(network).values():
        same.append(_both(x, kind))
        single.append(log_normal(x, *kind.any_style()))
    alone = np.logaddexp.reduce(single) - np.log(len(single))
    ratio = alone[:, None] + alone[None] - (np.logaddexp.reduce(same) - np.log(len(same)))
    share = 0.5 + 0.5 * np.tanh(float(network.trust[0, 0]) * (ratio + ratio.T) / 4)
    np.fill_diagonal(share, 0)
    return share


def _both(x: np.ndarray, kind: Kind) -> np.ndarray:
    """Logarithm of the density of every two pictures, were they of one style of this kind; (N, N).

    Sum and difference of two pictures of one style, over the root of 2, are independent: (2 between + within), within.
    """
    x = x - kind.centre
    total = np.zeros((len(x), len(x)))
    for covariance, sign in ((2 * kind.between + kind.within, 1), (kind.within, -1)):
        root = np.linalg.cholesky(covariance)
        away = np.linalg.solve(root, x.T)
        own = (away * away).sum(0)
        squared = (own[:, None] + own[None] + 2 * sign * (away.T @ away)) / 2
        total -= 0.5 * squared + np.log(np.diag(root)).sum()
    return total


def linked(distance: np.ndarray, apart: float) -> np.ndarray:
    """Labels (N,) of average linkage on a matrix of distances (N, N), cut at ``apart``."""
    if len(distance) < 2:
        return np.zeros(len(distance), np.int64)
    try:
        from sklearn.cluster import AgglomerativeClustering
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "personal") from error
    model = AgglomerativeClustering(None, metric="precomputed", linkage="average", distance_threshold=apart)
    return model.fit_predict(distance)


def numbered(labels: np.ndarray) -> np.ndarray:
    """The same groups, numbered by falling size, then by their first member."""
    found, first, inverse, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = sorted(range(len(found)), key=lambda i: (-sizes[i], first[i]))
    return np.argsort(order)[inverse]
