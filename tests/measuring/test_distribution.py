"""Distances between sets against other programs, slow loops and sets whose answer is known."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from pinxit.errors import InputError
from pinxit.measuring.distribution import (
    Diversity,
    FrechetDistance,
    KernelDistance,
    covered,
    frechet_distance,
    nearest_layouts,
    share_interval,
)


def cloud(seed, pictures, samples=3, features=4, shift=0.0):
    """Pictures that differ, with samples that differ less."""
    rng = np.random.default_rng(seed)
    return shift + rng.normal(size=(pictures, 1, features)) + 0.4 * rng.normal(size=(pictures, samples, features))


class TestFrechet:
    @pytest.mark.parametrize("count", [50, 4])  # fewer points than dimensions too
    def test_against_scipy(self, count):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(count, 6)) @ rng.normal(size=(6, 6)), rng.normal(1, 2, (count + 1, 6))
        a, b = np.cov(x.T), np.cov(y.T)
        wanted = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)
        assert frechet_distance(x, y) == pytest.approx(wanted, rel=1e-4)
        assert frechet_distance(x, x) == pytest.approx(0, abs=1e-5)

    def test_closed_form_of_one_feature(self):
        x, y = (np.array(v, float)[:, None] for v in ([0, 2, 4], [1, 1, 4]))
        spread = (4**0.5 - 3**0.5) ** 2  # standard deviations 2 and sqrt(3), equal means
        assert frechet_distance(x, y) == pytest.approx(spread)

    def test_extrapolation_written_out(self):
        x, y = cloud(0, 2), cloud(1, 2, shift=0.5)
        ways = [((0, 1), (0, 1)), ((0, 1), (1, 0))]
        halves = [np.mean([frechet_distance(x[i], y[j]) for i, j in zip(*way, strict=True)]) for way in ways]
        whole = 2 * frechet_distance(x.reshape(-1, 4), y.reshape(-1, 4))
        found = FrechetDistance(x, y)()
        # four splits of two pictures a side: each is one of two ways
        assert any(found == pytest.approx(whole - k / 4 * halves[0] - (1 - k / 4) * halves[1]) for k in range(5))

    @pytest.mark.parametrize("shift", [0.0, 0.7])
    def test_few_pictures_are_not_too_far(self, shift):
        plain, better = [], []
        for trial in range(60):
            x, y = cloud(2 * trial, 15), cloud(2 * trial + 1, 15, shift=shift)
            plain.append(frechet_distance(x.reshape(-1, 4), y.reshape(-1, 4)))
            better.append(FrechetDistance(x, y)())
        truth = 4 * shift**2
        assert np.mean(plain) - truth > 0.5  # what the extrapolation is for
        assert abs(np.mean(better) - truth) < 0.25 * (np.mean(plain) - truth)

    def test_drawn_pictures(self):
        x, y = cloud(0, 6), cloud(1, 6, shift=1.0)
        rows = np.array([0, 0, 1, 2, 3, 3])
        distance = FrechetDistance(x, y)
        again = FrechetDistance(x[rows], y)(np.arange(6), np.arange(6))
        assert distance(rows, np.arange(6)) == pytest.approx(again) and again != distance()

    def test_sets_that_are_too_small(self):
        with pytest.raises(InputError, match=r"set of 1 came.*two pictures"):
            FrechetDistance(cloud(0, 1), cloud(1, 5))
        with pytest.raises(InputError, match="4 or more"):
            FrechetDistance(cloud(0, 3, samples=1), cloud(1, 5, samples=1))


def slow_kernel_distance(x, y):
    def kernel(a, b):
        return (a @ b / len(a) + 1) ** 3

    def own(each):
        pairs = [(i, j) for i in range(len(each)) for j in range(len(each)) if i != j]
        return np.mean([kernel(a, b) for i, j in pairs for a in each[i] for b in each[j]])

    return own(x) + own(y) - 2 * np.mean([kernel(a, b) for p in x for q in y for a in p for b in q])


class TestKernel:
    @pytest.mark.parametrize("samples", [1, 3])
    def test_against_a_double_loop(self, samples):
        x, y = cloud(0, 5, samples), cloud(1, 7, samples, shift=0.3)
        distance = KernelDistance(x, y)
        assert distance() == pytest.approx(slow_kernel_distance(x, y))
        # A picture drawn twice is no neighbour of itself.
        rows = np.array([0, 2, 2, 4])
        weights = np.bincount(rows, minlength=5)
        pairs = [(i, j, weights[i] * weights[j]) for i in range(5) for j in range(5) if i != j]
        own = sum(w * ((x[i] @ x[j].T / 4 + 1) ** 3).mean() for i, j, w in pairs) / sum(w for *_, w in pairs)
        across = np.mean([((x[i] @ y[j].T / 4 + 1) ** 3).mean() for i in rows for j in range(7)])
        ys = [((y[i] @ y[j].T / 4 + 1) ** 3).mean() for i in range(7) for j in range(7) if i != j]
        assert distance(rows, np.arange(7)) == pytest.approx(own + np.mean(ys) - 2 * across)

    def test_equal_sources_are_0_on_average(self):
        found = [KernelDistance(cloud(2 * t, 4), cloud(2 * t + 1, 5))() for t in range(400)]
        assert abs(np.mean(found)) < 3 * np.std(found) / 20

    def test_sets_of_one(self):
        with pytest.raises(InputError, match="set of 1"):
            KernelDistance(cloud(0, 4), cloud(1, 1))


class TestCoverage:
    @pytest.mark.parametrize("samples", [1, 3])
    def test_against_brute_force(self, samples):
        x, by = 2 * cloud(0, 6, samples, 2), cloud(1, 5, samples, 2, shift=1.5)
        inside = np.zeros((6, samples), bool)
        for i in range(5):
            for a in by[i]:
                others = sorted(np.linalg.norm(a - b) for j in range(5) if j != i for b in by[j])
                inside |= np.linalg.norm(x - a, axis=2) <= others[2]
        found = covered(x, by)
        assert found == pytest.approx(inside.mean(1)) and 0 < found.mean() < 1

    def test_known_answers(self):
        by = cloud(0, 20)
        assert (covered(by[:5], by) == 1).all()
        assert (covered(by + 100, by) == 0).all()
        one_mode = np.repeat(by[:1], 20, 0)  # planted mode collapse: precise, and recalls little
        assert (covered(one_mode, by) == 1).all() and covered(by, one_mode + 1e-3).mean() < 0.2

    def test_too_few_pictures(self):
        with pytest.raises(InputError, match=r"set of 1 came.*more pictures"):
            covered(cloud(0, 3), cloud(1, 1))


class TestDiversity:
    def test_ratio_of_mean_distances(self):
        x, y = cloud(0, 4), cloud(1, 4)
        pairs = [(i, j) for i in range(4) for j in range(i)]
        wanted = [np.mean([np.linalg.norm(z[i].mean(0) - z[j].mean(0)) for i, j in pairs]) for z in (x, y)]
        assert Diversity(x, y)() == pytest.approx(wanted[0] / wanted[1])
        assert Diversity(y, y)() == 1
        assert Diversity(0.5 * y + 3, y)() == pytest.approx(0.5)

    def test_planted_collapse(self):
        contents = cloud(0, 12)
        results = contents[:1] + 0.02 * (contents - contents[:1])
        assert Diversity(results, contents)() == pytest.approx(0.02)
        assert Diversity(np.repeat(contents[:1], 12, 0), contents)() == pytest.approx(0, abs=1e-6)

    def test_draws(self):
        x, y = cloud(0, 3), cloud(1, 3)
        assert Diversity(x, y)(np.array([0, 1, 1])) == pytest.approx(Diversity(x[:2], y[:2])())
        assert np.isnan(Diversity(x, y)(np.array([1, 1, 1])))

    def test_refused(self):
        with pytest.raises(InputError, match="all the same"):
            Diversity(cloud(0, 3), np.ones((3, 3, 4)))
        with pytest.raises(InputError, match="set of 1"):
            Diversity(cloud(0, 1), cloud(1, 1))


def test_nearest():
    references = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert nearest_layouts(np.array([[0.6, 0.8], [-1.0, 0.0]]), references).tolist() == [0.8, 0.0]


def test_intervals_of_shares():
    low, high = share_interval(0, 10)
    assert low == 0 and high == pytest.approx(1.96**2 / (10 + 1.96**2))
    for hits, count in ((3, 10), (9, 10), (1, 2)):  # the ends solve (p - q)^2 = z^2 q (1 - q) / n
        for end in share_interval(hits, count):
            assert (hits / count - end) ** 2 == pytest.approx(1.96**2 * end * (1 - end) / count)
