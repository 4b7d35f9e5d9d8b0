"""ColourStatistics: what can be counted about the colours of a photo, or of a whole set of photos."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pinxit.color import LUMA


class ColourStatistics(nn.Module):
    """What can be counted about colours, per photo or pooled over a set.

    A joint histogram with soft bins, quantiles of each channel and of the luminance, mean and spread of the two colour
    differences by luminance, and chroma by hue.

    Args:
        bins: Bins an axis of the joint histogram.
        levels: Quantiles of each channel.
        bands: Luminance bands; there are twice as many hue bands.
    """

    def __init__(self, bins: int = 6, levels: int = 17, bands: int = 6) -> None:
        super().__init__()
        self.bins, self.bands = bins, bands
        self.register_buffer("at", (torch.arange(levels) + 0.5) / levels, persistent=False)
        self.length = bins**3 + 4 * levels + 5 * bands + 2 * 2 * bands

    def forward(self, colours: Tensor) -> Tensor:
        """Colours (B, N, 3), about 0..1, to statistics (B, length), about unit scale."""
        n = colours.shape[1]
        luma = (colours * colours.new_tensor(LUMA)).sum(-1)
        soft = self._hats(colours, self.bins)
        joint = torch.einsum("bnr,bng,bnc->brgc", soft[:, :, 0], soft[:, :, 1], soft[:, :, 2]).flatten(1) / n
        ordered = torch.cat([colours, luma.unsqueeze(-1)], -1).transpose(1, 2).sort(-1).values
        ranks = ordered[:, :, (self.at * n).long().clamp(max=n - 1)].flatten(1)
        return torch.cat(
            [(joint + 1e-4).sqrt() * 4, ranks * 2 - 1, self._by_luma(colours, luma), self._by_hue(colours)], 1
        )

    def _hats(self, values: Tensor, bins: int) -> Tensor:
        """Linear soft bins of values in 0..1: (...,) to (..., bins)."""
        place = values.clamp(0, 1).unsqueeze(-1) * (bins - 1)
        return (1 - (place - torch.arange(bins, device=values.device)).abs()).clamp(min=0)

    def _by_luma(self, colours: Tensor, luma: Tensor) -> Tensor:
        share = self._hats(luma, self.bands)  # (B, N, bands)
        total = share.sum(1) + 1e-3 * luma.shape[1]
        pair = torch.stack([colours[..., 0] - colours[..., 1], colours[..., 2] - colours[..., 1]], -1)
        mean = torch.einsum("bnl,bnc->blc", share, pair) / total.unsqueeze(-1)
        square = torch.einsum("bnl,bnc->blc", share, pair * pair) / total.unsqueeze(-1)
        spread = ((square - mean * mean).clamp(min=0) + 1e-5).sqrt()
        return torch.cat([6 * mean.flatten(1), 6 * spread.flatten(1), total / luma.shape[1]], 1)

    def _by_hue(self, colours: Tensor) -> Tensor:
        red, green, blue = colours.unbind(-1)
        u, v = red - (green + blue) / 2, (green - blue) * 0.8660254
        chroma = (u * u + v * v + 1e-8).sqrt()
        bands = 2 * self.bands
        angle = (torch.atan2(v, u) / (2 * torch.pi)).remainder(1.0) * bands
        away = (angle.unsqueeze(-1) - torch.arange(bands, device=colours.device)).abs()
        share = (1 - torch.minimum(away, bands - away)).clamp(min=0)
        weight = torch.einsum("bnh,bn->bh", share, chroma) / colours.shape[1]
        square = torch.einsum("bnh,bn->bh", share, chroma * chroma) / colours.shape[1]
        return torch.cat([(weight + 1e-4).sqrt() * 3, square / (weight + 1e-2) * 3], 1)
