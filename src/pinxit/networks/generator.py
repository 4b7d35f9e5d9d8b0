"""Generator: repaints a picture in the hand that a style code describes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.errors import ShapeError
from pinxit.networks.adaptive import AdaptiveNorm, SharedStatistics

STRIDE = 8
"""Pictures are padded to multiples of this; tiles have to begin at multiples of it."""
HALO = 128
"""Pixels around a tile beyond which nothing changes it."""


class Generator(nn.Module):
    """Residual blocks with adaptive normalization at 1/4 and 1/8 scale, attention, and a decoder that fuses scales.

    Args:
        code: Length of the style code.
        widths: Channels at 1/2, 1/4 and 1/8 scale.
        blocks: Residual blocks at 1/8 scale.
        adaptive: "adalin" (mixture learned), "adain" (instance statistics only).
        attention: Weigh channels by a class-activation map.
        fusion: Fuse the encoder's and the decoder's scales; False takes the coarsest alone.

    Source:
        Kim et al. 2020 (U-GAT-IT, arXiv:1907.10830). Departures: the blocks are conditioned on a style code instead of
        the content's own features; the class weights of the attention come from the code too, from mean pooling only;
        a change is added to the picture instead of a new one painted; three scales each add to it.
    """

    def __init__(
        self,
        *,
        code: int = 128,
        widths: tuple[int, int, int] = (32, 64, 128),
        blocks: int = 4,
        adaptive: str = "adalin",
        attention: bool = True,
        fusion: bool = True,
    ) -> None:
        super().__init__()
        self.settings = {
            "code": code, "widths": list(widths), "blocks": blocks,
            "adaptive": adaptive, "attention": attention, "fusion": fusion,
        }  # fmt: skip
        a, b, c = widths
        mix = 0.9 if adaptive == "adalin" else 1.0
        self.stem = nn.Conv2d(12, a, 3, padding=1)
        self.down = nn.ModuleList([nn.Conv2d(a, b, 3, padding=1), nn.Conv2d(b, c, 3, padding=1)])
        self.fine = AdaptiveBlock(b, code, mix)
        self.blocks = nn.ModuleList(AdaptiveBlock(c, code, mix) for _ in range(blocks))
        self.attention = ClassAttention(c, code) if attention else None
        keep = 1 if fusion else 0
        self.up = nn.ModuleList([AdaptiveConv(c + keep * b, b, code, mix), AdaptiveConv(b + keep * a, a, code, mix)])
        self.middle = AdaptiveBlock(b, code, mix)
        self.last = AdaptiveConv(a, a, code, mix)
        self.paint = nn.ModuleList([nn.Conv2d(c, 3, 1), nn.Conv2d(b, 3, 1), nn.Conv2d(a, 12, 3, padding=1)])
        for layer in self.paint:
            nn.init.normal_(layer.weight, std=1e-3)
            nn.init.zeros_(layer.bias)
        if adaptive != "adalin":
            for module in self.modules():
                if isinstance(module, AdaptiveNorm):
                    module.mix.requires_grad_(False)

    def forward(self, pixels: Tensor, code: Tensor, statistics: SharedStatistics | None = None) -> Tensor:
        """Repaint pictures.

        Args:
            pixels: (B, 3, H, W), sRGB 0..1, already in the style's colours; 16 pixels or more.
            code: (B, S).
            statistics: Of the whole picture, for a tile of it; None measures them here.

        Returns:
            (B, 3, H, W), sRGB, near 0..1 but not clipped.

        Raises:
            ShapeError: Another shape came.
        """
        return self.explain(pixels, code, statistics)[0]

    def explain(
        self, pixels: Tensor, code: Tensor, statistics: SharedStatistics | None = None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Like ``forward``, with the attention's map (B, 1, H/8, W/8) and logits (B,); both None without attention."""
        padded = _padded(pixels)
        statistics = SharedStatistics() if statistics is None else statistics
        half, quarter, *eighths = self._encoded(padded, code, statistics)
        x = eighths[-1]
        del eighths  # large pictures need the room
        x, map_, logits = self.attention(x, code, statistics) if self.attention is not None else (x, None, None)
        change = self.paint[0](x)
        x = self.middle(self.up[0](self._fused(x, quarter), code, statistics), code, statistics)
        change = _twice(change) + self.paint[1](x)
        x = self.last(self.up[1](self._fused(F.relu(x), half), code, statistics), code, statistics)
        painted = padded + F.pixel_shuffle(self.paint[2](x), 2) + _twice(_twice(change))
        return painted[:, :, : pixels.shape[2], : pixels.shape[3]], map_, logits

    def encode(self, pixels: Tensor, code: Tensor) -> list[Tensor]:
        """What is known of pictures before anything is painted.

        Args:
            pixels: (B, 3, H, W), sRGB 0..1; 16 pixels or more.
            code: (B, S).

        Returns:
            Maps (B, C, h, w) of the picture padded to multiples of 8: one at 1/2 and one at 1/4 scale, then at 1/8 one
            before the residual blocks and one after each of them.

        Raises:
            ShapeError: Another shape came.
        """
        return self._encoded(_padded(pixels), code, SharedStatistics())

    def _encoded(self, padded: Tensor, code: Tensor, statistics: SharedStatistics) -> list[Tensor]:
        half = F.relu(self.stem(F.pixel_unshuffle(padded - 0.5, 2)))
        quarter = self.fine(self.down[0](_halved(half)), code, statistics)
        found = [half, quarter, self.down[1](_halved(F.relu(quarter)))]
        for block in self.blocks:
            found.append(block(found[-1], code, statistics))
        return found

    def _fused(self, coarse: Tensor, fine: Tensor) -> Tensor:
        coarse = _twice(coarse)
        return torch.cat([coarse, fine], 1) if self.settings["fusion"] else coarse


class AdaptiveConv(nn.Module):
    """Convolution, adaptive normalization, ReLU."""

    def __init__(self, before: int, after: int, code: int, mix: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.norm = AdaptiveNorm(after, code, mix)

    def forward(self, x: Tensor, code: Tensor, statistics: SharedStatistics) -> Tensor:
        return F.relu(self.norm(self.conv(x), code, statistics))


class AdaptiveBlock(nn.Module):
    """Two convolutions with adaptive normalization, added to what came."""

    def __init__(self, channels: int, code: int, mix: float) -> None:
        super().__init__()
        self.first = AdaptiveConv(channels, channels, code, mix)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = AdaptiveNorm(channels, code, mix)

    def forward(self, x: Tensor, code: Tensor, statistics: SharedStatistics) -> Tensor:
        return x + self.norm(self.second(self.first(x, code, statistics)), code, statistics)


class ClassAttention(nn.Module):
    """Which channels speak for the style: weights read from the code; their sum over channels is the map."""

    def __init__(self, channels: int, code: int) -> None:
        super().__init__()
        self.weights = nn.Linear(code, channels)
        self.mixed = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, x: Tensor, code: Tensor, statistics: SharedStatistics) -> tuple[Tensor, Tensor, Tensor]:
        """Features to features, the map (B, 1, H, W) and the logits (B,) "these features are of this style"."""
        weights = self.weights(code)[..., None, None].to(x.dtype)
        weighed = x * weights
        logits = (statistics.of(x)[0] * self.weights(code).float()).mean(1)
        return F.relu(self.mixed(torch.cat([x, weighed], 1))), weighed.sum(1, keepdim=True), logits


def _padded(pixels: Tensor) -> Tensor:
    """Mirrored below and to the right, to multiples of the stride."""
    if pixels.ndim != 4 or pixels.shape[1] != 3 or min(pixels.shape[2:]) < 2 * STRIDE:
        raise ShapeError(f"pictures (B, 3, H, W) of {2 * STRIDE} pixels or more are wanted, not {tuple(pixels.shape)}")
    down, right = -pixels.shape[2] % STRIDE, -pixels.shape[3] % STRIDE
    return F.pad(pixels, (0, right, 0, down), mode="reflect") if down or right else pixels


def _halved(x: Tensor) -> Tensor:
    """Means of four: a strided convolution would see another grid in a picture that moved by a pixel (Zhang 2019)."""
    return F.avg_pool2d(x, 2)


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")
