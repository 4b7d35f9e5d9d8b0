"""Explain: why one picture looks as it does in one style, with figures by which the answers can be judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.engines.engine import Engine
from pinxit.errors import InputError, ShapeError, StyleError
from pinxit.learning.references import References, open_small, read_references
from pinxit.measuring.attribution import check_samples, superpixels
from pinxit.personal.judges import Judged, StyleJudge, judged, liking_judge
from pinxit.personal.painted import Painted, painted
from pinxit.personal.what_if import FULL, Variant, variants
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut

LEAST = 64
"""Shortest side of a picture that can be explained, in pixels, when the longest has 512 or fewer."""
MOST_REFERENCES = 8
"""Of more references, so many, evenly chosen, are measured against."""
SAMPLES = 200
_MOST_SAMPLES = 10_000
Progress = Callable[[int, int, str], Any]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Everything that is told about one picture in one style.

    Args:
        style: The style.
        photo: The picture as it was looked at, (H, W, 3) uint8, longest side 512 or less.
        size: Width and height of the picture that came.
        regions: Number of each pixel's region, (H, W).
        variants: The picture untouched, in full style, and with parts left out.
        lut: The change of colours.
        painted: What the painter did; None for a style without texture.
        recognized: Why it looks like the style; None where ``unknown`` says why that cannot be told.
        unknown: That reason.
        halves: What strokes and colours bring to the recognition.
        liking: Why one person would like it; None where nobody's likes came.
        references: Pictures that have the style, as far as they are at hand.
        samples: Of KernelSHAP and of LIME.
        seed: Of all that was drawn.
        seconds: Time that each part took.
    """

    style: Style
    photo: np.ndarray
    size: tuple[int, int]
    regions: np.ndarray
    variants: tuple[Variant, ...]
    lut: Lut
    painted: Painted | None
    recognized: Judged | None
    unknown: str
    halves: dict[str, float]
    liking: Judged | None
    references: References | None
    samples: int
    seed: int
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def result(self) -> np.ndarray:
        """The picture in full style, (H, W, 3) uint8."""
        return self.variant(FULL).array

    def variant(self, name: str) -> Variant:
        """One of ``variants``."""
        return next(one for one in self.variants if one.name == name)

    @property
    def own_references(self) -> int:
        """How many of the references are known to be pictures that the style was learned from."""
        return len(set(self.references.hashes) & set(self.style.provenance.hashes)) if self.references else 0

    @property
    def moved(self) -> float | None:
        """Rank correlation of attention and strokes; None without attention."""
        if self.painted is None or self.painted.attention is None:
            return None
        return self.painted.moved(self.variant("tone only").array, self.result)

    def to_dict(self) -> dict[str, Any]:
        """The figures, ready for JSON."""
        rows = [{key: value for key, value in vars(one).items() if key != "array"} for one in self.variants]
        return {
            "style": self.style.name,
            "what_if": rows,
            "works": [{"number": w.number, "share": w.share, "file": w.name} for w in self._works()],
            "attention": None if self.moved is None else {"logit": self.painted.logit, "moved": self.moved},
            "recognition": _facts(self.recognized),
            "not_recognized": self.unknown or None,
            "halves": self.halves,
            "liking": _facts(self.liking),
            "references": 0 if self.references is None else len(self.references.arrays),
            "samples": self.samples,
            "seed": self.seed,
            "seconds": {key: round(value, 2) for key, value in self.seconds.items()},
        }

    def _works(self) -> Sequence[Any]:
        return self.painted.works if self.painted else ()


def explain(
    content: Any,
    style: Style,
    *,
    references: Sequence[Any] = (),
    liked: Sequence[Any] = (),
    disliked: Sequence[Any] = (),
    samples: int = SAMPLES,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> Explanation:
    """Explain what a style does to one picture. Everything is looked at with a longest side of 512 pixels.

    Args:
        content: Whatever ``Picture.open`` takes.
        style: With a tone or a texture.
        references: Pictures that have the style, to be shown and measured against.
        liked: Pictures that one person likes; with ``disliked``, a classifier of them is explained too.
        disliked: Pictures that the same person does not like.
        samples: Combinations of regions that KernelSHAP and LIME try for each judge.
        seed: Of these, of random orders and of the classifier.
        on_progress: Called as (done, total, text).

    Raises:
        InputError: Too few or too many samples, likes without dislikes, or references of which none can be read.
        ShapeError: The picture is too small or too narrow.
        StyleError: The style holds nothing that can be given.
        MissingExtraError: Captum, scikit-image or scikit-learn is not installed.
    """
    _check(samples, liked, disliked)
    clock = _Clock(on_progress, 5)
    whole = Picture.open(content)
    photo = _small(whole)
    engine, regions = Engine(style), superpixels(photo.array)
    check_samples(samples, int(regions.max()) + 1)
    known = read_references(references) if references else None
    judge, unknown = _judge(style)
    clock("what if")
    rows = variants(photo, style, _even(known.arrays) if known else (), judge)
    result = next(one.array for one in rows if one.name == FULL)
    clock("the painter")
    inside = painted(photo.array, result, regions, style.texture, _named(known)) if style.texture else None
    clock("the recognizer")
    ask = (photo.array, result, regions, samples, seed)
    recognized = judged(judge, *ask) if judge else None
    halves = judge.halves(photo.array, result) if judge else {}
    clock("liking")
    liking = judged(liking_judge(liked, disliked, seed), *ask) if liked else None
    clock("")
    lut = engine.lut_for(photo) if inside is None else inside.lut
    return Explanation(
        style, photo.array, whole.size, regions, tuple(rows), lut, inside, recognized, unknown, halves, liking, known,
        samples, seed, clock.seconds,
    )  # fmt: skip


def references_of(name: str) -> list[Path]:
    """The files that a style of the library was learned from, as far as they are still there unchanged."""
    from pinxit.library import Library

    learning = Library().sources.of(name)
    return [one.path for one in learning.of_role() if one.state == "there"] if learning else []


def _check(samples: int, liked: Sequence[Any], disliked: Sequence[Any]) -> None:
    if not 50 <= samples <= _MOST_SAMPLES:
        raise InputError(f"{samples} samples came; 50 to {_MOST_SAMPLES} are wanted, {SAMPLES} are usual")
    if bool(liked) != bool(disliked):
        raise InputError(
            f"{len(liked)} liked and {len(disliked)} disliked pictures came; give some of both, "
            "since what is liked shows only beside what is not"
        )


def _judge(style: Style) -> tuple[StyleJudge | None, str]:
    try:
        return StyleJudge(style), ""
    except StyleError as error:
        return None, str(error)


def _even(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    count = min(len(arrays), MOST_REFERENCES)
    return [arrays[i * len(arrays) // count] for i in range(count)]


def _small(whole: Picture) -> Picture:
    """The picture as it is looked at, 8 bits deep."""
    photo = Picture(open_small(whole))
    if min(photo.width, photo.height) < LEAST:
        raise ShapeError(
            f"the picture is {photo.width} x {photo.height} when its longest side has 512 pixels or fewer; "
            f"{LEAST} a side are wanted"
        )
    return photo


def _named(known: References | None) -> list[tuple[str, np.ndarray]]:
    """References with names to show them by."""
    each = zip(known.sources, known.arrays, strict=True) if known else ()
    return [
        (Path(source).name if isinstance(source, str | Path) else f"picture {number}", array)
        for number, (source, array) in enumerate(each, 1)
    ]


def _facts(found: Judged | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "before": found.before,
        "after": found.after,
        "photo": found.photo,
        "result": found.result,
        "gain": found.gain,
        "agreement": found.agreement(),
        "areas": found.faithfulness.areas(),
        "random_orders_beaten": found.faithfulness.beaten,
        "evaluations": found.evaluations,
    }


class _Clock:
    """Tells what is going on and keeps how long each part took."""

    def __init__(self, tell: Progress | None, total: int) -> None:
        self.seconds: dict[str, float] = {}
        self._tell, self._total, self._part, self._since = tell, total, "reading", time.perf_counter()

    def __call__(self, part: str) -> None:
        now = time.perf_counter()
        self.seconds[self._part], self._part, self._since = now - self._since, part, now
        if self._tell:
            self._tell(len(self.seconds), self._total, part)
