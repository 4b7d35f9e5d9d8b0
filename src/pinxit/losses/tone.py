"""Visible colour difference as a loss: a CIEDE2000 that gradients can pass."""

from __future__ import annotations

import torch
from torch import Tensor

from pinxit.color import RGB_TO_WHITE_XYZ


def srgb_to_lab(rgb: Tensor) -> Tensor:
    """sRGB (..., 3) to CIE Lab (D65). Departure: below 0 and above 1 the curves go on, so that gradients do too."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)
    xyz = linear @ torch.as_tensor(RGB_TO_WHITE_XYZ, dtype=rgb.dtype, device=rgb.device).T
    f = torch.where(xyz > 0.008856452, xyz.clamp(min=0.008856452) ** (1 / 3), xyz * 7.787037 + 16 / 116)
    red, green, blue = f.unbind(-1)
    return torch.stack([116 * green - 16, 500 * (red - green), 200 * (green - blue)], -1)


def colour_difference(lab: Tensor, target: Tensor, eps: float = 0.05) -> Tensor:
    """Visible difference of Lab colours (..., 3) to target colours (..., 3); returns (...).

    Source:
        Sharma, Wu and Dalal 2005 (CIEDE2000). Departures: lightness and chroma weights are the target's, the hue
        difference is the part of the a-b distance across the target's hue, and the rotation of the blues is left
        out, so that it is smooth; ``eps`` is added under the root.
    """
    dl = lab[..., 0] - target[..., 0]
    a, b = target[..., 1], target[..., 2]
    chroma = (a * a + b * b + 1e-6).sqrt()
    grey = 1 + 0.5 * (1 - (chroma**7 / (chroma**7 + 25.0**7) + 1e-12).sqrt())
    da, db = (lab[..., 1] - a) * grey, lab[..., 2] - b
    along = (da * a + db * b) / chroma
    across = da * da + db * db - along * along
    middle = (target[..., 0] - 50) ** 2
    sl = 1 + 0.015 * middle / (20 + middle).sqrt()
    sc, sh = 1 + 0.045 * chroma, 1 + 0.013 * chroma
    return ((dl / sl) ** 2 + (along / sc) ** 2 + across.clamp(min=0) / sh**2 + eps).sqrt()
