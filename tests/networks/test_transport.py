"""Colour transport: what it must do exactly."""

import torch

from pinxit.networks.transport import Transport, curves, matrix_power, moments, monge_kantorovich, quantiles


def cloud(seed, n=4000, scale=0.2):
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(1, 3, 3, generator=generator) * scale
    return torch.randn(1, n, 3, generator=generator) @ mixing + 0.5


def test_monge_kantorovich_carries_mean_and_covariance():
    a, b = cloud(0), cloud(1)
    matrix, offset = monge_kantorovich(moments(a), moments(b))
    mean, cov = moments(a @ matrix + offset)
    assert torch.allclose(mean, moments(b)[0], atol=1e-4)
    assert torch.allclose(cov, moments(b)[1], atol=2e-3)
    assert torch.allclose(matrix, matrix.transpose(1, 2), atol=1e-3)


def test_matrix_power_squares_back():
    cov = moments(cloud(2))[1]
    root = matrix_power(cov, 0.5)
    assert torch.allclose(root @ root, cov, atol=1e-5)


def test_curves_hit_their_points_and_go_on_at_slope_one():
    source = torch.tensor([[[0.2], [0.5], [0.8]]]).expand(1, 3, 3)
    target = torch.tensor([[[0.1], [0.6], [0.7]]]).expand(1, 3, 3)
    x = torch.tensor([[[0.2], [0.35], [0.8], [1.0], [0.0]]]).expand(1, 5, 3)
    wanted = torch.tensor([0.1, 0.35, 0.7, 0.9, -0.1])
    assert torch.allclose(curves(x, source, target)[0, :, 0], wanted, atol=1e-3)


def test_quantiles_of_a_ramp():
    ramp = torch.linspace(0, 1, 1000).view(1, -1, 1).expand(1, 1000, 3)
    assert torch.allclose(quantiles(ramp, 4)[0, :, 0], torch.tensor([0.125, 0.375, 0.625, 0.875]), atol=2e-3)


def test_transport_recovers_curves_then_matrix():
    a = cloud(3, scale=0.12).clamp(0.02, 0.98)
    mixing = torch.tensor([[0.8, 0.1, 0.1], [0.1, 0.85, 0.05], [0.1, 0.05, 0.7]])
    b = (a**1.5) @ mixing + 0.05
    moved = Transport.between(a, b, levels=33)(a)
    assert (moved - b).abs().mean() < 0.2 * (a - b).abs().mean()


def test_transport_onto_itself_is_the_identity():
    a = cloud(4)
    assert (Transport.between(a, a)(a) - a).abs().max() < 0.01
