"""What if: the same picture with one part of a style left out, and what that changes by the figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import LUMA, ciede2000, srgb_to_lab, unit_float
from pinxit.engines.engine import Engine
from pinxit.errors import InputError
from pinxit.measuring.style_pairs import Pair, PairFigures, Projected, luma_ssim
from pinxit.picture import Picture
from pinxit.picture.writing import to_bits
from pinxit.style import Style

if TYPE_CHECKING:
    from torch import Tensor

    from pinxit.engines.aim import Aim

FULL, UNTOUCHED = "full", "untouched"


@dataclass(frozen=True, eq=False)
class Variant:
    """One row of the table.

    Args:
        name: Such as "tone only".
        what: What was left out, in a few words.
        array: The picture, (H, W, 3) uint8.
        ssim: Content kept, 1 for the untouched photo.
        colour: Way left to the references' colours, 1 for the untouched photo; None without references.
        texture: The same of their strokes.
        style: Log-odds that it is in the style; None where that cannot be said.
        away: Mean visible difference from the full result (CIEDE2000).
    """

    name: str
    what: str
    array: np.ndarray
    ssim: float
    colour: float | None
    texture: float | None
    style: float | None
    away: float


def variants(
    photo: Picture, style: Style, references: Sequence[np.ndarray], judge: Callable[[np.ndarray], float] | None
) -> list[Variant]:
    """Transfer a photo with each part of a style left out, and measure.

    Args:
        photo: 8 bits deep, longest side 512 or less.
        style: With a tone or a texture.
        references: Pictures that have it, (H, W, 3), for ``colour`` and ``texture``; may be none.
        judge: Log-odds of the style; None where it cannot be recognized.

    Returns:
        The untouched photo, the full result, and the others.
    """
    made = _made(photo, style)
    content = Projected(photo.array, "photo")
    pairs = _pairs(content, references)
    full = srgb_to_lab(made[FULL][1])
    rows = []
    for name, (what, array) in made.items():
        after = Projected(array, "result")
        figures = [pair.figures(after) for pair in pairs]
        colour, texture = (_mean_of(figures, key) for key in ("colour", "texture"))
        kept = luma_ssim(content.pixels, after.pixels)
        away = float(ciede2000(full, srgb_to_lab(array)).mean())
        rows.append(Variant(name, what, array, kept, colour, texture, judge(array) if judge else None, away))
    return rows


def _mean_of(figures: Sequence[PairFigures], key: str) -> float | None:
    return float(np.mean([getattr(one, key) for one in figures])) if figures else None


def _pairs(content: Projected, references: Sequence[np.ndarray]) -> list[Pair]:
    """Those of the references that are another picture than the photo."""
    found = []
    for reference in references:
        try:
            found.append(Pair(content, reference))
        except InputError:
            continue
    return found


def _made(photo: Picture, style: Style) -> dict[str, tuple[str, np.ndarray]]:
    engine = Engine(style)
    full = engine.transfer(photo).array
    rows = {UNTOUCHED: ("the photo itself", photo.array), FULL: ("nothing left out", full)}
    if style.texture is None:
        rows |= _halves_of_a_look(photo.array, full)
    else:
        rows["tone only"] = ("no strokes", engine.transfer(photo, texture=0).array)
        rows["strokes only"] = ("no change of palette", engine.transfer(photo, tone=0).array)
        raw = to_bits(unsettled(photo, style)[0][0].permute(1, 2, 0).numpy(), np.uint8)
        rows["not settled"] = ("painted, but not brought to the works' colours and bands", raw)
        if style.texture.adapter:
            plain = Engine(replace(style, texture=replace(style.texture, adapter=None)))
            rows["no adapter"] = ("what adapting to this hand added to the painter", plain.transfer(photo).array)
    rows["half strength"] = ("half way back to the photo", engine.transfer(photo, strength=0.5).array)
    return rows


def _halves_of_a_look(photo: np.ndarray, full: np.ndarray) -> dict[str, tuple[str, np.ndarray]]:
    """A look's change of luma alone, and what is left of it."""
    before, after = unit_float(photo), unit_float(full)
    light = ((after - before) @ np.asarray(LUMA, np.float32))[..., None]
    return {
        "lightness only": ("no change of colour", to_bits((before + light).clip(0, 1), np.uint8)),
        "colour only": ("no change of lightness", to_bits((after - light).clip(0, 1), np.uint8)),
    }


def unsettled(photo: Picture, style: Style) -> tuple[Tensor, Aim]:
    """What the generator paints before colours and bands are settled, (1, 3, H, W) 0..1, and what it is settled to."""
    import torch

    from pinxit.engines.aim import Aim, cloud_of
    from pinxit.engines.painting import Painting

    painting = Painting(style.texture)
    pixels = unit_float(photo.array)
    aim = Aim(*painting.works.suited(cloud_of(pixels)))
    with torch.inference_mode():
        small = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]
        return painting.paint(aim.matched(small), painting.code).clamp_(0, 1), aim
