"""Networks of rivals that know one style: a generator alone, with CUT's projections, or as CycleGAN's pair."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from pinxit.networks.discriminator import MultiScaleDiscriminator
from pinxit.networks.generator import Generator

CODE = 8
"""Length of the code of their generators; it is always zero."""


class Solo(nn.Module):
    """A :class:`Generator` of one style.

    Args:
        settings: Of the generator; the code is of length 8.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.generator = Generator(code=CODE, **settings)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pictures (B, 3, H, W), sRGB 0..1, 16 pixels or more, to pictures of the style, not clipped."""
        return self.generator(pixels, pixels.new_zeros(len(pixels), CODE))


class CutNetwork(Solo):
    """A generator, and the projections of its features that CUT compares.

    Args:
        width: Of the projections.
        settings: Of the generator.
    """

    def __init__(self, *, width: int = 256, **settings: Any) -> None:
        super().__init__(**settings)
        a, b, c = self.generator.settings["widths"]
        self.heads = nn.ModuleList(
            nn.Sequential(nn.Linear(n, width), nn.ReLU(), nn.Linear(width, width)) for n in (3, a, b, c, c)
        )

    def features(self, pixels: Tensor) -> list[Tensor]:
        """Five maps, as in the paper: the pixels, the two scales on the way down, the first and the last block."""
        half, quarter, _, first, *others = self.generator.encode(pixels, pixels.new_zeros(len(pixels), CODE))
        return [pixels, half, quarter, first, others[-1] if others else first]


class CycleNetwork(nn.Module):
    """Two generators: ``art`` paints photos, ``photo`` takes paintings back."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.art, self.photo = Solo(**settings), Solo(**settings)

    def forward(self, pixels: Tensor) -> Tensor:
        """Photos (B, 3, H, W), sRGB 0..1, to paintings, not clipped."""
        return self.art(pixels)


class CycleCritics(nn.Module):
    """Two discriminators: ``art`` tells works from painted photos, ``photo`` photos from works taken back."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.art, self.photo = (MultiScaleDiscriminator(scales=1, **settings) for _ in range(2))
