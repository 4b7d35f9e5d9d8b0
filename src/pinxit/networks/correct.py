"""ExposureCorrector: the exposure and white balance of one picture, brought to what a look was learned on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pinxit.networks.statistics import ColourStatistics

EVEN = ((1.0, 1.0, 1.0), (0.5, 0.0, -0.5), (-0.25, 0.5, -0.25))  # level, warmth, tint to log gains of red, green, blue
MOST = 1.2  # largest log gain of any kind, about 1.7 stops


class ExposureCorrector(nn.Module):
    """Content thumbnail and look code to gains in linear light.

    Args:
        code: Length of the look code.
        width: Hidden units.
        side: Height and width of the thumbnails it was trained on.

    A fresh one changes nothing.
    """

    def __init__(self, *, code: int = 384, width: int = 192, side: int = 48) -> None:
        super().__init__()
        self.settings = {"code": code, "width": width, "side": side}
        self.statistics = ColourStatistics()
        self.look = nn.Linear(code, 32)
        self.layers = nn.Sequential(
            nn.Linear(self.statistics.length + 32, width), nn.GELU(), nn.Linear(width, width), nn.GELU()
        )
        self.answer = nn.Linear(width, 3)
        nn.init.zeros_(self.answer.weight)
        nn.init.zeros_(self.answer.bias)
        self.register_buffer("even", torch.tensor(EVEN), persistent=False)

    def forward(self, pixels: Tensor, code: Tensor) -> Tensor:
        """Pixels (B, 3, H, W), sRGB 0..1, and look codes (B, C) to gains (B, 3), positive, 1 changes nothing."""
        counted = self.statistics(pixels.flatten(2).transpose(1, 2))
        hidden = self.layers(torch.cat([counted, self.look(code)], 1))
        return torch.exp(MOST * torch.tanh(self.answer(hidden)) @ self.even)
