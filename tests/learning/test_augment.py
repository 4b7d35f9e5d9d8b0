"""Augmentation: one draw for all pictures that it is given."""

import numpy as np
import pytest
import torch

from pinxit.learning.augment import Augmentation


def pictures(count=4, height=16, width=24, seed=0):
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))


def draw(count=4, probability=1.0, seed=0):
    return Augmentation(count, probability, np.random.default_rng(seed))


def neutral(count=4, **changes):
    """A draw that changes nothing but what is named."""
    change = draw(count, 1e-12)
    for name, value in changes.items():
        getattr(change, name)[:] = value
    return change


def test_probability_0_changes_nothing():
    x = pictures()
    assert torch.equal(draw(probability=0.0)(x), x)


def test_a_draw_of_nothing_changes_nothing():
    assert torch.allclose(neutral()(pictures()), pictures(), atol=1e-5)


def test_probability_1_changes_every_picture():
    x = pictures(12)
    assert ((draw(12)(x) - x).abs().mean((1, 2, 3)) > 0.02).all()


def test_the_same_draw_gives_the_same_change():
    change, x = draw(), pictures()
    first = change(x)
    assert torch.equal(change(x), first)
    assert torch.equal(change(x.clone()), first)
    half = change(0.5 * x + 0.25 * torch.ones_like(x))  # a change is affine, so this tells it from another
    black, white = change(torch.zeros_like(x)), change(torch.ones_like(x))
    assert torch.allclose(half, 0.5 * first + 0.25 * (white + black), atol=1e-5)


def test_seeds():
    assert torch.equal(draw(seed=1)(pictures()), draw(seed=1)(pictures()))
    assert (draw(seed=1)(pictures()) - draw(seed=2)(pictures())).abs().mean() > 0.02


def test_pictures_are_changed_each_in_its_own_way():
    one = pictures(1).expand(4, -1, -1, -1)
    changed = draw()(one)
    assert all((changed[i] - changed[j]).abs().mean() > 0.02 for i in range(4) for j in range(i))


def test_pictures_of_a_batch_do_not_mix():
    x, other = pictures(), pictures(seed=1)
    other[2] = x[2]
    assert torch.equal(draw()(x)[2], draw()(other)[2])


def test_any_size_at_one_draw():
    change = draw()
    assert change(pictures(4, 32, 20)).shape == (4, 3, 32, 20)
    large = change(torch.full((4, 3, 64, 64), 0.5)).amax((2, 3))
    assert torch.allclose(change(torch.full((4, 3, 16, 16), 0.5)).amax((2, 3)), large, atol=1e-5)


def test_mirror():
    assert torch.allclose(neutral(mirror=-1)(pictures()), pictures().flip(3), atol=1e-5)


def test_shift_by_up_to_an_eighth():
    x = pictures(4, 16, 32)
    moved = neutral(across=0.25, down=-0.25)(x)  # an eighth: 4 columns and 2 rows
    assert torch.allclose(moved[:, :, 2:, :-4], x[:, :, :-2, 4:], atol=1e-4)
    whole = draw(500)
    for name in ("across", "down"):
        found = getattr(whole, name)
        assert found.abs().max() <= 0.25 and found.min() < -0.2 and found.max() > 0.2


def test_cut_out_of_a_quarter():
    cut = neutral(hole_x=0.5, hole_y=0.25)(torch.ones(4, 3, 101, 101))
    wanted = torch.ones(101, 101)
    wanted[13:38, 38:63] = 0  # a quarter of 100 around row 25 and column 50, its border left out or in
    assert (cut - wanted).abs().mean() < 0.006 and cut[0, 0, 25, 50] == 0


def test_colours():
    x = pictures()
    grey, middle = x.mean(1, keepdim=True), x.mean((1, 2, 3), keepdim=True)
    assert torch.allclose(neutral(brightness=0.2)(x), x + 0.2, atol=1e-5)
    assert torch.allclose(neutral(saturation=0.4)(x), grey + 0.4 * (x - grey), atol=1e-5)
    assert torch.allclose(neutral(contrast=1.3)(x), middle + 1.3 * (x - middle), atol=1e-5)


@pytest.mark.parametrize("name", ["mirror", "across", "down", "brightness", "saturation", "contrast"])
def test_each_change_comes_with_its_probability(name):
    plain = {"mirror": 1.0, "saturation": 1.0, "contrast": 1.0}.get(name, 0.0)
    changed = (getattr(draw(4000, 0.3), name) != plain).float().mean()
    assert changed == pytest.approx(0.3, abs=0.03)


def holes(probability, count=1500):
    """Share of white pictures with a black hole."""
    return (draw(count, probability)(torch.ones(count, 3, 16, 16)) == 0).any((1, 2, 3), True).float().mean().item()


def test_cut_outs_come_with_their_probability():
    assert holes(0.5) == pytest.approx(0.5, abs=0.05)


def test_gradient_is_that_of_an_affine_change():
    change, x, weights, step = draw(), pictures().requires_grad_(), pictures(seed=1) - 0.5, pictures(seed=2) - 0.5
    (change(x) * weights).sum().backward()
    assert (x.grad.abs().amax((1, 2, 3)) > 0).all()
    with torch.no_grad():
        wanted = ((change(x + step) - change(x)) * weights).sum()
    assert (x.grad * step).sum().item() == pytest.approx(wanted.item(), rel=1e-3, abs=1e-3)


def test_nothing_comes_back_through_a_hole():
    x = torch.ones(4, 3, 40, 40, requires_grad=True)
    neutral(hole_x=0.5, hole_y=0.5)(x).sum().backward()
    assert (x.grad[:, :, 17:23, 17:23].abs() < 1e-5).all() and (x.grad[:, :, :12].abs() > 0.5).all()
