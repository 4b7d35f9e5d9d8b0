"""Adversarial losses and gradient penalties; logits are high for real."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Adversarial = Literal["softplus", "lsgan", "hinge", "wgan"]
ADVERSARIAL: tuple[Adversarial, ...] = ("softplus", "lsgan", "hinge", "wgan")
"""Names of the adversarial losses; "wgan" wants :func:`gradient_penalty` beside it."""


def discriminator_loss(real: Tensor, fake: Tensor, kind: Adversarial = "softplus") -> Tensor:
    """What a discriminator minimizes.

    Args:
        real: Logits of real pictures, any shape.
        fake: Logits of transferred pictures.
        kind: "softplus" non-saturating (Goodfellow et al. 2014), "lsgan" (Mao et al. 2017, targets 1 and 0), "hinge"
            (Lim and Ye 2017), "wgan" (Arjovsky et al. 2017).
    """
    if kind == "hinge":
        return hinge_discriminator_loss(real, fake)
    of_real = {"softplus": F.softplus(-real), "lsgan": 0.5 * (real - 1).square(), "wgan": -real}[kind]
    return of_real.mean() + refusal_loss(fake, kind)


def refusal_loss(fake: Tensor, kind: Adversarial = "softplus") -> Tensor:
    """What a discriminator minimizes of pictures to refuse; ``kind`` as in :func:`discriminator_loss`."""
    if kind == "softplus":
        return F.softplus(fake).mean()
    if kind == "lsgan":
        return 0.5 * fake.square().mean()
    return F.relu(1 + fake).mean() if kind == "hinge" else fake.mean()


def generator_loss(fake: Tensor, kind: Adversarial = "softplus") -> Tensor:
    """What a generator minimizes, of the logits of its pictures; ``kind`` as in :func:`discriminator_loss`."""
    if kind == "softplus":
        return F.softplus(-fake).mean()
    if kind == "lsgan":
        return 0.5 * (fake - 1).square().mean()
    return hinge_generator_loss(fake)


def hinge_discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Mean of ``max(0, 1 - real) + max(0, 1 + fake)`` (Lim and Ye 2017, arXiv:1705.02894)."""
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_generator_loss(fake: Tensor) -> Tensor:
    """Minus the mean logit of fakes."""
    return -fake.mean()


def r1_penalty(logits: Tensor, real: Tensor) -> Tensor:
    """Half the mean squared gradient norm at real pictures (Mescheder et al. 2018, arXiv:1801.04406).

    Args:
        logits: What the discriminator said of ``real``; any shape.
        real: Pictures that require gradients, (B, ...).
    """
    (gradient,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
    return 0.5 * gradient.flatten(1).square().sum(1).mean()


def gradient_penalty(logits: Tensor, between: Tensor) -> Tensor:
    """Mean squared distance from 1 of the gradient norm (WGAN-GP, Gulrajani et al. 2017, arXiv:1704.00028).

    Args:
        logits: What the discriminator said of ``between``; any shape.
        between: Random mixtures of real and fake pictures that require gradients, (B, ...).
    """
    (gradient,) = torch.autograd.grad(logits.sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
