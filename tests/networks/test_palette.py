"""Clouds of colours carried onto others, by a chain of curves or by one matrix."""

import numpy as np
import pytest
import torch

from pinxit.networks.palette import GENTLEST, STRONGEST, PaletteTransport, linear_match, turns


def cloud(seed=0, count=4000, batch=1):
    return torch.rand(batch, count, 3, generator=torch.Generator().manual_seed(seed))


def mixture(seed=0, count=4000):
    """Two heaps of colours, one red and dark, one blue and bright."""
    generator = torch.Generator().manual_seed(seed)
    x = 0.08 * torch.randn(1, count, 3, generator=generator)
    x[:, ::2] += torch.tensor([0.6, 0.25, 0.2])
    x[:, 1::2] += torch.tensor([0.5, 0.7, 0.85])
    return x


def away(a, b):
    """Largest distance between the quantiles, 5th to 95th, of every channel of two clouds."""
    at = np.linspace(0.05, 0.95, 19)
    return np.abs(np.quantile(a[0].numpy(), at, axis=0) - np.quantile(b[0].numpy(), at, axis=0)).max()


@pytest.mark.parametrize("count", [1, 2, 8])
def test_turns_are_orthonormal_and_fixed(count):
    axes = turns(count)
    assert axes.shape == (count, 3, 3)
    assert torch.allclose(axes.transpose(1, 2) @ axes, torch.eye(3).expand(count, -1, -1), atol=1e-5)
    assert torch.equal(axes, turns(9)[:count]), "more rounds begin as fewer do"


def test_first_axes_are_lightness_and_two_of_colour():
    lightness, red_green, blue_yellow = turns(1)[0].T
    assert torch.allclose(lightness, torch.tensor([0.299, 0.587, 0.114]) / (0.299**2 + 0.587**2 + 0.114**2) ** 0.5)
    assert red_green[0] * red_green[1] < 0 and blue_yellow[2].abs() == blue_yellow.abs().max()


@pytest.mark.parametrize("x", [cloud(), mixture(), 0.5 + 0.2 * mixture()], ids=["even", "heaps", "low contrast"])
def test_equal_clouds_give_the_identity(x):
    assert (PaletteTransport(x, x)(x) - x).abs().max() < 1e-4
    others = cloud(9, 500) * 2 - 0.5
    assert (PaletteTransport(x, x)(others) - others).abs().max() < 1e-4, "beyond the cloud as well"


def with_black(share):
    x = cloud()
    x[:, : int(share * x.shape[1])] = 0.0
    return x


@pytest.mark.parametrize(
    "x", [with_black(0.25), with_black(0.5), 0.5 + 0.02 * mixture()], ids=["quarter black", "half black", "fog"]
)
def test_equal_clouds_with_much_of_one_colour_give_the_identity(x):
    assert (PaletteTransport(x, x)(x) - x).abs().max() < 2 / 255


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0.0), (0.7, 0.2), (1.6, -0.3)])
def test_a_gain_is_recovered(gain, offset):
    x = cloud()
    moved = PaletteTransport(x, gain * x + offset)(x)
    assert (moved - (gain * x + offset)).abs().max() < 1e-3


def test_gains_of_each_channel_are_recovered():
    x = mixture()
    wanted = x * torch.tensor([0.9, 0.7, 0.5]) + 0.05
    moved = PaletteTransport(x, wanted)(x)
    assert (moved - wanted).abs().mean() < 0.15 * (x - wanted).abs().mean()


@pytest.mark.parametrize(
    ("source", "target"),
    [(cloud(1), mixture(2)), (mixture(3), cloud(4)), (mixture(5), mixture(6, 999).clamp(0, 1) ** 2)],
    ids=["even to heaps", "heaps to even", "heaps to darker heaps"],
)
def test_moved_clouds_have_the_marginals_of_the_reference(source, target):
    moved = PaletteTransport(source, target)(source)
    assert away(source, target) > 0.3 and away(moved, target) < 0.04
    a, b = moved[0].numpy(), target[0].numpy()
    assert np.abs(a.mean(0) - b.mean(0)).max() < 0.005
    assert np.abs(np.cov(a.T) - np.cov(b.T)).max() < 0.15 * np.abs(np.cov(b.T)).max()


def test_last_axes_are_matched_level_by_level():
    x, y = cloud(1), mixture(2)
    moved = PaletteTransport(x, y, rounds=2, levels=33, steepest=100.0)(x)  # the second turn's axes are RGB
    at = np.linspace(0, 1, 33)
    a, b = (np.quantile(z[0].numpy(), at, axis=0) for z in (moved, y))
    assert a == pytest.approx(b, abs=2e-3)


def test_more_rounds_come_nearer():
    x, y = cloud(1), mixture(2)
    covariances = [np.cov(PaletteTransport(x, y, rounds=r)(x)[0].numpy().T) for r in (1, 12)]
    first, last = (np.abs(c - np.cov(y[0].numpy().T)).max() for c in covariances)
    assert last < 0.6 * first


def test_slopes_are_limited():
    dull = 0.5 + 0.1 * (cloud(1) - 0.5)
    for steepest in (2.0, 6.0):
        moved = PaletteTransport(dull, cloud(2), rounds=1, steepest=steepest)
        step = 1e-4
        slope = (moved(dull + step * turns(1)[0][:, 0]) - moved(dull)).norm(dim=2) / step
        assert slope.max() < steepest * 1.05
        assert (moved(dull).mean((0, 1)) - 0.5).abs().max() < 0.05, "what is not reached is missing at both ends alike"


def test_flat_pictures_stay_finite_and_flat():
    flat = torch.full((1, 300, 3), 0.4)
    moved = PaletteTransport(flat, cloud())(flat)
    assert torch.isfinite(moved).all() and (moved - moved[:, :1]).abs().max() < 1e-6
    assert torch.isfinite(PaletteTransport(cloud(), flat)(cloud())).all()
    reached = PaletteTransport(cloud(), flat)(cloud())
    assert (reached - 0.4).abs().max() < 0.01


def test_every_picture_has_its_own_map_and_any_colours_can_be_moved():
    x, y = cloud(1, 800, 2), torch.cat([mixture(2, 900), mixture(3, 900) * 0.3])
    others = cloud(5, 77, 2)
    together = PaletteTransport(x, y)(others)
    alone = torch.cat([PaletteTransport(x[i : i + 1], y[i : i + 1])(others[i : i + 1]) for i in range(2)])
    assert together.shape == others.shape and torch.allclose(together, alone, atol=1e-5)
    assert (together[0] - together[1]).abs().mean() > 0.1


def of_moments(cloud):
    x = cloud[0].double().numpy()
    return x.mean(0), np.cov(x.T, bias=True)


def test_matrix_of_equal_clouds_is_the_identity():
    matrix, offset = linear_match(mixture(), mixture())
    assert torch.allclose(matrix[0], torch.eye(3), atol=5e-3) and offset.abs().max() < 5e-3


def test_matrix_finds_a_gain_of_every_channel():
    x, gain = cloud(), torch.tensor([0.6, 1.0, 1.8])  # independent channels, so the least movement is along them
    matrix, offset = linear_match(x, x * gain + torch.tensor([0.1, 0.0, -0.2]))
    assert matrix[0].diagonal().numpy() == pytest.approx(gain.numpy(), abs=0.01)
    assert (matrix[0] - matrix[0].diagonal().diag()).abs().max() < 0.02
    assert offset[0, 0].numpy() == pytest.approx([0.1, 0.0, -0.2], abs=0.02)


def test_matrix_carries_mean_and_covariance_and_twists_nothing():
    x, y = 0.5 + 0.3 * (cloud(1) - 0.5), mixture(2) * 0.3 + 0.4
    matrix, offset = linear_match(x, y)
    assert torch.allclose(matrix, matrix.transpose(1, 2), atol=1e-5)
    (mean, covariance), (wanted_mean, wanted) = of_moments(x @ matrix + offset), of_moments(y)
    assert mean == pytest.approx(wanted_mean, abs=1e-4)
    assert covariance == pytest.approx(wanted, abs=0.05 * np.abs(wanted).max())


@pytest.mark.parametrize(
    ("reference", "gain"), [(0.001, GENTLEST), (40.0, STRONGEST)], ids=["to one colour", "from one colour"]
)
def test_gains_of_the_matrix_are_limited_and_the_mean_is_reached(reference, gain):
    x = cloud()
    y = 0.5 + reference * (cloud(3) - 0.5)
    matrix, offset = linear_match(x, y)
    assert torch.linalg.svdvals(matrix[0]).numpy() == pytest.approx([gain] * 3, rel=1e-4)
    assert (x @ matrix + offset)[0].mean(0).numpy() == pytest.approx(y[0].mean(0).numpy(), abs=1e-3)


@pytest.mark.parametrize("x", [torch.full((1, 300, 3), 0.4), cloud()[..., :1].expand(-1, -1, 3)], ids=["flat", "grey"])
def test_matrix_of_clouds_without_spread_is_finite_and_can_be_undone(x):
    for a, b in ((x, mixture()), (mixture(), x)):
        matrix, offset = linear_match(a, b)
        assert torch.isfinite(matrix).all() and torch.isfinite(offset).all()
        values = torch.linalg.svdvals(matrix[0])
        assert values.min() > GENTLEST * 0.999 and values.max() < STRONGEST * 1.001
        there = a @ matrix + offset
        assert torch.allclose((there - offset) @ torch.linalg.inv(matrix), a, atol=1e-4)
