"""Figures of steadiness, against closed forms."""

import numpy as np
import pytest

from pinxit.errors import ShapeError
from pinxit.measuring.features import FeatureNetwork
from pinxit.measuring.flow_error import detail, feature_distance, moved_back, strayed, warping_error

RNG = np.random.default_rng(0)


def flow_of(x, y, size=(20, 30)):
    return np.broadcast_to(np.float32([x, y]), (*size, 2))


def checkers(side, size=32):
    """Squares of ``side`` pixels, -1 and 1."""
    rows = np.arange(size) // side
    return np.where((rows[:, None] + rows) % 2, 1.0, -1.0)[..., None].repeat(3, 2).astype(np.float32)


def test_whole_pixels_are_read_as_they_are():
    picture = RNG.random((20, 30, 3), np.float32)
    found = moved_back(picture, flow_of(3, -2))
    np.testing.assert_allclose(found[2:, :-3], picture[:-2, 3:], atol=1e-5)
    np.testing.assert_allclose(found[2:, -1], picture[:-2, -1], atol=1e-5)  # beyond the border its last pixel
    eight = np.uint8(picture * 255)
    np.testing.assert_allclose(moved_back(eight, flow_of(0, 0)), eight / 255, atol=1e-5)


def test_half_pixels_are_bicubic():
    picture = np.zeros((20, 30, 3), np.float32)
    picture[:, 15] = 1
    row = moved_back(picture, flow_of(0.5, 0))[10, 12:18, 0]
    # Keys' kernel with a = -0.75 at distances 1.5, 0.5, 0.5 and 1.5.
    np.testing.assert_allclose(row, [0, -0.09375, 0.59375, 0.59375, -0.09375, 0][:6], atol=1e-5)


def test_error_is_the_root_mean_square_of_what_counts():
    frames = [np.full((20, 30, 3), value, np.float32) for value in (0.2, 0.3, 0.7)]
    flows = [flow_of(0, 0)] * 2
    everything = np.ones((20, 30), bool)
    assert warping_error(frames, flows, [everything] * 2) == pytest.approx(((0.1**2 + 0.4**2) / 2) ** 0.5, abs=1e-6)
    few = np.zeros((20, 30), bool)
    few[:5, :30] = True  # a quarter of the second pair
    wanted = ((4 * 0.1**2 + 0.4**2) / 5) ** 0.5
    assert warping_error(frames, flows, [everything, few]) == pytest.approx(wanted, abs=1e-6)
    frames[2][5:] = RNG.random((15, 30, 3))
    assert warping_error(frames, flows, [everything, few]) == pytest.approx(wanted, abs=1e-6)


def test_motion_is_no_error():
    long = RNG.random((20, 40, 3), np.float32)
    frames = [long[:, n : n + 30] for n in (0, 2, 4)]
    inside = np.zeros((20, 30), bool)
    inside[:, :26] = True
    assert warping_error(frames, [flow_of(2, 0)] * 2, [inside] * 2) < 1e-5
    assert warping_error(frames, [flow_of(0, 0)] * 2, [inside] * 2) > 0.3


@pytest.mark.parametrize(
    ("flows", "masks", "words"),
    [
        (1, np.ones((20, 30), bool), "3 frames came with 1 flows"),
        (2, np.zeros((20, 30), bool), "no pixel is visible"),
        (2, np.ones((20, 29), bool), "came with a flow of"),
    ],
)
def test_refusals(flows, masks, words):
    frames = [np.zeros((20, 30, 3), np.float32)] * 3
    with pytest.raises(ShapeError, match=words):
        warping_error(frames, [flow_of(0, 0)] * flows, [masks] * flows)


def test_distance_to_a_network():
    network = FeatureNetwork("itself", lambda pixels: [pixels, 2 * pixels])
    frames = [np.full((8, 8, 3), value, np.float32) for value in (0.3, 0.4, 0.4)]
    first = 0.1 / ((0.3**2 + 0.4**2) / 2) ** 0.5
    assert feature_distance(frames, network) == pytest.approx(first / 2, rel=1e-5)
    assert feature_distance(frames, network, every=2) == pytest.approx(first, rel=1e-5)


def test_detail_is_told_by_its_size():
    grey = np.full((32, 32, 3), 0.5, np.float32)
    assert detail(grey) == pytest.approx((0, 0), abs=1e-6)
    # Single pixels cancel in the means of 2 x 2; squares of 2 stand in them as they are.
    assert detail(grey + 0.2 * checkers(1)) == pytest.approx((0.2, 0), abs=1e-5)
    fine, middle = detail(grey + 0.2 * checkers(2))
    assert middle == pytest.approx(0.2, abs=1e-5) and 0 < fine < middle


def test_strokes_do_not_stray():
    painting = RNG.random((32, 32, 3), np.float32) / 2 + 0.2
    assert strayed(painting + 0.1, painting) == pytest.approx(0.1, abs=1e-5)
    assert strayed(painting + 0.1 * checkers(1), painting) == pytest.approx(0, abs=1e-5)
    assert strayed(np.uint8(painting * 255), painting) < 0.01
