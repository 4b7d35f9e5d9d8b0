"""Card: what a style is, what it does and what to know before it is relied on, as facts and sample pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pinxit.errors import PictureError
from pinxit.measuring.report import Report
from pinxit.measuring.skin_groups import LEAST, SkinReport
from pinxit.personal.card_figures import Opened, evenly, figures_of, lightness_of, opened, unseen
from pinxit.personal.card_learned import TextureFacts, TrainingFacts, texture_facts, training_facts
from pinxit.personal.card_tone import ToneFacts, tone_facts
from pinxit.personal.card_warnings import Warned, warnings_of
from pinxit.picture import Picture
from pinxit.picture.writing import to_bits
from pinxit.provenance import Provenance
from pinxit.style import Style

if TYPE_CHECKING:
    from pinxit.engines.engine import Engine

FORMAT = 1
"""Of the JSON."""
MOST_CONTENTS = 12
"""Photos that figures are measured on; of more, so many are chosen evenly."""
SAMPLES = {0: "astronaut", 4: "pagoda by a lake", 5: "cup of coffee", 6: "dahlia"}
"""Packaged photos that are shown; others are measured too."""
SKIN_HEADINGS = ("group", "portraits", "lightness", "hue")
"""Of :meth:`Card.skin_rows`."""

_UNSTATED = "not stated"

_PRACTISED = " A painter adapted without --contents practised on these very photos."
_NO_SKIN = "Not measured: add --portraits FOLDER, with portraits of light and dark skin."
_SKIN = "Mean shift of skin at full strength; groups are told by what a picture shows, not by who a person is."


@dataclass(frozen=True, eq=False)
class Sample:
    """A photo before and after.

    Args:
        label: What it shows, or its file name.
        before: (H, W, 3) uint8.
        half: At half strength.
        full: At full strength.
    """

    label: str
    before: np.ndarray
    half: np.ndarray
    full: np.ndarray


@dataclass(frozen=True, eq=False)
class Card:
    """Everything that a style's card shows.

    Args:
        name: The style's name.
        fingerprint: SHA-256 of what changes pixels.
        origin: Where it comes from.
        tone: Its table; None without one.
        texture: Its hand; None without one.
        report: Figures on photos.
        measured_on: Which photos, in a sentence.
        training: How it was adapted; None where it was not.
        skin: What it does to skin; None where no portraits came.
        skin_words: What the skin figures mean, or how to get them.
        warnings: What to know.
        skipped: Pictures that could not be read, and why.
        samples: Photos before and after.
        thumbnail: A small picture of its references, (H, W, 3) uint8; None without one.
    """

    name: str
    fingerprint: str
    origin: Provenance
    tone: ToneFacts | None
    texture: TextureFacts | None
    report: Report
    measured_on: str
    training: TrainingFacts | None
    skin: SkinReport | None
    skin_words: str
    warnings: tuple[Warned, ...]
    skipped: dict[str, str]
    samples: tuple[Sample, ...]
    thumbnail: np.ndarray | None

    def as_dict(self) -> dict[str, Any]:
        """Everything but the pictures, ready for JSON."""
        parts = {key: getattr(self, key) for key in ("tone", "texture", "training")}
        return {
            "pinxit": "card",
            "format": FORMAT,
            "name": self.name,
            "fingerprint": self.fingerprint,
            "provenance": asdict(self.origin),
            **{key: None if part is None else asdict(part) for key, part in parts.items()},
            "measured_on": self.measured_on,
            **self.report.to_dict(),
            "skin": None if self.skin is None else self.skin.as_dict(),
            "skin_words": self.skin_words,
            "warnings": [asdict(one) for one in self.warnings],
            "samples": [one.label for one in self.samples],
            "skipped": self.skipped,
        }

    def identity(self) -> list[tuple[str, str]]:
        """What the style is, as pairs of label and text."""
        origin = self.origin
        return [
            ("kind", origin.kind),
            ("learned", origin.method or _UNSTATED),
            ("references", str(origin.references)),
            ("date", f"{origin.created} by pinxit {origin.pinxit}"),
            ("licence", origin.licence or _UNSTATED),
            ("consent", origin.consent or _UNSTATED),
            ("fingerprint", self.fingerprint),
        ]

    def skin_rows(self) -> list[tuple[str, str, str, str]]:
        """What the style does to skin under :data:`SKIN_HEADINGS`; empty where it was not measured."""
        groups = self.skin.groups if self.skin else {}
        return [
            (
                name,
                str(group.portraits),
                _shifted(group.lightness, group.lightness_interval, "L*"),
                _shifted(group.hue, group.hue_interval, "degrees"),
            )
            for name, group in groups.items()
        ]


def _shifted(mean: float | None, interval: tuple[float, float] | None, unit: str) -> str:
    if mean is None:
        return "not measured"
    ends = ", ".join(f"{end:+.1f}" for end in interval or ())
    # Adding 0 takes the sign from a zero.
    return f"{round(mean, 1) + 0.0:+.1f} {unit}" + (f" [{ends}]" if interval else ", too few for an interval")


def make_card(
    style: Style,
    name: str,
    *,
    contents: Sequence[Path] = (),
    references: Sequence[Path] = (),
    portraits: Sequence[Path] = (),
    on_progress: Callable[[int, int, str], Any] | None = None,
) -> Card:
    """Measure a style and gather what its card shows.

    Args:
        style: With a tone or a texture.
        name: Its name; a style in a file may have none.
        contents: Photos to show and measure it on; without any, those that come with the package.
        references: Pictures that have the style; those that it was not learned from count alone, if there are any.
        portraits: Portraits of light and dark skin.
        on_progress: Called as (done, total, text).

    Raises:
        PictureError: None of the contents, references or portraits can be read.
        InputError: There is no skin in any portrait.
        MissingExtraError: Portraits came, and scikit-image is not installed.
        StyleError: The style holds nothing to give, or was learned for another painter.
    """
    from pinxit.engines.engine import Engine

    engine = Engine(style)
    photos, measured_on, shown = _photos(contents, style)
    results = []
    for number, array in enumerate(photos.arrays, 1):
        results.append(_given(engine, array))
        if on_progress:
            on_progress(number, len(photos.arrays), "giving the style")
    chosen, note = unseen(references, style.provenance) if references else ([], "")
    wanted = opened(chosen, "references") if chosen else Opened([], [], {})
    report = figures_of(style, photos.arrays, results, wanted.arrays, note)
    skin, skin_words, skipped = _skin(engine, portraits)
    bright = lightness_of([palette[None] for palette in style.texture.palettes] if style.texture else wanted.arrays)
    return Card(
        name=name,
        fingerprint=style.fingerprint,
        origin=style.provenance,
        tone=tone_facts(style),
        texture=texture_facts(style.texture),
        report=report,
        measured_on=measured_on,
        training=training_facts(style.provenance.training),
        skin=skin,
        skin_words=skin_words,
        warnings=warnings_of(style, report, bright, skin),
        skipped=photos.skipped | wanted.skipped | skipped,
        samples=tuple(
            _sample(label, photos.arrays[n], _given(engine, photos.arrays[n], 0.5), results[n])
            for n, label in shown.items()
        ),
        thumbnail=_thumbnail(style),
    )


def _photos(contents: Sequence[Path], style: Style) -> tuple[Opened, str, dict[int, str]]:
    """Photos, a sentence about them, and those that are shown, with their labels."""
    if contents:
        found = opened(evenly(contents, MOST_CONTENTS), "contents")
        shown = evenly(range(len(found.arrays)), len(SAMPLES))
        of = f" of {len(contents)}" if len(contents) > len(found.arrays) else ""
        return found, f"Measured on {len(found.arrays)}{of} photos.", {n: found.names[n] for n in shown}
    from pinxit.networks.weights import packaged_contents

    arrays = packaged_contents()
    words = f"Measured on the {len(arrays)} photos that come with pinxit; --contents FOLDER takes yours."
    words += _PRACTISED if style.provenance.training else ""
    shown = {n: label for n, label in SAMPLES.items() if n < len(arrays)}
    return Opened([str(n) for n in range(len(arrays))], list(arrays), {}), words, shown


def _sample(label: str, *arrays: np.ndarray) -> Sample:
    return Sample(label, *(to_bits(array, np.uint8) for array in arrays))


def _given(engine: Engine, array: np.ndarray, strength: float = 1.0) -> np.ndarray:
    return engine.transfer(Picture.open(array), strength=strength).array


def _skin(engine: Engine, portraits: Sequence[Path]) -> tuple[SkinReport | None, str, dict[str, str]]:
    if not portraits:
        return None, _NO_SKIN, {}
    from pinxit.measuring.skin_groups import find_skin, measure_skin

    found = opened(portraits, "portraits")
    report = measure_skin(lambda array: _given(engine, array), find_skin(found.arrays))
    few = [name for name, group in report.groups.items() if group.portraits < LEAST]
    words = _SKIN
    if few:
        words += f" Not compared, with fewer than {LEAST} portraits: {', '.join(few)}."
    elif not report.flags:
        words += " No group is moved much differently from another."
    return report, words, found.skipped


def _thumbnail(style: Style) -> np.ndarray | None:
    """The style's thumbnail; None where it has none or the file is damaged."""
    try:
        return to_bits(Picture.open(style.thumbnail).array, np.uint8) if style.thumbnail else None
    except PictureError:
        return None
