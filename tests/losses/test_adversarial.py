"""Adversarial losses in closed form."""

import pytest
import torch

from pinxit.losses.adversarial import hinge_discriminator_loss, hinge_generator_loss, r1_penalty


def test_hinge_values():
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([-2.0, 1.0])
    assert hinge_discriminator_loss(real, fake).item() == pytest.approx((0 + 1) / 2 + (0 + 2) / 2)
    assert hinge_generator_loss(fake).item() == pytest.approx(0.5)


def test_r1_of_a_linear_critic_is_half_its_squared_slope():
    slope = torch.tensor([1.0, -2.0, 2.0])
    real = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert r1_penalty(real @ slope, real).item() == pytest.approx(4.5, rel=1e-5)
