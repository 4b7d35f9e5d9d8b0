"""Reconciling a predicted table with references, where the truth is known."""

import numpy as np
import pytest

from pinxit.learning.reconcile import OrdinaryColours, reconcile
from pinxit.networks.weights import ordinary_colours
from pinxit.tone.lut import Lut, identity_table


@pytest.fixture(scope="module")
def ordinary():
    return OrdinaryColours(*ordinary_colours())


def strong():
    table = identity_table(17)
    return Lut(np.clip(0.25 + 0.6 * table**1.5 * [1.0, 0.8, 0.6], 0, 1).astype(np.float32))


def references(ordinary, look, count, seed=5):
    rng = np.random.default_rng(seed)
    return look.apply(ordinary.clouds[rng.permutation(len(ordinary.clouds))[:count]])


def away(a, b):
    return float(np.abs(a.table - b.table).mean())


def test_a_missed_strong_look_is_found(ordinary):
    lut, share = reconcile(Lut.identity(17), references(ordinary, strong(), 30), ordinary)
    assert share > 0.7
    assert away(lut, strong()) < 0.4 * away(Lut.identity(17), strong())


def test_a_right_prediction_is_left_alone(ordinary):
    shares = [reconcile(strong(), references(ordinary, strong(), 8, seed), ordinary)[1] for seed in range(6)]
    assert np.mean(shares) < 0.1


def test_one_reference_says_too_little(ordinary):
    near = Lut(np.clip(identity_table(17) * [1.0, 0.95, 0.9], 0, 1).astype(np.float32))
    lut, share = reconcile(Lut.identity(17), references(ordinary, near, 1), ordinary)
    assert share == 0 and lut.is_identity


def test_the_same_seed_gives_the_same_table(ordinary):
    seen = references(ordinary, strong(), 20)
    a, b = (reconcile(Lut.identity(17), seen, ordinary, seed=3)[0] for _ in range(2))
    assert np.array_equal(a.table, b.table)


def test_more_caution_moves_less(ordinary):
    seen = references(ordinary, strong(), 20)
    bold, careful = (reconcile(Lut.identity(17), seen, ordinary, caution=c)[1] for c in (0.5, 4.0))
    assert bold > careful
