"""Giving a style to a glTF model."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pinxit.engines.engine import Engine
from pinxit.engines.scene import Scene
from pinxit.errors import InputError
from pinxit.models.coding import coded_sheets
from pinxit.models.factors import single_colours, tone_vertices, toned_materials
from pinxit.models.gltf import Model, read_model, understanding
from pinxit.models.restyle import Plan, paint_sheets, plan_sheets, scene_of
from pinxit.models.saving import check_output, write_model
from pinxit.models.sheets import Sheet, read_sheets
from pinxit.picture import DEFAULT_MAX_PIXELS, Picture
from pinxit.picture.label import EDITED

if TYPE_CHECKING:
    from pinxit.style import Style

_SWATCH = 64  # side of the picture on which a scene of single colours is measured


@dataclass(frozen=True)
class Painted:
    """What became of one picture of a model.

    Args:
        name: Which one.
        slots: What it colours, such as "base colour".
        width: In texels.
        height: The same.
        brush: Size of strokes that it got; 0 for none.
        density: Its texels along a unit of length of the world; 0 where that is not known.
        tiled: Whether it goes on at the opposite side, across and down.
    """

    name: str
    slots: tuple[str, ...]
    width: int
    height: int
    brush: float
    density: float
    tiled: tuple[bool, bool]

    def __str__(self) -> str:
        strokes = f"brush {self.brush:.2f}" if self.brush else "tone alone"
        tile = ", a tile" if any(self.tiled) else ""
        density = f", {self.density:.3g} texels a unit" if self.density else ""
        return f"{self.name}: {', '.join(self.slots)}, {self.width}x{self.height}{density}, {strokes}{tile}"


@dataclass(frozen=True)
class ModelReport:
    """What became of a model.

    Args:
        source: The model.
        output: The result.
        pictures: Those that have the style.
        seams: Edges of the surface whose sides lie apart in the pictures.
        materials: How many have new factors.
        vertices: How many have new colours.
        notes: What stays as it is, and why.
        seconds: Wall time.
    """

    source: Path
    output: Path
    pictures: tuple[Painted, ...] = ()
    seams: int = 0
    materials: int = 0
    vertices: int = 0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        counts = f"{len(self.pictures)} pictures, {self.materials} materials, {self.vertices} vertices"
        lines = [f"{self.output}: {counts}, {self.seams} seams, in {self.seconds:.1f} s", *map(str, self.pictures)]
        return "\n  ".join([*lines, *self.notes])


def transfer_model(
    source: str | os.PathLike[str],
    style: Style,
    output: str | os.PathLike[str],
    *,
    strength: float = 1.0,
    tone: float = 1.0,
    texture: float = 1.0,
    correct: float = 0.0,
    brush: float | None = None,
    keep_colours: bool = False,
    variation: float = 0.0,
    seed: int = 0,
    warmth: float = 0.0,
    contrast: float = 0.0,
    saturation: float = 0.0,
    quality: int | None = None,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    overwrite: bool = False,
    on_progress: Callable[[int, int, str], Any] | None = None,
) -> ModelReport:
    """Give a style to the colours of a glTF model.

    Every picture of colours is painted, all by what was measured on all of them; strokes have one size in the world,
    islands and tiles keep their borders, seams meet. Factors and colours of vertices get the tone. Normals, roughness
    and all other maps, geometry, skins and animations stay byte for byte.

    Args:
        source: A .glb, or a .gltf with its files beside it; nothing outside its folder is read.
        style: The style.
        output: A new file of the same kind; for a .gltf in another folder, where its files are written too.
        strength: Of the whole style, as in :meth:`Engine.transfer`; 0 copies the model.
        tone: The same.
        texture: The same.
        correct: The same; measured once for all pictures.
        brush: Size of strokes where texels lie at the surface's mean density, 0.25 to 8, in those of the references.
        keep_colours: As in :meth:`Engine.transfer`.
        variation: The same.
        seed: The same.
        warmth: The same.
        contrast: The same.
        saturation: The same.
        quality: Of pictures that are JPEG, WebP or AVIF, 1..100; None is 95, and finer where seams need it.
        max_pixels: Most pixels of one picture.
        overwrite: Replace files that are there.
        on_progress: Called as (done, total, name) with pictures.

    Raises:
        NotFoundError: The model or a file that it names is not there.
        InputError: It is damaged, holds no colours, or names something outside its folder; or a setting is wrong.
        PictureError: One of its pictures is damaged.
        CapacityError: It is too large, or the output cannot be written.
    """
    start = time.monotonic()
    model, output = read_model(Path(source)), Path(output).expanduser()
    check_output(model, output, overwrite=overwrite)
    dials = {
        "strength": strength, "tone": tone, "texture": texture, "correct": correct, "keep_colours": keep_colours,
        "variation": variation, "seed": seed, "warmth": warmth, "contrast": contrast, "saturation": saturation,
    }  # fmt: skip
    engine = Engine(style)
    if isinstance(strength, str):
        raise InputError(f"strength {strength!r} came for a model, whose pictures belong together; a number is wanted")
    probe = Picture.open(np.zeros((1, 1, 3), np.uint8))
    same = engine.transfer(probe, brush=brush, **{**dials, "texture": 0.0}) is probe
    if same and (strength == 0 or texture == 0 or style.texture is None):
        write_model(model, model.json, model.buffers, {}, output)
        return ModelReport(model.path, output, seconds=time.monotonic() - start)
    with understanding(model.path):
        report = _restyled(model, engine, output, dials, brush, quality, max_pixels, on_progress)
    return replace(report, seconds=time.monotonic() - start)


def _restyled(
    model: Model,
    engine: Engine,
    output: Path,
    dials: dict[str, Any],
    brush: float | None,
    quality: int | None,
    max_pixels: int,
    on_progress: Callable[[int, int, str], Any] | None,
) -> ModelReport:
    sheets, notes = read_sheets(model, max_pixels)
    if not sheets and notes:
        raise InputError(f"{model.path} holds no picture of colours that can be painted: {'; '.join(notes)}")
    single = single_colours(model)
    if not sheets and not len(single):
        raise InputError(f"{model.path} holds no colours: no pictures, no materials and no colours of vertices")
    plans = plan_sheets(sheets, brush, engine.style.texture is not None and dials["texture"] > 0)
    scene = scene_of(engine, sheets, plans, dials) if sheets else _scene_of_colours(engine, single)
    arrays, seams = paint_sheets(engine, scene, sheets, plans, dials, on_progress)
    pictures = {}
    for sheet, data in zip(sheets, coded_sheets(sheets, arrays, seams, quality), strict=True):
        pictures |= dict.fromkeys(sheet.images, data)
    document, buffers = deepcopy(model.json), [None if one is None else bytearray(one) for one in model.buffers]
    tone = partial(_toned, engine, scene, dials)
    if model.items("materials"):
        document["materials"] = toned_materials(model, tone)
    vertices, more = tone_vertices(model, tone, buffers)
    _label(document, pictures, engine.style.name)
    write_model(model, document, buffers, pictures, output)
    changed = sum(a != b for a, b in zip(document.get("materials", []), model.items("materials"), strict=True))
    painted = tuple(_painted(sheet, plan) for sheet, plan in zip(sheets, plans, strict=True))
    return ModelReport(model.path, output, painted, seams.edges, changed, vertices, (*notes, *more))


def _painted(sheet: Sheet, plan: Plan) -> Painted:
    brush = plan.brush if plan.strokes else 0.0
    return Painted(sheet.name, sheet.slots, *sheet.picture.size, brush, plan.density.texels, plan.tiled)


def _toned(engine: Engine, scene: Scene, dials: dict[str, Any], colours: np.ndarray) -> np.ndarray:
    """The tone alone of colours (N, 3) float32, sRGB 0..1."""
    row = Picture.open(np.ascontiguousarray(colours[None], np.float32))
    return engine.transfer(row, scene=scene, **{**dials, "texture": 0.0}).array[0]


def _scene_of_colours(engine: Engine, colours: np.ndarray) -> Scene:
    """A scene where there are no pictures, of colours (N, 3) float32, sRGB 0..1."""
    return engine.scene([Picture.open(np.resize(colours, (_SWATCH, _SWATCH, 3)))])


def _label(document: dict[str, Any], pictures: Mapping[int, bytes], style: str | None) -> None:
    """Say in the model's own notes that it is edited with a trained model."""
    digest = hashlib.blake2b(digest_size=16)
    for number in sorted(pictures):
        digest.update(pictures[number])
    extras = document["asset"].get("extras", {})
    extras = dict(extras) if isinstance(extras, dict) else {"source": extras}
    extras["digitalSourceType"] = EDITED.source_type
    extras["AIGC"] = EDITED.aigc(digest.hexdigest())
    document["asset"]["extras"] = extras | ({"style": style} if style else {})
