"""Texture by frequency: the bands of a picture brought to the references' distribution, place by place."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.networks.transport import along_lines

BANDS = 5
"""Octaves that are matched, from single pixels to 32 of them."""
LEVELS = 65
"""Quantiles a channel of a band."""
MOST = 4.0
"""Largest gain of a band."""
_TABLE = 16385


def split_bands(pixels: Tensor, bands: int = BANDS) -> list[Tensor]:
    """Laplacian pyramid (Burt and Adelson 1983) of (B, 3, H, W): ``bands`` details, finest first, and the rest."""
    found = []
    for _ in range(bands):
        small = F.avg_pool2d(pixels, 2, ceil_mode=True, count_include_pad=False)
        found.append(pixels - _larger(small, pixels))
        pixels = small
    return [*found, pixels]


def join_bands(bands: list[Tensor]) -> Tensor:
    """Undo :func:`split_bands`."""
    pixels = bands[-1]
    for band in bands[-2::-1]:
        pixels = _larger(pixels, band) + band
    return pixels


def band_quantiles(pixels: Tensor, bands: int = BANDS, levels: int = LEVELS) -> Tensor:
    """Quantiles of every channel of every band of (B, 3, H, W), pooled over B; (bands, 3, levels)."""
    found = []
    for band in split_bands(pixels, bands)[:-1]:
        found.append(ranked(band.transpose(0, 1).flatten(1), levels, 16_000))
    return torch.stack(found)


def ranked(values: Tensor, levels: int, count: int) -> Tensor:
    """Values (..., N) at even ranks, (..., levels); of many, about ``count`` are looked at."""
    values = values[..., :: max(1, values.shape[-1] // count)].sort(-1).values
    return values[..., torch.linspace(0, values.shape[-1] - 1, levels).round().long()]


def within_gain(moved: Tensor, values: Tensor, most: float = MOST) -> Tensor:
    """Moved values, none larger than ``most`` times what it was."""
    largest = values.abs() * most
    return torch.maximum(torch.minimum(moved, largest), -largest)


def match_bands(pixels: Tensor, own: Tensor, wanted: Tensor, *, strength: float = 1.0, most: float = MOST) -> Tensor:
    """Give every band of pictures another distribution, keeping the order of its values, so edges stay where they are.

    Args:
        pixels: (B, 3, H, W).
        own: Quantiles of these pictures, (bands, 3, L).
        wanted: Quantiles to reach, (bands, 3, L).
        strength: 0 changes nothing, 1 reaches them.
        most: Largest gain of a band.

    Returns:
        (B, 3, H, W), not clipped.

    Source:
        Heeger and Bergen 1995, who match noise; here the content's own bands are matched.
    """
    bands = split_bands(pixels, len(own))
    for i, band in enumerate(bands[:-1]):
        bands[i] = band + strength * (_mapped(band, own[i], wanted[i], most) - band)
    return join_bands(bands)


def _mapped(band: Tensor, own: Tensor, wanted: Tensor, most: float) -> Tensor:
    points = torch.linspace(-1, 1, _TABLE).expand(len(own), -1).contiguous()
    mapped = along_lines(points, own.contiguous(), wanted)
    change = within_gain(mapped, points, most) - points
    place = ((band + 1) * ((_TABLE - 1) / 2)).round_().clamp_(0, _TABLE - 1).int()
    changes = [change[i].index_select(0, place[:, i].flatten()).view_as(band[:, i]) for i in range(band.shape[1])]
    return band + torch.stack(changes, 1)


def _larger(small: Tensor, like: Tensor) -> Tensor:
    large = F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
    return large[:, :, : like.shape[2], : like.shape[3]]
