"""Adversarial losses and gradient penalties in closed form."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from pinxit.losses.adversarial import (
    ADVERSARIAL,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    hinge_discriminator_loss,
    hinge_generator_loss,
    r1_penalty,
)

REAL, FAKE = (2.0, 0.0, -1.5), (-2.0, 1.0)

OF_REAL = {
    "softplus": lambda z: math.log(1 + math.exp(-z)),
    "lsgan": lambda z: (z - 1) ** 2 / 2,
    "hinge": lambda z: max(0.0, 1 - z),
    "wgan": lambda z: -z,
}
OF_FAKE = {
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "lsgan": lambda z: z**2 / 2,
    "hinge": lambda z: max(0.0, 1 + z),
    "wgan": lambda z: z,
}
OF_GENERATOR = {
    "softplus": lambda z: math.log(1 + math.exp(-z)),
    "lsgan": lambda z: (z - 1) ** 2 / 2,
    "hinge": lambda z: -z,
    "wgan": lambda z: -z,
}
KINDS = sorted(OF_REAL)


def mean(f, values):
    return sum(map(f, values)) / len(values)


def double(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_every_kind_is_tested():
    assert set(ADVERSARIAL) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_values(kind):
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    wanted = mean(OF_REAL[kind], REAL) + mean(OF_FAKE[kind], FAKE)
    assert discriminator_loss(real, fake, kind).item() == pytest.approx(wanted, rel=1e-5)
    assert generator_loss(fake, kind).item() == pytest.approx(mean(OF_GENERATOR[kind], FAKE), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_both_sides_pull_against_each_other(kind):
    real, fake, made = (torch.tensor([0.3, -0.2]).requires_grad_() for _ in range(3))
    discriminator_loss(real, fake, kind).backward()
    generator_loss(made, kind).backward()
    assert (real.grad < 0).all(), "the discriminator wants high logits of real pictures"
    assert ((fake.grad > 0) | ((fake < 0) & (kind == "lsgan"))).all(), "and low ones of fakes"
    assert (made.grad < 0).all(), "which the generator wants high"


def test_default_is_softplus():
    real, fake = torch.tensor(REAL), torch.tensor(FAKE)
    assert torch.equal(discriminator_loss(real, fake), discriminator_loss(real, fake, "softplus"))
    assert torch.equal(generator_loss(fake), generator_loss(fake, "softplus"))


@pytest.mark.parametrize("kind", ["softplus", "lsgan", "hinge", "wgan"])
def test_extreme_logits_stay_finite(kind):
    far = torch.tensor([-1e4, 1e4])
    assert torch.isfinite(discriminator_loss(far, far, kind)) and torch.isfinite(generator_loss(far, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_gradcheck(kind):
    real, fake = double(2, 1, 3, 3).requires_grad_(), double(2, 1, 2, 2, seed=1).requires_grad_()
    assert (real.abs() - 1).abs().min() > 1e-3 and (fake.abs() - 1).abs().min() > 1e-3, "away from the hinges"
    assert gradcheck(lambda r, f: discriminator_loss(r, f, kind), (real, fake))
    assert gradcheck(lambda f: generator_loss(f, kind), fake)


def test_hinge_values():
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([-2.0, 1.0])
    assert hinge_discriminator_loss(real, fake).item() == pytest.approx((0 + 1) / 2 + (0 + 2) / 2)
    assert hinge_generator_loss(fake).item() == pytest.approx(0.5)


def test_r1_of_a_linear_critic_is_half_its_squared_slope():
    slope = torch.tensor([1.0, -2.0, 2.0])
    real = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert r1_penalty(real @ slope, real).item() == pytest.approx(4.5, rel=1e-5)


def test_r1_of_a_quadratic_critic():
    real = double(4, 3, 2, 2).requires_grad_()
    wanted = 0.5 * (6 * real.detach().numpy()).__pow__(2).sum((1, 2, 3)).mean()
    assert r1_penalty(3 * real.square().sum((1, 2, 3)), real).item() == pytest.approx(wanted)


def test_gradient_penalty_of_a_linear_critic_is_its_squared_distance_from_slope_1():
    between = double(5, 3).requires_grad_()
    steep = between @ torch.tensor([1.0, -2.0, 2.0], dtype=torch.float64)
    gentle = between @ torch.tensor([0.0, 0.6, 0.8], dtype=torch.float64)
    assert gradient_penalty(steep, between).item() == pytest.approx(4.0)
    assert gradient_penalty(gentle, between).item() == pytest.approx(0.0, abs=1e-12)


def test_gradient_penalty_counts_every_picture_by_itself():
    between = double(4, 3, 2, 2).requires_grad_()
    norms = (between.detach().numpy() ** 2).sum((1, 2, 3)) ** 0.5  # the gradient of |x|^2 / 2 is x
    found = gradient_penalty(between.square().sum((1, 2, 3)) / 2, between)
    assert found.item() == pytest.approx(((norms - 1) ** 2).mean())


@pytest.mark.parametrize("penalty", [r1_penalty, gradient_penalty])
def test_penalties_can_be_learned_from(penalty):
    x = double(3, 4).requires_grad_()

    def of(first, second):
        return penalty(torch.tanh(x @ first) @ second, x)

    assert gradcheck(of, (double(4, 5, seed=1).requires_grad_(), double(5, seed=2).requires_grad_()))


def test_gradient_penalty_of_a_flat_critic_is_1_and_finite_to_learn_from():
    weight = torch.zeros(3, requires_grad=True)
    between = torch.rand(2, 3).requires_grad_()
    loss = gradient_penalty(between @ weight, between)
    loss.backward()
    assert loss.item() == pytest.approx(1.0)
    assert torch.isfinite(weight.grad).all()
