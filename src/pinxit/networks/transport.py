"""Colour transport in closed form: carry one cloud of colours onto another, batched and without parameters.

A cloud is (B, N, 3). Everything here is exact arithmetic on moments and quantiles; gradients are not needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


def moments(cloud: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (B, 3) and covariance (B, 3, 3) of a cloud (B, N, 3)."""
    mean = cloud.mean(1)
    centred = cloud - mean.unsqueeze(1)
    return mean, centred.transpose(1, 2) @ centred / cloud.shape[1]


def matrix_power(matrix: Tensor, power: float, floor: float = 1e-5) -> Tensor:
    """Power of symmetric matrices (B, 3, 3) by eigenvalues, none smaller than ``floor``."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=floor).pow(power).unsqueeze(-2)) @ vectors.transpose(-1, -2)


def monge_kantorovich(source: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The linear map that carries one Gaussian of colours onto another with the least movement.

    Args:
        source: Mean (B, 3) and covariance (B, 3, 3).
        target: The same of the wanted colours.

    Returns:
        Matrix (B, 3, 3), symmetric, and offset (B, 1, 3): ``y = x @ matrix + offset`` for a cloud x.

    Source:
        Pitie and Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping". Departure: eigenvalues have a
        floor of 1e-5, so that black-and-white or plain references are defined.
    """
    (mean_a, cov_a), (mean_b, cov_b) = source, target
    root, inverse = matrix_power(cov_a, 0.5), matrix_power(cov_a, -0.5)
    matrix = inverse @ matrix_power(root @ cov_b @ root, 0.5, floor=1e-10) @ inverse
    return matrix, mean_b.unsqueeze(1) - mean_a.unsqueeze(1) @ matrix


def quantiles(cloud: Tensor, levels: int) -> Tensor:
    """Quantiles at (i + 1/2) / levels of each channel, (B, levels, 3)."""
    at = ((torch.arange(levels, device=cloud.device) + 0.5) / levels * cloud.shape[1]).long()
    return cloud.sort(1).values[:, at]


def curves(x: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Send x (B, M, 3) along the lines between points (source, target), (B, Q, 3) both; beyond the ends at slope 1."""
    q = source.shape[1]
    rising = source + 1e-5 * torch.arange(q, device=x.device).view(1, q, 1)
    rising = rising.cummax(1).values.transpose(1, 2).contiguous()
    return along_lines(x.transpose(1, 2).contiguous(), rising, target.transpose(1, 2)).transpose(1, 2)


def along_lines(values: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Send values (..., M) along the lines between points; beyond the ends at slope 1.

    Args:
        values: (..., M).
        source: Rising, (..., Q), contiguous.
        target: Where the points go, (..., Q).
    """
    after = torch.searchsorted(source, values).clamp(1, source.shape[-1] - 1)
    x0, x1, y0, y1 = (t.gather(-1, i) for t in (source, target) for i in (after - 1, after))
    inside = values.clamp(source[..., :1], source[..., -1:])
    part = ((inside - x0) / (x1 - x0).clamp(min=1e-6)).clamp(0, 1)
    return y0 + part * (y1 - y0) + values - inside


@dataclass(frozen=True)
class Transport:
    """A map of colours: one curve a channel, then a matrix.

    Args:
        source: Points on the curves, (B, Q, 3).
        target: Where they go, (B, Q, 3).
        matrix: (B, 3, 3).
        offset: (B, 1, 3).
    """

    source: Tensor
    target: Tensor
    matrix: Tensor
    offset: Tensor

    @classmethod
    def between(cls, source: Tensor, target: Tensor, levels: int = 25) -> Transport:
        """The map that carries a cloud (B, N, 3) onto another: quantiles of each channel, then mean and covariance."""
        a, b = quantiles(source, levels), quantiles(target, levels)
        return cls(a, b, *monge_kantorovich(moments(curves(source, a, b)), moments(target)))

    def __call__(self, x: Tensor) -> Tensor:
        """Colours (B, M, 3) to colours (B, M, 3)."""
        return curves(x, self.source, self.target) @ self.matrix + self.offset
