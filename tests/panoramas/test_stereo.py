"""Two eyes: pairs whose disparity is known, the flow between them, and results that fit together."""

import sys

import numpy as np
import pytest
from spheres import eight_bits, looks, rough, smooth

from pinxit.engines.automatic import Strongest
from pinxit.errors import InputError, MissingExtraError
from pinxit.panoramas.sphere import Equirectangular
from pinxit.panoramas.stereo import eye_surface, eyes, flow_between, joined, painted_pair
from pinxit.panoramas.stereo_pairs import NEAREST, eye_difference, known_pair
from pinxit.panoramas.still import transfer_panorama
from pinxit.panoramas.transfer import PanoramaPainter
from pinxit.picture import Picture

WHOLE = Equirectangular(80, 160)


def levels(one, other):
    return np.abs(np.asarray(one, int) - np.asarray(other, int))


@pytest.mark.parametrize("stereo", ["top-bottom", "side-by-side"])
def test_eyes_are_cut_and_joined(stereo):
    array = rough(32, 64)
    left, right = eyes(array, stereo)
    assert left.shape == ((16, 64, 3) if stereo == "top-bottom" else (32, 32, 3)) == right.shape
    assert np.array_equal(left[0, 0], array[0, 0]) and np.array_equal(right[-1, -1], array[-1, -1])
    assert np.array_equal(joined(left, right, stereo), array)


@pytest.mark.parametrize(
    ("size", "stereo", "eye"),
    [
        ((128, 128), "top-bottom", (64, 128)),
        ((64, 128), "top-bottom", (32, 128)),
        ((64, 256), "side-by-side", (64, 128)),
        ((64, 128), "side-by-side", (64, 64)),
    ],
)
def test_whole_and_squeezed_eyes(size, stereo, eye):
    assert eye_surface(np.zeros((*size, 3), np.uint8), stereo) == Equirectangular(*eye)


@pytest.mark.parametrize(
    ("size", "stereo", "wanted"),
    [
        ((100, 128), "top-bottom", "1:1 or 2:1"),
        ((63, 128), "top-bottom", "1:1 or 2:1"),
        ((64, 90), "side-by-side", "4:1"),
    ],
)
def test_wrong_sizes(size, stereo, wanted):
    with pytest.raises(InputError, match=f"it is {size[1]}x{size[0]}, and a {stereo} panorama has an even size"):
        eye_surface(np.zeros((*size, 3), np.uint8), stereo, "it")
    with pytest.raises(InputError, match="stereo 'cross-eyed' came"):
        eye_surface(np.zeros((64, 64, 3), np.uint8), "cross-eyed")
    assert wanted


def test_known_pairs_are_what_they_say():
    """Smooth panoramas, one before the other: what the right eye sees is what the left one sees there."""
    behind = eight_bits(smooth(looks(80, 160)))
    before = eight_bits(0.3 + 0.2 * smooth(looks(80, 160)[:, ::-1]))
    pair = known_pair(behind, before, noise=0.0, seed=1)
    assert 0.6 < pair.visible.mean() < 1 and (pair.columns < 0).all()
    assert pair.columns.min() >= -NEAREST * 160 - 1e-4
    assert eye_difference(pair.left, pair.right, pair) < 1.5 / 255
    assert np.abs(pair.left.astype(int) - pair.right).max() > 20, "discs hide what is behind them"
    shifted = known_pair(behind, before, noise=0.0, seed=1)
    assert np.array_equal(pair.left, shifted.left)
    noisy = known_pair(behind, before, noise=4.0, seed=1)
    # Two normal values with one interpolated: 4 sqrt(1 + 0.6..1) sqrt(2 / pi) levels.
    assert 3.5 / 255 < eye_difference(noisy.left, noisy.right, noisy) < 5 / 255


def test_flow_around_the_edge():
    """Three columns everywhere, also where the panorama begins again."""
    left = rough(128, 256)
    flow = flow_between(np.roll(left, 3, axis=1), left)
    middle = flow.moved[20:-20]
    assert np.abs(middle - [-3, 0]).mean() < 0.1 and np.abs(middle[:, :6] - [-3, 0]).mean() < 0.2
    assert flow.trust[20:-20].mean() > 0.95
    places, trust = flow.at(slice(30, 40), Equirectangular(256, 512))
    assert places.shape == (10, 512, 2) and trust.shape == (10, 512, 1)
    assert (
        np.abs(places[..., 1] - np.arange(512) + 6).mean() < 0.2 and np.abs(places[..., 0].T - range(30, 40)).max() < 1
    )


def test_what_the_other_eye_does_not_see_is_not_believed():
    left, right = rough(128, 256), rough(128, 256, seed=1)
    right[:, 128:] = left[:, 128:]
    trust = flow_between(right, left).trust
    assert trust[20:-20, 150:240].mean() > 0.9 and trust[20:-20, 20:110].mean() < 0.4


def test_eyes_fit_together(engine):
    pair = known_pair(rough(80, 160), rough(80, 160, seed=3))
    painter = PanoramaPainter(engine, WHOLE)
    left, right = painted_pair(painter, pair.left, pair.right)
    assert np.array_equal(left, painter(pair.left))
    alone = eye_difference(left, painter(pair.right), pair)
    assert eye_difference(left, right, pair) < 0.5 * alone
    toned = painter.finished(pair.right, None, 1.0)
    assert levels(right, toned).mean() > 0.5 * levels(left, painter.finished(pair.left, None, 1.0)).mean()


def test_equal_eyes_give_equal_results(engine):
    array = rough(80, 160)
    left, right = painted_pair(PanoramaPainter(engine, WHOLE), array, array)
    assert levels(left, right).mean() < 0.1


def test_both_eyes_get_one_strength(engine):
    told = []
    array = rough(80, 160)
    painted_pair(PanoramaPainter(engine, WHOLE, strength=Strongest(0.9, told.append)), array, np.roll(array, 1, 1))
    assert len(told) == 1


def test_a_mask_and_no_strokes(engine):
    array = rough(80, 160)
    both = Picture.open(joined(array, np.roll(array, 1, axis=1), "top-bottom"))
    mask = np.zeros((8, 16), np.float32)
    mask[:, 8:] = 1
    for texture in (0.0, 1.0):
        result = transfer_panorama(both, engine, stereo="top-bottom", mask=mask, texture=texture).array
        assert np.array_equal(result[:80, :70], array[:, :70]) and not np.array_equal(result[:80, 90:], array[:, 90:])
        assert levels(result[80:, :70], both.array[80:, :70]).mean() < 1.5


def test_squeezed_eyes_are_painted(engine):
    array = np.ascontiguousarray(rough(64, 128)[:, ::2])
    both = Picture.open(np.hstack([array, array]))
    assert transfer_panorama(both, engine, stereo="side-by-side").size == (128, 64)


def test_without_opencv(engine, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    both = Picture.open(rough(64, 64))
    with pytest.raises(MissingExtraError, match=r"opencv-python-headless is not installed; .*pinxit\[panorama\]"):
        transfer_panorama(both, engine, stereo="top-bottom")
