"""How a model's pictures are painted, measured: steps at seams and tiles, evenness of strokes, time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.color import ciede2000, srgb_to_lab
from pinxit.engines.engine import Engine
from pinxit.models.coding import coded_sheets
from pinxit.models.gltf import read_model
from pinxit.models.restyle import Plan, paint_sheets, plan_sheets, scene_of, seams_of
from pinxit.models.seams import Seams
from pinxit.models.sheets import Sheet, read_sheets
from pinxit.models.tileable import seam_ratio
from pinxit.picture import DEFAULT_MAX_PIXELS, Picture

DIALS = {"texture": 1.0, "variation": 0.0, "seed": 0}
HEADINGS = (
    "model", "method", "seams", "step before", "after", "ratio", "CIEDE2000 before", "after", "tile", "strokes", "s",
)  # fmt: skip
METHODS = ("pinxit", "each by itself")


@dataclass(frozen=True)
class Row:
    """One model painted by one method.

    Args:
        model: Its name.
        method: One of :data:`METHODS`.
        seams: How many edges have two sides in the pictures.
        step: Mean distance between the colours of both sides of seams, by length: root mean square over the channels,
            0..255; None without seams.
        before: The same of the input.
        visible: The same as mean CIEDE2000, of which about 1 can be seen.
        visible_before: The same of the input.
        tile: Largest :func:`~pinxit.models.tileable.seam_ratio` of a tile over the input's; None without tiles.
        strokes: Brush in units of the world, largest over smallest of the pictures; None for one picture.
        seconds: Wall time of painting.
    """

    model: str
    method: str
    seams: int
    step: float | None
    before: float | None
    visible: float | None
    visible_before: float | None
    tile: float | None
    strokes: float | None
    seconds: float

    @property
    def ratio(self) -> float | None:
        """Step across seams over the input's."""
        return self.step / self.before if self.before else None

    def cells(self) -> list[str]:
        """A row under :data:`HEADINGS`."""
        numbers = (self.before, self.step, self.ratio, self.visible_before, self.visible, self.tile, self.strokes)
        shown = ["" if number is None else f"{number:.2f}" for number in numbers]
        return [self.model, self.method, str(self.seams), *shown, f"{self.seconds:.1f}"]

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return asdict(self) | {"ratio": self.ratio}


def race_models(
    models: Sequence[Path], engine: Engine, on_progress: Callable[[int, int, str], Any] | None = None
) -> list[Row]:
    """Paint models as one and picture by picture, and measure what shows at seams and tiles.

    Pictures are measured as files hold them, in their own format. Those from which the surface picks single colours
    have no seams: every border between two of their colours is meant.

    Args:
        models: Those without pictures of colours are passed over.
        engine: The style.
        on_progress: Called as (done, total, name).
    """
    rows = []
    for done, path in enumerate(models):
        if on_progress:
            on_progress(done, len(models), path.name)
        sheets, _ = read_sheets(read_model(path), DEFAULT_MAX_PIXELS)
        if sheets:
            plans = plan_sheets(sheets, None, True)
            seams = seams_of(sheets, plans)
            rows += [_row(path.stem, method, engine, sheets, plans, seams) for method in METHODS]
    return rows


def table_of(rows: Sequence[Row]) -> str:
    """The rows as lines of text under :data:`HEADINGS`."""
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)


def visible_step(seams: Seams, pictures: Sequence[np.ndarray], wraps: Sequence[tuple[int, int]]) -> float | None:
    """Mean CIEDE2000 between both sides of all seams, by length; None without seams.

    Args:
        seams: Where to look.
        pictures: (H, W, 3) uint8, uint16 or float 0..1.
        wraps: How they go on beyond their borders.
    """
    if not seams.lengths.sum():
        return None
    lab = srgb_to_lab(seams.looked_up(pictures, wraps))
    return float(np.average(ciede2000(lab[:, 0], lab[:, 1]), weights=seams.lengths))


def _row(name: str, method: str, engine: Engine, sheets: Sequence[Sheet], plans: Sequence[Plan], seams: Seams) -> Row:
    start = time.perf_counter()
    if method == METHODS[0]:
        arrays, _ = paint_sheets(engine, scene_of(engine, sheets, plans, DIALS), sheets, plans, DIALS)
        brushes = [plan.brush if plan.strokes else 0.0 for plan in plans]
    else:
        arrays = [engine.transfer(sheet.picture).array for sheet in sheets]
        brushes = [1.0] * len(sheets)
    seconds = time.perf_counter() - start
    arrays = [Picture.open(data).array for data in coded_sheets(sheets, arrays, seams, None)]
    sources, wraps = [sheet.picture.array for sheet in sheets], [sheet.wrap for sheet in sheets]
    tiles = [
        seam_ratio(array, 1 - axis) / seam_ratio(source, 1 - axis)
        for array, source, plan in zip(arrays, sources, plans, strict=True)
        for axis in (0, 1)
        if plan.tiled[axis]
    ]
    world = [b / p.density.texels for b, p in zip(brushes, plans, strict=True) if b and p.density.texels]
    return Row(
        model=name,
        method=method,
        seams=seams.edges,
        step=seams.step(arrays, wraps),
        before=seams.step(sources, wraps),
        visible=visible_step(seams, arrays, wraps),
        visible_before=visible_step(seams, sources, wraps),
        tile=max(tiles) if tiles else None,
        strokes=max(world) / min(world) if len(world) > 1 else None,
        seconds=seconds,
    )
