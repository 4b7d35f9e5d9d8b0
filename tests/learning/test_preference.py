"""The preference model beside slow sums over a grid, and what it does with answers that make no sense."""

import itertools
import math

import numpy as np
import pytest

from pinxit.errors import InputError, ShapeError
from pinxit.learning.preference import Answers, PreferenceModel, Prior


def prior(size: int = 1, spread: float = 1.0, mean: float = 0.0, lapse: float = 0.1) -> Prior:
    return Prior(mean=np.full(size, mean), spread=np.full(size, spread), lapse=lapse)


def pairs(differences, said) -> Answers:
    first = np.atleast_2d(np.asarray(differences, float))
    return Answers.of_pairs(first, np.zeros_like(first), np.asarray(said, float))


def chance(difference: float, lapse: float) -> float:
    return lapse / 2 + (1 - lapse) / (1 + math.exp(-difference))


class TestFit:
    @pytest.mark.parametrize("lapse", [0.0, 0.1, 0.3])
    def test_mode_as_on_a_grid(self, lapse):
        differences, said = [1.0, 2.0, -0.5, 1.5], [1, 1, 1, 0]
        model = PreferenceModel(prior(spread=2.0, mean=0.5, lapse=lapse))
        model.fit(pairs([[d] for d in differences], said))
        grid = np.linspace(-8, 8, 160001)
        log = -0.5 * ((grid - 0.5) / 2) ** 2
        for d, y in zip(differences, said, strict=True):
            p = lapse / 2 + (1 - lapse) / (1 + np.exp(-d * grid))
            log += np.log(p) if y else np.log(1 - p)
        assert model.mean[0] == pytest.approx(grid[np.argmax(log)], abs=2e-3)
        # Expected information of a yes or no: change of its chance, squared, over its variance.
        information = 1 / 4
        for d in differences:
            p = chance(d * model.mean[0], lapse)
            slope = (chance(d * (model.mean[0] + 1e-5), lapse) - p) / 1e-5
            information += slope**2 / (p * (1 - p))
        assert model.covariance[0, 0] == pytest.approx(1 / information, rel=1e-3)

    def test_nothing_said_is_the_prior(self):
        model = PreferenceModel(prior(3, 0.7, 0.2)).fit(pairs(np.zeros((0, 3)), []))
        np.testing.assert_allclose(model.mean, 0.2)
        np.testing.assert_allclose(model.covariance, np.eye(3) * 0.49)

    def test_contradictions_leave_the_mean_at_the_prior(self):
        model = PreferenceModel(prior(2)).fit(pairs([[1, 0]] * 8, [1, 0] * 4))
        np.testing.assert_allclose(model.mean, 0, atol=1e-6)
        assert model.prefers(np.array([[1.0, 0]]), np.zeros((1, 2)))[0] == pytest.approx(0.5, abs=1e-6)

    def test_one_answer_leaves_a_wide_interval(self):
        model = PreferenceModel(prior(2, 2.0)).fit(pairs([[1, 0]], [1]))
        assert model.mean[0] > 0.1 and model.covariance[0, 0] > 0.5 * 4
        assert model.covariance[1, 1] == pytest.approx(4)

    def test_the_same_counts_as_half_each_way(self):
        once = PreferenceModel(prior(1, lapse=0)).fit(pairs([[1], [2]], [1, 0.5]))
        grid = np.linspace(-4, 4, 80001)
        p1, p2 = 1 / (1 + np.exp(-grid)), 1 / (1 + np.exp(-2 * grid))
        best = grid[np.argmax(np.log(p1) + 0.5 * np.log(p2 * (1 - p2)) - grid**2 / 2)]
        assert once.mean[0] == pytest.approx(best, abs=1e-3)

    def test_lapses_keep_one_wrong_answer_small(self):
        rows, said = [[1.0]] * 12 + [[4.0]], [1] * 12 + [0]
        trusting = PreferenceModel(prior(spread=3, lapse=0.0)).fit(pairs(rows, said)).mean[0]
        careful = PreferenceModel(prior(spread=3, lapse=0.1)).fit(pairs(rows, said)).mean[0]
        assert careful > trusting + 0.5

    def test_memory_halves(self):
        model = PreferenceModel(prior(lapse=0), memory=1.0).fit(pairs([[1], [1]], [0, 1]))
        grid = np.linspace(-4, 4, 80001)
        p = 1 / (1 + np.exp(-grid))
        best = grid[np.argmax(0.5 * np.log(1 - p) + np.log(p) - grid**2 / 2)]
        assert model.mean[0] == pytest.approx(best, abs=1e-3) and best > 0

    def test_likes_and_dislikes(self):
        first = np.array([[1.0], [0.9], [-1.0], [-0.8]])
        answers = Answers(first, np.zeros_like(first), np.ones(4, bool), np.array([1, 1, 0, 0.0]))
        model = PreferenceModel(prior(spread=3)).fit(answers)
        assert model.mean[0] > 0.5
        all_liked = Answers(first, np.zeros_like(first), np.ones(4, bool), np.ones(4))
        assert abs(PreferenceModel(prior(spread=3)).fit(all_liked).mean[0]) < 0.3  # liking all says little about which
        assert (model.difference(answers) > 0).tolist() == [True, True, False, False]


class TestAsk:
    def test_chances_as_by_a_fine_sum(self):
        model = PreferenceModel(prior(2, 1.5)).fit(pairs([[1, 0], [0, 1]], [1, 0]))
        first, second = np.array([[1.0, 0.5]]), np.array([[-0.5, 1.0]])
        d = (first - second)[0]
        mean, spread = d @ model.mean, math.sqrt(d @ model.covariance @ d)
        z = np.linspace(-9, 9, 20001)
        weight = np.exp(-(z**2) / 2)
        wanted = (weight / (1 + np.exp(-(mean + spread * z)))).sum() / weight.sum()
        assert model.prefers(first, second)[0] == pytest.approx(wanted, abs=1e-4)

    def test_next_pair_has_the_most_information(self):
        rng = np.random.default_rng(3)
        model = PreferenceModel(prior(3)).fit(pairs(rng.normal(size=(5, 3)), [1, 0, 1, 1, 0]))
        candidates = rng.normal(size=(7, 3))
        drawn = rng.multivariate_normal(model.mean, model.covariance, 40000)
        gains = {}
        for i, j in itertools.combinations(range(7), 2):
            p = 0.05 + 0.9 / (1 + np.exp(-drawn @ (candidates[i] - candidates[j])))
            m = p.mean()
            entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p)).mean()
            gains[i, j] = -(m * np.log(m) + (1 - m) * np.log(1 - m)) - entropy
        chosen = gains[model.next_pair(candidates)]
        assert chosen > 0.97 * max(gains.values()) and chosen > 1.5 * np.median(list(gains.values()))

    def test_best_and_sure(self):
        candidates = np.array([[-1.0], [0.0], [1.0]])
        model = PreferenceModel(prior(spread=3, lapse=0.02))
        assert not model.sure(candidates)
        model.fit(pairs([[1]] * 40, [1] * 40))
        assert model.best(candidates) == 2 and model.sure(candidates) and model.regret(candidates) < 0.02
        mean, spread = model.utility(candidates)
        assert mean.argmax() == 2 and spread[0] == pytest.approx(spread[2])


class TestRefused:
    def test_shapes(self):
        with pytest.raises(ShapeError, match="the prior has 2"):
            PreferenceModel(prior(2)).fit(pairs([[1.0]], [1]))
        with pytest.raises(ShapeError, match=r"\(N, D\) is wanted"):
            Answers.of_pairs(np.zeros((2, 3)), np.zeros((2, 2)), np.zeros(2))
        with pytest.raises(ShapeError):
            pairs([[float("nan")]], [1])
        with pytest.raises(ShapeError):
            Prior(mean=np.zeros(2), spread=np.zeros(2))

    def test_values(self):
        with pytest.raises(InputError, match="an answer outside"):
            pairs([[1.0]], [2])
        with pytest.raises(InputError, match="lapse 1"):
            prior(lapse=1)
        with pytest.raises(InputError, match="memory 0"):
            PreferenceModel(prior(), memory=0)
        with pytest.raises(InputError, match="a pair needs two"):
            PreferenceModel(prior()).next_pair(np.zeros((1, 1)))
