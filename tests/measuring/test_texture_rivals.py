"""Rivals for texture do what their names say."""

import numpy as np
import pytest
from PIL import Image

from pinxit.color import srgb_to_lab
from pinxit.measuring.texture_rivals import (
    RIVALS,
    colour_transport,
    lab_to_srgb,
    pyramid_matching,
    reference_copied,
    reinhard,
)


def picture(seed, middle=0.5, spread=0.12, grain=0.02, shape=(64, 64)):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (7, 7, 3), np.uint8)).resize(shape[::-1], Image.Resampling.BICUBIC)
    soft = (np.asarray(small) / 255 - 0.5) * 3.4 * spread + rng.normal(0, grain, (*shape, 3))
    return np.rint(255 * np.clip(middle + soft, 0, 1)).astype(np.uint8)


def test_lab_and_back():
    colours = np.random.default_rng(0).random((500, 3), np.float32)
    assert np.abs(lab_to_srgb(srgb_to_lab(colours)) - colours).max() < 2e-5
    convert = pytest.importorskip("skimage.color")
    lab = np.array([[50, 20, -30], [80, -10, 40], [5, 1, 1]], float)
    assert np.abs(lab_to_srgb(lab) - convert.lab2rgb(lab[None])[0]).max() < 1e-3


def test_reinhard_has_the_references_moments():
    lab = pytest.importorskip("skimage.color").rgb2lab
    content, reference = picture(1), picture(2, 0.45, 0.07)
    result, wanted = lab(reinhard(content, reference)), lab(reference)
    assert np.abs(result.mean((0, 1)) - wanted.mean((0, 1))).max() < 0.1
    assert np.abs(result.std((0, 1)) - wanted.std((0, 1))).max() < 0.1


def test_colour_transport_reaches_the_joint_distribution():
    content = picture(1)
    matrix = np.array([[0.6, 0.3, 0], [0, 0.5, 0.3], [0.2, 0, 0.6]])
    reference = np.rint(content[::-1] @ matrix).astype(np.uint8)
    result = colour_transport(content, reference).reshape(-1, 3)
    wanted = reference.reshape(-1, 3) / 255
    for axis in np.random.default_rng(5).normal(size=(8, 3)):
        axis /= np.linalg.norm(axis)
        before = np.abs(np.sort(content.reshape(-1, 3) / 255 @ axis) - np.sort(wanted @ axis)).mean()
        assert np.abs(np.sort(result @ axis) - np.sort(wanted @ axis)).mean() < 0.1 * max(before, 0.05)


def test_nothing_is_moved_to_its_own_colours():
    content = picture(1)
    shuffled = np.random.default_rng(0).permutation(content.reshape(-1, 3)).reshape(content.shape)
    assert np.abs(colour_transport(content, shuffled) - content / 255).max() < 0.01


def octave(x):
    """Spread of what a 2 x 2 mean takes away: a plain measure of the finest detail."""
    x = np.asarray(x, float) * (1 / 255 if x.dtype == np.uint8 else 1)
    return (x - x.reshape(32, 2, 32, 2, 3).mean((1, 3)).repeat(2, 0).repeat(2, 1)).std()


def test_pyramid_matching_brings_the_references_detail():
    smooth, grainy = picture(1, grain=0.005), picture(2, grain=0.06)
    assert octave(colour_transport(smooth, grainy)) < 0.5 * octave(grainy)
    assert 0.85 < octave(pyramid_matching(smooth, grainy)) / octave(grainy) < 1.1
    assert np.abs(pyramid_matching(smooth, grainy, 0.0) - smooth / 255).max() < 1e-5
    assert octave(smooth) < octave(pyramid_matching(smooth, grainy, 0.5)) < octave(grainy)


def test_all_take_a_reference_of_another_size():
    content, reference = picture(1), picture(2, shape=(40, 90))
    for name, rival in RIVALS.items():
        result = rival(content, reference)
        assert result.shape == content.shape, name
        assert result.dtype == np.uint8 or (result.dtype == np.float32 and 0 <= result.min() <= result.max() <= 1), name
    assert np.array_equal(reference_copied(content, content[:, ::-1]), content[:, ::-1])
