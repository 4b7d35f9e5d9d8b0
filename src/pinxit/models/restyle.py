"""A model's pictures painted as one: one scene, one size of strokes in the world, seams that meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.color import LUMA, linear_to_srgb, srgb_to_linear, unit_float
from pinxit.engines.engine import Engine
from pinxit.engines.scene import Scene
from pinxit.engines.strips import as_dtype
from pinxit.models.bleeding import filled, grown
from pinxit.models.density import Density, brushes, texel_density
from pinxit.models.seams import Seams, find_seams, level
from pinxit.models.sheets import Sheet
from pinxit.models.tileable import surrounded, taken_out, tiled_axes
from pinxit.picture import Picture
from pinxit.picture.shrink import shrink

TYPICAL = 6
"""So many pictures, those that cover most of the surface, stand for all when the scene is measured."""
_AROUND = 64  # pixels around a tile at the size at which it is painted
_LEAST = 64  # pixels a side that are painted at least
_REACH = 12  # how far from a seam colours are moved, in pixels at the size at which they are painted
_GOES_ON = 0.12  # what differs by less, sRGB 0..1, is not the background
_MARGIN = 64  # beyond an island a picture is new for one part in so many of its longest side


@dataclass(frozen=True, eq=False)
class Plan:
    """How one picture is painted.

    Args:
        brush: Size of its strokes.
        density: Of its texels.
        tiled: Whether it goes on at the opposite side, across and down.
        strokes: Whether it gets any.
    """

    brush: float
    density: Density
    tiled: tuple[bool, bool]
    strokes: bool


def plan_sheets(sheets: Sequence[Sheet], brush: float | None, strokes: bool) -> list[Plan]:
    """Decide size of strokes and tiling of every picture.

    Args:
        sheets: All pictures of colours of a model.
        brush: Size of strokes at the surface's mean density, or None.
        strokes: Whether the style has any.
    """
    densities = [texel_density(sheet.triangles, sheet.areas, sheet.picture.size) for sheet in sheets]
    sizes = brushes(densities, [sheet.picture.size for sheet in sheets], brush) if sheets else []
    plans = []
    for sheet, density, size in zip(sheets, densities, sizes, strict=True):
        tiled = tiled_axes(sheet.picture.array, sheet.triangles, sheet.wrap)
        plans.append(Plan(size, density, tiled, strokes and not density.palette))
    return plans


def scene_of(engine: Engine, sheets: Sequence[Sheet], plans: Sequence[Plan], dials: Mapping[str, Any]) -> Scene:
    """What is measured once for all pictures of a model: on those that most of its surface shows.

    They are looked at as large as they are painted; where nothing shows, with the colours around.
    """
    order = sorted(range(len(sheets)), key=lambda i: -plans[i].density.area)
    surfaces = [i for i in order if not sheets[i].light] or order
    pictures = []
    for i in surfaces[:TYPICAL]:
        base = surrounded(_base(sheets[i]), plans[i].tiled, _pads(sheets[i], plans[i]))
        pictures.append(Picture.open(shrink(base, max(1, round(max(base.shape[:2]) / plans[i].brush)))))
    return engine.scene(pictures, brush=1.0, variation=dials["variation"], seed=dials["seed"])


def paint_sheets(
    engine: Engine,
    scene: Scene,
    sheets: Sequence[Sheet],
    plans: Sequence[Plan],
    dials: Mapping[str, Any],
    on_progress: Callable[[int, int, str], Any] | None = None,
) -> tuple[list[np.ndarray], Seams]:
    """Give the style to all pictures of a model.

    Args:
        engine: The style.
        scene: Held for all of them.
        sheets: The pictures.
        plans: How each is painted.
        dials: Of :meth:`Engine.transfer`, all but ``brush`` and ``scene``.
        on_progress: Called as (done, total, name).

    Returns:
        New pixels of each picture, shape and dtype of the old ones, the very same where nothing shows; and the seams.
    """
    painted, sources = [], []
    for sheet, plan in zip(sheets, plans, strict=True):
        if on_progress:
            on_progress(len(painted), len(sheets), sheet.name)
        base = _base(sheet)
        painted.append(_painted(engine, scene, base, sheet, plan, dials))
        sources.append(as_dtype(base, sheet.picture.array.dtype))
    seams = seams_of(sheets, plans)
    if seams.edges:
        reach = round(_REACH * max(1.0, float(np.median([plan.brush for plan in plans]))))
        level(seams, sources, painted, [sheet.wrap for sheet in sheets], reach)
    for number, sheet in enumerate(sheets):
        painted[number] = _put_in(sheet, painted[number])
    return painted, seams


def seams_of(sheets: Sequence[Sheet], plans: Sequence[Plan]) -> Seams:
    """The seams between pictures that get strokes; without strokes equal colours become equal ones anyway."""
    return find_seams([part for sheet, plan in zip(sheets, plans, strict=True) if plan.strokes for part in sheet.parts])


def _base(sheet: Sheet) -> np.ndarray:
    """A picture, float32, with the colours of its islands carried beyond them.

    Texels at the border of an island, of which a part may show, keep their own colour where it goes on there.
    """
    pixels, known = unit_float(sheet.picture.array), sheet.known
    if known.all() or not known.any():
        return pixels
    base = filled(pixels, known)
    own = grown(known, 1) & (((pixels - base) ** 2).mean(axis=2) < _GOES_ON**2)
    return np.where(own[..., None], pixels, base)


def _pads(sheet: Sheet, plan: Plan) -> tuple[int, int]:
    """Texels around a picture while it is painted: a tile's repetition, and what a very small one lacks."""
    if not plan.strokes:
        return 0, 0
    lacks = [max(0, int(np.ceil((_LEAST * plan.brush - n) / 2))) for n in sheet.picture.size]
    around = round(_AROUND * plan.brush)
    return tuple(max(lack, around if repeats else 0) for lack, repeats in zip(lacks, plan.tiled, strict=True))


def _painted(
    engine: Engine, scene: Scene, base: np.ndarray, sheet: Sheet, plan: Plan, dials: Mapping[str, Any]
) -> np.ndarray:
    """One picture with the style, (H, W, 3) float32 0..1."""
    pads = _pads(sheet, plan)
    texture = dials["texture"] if plan.strokes else 0.0
    picture = Picture.open(surrounded(base, plan.tiled, pads))
    result = engine.transfer(picture, scene=scene, brush=plan.brush, **{**dials, "texture": texture})
    result = np.ascontiguousarray(taken_out(result.array, plan.tiled, pads))
    return not_brighter(result, base) if sheet.light else result


def not_brighter(result: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Colours with the light that they give, in linear luminance, held to the source's; (..., 3) sRGB 0..1."""
    light, most = (srgb_to_linear(one) for one in (result, source))
    amounts, bounds = (one @ np.asarray(LUMA, np.float32) for one in (light, most))
    share = np.minimum(1, np.divide(bounds, amounts, out=np.ones_like(amounts), where=amounts > 0))
    return linear_to_srgb(light * share[..., None])


def _put_in(sheet: Sheet, painted: np.ndarray) -> np.ndarray:
    """The new pixels where something shows and a little beyond, the old ones elsewhere."""
    array, known = sheet.picture.array, sheet.known
    painted = not_brighter(painted.clip(0, 1), unit_float(array)) if sheet.light else painted
    near = grown(known, max(4, max(known.shape) // _MARGIN))[..., None]
    return np.where(near, as_dtype(painted, array.dtype), array)
