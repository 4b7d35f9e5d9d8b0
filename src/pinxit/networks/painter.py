"""Painter: generator and style encoder together, what pretraining trains and the package ships."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from pinxit.networks.generator import Generator
from pinxit.networks.style_encoder import StyleEncoder


class Painter(nn.Module):
    """A generator, and the style encoder that writes codes for it.

    Args:
        generator: Settings of the :class:`Generator`.
        encoder: Settings of the :class:`StyleEncoder`.
    """

    def __init__(self, *, generator: dict[str, Any] | None = None, encoder: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.generator = Generator(**(generator or {}))
        self.encoder = StyleEncoder(**(encoder or {}))
        self.settings = {"generator": self.generator.settings, "encoder": self.encoder.settings}

    def forward(self, pixels: Tensor, statistics: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (B, 3, H, W) in the style's colours and statistics of references (B, L), to results and codes."""
        code = self.encoder(statistics)
        return self.generator(pixels, code), code
