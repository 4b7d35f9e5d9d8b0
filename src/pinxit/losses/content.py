"""Content losses: how far a result is from showing the same things."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.errors import ShapeError

LUMA = (0.299, 0.587, 0.114)


def feature_content_loss(result: Tensor, content: Tensor, *, normalized: bool = True) -> Tensor:
    """Mean squared difference of features, (B, C, H, W) each.

    Args:
        result: Features of the result.
        content: Features of the content.
        normalized: First give every channel mean 0 and spread 1, so that tone and amount of texture do not count.

    Source:
        Johnson et al. 2016 (arXiv:1603.08155); normalized as in Huang et al. 2018 (MUNIT, arXiv:1804.04732).
    """
    result, content = (x.to(torch.promote_types(x.dtype, torch.float32)) for x in (result, content))
    if normalized:
        result, content = F.instance_norm(result), F.instance_norm(content)
    return (result - content).square().mean()


def patch_nce_loss(result: Tensor, content: Tensor, temperature: float = 0.07) -> Tensor:
    """Cross-entropy of finding each place of the content again in the result among the picture's other places.

    Args:
        result: Vectors of places, (B, N, C).
        content: Vectors of the same places, (B, N, C).
        temperature: Of the cosine similarities.

    Source:
        Park et al. 2020 (CUT), arXiv:2007.15651, equation 3. Departure: negatives from the same picture only.
    """
    a, b = (F.normalize(x.to(torch.promote_types(x.dtype, torch.float32)), dim=2) for x in (result, content))
    logits = a @ b.transpose(1, 2) / temperature
    places = torch.arange(logits.shape[1], device=logits.device).expand(logits.shape[0], -1)
    return F.cross_entropy(logits.flatten(0, 1), places.flatten())


def structural_similarity(a: Tensor, b: Tensor) -> Tensor:
    """Luminance SSIM of pictures (B, 3, H, W), sRGB 0..1, window 11x11 Gaussian with sigma 1.5; (B,).

    Raises:
        ShapeError: The pictures differ in shape, or are smaller than the window.

    Source:
        Wang et al. 2004. Departure: luma is Rec. 601 of the encoded values, borders are left out.
    """
    if a.shape != b.shape or min(a.shape[2:]) < 11:
        raise ShapeError(
            f"two pictures of one shape, 11 pixels or more, are wanted, not {tuple(a.shape)}, {tuple(b.shape)}"
        )
    weights = a.new_tensor(LUMA).view(1, 3, 1, 1)
    x, y = (a * weights).sum(1, True), (b * weights).sum(1, True)
    place = torch.arange(11, device=a.device, dtype=a.dtype) - 5
    window = torch.exp(-(place**2) / 4.5)
    window = window / window.sum()

    def blur(z: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(z, window.view(1, 1, 1, 11)), window.view(1, 1, 11, 1))

    mx, my, xx, yy, xy = (blur(z) for z in (x, y, x * x, y * y, x * y))
    vx, vy, cov = xx - mx**2, yy - my**2, xy - mx * my
    similarity = (2 * mx * my + 1e-4) * (2 * cov + 9e-4) / ((mx**2 + my**2 + 1e-4) * (vx + vy + 9e-4))
    return similarity.mean((1, 2, 3))
