"""Adaptive normalization: AdaIN and AdaLIN, with statistics that tiles of one picture share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from pinxit.errors import ShapeError

EPSILON = 1e-5
"""Added to variances, in squared feature units."""


def adaptive_instance_norm(content: Tensor, mean: Tensor, std: Tensor, eps: float = EPSILON) -> Tensor:
    """Give each content channel the mean and spread of the style (AdaIN).

    Args:
        content: Features, (B, C, H, W), any range.
        mean: Wanted channel means, (B, C), in feature units.
        std: Wanted channel standard deviations, (B, C).
        eps: Added to the content variance, in squared feature units.

    Returns:
        Features, (B, C, H, W), dtype and device of ``content``.

    Raises:
        ShapeError: ``mean`` or ``std`` is not (B, C).

    Source:
        Huang and Belongie 2017, arXiv:1703.06868. Departure: the variance is the biased one, so a 1x1 map is defined.
    """
    _check_wanted(content, mean, std)
    moments = channel_moments(content)
    return _affine(content, *_toward(moments, torch.ones_like(moments[0][0]), mean, std, eps))


def adaptive_layer_instance_norm(
    content: Tensor, mix: Tensor, mean: Tensor, std: Tensor, eps: float = EPSILON
) -> Tensor:
    """Mix instance and layer normalization channel by channel, then give the style's mean and spread (AdaLIN).

    Args:
        content: Features, (B, C, H, W), any range.
        mix: Share of instance normalization, (C,), 0..1; the rest is layer normalization.
        mean: Wanted channel means, (B, C).
        std: Wanted channel standard deviations, (B, C).
        eps: Added to variances, in squared feature units.

    Returns:
        Features, (B, C, H, W).

    Raises:
        ShapeError: ``mean`` or ``std`` is not (B, C).

    Source:
        Kim et al. 2020 (U-GAT-IT), arXiv:1907.10830, equation 2. Departure: biased variances.
    """
    _check_wanted(content, mean, std)
    return _affine(content, *_toward(channel_moments(content), mix, mean, std, eps))


def channel_moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each channel, (B, C) each, in float32 or better.

    In two passes, which on a processor is several times as quick as ``torch.var_mean`` and just as exact.
    """
    flat = x.flatten(2).to(torch.promote_types(x.dtype, torch.float32))
    mean = flat.mean(2)
    return mean, (flat - mean.unsqueeze(2)).square().mean(2)


@dataclass
class SharedStatistics:
    """Moments of every normalization layer, in order: measured on one pass, handed to every tile on the next ones.

    Args:
        moments: Mean and variance, (B, C) each, a layer.
        given: Whether they are handed over, not measured.
        pooled: Measure a batch of samples of one picture as if they were one; moments are then (1, C).
    """

    moments: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    given: bool = False
    pooled: bool = False
    _next: int = 0

    def of(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Moments of this layer: measured from ``x``, or those given."""
        if self.given:
            self._next += 1
            return self.moments[self._next - 1]
        mean, variance = channel_moments(x)
        if self.pooled:
            middle = mean.mean(0, keepdim=True)
            mean, variance = middle, (variance + (mean - middle) ** 2).mean(0, keepdim=True)
        self.moments.append((mean, variance))
        return mean, variance

    @classmethod
    def joined(cls, several: Sequence[SharedStatistics], counts: Sequence[int]) -> SharedStatistics:
        """Moments of several passes, (1, C) each, as those of one over all their ``counts`` of pixels."""
        shares = torch.tensor(counts, dtype=torch.float32)[:, None] / sum(counts)
        found = []
        for layer in zip(*(one.moments for one in several), strict=True):
            means, variances = (torch.cat(values) for values in zip(*layer, strict=True))
            mean = (shares * means).sum(0, keepdim=True)
            found.append((mean, (shares * (variances + (means - mean) ** 2)).sum(0, keepdim=True)))
        return cls(found, given=True)

    def again(self) -> SharedStatistics:
        """The same moments for another pass."""
        return SharedStatistics(self.moments, given=True)


class AdaptiveNorm(nn.Module):
    """AdaLIN whose wanted mean and spread are read from a style code.

    Args:
        channels: Channels of the features.
        code: Length of the style code.
        mix: Share of instance normalization at the start, 0..1.
    """

    def __init__(self, channels: int, code: int, mix: float = 0.9) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.full((channels,), mix))
        self.wanted = nn.Linear(code, 2 * channels)
        nn.init.normal_(self.wanted.weight, std=0.02)
        nn.init.zeros_(self.wanted.bias)

    def forward(self, x: Tensor, code: Tensor, statistics: SharedStatistics) -> Tensor:
        """Features (B, C, H, W) and code (B, S) to features (B, C, H, W)."""
        mean, std = self.wanted(code).float().chunk(2, 1)
        gain, shift = _toward(statistics.of(x), self.mix.clamp(0, 1), mean, 1 + std, EPSILON)
        return _affine(x, gain, shift)


def _toward(
    moments: tuple[Tensor, Tensor], mix: Tensor, mean: Tensor, std: Tensor, eps: float
) -> tuple[Tensor, Tensor]:
    """All of AdaLIN as one gain and one shift a channel, (B, C) each."""
    own, variance = moments
    whole = own.mean(1, keepdim=True)
    whole_variance = (variance + (own - whole) ** 2).mean(1, keepdim=True)
    by_instance = mix * (variance + eps).rsqrt()
    by_layer = (1 - mix) * (whole_variance + eps).rsqrt()
    return std * (by_instance + by_layer), mean - std * (by_instance * own + by_layer * whole)


def _affine(x: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    gain, shift = gain[..., None, None].to(x.dtype), shift[..., None, None].to(x.dtype)
    return torch.addcmul(shift, x, gain)


def _check_wanted(content: Tensor, mean: Tensor, std: Tensor) -> None:
    if content.ndim != 4 or mean.shape != content.shape[:2] or std.shape != content.shape[:2]:
        raise ShapeError(
            f"features {tuple(content.shape)} came with mean {tuple(mean.shape)} and std {tuple(std.shape)}; "
            "(B, C, H, W) with (B, C) and (B, C) is wanted"
        )
