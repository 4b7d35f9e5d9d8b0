"""DialSpace: settings that a person can prefer, as points and as features of a utility."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.errors import InputError

BLEND = "blend:"
"""Begins the name of a dial for the share of another style."""


@dataclass(frozen=True)
class Dial:
    """One setting with its range.

    Args:
        name: Of the setting, as in ``Engine.transfer``.
        low: Least value.
        default: What counts without a person's own.
        high: Largest value.
        ratio: Equal ratios count as equal steps, as with sizes.
    """

    name: str
    low: float
    default: float
    high: float
    ratio: bool = False

    def place(self, value: float) -> float:
        """A value's place: -1 at the low end, 0 at the default, 1 at the high end; straight between them."""
        low, default, high, value = (math.log(v) if self.ratio else v for v in self._all(value))
        if value <= default:
            return (value - default) / (default - low) if default > low else 0.0
        return (value - default) / (high - default)

    def value(self, place: float) -> float:
        """The value at a place, three digits behind the point; the inverse of :meth:`place`."""
        low, default, high = (math.log(v) if self.ratio else v for v in (self.low, self.default, self.high))
        found = default + place * ((default - low) if place < 0 else (high - default))
        return round(math.exp(found) if self.ratio else found, 3)

    def _all(self, value: float) -> tuple[float, float, float, float]:
        return self.low, self.default, self.high, value


TONE = Dial("tone", 0.2, 1.0, 1.5)
ADJUSTMENTS = (Dial("warmth", -1, 0, 1), Dial("contrast", -1, 0, 1), Dial("saturation", -1, 0, 1))
STROKES = (Dial("texture", 0.2, 1.0, 1.5), Dial("brush", 0.5, 1.0, 2.0, ratio=True))


@dataclass(frozen=True)
class DialSpace:
    """The dials that one style has.

    Args:
        dials: In order.
    """

    dials: tuple[Dial, ...]

    @classmethod
    def of(cls, *, texture: bool, tone: bool = True, blends: Iterable[str] = ()) -> DialSpace:
        """The dials of a style with these halves, and one for each other style that may be blended in."""
        chosen = ((TONE,) if tone or texture else ()) + (STROKES if texture else ()) + ADJUSTMENTS
        return cls(chosen + tuple(Dial(BLEND + name, 0.0, 0.0, 0.7) for name in blends))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the dials, in order."""
        return tuple(dial.name for dial in self.dials)

    @property
    def default(self) -> dict[str, float]:
        """What counts without a person's own."""
        return {dial.name: float(dial.default) for dial in self.dials}

    @property
    def size(self) -> int:
        """Number of features that :meth:`features` gives."""
        count = len(self.dials)
        return 2 * count + count * (count - 1) // 2

    def points(self, settings: Sequence[Mapping[str, float]]) -> np.ndarray:
        """Places of settings, (N, dials), -1..1; a dial that is not named stands at its default."""
        places = [[dial.place(one.get(dial.name, dial.default)) for dial in self.dials] for one in settings]
        return np.array(places, float).reshape(-1, len(self.dials))

    def settings(self, point: np.ndarray) -> dict[str, float]:
        """The settings at one point, (dials,)."""
        return {dial.name: dial.value(float(place)) for dial, place in zip(self.dials, point, strict=True)}

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Points all over the space, (count, dials) -1..1, every dial in even steps in an order of its own.

        A dial whose default is its least value has no places below 0.

        Source:
            Latin hypercube sampling, McKay, Beckman and Conover 1979.
        """
        steps = np.stack([rng.permutation(count) for _ in self.dials], 1)
        points = 2 * (steps + rng.random(steps.shape)) / count - 1
        one_sided = np.array([dial.low == dial.default for dial in self.dials])
        return np.where(one_sided, (points + 1) / 2, points)

    def features(self, points: np.ndarray) -> np.ndarray:
        """Features of a utility, (N, size): the places, their squares, and the products of two dials."""
        points = np.asarray(points, float)
        first, second = np.triu_indices(len(self.dials), 1)
        return np.concatenate([points, points**2, points[:, first] * points[:, second]], 1)

    def check(self, settings: object, what: str = "settings") -> dict[str, float]:
        """Settings that this space has, each in its range.

        Raises:
            InputError: Something else came.
        """
        known = {dial.name: dial for dial in self.dials}
        if not isinstance(settings, Mapping):
            raise InputError(f"{what}: {settings!r} came; numbers by the names {', '.join(known)} are wanted")
        for name, value in settings.items():
            if name not in known:
                raise InputError(f"{what}: this style has no dial {name!r}; it has {', '.join(known)}")
            dial = known[name]
            if not _number(value) or not dial.low - 1e-9 <= value <= dial.high + 1e-9:
                raise InputError(f"{what}: {name} {value!r} came; {dial.low:g} to {dial.high:g} is wanted")
        return {name: float(value) for name, value in settings.items()}


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
