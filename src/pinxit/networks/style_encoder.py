"""StyleEncoder: what the eye saw in a set of references, as one style code."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pinxit.networks.encoder import channel_statistics

SCALES = 3
"""Scales of the eye that a style is read from; the fourth, the coarsest, knows things rather than hands."""


class StyleEncoder(nn.Module):
    """Channel statistics of the eye's features to a style code; sets are pooled, so their order does not matter.

    Args:
        widths: Channels of the eye's first scales.
        hidden: Width of the hidden layer.
        code: Length of the style code.
    """

    def __init__(self, *, widths: tuple[int, ...] = (32, 64, 128), hidden: int = 256, code: int = 128) -> None:
        super().__init__()
        self.settings = {"widths": list(widths), "hidden": hidden, "code": code}
        length = 2 * sum(widths)
        self.register_buffer("mean", torch.zeros(length))
        self.register_buffer("spread", torch.ones(length))
        self.layers = nn.Sequential(
            nn.Linear(length, hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, code), nn.LayerNorm(code)
        )

    def forward(self, statistics: Tensor) -> Tensor:
        """Statistics (B, 2 * sum(widths)), as of :func:`describe`, to codes (B, code)."""
        return self.layers((statistics - self.mean) / self.spread)


def describe(features: list[Tensor]) -> Tensor:
    """Statistics of one picture's or crop's features, (B, 2 * channels of all scales)."""
    return torch.cat(channel_statistics(features), 1)


def pool(statistics: Tensor) -> Tensor:
    """Statistics of K references (K, L) to those of the set (1, L): the mean over them."""
    return statistics.mean(0, keepdim=True)
