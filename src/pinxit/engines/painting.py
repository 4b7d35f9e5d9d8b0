"""Painting: the texture half of a style made ready, given to pixels of any number in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.color import LUMA, unit_float
from pinxit.errors import StyleError
from pinxit.networks.adaptive import SharedStatistics
from pinxit.networks.bands import band_quantiles, match_bands
from pinxit.networks.generator import HALO, STRIDE
from pinxit.networks.palette import PaletteTransport, linear_match
from pinxit.networks.precision import has_bfloat16
from pinxit.networks.settling import NODES
from pinxit.networks.weights import painter_with
from pinxit.networks.works import Works
from pinxit.picture.sampling import thumbnail
from pinxit.tone.lut import Lut

if TYPE_CHECKING:
    from pinxit.texture import Texture

WHOLE = 2_100_000
"""Pictures of so many pixels are painted in one piece; larger ones by tiles."""
TILE = 768
"""Side of a tile without its halo, in pixels; a multiple of the generator's stride."""
LONGEST = 2048
"""Longest side that is painted at its own size; beyond it strokes grow with the picture."""
ROUNDS = 2
"""How often colours and bands are matched in turn after painting."""
_SAMPLES, _SAMPLE = 9, 256  # crops at which the statistics of a large picture are measured, and their side
_EDGE = 16  # mirrored pixels around a picture, so that its borders are painted like its middle
_CLOUD = 64  # colours of a picture are read at a grid of so many pixels a side


class Painting:
    """A texture ready to be given to pictures.

    Args:
        texture: Code, colours and strokes of the references.

    Raises:
        StyleError: The texture was learned for another generator.
    """

    def __init__(self, texture: Texture) -> None:
        self.generator = painter_with(texture.painter, texture.adapter or {}).generator
        wanted = self.generator.settings["code"]
        if len(texture.code) != wanted:
            raise StyleError(
                f"the style's code has {len(texture.code)} numbers, and the painter reads {wanted}; "
                "learn it again: pinxit learn PICTURES --name NAME"
            )
        self.code = torch.from_numpy(texture.code.copy())[None]
        self.works = Works.from_arrays(texture.palettes, texture.bands)

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
            tone: How far colours go to those of the references that suit the picture; 0 keeps them.
            texture: How much of the strokes is added; 0 adds none.
            brush: Size of strokes, in those of the references; None makes them grow with pictures over 2048 pixels.
            keep_colours: Take lightness alone from the painting.
            variation: How far the code is moved at random.
            seed: Of that movement.

        Returns:
            (H, W, 3) float32, 0..1.
        """
        pixels = unit_float(array)
        aim = Aim(*self.works.suited(cloud_of(pixels)))
        graded = aim.lut(pixels).apply(pixels, 1.0).clip(0, 1)
        tone = 0.0 if keep_colours else tone
        result = graded if tone == 1 else pixels + np.float32(tone) * (graded - pixels)
        if texture:
            change = self._strokes(pixels, graded, brush, self._code(variation, seed), aim)
            if keep_colours:
                change = np.repeat(change @ np.asarray(LUMA, np.float32)[:, None], 3, 2)
            result = result + np.float32(texture) * change
        return result.clip(0, 1)

    def _code(self, variation: float, seed: int) -> Tensor:
        if not variation:
            return self.code
        noise = torch.randn(self.code.shape, generator=torch.Generator().manual_seed(seed))
        return self.code + variation * noise

    def _strokes(
        self, pixels: np.ndarray, graded: np.ndarray, brush: float | None, code: Tensor, aim: Aim
    ) -> np.ndarray:
        """Painted minus graded, (H, W, 3), at the picture's size."""
        height, width = graded.shape[:2]
        brush = max(1.0, max(height, width) / LONGEST) if brush is None else brush
        size = [max(2 * STRIDE, round(n / brush)) for n in (height, width)]
        small, toned = _tensor(pixels), _tensor(graded)
        if size != [height, width]:
            small, toned = (_resized(x, size, antialias=True).clamp_(0, 1) for x in (small, toned))
        with torch.inference_mode():
            change = aim.settled(self.paint(aim.matched(small), code).clamp_(0, 1)) - toned
            if size != [height, width]:
                change = _resized(change, [height, width])
        return _array(change)

    def paint(self, pixels: Tensor, code: Tensor, *, precise: bool = False) -> Tensor:
        """Pass the generator over pictures (1, 3, H, W) of any size: whole, or tile by tile with shared statistics.

        Args:
            pixels: sRGB 0..1, in the style's colours.
            code: (1, S).
            precise: In float32 even where the processor has bfloat16.
        """
        height, width = pixels.shape[2:]
        pixels = F.pad(
            pixels, (_EDGE, _EDGE, _EDGE, _EDGE), mode="replicate" if min(height, width) <= _EDGE else "reflect"
        )
        own = (slice(None), slice(None), slice(_EDGE, _EDGE + height), slice(_EDGE, _EDGE + width))
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=not precise and has_bfloat16()):
            if height * width <= WHOLE:
                return self.generator(pixels, code).float()[own]
            measured = SharedStatistics(pooled=True)
            samples = _samples(pixels)
            self.generator(samples, code.expand(len(samples), -1), measured)
            result = torch.empty_like(pixels)
            for outer, inner, place in tiles(*pixels.shape[2:]):
                painted = self.generator(pixels[:, :, outer[0], outer[1]], code, measured.again())
                result[:, :, place[0], place[1]] = painted[:, :, inner[0], inner[1]].float()
        return result[own]


@dataclass(frozen=True)
class Aim:
    """What one picture is brought to.

    Args:
        palette: Colours, (P, 3).
        bands: Quantiles of frequency bands, (bands, 3, L).
    """

    palette: Tensor
    bands: Tensor

    def lut(self, pixels: np.ndarray) -> Lut:
        """The table that brings this picture's colours, (H, W, 3) float32, to the palette."""
        nodes = torch.from_numpy(Lut.identity(NODES).table.copy()).view(1, -1, 3)
        transport = PaletteTransport(cloud_of(pixels)[None], self.palette[None])
        return Lut(transport(nodes).view(NODES, NODES, NODES, 3).numpy())

    def matched(self, pixels: Tensor) -> Tensor:
        """What the generator reads: the picture with mean and covariance of the palette, not clipped."""
        matrix, offset = linear_match(cloud_of(_array(pixels))[None], self.palette[None])
        return (matrix[0].T @ pixels[0].flatten(1) + offset[0].T).view_as(pixels)

    def settled(self, painted: Tensor) -> Tensor:
        """Colours and bands brought to the aim exactly, in turn, where painting left them a little off."""
        for _ in range(ROUNDS):
            array = _array(painted)
            painted = _tensor(self.lut(array).apply(array, 1.0).clip(0, 1))
            painted = match_bands(painted, band_quantiles(painted, *self.bands.shape[::2]), self.bands).clamp_(0, 1)
        return painted


Slices = tuple[slice, slice]


def tiles(
    height: int, width: int, side: int | None = None, halo: int = HALO
) -> Iterator[tuple[Slices, Slices, Slices]]:
    """Cut a picture into tiles of a side (``TILE`` unless told otherwise).

    Yields:
        What a tile sees of the picture, which part of that is its own, and where this belongs in the picture.
    """
    side = side or TILE
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


def _samples(pixels: Tensor) -> Tensor:
    """Crops on an even grid of a large picture, (9, 3, 256, 256) or smaller for a narrow one."""
    side = [min(n, _SAMPLE) for n in pixels.shape[2:]]
    places = [
        torch.linspace(0, n - s, round(_SAMPLES**0.5)).long().tolist()
        for n, s in zip(pixels.shape[2:], side, strict=True)
    ]
    return torch.cat([pixels[:, :, r : r + side[0], c : c + side[1]] for r in places[0] for c in places[1]])


def cloud_of(pixels: np.ndarray) -> Tensor:
    """Colours of a picture (H, W, 3) float 0..1 at an even grid, as painting reads them, (N, 3)."""
    return torch.from_numpy(np.ascontiguousarray(thumbnail(pixels, _CLOUD))).view(-1, 3)


def _tensor(array: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))[None]


def _array(pixels: Tensor) -> np.ndarray:
    return pixels[0].permute(1, 2, 0).contiguous().numpy()


def _resized(pixels: Tensor, size: list[int], *, antialias: bool = False) -> Tensor:
    return F.interpolate(pixels, size, mode="bicubic", antialias=antialias, align_corners=False)
