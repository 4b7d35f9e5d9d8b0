"""A style given to the whole sphere: tones pixel by pixel, strokes through views that look at it evenly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pinxit.color import LUMA, unit_float
from pinxit.engines.adjust import adjust, check_adjustments
from pinxit.engines.automatic import Strongest, read_strength
from pinxit.engines.engine import check_strokes, mask_for
from pinxit.engines.strips import as_dtype
from pinxit.errors import InputError
from pinxit.panoramas.sphere import STRIP, Surface
from pinxit.panoramas.views import Views, kept
from pinxit.picture import Picture

if TYPE_CHECKING:
    from pinxit.engines.engine import Engine
    from pinxit.engines.scene import Scene

WIDEST = 8192
"""Strokes of panoramas wider than this grow with them: a quarter turn of so many pixels is a picture of 2048."""
_SHEET = 256  # pixels a side of what is taken of a view to measure a scene
_NEAR, _LEAST = 2, 1e-6  # pixels around one in which detail is compared; a variance that is none

Strokes = Callable[[slice], np.ndarray]
"""What painting makes of some rows, (rows, W, 4) float32: what is added, and the share of the tones that stays."""
Progress = Callable[[int, int, str], Any]


class PanoramaPainter:
    """A style made ready for panoramas of one kind and size: a still one, or every frame of a shot.

    Tones are a table, and so exact in every pixel. What the painter does is read in views of the sphere as a line
    (He, Sun and Tang 2013): painted = share * tones + rest, place by place. Only share and rest go back through
    resampling, so that the panorama's own detail stays sharp where the painter leaves it and goes where it paints over.

    Args:
        engine: The style.
        surface: Which directions the pixels are.
        scene: Measured on :func:`typical_views`; None measures the first panorama that is painted, and holds that.
        brush: Size of strokes in those of the references; None makes them grow with panoramas over ``WIDEST``.
        strength: As in ``Engine.transfer``.
        warmth: The same.
        contrast: The same.
        saturation: The same.
        controls: ``tone``, ``texture``, ``correct``, ``keep_colours``, ``variation`` and ``seed``, the same.

    Raises:
        InputError: A setting out of range.
    """

    def __init__(
        self,
        engine: Engine,
        surface: Surface,
        scene: Scene | None = None,
        *,
        brush: float | None = None,
        strength: float | str | Strongest = 1.0,
        warmth: float = 0.0,
        contrast: float = 0.0,
        saturation: float = 0.0,
        **controls: Any,
    ) -> None:
        check_strokes(brush, controls.get("variation", 0.0))
        self.engine, self.surface, self.scene, self.controls = engine, surface, scene, controls
        self.strength = read_strength(strength)
        self.adjustments = {"warmth": warmth, "contrast": contrast, "saturation": saturation}
        check_adjustments(**self.adjustments)
        brush = max(1.0, surface.density * 2 * np.pi / WIDEST) if brush is None else brush
        self.views = Views(surface.density / brush)

    def __call__(
        self, array: np.ndarray, *, mask: np.ndarray | None = None, on_progress: Progress | None = None
    ) -> np.ndarray:
        """Paint a panorama.

        Args:
            array: (H, W, 3) uint8, uint16 or float 0..1, of the surface's shape.
            mask: Where the style goes, (h, w) 0..1, brought to the panorama's size.
            on_progress: Called as (done, total, text).

        Returns:
            A new array of the same shape and dtype.

        Raises:
            InputError: Another shape.
        """
        self.hold(array)
        if self.strength == 0:
            return array.copy()
        strokes = self.strokes(self.painted(array, on_progress)) if self.paints else None
        return self.finished(array, strokes, self.strength_for(array, strokes), mask)

    def hold(self, *arrays: np.ndarray) -> Scene | None:
        """The scene, measured on these panoramas where one is needed and there is none yet.

        Raises:
            InputError: One has another shape than the surface.
        """
        for array in arrays:
            if array.shape[:2] != self.surface.shape:
                wanted, came = ("x".join(str(n) for n in shape[1::-1]) for shape in (self.surface.shape, array.shape))
                raise InputError(f"a picture of {came} came to a panorama painter for {wanted}; make one for its size")
        # Without strokes and correction one table is for all pictures.
        measured = self.engine.style.texture is not None or self.controls.get("correct")
        if self.scene is None and measured:
            strokes = {key: self.controls[key] for key in ("variation", "seed") if key in self.controls}
            self.scene = self.engine.scene(typical_views(self.surface, arrays, self.views), brush=1.0, **strokes)
        return self.scene

    @property
    def paints(self) -> bool:
        """Whether there are strokes, beside tones."""
        return self.engine.style.texture is not None and self.controls.get("texture", 1.0) != 0

    def painted(self, array: np.ndarray, on_progress: Progress | None = None) -> np.ndarray:
        """Rest and share of every view, (12, S, S, 4) int16; zeros in views that the panorama does not need."""
        side, read = self.views.side, self.surface.reader(array, self.views.density)
        stack = np.zeros((len(self.views.turns), side, side, 4), np.int16)
        given = {**self.controls, "scene": self.scene, "brush": 1.0}
        for done, number in enumerate(self._needed):
            if on_progress:
                on_progress(done, len(self._needed), "painting")
            view = Picture.open(self.views.seen(number, read))
            toned = self.engine.transfer(view, **given | {"texture": 0.0}).array
            painted = self.engine.transfer(view, **given).array
            share = detail_share(toned, painted)[..., None]
            stack[number, ..., :3], stack[number, ..., 3:] = kept(painted - share * toned), kept(share)
        if on_progress:
            on_progress(len(self._needed), len(self._needed), "painting")
        return stack

    def strokes(self, stack: np.ndarray) -> Strokes:
        """What was :meth:`painted`, as the rows of the panorama need it."""
        return lambda rows: self.read(stack, self.surface.directions(rows))

    @cached_property
    def _needed(self) -> list[int]:
        return self.views.needed(self.surface)

    def read(self, stack: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """What was painted in the views in any directions, (..., 3) to (..., 4) float32; 0 where a direction is NaN."""
        flat = directions.reshape(-1, 3)
        known = np.isfinite(flat[:, 0])
        if known.all():
            found = self.views.gathered(stack, flat)
        else:
            found = np.zeros((len(flat), stack.shape[3]), np.float32)
            found[known] = self.views.gathered(stack, flat[known])
        return found.reshape(*directions.shape[:-1], -1)

    def strength_for(self, array: np.ndarray, strokes: Strokes | None) -> float:
        """The strength of a panorama, which an automatic one finds out."""
        if not isinstance(self.strength, Strongest):
            return self.strength
        return self.strength.share(array, self.finished(array, strokes, 1.0))

    def finished(
        self, array: np.ndarray, strokes: Strokes | None, strength: float, mask: np.ndarray | None = None
    ) -> np.ndarray:
        """Tones, strokes, and all that follows.

        Args:
            array: A panorama.
            strokes: Read from what was :meth:`painted`; None for tones alone.
            strength: Of :meth:`strength_for`.
            mask: As in :meth:`__call__`.
        """
        where = None if mask is None else mask_for(Picture(array), mask)[..., None]
        out = np.empty_like(array)
        adjustments = {name: value * min(strength, 1.0) for name, value in self.adjustments.items()}
        controls = {**self.controls, "scene": self.scene}
        controls |= {"strength": strength} if strokes is None else {"texture": 0.0}
        for start in range(0, len(array), STRIP):
            rows = slice(start, min(start + STRIP, len(array)))
            strip = unit_float(array[rows])
            result = self.engine.transfer(Picture(strip), **controls).array
            if strokes is not None:
                found = strokes(rows)
                painted = (found[..., 3:] * result + found[..., :3]).clip(0, 1)
                result = painted if strength == 1 else (strip + np.float32(strength) * (painted - strip)).clip(0, 1)
            result = adjust(result, **adjustments)
            if where is not None:
                result = strip + where[rows] * (result - strip)
            out[rows] = as_dtype(result, array.dtype)
            empty = self.surface.empty(rows)
            out[rows][empty] = array[rows][empty]
        return out


def detail_share(toned: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """How much of the finest detail painting leaves: the slope of painted over toned lightness around each pixel.

    Args:
        toned: (H, W, 3) float32.
        painted: The same.

    Returns:
        (H, W) float32, 0..1.
    """
    import torch
    import torch.nn.functional as F

    def around(x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, 2 * _NEAR + 1, 1, _NEAR, count_include_pad=False)

    a, b = (torch.from_numpy(x @ np.asarray(LUMA, np.float32))[None, None] for x in (toned, painted))
    mean = around(a)
    spread, together = around(a * a) - mean * mean, around(a * b) - mean * around(b)
    return around((together / (spread + _LEAST)).clamp(0, 1))[0, 0].numpy()


def typical_views(surface: Surface, arrays: Sequence[np.ndarray], views: Views | None = None) -> list[Picture]:
    """What stands for whole panoramas when a scene is measured: the middles of all views, four on a sheet.

    Views are spread evenly, so that every solid angle counts alike. On sheets, because of several pictures a scene
    looks at the four corners of each.

    Args:
        surface: Of the panoramas.
        arrays: One or several, such as some frames of a shot, that share the views among them.
        views: At another density than the surface's own.
    """
    views = views or Views(surface.density)
    side, numbers = min(_SHEET, views.side), views.needed(surface)
    inner = slice((views.side - side) // 2, (views.side + side) // 2)
    readers = [surface.reader(array, views.density) for array in arrays]
    parts = [views.seen(number, readers[at % len(readers)], inner) for at, number in enumerate(numbers)]
    sheets = []
    for first in range(0, len(parts), 4):
        four = [parts[(first + at) % len(parts)] for at in range(4)]
        sheets.append(Picture.open(np.vstack([np.hstack(four[:2]), np.hstack(four[2:])])))
    return sheets
