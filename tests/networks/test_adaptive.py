"""AdaIN and AdaLIN against slow references, and statistics that passes share."""

import numpy as np
import pytest
import torch

from pinxit.errors import ShapeError
from pinxit.networks.adaptive import (
    AdaptiveNorm,
    SharedStatistics,
    adaptive_instance_norm,
    adaptive_layer_instance_norm,
    channel_moments,
)


def random(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def wanted_by(channels=4, count=2):
    return random(count, channels, seed=1), random(count, channels, seed=2).abs() + 0.1


def slow_adain(x, mean, std, eps=1e-5):
    out = np.empty_like(x)
    for b in range(x.shape[0]):
        for c in range(x.shape[1]):
            one = x[b, c]
            out[b, c] = mean[b, c] + std[b, c] * (one - one.mean()) / np.sqrt(one.var() + eps)
    return out


def slow_adalin(x, mix, mean, std, eps=1e-5):
    out = np.empty_like(x)
    for b in range(x.shape[0]):
        layer = (x[b] - x[b].mean()) / np.sqrt(x[b].var() + eps)
        for c in range(x.shape[1]):
            instance = (x[b, c] - x[b, c].mean()) / np.sqrt(x[b, c].var() + eps)
            out[b, c] = mean[b, c] + std[b, c] * (mix[c] * instance + (1 - mix[c]) * layer[c])
    return out


def features():
    """Channels of very different means and spreads."""
    return random(2, 4, 5, 7) * torch.tensor([0.1, 1.0, 3.0, 0.5]).view(4, 1, 1) + torch.arange(4.0).view(4, 1, 1)


def test_adain_against_a_slow_reference():
    x, (mean, std) = features(), wanted_by()
    found = adaptive_instance_norm(x.float(), mean.float(), std.float())
    assert found.numpy() == pytest.approx(slow_adain(x.numpy(), mean.numpy(), std.numpy()), abs=1e-4)


def test_adain_reaches_the_wanted_moments():
    (mean, std), found = wanted_by(), adaptive_instance_norm(features().float(), *(z.float() for z in wanted_by()))
    assert found.mean((2, 3)).numpy() == pytest.approx(mean.numpy(), abs=1e-4)
    assert found.std((2, 3), correction=0).numpy() == pytest.approx(std.numpy(), rel=2e-3)


@pytest.mark.parametrize("mix", [(0, 0, 0, 0), (1, 1, 1, 1), (0.0, 0.3, 0.8, 1.0)])
def test_adalin_against_a_slow_reference(mix):
    x, (mean, std) = features(), wanted_by()
    found = adaptive_layer_instance_norm(x.float(), torch.tensor(mix), mean.float(), std.float())
    assert found.numpy() == pytest.approx(slow_adalin(x.numpy(), mix, mean.numpy(), std.numpy()), abs=1e-4)


def test_own_eps_is_used():
    x, (mean, std) = features(), wanted_by()
    found = adaptive_instance_norm(x.float(), mean.float(), std.float(), eps=0.5)
    assert found.numpy() == pytest.approx(slow_adain(x.numpy(), mean.numpy(), std.numpy(), eps=0.5), abs=1e-4)


def test_gradient_against_differences_of_the_slow_reference():
    x, (mean, std), mix = features(), wanted_by(), torch.tensor([0.0, 0.3, 0.8, 1.0], dtype=torch.float64)
    weights, inputs = random(2, 4, 5, 7, seed=3), (x, mix, mean, std)
    variables = [z.float().requires_grad_() for z in inputs]
    (adaptive_layer_instance_norm(*variables) * weights).sum().backward()
    for i, variable in enumerate(variables):
        step = random(*variable.shape, seed=4 + i)
        ends = []
        for sign in (1, -1):
            moved = [z + (sign * 1e-5 * step if j == i else 0) for j, z in enumerate(inputs)]
            ends.append((slow_adalin(*(z.numpy() for z in moved)) * weights.numpy()).sum())
        wanted = (ends[0] - ends[1]) / 2e-5
        assert (variable.grad * step).sum().item() == pytest.approx(wanted, rel=1e-3, abs=1e-3)


def test_flat_features_become_the_wanted_mean():
    mean, std = (z.float() for z in wanted_by())
    found = adaptive_instance_norm(torch.full((2, 4, 3, 3), 0.7), mean, std)
    assert torch.allclose(found, mean[..., None, None].expand_as(found), atol=1e-4)
    single = adaptive_instance_norm(torch.full((2, 4, 1, 1), 0.7), mean, std)
    assert torch.allclose(single[..., 0, 0], mean, atol=1e-4)


def test_nearly_flat_features_far_from_0_stay_finite():
    x = 250 + 1e-3 * random(60, 8, 8, 8).float()
    offset = torch.linspace(0, 100, 60).view(60, 1, 1, 1)
    found = adaptive_layer_instance_norm(x + offset, torch.zeros(8), torch.zeros(60, 8), torch.ones(60, 8))
    assert torch.isfinite(found).all()


def test_half_precision_stays_and_is_counted_in_single():
    x, (mean, std) = features(), wanted_by()
    found = adaptive_instance_norm(x.bfloat16(), mean, std)
    assert found.dtype == torch.bfloat16 and channel_moments(x.bfloat16())[0].dtype == torch.float32
    assert found.double().numpy() == pytest.approx(slow_adain(x.numpy(), mean.numpy(), std.numpy()), abs=0.15)


@pytest.mark.parametrize(
    ("content", "mean", "std"),
    [
        ((2, 4, 5), (2, 4), (2, 4)),
        ((2, 4, 5, 5), (2, 3), (2, 4)),
        ((2, 4, 5, 5), (2, 4), (1, 4)),
        ((2, 4, 5, 5), (4,), (4,)),
    ],
)
def test_other_shapes_are_refused(content, mean, std):
    with pytest.raises(ShapeError, match="is wanted"):
        adaptive_instance_norm(torch.zeros(content), torch.zeros(mean), torch.zeros(std))
    with pytest.raises(ShapeError, match="is wanted"):
        adaptive_layer_instance_norm(torch.zeros(content), torch.zeros(4), torch.zeros(mean), torch.zeros(std))


def test_channel_moments():
    x = features()
    mean, variance = channel_moments(x.float())
    assert mean.numpy() == pytest.approx(x.numpy().mean((2, 3)), abs=1e-5)
    assert variance.numpy() == pytest.approx(x.numpy().var((2, 3)), rel=1e-4)


def test_statistics_are_measured_then_given_in_order_and_again():
    first, second = features().float(), 2 * features().float() + 1
    measured = SharedStatistics()
    measured.of(first), measured.of(second)
    for _ in range(2):
        given = measured.again()
        for x in (first, second):
            mean, variance = given.of(torch.zeros_like(x))
            assert torch.equal(mean, channel_moments(x)[0]) and torch.equal(variance, channel_moments(x)[1])
    assert len(measured.moments) == 2


def test_pooled_samples_are_measured_as_one_picture():
    samples = random(3, 4, 5, 7, seed=8) * 2 + random(3, 4, 1, 1, seed=9)
    measured = SharedStatistics(pooled=True)
    mean, variance = measured.of(samples.float())
    side_by_side = samples.transpose(0, 1).reshape(4, -1).numpy()
    assert mean.shape == variance.shape == (1, 4)
    assert mean[0].numpy() == pytest.approx(side_by_side.mean(1), abs=1e-5)
    assert variance[0].numpy() == pytest.approx(side_by_side.var(1), rel=1e-4)
    again = measured.again().of(torch.zeros(1, 4, 2, 2))
    assert torch.equal(again[0], mean) and torch.equal(again[1], variance)


def test_joined_passes_are_measured_as_one_picture():
    left, right = (torch.randn(1, 3, 8, width, generator=torch.Generator().manual_seed(width)) for width in (5, 12))
    parts = [SharedStatistics(), SharedStatistics()]
    for part, x in zip(parts, (left, right), strict=True):
        part.of(x)
    joined, whole = SharedStatistics.joined(parts, [40, 96]), SharedStatistics()
    whole.of(torch.cat([left, right], 3))
    assert joined.given
    for found, wanted in zip(joined.moments[0], whole.moments[0], strict=True):
        assert torch.allclose(found, wanted, atol=1e-6)


def test_pooled_flat_samples_have_no_variance():
    for value in np.linspace(10, 100, 40):
        variance = SharedStatistics(pooled=True).of(torch.full((9, 2, 4, 4), float(value)))[1]
        assert variance.min() > -1e-6 and variance.max() < 1e-6


def test_norm_of_a_part_with_the_statistics_of_the_whole():
    torch.manual_seed(0)
    norm, x, code = AdaptiveNorm(4, 6, mix=0.4), features().float(), random(2, 6, seed=5).float()
    measured = SharedStatistics()
    whole = norm(x, code, measured)
    part = norm(x[:, :, 1:3, 2:6], code, measured.again())
    assert torch.allclose(part, whole[:, :, 1:3, 2:6], atol=1e-5)
    alone = norm(x[:, :, 1:3, 2:6], code, SharedStatistics())
    assert (alone - whole[:, :, 1:3, 2:6]).abs().max() > 0.1


def test_norm_reads_mean_and_spread_from_the_code():
    norm, x = AdaptiveNorm(4, 6, mix=1.0), features().float()
    plain = norm(x, torch.zeros(2, 6), SharedStatistics())
    assert plain.detach().numpy() == pytest.approx(slow_adain(x.numpy(), np.zeros((2, 4)), np.ones((2, 4))), abs=1e-4)
    with torch.no_grad():
        norm.wanted.weight[:] = 0
        norm.wanted.weight[1, 0], norm.wanted.weight[4 + 2, 0] = 3.0, 0.5
    mean, std = np.zeros((2, 4)), np.ones((2, 4))
    mean[1, 1], std[1, 2] = 6, 2
    code = torch.tensor([[0.0] * 6, [2.0] + [0.0] * 5])
    found = norm(x, code, SharedStatistics()).detach().numpy()
    assert found == pytest.approx(slow_adain(x.numpy(), mean, std), abs=1e-4)


def test_the_learned_mix_is_held_between_0_and_1():
    norm, x = AdaptiveNorm(4, 6), features().float()
    with torch.no_grad():
        norm.mix[:] = torch.tensor([-2.0, 0.5, 1.0, 7.0])
    found = norm(x, torch.zeros(2, 6), SharedStatistics()).detach().numpy()
    wanted = slow_adalin(x.numpy(), (0, 0.5, 1, 1), np.zeros((2, 4)), np.ones((2, 4)))
    assert found == pytest.approx(wanted, abs=1e-4)
