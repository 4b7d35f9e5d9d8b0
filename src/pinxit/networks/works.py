"""Works: colours and strokes of several references, and those among them that suit a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

PERPLEXITY = 3.0
"""About so many works share in one picture; of fewer than twice as many, half of them."""
_COLOURS = 2048  # of one picture's palette
_DIRECTIONS, _LEVELS = 24, 33


@dataclass(frozen=True)
class Works:
    """What is known of a hand's works one by one.

    A hand's works differ: a night is blue, a field is yellow. All their colours at once belong to no picture, and make
    a photo garish. So each picture is brought to the few works whose colours are nearest to its own. Strokes are the
    hand's in all of them.

    Args:
        palettes: Colours of each work, (K, M, 3), sRGB 0..1.
        bands: Quantiles of each one's frequency bands, (K, bands, 3, L).
    """

    palettes: Tensor
    bands: Tensor

    @classmethod
    def from_arrays(cls, palettes: np.ndarray, bands: np.ndarray) -> Works:
        """Of a texture's arrays, which stay as they are."""
        return cls(torch.from_numpy(palettes.copy()), torch.from_numpy(bands.copy()))

    def suited(self, colours: Tensor) -> tuple[Tensor, Tensor]:
        """The palette and the bands that a picture is brought to.

        Args:
            colours: Of the picture, (N, 3), sRGB 0..1.

        Returns:
            Palette (P, 3) of the works that suit, and quantiles (bands, 3, L) of all.
        """
        shares = self.shares(colours)
        counts = (shares * _COLOURS).round().long().tolist()
        rows = [
            palette[torch.linspace(0, len(palette) - 1, count).long()]
            for palette, count in zip(self.palettes, counts, strict=True)
            if count
        ]
        return torch.cat(rows), self.bands.mean(0).cummax(2).values

    def shares(self, colours: Tensor) -> Tensor:
        """How much each work has to say for a picture of these colours (N, 3): (K,), sum 1.

        A softmax of sliced Wasserstein distances between the colours, at a fixed perplexity (van der Maaten and Hinton
        2008): whatever the spread of distances, a few works decide.
        """
        count = len(self.palettes)
        if count == 1:
            return torch.ones(1)
        turns = torch.randn(3, _DIRECTIONS, generator=torch.Generator().manual_seed(0))
        turns = turns / turns.norm(dim=0)
        own = _quantiles(colours @ turns)
        far = (_quantiles(self.palettes @ turns) - own).abs().mean((-2, -1)).double()
        return _softmax_of(far - far.min(), max(1.0, min(PERPLEXITY, count / 2))).float()


def _softmax_of(far: Tensor, perplexity: float) -> Tensor:
    """Shares that fall with distance, with this perplexity, found by bisection of the temperature."""
    low, high = 1e-5, 1e3
    for _ in range(60):
        middle = (low * high) ** 0.5
        shares = (-far / middle).softmax(0)
        spread = torch.exp(-(shares * shares.clamp_min(1e-12).log()).sum())
        low, high = (middle, high) if spread < perplexity else (low, middle)
    return shares


def _quantiles(projected: Tensor) -> Tensor:
    """(..., N, D) to (..., levels, D)."""
    places = torch.linspace(0, projected.shape[-2] - 1, _LEVELS).round().long()
    return projected.sort(-2).values[..., places, :]
