"""Banks to train LookPredictor on: crops of photos by domain, looks by the thousand; drawn once, then picked from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from pinxit.color import LUMA
from pinxit.errors import InputError, LearningError
from pinxit.learning.looks import grid_nodes, mixed_looks, synthetic_looks
from pinxit.tone.lut import Lut


def random_crop(array: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """A crop of 55 to 100 % a side, perhaps mirrored, its pixels picked at a jittered grid; (side, side, 3) uint8."""
    height, width = array.shape[:2]
    share, shape = rng.uniform(0.55, 1), np.exp(rng.normal(0, 0.12))
    tall, wide = min(1, share * shape), min(1, share / shape)
    rows = rng.uniform(0, 1 - tall) * height + (np.arange(side) + rng.random()) * tall * height / side
    columns = rng.uniform(0, 1 - wide) * width + (np.arange(side) + rng.random()) * wide * width / side
    rows, columns = rows.astype(int).clip(0, height - 1), columns.astype(int).clip(0, width - 1)
    return array[rows[:, None], columns[::-1] if rng.random() < 0.5 else columns]


@dataclass
class PhotoBank:
    """Crops of ordinary photos, grouped by domain.

    Args:
        crops: (N * each, side, side, 3) uint8, those of one photo together.
        each: Crops a photo.
        groups: Numbers of the photos of each domain.
        shares: How often each domain is drawn, sums to 1; empty: by the square root of its photos.
    """

    crops: np.ndarray
    each: int
    groups: list[np.ndarray]
    shares: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        few = torch.from_numpy(self.crops[:, ::3, ::3].reshape(len(self.crops), -1, 3)).float() / 255
        self.means, self.squares = few.mean(1), few.transpose(1, 2) @ few / few.shape[1]
        self.sizes = np.array([len(g) for g in self.groups])
        if not len(self.shares):
            self.shares = np.sqrt(self.sizes) / np.sqrt(self.sizes).sum()
        self._padded = np.zeros((len(self.groups), self.sizes.max()), int)
        for row, group in zip(self._padded, self.groups, strict=True):
            row[: len(group)] = group

    @classmethod
    def read(
        cls,
        paths: Sequence[Path],
        domains: Sequence[str],
        side: int,
        each: int,
        seed: int,
        shares: Mapping[str, float] | None = None,
    ) -> PhotoBank:
        """Read photos and cut ``each`` crops from every one.

        Raises:
            InputError: ``shares`` names other domains than there are.
            LearningError: No photos.
        """
        if not paths:
            raise LearningError("no photos to train on were found; give a folder with .jpg or .png files")
        names = sorted(set(domains))
        if shares and set(shares) != set(names):
            raise InputError(f"the recipe has shares of {sorted(shares)}, and the photos are of {names}")
        drawn = np.array([shares[name] for name in names]) / sum(shares.values()) if shares else np.zeros(0)
        rng = np.random.default_rng(seed)
        crops = []
        for path in paths:
            with Image.open(path) as image:
                array = np.asarray(image.convert("RGB"))
            crops += [random_crop(array, side, rng) for _ in range(each)]
        return cls(np.stack(crops), each, [np.flatnonzero([d == name for d in domains]) for name in names], drawn)

    def pick(self, count: int, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Numbers of crops, (count,), their domains drawn by shares (G,) or (count, G)."""
        shares = np.broadcast_to(shares, (count, len(self.groups)))
        group = (shares.cumsum(1) > rng.random((count, 1)) * shares.sum(1, keepdims=True)).argmax(1)
        photo = self._padded[group, (rng.random(count) * self.sizes[group]).astype(int)]
        return photo * self.each + rng.integers(0, self.each, count)

    def pixels(self, numbers: np.ndarray) -> Tensor:
        """Crops as (n, side, side, 3) float 0..1."""
        return torch.from_numpy(self.crops[numbers]).float().div_(255)

    def moments(self, numbers: np.ndarray) -> tuple[Tensor, Tensor]:
        """Mean (3,) and covariance (3, 3) of all pixels of these crops."""
        mean, square = self.means[numbers].mean(0), self.squares[numbers].mean(0)
        return mean, square - mean[:, None] * mean[None]

    def mixture(self, rng: np.random.Generator) -> np.ndarray:
        """Shares of the domains: the usual ones, or now and then a photographer who does a few things only."""
        if rng.random() < 0.6:
            return self.shares
        shares = rng.random(len(self.groups)) ** 3
        return shares / shares.sum()


def natural_variation(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Small differences of exposure, white balance and colour between photos, for half of (n, H, W, 3)."""
    n = len(pixels)
    use = (torch.rand(n, 1, 1, 1, generator=generator) < 0.5).float()

    def about_one(scale: float, channels: int) -> Tensor:
        return torch.exp(torch.randn(n, 1, 1, channels, generator=generator) * scale * use)

    moved = pixels ** about_one(0.13, 1) * about_one(0.05, 3)
    luma = (moved * moved.new_tensor(LUMA)).sum(-1, keepdim=True)
    return (luma + about_one(0.15, 1) * (moved - luma)).clamp(0, 1)


def table_from_lut(lut: Lut, grid: int) -> Tensor:
    """A lookup table at the nodes of a grid, (grid**3, 3)."""
    return torch.from_numpy(lut.apply(grid_nodes(grid).numpy()))


def draw_looks(
    count: int, known: Tensor | None, grid: int, synthetic: float, generator: torch.Generator, turned: float = 0.0
) -> Tensor:
    """Looks for training, (count, grid**3, 3) float16: a share of synthetic ones, the rest near known ones."""
    made = []
    while sum(len(m) for m in made) < count:
        few = 256 if known is None else int(256 * synthetic)
        part = [synthetic_looks(few, grid, generator)]
        if known is not None:
            part.append(mixed_looks(256 - few, known, generator, turned))
        made.append(torch.cat(part).half())
    looks = torch.cat(made)[:count]
    return looks[torch.randperm(len(looks), generator=generator)]


def shape_basis(looks: Tensor, density: Tensor, shapes: int) -> Tensor:
    """Principal shapes of looks, scaled so that unit coefficients are ordinary.

    Args:
        looks: (n, nodes, 3).
        density: How often ordinary photos come near each node, (nodes,), sums to 1.
        shapes: How many.

    Returns:
        (shapes, nodes * 3).
    """
    nodes = grid_nodes(round(looks.shape[1] ** (1 / 3)))
    weight = (density + 0.15 / len(density)).sqrt()[:, None]
    moves = ((looks.float() - nodes) * weight).reshape(len(looks), -1)
    _, scale, axes = torch.svd_lowrank(moves, q=shapes + 8, niter=3)
    basis = axes.T[:shapes].reshape(shapes, -1, 3) / weight
    return (basis * (scale[:shapes] / len(looks) ** 0.5)[:, None, None]).reshape(shapes, -1)


def node_density(pixels: Tensor, grid: int) -> Tensor:
    """Share of pixels (n, 3) nearest to each node, (grid**3,)."""
    at = (pixels * (grid - 1)).round().long()
    count = torch.bincount(at[:, 0] + grid * at[:, 1] + grid**2 * at[:, 2], minlength=grid**3).float()
    return count / count.sum()
