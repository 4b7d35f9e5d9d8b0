"""Tables fitted to pairs of colours."""

import numpy as np
import pytest

from pinxit.errors import LearningError, ShapeError
from pinxit.tone.fit import corner_weights, fit_lut
from pinxit.tone.lut import Lut


def pairs(seed=0, n=20000):
    x = np.random.default_rng(seed).random((n, 3))
    return x, np.stack([x[:, 0] ** 1.3, 0.9 * x[:, 1] + 0.05, 0.8 * x[:, 2] + 0.1 * x[:, 0]], -1)


def test_weights_sum_to_one_and_reproduce_the_colour():
    x = np.random.default_rng(1).random((100, 3))
    nodes, weights = corner_weights(x, 5)
    colours = np.stack([nodes % 5, nodes // 5 % 5, nodes // 25], -1) / 4
    assert np.allclose((weights[..., None] * colours).sum(1), x)


def test_recovers_a_smooth_look():
    x, y = pairs()
    test_x, test_y = pairs(1, 1000)
    assert np.abs(fit_lut(x, y).apply(test_x) - test_y).mean() < 0.003


def test_retouched_pixels_do_not_matter():
    x, y = pairs()
    y[:1500] = [1, 0, 0]
    test_x, test_y = pairs(1, 1000)
    assert np.abs(fit_lut(x, y).apply(test_x) - test_y).mean() < 0.006


def test_unseen_colours_follow_the_prior():
    prior = Lut(np.clip(Lut.identity(9).table * 0.5, 0, 1))
    x = np.full((50, 3), 0.2) + np.random.default_rng(0).normal(0, 0.01, (50, 3))
    lut = fit_lut(x, prior.apply(x), prior=prior)
    assert np.abs(lut.apply(np.array([[0.9, 0.9, 0.9]])) - 0.45).max() < 0.01


def test_bad_input():
    with pytest.raises(ShapeError):
        fit_lut(np.zeros((3, 3)), np.zeros((4, 3)))
    with pytest.raises(LearningError):
        fit_lut(np.zeros((0, 3)), np.zeros((0, 3)))
