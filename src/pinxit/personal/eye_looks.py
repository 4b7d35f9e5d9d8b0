"""EyeLooks: what the eye sees in results, as a few figures that can join the features of a preference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pinxit.learning.taste import LOOKS
from pinxit.picture.shrink import shrink

_SIDE = 192  # longest side at which the eye looks


class EyeLooks:
    """The main ways in which results differ to the eye.

    Channel means and spreads of the eye's first three scales, each divided by its spread over the pool, on the
    pool's first principal components, which are scaled to a spread of 1.

    Args:
        render: A point of a dial space, (dials,), to the result, (H, W, 3) uint8.
        pool: Points, (N, dials), that components are taken from; N at least LOOKS + 1.
    """

    def __init__(self, render: Callable[[np.ndarray], np.ndarray], pool: np.ndarray) -> None:
        self._render = render
        self._seen: dict[bytes, np.ndarray] = {}
        seen = np.stack([self._described(point) for point in pool])
        self._mean, self._spread = seen.mean(0), seen.std(0) + 1e-6
        scaled = (seen - self._mean) / self._spread
        self._axes = np.linalg.svd(scaled, full_matrices=False)[2][:LOOKS]
        self._size = (scaled @ self._axes.T).std(0) + 1e-6

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Figures of points, (N, dials) to (N, LOOKS); each point is rendered once."""
        seen = np.stack([self._described(point) for point in points])
        return (seen - self._mean) / self._spread @ self._axes.T / self._size

    def _described(self, point: np.ndarray) -> np.ndarray:
        key = np.asarray(point, float).round(2).tobytes()
        if key not in self._seen:
            import torch

            from pinxit.networks.style_encoder import SCALES, describe
            from pinxit.networks.weights import eye

            pixels = torch.from_numpy(shrink(self._render(point), _SIDE).copy()).permute(2, 0, 1)[None].float() / 255
            with torch.inference_mode():
                self._seen[key] = describe(eye()(pixels, SCALES))[0].double().numpy()
        return self._seen[key]
