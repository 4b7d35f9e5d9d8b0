"""Random looks."""

import pytest
import torch

from pinxit.learning.looks import STEPS, at_nodes, grid_nodes, mixed_looks, synthetic_looks


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_red_runs_fastest():
    assert torch.equal(grid_nodes(3)[1], torch.tensor([0.5, 0.0, 0.0]))
    assert torch.equal(grid_nodes(3)[9], torch.tensor([0.0, 0.0, 0.5]))


def test_reading_the_identity_table():
    x = torch.rand(1, 50, 3, generator=generator())
    assert torch.allclose(at_nodes(grid_nodes(5)[None], x), x, atol=1e-6)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: s.__name__)
def test_every_step_is_finite_and_changes_something(step):
    x = grid_nodes(9).expand(16, -1, -1)
    y = step(x, generator())
    assert y.shape == x.shape and torch.isfinite(y).all()
    assert (y - x).abs().mean() > 1e-3


def test_looks_differ_and_the_same_seed_gives_the_same():
    a, b = synthetic_looks(24, 9, generator(1)), synthetic_looks(24, 9, generator(1))
    assert torch.equal(a, b) and a.min() >= 0 and a.max() <= 1
    away = (a[:, None] - a[None]).abs().mean((2, 3)) + torch.eye(24)
    assert away.min() > 0.003


def test_some_looks_are_black_and_white():
    looks = synthetic_looks(400, 5, generator(2))
    chroma = (looks.amax(-1) - looks.amin(-1)).mean(1)
    assert 0.005 < (chroma < 0.05).float().mean() < 0.2


def test_mixed_looks_are_near_known_ones():
    known = synthetic_looks(2, 9, generator(3))
    mixed = mixed_looks(64, known, generator(4))
    away = (mixed[:, None] - known[None]).abs().mean((2, 3)).amin(1)
    plain = (mixed - grid_nodes(9)).abs().mean((1, 2))
    assert (away < plain).float().mean() > 0.6
