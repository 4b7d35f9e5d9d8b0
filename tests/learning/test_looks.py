"""Random looks."""

from itertools import permutations

import pytest
import torch

from pinxit.learning.looks import STEPS, at_nodes, grid_nodes, mixed_looks, synthetic_looks, turned_looks


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


def test_turned_looks_against_turning_colours_one_by_one():
    """A colour goes through the permutation or negative, the look, and back."""
    look = synthetic_looks(1, 5, generator(5))
    colours = torch.rand(1, 40, 3, generator=generator())
    wanted = []
    for order in permutations(range(3)):
        back = [order.index(c) for c in range(3)]
        wanted.append(at_nodes(look, colours[..., list(order)])[..., back])
        wanted.append(1 - at_nodes(look, (1 - colours)[..., list(order)])[..., back])
    found = turned_looks(look)
    assert found.shape == (11, 125, 3)
    for table, colour in zip(found, wanted[1:], strict=True):
        assert torch.allclose(at_nodes(table[None], colours), colour, atol=1e-5)
    assert min((a - b).abs().max() for i, a in enumerate(found) for b in found[:i]) > 0.01


def test_the_identity_turned_is_the_identity():
    assert torch.allclose(turned_looks(grid_nodes(5)[None]), grid_nodes(5).expand(11, -1, -1), atol=1e-6)


def test_a_share_of_mixed_looks_is_near_turned_ones():
    known = synthetic_looks(1, 9, generator(3))
    away = {turned: (mixed_looks(200, known, generator(4), turned) - known).abs().mean() for turned in (0.0, 1.0)}
    assert away[1.0] > 1.3 * away[0.0]
