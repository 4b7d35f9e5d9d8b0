"""MultiScaleDiscriminator: shapes, bounds, what it is asked and what is frozen."""

import pytest
import torch
from torch import nn

from pinxit.networks.discriminator import MultiScaleDiscriminator


def pictures(count=2, height=48, width=64, seed=0):
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))


def codes(count=2, length=5, seed=1):
    return torch.randn(count, length, generator=torch.Generator().manual_seed(seed))


def small(seed=0, **settings):
    torch.manual_seed(seed)
    return MultiScaleDiscriminator(**{"width": 4, **settings})


def convolutions(body):
    return [layer for layer in body if isinstance(layer, nn.Conv2d)]


def bounded(network):
    """Every layer under spectral normalization."""
    return [layer for layer in network.modules() if nn.utils.parametrize.is_parametrized(layer)]


def test_shapes():
    patches, hands = small(code=5, classes=7)(pictures(), codes())
    assert [tuple(p.shape) for p in patches] == [(2, 1, 12, 16), (2, 1, 6, 8), (2, 1, 3, 4)]
    assert [tuple(h.shape) for h in hands] == [(2, 7)] * 3


@pytest.mark.parametrize("scales", [1, 2])
def test_fewer_scales_and_no_classes(scales):
    patches, hands = small(scales=scales)(pictures())
    assert len(patches) == scales and hands == []


def test_every_scale_sees_the_picture_shrunk():
    network, pixels = small().eval(), pictures()
    network.bodies[1].load_state_dict(network.bodies[0].state_dict())
    network.heads[1].load_state_dict(network.heads[0].state_dict())
    halved = (pixels[..., ::2, ::2] + pixels[..., 1::2, ::2] + pixels[..., ::2, 1::2] + pixels[..., 1::2, 1::2]) / 4
    with torch.no_grad():
        assert torch.allclose(network(pixels)[0][1], network(halved)[0][0], atol=1e-5)


def test_singular_values_stay_at_1():
    network = small(code=5, classes=3)
    for layer in bounded(network):
        with torch.no_grad():
            layer.parametrizations.weight.original *= 7
            layer.parametrizations.weight.original += 0.3 * torch.randn_like(layer.weight)
    for _ in range(25):
        with torch.no_grad():
            network(pictures(1, 16, 16), codes(1))
    network.eval()
    assert len(bounded(network)) == 3 * (3 + 1 + 1)
    for layer in bounded(network):
        largest = torch.linalg.svdvals(layer.weight.detach().flatten(1)).max().item()
        assert largest == pytest.approx(1, abs=0.03)


def test_the_class_head_is_not_bounded():
    network = small(classes=3)
    assert len(network.named) == 3 and not set(network.named) & set(bounded(network))


def test_question_and_answer_of_a_code():
    network, pixels, code = small(code=5).eval(), pictures(), codes()
    with torch.no_grad():
        plain = network(pixels)[0]
        asked, twice = network(pixels, code)[0], network(pixels, 2 * code)[0]
        for i, (a, b, c) in enumerate(zip(plain, asked, twice, strict=True)):
            bias = network.asked[i].bias
            assert (b - a).abs().max() > 1e-3
            # The projection is affine in the code: what the bias alone says comes once.
            unasked = network(pixels, torch.zeros_like(code))[0][i] if bias is not None else a
            assert torch.allclose(c - b, b - unasked, atol=1e-5)


def test_projection_is_an_inner_product_with_the_features():
    network, pixels, code = small(code=5, scales=1).eval(), pictures(), codes()
    with torch.no_grad():
        features = network.bodies[0](pixels * 2 - 1).numpy()
        question = code.numpy() @ network.asked[0].weight.numpy().T + network.asked[0].bias.numpy()
        wanted = (features * question[:, :, None, None]).sum(1, keepdims=True) / features.shape[1] ** 0.5
        found = network(pixels, code)[0][0] - network(pixels)[0][0]
    assert found.numpy() == pytest.approx(wanted, abs=1e-5)


def test_a_code_is_passed_over_by_one_that_asks_nothing():
    network = small().eval()
    with torch.no_grad():
        assert torch.equal(network(pictures(), codes())[0][0], network(pictures())[0][0])


def test_pictures_keep_their_own_codes():
    network, pixels, code = small(code=5, classes=2).eval(), pictures(3), codes(3)
    with torch.no_grad():
        patches, hands = network(pixels, code)
        turned, turned_hands = network(pixels[[2, 0, 1]], code[[2, 0, 1]])
        mixed = network(pixels, code[[2, 0, 1]])[0]
    assert torch.allclose(turned[0], patches[0][[2, 0, 1]], atol=1e-5)
    assert torch.allclose(turned_hands[0], hands[0][[2, 0, 1]], atol=1e-5)
    assert (mixed[0] - patches[0]).abs().max() > 1e-3


def learn_once(network):
    before = {n: p.detach().clone() for n, p in network.named_parameters()}
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.5)
    patches, hands = network(pictures(), codes())
    sum(x.square().mean() for x in [*patches, *hands]).backward()
    optimizer.step()
    return {n for n, p in network.named_parameters() if not torch.equal(p, before[n])}


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_frozen_layers_do_not_learn(layers):
    network = small(code=5, classes=2)
    network.freeze(layers)
    moved = learn_once(network)
    for body in network.bodies:
        names = {id(p): n for n, p in network.named_parameters()}
        for i, layer in enumerate(convolutions(body)):
            own = {names[id(p)] for p in layer.parameters()}
            assert len(own) == 2 and own <= moved if i >= layers else not own & moved
    assert any(n.startswith("heads") for n in moved) and any(n.startswith("named") for n in moved)


def test_thawing():
    network = small()
    network.freeze(2)
    network.freeze(0)
    assert all(p.requires_grad for p in network.parameters())


def test_a_frozen_discriminator_still_teaches():
    network, pixels = small(), pictures().requires_grad_()
    network.freeze(3)
    sum(p.mean() for p in network(pixels)[0]).backward()
    assert pixels.grad.abs().sum() > 0


def test_settings_build_the_same_network():
    network = small(code=5, classes=2, scales=2).eval()
    twin = MultiScaleDiscriminator(**network.settings).eval()
    twin.load_state_dict(network.state_dict())
    with torch.no_grad():
        assert torch.equal(network(pictures(), codes())[0][1], twin(pictures(), codes())[0][1])
