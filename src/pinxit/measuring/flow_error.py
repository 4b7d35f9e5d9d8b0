"""How steady moving pictures are: what changes between frames beside motion, and what steadiness was bought with.

Protocol "warp-bicubic": the flow says where each pixel of a frame was in the frame before. That frame is brought there
by bicubic interpolation (a = -0.75), and the error is the root mean square of the difference, sRGB 0..1, over all
pixels of all pairs that were visible in both. It is never 0: noise and interpolation leave something of the clip
itself, so errors are told as multiples of that clip's own, measured by the same flow. A frozen picture and a blurred
one have small errors too; ``detail`` and ``strayed`` stand beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import unit_float
from pinxit.errors import ShapeError

if TYPE_CHECKING:
    from torch import Tensor

    from pinxit.measuring.features import FeatureNetwork

PROTOCOL = "warp-bicubic"
BLOCK = 8
"""Pixels a side of the blocks whose means :func:`strayed` compares."""


def moved_back(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Read a picture where a flow points.

    Args:
        picture: (H, W, C) uint8, uint16 or float 0..1.
        flow: (H, W, 2): pixel p of the result is the picture at p + flow, x then y; beyond the border its last pixel.

    Returns:
        (H, W, C) float32; bicubic, so not quite within 0..1.
    """
    import torch
    import torch.nn.functional as F

    height, width = flow.shape[:2]
    x = (np.arange(width, dtype=np.float32) + flow[..., 0] + 0.5) * (2 / width) - 1
    y = (np.arange(height, dtype=np.float32)[:, None] + flow[..., 1] + 0.5) * (2 / height) - 1
    grid = torch.from_numpy(np.stack([x, y], -1).astype(np.float32))[None]
    read = F.grid_sample(_tensor(picture), grid, mode="bicubic", padding_mode="border", align_corners=False)
    return read[0].permute(1, 2, 0).numpy()


def warping_error(frames: Sequence[np.ndarray], flows: Sequence[np.ndarray], visible: Sequence[np.ndarray]) -> float:
    """Root mean square of what changes between neighbouring frames beside motion, sRGB 0..1.

    Args:
        frames: T pictures (H, W, 3).
        flows: T - 1 of (H, W, 2), from each later frame to the one before, see :func:`moved_back`.
        visible: T - 1 of (H, W) bool: which pixels count.

    Raises:
        ShapeError: The numbers or sizes do not fit, or no pixel is visible.
    """
    if not len(frames) - 1 == len(flows) == len(visible) or len(flows) == 0:
        raise ShapeError(
            f"{len(frames)} frames came with {len(flows)} flows and {len(visible)} masks; one fewer is wanted"
        )
    total, count = 0.0, 0
    for number, (flow, mask) in enumerate(zip(flows, visible, strict=True)):
        if frames[number].shape[:2] != flow.shape[:2] or mask.shape != flow.shape[:2]:
            raise ShapeError(f"a frame of {frames[number].shape} came with a flow of {flow.shape} and {mask.shape}")
        change = unit_float(frames[number + 1])[mask] - moved_back(frames[number], flow)[mask]
        total += float(np.square(change, dtype=np.float64).sum())
        count += change.size
    if not count:
        raise ShapeError("no pixel is visible in two frames; a clip with less motion is wanted")
    return (total / count) ** 0.5


def feature_distance(frames: Sequence[np.ndarray], network: FeatureNetwork, every: int = 1) -> float:
    """How far apart neighbouring frames are to a network, motion included; mean over pairs and the four maps.

    Of each map: root mean square of the difference over the root mean square of both.

    Args:
        frames: Two or more pictures (H, W, 3), 8 pixels or more a side.
        network: The eye, or another.
        every: Take every so many pairs.
    """
    found = []
    for number in range(0, len(frames) - 1, every):
        maps = [network.maps(unit_float(frame)) for frame in frames[number : number + 2]]
        found.append([_relative(a, b) for a, b in zip(*maps, strict=True)])
    return float(np.mean(found))


def detail(frame: np.ndarray) -> tuple[float, float]:
    """Root mean square of a picture's two finest bands, sRGB: single pixels, and pairs of them. Blur lowers both."""
    from pinxit.networks.bands import split_bands

    return tuple(float(band.square().mean().sqrt()) for band in split_bands(_tensor(frame), 2)[:2])


def strayed(frame: np.ndarray, painted: np.ndarray) -> float:
    """How far a steadied frame is from its own painting beside strokes: ghosts, lag and freezing show here.

    Root mean square of the difference between means of blocks of 8 x 8 pixels, sRGB 0..1.
    """
    import torch.nn.functional as F

    a, b = (F.avg_pool2d(_tensor(one), BLOCK, ceil_mode=True, count_include_pad=False) for one in (frame, painted))
    return float((a - b).square().mean().sqrt())


def _relative(a: Tensor, b: Tensor) -> float:
    size = ((a.square().mean() + b.square().mean()) / 2).sqrt().clamp_min(1e-9)
    return float((a - b).square().mean().sqrt() / size)


def _tensor(picture: np.ndarray) -> Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(unit_float(picture).transpose(2, 0, 1)))[None]
