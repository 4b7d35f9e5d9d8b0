"""MultiScaleDiscriminator: tells a painter's patches from transferred ones, at three scales."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators with spectral normalization on the picture and on its half and quarter.

    Args:
        width: Channels of the first layer.
        scales: Number of scales.
        code: Length of the style code that logits are asked about; 0 asks "is it real?" alone.
        classes: Hands for the class head; 0 for none.

    Source:
        Patches: Isola et al. 2017 (arXiv:1611.07004); scales: Wang et al. 2018 (arXiv:1711.11585); conditioning by
        projection: Miyato and Koyama 2018 (arXiv:1802.05637). Departure: two strided layers instead of three, because
        brush strokes are small.
    """

    def __init__(self, *, width: int = 32, scales: int = 3, code: int = 0, classes: int = 0) -> None:
        super().__init__()
        self.settings = {"width": width, "scales": scales, "code": code, "classes": classes}
        self.bodies = nn.ModuleList(_body(width) for _ in range(scales))
        self.heads = nn.ModuleList(spectral_norm(nn.Conv2d(4 * width, 1, 1)) for _ in range(scales))
        self.asked = nn.ModuleList(spectral_norm(nn.Linear(code, 4 * width)) for _ in range(scales if code else 0))
        self.named = nn.ModuleList(nn.Linear(4 * width, classes) for _ in range(scales if classes else 0))

    def forward(self, pixels: Tensor, code: Tensor | None = None) -> tuple[list[Tensor], list[Tensor]]:
        """Pictures (B, 3, H, W), sRGB 0..1, to logits, high for real.

        Returns:
            For each scale logits of patches (B, 1, h, w), and logits of hands (B, classes); no hands without classes.
        """
        patches, hands, x = [], [], pixels * 2 - 1
        for i, (body, head) in enumerate(zip(self.bodies, self.heads, strict=True)):
            x = F.avg_pool2d(x, 2) if i else x
            features = body(x)
            logits = head(features)
            if code is not None and len(self.asked):
                question = self.asked[i](code)[..., None, None]
                logits = logits + (features * question).sum(1, keepdim=True) / features.shape[1] ** 0.5
            patches.append(logits)
            if len(self.named):
                hands.append(self.named[i](features.mean((2, 3))))
        return patches, hands

    def freeze(self, layers: int) -> None:
        """Freeze the first layers of every scale (FreezeD, Mo et al. 2020, arXiv:2002.10964); 0 frees them all."""
        for body in self.bodies:
            for i, layer in enumerate(m for m in body if isinstance(m, nn.Conv2d)):
                layer.requires_grad_(i >= layers)


def _body(width: int) -> nn.Sequential:
    sizes = ((3, width, 2), (width, 2 * width, 2), (2 * width, 4 * width, 1))
    layers: list[nn.Module] = []
    for before, after, stride in sizes:
        layers += [spectral_norm(nn.Conv2d(before, after, 4 if stride == 2 else 3, stride, 1)), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers)
