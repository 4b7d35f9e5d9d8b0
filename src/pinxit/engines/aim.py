"""Aim: what a picture is brought to; Held: the maps there, fixed for pictures that belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from pinxit.networks.adaptive import SharedStatistics
from pinxit.networks.bands import band_changes, band_quantiles, changed_bands, match_bands
from pinxit.networks.palette import PaletteTransport, linear_match
from pinxit.networks.settling import NODES
from pinxit.picture.sampling import thumbnail
from pinxit.tone.lut import Lut

ROUNDS = 2
"""How often colours and bands are matched in turn after painting."""
_CLOUD = 64  # colours of a picture are read at a grid of so many pixels a side


@dataclass(frozen=True)
class Aim:
    """What one picture is brought to.

    Args:
        palette: Colours, (P, 3).
        bands: Quantiles of frequency bands, (bands, 3, L).
    """

    palette: Tensor
    bands: Tensor

    def lut(self, pixels: np.ndarray) -> Lut:
        """The table that brings this picture's colours, (H, W, 3) float32, to the palette."""
        return self.table(cloud_of(pixels))

    def table(self, colours: Tensor) -> Lut:
        """The same of colours (N, 3)."""
        nodes = torch.from_numpy(Lut.identity(NODES).table.copy()).view(1, -1, 3)
        transport = PaletteTransport(colours[None], self.palette[None])
        return Lut(transport(nodes).view(NODES, NODES, NODES, 3).numpy())

    def linear(self, colours: Tensor) -> Linear:
        """The map that gives colours (N, 3) mean and covariance of the palette."""
        matrix, offset = linear_match(colours[None], self.palette[None])
        return Linear(matrix[0], offset[0])

    def matched(self, pixels: Tensor) -> Tensor:
        """What the generator reads: the picture (1, 3, H, W) with the palette's mean and covariance, not clipped."""
        return self.linear(cloud_of(array_of(pixels)))(pixels)

    def settled(self, painted: Tensor) -> Tensor:
        """Colours and bands brought to the aim exactly, in turn, where painting left them a little off."""
        for _ in range(ROUNDS):
            painted = coloured(painted, self.lut)
            own = band_quantiles(painted, *self.bands.shape[::2])
            painted = match_bands(painted, own, self.bands).clamp_(0, 1)
        return painted


@dataclass(frozen=True)
class Linear:
    """A linear map of colours.

    Args:
        matrix: (3, 3).
        offset: (1, 3): ``y = x @ matrix + offset``.
    """

    matrix: Tensor
    offset: Tensor

    def __call__(self, pixels: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) to the same, not clipped."""
        return (self.matrix.T @ pixels.flatten(2) + self.offset.T).view_as(pixels)


@dataclass(frozen=True)
class Held:
    """All that an :class:`Aim` measures on a picture, measured once; with it equal pixels give equal results.

    Args:
        graded: The table of the photo's colours.
        linear: The map before the generator.
        statistics: Of its normalization layers.
        rounds: Of settling: a table, and the bands' own quantiles after it, (bands, 3, L).
        bands: Quantiles that the bands are brought to, (bands, 3, L).
    """

    graded: Lut
    linear: Linear
    statistics: SharedStatistics
    rounds: tuple[tuple[Lut, Tensor], ...]
    bands: Tensor

    @classmethod
    def measured(
        cls, aim: Aim, colours: Tensor, linear: Linear, statistics: SharedStatistics, painted: Sequence[Tensor]
    ) -> Held:
        """From the colours (N, 3) of pictures and from what was painted of them, each (1, 3, h, w) 0..1."""
        rounds = []
        for _ in range(ROUNDS):
            table = aim.table(torch.cat([cloud_of(array_of(one)) for one in painted]))
            painted = [coloured(one, lambda _, table=table: table) for one in painted]
            own = band_quantiles(painted, *aim.bands.shape[::2])
            painted = [match_bands(one, own, aim.bands).clamp_(0, 1) for one in painted]
            rounds.append((table, own))
        return cls(aim.table(colours), linear, statistics, tuple(rounds), aim.bands)

    def lut(self, pixels: np.ndarray) -> Lut:
        """The table of colours, the same for every picture."""
        return self.graded

    def matched(self, pixels: Tensor) -> Tensor:
        """As :meth:`Aim.matched`."""
        return self.linear(pixels)

    def settled(self, painted: Tensor) -> Tensor:
        """As :meth:`Aim.settled`."""
        for (table, _), changes in zip(self.rounds, self._changes, strict=True):
            painted = changed_bands(coloured(painted, lambda _, table=table: table), changes).clamp_(0, 1)
        return painted

    @cached_property
    def _changes(self) -> list[Tensor]:
        return [band_changes(own, self.bands) for _, own in self.rounds]

    def toward(self, other: Held, share: float) -> Held:
        """The maps some way between these and others of the same style; all of them mix linearly."""

        def mixed(a: Tensor, b: Tensor) -> Tensor:
            return torch.lerp(a, b, share)

        def mixed_table(a: Lut, b: Lut) -> Lut:
            return Lut(a.table + np.float32(share) * (b.table - a.table))

        pairs = zip(self.statistics.moments, other.statistics.moments, strict=True)
        moments = [(mixed(a[0], b[0]), mixed(a[1], b[1])) for a, b in pairs]
        return Held(
            mixed_table(self.graded, other.graded),
            Linear(mixed(self.linear.matrix, other.linear.matrix), mixed(self.linear.offset, other.linear.offset)),
            SharedStatistics(moments, given=True),
            tuple((mixed_table(a[0], b[0]), mixed(a[1], b[1])) for a, b in zip(self.rounds, other.rounds, strict=True)),
            mixed(self.bands, other.bands),
        )


def coloured(pixels: Tensor, lut: Callable[[np.ndarray], Lut]) -> Tensor:
    """A picture (1, 3, H, W) through the table that it is given."""
    array = array_of(pixels)
    return tensor_of(lut(array).apply(array, 1.0).clip(0, 1))


def cloud_of(pixels: np.ndarray) -> Tensor:
    """Colours of a picture (H, W, 3) float 0..1 at an even grid, as painting reads them, (N, 3)."""
    return torch.from_numpy(np.ascontiguousarray(thumbnail(pixels, _CLOUD))).view(-1, 3)


def tensor_of(array: np.ndarray) -> Tensor:
    """(H, W, 3) to (1, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None]


def array_of(pixels: Tensor) -> np.ndarray:
    """(1, 3, H, W) to (H, W, 3)."""
    return pixels[0].permute(1, 2, 0).contiguous().numpy()
