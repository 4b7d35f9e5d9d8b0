"""LookPredictor: look at a set of finished photos, write their look down as a 3D lookup table.

Four steps. One small convolutional eye and counted colour statistics turn each photo into a token; a transformer
without positions reads the set. From each photo's token the network guesses how its colours were spread before the look
("ungrading"). The closed-form colour transport from these guessed clouds to the photos as they are is the first answer,
right even for looks far from any seen in training. A gate on it and coefficients of learned shapes finish the table.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.errors import ShapeError
from pinxit.networks.statistics import ColourStatistics
from pinxit.networks.transport import Transport, curves, matrix_power, moments, monge_kantorovich, quantiles

LEVELS = 9  # quantiles of each channel that are guessed of a photo before the look
UNGRADED = 3 + 6 + 3 * LEVELS
PROBES = 4  # the first answer is shown to the last layers at PROBES**3 colours


def spread(cloud: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean (B, 3), root of the covariance (B, 3, 3) and quantiles (B, LEVELS, 3) of a cloud (B, N, 3)."""
    mean, cov = moments(cloud)
    return mean, matrix_power(cov, 0.5), quantiles(cloud, LEVELS)


class Residual(nn.Module):
    """Two 3x3 convolutions beside a skip; the second starts at zero. (B, C, H, W) to the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(F.relu(x))))


class PhotoEye(nn.Module):
    """One photo to one token: pooled means and spreads of features from small details up to the whole scene.

    Args:
        channels: Channels in; raw and neutralised colours.
        widths: Channels at 1/2, 1/4 and 1/8 scale.
        width: Length of the token.
    """

    def __init__(self, channels: int = 6, widths: tuple[int, ...] = (48, 96, 160), width: int = 192) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * channels, widths[0], 3, padding=1))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairwise(widths))
        self.blocks = nn.ModuleList(Residual(c) for c in widths[1:])
        self.pooled = nn.Linear(2 * sum(widths), width)

    def forward(self, photos: Tensor) -> Tensor:
        """Photos (B, C, H, W), about -1..1, H and W even, to tokens (B, width)."""
        x = self.stem(photos.contiguous(memory_format=torch.channels_last))
        parts = self._pool(x)
        for down, block in zip(self.down, self.blocks, strict=True):
            x = block(down(F.relu(x)))
            parts += self._pool(x)
        return self.pooled(torch.cat(parts, 1))

    def _pool(self, x: Tensor) -> list[Tensor]:
        active = F.relu(x)
        mean = active.mean((2, 3))
        return [mean, (F.relu((active * active).mean((2, 3)) - mean * mean) + 1e-3).sqrt()]


class LookPredictor(nn.Module):
    """References to a look; permutation-invariant, any number of them.

    Args:
        width: Length of tokens; the look code is twice as long.
        layers: Transformer layers over the set.
        heads: Attention heads.
        shapes: How many learned look shapes (basis tables) there are.
        grid: Nodes an axis of a shape.
        side: Height and width of the thumbnails it was trained on.

    The buffer ``basis`` is (shapes, grid**3 * 3); ``neutral_mean`` and ``neutral_cov`` describe ordinary photos.

    Source:
        Set encoding after Lee et al. 2019 (Set Transformer, arXiv:1810.00825). Departure: one global token that carries
        the set's pooled statistics reads the set, in place of inducing points. Basis tables after Zeng et al. 2020
        (image-adaptive 3D LUTs, arXiv:2009.14468). Departure: added to a closed-form colour transport.
    """

    def __init__(
        self, *, width: int = 192, layers: int = 3, heads: int = 4, shapes: int = 96, grid: int = 17, side: int = 48
    ) -> None:
        super().__init__()
        self.settings = {"width": width, "layers": layers, "heads": heads, "shapes": shapes, "grid": grid, "side": side}
        self.eye = PhotoEye(width=width)
        self.statistics = ColourStatistics()
        counted = 2 * self.statistics.length
        self.each = nn.Sequential(nn.Linear(counted, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.known = nn.Sequential(nn.Linear(counted + 13, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        layer = nn.TransformerEncoderLayer(
            width, heads, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.reader = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.ungrade = nn.Sequential(
            nn.LayerNorm(2 * width), nn.Linear(2 * width, 2 * width), nn.GELU(), nn.Linear(2 * width, UNGRADED)
        )
        self.norm = nn.LayerNorm(2 * width)
        self.code = nn.Sequential(
            nn.Linear(2 * width + 3 * PROBES**3, 3 * width), nn.GELU(), nn.Linear(3 * width, 2 * width), nn.GELU()
        )
        self.answer = nn.Linear(2 * width, shapes + 2)
        for layer in (self.answer, self.ungrade[-1]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        self.register_buffer("basis", torch.zeros(shapes, grid**3 * 3))
        self.register_buffer("neutral_mean", torch.full((3,), 0.5))
        self.register_buffer("neutral_cov", torch.eye(3) * 0.06)
        axis = torch.linspace(0.05, 0.95, PROBES)
        self.register_buffer("probes", torch.cartesian_prod(axis, axis, axis), persistent=False)

    def forward(self, references: Tensor, neutral: tuple[Tensor, Tensor] | None = None) -> dict[str, Any]:
        """Read the look of a set.

        Args:
            references: Thumbnails, (B, K, 3, H, W), sRGB, 0..1; H and W best near ``side``, even.
            neutral: Mean (B, 3) and covariance (B, 3, 3) of ordinary photos; None: those of the training photos.

        Returns:
            ``first``: the closed-form Transport; ``gate`` (B, 1, 1): how much of its move to make; ``shapes``
            (B, shapes): coefficients; ``error`` (B,): log of the expected mean CIEDE2000; ``code`` (B, 2 * width);
            ``ungraded``: guessed mean, root of covariance and quantiles of each photo before the look (see ``spread``).

        Raises:
            ShapeError: ``references`` is not (B, K >= 1, 3, H, W).
        """
        if references.ndim != 5 or references.shape[1] < 1 or references.shape[2] != 3:
            raise ShapeError(f"references have shape {tuple(references.shape)}; wanted (B, K >= 1, 3, H, W)")
        b, k = references.shape[:2]
        if neutral is None:
            neutral = (self.neutral_mean.expand(b, 3), self.neutral_cov.expand(b, 3, 3))
        exact = torch.autocast(references.device.type, enabled=False)  # closed forms and heads need full precision
        with exact:
            photos = self._neutralised(references.float(), neutral)
            points = photos[:, :, 1::2, 1::2].flatten(2).transpose(1, 2)  # (B * K, N, 6)
            each, known = self._counted(points, neutral, k)
        seen = self.eye(photos * 2 - 1)
        with exact:
            tokens = (seen.float() + self.each(each)).view(b, k, -1)
            read = self.reader(torch.cat([self.known(known).unsqueeze(1), tokens], 1))
            guess = self.ungrade(torch.cat([read[:, 1:], tokens], 2)).flatten(0, 1)
            ungraded = self._ungraded(points[..., :3], guess)
            with torch.no_grad():
                first = self._first_answer(points[..., :3], ungraded, b)
                moved = first(self.probes.expand(b, -1, -1)) - self.probes
            summary = self.norm(torch.cat([read[:, 0], read[:, 1:].mean(1)], 1))
            code = self.code(torch.cat([summary, 4 * moved.flatten(1)], 1))
            answer = self.answer(code)
        return {
            "first": first,
            "gate": torch.sigmoid(answer[:, -2] + 1.0)[:, None, None],
            "shapes": answer[:, :-2],
            "error": answer[:, -1] + 1.5,
            "code": code,
            "ungraded": ungraded,
        }

    def colours(self, answer: dict[str, Any], at: Tensor, basis_at: Tensor) -> Tensor:
        """Colours after the look: at (M, 3), basis_at (shapes, M, 3) to (B, M, 3), not clipped."""
        x = at.expand(len(answer["shapes"]), -1, -1)
        move = answer["gate"] * (answer["first"](x) - x)
        return x + move + torch.einsum("bs,smc->bmc", answer["shapes"], basis_at)

    def _neutralised(self, references: Tensor, neutral: tuple[Tensor, Tensor]) -> Tensor:
        """Raw colours beside colours moved linearly to what ordinary photos have, (B * K, 6, H, W)."""
        b, k = references.shape[:2]
        cloud = references.permute(0, 1, 3, 4, 2).reshape(b, -1, 3)
        mean, cov = moments(cloud)
        share = k / (k + 4)  # few references say little about what is ordinary in them
        seen = (torch.lerp(neutral[0], mean, share), torch.lerp(neutral[1], cov, share))
        back, offset = monge_kantorovich(seen, neutral)
        plain = (cloud @ back + offset).view(b, k, *references.shape[3:], 3).permute(0, 1, 4, 2, 3)
        return torch.cat([references, plain.clamp(-0.5, 1.5)], 2).flatten(0, 1)

    def _counted(self, points: Tensor, neutral: tuple[Tensor, Tensor], k: int) -> tuple[Tensor, Tensor]:
        """Statistics of each photo (B * K, .) and of the set (B, .), the latter with those of ordinary photos and K."""
        b = len(neutral[0])
        both = torch.cat([points[..., :3], points[..., 3:]])
        each = torch.cat(self.statistics(both).chunk(2), 1)
        pooled = points[:, :: max(1, min(8, k))].reshape(b, -1, 6)
        overall = [self.statistics(pooled[..., :3]), self.statistics(pooled[..., 3:])]
        rows, columns = torch.triu_indices(3, 3)
        plain = [4 * (neutral[0] - self.neutral_mean), 20 * (neutral[1] - self.neutral_cov)[:, rows, columns]]
        number = points.new_tensor([[math.log(k), k / (k + 4), 1 / k, 1.0]]).expand(b, 4)
        return each, torch.cat([*overall, *plain, number], 1)

    def _ungraded(self, points: Tensor, guess: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The guess, a change of what the photos are now: (B * K, UNGRADED) to mean, root of covariance, quantiles."""
        mean, root, levels = spread(points)
        guess = 0.2 * guess
        upper = torch.zeros_like(root)
        rows, columns = torch.triu_indices(3, 3)
        upper[:, rows, columns] = guess[:, 3:9]
        return mean + guess[:, :3], root + upper + upper.transpose(1, 2), levels + guess[:, 9:].view(-1, LEVELS, 3)

    def _first_answer(self, points: Tensor, ungraded: tuple[Tensor, Tensor, Tensor], b: int) -> Transport:
        """Transport of all guessed clouds of a set, pooled, onto its photos (B * K, N, 3)."""
        mean, root, levels = ungraded
        noise = torch.Generator().manual_seed(0)  # gives grey photos a hidden colour, so that colour can be lost
        jitter = torch.randn(points.shape[1:], generator=noise).to(points) * 0.004
        matrix, offset = monge_kantorovich(moments(points + jitter), (mean, root @ root))
        cloud = (points + jitter) @ matrix + offset
        cloud = curves(cloud, quantiles(cloud, LEVELS), levels.sort(1).values)
        return Transport.between(cloud.reshape(b, -1, 3), points.reshape(b, -1, 3))
