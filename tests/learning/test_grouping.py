"""Grouping: pairs against joint normal distributions, and sets whose groups are plain to see."""

import sys

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from pinxit.errors import MissingExtraError
from pinxit.learning.grouping import distances, group, linked, numbered
from pinxit.learning.recognizer import kinds_of
from pinxit.networks.signature import Signature


@pytest.fixture
def network():
    made = Signature(statistics=4, look=4, hand=1, tone=1)
    made.centre.copy_(torch.tensor([[0.0, 0.0], [1.0, 3.0]]))
    made.between.copy_(torch.tensor([[[30.0, 4.0], [4.0, 20.0]], [[9.0, 0.0], [0.0, 25.0]]]))
    made.within.copy_(torch.tensor([[[0.5, 0.1], [0.1, 0.4]], [[0.3, 0.0], [0.0, 0.6]]]))
    made.trust[0, 0], made.apart = 0.7, torch.tensor(0.5)
    return made


def test_pairs(network):
    x = np.random.default_rng(0).normal(size=(4, 2)) * 2
    found, kinds = distances(x, network), list(kinds_of(network).values())
    for i in range(4):
        for j in range(4):
            both = np.concatenate([x[i], x[j]])
            same = alone = other = 0.0
            for kind in kinds:
                total = kind.between + kind.within
                joint = np.block([[total, kind.between], [kind.between, total]])
                same += multivariate_normal(np.tile(kind.centre, 2), joint).pdf(both) / 2
                alone += multivariate_normal(kind.centre, total).pdf(x[i]) / 2
                other += multivariate_normal(kind.centre, total).pdf(x[j]) / 2
            odds = (alone * other / same) ** 0.7
            assert found[i, j] == pytest.approx(0 if i == j else odds / (1 + odds), abs=1e-6)


def clouds(*places, size=6):
    rng = np.random.default_rng(1)
    return np.concatenate([rng.normal(place, 0.3, (size + 2 * i, 2)) for i, place in enumerate(places)])


@pytest.mark.parametrize("places", [[(0, 0)], [(0, 0), (9, 0)], [(0, 0), (9, 0), (0, 9), (-9, -9)]])
def test_the_number_of_groups_is_found(network, places):
    labels = group(clouds(*places), network)
    wanted = np.repeat(np.arange(len(places))[::-1], [6 + 2 * i for i in range(len(places))])
    np.testing.assert_array_equal(labels, wanted)


def test_few_pictures(network):
    assert group(np.zeros((1, 2)), network).tolist() == [0]
    assert group(np.array([[0.0, 0.0], [9.0, 9.0]]), network).tolist() == [0, 1]
    assert group(np.zeros((2, 2)), network).tolist() == [0, 0]


def test_average_linkage():
    away = np.array([[0, 0.2, 0.6], [0.2, 0, 0.8], [0.6, 0.8, 0]])
    assert len(set(linked(away, 0.69))) == 2 and len(set(linked(away, 0.71))) == 1, "the third is 0.7 away on average"


def test_numbers_by_size_then_place():
    assert numbered(np.array([7, 3, 3, 5, 3, 5])).tolist() == [2, 0, 0, 1, 0, 1]
    assert numbered(np.array([4, 2, 4, 2])).tolist() == [0, 1, 0, 1]


def test_without_scikit_learn(network, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    with pytest.raises(MissingExtraError, match=r"pinxit\[personal\]"):
        group(np.zeros((3, 2)), network)
