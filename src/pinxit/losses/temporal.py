"""Temporal loss: what moves in a clip keeps its strokes, learned from still pictures under synthetic motion."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.errors import ShapeError

SHIFT, ZOOM, TURN = 3.0, 0.03, 0.035
"""Furthest motion between two frames: pixels, change of scale, radians."""
NOISE = 2 / 255
"""Standard deviation of a camera's noise, in sRGB."""
BORDER = 16
"""Pixels at each edge that are not judged: motion brings something new there."""


def synthetic_motion(count: int, side: tuple[int, int], rng: np.random.Generator) -> Tensor:
    """Affine maps from places of a frame to those of the one before, (count, 2, 3), in ``grid_sample``'s units.

    Shifts by up to ``SHIFT`` pixels, zooms by up to ``ZOOM`` and turns by up to ``TURN``, drawn evenly.

    Args:
        count: Maps.
        side: Height and width of the frames, in pixels.
        rng: Draws them.
    """
    zoom = 1 + rng.uniform(-ZOOM, ZOOM, count)
    turn = rng.uniform(-TURN, TURN, count)
    height, width = side
    shift = rng.uniform(-SHIFT, SHIFT, (count, 2)) * 2 / np.array([width, height])
    cos, sin = zoom * np.cos(turn), zoom * np.sin(turn)
    rows = [[cos, -sin * height / width, shift[:, 0]], [sin * width / height, cos, shift[:, 1]]]
    return torch.from_numpy(np.moveaxis(np.array(rows), 2, 0)).float()


def moved(pixels: Tensor, motion: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) after a motion (B, 2, 3), bicubic; what comes in from outside is mirrored."""
    grid = F.affine_grid(motion, list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, mode="bicubic", padding_mode="reflection", align_corners=False)


def temporal_loss(first: Tensor, second: Tensor, motion: Tensor) -> Tensor:
    """Mean squared difference between the moved result of a frame and the result of the moved frame.

    Args:
        first: Result of a frame, (B, 3, H, W).
        second: Result of the frame after the motion, the same shape.
        motion: (B, 2, 3), see :func:`synthetic_motion`.

    Raises:
        ShapeError: The results differ in shape, or are too small for their borders.

    Source:
        Ruder, Dosovitskiy and Brox 2016, arXiv:1604.08610, equation 7. Departure: still pictures under known motion
        stand for clips, so nothing is occluded.
    """
    if first.shape != second.shape or min(first.shape[2:]) <= 2 * BORDER:
        raise ShapeError(
            f"results {tuple(first.shape)} and {tuple(second.shape)} came; the same (B, 3, H, W), "
            f"larger than {2 * BORDER} pixels, is wanted"
        )
    away = moved(first, motion) - second
    return away[:, :, BORDER:-BORDER, BORDER:-BORDER].square().mean()
