"""PreferenceModel: what a person likes, from pairs of which one was preferred and from likes and dislikes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pinxit.errors import InputError, ShapeError

_NODES, _SHARES = np.polynomial.hermite_e.hermegauss(12)
_SHARES = _SHARES / _SHARES.sum()
_STEPS, _CLOSE = 60, 1e-6


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What is expected of a person of whom nothing is known.

    Args:
        mean: Of the weights of the features, (D,).
        spread: Their standard deviations, (D,), above 0.
        lapse: Share of answers that say nothing, half of which are wrong.
        bias_spread: Standard deviation of the utility from which on a person says "like".
    """

    mean: np.ndarray
    spread: np.ndarray
    lapse: float = 0.1
    bias_spread: float = 1.0

    def __post_init__(self) -> None:
        mean, spread = np.asarray(self.mean, float), np.asarray(self.spread, float)
        if mean.ndim != 1 or mean.shape != spread.shape or not (spread > 0).all() or not np.isfinite(mean).all():
            raise ShapeError(f"a prior of shapes {mean.shape} and {spread.shape} came; two vectors (D,) are wanted")
        if not 0 <= self.lapse < 1:
            raise InputError(f"lapse {self.lapse} came; a share from 0 to below 1 is wanted")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "spread", spread)


@dataclass(frozen=True)
class Answers:
    """What a person said: pairs, and single results that were liked or not.

    Args:
        first: Features of the first of each pair, or of the single result, (N, D).
        second: Of the second, (N, D); zeros for a single result.
        single: Which are single results, (N,) bool.
        said: 1 the first is better or it is liked, 0 the second is or it is disliked, 0.5 they are the same, (N,).
    """

    first: np.ndarray
    second: np.ndarray
    single: np.ndarray
    said: np.ndarray

    @classmethod
    def of_pairs(cls, first: np.ndarray, second: np.ndarray, said: np.ndarray) -> Answers:
        """Answers to pairs alone."""
        return cls(first, second, np.zeros(len(said), bool), said)

    def __post_init__(self) -> None:
        first, second, said = (np.asarray(v, float) for v in (self.first, self.second, self.said))
        single = np.asarray(self.single, bool)
        sound = first.ndim == 2 and first.shape == second.shape and said.shape == single.shape == first.shape[:1]
        if not sound or not np.isfinite(first).all() or not np.isfinite(second).all():
            raise ShapeError(f"features {first.shape} and {second.shape} for {said.shape} answers; (N, D) is wanted")
        if not ((said >= 0) & (said <= 1)).all():
            raise InputError("an answer outside 0..1 came; 1 is the first, 0 the second, 0.5 both the same")
        for name, value in (("first", first), ("second", second), ("said", said), ("single", single)):
            object.__setattr__(self, name, value)

    def rows(self) -> np.ndarray:
        """Design matrix, (N, D + 1): differences, and -1 in the last column for single results."""
        return np.concatenate([self.first - self.second, -self.single[:, None].astype(float)], 1)


class PreferenceModel:
    """Bradley-Terry with a linear utility of features, a Gaussian prior and a Gaussian posterior.

    The chance that a result a is preferred to b is ``e + (1 - 2 e) s(w.(a - b))`` with the logistic ``s`` and half
    the lapse rate ``e``; that a is liked ``e + (1 - 2 e) s(w.a - bias)``. "The same" counts as half an answer each way.

    Args:
        prior: Over the D weights.
        memory: Answers until one counts half of a new one; None forgets nothing.

    Source:
        Bradley and Terry 1952; ties: the numerator of Davidson 1970. Lapses: Wichmann and Hill 2001. Posterior:
        Laplace's approximation with the expected (Fisher) in the place of the observed curvature, because a
        likelihood with lapses is not concave.
    """

    def __init__(self, prior: Prior, *, memory: float | None = None) -> None:
        if memory is not None and not memory > 0:
            raise InputError(f"memory {memory} came; a number of answers above 0, or None, is wanted")
        self.prior, self.memory = prior, memory
        self._mean = np.append(prior.mean, 0.0)
        spread = np.append(prior.spread, prior.bias_spread)
        self._start, self._precision = self._mean.copy(), 1 / spread**2
        self._covariance = np.diag(spread**2)

    @property
    def mean(self) -> np.ndarray:
        """Posterior mean of the weights, (D,)."""
        return self._mean[:-1]

    @property
    def covariance(self) -> np.ndarray:
        """Posterior covariance of the weights, (D, D)."""
        return self._covariance[:-1, :-1]

    def fit(self, answers: Answers) -> PreferenceModel:
        """Learn from all answers, in the order in which they were given; returns itself.

        Raises:
            ShapeError: Features of another length than the prior's.
        """
        rows = answers.rows()
        if rows.shape[1] != len(self._mean):
            raise ShapeError(f"{rows.shape[1] - 1} features came; the prior has {len(self.prior.mean)}")
        counts = np.ones(len(rows))
        if self.memory is not None:
            counts = 0.5 ** (np.arange(len(rows))[::-1] / self.memory)
        self._mean, self._covariance = self._laplace(rows, answers.said, counts)
        return self

    def _laplace(self, rows: np.ndarray, said: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Fisher scoring with halved steps; mode and inverse curvature."""
        weights = self._mean  # the last answer moves them little
        value = self._log_posterior(weights, rows, said, counts)
        for _ in range(_STEPS):
            slope, curvature = self._slope(weights, rows, said, counts)
            step = np.linalg.solve(curvature, slope)
            share = 1.0
            while share > 1e-4:
                tried = weights + share * step
                reached = self._log_posterior(tried, rows, said, counts)
                if reached >= value:
                    break
                share /= 2
            else:
                break
            gain, weights, value = reached - value, tried, reached
            if gain < _CLOSE:
                break
        return weights, np.linalg.inv(self._slope(weights, rows, said, counts)[1])

    def _log_posterior(self, weights: np.ndarray, rows: np.ndarray, said: np.ndarray, counts: np.ndarray) -> float:
        p = self._chance(rows @ weights)
        fit = counts * (said * np.log(p) + (1 - said) * np.log1p(-p))
        return float(fit.sum() - 0.5 * (self._precision * (weights - self._start) ** 2).sum())

    def _slope(
        self, weights: np.ndarray, rows: np.ndarray, said: np.ndarray, counts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        plain = _logistic(rows @ weights)
        p = self._chance(rows @ weights)
        change = (1 - self.prior.lapse) * plain * (1 - plain)
        pull = counts * (said - p) / (p * (1 - p)) * change
        slope = rows.T @ pull - self._precision * (weights - self._start)
        information = counts * change**2 / (p * (1 - p))
        return slope, (rows.T * information) @ rows + np.diag(self._precision)

    def _chance(self, difference: np.ndarray) -> np.ndarray:
        return np.clip(self.prior.lapse / 2 + (1 - self.prior.lapse) * _logistic(difference), 1e-12, 1 - 1e-12)

    def utility(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected utility of results and its standard deviation; (N, D) to (N,) and (N,)."""
        features = np.asarray(features, float)
        variance = np.einsum("nd,de,ne->n", features, self.covariance, features)
        return features @ self.mean, np.sqrt(np.maximum(variance, 0))

    def difference(self, answers: Answers) -> np.ndarray:
        """By how much the first of each pair is expected to be better, or a single result than what is liked, (N,)."""
        return answers.rows() @ self._mean

    def prefers(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """The chance that the first of each pair is truly the better one, (N, D) twice to (N,); lapses left out.

        Source:
            Mean of the logistic over the posterior, by Gauss-Hermite quadrature.
        """
        mean, spread = self.utility(np.asarray(first, float) - np.asarray(second, float))
        return _logistic(mean[:, None] + spread[:, None] * _NODES) @ _SHARES

    def next_pair(self, candidates: np.ndarray) -> tuple[int, int]:
        """Which two of the candidates to ask about: the pair whose answer tells most about the weights.

        Args:
            candidates: Features, (N, D), two or more.

        Source:
            BALD, Houlsby, Huszar, Ghahramani and Lengyel 2011: the entropy of the expected answer less the expected
            entropy of the answer, here by Gauss-Hermite quadrature. The first such pair wins.
        """
        candidates = np.asarray(candidates, float)
        if len(candidates) < 2:
            raise InputError(f"{len(candidates)} candidates came; a pair needs two")
        first, second = np.triu_indices(len(candidates), 1)
        values = candidates @ self.mean
        shadows = candidates @ np.linalg.cholesky(self.covariance)
        products = shadows @ shadows.T
        own = np.diag(products)
        spread = np.sqrt(np.maximum(own[first] + own[second] - 2 * products[first, second], 0))
        # The gain is even in the mean and the nodes are symmetric, so that it is enough to look at one sign.
        chances = self._chance((values[first] - values[second])[:, None] + spread[:, None] * _NODES)
        gain = _entropy(chances @ _SHARES) - _entropy(chances) @ _SHARES
        best = int(np.argmax(gain))
        return int(first[best]), int(second[best])

    def best(self, candidates: np.ndarray) -> int:
        """The candidate of the highest expected utility."""
        return int(np.argmax(np.asarray(candidates, float) @ self.mean))

    def draws(self, candidates: np.ndarray, count: int = 256, seed: int = 0) -> np.ndarray:
        """Utilities of the candidates under weights drawn from the posterior, (count, N)."""
        normal = np.random.default_rng(seed).standard_normal((count, len(self.mean)))
        weights = self.mean + normal @ np.linalg.cholesky(self.covariance).T
        return weights @ np.asarray(candidates, float).T

    def regret(self, candidates: np.ndarray) -> float:
        """Expected loss of taking :meth:`best` instead of the truly best candidate, 0..1 or more.

        It is told in parts of what the truly best one is worth more than the mean candidate.
        """
        drawn = self.draws(candidates)
        most = drawn.max(1)
        return float((most - drawn[:, self.best(candidates)]).mean() / (most - drawn.mean(1)).mean())

    def sure(self, candidates: np.ndarray, regret: float = 0.1) -> bool:
        """Whether more answers would hardly change the choice: the expected loss is at most ``regret``."""
        return self.regret(candidates) <= regret


def _logistic(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))


def _entropy(p: np.ndarray) -> np.ndarray:
    """Of a yes or no with chance p, 0 < p < 1, in nats."""
    return -(p * np.log(p) + (1 - p) * np.log1p(-p))
