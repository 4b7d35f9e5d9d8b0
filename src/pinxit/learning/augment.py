"""Differentiable augmentation of what a discriminator sees."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


class Augmentation:
    """One draw of random changes, given alike to every picture that it is called with.

    Each of mirroring, shift by up to an eighth, cut-out of a quarter's side, brightness, saturation and contrast comes
    with the given probability, picture by picture.

    Args:
        count: Pictures.
        probability: 0 leaves all as they are.
        rng: Of the draw.

    Source:
        Zhao et al. 2020 (DiffAugment, arXiv:2006.10738) for the changes, Karras et al. 2020 (ADA, arXiv:2006.06676)
        for their probability.
    """

    def __init__(self, count: int, probability: float, rng: np.random.Generator) -> None:
        def draw(low: float, high: float, neutral: float) -> Tensor:
            chosen = rng.random(count) < probability
            return torch.from_numpy(np.where(chosen, rng.uniform(low, high, count), neutral)).float().view(-1, 1, 1, 1)

        self.off = probability <= 0
        self.mirror = draw(-1, 0, 1).sign()
        self.across, self.down = draw(-0.25, 0.25, 0), draw(-0.25, 0.25, 0)
        self.hole_x, self.hole_y = draw(0, 1, 9), torch.from_numpy(rng.random((count, 1, 1, 1))).float()
        self.brightness, self.saturation, self.contrast = draw(-0.25, 0.25, 0), draw(0.4, 1.6, 1), draw(0.6, 1.4, 1)

    def __call__(self, pixels: Tensor) -> Tensor:
        """Change pictures (B, 3, H, W), sRGB 0..1."""
        if self.off:
            return pixels
        x = pixels + self.brightness
        grey, middle = x.mean(1, keepdim=True), x.mean((1, 2, 3), keepdim=True)
        x = (torch.lerp(grey.expand_as(x), x, self.saturation) - middle) * self.contrast + middle
        zero = torch.zeros_like(self.mirror)
        rows = torch.cat([self.mirror, zero, self.across, zero, zero + 1, self.down], 1).view(-1, 2, 3)
        grid = F.affine_grid(rows, list(x.shape), align_corners=False)
        x = F.grid_sample(x, grid.to(x), mode="bilinear", padding_mode="reflection", align_corners=False)
        height, width = x.shape[2:]
        far_x = (torch.linspace(0, 1, width).view(1, 1, 1, -1) - self.hole_x).abs()
        far_y = (torch.linspace(0, 1, height).view(1, 1, -1, 1) - self.hole_y).abs()
        return x * (torch.maximum(far_x, far_y) > 0.125).to(x)
