"""Painting: the texture half of a style made ready, given to pixels of any number in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.color import LUMA, unit_float
from pinxit.engines.aim import Aim, Held, array_of, cloud_of, tensor_of
from pinxit.errors import StyleError
from pinxit.networks.adaptive import SharedStatistics
from pinxit.networks.generator import HALO, STRIDE
from pinxit.networks.precision import has_bfloat16
from pinxit.networks.weights import painter_with
from pinxit.networks.works import Works

if TYPE_CHECKING:
    from pinxit.networks.generator import Generator
    from pinxit.texture import Texture

WHOLE = 2_100_000
"""Pictures of so many pixels are painted in one piece; larger ones by tiles."""
SAMPLED = 600_000
"""Of larger ones so many pixels are looked at beforehand, for the statistics that tiles share."""
TILE = 768
"""Side of a tile without its halo, in pixels; a multiple of the generator's stride."""
LONGEST = 2048
"""Longest side that is painted at its own size; beyond it strokes grow with the picture."""
_SAMPLE = 256  # side of the crops at which a large picture is measured
_EDGE = 16  # mirrored pixels around a picture


class Painting:
    """A texture ready to be given to pictures.

    Args:
        texture: Code, colours and strokes of the references.
        generator: Another one than the package's, for which the texture was made; None takes that with the adapter.

    Raises:
        StyleError: The texture was learned for another generator.
    """

    def __init__(self, texture: Texture, generator: Generator | None = None) -> None:
        self.generator = generator or painter_with(texture.painter, texture.adapter or {}).generator
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
        held: Held | None = None,
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
            held: Maps from :meth:`hold` in place of the picture's own.

        Returns:
            (H, W, 3) float32, 0..1.
        """
        pixels = unit_float(array)
        aim = held or Aim(*self.works.suited(cloud_of(pixels)))
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
        self, pixels: np.ndarray, graded: np.ndarray, brush: float | None, code: Tensor, aim: Aim | Held
    ) -> np.ndarray:
        """Painted minus graded, (H, W, 3), at the picture's size."""
        height, width = graded.shape[:2]
        size = _painted_size(height, width, brush)
        small, toned = self._prepared(pixels, brush), self._prepared(graded, brush)
        with torch.inference_mode():
            shared = aim.statistics if isinstance(aim, Held) else None
            change = aim.settled(self.paint(aim.matched(small), code, shared=shared).clamp_(0, 1)) - toned
            if size != [height, width]:
                change = _resized(change, [height, width])
        return array_of(change)

    def hold(
        self, arrays: Sequence[np.ndarray], *, brush: float | None = None, variation: float = 0.0, seed: int = 0
    ) -> Held:
        """Measure on some pictures everything that painting measures on one, to be held for all that belong together.

        Args:
            arrays: Typical ones, (H, W, 3) uint8, uint16 or float 0..1, of any sizes.
            brush: As in :meth:`apply`, where the same is wanted.
            variation: The same.
            seed: The same.
        """
        code = self._code(variation, seed)
        with torch.inference_mode():
            pictures = [self._prepared(array, brush) for array in arrays]
            colours = torch.cat([cloud_of(array_of(picture)) for picture in pictures])
            aim = Aim(*self.works.suited(colours))
            linear = aim.linear(colours)
            samples = [linear(sample) for picture in pictures for sample in _samples(picture, WHOLE // len(pictures))]
            shared = self._statistics(samples, code)
            painted = [self.paint(sample, code, shared=shared).clamp_(0, 1) for sample in samples]
        return Held.measured(aim, colours, linear, shared, painted)

    def _statistics(self, samples: Sequence[Tensor], code: Tensor, *, precise: bool = False) -> SharedStatistics:
        """Of all samples (1, 3, h, w) together; those of one size in one pass, as if they were one picture."""
        sizes: dict[tuple[int, ...], list[Tensor]] = {}
        for sample in samples:
            sizes.setdefault(tuple(sample.shape), []).append(_edged(sample))
        found = [SharedStatistics(pooled=True) for _ in sizes]
        for group, statistics in zip(sizes.values(), found, strict=True):
            self._generated(torch.cat(group), code.expand(len(group), -1), statistics, precise=precise)
        counts = [len(group) * size[2] * size[3] for size, group in sizes.items()]
        return SharedStatistics.joined(found, counts)

    def _prepared(self, array: np.ndarray, brush: float | None) -> Tensor:
        """A picture at the size at which it is painted, (1, 3, h, w)."""
        pixels, size = tensor_of(unit_float(array)), _painted_size(*array.shape[:2], brush)
        if size == list(array.shape[:2]):
            return pixels
        return _resized(pixels, size, antialias=True).clamp_(0, 1)

    def _generated(
        self, pixels: Tensor, code: Tensor, statistics: SharedStatistics | None = None, *, precise: bool = False
    ) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=not precise and has_bfloat16()):
            return self.generator(pixels, code, statistics).float()

    def paint(
        self, pixels: Tensor, code: Tensor, *, precise: bool = False, shared: SharedStatistics | None = None
    ) -> Tensor:
        """Pass the generator over pictures (1, 3, H, W) of any size: whole, or tile by tile with shared statistics.

        Args:
            pixels: sRGB 0..1, in the style's colours.
            code: (1, S).
            precise: In float32 even where the processor has bfloat16.
            shared: Statistics to hold; None measures this picture's.
        """
        height, width = pixels.shape[2:]
        own = (slice(None), slice(None), slice(_EDGE, _EDGE + height), slice(_EDGE, _EDGE + width))
        with torch.inference_mode():
            if height * width <= WHOLE:
                return self._generated(_edged(pixels), code, shared and shared.again(), precise=precise)[own]
            if shared is None:
                shared = self._statistics(_samples(pixels, SAMPLED), code, precise=precise)
            pixels = _edged(pixels)
            result = torch.empty_like(pixels)
            for outer, inner, place in tiles(*pixels.shape[2:]):
                painted = self._generated(pixels[:, :, outer[0], outer[1]], code, shared.again(), precise=precise)
                result[:, :, place[0], place[1]] = painted[:, :, inner[0], inner[1]]
        return result[own]


def _painted_size(height: int, width: int, brush: float | None) -> list[int]:
    """Height and width at which a picture is painted, in pixels."""
    brush = max(1.0, max(height, width) / LONGEST) if brush is None else brush
    return [max(2 * STRIDE, round(n / brush)) for n in (height, width)]


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


def _edged(pixels: Tensor) -> Tensor:
    """A picture with mirrored pixels around it, so that its borders are painted like its middle."""
    mode = "replicate" if min(pixels.shape[2:]) <= _EDGE else "reflect"
    return F.pad(pixels, (_EDGE, _EDGE, _EDGE, _EDGE), mode=mode)


def _samples(pixels: Tensor, most: int) -> list[Tensor]:
    """The picture (1, 3, H, W) itself up to ``most`` pixels; else crops at an even grid that have fewer in all."""
    if pixels[0, 0].numel() <= most:
        return [pixels]
    across = max(1, int((most / _SAMPLE**2) ** 0.5))
    places = []
    for n in pixels.shape[2:]:
        side = min(n, _SAMPLE)
        middles = (torch.arange(across) + 0.5) * n / across
        places.append([slice(start, start + side) for start in (middles - side / 2).long().clamp(0, n - side).tolist()])
    return [pixels[:, :, rows, columns] for rows in places[0] for columns in places[1]]


def _resized(pixels: Tensor, size: list[int], *, antialias: bool = False) -> Tensor:
    return F.interpolate(pixels, size, mode="bicubic", antialias=antialias, align_corners=False)
