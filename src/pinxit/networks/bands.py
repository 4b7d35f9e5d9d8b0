"""Texture by frequency: the bands of a picture brought to the references' distribution, place by place."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.networks.palette import turns
from pinxit.networks.transport import along_lines

BANDS = 5
"""Octaves that are matched, from single pixels to 32 of them."""
LEVELS = 65
"""Quantiles an axis of a band."""
MOST = 2.0
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


def opponent(pixels: Tensor) -> Tensor:
    """sRGB (B, 3, H, W) as lightness, red-green and blue-yellow on orthonormal axes.

    Matched in these, a stroke stays a stroke in lightness; matched in red, green and blue it falls apart into coloured
    grain.
    """
    return _turned(pixels, turns(1)[0].T)


def from_opponent(values: Tensor) -> Tensor:
    """Undo :func:`opponent`."""
    return _turned(values, turns(1)[0])


def band_quantiles(pixels: Tensor | Sequence[Tensor], bands: int = BANDS, levels: int = LEVELS) -> Tensor:
    """Quantiles of every opponent axis of every band, (bands, 3, levels).

    Args:
        pixels: (B, 3, H, W), or several such of any sizes; all of them are pooled.
        bands: Octaves.
        levels: Quantiles.
    """
    several = [pixels] if isinstance(pixels, Tensor) else pixels
    split = zip(*(split_bands(opponent(one), bands)[:-1] for one in several), strict=True)
    return torch.stack([ranked(torch.cat([x.transpose(0, 1).flatten(1) for x in b], 1), levels, 16_000) for b in split])


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
    return changed_bands(pixels, band_changes(own, wanted, most=most), strength=strength)


def band_changes(own: Tensor, wanted: Tensor, *, most: float = MOST) -> Tensor:
    """What :func:`match_bands` adds to every value -1..1 of each axis of each band, as a table (bands, 3, points)."""
    points = torch.linspace(-1, 1, _TABLE).expand(*own.shape[:2], -1).contiguous()
    return within_gain(along_lines(points, own.contiguous(), wanted), points, most) - points


def changed_bands(pixels: Tensor, changes: Tensor, *, strength: float = 1.0) -> Tensor:
    """Pictures (B, 3, H, W) whose bands are changed by tables of :func:`band_changes`; not clipped."""
    bands = split_bands(opponent(pixels), len(changes))
    for i, band in enumerate(bands[:-1]):
        place = ((band + 1) * ((_TABLE - 1) / 2)).round_().clamp_(0, _TABLE - 1).int()
        moved = [changes[i, c].index_select(0, place[:, c].flatten()).view_as(band[:, c]) for c in range(3)]
        bands[i] = band + strength * torch.stack(moved, 1)
    return from_opponent(join_bands(bands))


def _turned(pixels: Tensor, axes: Tensor) -> Tensor:
    with torch.autocast(pixels.device.type, enabled=False):  # fine bands would drown in half precision
        return (axes @ pixels.float().flatten(2)).view_as(pixels)


def _larger(small: Tensor, like: Tensor) -> Tensor:
    large = F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
    return large[:, :, : like.shape[2], : like.shape[3]]
