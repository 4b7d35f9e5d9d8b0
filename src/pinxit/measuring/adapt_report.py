"""AdaptReport: what methods that adapt to one hand reached, as they are and at equal content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pinxit.measuring.style_pairs import PROTOCOL, PairFigures
from pinxit.measuring.texture_race import FIGURES, summary

BASELINE = "one pass"
"""Method whose share of content kept the others are also brought to."""


@dataclass
class Results:
    """What one method reached.

    Args:
        figures: By the number of the pair.
        named: By the name of the content: 1 where the recognizer names the hand, else 0; empty without one.
        believed: By the name of the content: the probability that the recognizer gives the hand, 0..1.
        shares: By the name of the content: how much of the result is in what was scored, 0..1.
    """

    figures: dict[int, PairFigures] = field(default_factory=dict)
    named: dict[str, float] = field(default_factory=dict)
    believed: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    def row(self, met: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Mean, standard error over pairs and 95 % interval over contents of each figure and recognition."""
        contents = [met[number][0] for number in self.figures]
        row = {name: summary([getattr(f, name) for f in self.figures.values()], contents) for name in FIGURES}
        row["recognition"] = summary(list(self.named.values()), list(self.named))
        row["belief"] = summary(list(self.believed.values()), list(self.believed))
        return {"pairs": len(self.figures), **row, "share": summary(list(self.shares.values()), list(self.shares))}


@dataclass(frozen=True)
class AdaptReport:
    """What every method reached, as it is and with as much of the content as the baseline keeps.

    Args:
        met: (content, work) names, in order.
        size: Pixels a side.
        minutes: Allowed for learning.
        results: Method to its results.
        equal: The same, results with a lower SSIM than the baseline's mixed with their content up to it; empty without
            a baseline.
        against: Method to the baseline's results, mixed with their content up to the method's SSIM where that is
            higher: what ``equal`` compares with, at the same SSIM on every content.
        seconds: Method to seconds of learning, and median seconds of painting.
        failures: Method to what went wrong, by content; "" is the learning itself.
        recognizer: Hands that it knows and whom it looks for; how many works kept back and untouched contents it names
            as the hand; empty without one.
        dropped: Pairs that cannot be scored, and why.
    """

    met: tuple[tuple[str, str], ...]
    size: int
    minutes: float
    results: dict[str, Results]
    equal: dict[str, Results] = field(default_factory=dict)
    against: dict[str, Results] = field(default_factory=dict)
    seconds: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    recognizer: dict[str, Any] = field(default_factory=dict)
    dropped: dict[int, str] = field(default_factory=dict)

    def rows(self, each: Mapping[str, Results] | None = None) -> list[dict[str, Any]]:
        """One row a method of ``results``, or of ``equal`` or ``against``."""
        each = self.results if each is None else each
        return [{"method": name, **one.row(self.met), **self._facts(name)} for name, one in each.items()]

    def _facts(self, name: str) -> dict[str, Any]:
        learning, painting = self.seconds.get(name, (None, None))
        return {"failed": len(self.failures.get(name, ())), "learning": learning, "painting": painting}

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        each = {
            name: {
                "figures": [[number, *(getattr(f, key) for key in FIGURES)] for number, f in one.figures.items()],
                "named": one.named,
                "believed": one.believed,
            }
            for name, one in self.results.items()
        }
        return {
            "protocol": PROTOCOL, "size": self.size, "minutes": self.minutes, "recognizer": self.recognizer,
            "rows": self.rows(), "at_equal_ssim": self.rows(self.equal), "each": each,
            "baseline": BASELINE if self.equal else None, "baseline_at_equal_ssim": self.rows(self.against),
            "pairs": [list(pair) for pair in self.met], "failures": self.failures, "dropped": self.dropped,
        }  # fmt: skip

    def __str__(self) -> str:
        lines = [f"{self.minutes:g} minutes of learning; {len(self.met)} pairs at {self.size} pixels ({PROTOCOL})"]
        if self.recognizer:
            lines.append(
                "recognition: {hands} hands known; of works kept back {works:.0%}, of untouched contents "
                "{untouched:.0%} are named {hand}".format(**self.recognizer)
            )
        for title, each in (
            ("as they are", self.results),
            (f"with as much content as {BASELINE!r} keeps, or more", self.equal),
            (f"{BASELINE!r} beside these, with as much content", self.against),
        ):
            head = "".join(f"  {name:15}" for name in (*FIGURES, "recognition", "belief"))
            lines += [f"{title}; mean +- standard error", f"{'method':22}{head}  failed"] if each else []
            for row in self.rows(each):
                cells = "".join(f"  {_cell(row[name]):15}" for name in (*FIGURES, "recognition", "belief"))
                lines.append(f"{row['method']:22}{cells}  {row['failed']:6}")
        lines += [f"{name} failed: {next(iter(failed.values()))}" for name, failed in self.failures.items()]
        return "\n".join(lines)


def _cell(values: Mapping[str, float | None]) -> str:
    if values["mean"] is None:
        return "none"
    return f"{values['mean']:.3f}" + ("" if values["error"] is None else f" +- {values['error']:.3f}")
