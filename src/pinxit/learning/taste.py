"""Taste: what one person said about one style's dials, which pair to ask about next, and what they would choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pinxit.learning.dial_space import DialSpace
from pinxit.learning.preference import Answers, PreferenceModel, Prior

LAPSE, MEMORY = 0.1, 48.0
LIKELY = 0.65
"""Chance of being better than the defaults from which on a choice is worth applying."""
SURE = 0.25
"""Expected loss at which a choice counts as sure; the true one is rather smaller."""
LOOKS = 4
"""Figures of what the eye saw in a result that join the features."""

_PLACES, _SQUARES, _BEND, _PRODUCTS, _LOOKS = 1.0, 0.5, -0.5, 0.3, 0.5
_ASKED, _CHOSEN = 48, 1024  # candidates of a question, and of the choice


@dataclass(frozen=True)
class Choice:
    """What a person would choose, as far as it is known.

    Args:
        settings: Every dial of the style.
        interval: Dial to where the truly best value lies with 95 %.
        likely_better: The chance that these settings are truly better than the defaults, 0..1.
        regret: Expected loss, 0..1: the part of what the best settings are worth more than middling ones.
        answers: How many there were.
        agreeing: Share of the answers, those of "the same" left out, that fit the model; None without any.
    """

    settings: dict[str, float]
    interval: dict[str, tuple[float, float]]
    likely_better: float
    regret: float
    answers: int
    agreeing: float | None

    @property
    def sure(self) -> bool:
        """Whether more answers would hardly change it."""
        return self.regret <= SURE


class Taste:
    """A preference model over a style's dials.

    Squares are expected to be negative, because most people like a middle; apart from that nothing is expected, so
    that without answers the defaults are the choice. Spreads, lapse rate and memory were set once, on simulated users
    of other seeds than those that are reported.

    Args:
        space: The dials.
        looks: What the eye saw in the results of points, (N, dials) to (N, LOOKS), about 1 in size; None leaves it out.
        pool: Points that questions and the choice are taken from, because their looks are known; None takes any.
        memory: Answers until one counts half of a new one; None forgets nothing.
    """

    def __init__(
        self,
        space: DialSpace,
        *,
        looks: Callable[[np.ndarray], np.ndarray] | None = None,
        pool: np.ndarray | None = None,
        memory: float | None = MEMORY,
    ) -> None:
        self.space, self.looks, self.pool = space, looks, pool
        self.model = PreferenceModel(_prior(space, LOOKS if looks else 0), memory=memory)
        self._first: list[np.ndarray] = []
        self._second: list[np.ndarray] = []
        self._single: list[bool] = []
        self._said: list[float] = []

    @property
    def answers(self) -> int:
        """How many were told."""
        return len(self._said)

    def features(self, points: np.ndarray) -> np.ndarray:
        """Features of points, those of the eye included."""
        found = self.space.features(points)
        return found if self.looks is None else np.concatenate([found, self.looks(points)], 1)

    def tell(self, first: np.ndarray, second: np.ndarray | None, said: float) -> None:
        """Add one answer, which :meth:`learn` takes in.

        Args:
            first: A point, (dials,).
            second: The other point, or None when one result was liked or disliked.
            said: 1 for the first point or a like, 0 for the second or a dislike, 0.5 for "the same".
        """
        one = self.features(np.asarray(first)[None])[0]
        self._first.append(one)
        self._second.append(np.zeros_like(one) if second is None else self.features(np.asarray(second)[None])[0])
        self._single.append(second is None)
        self._said.append(said)

    def learn(self) -> Taste:
        """Fit the model to all answers; returns itself."""
        if self._said:
            self.model.fit(self._told())
        return self

    def ask(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The two points whose comparison tells most, (dials,) each, in random order."""
        points = self.space.draw(_ASKED, rng) if self.pool is None else self.pool
        pair = self.model.next_pair(self.features(points))
        first, second = rng.permutation(pair)
        return points[first], points[second]

    def choose(self) -> Choice:
        """What the person would choose by now."""
        points = self.space.draw(_CHOSEN, np.random.default_rng(0)) if self.pool is None else self.pool
        default = np.zeros((1, len(self.space.dials)))
        points = np.concatenate([default, points])
        features = self.features(points)
        best = self.model.best(features)
        tops = points[np.append(self.model.draws(features).argmax(1), best)]
        low, high = np.percentile(tops, [2.5, 97.5], axis=0)
        low, high = np.minimum(low, points[best]), np.maximum(high, points[best])
        ends = zip(self.space.settings(low).items(), self.space.settings(high).values(), strict=True)
        return Choice(
            settings=self.space.settings(points[best]),
            interval={name: (below, above) for (name, below), above in ends},
            likely_better=float(self.model.prefers(features[best : best + 1], features[:1])[0]) if best else 0.0,
            regret=self.model.regret(features),
            answers=self.answers,
            agreeing=self._agreeing(),
        )

    def _agreeing(self) -> float | None:
        if not self._said:
            return None
        told = self._told()
        told_apart = told.said != 0.5
        if not told_apart.any():
            return None
        above = self.model.difference(told) > 0
        return float((above == (told.said > 0.5))[told_apart].mean())

    def _told(self) -> Answers:
        return Answers(*(np.array(part) for part in (self._first, self._second, self._single, self._said)))


def _prior(space: DialSpace, looks: int) -> Prior:
    dials = len(space.dials)
    products = dials * (dials - 1) // 2
    mean = np.concatenate([np.zeros(dials), np.full(dials, _BEND), np.zeros(products + looks)])
    spread = np.repeat([_PLACES, _SQUARES, _PRODUCTS, _LOOKS], [dials, dials, products, looks])
    return Prior(mean=mean, spread=spread, lapse=LAPSE)
