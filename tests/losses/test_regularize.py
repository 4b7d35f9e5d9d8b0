"""Losses that keep a network calm, in closed form."""

import pytest
import torch
from torch.autograd import gradcheck

from pinxit.errors import ShapeError
from pinxit.losses.regularize import identity_loss, shift_loss, total_variation_loss


def double(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_identity():
    a = double(2, 3, 4, 4)
    half = torch.zeros(2, 3, 4, 4)
    half[:, :, :2] = -0.3
    assert identity_loss(a, a).item() == 0
    assert identity_loss(a + half, a).item() == pytest.approx(0.15)


def test_total_variation_of_a_ramp_is_its_slopes():
    down, across = torch.meshgrid(torch.arange(5.0), torch.arange(7.0), indexing="ij")
    ramp = (0.1 * across - 0.02 * down).expand(2, 3, 5, 7)
    assert total_variation_loss(ramp).item() == pytest.approx(0.12, rel=1e-5)


def test_total_variation_of_stripes_and_of_nothing():
    stripes = (torch.arange(8) % 2).float().expand(1, 3, 6, 8)
    assert total_variation_loss(stripes).item() == 1
    assert total_variation_loss(stripes.transpose(2, 3)).item() == 1
    assert total_variation_loss(torch.full((1, 3, 6, 8), 0.7)).item() == 0


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, 0), (0, 2), (3, 1)])
def test_a_picture_that_moved_costs_nothing(dx, dy):
    whole = double(2, 3, 30, 34)
    moved = double(2, 3, 30, 34, seed=1)  # what came in at the right and below is anything
    moved[:, :, : 30 - dy, : 34 - dx] = whole[:, :, dy:, dx:]
    assert shift_loss(whole, moved, dx, dy).item() == 0
    assert shift_loss(whole, moved, dx, dy + 1).item() > 0.5
    assert shift_loss(whole, moved, dx + 1, dy).item() > 0.5


def test_shift_counts_what_differs_but_not_at_the_edges():
    whole, moved = torch.zeros(1, 3, 24, 24), torch.zeros(1, 3, 24, 24)
    moved[:, :, 8:16, 8:16] = 0.5
    assert shift_loss(whole, moved, 0, 0).item() == pytest.approx(0.25)
    edges = torch.ones(1, 3, 24, 24)
    edges[:, :, 8:16, 8:16] = 0
    assert shift_loss(whole, edges, 0, 0).item() == 0


def test_shift_of_pictures_without_a_middle_is_refused():
    with pytest.raises(ShapeError, match="too small"):
        shift_loss(torch.zeros(1, 3, 18, 40), torch.zeros(1, 3, 18, 40), 0, 2)
    assert torch.isfinite(shift_loss(torch.zeros(1, 3, 18, 40), torch.zeros(1, 3, 18, 40), 2, 1))


def test_gradcheck():
    a, b = double(1, 3, 4, 5).requires_grad_(), double(1, 3, 4, 5, seed=1).requires_grad_()
    assert gradcheck(identity_loss, (a, b)) and gradcheck(total_variation_loss, a)
    c, d = double(1, 1, 20, 19).requires_grad_(), double(1, 1, 20, 19, seed=1).requires_grad_()
    assert gradcheck(lambda x, y: shift_loss(x, y, 2, 1), (c, d))
