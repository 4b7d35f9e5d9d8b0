"""Painting: the texture half of a style made ready, given to pixels of any number in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.color import LUMA, unit_float
from pinxit.networks.adaptive import SharedStatistics
from pinxit.networks.bands import band_quantiles, match_bands
from pinxit.networks.generator import HALO, STRIDE
from pinxit.networks.palette import PaletteTransport
from pinxit.networks.weights import painter_with
from pinxit.tone.lut import Lut

if TYPE_CHECKING:
    from pinxit.texture import Texture

WHOLE = 2_400_000
"""Pictures of so many pixels are painted in one piece; larger ones by tiles."""
TILE = 768
"""Side of a tile without its halo, in pixels; a multiple of the generator's stride."""
LONGEST = 2048
"""Longest side that is painted at its own size; beyond it strokes grow with the picture."""
ROUNDS = 2
"""How often colours and bands are matched in turn after painting."""
_SAMPLES, _SAMPLE = 9, 256  # crops at which the statistics of a large picture are measured, and their side
_CLOUD = 96  # colours of a picture are read at a grid of so many pixels a side


class Painting:
    """A texture ready to be given to pictures.

    Args:
        texture: Code, colours and strokes of the references.

    Raises:
        StyleError: The texture was learned for another generator.
    """

    def __init__(self, texture: Texture) -> None:
        self.generator = painter_with(texture.painter, texture.adapter or {}).generator
        self.code = torch.from_numpy(texture.code.copy())[None]
        self.palette = torch.from_numpy(texture.palette.copy())[None]
        self.bands = torch.from_numpy(texture.bands.copy())

    def apply(
        self,
        array: np.ndarray,
        *,
        tone: float = 1.0,
        texture: float = 1.0,
        brush: float | None = None,
        keep_colours: bool = False,
        variation: float = 0.0,
        seed: int = 0,
    ) -> np.ndarray:
        """Repaint a picture.

        Args:
            array: (H, W, 3) uint8, uint16 or float 0..1.
            tone: How far colours go to the references' palette; 0 keeps them.
            texture: How much of the strokes is added; 0 adds none.
            brush: Size of strokes, in those of the references; None makes them grow with pictures over 2048 pixels.
            keep_colours: Take lightness alone from the painting.
            variation: How far the code is moved at random.
            seed: Of that movement.

        Returns:
            (H, W, 3) float32, 0..1.
        """
        pixels = unit_float(array)
        graded = self.palette_lut(pixels).apply(pixels, 1.0).clip(0, 1)
        tone = 0.0 if keep_colours else tone
        result = graded if tone == 1 else pixels + np.float32(tone) * (graded - pixels)
        if texture:
            change = self._strokes(graded, brush, self._code(variation, seed))
            if keep_colours:
                change = np.repeat(change @ np.asarray(LUMA, np.float32)[:, None], 3, 2)
            result = result + np.float32(texture) * change
        return result.clip(0, 1)

    def palette_lut(self, pixels: np.ndarray) -> Lut:
        """The table that brings this picture's colours, (H, W, 3) float32, to the references' palette."""
        return _palette_lut(pixels, self.palette)

    def _code(self, variation: float, seed: int) -> Tensor:
        if not variation:
            return self.code
        noise = torch.randn(self.code.shape, generator=torch.Generator().manual_seed(seed))
        return self.code + variation * noise

    def _strokes(self, graded: np.ndarray, brush: float | None, code: Tensor) -> np.ndarray:
        """Painted minus graded, (H, W, 3), at the picture's size."""
        height, width = graded.shape[:2]
        brush = max(1.0, max(height, width) / LONGEST) if brush is None else brush
        size = [max(2 * STRIDE, round(n / brush)) for n in (height, width)]
        small = _tensor(graded)
        if size != [height, width]:
            small = F.interpolate(small, size, mode="bicubic", antialias=True, align_corners=False).clamp_(0, 1)
        with torch.inference_mode():
            painted = self._settled(self.paint(small, code).clamp_(0, 1))
            change = painted - small
            if size != [height, width]:
                change = F.interpolate(change, (height, width), mode="bicubic", align_corners=False)
        return change[0].permute(1, 2, 0).contiguous().numpy()

    def _settled(self, painted: Tensor) -> Tensor:
        """Colours and bands brought to the references' exactly, in turn, where painting left them a little off."""
        for _ in range(ROUNDS):
            array = _array(painted)
            painted = _tensor(_palette_lut(array, self.palette).apply(array, 1.0).clip(0, 1))
            painted = match_bands(painted, band_quantiles(painted), self.bands).clamp_(0, 1)
        return painted

    def paint(self, pixels: Tensor, code: Tensor, *, precise: bool = False) -> Tensor:
        """Pass the generator over pictures (1, 3, H, W) of any size: whole, or tile by tile with shared statistics.

        Args:
            pixels: sRGB 0..1, in the style's colours.
            code: (1, S).
            precise: In float32 even where the processor has bfloat16.
        """
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=not precise and has_bfloat16()):
            if pixels.shape[2] * pixels.shape[3] <= WHOLE:
                return self.generator(pixels, code).float()
            measured = SharedStatistics(pooled=True)
            samples = _samples(pixels)
            self.generator(samples, code.expand(len(samples), -1), measured)
            result = torch.empty_like(pixels)
            for outer, inner, place in tiles(*pixels.shape[2:]):
                painted = self.generator(pixels[:, :, outer[0], outer[1]], code, measured.again())
                result[:, :, place[0], place[1]] = painted[:, :, inner[0], inner[1]].float()
        return result


Slices = tuple[slice, slice]


def tiles(height: int, width: int, side: int = TILE, halo: int = HALO) -> Iterator[tuple[Slices, Slices, Slices]]:
    """Cut a picture into tiles.

    Yields:
        What a tile sees of the picture, which part of that is its own, and where this belongs in the picture.
    """
    for top in range(0, height, side):
        for left in range(0, width, side):
            outer, inner, place = [], [], []
            for start, end in ((top, height), (left, width)):
                stop = min(start + side, end)
                first, last = max(0, start - halo), min(end, stop + halo)
                outer.append(slice(first, last))
                inner.append(slice(start - first, stop - first))
                place.append(slice(start, stop))
            yield tuple(outer), tuple(inner), tuple(place)


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 itself; elsewhere it would be slower, not faster."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _samples(pixels: Tensor) -> Tensor:
    """Crops on an even grid of a large picture, (9, 3, 256, 256)."""
    height, width = pixels.shape[2:]
    count = round(_SAMPLES**0.5)
    rows = torch.linspace(0, height - _SAMPLE, count).long().tolist()
    columns = torch.linspace(0, width - _SAMPLE, count).long().tolist()
    return torch.cat([pixels[:, :, r : r + _SAMPLE, c : c + _SAMPLE] for r in rows for c in columns])


def _palette_lut(pixels: np.ndarray, palette: Tensor) -> Lut:
    height, width = pixels.shape[:2]
    rows = ((np.arange(_CLOUD) + 0.5) * height / _CLOUD).astype(int)
    columns = ((np.arange(_CLOUD) + 0.5) * width / _CLOUD).astype(int)
    cloud = torch.from_numpy(np.ascontiguousarray(pixels[rows[:, None], columns])).view(1, -1, 3)
    nodes = torch.from_numpy(Lut.identity(33).table.copy()).view(1, -1, 3)
    return Lut(PaletteTransport(cloud, palette)(nodes).view(33, 33, 33, 3).numpy())


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None]


def _array(pixels: Tensor) -> np.ndarray:
    return pixels[0].permute(1, 2, 0).contiguous().numpy()
