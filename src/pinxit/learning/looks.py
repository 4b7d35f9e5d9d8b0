"""Random looks, where the truth is known: what LookPredictor is trained on.

A look is a table of output colours at the nodes of an RGB grid. Every family draws a whole batch of parameters at once.
"""

from __future__ import annotations

import math
from itertools import permutations

import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.color import LUMA


def grid_nodes(size: int) -> Tensor:
    """Nodes of an RGB grid, (size**3, 3), red fastest, as in a .cube file."""
    axis = torch.linspace(0, 1, size)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    return torch.stack([red, green, blue], -1).reshape(-1, 3)


def _normal(n: int, *shape: int, scale: float, generator: torch.Generator) -> Tensor:
    return torch.randn(n, *shape, generator=generator) * scale


def _uniform(n: int, *shape: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(n, *shape, generator=generator)


def _luma(x: Tensor) -> Tensor:
    return (x * x.new_tensor(LUMA)).sum(-1, keepdim=True)


def tone_curve(x: Tensor, g: torch.Generator) -> Tensor:
    """One contrast curve for all channels: gamma, a sigmoid of random slope and pivot, and a smooth wobble."""
    n = len(x)
    gamma = torch.exp(_normal(n, 1, 1, scale=0.28, generator=g))
    slope = _uniform(n, 1, 1, low=0.01, high=6.0, generator=g)
    pivot = _uniform(n, 1, 1, low=0.35, high=0.65, generator=g)
    y = x.clamp(0, 1) ** gamma
    low, high = torch.sigmoid(-slope * pivot), torch.sigmoid(slope * (1 - pivot))
    sigmoid = (torch.sigmoid(slope * (y - pivot)) - low) / (high - low)
    mix = _uniform(n, 1, 1, low=-0.25, high=1.0, generator=g)
    y = y + mix * (sigmoid - y)
    wobble = sum(_normal(n, 1, 1, scale=0.03 / k, generator=g) * torch.sin(math.pi * k * y) for k in (1, 2, 3))
    return y + wobble


def channel_curves(x: Tensor, g: torch.Generator) -> Tensor:
    """Random smooth curves, one a channel: ends lifted or cut, gamma, and a wobble (cross processing, old film)."""
    n = len(x)
    scale = torch.exp(_normal(n, 1, 1, scale=0.6, generator=g))
    gamma = torch.exp(_normal(n, 1, 3, scale=0.16, generator=g) * scale)
    low = _normal(n, 1, 3, scale=0.05, generator=g) * scale
    high = 1 + _normal(n, 1, 3, scale=0.06, generator=g) * scale
    y = x.clamp(0, 1) ** gamma
    for k in (1, 2, 3):
        y = y + _normal(n, 1, 3, scale=0.03 / k, generator=g) * scale * torch.sin(math.pi * k * x)
    return low + (high - low) * y


def film_curves(x: Tensor, g: torch.Generator) -> Tensor:
    """A steep or soft sigmoid for each channel, with its own middle (instant, expired and cross-processed film)."""
    n = len(x)
    slope = torch.exp(_normal(n, 1, 1, scale=0.5, generator=g) + _normal(n, 1, 3, scale=0.25, generator=g)) * 4.5
    pivot = 0.5 + _normal(n, 1, 1, scale=0.1, generator=g) + _normal(n, 1, 3, scale=0.13, generator=g)
    low, high = torch.sigmoid(-slope * pivot), torch.sigmoid(slope * (1 - pivot))
    whole = (torch.rand(n, 1, 1, generator=g) < 0.5).float()  # half of them stretched to the full range, half not
    y = torch.sigmoid(slope * (x - pivot))
    y = whole * (y - low) / (high - low) + (1 - whole) * y
    reach = 1 - _normal(n, 1, 3, scale=0.12, generator=g).abs()
    floor = _normal(n, 1, 3, scale=0.08, generator=g).clamp(min=-0.05)
    return floor + (reach - floor) * y


def fade(x: Tensor, g: torch.Generator) -> Tensor:
    """Lifted blacks and lowered whites, slightly tinted."""
    n = len(x)
    low = _uniform(n, 1, 1, low=-0.06, high=0.16, generator=g) + _normal(n, 1, 3, scale=0.02, generator=g)
    high = 1 - _uniform(n, 1, 1, low=-0.05, high=0.16, generator=g) - _normal(n, 1, 3, scale=0.02, generator=g).abs()
    return low + (high - low) * x


def white_balance(x: Tensor, g: torch.Generator) -> Tensor:
    """Temperature and tint, as gains in light that is about linear (power 2.2)."""
    n = len(x)
    warm, tint, level = (_normal(n, 1, 1, scale=s, generator=g) for s in (0.22, 0.1, 0.15))
    gains = torch.exp(torch.cat([warm, tint, -warm], -1) + level)
    return (x.clamp(0) ** 2.2 * gains).clamp(1e-6) ** (1 / 2.2)


def saturation(x: Tensor, g: torch.Generator) -> Tensor:
    """More or less colour about the luminance; one in twelve looks is black and white."""
    n = len(x)
    gain = torch.exp(_normal(n, 1, 1, scale=0.35, generator=g))
    grey = torch.rand(n, 1, 1, generator=g) < 1 / 12
    luma = _luma(x)
    return luma + torch.where(grey, torch.zeros_like(gain), gain) * (x - luma)


def channel_mix(x: Tensor, g: torch.Generator) -> Tensor:
    """A colour matrix near one whose rows sum to one, so that grey stays grey."""
    n = len(x)
    matrix = _normal(n, 3, 3, scale=0.12, generator=g) * torch.exp(_normal(n, 1, 1, scale=0.5, generator=g))
    matrix = matrix - matrix.mean(2, keepdim=True)
    return x + x @ matrix.transpose(1, 2)


def hue_bands(x: Tensor, g: torch.Generator) -> Tensor:
    """Hue, saturation and lightness shifts that vary smoothly with hue (six bands, periodic)."""
    n = len(x)
    luma = _luma(x)
    red, green, blue = x.unbind(-1)
    u, v = (2 * red - green - blue) / 2, math.sqrt(3) / 2 * (green - blue)
    hue, chroma = torch.atan2(v, u + 1e-9), (u**2 + v**2 + 1e-12).sqrt()
    waves = torch.stack([f(k * hue) for k in (1, 2, 3) for f in (torch.sin, torch.cos)], -1)  # (n, nodes, 6)
    amounts = _normal(n, 6, 3, scale=1.0, generator=g) * torch.tensor([0.12, 0.14, 0.05])
    turn, gain, light = (waves @ amounts).unbind(-1)
    turn = turn + _normal(n, 1, scale=0.06, generator=g)
    hue, gain = hue + turn, torch.exp(gain)
    du, dv = chroma * gain * torch.cos(hue) - u, chroma * gain * torch.sin(hue) - v
    moved = torch.stack([du * 2 / 3, -du / 3 + dv / math.sqrt(3), -du / 3 - dv / math.sqrt(3)], -1)
    moved = x + moved
    return moved + (luma - _luma(moved)) + (light * chroma).unsqueeze(-1)


def split_toning(x: Tensor, g: torch.Generator) -> Tensor:
    """One tint for the shadows, another for the highlights."""
    n = len(x)
    balance = _uniform(n, 1, 1, low=0.3, high=0.7, generator=g)
    luma = _luma(x).clamp(0, 1)
    high = luma ** (2 * balance)
    strength = torch.exp(_normal(n, 1, 1, scale=0.6, generator=g)) * 0.07
    shadow, light = (_normal(n, 1, 3, scale=1.0, generator=g) * strength for _ in range(2))
    shadow, light = shadow - _luma(shadow), light - _luma(light)
    return x + (1 - high) * shadow + high * light


def luma_tints(x: Tensor, g: torch.Generator) -> Tensor:
    """Tints and brightness that wander with the luminance (six knots): the uneven greys of instant and old film."""
    n = len(x)
    strength = torch.exp(_normal(n, 1, 1, scale=0.8, generator=g)) * 0.04
    knots = torch.randn(n, 3, 6, generator=g) * strength
    luma = _luma(x).clamp(0, 1).transpose(1, 2)  # (n, 1, nodes)
    where = torch.cat([luma.transpose(1, 2) * 2 - 1, torch.zeros_like(luma.transpose(1, 2))], -1).unsqueeze(1)
    smooth = F.interpolate(knots, size=21, mode="linear", align_corners=True).unsqueeze(2)
    smooth = F.avg_pool2d(F.pad(smooth, (2, 2, 0, 0), mode="replicate"), (1, 5), 1)
    added = F.grid_sample(smooth, where, align_corners=True, padding_mode="border")[:, :, 0]
    return x + added.transpose(1, 2)


def smooth_warp(x: Tensor, g: torch.Generator) -> Tensor:
    """A random smooth table: a coarse lattice of moves, interpolated over the cube."""
    n = len(x)
    lattice = _normal(n, 3, 4, 4, 4, scale=0.05, generator=g) * torch.exp(
        _normal(n, 1, 1, 1, 1, scale=0.5, generator=g)
    )
    where = (x.clamp(0, 1) * 2 - 1).view(n, -1, 1, 1, 3)
    smooth = F.interpolate(lattice, size=(9, 9, 9), mode="trilinear", align_corners=True)
    return x + F.grid_sample(smooth, where, align_corners=True).view(n, 3, -1).transpose(1, 2)


STEPS = (
    white_balance,
    tone_curve,
    channel_curves,
    film_curves,
    fade,
    saturation,
    channel_mix,
    hue_bands,
    split_toning,
    luma_tints,
    smooth_warp,
)
CHANCES = (0.45, 0.6, 0.5, 0.25, 0.4, 0.6, 0.35, 0.5, 0.35, 0.45, 0.35)


def synthetic_looks(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Draw looks: a random subset of the steps above in a random order, at a random overall strength.

    Args:
        count: How many looks.
        size: Nodes an axis.
        generator: Source of all randomness.

    Returns:
        Output colours, (count, size**3, 3), 0..1, red fastest.
    """
    nodes = grid_nodes(size)
    x = nodes.expand(count, -1, -1).clone()
    for index in torch.randperm(len(STEPS), generator=generator).tolist():
        use = torch.rand(count, 1, 1, generator=generator) < CHANCES[index]
        x = torch.where(use, STEPS[index](x, generator), x)
    strength = 0.35 + 0.85 * torch.rand(count, 1, 1, generator=generator)
    return (nodes + strength * (x - nodes)).clamp(0, 1)


def turned_looks(looks: Tensor) -> Tensor:
    """Every look as it would be if colours, or light and dark, traded places: eleven new looks from each.

    The channels go through a permutation, or the picture through its negative, before the look and back after it. What
    a film does to greens and shadows is then done to blues and highlights: as smooth and as plausible a table, and one
    that no film of the known ones comes near to.

    Args:
        looks: (L, size**3, 3), red fastest.

    Returns:
        (11 * L, size**3, 3).
    """
    size = round(looks.shape[1] ** (1 / 3))
    volume = looks.view(-1, size, size, size, 3)  # blue, green, red, channel
    found = []
    for order in permutations(range(3)):
        axes = [1 + (2 - order.index(2 - axis)) for axis in range(3)]
        turned = volume.permute(0, *axes, 4)[..., [order.index(c) for c in range(3)]]
        found += [turned, 1 - turned.flip(1, 2, 3)]
    return torch.cat(found[1:]).reshape(-1, size**3, 3)


def mixed_looks(count: int, known: Tensor, generator: torch.Generator, turned: float = 0.0) -> Tensor:
    """Draw looks near known ones: scaled, blended in pairs, or followed by a weak synthetic look.

    Args:
        count: How many looks.
        known: Known looks, (L, size**3, 3).
        generator: Source of all randomness.
        turned: Share of :func:`turned_looks` among those they are near to.

    Returns:
        Output colours, (count, size**3, 3), 0..1.
    """
    size = round(known.shape[1] ** (1 / 3))
    nodes = grid_nodes(size)
    first, second = (_picked(count, known, turned, generator) for _ in range(2))
    share = torch.rand(count, 1, 1, generator=generator) * (torch.rand(count, 1, 1, generator=generator) < 0.5)
    move = (1 - share) * (first - nodes) + share * (second - nodes)
    x = nodes + (0.6 + 0.65 * torch.rand(count, 1, 1, generator=generator)) * move
    weak = synthetic_looks(count, size, generator) - nodes
    amount = torch.rand(count, 1, 1, generator=generator) * 0.5 * (torch.rand(count, 1, 1, generator=generator) < 0.7)
    return (x + amount * at_nodes(weak, x)).clamp(0, 1)


def _picked(count: int, known: Tensor, turned: float, generator: torch.Generator) -> Tensor:
    picked = known[torch.randint(len(known), (count,), generator=generator)]
    if not turned:
        return picked
    others = turned_looks(known)
    others = others[torch.randint(len(others), (count,), generator=generator)]
    return torch.where(torch.rand(count, 1, 1, generator=generator) < turned, others, picked)


def at_nodes(table: Tensor, x: Tensor) -> Tensor:
    """Read tables (n, size**3, 3) trilinearly at colours x (n, m, 3), 0..1; returns (n, m, 3)."""
    n, size = len(table), round(table.shape[1] ** (1 / 3))
    volume = table.view(n, size, size, size, 3).permute(0, 4, 1, 2, 3)
    where = (x.clamp(0, 1) * 2 - 1).view(n, -1, 1, 1, 3)
    return F.grid_sample(volume, where, align_corners=True).view(n, 3, -1).transpose(1, 2)
