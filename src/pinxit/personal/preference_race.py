"""How soon is a person's taste known? Simulated users answer, and their other answers are foretold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from pinxit.learning.dial_space import DialSpace
from pinxit.learning.simulated_users import SimulatedUser, simulated_user
from pinxit.learning.taste import Taste
from pinxit.measuring.look_recovery import bootstrap

USERS: dict[str, tuple[str, float | None]] = {
    "linear": ("linear", None),
    "nonlinear": ("nonlinear", None),
    "noisy 10 %": ("noisy", 0.10),
    "noisy 15 %": ("noisy", 0.15),
    "noisy 20 %": ("noisy", 0.20),
    "drifting": ("drifting", None),
}
"""Kinds of users by their name in the report: kind and share of wrong answers, see ``learning.simulated_users``."""
ASKED, RANDOM, DEFAULT = "chosen pairs", "random pairs", "nearer the defaults"
"""Methods: the model's questions, random ones, and no learning: of two settings those nearer the defaults win."""
_PAIRS, _FINE = 200, 4096  # held-out pairs of a user; points among which the truly best is looked for

Progress = Callable[[int, int, str], Any]


@dataclass(frozen=True)
class PreferenceRace:
    """Protocol.

    Args:
        users: Simulated users of each kind.
        ratings: After how many answers the model is asked, rising.
        kinds: Of users, names of ``USERS``.
        seed: The users' seeds are this times 1000 and up; the settings of the model were chosen at 10.
    """

    users: int = 100
    ratings: tuple[int, ...] = (4, 8, 16, 32)
    kinds: tuple[str, ...] = tuple(USERS)
    seed: int = 0


@dataclass(frozen=True)
class PreferenceReport:
    """What was reached.

    Args:
        race: The protocol.
        accuracy: (kind, method, ratings) to the share of held-out pairs foretold right, one value a user.
        regret: The same for the loss of the chosen settings, 0 for the best there are and 1 for middling ones.
        stops: Kind to answers until the model was sure, one value a user; the most where it was not by then.
        stopped: Kind to the regret at that moment.
        sure: Kind to whether it was sure by then.
    """

    race: PreferenceRace
    accuracy: Mapping[tuple[str, str, int], np.ndarray]
    regret: Mapping[tuple[str, str, int], np.ndarray]
    stops: Mapping[str, np.ndarray]
    stopped: Mapping[str, np.ndarray]
    sure: Mapping[str, np.ndarray]

    def rows(self) -> list[dict[str, Any]]:
        """One row a kind, method and number of ratings: means with 95 % bootstrap intervals over users."""
        return [
            {"user": kind, "method": method, "ratings": count, "accuracy": _mean(values)}
            | {"regret": _mean(self.regret[kind, method, count])}
            for (kind, method, count), values in self.accuracy.items()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        stops = {
            kind: {"ratings": _mean(self.stops[kind]), "regret": _mean(self.stopped[kind])}
            | {"sure": float(self.sure[kind].mean())}
            for kind in self.stops
        }
        return {"protocol": asdict(self.race), "pairs": _PAIRS, "rows": self.rows(), "stops": stops}

    def __str__(self) -> str:
        race = self.race
        heads = "".join(f"{f'after {count}':>22}" for count in race.ratings)
        lines = [f"{race.users} users a kind, {_PAIRS} held-out pairs each; share foretold right, 95 % intervals"]
        lines.append(f"{'user':12} {'method':20}{heads}")
        for title, table in (("accuracy", self.accuracy), ("regret of the chosen settings", self.regret)):
            if title != "accuracy":
                lines.append(title)
            for kind, method in dict.fromkeys((kind, method) for kind, method, _ in table):
                cells = "".join(_cell(table[kind, method, count]) for count in race.ratings)
                lines.append(f"{kind:12} {method:20}{cells}")
        lines.append(
            f"answers until sure, {max(race.ratings)} at most; regret then; share of users of whom it was sure"
        )
        for kind in self.stops:
            cells = _cell(self.stops[kind], 1) + _cell(self.stopped[kind])
            lines.append(f"{kind:33}{cells}{self.sure[kind].mean():8.2f}")
        return "\n".join(lines)


def race_preferences(
    space: DialSpace, race: PreferenceRace, on_progress: Progress = lambda *_: None
) -> PreferenceReport:
    """Let users of every kind answer questions of every method, about the dials of a space."""
    accuracy: dict[tuple[str, str, int], list[float]] = {}
    regret: dict[tuple[str, str, int], list[float]] = {}
    stops: dict[str, list[float]] = {}
    stopped: dict[str, list[float]] = {}
    sure: dict[str, list[float]] = {}
    for index, name in enumerate(race.kinds):
        kind, noise = USERS[name]
        for number in range(race.users):
            on_progress(index * race.users + number, len(race.kinds) * race.users, name)
            seed = race.seed * 1000 + number
            user = simulated_user(kind, len(space.dials), seed, noise)
            for method in (ASKED, RANDOM, DEFAULT):
                found = answered(user, space, method, race.ratings, seed)
                for count, (right, loss) in found.reached.items():
                    accuracy.setdefault((name, method, count), []).append(right)
                    regret.setdefault((name, method, count), []).append(loss)
                if method == ASKED:
                    stops.setdefault(name, []).append(found.stop)
                    stopped.setdefault(name, []).append(found.stopped)
                    sure.setdefault(name, []).append(found.sure)
    tables = (accuracy, regret, stops, stopped, sure)
    return PreferenceReport(race, *({key: np.array(v) for key, v in table.items()} for table in tables))


@dataclass(frozen=True)
class Answered:
    """What one user's answers gave.

    Args:
        reached: Ratings to accuracy on held-out pairs and regret of the choice.
        taste: As it was learned.
        stop: Ratings until it was sure, or the most that there were.
        stopped: Regret then.
        sure: Whether it was sure by then.
    """

    reached: dict[int, tuple[float, float]]
    taste: Taste
    stop: int
    stopped: float
    sure: bool


def answered(user: SimulatedUser, space: DialSpace, method: str, ratings: tuple[int, ...], seed: int) -> Answered:
    """Ask one simulated user the questions of a method.

    Held-out pairs are drawn from the whole space; what counts as right is the hidden utility at that moment,
    without noise, however noisy the answers were.
    """
    rng = np.random.default_rng([seed, 1])
    examiner = _Examiner(user, space, np.random.default_rng([seed, 2]))
    taste = Taste(space)
    reached: dict[int, tuple[float, float]] = {}
    stop, stopped, sure = 0, 0.0, False
    for number in range(1, max(ratings) + 1):
        first, second = taste.ask(rng) if method == ASKED else space.draw(2, rng)
        if method != DEFAULT:
            taste.tell(first, second, user.answer(first, second, rng, number - 1))
        if method == ASKED or number in ratings:
            taste.learn()
        if method == ASKED and not stop and (number in ratings or number % 2 == 0):
            choice = taste.choose()
            if choice.sure or number == max(ratings):
                stop, stopped, sure = number, examiner.regret(choice.settings, number), choice.sure
        if number in ratings:
            choice = taste.choose()
            right = examiner.accuracy(None if method == DEFAULT else taste, number)
            reached[number] = right, examiner.regret(choice.settings, number)
    return Answered(reached, taste, stop, stopped, sure)


class _Examiner:
    """Knows the truth about one user."""

    def __init__(self, user: SimulatedUser, space: DialSpace, rng: np.random.Generator) -> None:
        self.user, self.space = user, space
        self.pairs = space.draw(2 * _PAIRS, rng)
        self.fine = space.draw(_FINE, rng)

    def accuracy(self, taste: Taste | None, answered: int) -> float:
        """Share of the held-out pairs foretold right."""
        truth = self.user.utility(self.pairs, answered).reshape(-1, 2)
        told = -(self.pairs**2).sum(1) if taste is None else taste.model.utility(taste.features(self.pairs))[0]
        told = told.reshape(-1, 2)
        return float(((told[:, 0] > told[:, 1]) == (truth[:, 0] > truth[:, 1])).mean())

    def regret(self, settings: Mapping[str, float], answered: int) -> float:
        """What settings lose against the best, in parts of what the best is worth more than the mean."""
        values = self.user.utility(self.fine, answered)
        own = self.user.utility(self.space.points([settings]), answered)[0]
        return float(max(values.max() - own, 0) / (values.max() - values.mean()))


def _mean(values: np.ndarray) -> dict[str, float]:
    low, high = bootstrap(values)
    return {"mean": round(float(values.mean()), 4), "low": round(low, 4), "high": round(high, 4)}


def _cell(values: np.ndarray, digits: int = 3) -> str:
    low, high = bootstrap(values)
    return f"{f'{values.mean():.{digits}f} ({low:.{digits}f}..{high:.{digits}f})':>22}"
