"""Flow against known motion, and what makes it believed."""

import sys

import numpy as np
import pytest
from skimage import data

from pinxit.errors import MissingExtraError
from pinxit.measuring.known_motion import moved_photo
from pinxit.video.flow import CHECKED, LONGEST, flow_to, grey, moved, trust

cv2 = pytest.importorskip("cv2")
PHOTO = np.ascontiguousarray(data.astronaut()[:, :, :3])


def zeros(height, width):
    return np.zeros((height, width, 2), np.float32)


def test_grey_is_luma():
    colours = np.eye(3, dtype=np.float32)[None]
    np.testing.assert_array_equal(grey(colours), [[76, 150, 29]])  # 0.299, 0.587 and 0.114 of 255


def test_whole_pixels():
    picture = np.random.default_rng(0).random((20, 30, 3), np.float32)
    found = moved(picture, zeros(20, 30) + np.float32([3, -2]))
    np.testing.assert_allclose(found[2:, :-3], picture[:-2, 3:], atol=1e-6)
    np.testing.assert_allclose(moved(picture[..., 0], zeros(20, 30), bicubic=False), picture[..., 0], atol=1e-6)


@pytest.mark.parametrize("kind", ["pan", "zoom", "turn", "shake"])
def test_known_motion_is_found(kind):
    clip = moved_photo(PHOTO, kind, frames=3, size=(160, 120), seed=1)
    first, second = (grey(frame / np.float32(255)) for frame in clip.frames[:2])
    apart = np.linalg.norm(flow_to(second, first) - clip.flows[0], axis=2)[clip.visible[0]]
    assert np.median(apart) < 0.1 and apart.mean() < 0.25


def test_large_frames_are_searched_smaller():
    photo = grey(np.repeat(np.repeat(PHOTO[:32], 4, 1), 4, 0) / np.float32(255))
    first, second = photo[:, 5:-6], photo[:, :-11]
    assert first.shape[1] > LONGEST > CHECKED
    rough = flow_to(first, second, CHECKED)
    assert np.median(rough[..., 0]) == pytest.approx(5, abs=0.4)
    flow = flow_to(first, second)
    assert flow.shape == (*first.shape, 2)
    assert np.median(flow[..., 0]) == pytest.approx(5, abs=0.2) and np.median(flow[..., 1]) == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("size", [(1, 1), (9, 200), (12, 40), (33, 35)])
def test_small_frames_do_no_harm(size):
    noise = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    flow = flow_to(noise, noise)
    assert flow.shape == (*size, 2) and np.isfinite(flow).all()


def test_threads_change_nothing():
    clip = moved_photo(PHOTO, "shake", frames=2, size=(320, 240), seed=2)
    first, second = (grey(frame / np.float32(255)) for frame in clip.frames)
    before, found = cv2.getNumThreads(), []
    try:
        for threads in (1, 4):
            cv2.setNumThreads(threads)
            found.append(flow_to(second, first))
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(*found)


def test_what_is_believed():
    flat, flow = np.full((40, 60), 100, np.uint8), zeros(40, 60)
    np.testing.assert_allclose(trust(flat, flat, flow, flow), 1)
    away = zeros(40, 60) + np.float32([0, 10])
    np.testing.assert_array_equal(trust(flat, flat, away, -away)[:, 0], [1.0] * 30 + [0.0] * 10)  # from outside
    # There and back differ by 1.5 pixels: one standard deviation.
    np.testing.assert_allclose(trust(flat, flat, flow, flow + np.float32([1.5, 0]))[20, 30], np.exp(-0.5), rtol=1e-5)
    # On a flat part ten levels of difference are one standard deviation; a hundred are another thing.
    np.testing.assert_allclose(trust(flat, flat + np.uint8(10), flow, flow), np.exp(-0.5), rtol=1e-4)
    assert trust(flat, flat + np.uint8(100), flow, flow).max() < 1e-20


def test_without_opencv(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pinxit\[video\]'"):
        grey(np.zeros((8, 8, 3), np.float32))
