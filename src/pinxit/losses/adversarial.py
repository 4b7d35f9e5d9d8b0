"""Adversarial losses; logits are high for real."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


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
