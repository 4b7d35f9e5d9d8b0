"""Style losses: how far a result's statistics are from the references'."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.errors import ShapeError


def moment_style_loss(result: list[Tensor], reference: list[Tensor]) -> Tensor:
    """Distance of channel means and spreads of features, relative to the reference's spread, mean over scales.

    Args:
        result: Maps (B, C, H, W), one a scale.
        reference: Maps (B, C, h, w) of the same channels.

    Source:
        Huang and Belongie 2017, arXiv:1703.06868, equation 13. Departure: each scale is divided by the mean spread of
        the reference's channels, so that no scale outweighs the others.
    """
    total = result[0].new_zeros((), dtype=torch.float32)
    for x, y in zip(result, reference, strict=True):
        (mx, sx), (my, sy) = _moments(x), _moments(y)
        unit = sy.mean(1, keepdim=True).clamp_min(1e-3)
        total = total + (((mx - my) / unit).square().mean() + ((sx - sy) / unit).square().mean())
    return total / len(result)


def gram_style_loss(result: list[Tensor], reference: list[Tensor]) -> Tensor:
    """Mean squared difference of Gram matrices, ``F F^T / (H W)``, mean over scales (Gatys et al. 2016)."""
    total = result[0].new_zeros((), dtype=torch.float32)
    for x, y in zip(result, reference, strict=True):
        total = total + (_gram(x) - _gram(y)).square().mean()
    return total / len(result)


def patch_directions(
    count: int, *, size: int = 7, flat: bool = False, generator: torch.Generator | None = None
) -> Tensor:
    """Random unit directions in the space of RGB patches, (count, 3, size, size).

    Args:
        count: How many.
        size: Side of patches, in pixels.
        flat: Keep each channel's mean; otherwise directions ignore colour and see brush, line and grain only.
        generator: Of the random numbers.
    """
    found = torch.randn(count, 3, size, size, generator=generator)
    if not flat:
        found = found - found.mean((2, 3), keepdim=True)
    return found / found.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


def sliced_patch_distance(
    result: Tensor, reference: Tensor, directions: Tensor, strides: tuple[int, ...] = (4, 2, 1)
) -> Tensor:
    """Sliced Wasserstein-1 distance of patches, mean over scales that each halve the pictures.

    Args:
        result: (B, 3, H, W), sRGB 0..1.
        reference: (B, 3, H, W); another size is compared by quantiles.
        directions: (D, 3, s, s), as of :func:`patch_directions`.
        strides: Step between patches at every scale, in its pixels.

    Returns:
        (B,), in units of sRGB along unit directions.

    Raises:
        ShapeError: The pictures do not hold a patch at the coarsest scale.

    Source:
        Rabin et al. 2011 (sliced Wasserstein), Elnekave and Weiss 2022 (arXiv:2203.14222, on patches).
    """
    smallest = min(*result.shape[2:], *reference.shape[2:]) >> (len(strides) - 1)
    if smallest < directions.shape[2]:
        raise ShapeError(
            f"pictures {tuple(result.shape[2:])} and {tuple(reference.shape[2:])} are too small for "
            f"{directions.shape[2]}-pixel patches at {len(strides)} scales"
        )
    total = result.new_zeros(len(result))
    for i, stride in enumerate(strides):
        if i:
            result, reference = F.avg_pool2d(result, 2), F.avg_pool2d(reference, 2)
        x, y = (_ordered(F.conv2d(z, directions, stride=stride).flatten(2)) for z in (result, reference))
        if x.shape[2] != y.shape[2]:
            y = F.interpolate(y, x.shape[2], mode="linear", align_corners=True)
        total = total + (x - y).abs().mean((1, 2))
    return total / len(strides)


def patch_ratio(
    result: Tensor,
    content: Tensor,
    reference: Tensor,
    directions: Tensor,
    *,
    least: float,
    strides: tuple[int, ...] = (4, 2, 1),
) -> Tensor:
    """Mean sliced patch distance of results, relative to that of their untouched contents: 1 untouched, 0 reached.

    Args:
        result: (B, 3, H, W), sRGB 0..1.
        content: (B, 3, H, W).
        reference: (B, 3, h, w).
        directions: As of :func:`patch_directions`.
        least: Distances of contents count as no less.
        strides: As of :func:`sliced_patch_distance`.
    """
    with torch.no_grad():
        unit = sliced_patch_distance(content, reference, directions, strides).clamp_min(least)
    return (sliced_patch_distance(result, reference, directions, strides) / unit).mean()


class SlicedPatchLoss(nn.Module):
    """Sliced patch distance along fresh directions, relative to that between content and reference.

    Args:
        count: Directions a step, half of them blind for colour.
        generator: Of the directions.
    """

    def __init__(self, count: int = 32, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.count, self.generator = count, generator

    def forward(self, result: Tensor, content: Tensor, reference: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, H, W) to the mean colour ratio and the mean texture ratio; 1 untouched, 0 reached."""
        ratios = []
        for flat, least in ((True, 0.02), (False, 0.01)):
            directions = patch_directions(self.count // 2, flat=flat, generator=self.generator).to(result)
            ratios.append(patch_ratio(result, content, reference, directions, least=least))
        return ratios[0], ratios[1]


def _ordered(x: Tensor) -> Tensor:
    """Sorted along the last axis; by numpy, which is ten times as quick, where no gradient is needed."""
    if x.requires_grad or x.device.type != "cpu":
        return x.sort(-1).values
    return torch.from_numpy(np.sort(x.numpy(), -1))


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    flat = _flat(x)
    mean = flat.mean(2)
    variance = (flat - mean.unsqueeze(2)).square().mean(2)  # on a processor far quicker than torch.var_mean
    return mean, (variance + 1e-6).sqrt()


def _gram(x: Tensor) -> Tensor:
    flat = _flat(x)
    return flat @ flat.transpose(1, 2) / flat.shape[2]


def _flat(x: Tensor) -> Tensor:
    """(B, C, H * W), in float32 or finer."""
    return x.to(torch.promote_types(x.dtype, torch.float32)).flatten(2)
