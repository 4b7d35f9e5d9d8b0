"""Ablation: what variants of one thing reach on the same pairs, kept one by one as they finish, and their table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.color import unit_float
from pinxit.errors import InputError
from pinxit.files import write_whole
from pinxit.measuring.adapt_race import share_for
from pinxit.measuring.paint_speed import stability
from pinxit.measuring.style_pairs import PROTOCOL, Pair, squared
from pinxit.measuring.texture_race import summary
from pinxit.picture import Picture
from pinxit.picture.writing import to_bits

LEVEL = 0.8
"""SSIM at which texture and colour are compared: results are mixed with their contents up to it."""
COLUMNS = ("ssim", "colour", "texture", "share", "colour at level", "texture at level")
CALM = ("shift rms", "noise gain")
_CALM_PHOTOS = 4

Paint = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Takes a content and a goal, (S, S, 3) uint8 and (H, W, 3) uint8; gives (H, W, 3), uint8 or float 0..1."""


@dataclass(frozen=True)
class Exam:
    """Pairs on which all variants are judged.

    Args:
        contents: By name, (S, S, 3) uint8.
        goals: What results are compared with, by name, (H, W, 3) uint8.
        met: (content, goal) names.
        size: Pixels a side at which everything is scored.
        level: See ``LEVEL``.
    """

    contents: Mapping[str, np.ndarray]
    goals: Mapping[str, np.ndarray]
    met: Sequence[tuple[str, str]]
    size: int
    level: float = LEVEL

    @classmethod
    def read(cls, pairs: Sequence[tuple[Path, Path]], size: int, level: float = LEVEL) -> Exam:
        """Read the files of pairs (content, goal), see :func:`~pinxit.measuring.texture_race.pairs_of`.

        Raises:
            PictureError: One is damaged.
        """
        read = {path: to_bits(Picture.open(path).array, np.uint8) for path in {path for both in pairs for path in both}}
        contents = {content.name: squared(read[content], size) for content, _ in pairs}
        goals = {f"{goal.parent.name}/{goal.name}": read[goal] for _, goal in pairs}
        met = tuple((content.name, f"{goal.parent.name}/{goal.name}") for content, goal in pairs)
        return cls(contents, goals, met, size, level)

    def take(self, paint: Paint) -> dict[str, Any]:
        """Figures of what is painted.

        Returns:
            "figures": ``COLUMNS`` of every pair; "calm": ``CALM`` of a few contents painted after their first goal.
        """
        calm = [
            stability(lambda pixels, goal=goal: to_bits(paint(pixels, goal), np.uint8), [content])
            for content, goal in self._first(_CALM_PHOTOS)
        ]
        return {
            "figures": [self._row(paint, *names) for names in self.met],
            "calm": {name: float(np.mean([one[name] for one in calm])) for name in CALM},
        }

    def _row(self, paint: Paint, content: str, goal: str) -> list[float]:
        before, after = self.contents[content], self.goals[goal]
        result = unit_float(squared(paint(before, after), self.size))
        pair, plain = Pair(before, after, self.size), unit_float(before)
        share = share_for(plain, result, self.level)
        own = pair.figures(result)
        at = own if share == 1 else pair.figures(plain + np.float32(share) * (result - plain))
        return [own.ssim, own.colour, own.texture, share, at.colour, at.texture]

    def strip(self, paint: Paint | None = None, count: int = 4) -> np.ndarray:
        """The first contents as they are painted, or as they came, beside each other: (S, count * S, 3) uint8."""
        shown = self._first(count)
        painted = [before if paint is None else squared(paint(before, goal), self.size) for before, goal in shown]
        return np.concatenate([to_bits(one, np.uint8) for one in painted], 1)

    def _first(self, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """So many contents, each with the first goal that it meets."""
        found: dict[str, str] = {}
        for content, goal in self.met:
            found.setdefault(content, goal)
        return [(self.contents[content], self.goals[goal]) for content, goal in list(found.items())[:count]]

    def facts(self) -> dict[str, Any]:
        """What has to be the same for figures to compare."""
        return {
            "protocol": PROTOCOL,
            "size": self.size,
            "level": self.level,
            "met": [list(names) for names in self.met],
        }


@dataclass(frozen=True)
class Shelf:
    """Results of the variants of one part of the table, a file each, in a folder.

    Args:
        folder: Has to be there.
        part: Such as "training".
    """

    folder: Path
    part: str

    def path(self, name: str, suffix: str = ".json") -> Path:
        """Where a variant's result lies."""
        return self.folder / f"{self.part}-{name}{suffix}"

    def has(self, name: str, terms: Mapping[str, Any]) -> bool:
        """Whether a variant's result is there.

        Raises:
            InputError: Its file is damaged, or was made on other terms.
        """
        if (kept := self._read(name)) is None:
            return False
        if other := [key for key, value in _plain(terms).items() if kept["terms"].get(key) != value]:
            raise InputError(
                f"{self.path(name)} was made with another {other[0]}; choose another --output or delete it"
            )
        return True

    def keep(self, name: str, terms: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Write a variant's result.

        Args:
            name: Of the variant.
            terms: Everything but the variant: what has to be the same in all files.
            result: As of :meth:`Exam.take`, with what else is known; or "failed" alone.

        Raises:
            CapacityError: There is no room, or the folder may not be written to.
        """
        with write_whole(self.path(name)) as target:
            target.write_text(json.dumps({"terms": terms, "result": result}, indent=1) + "\n", encoding="utf-8")

    def report(self, names: Sequence[str], base: Sequence[str]) -> AblationReport | None:
        """The table of what is there of these variants; None where nothing is.

        Args:
            names: In the order of the table.
            base: Those among them that leave nothing out; the others are compared with their mean.

        Raises:
            InputError: A file is damaged, or two were made on different terms.
        """
        kept = {name: found for name in names if (found := self._read(name)) is not None}
        if not kept:
            return None
        terms = next(iter(kept.values()))["terms"]
        if other := [self.path(name) for name, found in kept.items() if found["terms"] != terms]:
            raise InputError(f"{other[0]} was made on other terms than those beside it; delete it to make it again")
        return AblationReport(self.part, {name: found["result"] for name, found in kept.items()}, tuple(base), terms)

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.path(name)
        if not path.exists():
            return None
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return {"terms": dict(kept["terms"]), "result": dict(kept["result"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} cannot be read as a result ({error}); delete it to make it again") from error


@dataclass(frozen=True)
class AblationReport:
    """One part of the table.

    Args:
        part: Its name.
        results: Variant to what it reached, see :meth:`Exam.take`; one that failed has "failed" alone.
        base: Variants that leave nothing out.
        terms: What all have in common, :meth:`Exam.facts` among it.
    """

    part: str
    results: Mapping[str, Mapping[str, Any]]
    base: tuple[str, ...]
    terms: Mapping[str, Any]

    def rows(self) -> list[dict[str, Any]]:
        """One row a variant: ``COLUMNS`` and "away", the same less those of the base, as of :func:`summary`."""
        whole = [self._figures(name) for name in self.base if "figures" in self.results.get(name, {})]
        middle = np.mean(whole, 0) if whole else None
        return [self._row(name, middle) for name in self.results]

    def _row(self, name: str, middle: np.ndarray | None) -> dict[str, Any]:
        result = self.results[name]
        facts = {key: value for key, value in result.items() if key != "figures"}
        if "figures" not in result:
            return {"variant": name, **facts}
        values = self._figures(name)
        row = {"variant": name, **facts, **self._summaries(values)}
        return row if middle is None else row | {"away": self._summaries(values - middle)}

    def _figures(self, name: str) -> np.ndarray:
        return np.array(self.results[name]["figures"], float)

    def _summaries(self, values: np.ndarray) -> dict[str, Any]:
        contents = [content for content, _ in self.terms["met"]]
        return {column: summary(values[:, i], contents) for i, column in enumerate(COLUMNS)}

    def spread(self) -> dict[str, float] | None:
        """How far apart the means of those are that leave nothing out: what another seed alone changes."""
        means = [self._figures(name).mean(0) for name in self.base if "figures" in self.results.get(name, {})]
        return dict(zip(COLUMNS, np.ptp(means, 0).tolist(), strict=True)) if len(means) > 1 else None

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {"part": self.part, "terms": self.terms, "rows": self.rows(), "spread": self.spread()}

    def __str__(self) -> str:
        t = self.terms
        lines = [
            f"{self.part}: {len(t['met'])} pairs at {t['size']} pixels ({PROTOCOL}); texture at SSIM {t['level']:g}, "
            f"its difference from {' and '.join(self.base)}, and that difference's 95 % interval over contents",
            f"{'variant':16} {'steps':>6}  {'ssim':>6} {'colour':>7} {'texture':>7}  {'at level':>8} {'away':>24}"
            f"  {'shift':>6} {'noise':>6}",
        ]
        lines += [self._line(row) for row in self.rows()]
        if spread := self.spread():
            lines.append(f"these two differ by {spread['texture at level']:.3f} in texture at that SSIM")
        return "\n".join(lines)

    @staticmethod
    def _line(row: Mapping[str, Any]) -> str:
        if "ssim" not in row:
            return f"{row['variant']:16} failed: {row['failed']}"
        means = [row[name]["mean"] for name in ("ssim", "colour", "texture", "texture at level")]
        away = (row.get("away") or {}).get("texture at level")
        told = "" if away is None else f"{away['mean']:+.3f}"
        told += "" if away is None or away["low"] is None else f" ({away['low']:+.3f}..{away['high']:+.3f})"
        steps, calm = row.get("steps"), row["calm"]
        return (
            f"{row['variant']:16} {'' if steps is None else steps:>6}  {means[0]:6.3f} {means[1]:7.3f} {means[2]:7.3f}"
            f"  {means[3]:8.3f} {told:>24}  {calm['shift rms']:6.4f} {calm['noise gain']:6.2f}"
        )


def _plain(value: Any) -> Any:
    """As it comes back from JSON."""
    return json.loads(json.dumps(value))
