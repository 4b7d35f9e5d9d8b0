"""The differentiable colour difference against the exact one."""

import numpy as np
import torch

from pinxit.color import ciede2000
from pinxit.color import srgb_to_lab as exact_lab
from pinxit.losses.tone import colour_difference, srgb_to_lab


def test_lab_equals_numpy():
    rgb = torch.rand(200, 3, generator=torch.Generator().manual_seed(0))
    assert np.abs(srgb_to_lab(rgb).numpy() - exact_lab(rgb.numpy())).max() < 0.02


def test_near_ciede2000_for_small_differences():
    generator = torch.Generator().manual_seed(0)
    rgb = torch.rand(4000, 3, generator=generator) * 0.8 + 0.1
    other = (rgb + torch.randn(4000, 3, generator=generator) * 0.03).clamp(0, 1)
    a, b = srgb_to_lab(other), srgb_to_lab(rgb)
    exact = ciede2000(a.numpy(), b.numpy())
    ours = colour_difference(a, b, eps=0.0).numpy()
    assert abs(ours.mean() / exact.mean() - 1) < 0.1
    assert np.corrcoef(ours, exact)[0, 1] > 0.95


def test_zero_at_the_target_and_gradient_there():
    rgb = torch.full((4, 3), 0.5, requires_grad=True)
    loss = colour_difference(srgb_to_lab(rgb), srgb_to_lab(rgb.detach())).mean()
    loss.backward()
    assert loss.item() < 0.3
    assert torch.isfinite(rgb.grad).all()


def test_gradcheck():
    rgb = (
        torch.rand(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 0.6 + 0.2
    ).requires_grad_()
    target = srgb_to_lab(torch.rand(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2)))
    assert torch.autograd.gradcheck(lambda x: colour_difference(srgb_to_lab(x), target), rgb, atol=1e-4)
