"""Figures of recognition against plain counting."""

import numpy as np
import pytest

from pinxit.errors import InputError
from pinxit.measuring.open_set import calibration_error, interval, separation, share


def test_separation_counts_pairs():
    rng = np.random.default_rng(0)
    scores, known = rng.integers(0, 6, 40), rng.random(40) < 0.4
    pairs = [(a > b) + (a == b) / 2 for a in scores[known] for b in scores[~known]]
    assert separation(scores, known) == pytest.approx(np.mean(pairs))
    assert np.isnan(separation(scores, np.ones(40)))


def test_calibration():
    sure, hits = np.array([0.95, 0.95, 0.95, 0.95, 0.35, 0.35, 1.0]), np.array([1, 1, 0, 0, 1, 0, 1])
    # Bin of 0.95 and 1.0: 5 pictures, 3 right, mean 0.96; bin of 0.35: 2, 1 right.
    assert calibration_error(sure, hits) == pytest.approx(5 / 7 * (0.96 - 0.6) + 2 / 7 * (0.5 - 0.35))
    assert calibration_error(np.ones(3), np.ones(3)) == 0


def test_interval():
    hits = np.repeat([1, 0], 50)
    found = interval(share, hits)
    assert found["value"] == 0.5 and found["count"] == 100
    assert found["low"] == pytest.approx(0.4, abs=0.03) and found["high"] == pytest.approx(0.6, abs=0.03)
    assert interval(share, hits) == found, "the seed is fixed"


def test_rows_that_belong_together_are_drawn_together():
    hits = np.repeat([1, 0] * 5, 30)
    alone, together = interval(share, hits), interval(share, hits, groups=np.repeat(np.arange(10), 30))
    assert together["count"] == 10
    # The standard error of ten coins is 0.158, of three hundred 0.029.
    assert together["high"] - together["low"] == pytest.approx(4 * 0.158, abs=0.1)
    assert alone["high"] - alone["low"] == pytest.approx(4 * 0.029, abs=0.03)


def test_draws_without_a_figure_are_left_out():
    found = interval(separation, np.array([1.0, 0.0]), np.array([True, False]))
    assert found["value"] == found["low"] == found["high"] == 1


def test_nothing_to_measure():
    with pytest.raises(InputError, match="one or more"):
        interval(share, [])
