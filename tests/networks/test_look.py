"""LookPredictor and what it counts."""

import pytest
import torch

from pinxit.errors import ShapeError
from pinxit.networks.correct import ExposureCorrector
from pinxit.networks.look import LookPredictor, spread
from pinxit.networks.statistics import ColourStatistics


def photos(k=3, b=2, side=48, seed=0):
    generator = torch.Generator().manual_seed(seed)
    rough = torch.rand(b * k, 3, 6, 6, generator=generator)
    smooth = torch.nn.functional.interpolate(rough, size=(side, side), mode="bicubic").clamp(0, 1)
    return smooth.view(b, k, 3, side, side)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = LookPredictor(width=32, layers=1, heads=2, shapes=4, grid=5).eval()
    for layer in (network.answer, network.ungrade[-1]):
        torch.nn.init.normal_(layer.weight, std=0.05)
    return network


def test_order_of_references_does_not_matter(network):
    x = photos(k=4)
    with torch.no_grad():
        a, b = network(x), network(x[:, [2, 0, 3, 1]])
    assert torch.allclose(a["shapes"], b["shapes"], atol=1e-3)
    assert torch.allclose(a["code"], b["code"], atol=1e-2)


def test_any_number_of_references(network):
    with torch.no_grad():
        for k in (1, 2, 9):
            assert network(photos(k=k))["shapes"].shape == (2, 4)


def test_a_fresh_network_changes_almost_nothing():
    torch.manual_seed(0)
    fresh = LookPredictor(width=32, layers=1, heads=2, shapes=4, grid=5).eval()
    with torch.no_grad():
        answer = fresh(photos(k=5))
        at = torch.rand(500, 3)
        moved = fresh.colours(answer, at, torch.zeros(4, 500, 3))
    assert (moved - at).abs().mean() < 0.02


def test_true_statistics_give_the_true_look(network):
    plain = photos(k=6, b=1)
    graded = (plain**1.4) * torch.tensor([0.9, 0.8, 0.7]).view(1, 1, 3, 1, 1) + 0.05
    points = graded.flatten(0, 1)[:, :, 1::2, 1::2].flatten(2).transpose(1, 2)
    before = spread(plain.flatten(0, 1)[:, :, 1::2, 1::2].flatten(2).transpose(1, 2))
    first = network._first_answer(points, before, 1)
    at = plain.permute(0, 1, 3, 4, 2).reshape(1, -1, 3)
    wanted = graded.permute(0, 1, 3, 4, 2).reshape(1, -1, 3)
    assert (first(at) - wanted).abs().mean() < 0.15 * (at - wanted).abs().mean()


def test_wrong_shapes_are_refused(network):
    with pytest.raises(ShapeError, match="wanted"):
        network(torch.zeros(2, 3, 48, 48))


def test_black_references_stay_finite(network):
    with torch.no_grad():
        answer = network(torch.zeros(1, 2, 3, 48, 48))
    assert all(torch.isfinite(answer[k]).all() for k in ("shapes", "code", "error"))


def test_statistics_of_flat_grey():
    count = ColourStatistics(bins=3, levels=4, bands=2)
    values = count(torch.full((1, 50, 3), 0.5))
    assert values.shape == (1, count.length)
    joint = values[0, :27].view(3, 3, 3)
    assert joint[1, 1, 1] == joint.max()
    assert torch.allclose(values[0, 27:43], torch.zeros(16), atol=1e-6)  # quantiles 0.5 become 0


def test_fresh_corrector_changes_nothing():
    gains = ExposureCorrector(code=8)(torch.rand(2, 3, 48, 48), torch.zeros(2, 8))
    assert torch.equal(gains, torch.ones(2, 3))
