"""Texture race: methods that give a reference's style to a content, scored on the same fixed pairs.

A method is a function of arrays with a name; the race knows nothing of what is behind it. Which pictures meet follows
from their file names alone, so that every method and every machine sees the same pairs.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.errors import InputError, NotFoundError, ShapeError
from pinxit.measuring.style_pairs import PROTOCOL, SIZE, Pair, PairFigures, squared
from pinxit.picture import Picture

SUFFIXES = (".jpg", ".jpeg", ".png")
FIGURES = ("ssim", "colour", "texture")

Method = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Takes a content, (S, S, 3) uint8, and a reference, (H, W, 3) uint8 of its own size; gives the content in the style
of the reference, (H, W, 3), uint8, uint16 or float 0..1. What it raises is kept as a failure of this pair."""


@dataclass(frozen=True)
class AtStrength:
    """A method at one of its strengths: a point on a curve of the report.

    Args:
        curve: Name of the curve.
        strength: 0 or more.
        paint: Takes content, reference and strength.
    """

    curve: str
    strength: float
    paint: Callable[[np.ndarray, np.ndarray, float], np.ndarray]

    def __call__(self, content: np.ndarray, reference: np.ndarray) -> np.ndarray:
        """Paint with this strength."""
        return self.paint(content, reference, self.strength)


def at_strengths(
    name: str, paint: Callable[[np.ndarray, np.ndarray, float], np.ndarray], strengths: Iterable[float]
) -> dict[str, Method]:
    """One method for each strength, such as "pinxit 0.5" and "pinxit 1"."""
    return {f"{name} {strength:g}": AtStrength(name, strength, paint) for strength in strengths}


@dataclass(frozen=True)
class TexturePairs:
    """Which pictures meet.

    Args:
        count: Contents, a fixed choice; fewer when the folder holds fewer.
        per_content: References that each content meets, a fixed choice of its own.
        size: Pixels a side of the contents and of the scoring; 512 is the protocol's.
    """

    count: int = 20
    per_content: int = 2
    size: int = SIZE


@dataclass(frozen=True)
class TextureReport:
    """Scores of every method on every pair, with their protocol.

    Args:
        pairs: How they were chosen.
        met: (content, reference) file names, in order.
        scores: Method to figures by the number of the pair; pairs on which it failed are missing.
        seconds: Method to seconds of every pair that it finished.
        failures: Method to what went wrong, by the number of the pair.
        dropped: Pairs that cannot be scored at all, and why; they count for no method.
        points: Method to (curve, strength), for those that lie on a curve.
    """

    pairs: TexturePairs
    met: tuple[tuple[str, str], ...]
    scores: dict[str, dict[int, PairFigures]]
    seconds: dict[str, list[float]]
    failures: dict[str, dict[int, str]] = field(default_factory=dict)
    dropped: dict[int, str] = field(default_factory=dict)
    points: dict[str, tuple[str, float]] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """One row a method: mean, standard error over pairs and 95 % bootstrap interval over contents of each figure.

        The numbers are those of the pairs that the method finished; ``failed`` counts the others.
        """
        return [self._row(name) for name in self.scores]

    def _row(self, name: str) -> dict[str, Any]:
        kept = self.scores[name]
        row: dict[str, Any] = {"method": name, "pairs": len(kept), "failed": len(self.failures.get(name, ()))}
        contents = [self.met[number][0] for number in kept]
        for figure in FIGURES:
            row[figure] = summary([getattr(one, figure) for one in kept.values()], contents)
        row["seconds"] = float(np.median(self.seconds[name])) if self.seconds[name] else None
        return row

    def curves(self) -> dict[str, list[dict[str, Any]]]:
        """Curve to its points, by rising strength: the strength and the mean of each figure."""
        rows, found = {row["method"]: row for row in self.rows()}, {}
        for name, (curve, strength) in sorted(self.points.items(), key=lambda item: item[1]):
            point = {"strength": strength} | {figure: rows[name][figure]["mean"] for figure in FIGURES}
            found.setdefault(curve, []).append(point)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        each = {
            name: [[number, *(getattr(one, figure) for figure in FIGURES)] for number, one in kept.items()]
            for name, kept in self.scores.items()
        }
        return {
            "protocol": PROTOCOL,
            **vars(self.pairs),
            "pairs": [list(pair) for pair in self.met],
            "rows": self.rows(),
            "curves": self.curves(),
            "each": each,
            "failures": self.failures,
            "dropped": self.dropped,
        }

    def __str__(self) -> str:
        scored = len(self.met) - len(self.dropped)
        lines = [
            f"{scored} pairs at {self.pairs.size} pixels ({PROTOCOL}); mean, standard error, 95 % interval",
            f"{'method':22}" + "".join(f"  {figure:29}" for figure in FIGURES) + "  s/pair  failed",
        ]
        for row in self.rows():
            seconds = "   none" if row["seconds"] is None else f"{row['seconds']:7.2f}"
            cells = "".join(f"  {_cell(row[figure]):29}" for figure in FIGURES)
            lines.append(f"{row['method']:22}{cells} {seconds} {row['failed']:7}")
        for name, failed in self.failures.items():
            number, why = next(iter(failed.items()))
            lines.append(f"{name} failed on {len(failed)}; the first, {' and '.join(self.met[number])}: {why}")
        lines += [f"left out: {' and '.join(self.met[number])}: {why}" for number, why in self.dropped.items()]
        return "\n".join(lines)


def race_textures(
    contents: Path,
    references: Path,
    methods: Mapping[str, Method],
    pairs: TexturePairs | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> TextureReport:
    """Score methods on fixed pairs of a folder of photos and a folder of pictures with styles.

    Args:
        contents: Folder of .jpg and .png, searched through and through.
        references: The same.
        methods: Name to method; one made by :func:`at_strengths` is also a point of a curve.
        pairs: Which pictures meet; None takes the defaults.
        on_progress: Called as (done, total, content).

    Raises:
        NotFoundError: A folder is not there.
        InputError: It holds no picture, a number is below 1, or no method came.
        PictureError: A picture is damaged.
    """
    pairs = pairs or TexturePairs()
    chosen = chosen_pairs(contents, references, pairs)
    if not methods:
        raise InputError("no method came; give at least one function of a content and a reference, with its name")
    points = {name: (one.curve, one.strength) for name, one in methods.items() if isinstance(one, AtStrength)}
    met = tuple((content.name, reference.name) for content, reference in chosen)
    report = TextureReport(pairs, met, {name: {} for name in methods}, {name: [] for name in methods}, points=points)
    for number, (content_path, reference_path) in enumerate(chosen):
        content = squared(_eight_bits(content_path), pairs.size)
        reference = _eight_bits(reference_path)
        try:
            pair = Pair(content, reference, pairs.size)
        except ShapeError:
            raise
        except InputError as error:
            report.dropped[number] = str(error)
        else:
            for name, method in methods.items():
                _run(report, name, method, number, pair, content, reference)
        if on_progress:
            on_progress(number + 1, len(chosen), content_path.name)
    return report


def _run(
    report: TextureReport,
    name: str,
    method: Method,
    number: int,
    pair: Pair,
    content: np.ndarray,
    reference: np.ndarray,
) -> None:
    # Copies, so that a method that works in place cannot spoil the pair for those after it.
    own, other = content.copy(), reference.copy()
    start = time.perf_counter()
    try:
        result = method(own, other)
        seconds = time.perf_counter() - start
        figures = pair.figures(result)
    except Exception as error:  # whatever a rival raises is its result on this pair
        first_line = (str(error).splitlines() or [""])[0]
        report.failures.setdefault(name, {})[number] = f"{type(error).__name__}: {first_line}"
        return
    report.scores[name][number] = figures
    report.seconds[name].append(seconds)


def chosen_pairs(contents: Path, references: Path, pairs: TexturePairs) -> list[tuple[Path, Path]]:
    """Paths of the pairs, a choice that depends on the file names alone.

    Raises:
        NotFoundError: A folder is not there.
        InputError: It holds no picture, or a number is below 1.
    """
    return pairs_of(_pictures(contents), _pictures(references), pairs)


def pairs_of(first: Sequence[Path], second: Sequence[Path], pairs: TexturePairs) -> list[tuple[Path, Path]]:
    """The same of given contents and references.

    Raises:
        InputError: A number is below 1.
    """
    if min(pairs.count, pairs.per_content) < 1:
        raise InputError(
            f"{pairs.count} contents with {pairs.per_content} references came; 1 or more of both is wanted"
        )
    return [
        (content, reference)
        for content in _in_order(first)[: pairs.count]
        for reference in _in_order(second, content.name)[: pairs.per_content]
    ]


def summary(values: Sequence[float], groups: Sequence[str], draws: int = 2000) -> dict[str, float | None]:
    """Mean, standard error of single values, and 95 % bootstrap interval of the mean with whole groups drawn.

    Args:
        values: One for each pair.
        groups: Of each value: the values of one content are not independent, so they are drawn together.
        draws: Of the bootstrap; fixed seed.

    Returns:
        "mean", "error", "low", "high"; None for what so few values do not give.
    """
    if not len(values):
        return {"mean": None, "error": None, "low": None, "high": None}
    array = np.array(values)
    error = float(array.std(ddof=1) / len(array) ** 0.5) if len(array) > 1 else None
    names, place = np.unique(np.array(groups), return_inverse=True)
    if len(names) < 2:
        return {"mean": float(array.mean()), "error": error, "low": None, "high": None}
    sums, counts = np.bincount(place, array), np.bincount(place)
    drawn = np.random.default_rng(0).integers(0, len(names), (draws, len(names)))
    low, high = np.percentile(sums[drawn].sum(1) / counts[drawn].sum(1), [2.5, 97.5])
    return {"mean": float(array.mean()), "error": error, "low": float(low), "high": float(high)}


def _cell(values: Mapping[str, float | None]) -> str:
    if values["mean"] is None:
        return "none"
    text = f"{values['mean']:.3f}"
    text += "" if values["error"] is None else f" +- {values['error']:.3f}"
    return text + ("" if values["low"] is None else f" ({values['low']:.3f}..{values['high']:.3f})")


def _in_order(paths: Iterable[Path], *salt: str) -> list[Path]:
    return sorted(paths, key=lambda path: hashlib.sha256("/".join([PROTOCOL, *salt, path.name]).encode()).hexdigest())


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotFoundError(f"{folder} is not a folder that is there; name a folder of .jpg or .png pictures")
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise InputError(f"{folder} holds no picture; .jpg or .png are wanted")
    return found


def _eight_bits(path: Path) -> np.ndarray:
    return np.asarray(Picture.open(path).to_pil().convert("RGB"))
