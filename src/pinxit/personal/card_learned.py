"""What a style's card says of its texture and of how it was trained."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pinxit.color import srgb_to_lab
from pinxit.personal.card_figures import evenly
from pinxit.personal.card_tone import Colour
from pinxit.provenance import PARTS, Training
from pinxit.texture import Texture

WORKS = 8
"""Most works whose palettes are shown."""
COLOURS = 12
"""Colours that stand for a palette."""
MEANS = {
    "ssim": "content kept: 1 all of it",
    "colour": "way left to their colours: lower is nearer",
    "texture": "way left to their strokes: lower is nearer",
    "spread": "how different results are: near 0, all look the same",
    "preference": "how little it is what you like: lower is better",
    "score": "weighted sum of the others, which learning lowers",
}


@dataclass(frozen=True)
class TextureFacts:
    """What a style holds of a hand.

    Args:
        works: Of how many references it keeps colours and strokes.
        palettes: Of up to :data:`WORKS` of them, share and colour of each of about :data:`COLOURS`, dark to light.
        adapter: How it changes the painter, in a few words.
        painter: Which painter it was learned for.
    """

    works: int
    palettes: tuple[tuple[tuple[float, Colour], ...], ...]
    adapter: str
    painter: str


@dataclass(frozen=True)
class TrainingFacts:
    """How an adaptation went.

    Args:
        rows: Figure, before, after (None where one is missing), and what it means.
        meaning: What was compared with what, in plain words.
        validations: What is known of the way there, in plain words.
    """

    rows: tuple[tuple[str, float | None, float | None, str], ...]
    meaning: str
    validations: str


def texture_facts(texture: Texture | None) -> TextureFacts | None:
    """Facts about a texture; None without one."""
    if texture is None:
        return None
    whole = sum(key.endswith(".whole") for key in texture.adapter or {})
    ranks = sum(key.endswith(".up") for key in texture.adapter or {})
    told = [f"{ranks} layers by low ranks"] * bool(ranks) + [f"{whole} parameters as a whole"] * bool(whole)
    return TextureFacts(
        works=len(texture.palettes),
        palettes=tuple(main_colours(palette) for palette in evenly(texture.palettes, WORKS)),
        adapter="changes " + " and ".join(told) if told else "changes nothing in the painter, which reads its code",
        painter=texture.painter,
    )


def main_colours(palette: np.ndarray, count: int = COLOURS) -> tuple[tuple[float, Colour], ...]:
    """Share and mean colour of the parts of a palette (M, 3), 0..1, cut at the median; dark to light, shares sum to 1.

    Source:
        Heckbert 1982, as in Pillow.
    """
    pixels = np.rint(palette[None] * 255).astype(np.uint8)
    parts = np.asarray(Image.fromarray(pixels).quantize(count, Image.Quantize.MEDIANCUT))[0]
    found = [(float((parts == part).mean()), palette[parts == part].mean(0)) for part in np.unique(parts)]
    found.sort(key=lambda item: float(srgb_to_lab(item[1])[0]))
    return tuple((round(share, 4), tuple(round(float(v), 4) for v in colour)) for share, colour in found)


def training_facts(training: Training | None) -> TrainingFacts | None:
    """Facts about an adaptation; None where nothing was adapted."""
    if training is None:
        return None
    names = [*(name for name in MEANS if name in training.before), *sorted(set(training.before) - set(MEANS))]
    rows = [(name, training.before[name], training.after.get(name), MEANS.get(name, "")) for name in names]
    return TrainingFacts(tuple(rows), _meaning(training), _validations(training))


def _meaning(training: Training) -> str:
    counts = Counter(training.split.values())
    train, validation, test, cut = (counts[part] for part in PARTS)
    if test:
        by = f"{test} test reference{'s' * (test != 1)}: {train} trained, {validation} told when to stop"
    else:
        by = f"a quarter of each reference ({cut} in all): another quarter told when to stop, the rest trained"
    return (
        f"Photos painted without and with what was learned, against {by}. Nothing was chosen by the test, but the "
        "colours and bands, which are read and not learned, come from all references."
    )


def _validations(training: Training) -> str:
    count = len(training.history)
    kept = f"step {training.best} was kept" if training.best else "nothing was gained, and nothing kept"
    return f"{training.steps} steps in {training.minutes:g} minutes, {count} validation{'s' * (count != 1)}; {kept}."
