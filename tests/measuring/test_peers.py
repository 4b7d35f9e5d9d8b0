"""Rivals do what their names say."""

import numpy as np
import pytest

from pinxit.measuring.peers import PEERS, histogram_map, linear_map, pooled, sample_pixels


def clouds():
    rng = np.random.default_rng(0)
    source = np.clip(rng.normal(0.5, 0.12, (5000, 3)), 0, 1)
    matrix = np.array([[0.8, 0.1, 0], [0.1, 0.7, 0.1], [0, 0.1, 0.6]])
    return source, source @ matrix + 0.05, matrix


def test_linear_map_recovers_a_symmetric_linear_look():
    source, target, _ = clouds()
    assert np.abs(linear_map(source, target)(source) - target).max() < 1e-6


def test_histogram_map_recovers_curves():
    source, _, _ = clouds()
    assert np.abs(histogram_map(source, source**1.5)(source) - source**1.5).max() < 0.01


def test_shrinking_makes_part_of_the_move():
    rng = np.random.default_rng(0)
    neutral = [rng.integers(60, 200, (20, 20, 3), np.uint8) for _ in range(4)]
    darker = [(n * 0.5).astype(np.uint8) for n in neutral]
    photo = neutral[0]
    full = pooled(linear_map)(darker, neutral)(photo).astype(float)
    half = pooled(linear_map, shrink=4)(darker, neutral)(photo).astype(float)
    assert np.abs(half - (full + photo) / 2).max() <= 1.5


def test_every_peer_grades_a_photo():
    rng = np.random.default_rng(1)
    photos = [rng.integers(0, 256, (24, 30, 3), np.uint8) for _ in range(3)]
    for name, method in PEERS.items():
        if name == "color-matcher":
            pytest.importorskip("color_matcher")
        result = method(photos[:2], photos)(photos[2])
        assert result.shape == photos[2].shape and result.dtype == np.uint8, name


def test_samples_are_equal_shares():
    photos = [np.zeros((100, 100, 3), np.uint8), np.full((50, 50, 3), 255, np.uint8)]
    assert sample_pixels(photos, 1000).mean() == pytest.approx(0.5)
