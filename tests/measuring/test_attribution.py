"""Attribution: a planted cause is found, values equal closed forms, and answers change with the network."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from pinxit.errors import InputError, MissingExtraError, ShapeError
from pinxit.measuring.attribution import (
    METHODS,
    RegionGame,
    attributions,
    faithfulness,
    kernel_shap,
    lime,
    occlusion,
    rank_correlation,
    superpixels,
)

CELLS = np.arange(12).reshape(3, 4).repeat(6, 0).repeat(6, 1)


def picture(seed=0):
    return np.random.default_rng(seed).random((18, 24, 3)).astype(np.float32)


def additive(weights):
    """A score that adds up the means of regions, and its Shapley values on white over black: the weights."""
    return lambda array: sum(w * array[i == CELLS].mean() for i, w in enumerate(weights))


class TestGame:
    def test_shows_what_it_is_told(self):
        seen = []
        game = RegionGame(lambda array: seen.append(array) or 0.0, picture(), np.zeros(3), CELLS)
        shown = np.zeros((1, 12), bool)
        shown[0, [1, 7]] = True
        game(shown)
        inside = np.isin(CELLS, [1, 7])
        np.testing.assert_array_equal(seen[0][inside], picture()[inside])
        assert (seen[0][~inside] == 0).all()

    def test_asks_once(self):
        game = RegionGame(lambda array: float(array.mean()), picture(), np.zeros(3), CELLS)
        first = game(np.ones((3, 12), bool))
        assert game.evaluations == 1 and np.ptp(first) == 0 and first[0] == game(np.ones((1, 12), bool))[0]

    def test_keeps_the_dtype(self):
        whole = (picture() * 255).astype(np.uint8)
        kinds = []
        for baseline in (whole // 2, np.zeros(3)):
            RegionGame(lambda array: kinds.append(array.dtype) or 0.0, whole, baseline, CELLS)(np.ones((1, 12), bool))
        assert kinds == [np.uint8, np.float32]

    @pytest.mark.parametrize(
        ("baseline", "regions"),
        [
            (np.zeros((4, 4, 3)), CELLS),
            (np.zeros(3), CELLS[:4]),
            (np.zeros(3), CELLS + 1),
            (np.zeros(3), np.zeros_like(CELLS)),
        ],
        ids=["baseline", "size", "gap", "one"],
    )
    def test_refuses(self, baseline, regions):
        with pytest.raises(ShapeError, match="wanted"):
            RegionGame(lambda _: 0.0, picture(), baseline, regions)


class TestValues:
    def test_planted_cause_is_found(self):
        """The score reads one region's red and nothing else; noise elsewhere must not matter."""
        game = RegionGame(lambda array: 3 * array[CELLS == 6][:, 0].mean(), picture(), np.zeros(3), CELLS)
        for name, values in attributions(game, samples=60).items():
            assert np.argmax(values) == 6, name
            others = np.delete(values, 6)
            assert values[6] > 5 * np.abs(others).max(), name

    def test_additive_game(self):
        """Shapley values of a sum are its terms, whatever is sampled; so is what hiding one of them takes away."""
        weights = np.random.default_rng(1).normal(size=12)
        game = RegionGame(additive(weights), np.ones((18, 24, 3)), np.zeros(3), CELLS)
        np.testing.assert_allclose(kernel_shap(game, 40, seed=3), weights, atol=1e-4)
        np.testing.assert_allclose(occlusion(game), weights, atol=1e-6)
        assert rank_correlation(lime(game, 60), weights) > 0.95

    def test_game_of_a_glove(self):
        """1 where region 0 and one of regions 1 and 2 are shown. Shapley 1953: 2/3, 1/6, 1/6 and nothing."""
        quarters = np.arange(4).reshape(2, 2).repeat(4, 0).repeat(4, 1)

        def score(array):
            there = [array[quarters == i].mean() > 0.5 for i in range(4)]
            return float(there[0] and (there[1] or there[2]))

        game = RegionGame(score, np.ones((8, 8, 3)), np.zeros(3), quarters)
        # With four players all 14 mixed coalitions are drawn in many samples; what is left is chance of their weights.
        np.testing.assert_allclose(kernel_shap(game, 3000), [2 / 3, 1 / 6, 1 / 6, 0], atol=0.03)

    def test_sum_is_the_whole_change(self):
        def score(array):
            return float(np.tanh(4 * array[CELLS < 5].mean()) * array[CELLS > 7].mean())

        game = RegionGame(score, picture(), np.full(3, 0.1), CELLS)
        ends = game(np.repeat([[False], [True]], 12, 1))
        assert kernel_shap(game, 80).sum() == pytest.approx(ends[1] - ends[0], abs=1e-4)

    def test_seeded_and_leaves_the_generator_alone(self):
        game = RegionGame(lambda array: float(array[CELLS < 6].std()), picture(), np.zeros(3), CELLS)
        torch.manual_seed(5)
        first = torch.rand(1)
        torch.manual_seed(5)
        one, other, again = kernel_shap(game, 30, 1), kernel_shap(game, 30, 2), kernel_shap(game, 30, 1)
        assert torch.rand(1) == first
        np.testing.assert_array_equal(one, again)
        assert np.abs(one - other).max() > 1e-6

    def test_changes_when_weights_are_randomized(self):
        """A trained network finds the region that decides; with random weights its answers are others.

        All regions have a colour of their own, so that the one that decides does not stand out by itself.
        """
        torch.manual_seed(0)
        rng = np.random.default_rng(0)
        pixels = rng.random((128, 12, 3), np.float32)[:, CELLS]
        truth = torch.from_numpy(pixels[:, 8, 14, 0] > 0.5).float()
        planes = torch.from_numpy(pixels).permute(0, 3, 1, 2)
        network = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 6, stride=6), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(8 * 12, 1)
        )
        optimizer = torch.optim.Adam(network.parameters(), 0.02)
        for _ in range(60):
            optimizer.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(network(planes)[:, 0], truth).backward()
            optimizer.step()
        asked = pixels[int(np.argmax(pixels[:, 8, 14, 0]))]

        def values():
            def score(array):
                with torch.inference_mode():
                    return float(network(torch.from_numpy(array).permute(2, 0, 1)[None])[0, 0])

            return attributions(RegionGame(score, asked, np.full(3, 0.5, np.float32), CELLS), 30)

        trained, alike = values(), {name: [] for name in METHODS}
        for _ in range(3):
            for module in (network[0], network[3]):
                module.reset_parameters()
            for name, after in values().items():
                alike[name].append(rank_correlation(trained[name], after))
        for name in METHODS:
            assert np.argmax(trained[name]) == 6, name
            assert abs(np.mean(alike[name])) < 0.4, name
        assert rank_correlation(trained["occlusion"], trained["KernelSHAP"]) > 0.6  # two methods on one network agree


class TestFaithfulness:
    def test_better_than_chance_on_a_planted_cause(self):
        game = RegionGame(lambda array: float(array[CELLS == 6].mean()), np.ones((18, 24, 3)), np.zeros(3), CELLS)
        found = faithfulness(game, kernel_shap(game, 60), orders=20)
        areas = found.areas()
        assert areas["deletion"] < 0.1 < 0.35 < areas["random deletion"]
        assert areas["insertion"] > 0.9 > 0.65 > areas["random insertion"]
        assert found.beaten >= 0.85  # some random orders happen to begin with the cause too

    def test_values_turned_round_are_worse_than_chance(self):
        weights = np.arange(12.0)
        game = RegionGame(additive(weights), np.ones((18, 24, 3)), np.zeros(3), CELLS)
        assert faithfulness(game, weights).beaten == 1.0
        assert faithfulness(game, -weights).beaten == 0.0

    def test_curves_by_hand(self):
        """Weights 0..11 hidden from the largest on: what is left after n is the sum of the smallest 12 - n."""
        weights = np.arange(12.0)
        game = RegionGame(additive(weights), np.ones((18, 24, 3)), np.zeros(3), CELLS)
        found = faithfulness(game, weights)
        left = np.round((1 - found.hidden) * 12)
        np.testing.assert_allclose(found.deletion, left * (left - 1) / 2, atol=1e-4)
        np.testing.assert_allclose(found.insertion, 66 - found.deletion, atol=1e-4)
        assert found.hidden[0] == 0 and found.hidden[-1] == 1
        np.testing.assert_allclose(found.random_insertion[:, [0, -1]], [[0, 66]] * 10, atol=1e-4)
        assert (np.diff(found.random_insertion) >= -1e-6).all()

    def test_refuses_other_lengths(self):
        game = RegionGame(lambda _: 0.0, picture(), np.zeros(3), CELLS)
        with pytest.raises(ShapeError, match=r"\(12,\) is wanted"):
            faithfulness(game, np.zeros(11))


class TestSuperpixels:
    def test_follows_edges(self):
        array = np.zeros((60, 60, 3), np.uint8)
        array[:, 33:] = (250, 120, 0)
        regions = superpixels(array)
        assert 8 <= regions.max() + 1 <= 32 and np.array_equal(np.unique(regions), np.arange(regions.max() + 1))
        assert not set(regions[:, :33].ravel()) & set(regions[:, 33:].ravel())

    def test_flat_pictures_are_cut_too(self):
        assert superpixels(np.full((64, 64, 3), 90, np.uint8)).max() >= 1


def test_rank_correlation():
    assert rank_correlation(np.array([1, 2, 3, 9]), np.array([0, 1, 5, 6])) == pytest.approx(1)
    # Ranks 1 2 3 against 2 1 3: 1 - 6 * (1 + 1) / (3 * 8) by Spearman's formula.
    assert rank_correlation(np.array([10, 20, 30]), np.array([5, 1, 7])) == pytest.approx(0.5)
    assert rank_correlation(np.zeros(4), np.arange(4)) == 0.0


@pytest.mark.parametrize("method", [kernel_shap, lime])
def test_too_few_samples(method):
    game = RegionGame(lambda _: 0.0, picture(), np.zeros(3), CELLS)
    with pytest.raises(InputError, match="23 samples came for 12 regions; 24 or more are wanted"):
        method(game, 23)


@pytest.mark.parametrize("package", ["captum", "sklearn"])
def test_missing_extra(monkeypatch, package):
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    game = RegionGame(lambda _: 0.0, picture(), np.zeros(3), CELLS)
    with pytest.raises(MissingExtraError, match=r"pinxit\[personal\]"):
        kernel_shap(game, 40)


def test_missing_superpixels(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(MissingExtraError, match=r"pinxit\[personal\]"):
        superpixels(np.zeros((32, 32, 3), np.uint8))


def test_captum_leaves_torchvision_alone():
    code = """
import importlib.abc, sys
class Watch(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] == "torchvision":
            print("asked for", name)
sys.meta_path.insert(0, Watch())
import numpy as np
from pinxit.measuring.attribution import RegionGame, attributions
regions = np.arange(4).reshape(2, 2).repeat(4, 0).repeat(4, 1)
attributions(RegionGame(lambda a: float(a.mean()), np.ones((8, 8, 3)), np.zeros(3), regions), 20)
print("torchvision" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_methods_are_named():
    game = RegionGame(lambda _: 0.0, picture(), np.zeros(3), CELLS)
    assert tuple(attributions(game, 30)) == METHODS
