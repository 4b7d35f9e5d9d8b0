"""Feature networks: what pictures are compared by where pixels say too little."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from pinxit.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor, nn

GRID = 3
"""Crops along each side of a picture."""
CROP = 128
"""Pixels a side of the crops that sets are compared by."""
SCALE = 3
"""Whose map gives the vectors of crops: brush and line; of the eye's, the fourth knows things rather than hands."""
_SMALL = 64
"""Pixels a side at which the layout of a whole picture is seen."""


@dataclass(frozen=True, eq=False)
class FeatureNetwork:
    """A network with maps at four scales, and a name that tells its weights.

    The eye is the default. The painter learned with it as its judge, so figures by it flatter the painter; VGG-19 is
    the judge that papers use and that the painter never met. Inception, which Frechet distances are usually taken
    with, is left out: its weights come as code or need torchvision. No figure here compares with a published one.

    Args:
        name: For protocols.
        network: Takes pictures (B, 3, H, W) and a depth, gives maps (B, C, h, w).
    """

    name: str
    network: nn.Module

    def maps(self, pixels: np.ndarray) -> list[Tensor]:
        """The four maps of a picture (H, W, 3) float32 0..1, (1, C, h, w) each.

        Raises:
            ShapeError: It is smaller than 8 pixels.
        """
        with torch.no_grad():
            return self.network(tensor(pixels))

    def samples(self, pixels: np.ndarray) -> np.ndarray:
        """Channel means of the third map of nine crops of 128 x 128, evenly spread over a picture.

        Args:
            pixels: (H, W, 3) float32 0..1; 128 pixels or more a side.

        Returns:
            (9, C) float64.

        Raises:
            ShapeError: The picture is smaller.
        """
        with torch.no_grad():
            found = self.network(crops(tensor(pixels), CROP), SCALE)[-1].mean((2, 3))
        return found.double().numpy()

    def layout(self, pixels: np.ndarray) -> np.ndarray:
        """The third map of the whole picture at 64 x 64, every channel with mean 0 and spread 1, of length 1 in all.

        The product of two of these is 1 for a copy, whatever its contrast, and about 0 for pictures with nothing in
        common.

        Args:
            pixels: (H, W, 3) float32 0..1.

        Returns:
            (D,) float32.
        """
        with torch.no_grad():
            small = _resized(tensor(pixels), _SMALL)
            found = F.instance_norm(self.network(small, SCALE)[-1]).flatten()
        return (found / found.norm().clamp_min(1e-9)).numpy()


def feature_network(encoder: str = "eye") -> FeatureNetwork:
    """The eye, or VGG-19.

    Args:
        encoder: "eye" comes with the package; "vgg19" is VGG-19, whose weights torch's cache holds or the network gives
            (548 MB); or a .safetensors or .pth file with those.

    Raises:
        InputError: Another name, or a file that holds no VGG-19.
        NotFoundError: The weights are neither here nor to be had.
    """
    from pinxit.networks.vgg import judge_for

    other = judge_for(encoder)
    return eye_network() if other is None else FeatureNetwork("vgg19", other)


def eye_network() -> FeatureNetwork:
    """The eye, with the beginning of its weights' SHA-256 as its name: another eye sees other features."""
    from pinxit.networks import weights

    return FeatureNetwork(f"eye-{_eye_version()}", weights.eye())


@cache
def _eye_version() -> str:
    from pinxit.networks.weights import load_weights

    return load_weights("eye")[0]["sha256"][:8]


def crops(pixels: Tensor, side: int) -> Tensor:
    """Squares of ``side`` pixels on an even grid from border to border, 3 x 3: (1, C, H, W) to (9, C, side, side).

    They overlap where the picture is narrower than three of them.

    Raises:
        ShapeError: The picture is smaller than one.
    """
    height, width = pixels.shape[2:]
    if min(height, width) < side:
        raise ShapeError(f"the picture is {width} x {height} here; crops of {side} x {side} want {side} pixels a side")
    rows, columns = (np.linspace(0, length - side, GRID).round().astype(int) for length in (height, width))
    return torch.cat([pixels[:, :, y : y + side, x : x + side] for y in rows for x in columns])


def small_squares(pixels: np.ndarray, side: int) -> Tensor:
    """Ten views of a picture (H, W, 3) float32, resized to ``side`` pixels: (10, 3, side, side).

    The square in the middle, as large as it goes, and a grid of nine with three quarters of its side.

    Raises:
        ShapeError: The picture is smaller than ``side``.
    """
    whole = tensor(pixels)
    height, width = whole.shape[2:]
    if (short := min(height, width)) < side:
        raise ShapeError(f"the picture is {width} x {height} here; {side} pixels a side are wanted to see things in it")
    top, left = (height - short) // 2, (width - short) // 2
    middle = whole[:, :, top : top + short, left : left + short]
    return torch.cat([_resized(middle, side), _resized(crops(whole, short * 3 // 4), side)])


def tensor(pixels: np.ndarray) -> Tensor:
    """(H, W, 3) to (1, 3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32))[None]


def _resized(pixels: Tensor, side: int) -> Tensor:
    return F.interpolate(pixels, (side, side), mode="bilinear", antialias=True).clamp(0, 1)
