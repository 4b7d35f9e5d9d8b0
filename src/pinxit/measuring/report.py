"""Report: measured values, each with the protocol that it was measured by. Never a bare number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pinxit.errors import InputError, PinxitError

CONFIDENCE = 0.95
DRAWS = 400
"""Of a bootstrap."""
HEADINGS = ("figure", "value", "95 % interval", "untouched", "protocol", "meaning")


@dataclass(frozen=True)
class Measured:
    """One figure.

    Args:
        name: What was measured, such as "ssim".
        protocol: By which rules; only figures with the same protocol compare.
        meaning: What the value says, in plain words.
        untouched: What the photo has before any transfer; None where that is not known.
        bounds: Least and greatest value that there can be.
        value: None where it could not be measured; ``note`` then says why.
        low: Lower end of the 95 % interval; None where there is none.
        high: Upper end.
        note: What else has to be known about this value.
    """

    name: str
    protocol: str
    meaning: str
    untouched: float | None = None
    bounds: tuple[float, float] = (0.0, np.inf)
    value: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""

    def within(self, spread: float) -> Measured:
        """The same figure with an interval of ``spread`` to both sides, as far as values can go."""
        least, most = self.bounds
        return replace(self, low=max(least, self.value - spread), high=min(most, self.value + spread))

    def cells(self) -> tuple[str, ...]:
        """A row under :data:`HEADINGS`."""
        interval = "" if self.low is None or self.high is None else f"{_short(self.low)}..{_short(self.high)}"
        missing = "" if self.value is not None else f"not measured: {self.note}"
        meaning = missing or self.meaning + (f" ({self.note})" if self.note else "")
        return self.name, _short(self.value), interval, _short(self.untouched), self.protocol, meaning


@dataclass(frozen=True)
class Report:
    """What was measured of one pair of pictures or of many.

    Args:
        figures: In the order in which they are shown; every name once.
        pairs: How many pairs of content and result stand behind them.
    """

    figures: tuple[Measured, ...]
    pairs: int = 1

    def __getitem__(self, name: str) -> Measured:
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise InputError(f"no figure is called {name!r}; there are {', '.join(one.name for one in self.figures)}")

    def __iter__(self) -> Iterator[Measured]:
        return iter(self.figures)

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON: ``pairs``, and ``figures`` by name."""
        return {"pairs": self.pairs, "figures": {one.name: _facts(one) for one in self.figures}}

    def __str__(self) -> str:
        rows = [HEADINGS, *(one.cells() for one in self.figures)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS) - 1)]
        return "\n".join("  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows)


def measured(kinds: Sequence[Measured], measure: Callable[[], Sequence[float]], note: str = "") -> list[Measured]:
    """The same figures with the values that a function gives, or with the reason why there are none.

    Errors of pinxit, such as a picture too small or an extra that is missing, are such reasons.

    Args:
        kinds: Figures without values.
        measure: Gives one value for each.
        note: What has to be known about the values.
    """
    try:
        found = measure()
    except PinxitError as error:
        return [replace(kind, note=str(error)) for kind in kinds]
    return [replace(kind, value=float(value), note=note) for kind, value in zip(kinds, found, strict=True)]


def mean_of(each: Sequence[Measured]) -> Measured:
    """The mean of one figure over pairs, with its interval; pairs without a value are told in the note.

    Args:
        each: The figure of every pair; one or more.
    """
    values = np.array([one.value for one in each if one.value is not None])
    missing = [one.note for one in each if one.value is None]
    if not len(values):
        return each[0]
    note = f"of {len(values)} of {len(each)} pairs; others: {missing[0]}" if missing else each[0].note
    mean = replace(each[0], value=float(values.mean()), note=note)
    if len(values) < 2:
        return mean
    return mean.within(bootstrap_spread(lambda chosen: float(values[chosen[0]].mean()), [len(values)]))


def bootstrap_spread(
    statistic: Callable[[list[np.ndarray]], float], sizes: Sequence[int], draws: int = DRAWS, seed: int = 0
) -> float:
    """Half the length of the 95 % confidence interval of a statistic of one or more sets.

    The standard deviation under resampling with replacement, times what a small sample needs: sqrt(n / (n - 1)) and
    Student's quantile with n - 1 degrees of freedom, n the smallest set. Of a mean this is, up to the chance of the
    draws, the t interval: two values have a very wide one. Percentiles would be too narrow for few values, and off
    for statistics that repeated values bias.

    Args:
        statistic: Takes, for each set, the numbers of the items drawn, (n,) int with repetitions.
        sizes: Items in each set; 2 or more.
        draws: How often is drawn.
        seed: Of the draws.

    Raises:
        InputError: A set has fewer than two items, so that nothing is known of its spread.

    Source:
        Efron and Tibshirani 1993, section 12; the two factors after Hesterberg 2015 (arXiv:1411.5279), section 4.3.
    """
    least = min(sizes)
    if least < 2:
        raise InputError(f"a set of {least} came; an interval wants 2 pictures or more")
    rng = np.random.default_rng(seed)
    drawn = [statistic([rng.integers(0, size, size) for size in sizes]) for _ in range(draws)]
    return float(np.std(drawn) * np.sqrt(least / (least - 1)) * student_quantile(least - 1))


def student_quantile(freedom: int) -> float:
    """Where Student's t distribution leaves 2.5 % above it: 12.71 for one degree of freedom, 1.96 for very many."""
    # With t = sqrt(freedom) tan(angle), the density of the angle is cos(angle) ** (freedom - 1).
    angles = np.linspace(0, np.pi / 2, 200_001)
    density = np.cos(angles) ** (freedom - 1)
    share = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return float(np.sqrt(freedom) * np.tan(np.interp(CONFIDENCE, share / share[-1], angles)))


def _facts(figure: Measured) -> dict[str, Any]:
    return {key: value for key, value in vars(figure).items() if key not in ("name", "bounds")}


def _short(value: float | None) -> str:
    """Three digits after the point, or more where the value is small."""
    if value is None:
        return ""
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.01 else f"{value:.2g}"
