"""Colours of one set of pixels brought to another's by a chain of one-dimensional maps."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from pinxit.networks.transport import along_lines, moments, monge_kantorovich

GENTLEST, STRONGEST = 0.25, 2.5
"""Least and largest gain of :func:`linear_match` along any axis of colour."""


def linear_match(content: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
    """The linear map that brings one cloud's mean and covariance near another's, without losing what it shows.

    Unlike :class:`PaletteTransport` it can be undone: nothing is clipped and no two colours become one, so a painter
    still sees the whole photo even where the references are black ink on white.

    Args:
        content: Colours, (B, N, 3), sRGB 0..1.
        reference: Colours, (B, M, 3).

    Returns:
        Matrix (B, 3, 3) and offset (B, 1, 3): ``y = x @ matrix + offset``.
    """
    own, wanted = moments(content), moments(reference)
    matrix, _ = monge_kantorovich(own, wanted)
    values, vectors = torch.linalg.eigh((matrix + matrix.transpose(1, 2)) / 2)
    matrix = (vectors * values.clamp(GENTLEST, STRONGEST).unsqueeze(-2)) @ vectors.transpose(1, 2)
    return matrix, wanted[0].unsqueeze(1) - own[0].unsqueeze(1) @ matrix


class PaletteTransport:
    """Iterated distribution transfer between two clouds of colours.

    Every round turns the colour axes and maps the quantiles along each onto the other cloud's. Rounds begin with the
    axes lightness, red-green and blue-yellow; the turns after that are fixed, so equal clouds give equal maps.

    Args:
        content: Colours, (B, N, 3), sRGB 0..1.
        reference: Colours to reach, (B, M, 3).
        rounds: Turns of the axes.
        levels: Quantiles a map.
        steepest: Largest slope of one map; keeps noise and banding down.

    Source:
        Pitie, Kokaram and Dahyot 2005, "N-dimensional probability density function transfer". Departure: maps are
        piecewise linear between quantiles and limited in slope.
    """

    def __init__(
        self, content: Tensor, reference: Tensor, *, rounds: int = 8, levels: int = 33, steepest: float = 3.0
    ) -> None:
        self.maps: list[tuple[Tensor, Tensor, Tensor]] = []
        x = content
        for axes in turns(rounds).to(content.device):
            old, new = _quantiles(x @ axes, levels), _quantiles(reference @ axes, levels)
            run = old.diff(dim=2)
            rise = torch.minimum(new.diff(dim=2), steepest * run)
            lost = new[..., -1:] - new[..., :1] - rise.sum(2, keepdim=True)  # spread over both ends
            new = new[..., :1] + lost / 2 + torch.cat([torch.zeros_like(rise[..., :1]), rise.cumsum(2)], 2)
            self.maps.append((axes, old, new))
            x = _mapped(x, *self.maps[-1])

    def __call__(self, colours: Tensor) -> Tensor:
        """Move colours (B, P, 3)."""
        for one in self.maps:
            colours = _mapped(colours, *one)
        return colours


@cache
def turns(count: int) -> Tensor:
    """Orthonormal axes, (count, 3, 3), columns are axes."""
    with torch.inference_mode(False):  # they are kept, and wanted again where gradients flow
        opponent = torch.tensor([[0.299, 0.587, 0.114], [1, -1, 0], [0.5, 0.5, -1]])
        first = torch.linalg.qr(opponent.T).Q
        first = first * torch.sign(first.sum(0, keepdim=True) + 1e-6)
        generator = torch.Generator().manual_seed(4)
        others = [torch.linalg.qr(torch.randn(3, 3, generator=generator)).Q for _ in range(count)]
        return torch.stack([first, torch.eye(3), *others][:count])


def _quantiles(x: Tensor, levels: int) -> Tensor:
    """(B, N, 3) to (B, 3, levels)."""
    ordered = x.transpose(1, 2).sort(2).values
    place = torch.linspace(0, ordered.shape[2] - 1, levels, device=x.device)
    low = place.floor().long()
    high = (low + 1).clamp(max=ordered.shape[2] - 1)
    return torch.lerp(ordered[..., low], ordered[..., high], place - low)


def _mapped(x: Tensor, axes: Tensor, old: Tensor, new: Tensor) -> Tensor:
    return along_lines((x @ axes).transpose(1, 2).contiguous(), old, new).transpose(1, 2) @ axes.T
