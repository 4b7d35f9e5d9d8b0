"""CropBank: pictures in memory, and random crops of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.errors import LearningError
from pinxit.picture import Picture
from pinxit.picture.writing import to_bits

Pixels = np.ndarray


class CropBank:
    """Pictures as 8-bit arrays in groups, and random crops of them.

    Args:
        pictures: Arrays (H, W, 3) uint8.
        groups: Group of each picture (an artist, a domain), 0 upward.

    Raises:
        LearningError: There is no picture.
    """

    def __init__(self, pictures: Sequence[Pixels], groups: Sequence[int] | None = None) -> None:
        if not pictures:
            raise LearningError("there is no picture to train on; check the folder and what is left out")
        self.pictures = list(pictures)
        self.groups = np.array(groups if groups is not None else [0] * len(pictures))
        counts = np.bincount(self.groups)
        # Between works and groups: the square root keeps small groups alive without letting them rule.
        share = np.sqrt(counts[self.groups]) / counts[self.groups]
        self.shares = share / share.sum()

    @classmethod
    def read(cls, paths: Sequence[Path], groups: Sequence[int] | None = None) -> CropBank:
        """Read picture files."""
        return cls([to_bits(Picture.open(path).array, np.uint8) for path in paths], groups)

    def draw(
        self, count: int, side: int, rng: np.random.Generator, *, scales: tuple[float, float] = (0.6, 1.0)
    ) -> tuple[Tensor, np.ndarray]:
        """Random crops (count, 3, side, side), sRGB 0..1, and the numbers of their pictures."""
        numbers = rng.choice(len(self.pictures), count, p=self.shares)
        return torch.cat([crop(self.pictures[i], side, rng, scales) for i in numbers]), numbers


def crop(picture: Pixels, side: int, rng: np.random.Generator, scales: tuple[float, float] = (0.6, 1.0)) -> Tensor:
    """A random square of a picture, brought to ``side`` pixels; half of them mirrored; (1, 3, side, side).

    Args:
        picture: (H, W, 3) uint8.
        side: Side of the result.
        rng: Of place, size and mirroring.
        scales: Least and most pixels of the result for one of the picture.
    """
    height, width = picture.shape[:2]
    from_side = max(min(int(side / rng.uniform(*scales)), height, width), 1)
    top, left = rng.integers(height - from_side + 1), rng.integers(width - from_side + 1)
    part = picture[top : top + from_side, left : left + from_side]
    part = part[:, ::-1] if rng.random() < 0.5 else part
    x = torch.from_numpy(part.copy()).permute(2, 0, 1)[None].float() / 255
    return x if from_side == side else F.interpolate(x, (side, side), mode="bilinear", antialias=True)
