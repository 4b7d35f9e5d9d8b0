"""Settling: colours and frequency bands of pictures brought to the references' in closed form, with gradients."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.networks.bands import LEVELS, from_opponent, join_bands, opponent, ranked, split_bands, within_gain
from pinxit.networks.palette import PaletteTransport
from pinxit.networks.transport import along_lines

NODES = 17
"""Of a palette's table, along each of its edges."""
_CLOUD = 48  # colours are read at a grid of so many pixels a side


class Settling:
    """The maps that settle pictures, measured on them without gradients; called, they let gradients through.

    What the engine does to a painted picture at the end, so that a painter can learn what is left for it to do.

    Args:
        pixels: Painted, (B, 3, H, W), sRGB near 0..1.
        palette: Colours to reach, (B, N, 3).
        bands: Quantiles to reach, (B, bands, 3, L).
    """

    def __init__(self, pixels: Tensor, palette: Tensor, bands: Tensor) -> None:
        self.wanted = bands
        with torch.no_grad(), torch.autocast("cpu", enabled=False):
            pixels = pixels.clamp(0, 1)
            line = torch.linspace(0, 1, NODES)
            nodes = torch.stack(torch.meshgrid(line, line, line, indexing="ij"), -1).view(1, -1, 3)
            table = PaletteTransport(cloud(pixels, _CLOUD), palette)(nodes.expand(len(pixels), -1, -1))
            self.table = table.view(-1, NODES, NODES, NODES, 3).permute(0, 4, 1, 2, 3).contiguous()
            self.own = picture_quantiles(self._coloured(pixels), bands.shape[1], bands.shape[3])

    def __call__(self, pixels: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) to settled ones, 0..1."""
        with torch.autocast("cpu", enabled=False):
            return self._settled(pixels.clamp(0, 1))

    def _settled(self, pixels: Tensor) -> Tensor:
        bands = split_bands(opponent(self._coloured(pixels)), self.wanted.shape[1])
        for i, band in enumerate(bands[:-1]):
            flat = band.flatten(2)
            moved = along_lines(flat, self.own[:, i].contiguous(), self.wanted[:, i])
            bands[i] = within_gain(moved, flat).view_as(band)
        return from_opponent(join_bands(bands)).clamp(0, 1)

    def _coloured(self, pixels: Tensor) -> Tensor:
        """Trilinear reading of the table."""
        places = pixels.permute(0, 2, 3, 1).flip(-1).unsqueeze(1) * 2 - 1
        read = F.grid_sample(self.table, places, mode="bilinear", padding_mode="border", align_corners=True)
        return read.squeeze(2).clamp(0, 1)


def cloud(pixels: Tensor, side: int = _CLOUD) -> Tensor:
    """Colours of pictures (B, 3, H, W) at a grid of about ``side`` a side, (B, N, 3)."""
    step = max(1, min(pixels.shape[2:]) // side)
    return pixels[:, :, ::step, ::step].flatten(2).transpose(1, 2).contiguous()


def picture_quantiles(pixels: Tensor, bands: int, levels: int = LEVELS) -> Tensor:
    """Quantiles of every opponent axis of every band of each picture (B, 3, H, W), (B, bands, 3, levels)."""
    split = split_bands(opponent(pixels), bands)[:-1]
    return torch.stack([ranked(band.flatten(2), levels, 8_000) for band in split], 1)
