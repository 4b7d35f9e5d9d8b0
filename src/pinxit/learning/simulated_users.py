"""SimulatedUser: a person whose taste is known, to measure what a preference model finds out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pinxit.errors import InputError

KINDS = ("linear", "nonlinear", "noisy", "drifting")
NOISE = 0.15
"""Share of wrong answers of a noisy user."""
TURN = np.pi / 3
"""How far the taste of a drifting user turns in ``TURN_ANSWERS`` answers."""
TURN_ANSWERS = 32


@dataclass(frozen=True, eq=False)
class SimulatedUser:
    """One person; see :func:`simulated_user`.

    Args:
        weights: Direction of the taste, (dials,), or None where it has a peak.
        turned: Where a drifting taste turns to, (dials,), at right angles to ``weights``; or None.
        peak: Best point, (dials,).
        axes: Rows are directions in which the way from the peak is measured, (dials, dials).
        power: Of that way.
        noise: Share of wrong answers.
    """

    weights: np.ndarray | None = None
    turned: np.ndarray | None = None
    peak: np.ndarray | None = None
    axes: np.ndarray | None = None
    power: float = 2.0
    noise: float = 0.0

    def utility(self, points: np.ndarray, answered: int = 0) -> np.ndarray:
        """Hidden utility of points, (N, dials) -1..1 to (N,), after so many answers."""
        points = np.asarray(points, float)
        if self.weights is None:
            return -(np.abs((points - self.peak) @ self.axes.T) ** self.power).sum(1)
        if self.turned is None:
            return points @ self.weights
        angle = TURN * answered / TURN_ANSWERS
        return points @ (np.cos(angle) * self.weights + np.sin(angle) * self.turned)

    def answer(self, first: np.ndarray, second: np.ndarray, rng: np.random.Generator, answered: int = 0) -> float:
        """1 when the first of two points, (dials,), is better, 0 when the second is; wrong at the rate of ``noise``."""
        one, other = self.utility(np.stack([first, second]), answered)
        return float((one >= other) != (rng.random() < self.noise))


def simulated_user(kind: str, dials: int, seed: int, noise: float | None = None) -> SimulatedUser:
    """Make up a person.

    Args:
        kind: "linear": utility is a random direction. "nonlinear": it falls away from a random peak, by a random power
            between 1.2 and 3 along random directions, each of a weight of its own; a model with squares cannot be
            exact. "noisy": half are linear and half nonlinear, and 15 % of answers are wrong. "drifting": a
            direction that turns by 60 degrees in 32 answers.
        dials: Dimensions of the points.
        seed: Of everything.
        noise: Share of wrong answers; None is the kind's own.

    Raises:
        InputError: Another kind.
    """
    if kind not in KINDS:
        raise InputError(f"a user of kind {kind!r} came; {', '.join(KINDS)} are wanted")
    rng = np.random.default_rng([KINDS.index(kind), dials, seed])
    wrong = (NOISE if kind == "noisy" else 0.0) if noise is None else noise
    if kind == "nonlinear" or (kind == "noisy" and seed % 2):
        turn, _ = np.linalg.qr(np.eye(dials) + 0.35 * rng.standard_normal((dials, dials)))
        axes = np.exp(0.4 * rng.standard_normal(dials))[:, None] * turn
        peak = rng.uniform(-0.8, 0.8, dials)
        return SimulatedUser(peak=peak, axes=axes, power=float(rng.uniform(1.2, 3)), noise=wrong)
    weights = _unit(rng.standard_normal(dials))
    if kind != "drifting":
        return SimulatedUser(weights=weights, noise=wrong)
    other = rng.standard_normal(dials)
    return SimulatedUser(weights=weights, turned=_unit(other - (other @ weights) * weights), noise=wrong)


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
