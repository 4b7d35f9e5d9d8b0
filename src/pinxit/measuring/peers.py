"""Rivals for look recovery: what packages and textbooks do, as methods of ``look_recovery``.

All take references and neutral photos (uint8 arrays) and give a function that grades one photo. The pooled maps carry
the colours of the neutral photos onto those of the references; with ``shrunk``, only K / (K + 4) of the move is made,
which did best among such factors.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pinxit.errors import MissingExtraError
from pinxit.tone.lut import Lut, identity_table

Arrays = list[np.ndarray]
Apply = Callable[[np.ndarray], np.ndarray]
SAMPLES = 60_000
FLOOR = 1e-8  # least eigenvalue of a covariance


def sample_pixels(photos: Arrays, count: int = SAMPLES) -> np.ndarray:
    """Pixels of all photos, (n, 3) 0..1, an equal share of each, fixed seed."""
    rng, share = np.random.default_rng(0), max(1, count // len(photos))
    parts = [photo.reshape(-1, 3) for photo in photos]
    return np.concatenate([p if len(p) <= share else p[rng.integers(0, len(p), share)] for p in parts]) / 255.0


def linear_map(source: np.ndarray, target: np.ndarray) -> Apply:
    """Monge-Kantorovich map of the Gaussians of two clouds (Pitie and Kokaram 2007)."""
    a, b = np.cov(source.T), np.cov(target.T)
    root, inverse = _power(a, 0.5), _power(a, -0.5)
    matrix = inverse @ _power(root @ b @ root, 0.5) @ inverse
    return lambda x: (x - source.mean(0)) @ matrix + target.mean(0)


def _power(matrix: np.ndarray, power: float) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.maximum(values, FLOOR) ** power) @ vectors.T


def histogram_map(source: np.ndarray, target: np.ndarray) -> Apply:
    """Each channel's histogram onto the target's."""
    at = np.linspace(0, 1, 257)
    s, t = np.quantile(source, at, 0) + 1e-9 * np.arange(257)[:, None], np.quantile(target, at, 0)
    return lambda x: np.stack([np.interp(x[..., c], s[:, c], t[:, c]) for c in range(3)], -1)


def pooled(fit: Callable[[np.ndarray, np.ndarray], Apply], shrink: float = 0.0) -> Callable[[Arrays, Arrays], Apply]:
    """A method that makes one table for a look: the map of all neutral pixels onto all reference pixels."""

    def method(references: Arrays, neutral: Arrays) -> Apply:
        nodes = identity_table(33)
        moved = fit(sample_pixels(neutral), sample_pixels(references))(nodes.reshape(-1, 3).astype(np.float64))
        share = len(references) / (len(references) + shrink)
        table = nodes + share * (moved.reshape(nodes.shape) - nodes)
        return Lut(np.clip(table, 0, 1).astype(np.float32)).apply

    return method


def color_matcher(references: Arrays, neutral: Arrays) -> Apply:
    """The package color-matcher, its Monge-Kantorovich method, photo by photo (no neutral photos used).

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        from color_matcher import ColorMatcher
    except ImportError as error:
        raise MissingExtraError("color_matcher", "bench") from error
    pixels = sample_pixels(references, 300_000)[None]

    def apply(photo: np.ndarray) -> np.ndarray:
        result = ColorMatcher(src=photo / 255.0, ref=pixels, method="mkl").main()
        return np.clip(np.nan_to_num(result) * 255 + 0.5, 0, 255).astype(np.uint8)

    return apply


PEERS = {
    "linear-map": pooled(linear_map),
    "linear-map-shrunk": pooled(linear_map, shrink=4),
    "histogram-map-shrunk": pooled(histogram_map, shrink=4),
    "color-matcher": color_matcher,
}
