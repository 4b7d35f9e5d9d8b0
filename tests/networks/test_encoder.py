"""The eye: features, heads, and normalization folded away."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pinxit.errors import ShapeError
from pinxit.networks.encoder import ContentEncoder, LearningEncoder, channel_statistics

SMALL = {"widths": (4, 6, 8, 10), "classes": 5, "hands": 3}


def pictures(count=2, height=24, width=32, seed=0):
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def eye():
    torch.manual_seed(0)
    return ContentEncoder(**SMALL).eval()


@pytest.fixture(scope="module")
def learning():
    """An eye that has seen something: statistics, gains and shifts are far from those at the start."""
    torch.manual_seed(1)
    network = LearningEncoder(**SMALL)
    for norm in network.norms.values():
        torch.nn.init.uniform_(norm.weight, 0.3, 2)
        torch.nn.init.normal_(norm.bias, std=0.5)
    with torch.no_grad():
        for i in range(12):
            network(pictures(4, 16, 16, seed=i))
    return network.eval()


def test_shapes(eye):
    with torch.no_grad():
        features = eye(pictures())
        assert [tuple(x.shape) for x in features] == [(2, 4, 24, 32), (2, 6, 12, 16), (2, 8, 6, 8), (2, 10, 3, 4)]
        assert [tuple(x.shape) for x in eye(pictures(1, 9, 23))] == [
            (1, 4, 9, 23),
            (1, 6, 4, 11),
            (1, 8, 2, 5),
            (1, 10, 1, 2),
        ]
        assert eye.name_objects(pictures()).shape == (2, 5) and eye.name_hands(pictures()).shape == (2, 3)
    assert all(x.min() >= 0 for x in features) and all(x.max() > 0 for x in features)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_less_depth_gives_the_first_maps(eye, depth):
    with torch.no_grad():
        few, all_ = eye(pictures(), depth), eye(pictures())
    assert len(few) == depth and all(torch.equal(a, b) for a, b in zip(few, all_[:depth], strict=True))


def test_first_map_against_its_definition(eye):
    with torch.no_grad():
        x = (pictures() - 0.5) * 4
        for layer in eye.stages[0]:
            x = F.conv2d(x, layer.weight, layer.bias, padding=1).clamp(min=0)
        assert torch.allclose(eye(pictures(), 1)[0], x, atol=1e-6)


def test_mid_grey_is_nothing_to_an_eye_without_biases(eye):
    blind = copy.deepcopy(eye)
    for stage in blind.stages:
        for layer in stage:
            torch.nn.init.zeros_(layer.bias)
    with torch.no_grad():
        assert all((x == 0).all() for x in blind(torch.full((1, 3, 16, 16), 0.5)))


def test_one_colour_everywhere_is_one_feature_everywhere_but_at_the_borders(eye):
    with torch.no_grad():
        features = eye(torch.full((1, 3, 128, 128), 0.8))
    for x in features:
        middle = x[:, :, x.shape[2] // 2, x.shape[3] // 2]
        assert torch.allclose(x[:, :, x.shape[2] // 2 - 1, x.shape[3] // 2 - 1], middle, atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 24, 24), (1, 1, 24, 24), (1, 3, 7, 24), (1, 3, 24, 7)])
def test_other_shapes_are_refused(eye, shape):
    with pytest.raises(ShapeError, match="the eye wants"):
        eye(torch.zeros(shape))


def test_folding_changes_nothing(learning):
    folded, plain = learning.folded(), ContentEncoder(**SMALL).eval()
    plain.load_state_dict({k: v for k, v in learning.state_dict().items() if not k.startswith("norms.")})
    assert type(folded) is ContentEncoder and not folded.training
    with torch.no_grad():
        seen = learning(pictures(seed=99))
        for a, b in zip(seen, folded(pictures(seed=99)), strict=True):
            assert a.max() > 0.1 and torch.allclose(a, b, atol=1e-4)
        for name in ("name_objects", "name_hands"):
            a, b = (getattr(network, name)(pictures(seed=99)) for network in (learning, folded))
            assert torch.allclose(a, b, atol=1e-4)
        assert (plain(pictures(seed=99))[-1] - seen[-1]).abs().max() > 0.1, "there was something to fold"


def test_folding_leaves_the_learner_as_it_is(learning):
    before = {k: v.clone() for k, v in learning.state_dict().items()}
    folded = learning.folded()
    with torch.no_grad():
        for parameter in folded.parameters():
            parameter.zero_()
    assert all(torch.equal(v, before[k]) for k, v in learning.state_dict().items())


def test_a_copy_of_a_learner_is_its_own(learning):
    twin = copy.deepcopy(learning)
    with torch.no_grad():
        for norm in twin.norms.values():
            norm.bias.fill_(9.0)
        assert (twin(pictures())[0] - learning(pictures())[0]).abs().max() > 1
        assert torch.allclose(twin(pictures())[0], twin.folded()(pictures())[0], atol=1e-4)


def test_settings_build_the_same_eye(eye):
    twin = ContentEncoder(**eye.settings).eval()
    twin.load_state_dict(eye.state_dict())
    with torch.no_grad():
        assert torch.equal(eye.name_hands(pictures()), twin.name_hands(pictures()))


def test_channel_statistics():
    features = [torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0)) + 1, torch.full((2, 2, 3, 3), 0.5)]
    found = channel_statistics(features)
    assert [tuple(x.shape) for x in found] == [(2, 3), (2, 3), (2, 2), (2, 2)]
    x = features[0].double().numpy()
    assert found[0].numpy() == pytest.approx(x.mean((2, 3)), abs=1e-5)
    assert found[1].numpy() == pytest.approx(np.sqrt(x.var((2, 3)) + 1e-6), abs=1e-5)
    assert found[2].numpy() == pytest.approx(0.5) and found[3].numpy() == pytest.approx(1e-3, rel=1e-3)


def test_statistics_of_flat_features_can_be_learned_from():
    flat = torch.full((1, 2, 4, 4), 0.3, requires_grad=True)
    sum(x.sum() for x in channel_statistics([flat])).backward()
    assert torch.isfinite(flat.grad).all()
