"""Temporal loss: synthetic motion, and what moves with it."""

import numpy as np
import pytest
import torch

from pinxit.errors import ShapeError
from pinxit.losses.temporal import BORDER, SHIFT, TURN, ZOOM, moved, synthetic_motion, temporal_loss


def waves(height=64, width=80, dx=0.0, dy=0.0):
    """A smooth picture, moved left by dx and up by dy pixels in closed form, (1, 3, H, W)."""
    y, x = np.mgrid[:height, :width].astype(float)
    planes = [np.sin((x + dx) / a) + np.cos((y + dy) / b) for a, b in ((7, 9), (11, 6), (8, 13))]
    return torch.from_numpy(np.stack(planes)[None] / 4 + 0.5).float()


def shifted(dx, dy, height=64, width=80):
    return torch.tensor([[[1, 0, 2 * dx / width], [0, 1, 2 * dy / height]]]).float()


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (2, -3), (1.5, 0.25)])
def test_a_shift_moves_a_picture_by_its_pixels(dx, dy):
    away = moved(waves(), shifted(dx, dy)) - waves(dx=dx, dy=dy)
    assert away[:, :, 5:-5, 5:-5].abs().max() < 3e-3


def test_what_moves_with_the_picture_costs_nothing():
    assert temporal_loss(waves(), waves(dx=1.5, dy=-2), shifted(1.5, -2)) < 1e-6


def test_what_stays_behind_costs_its_square():
    first, motion = torch.zeros(1, 3, 64, 80), shifted(2, 1)
    assert temporal_loss(first, first + 0.1, motion).item() == pytest.approx(0.01, rel=1e-5)
    assert temporal_loss(waves(), waves(), shifted(3, 0)) > 0.003


def test_edges_are_not_judged():
    first = torch.zeros(1, 3, 64, 80)
    second = first.clone()
    second[:, :, :BORDER] = 1
    assert temporal_loss(first, second, shifted(0, 0)) == 0


def test_motion_keeps_its_bounds_and_turns_pixels_not_the_frame():
    """A turn is one in pixels, whatever the sides of the frame are."""
    maps = synthetic_motion(500, (90, 160), np.random.default_rng(0)).double().numpy()
    to_pixels = np.diag([80.0, 45.0])
    turned = to_pixels @ maps[:, :, :2] @ np.linalg.inv(to_pixels)
    zoom = np.sqrt(np.linalg.det(turned))
    angle = np.arctan2(turned[:, 1, 0], turned[:, 0, 0])
    assert turned / zoom[:, None, None] @ (turned / zoom[:, None, None]).transpose(0, 2, 1) == pytest.approx(
        np.broadcast_to(np.eye(2), (500, 2, 2)), abs=1e-6
    )
    assert np.abs(zoom - 1).max() == pytest.approx(ZOOM, rel=0.05) and np.abs(angle).max() == pytest.approx(
        TURN, rel=0.05
    )
    assert np.abs(maps[:, :, 2] * [80, 45]).max() == pytest.approx(SHIFT, rel=0.05)


def test_gradients():
    first, second = (torch.rand(1, 3, 36, 36, dtype=torch.float64, requires_grad=True) for _ in range(2))
    motion = shifted(0.7, 0.2, 36, 36).double()
    assert torch.autograd.gradcheck(lambda a, b: temporal_loss(a, b, motion), (first, second), atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 3, 32, 80), (1, 3, 64, 79)])
def test_wrong_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match="larger than 32 pixels"):
        temporal_loss(
            torch.zeros(1, 3, *shape[2:]),
            torch.zeros(1, 3, 64, 80) if shape[3] != 80 else torch.zeros(shape),
            shifted(0, 0),
        )
