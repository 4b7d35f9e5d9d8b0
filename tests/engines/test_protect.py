"""Faces are left alone, and what is no face is not."""

import sys

import numpy as np
import pytest
from skimage import data

import pinxit
from pinxit.engines.batch import BatchSettings
from pinxit.engines.protect import faces_left_out
from pinxit.errors import InputError, MissingExtraError
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

FACE = np.ascontiguousarray(data.astronaut()[:256, 100:356])
EYES, MOUTH = (115, 120), (140, 128)  # rows and columns, seen by a person
DARK = Style(tone=Tone(Lut(Lut.identity(5).table * np.float32(0.5))))


@pytest.mark.parametrize("size", [(1, 1), (20, 400), (31, 31), (3000, 40)])
def test_nothing_is_masked_in_what_is_too_small(size):
    picture = Picture.open(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8))
    assert (faces_left_out(picture) == 1).all()


def test_the_mask_is_0_on_the_face_and_1_away_from_it():
    mask = faces_left_out(Picture.open(FACE))
    assert mask.shape == FACE.shape[:2] and mask.dtype == np.float32 and mask.min() == 0 and mask.max() == 1
    assert mask[EYES] == mask[MOUTH] == 0 and (mask[-20:] == 1).all() and (mask[:, -15:] == 1).all()
    steps = np.abs(np.diff(mask, axis=0)).max(), np.abs(np.diff(mask, axis=1)).max()
    assert max(steps) < 0.1, "the border is soft"


def test_a_face_at_the_border_is_masked_there():
    cut = np.ascontiguousarray(FACE[40:, 60:])
    assert faces_left_out(Picture.open(cut))[EYES[0] - 40, EYES[1] - 60] == 0


def test_a_face_stays_to_the_bit_and_the_rest_does_not():
    result = np.asarray(pinxit.transfer(FACE, DARK, protect="faces"))
    middle = (slice(105, 150), slice(105, 145))
    assert np.array_equal(result[middle], FACE[middle])
    whole = np.asarray(pinxit.transfer(FACE, DARK))
    assert np.array_equal(result[-20:], whole[-20:]) and not np.array_equal(whole[-20:], FACE[-20:])


def test_together_with_a_mask():
    below = np.zeros(FACE.shape[:2], np.uint8)
    below[200:] = 255
    both = np.asarray(pinxit.transfer(FACE, DARK, protect="faces", mask=below))
    everywhere = np.asarray(pinxit.transfer(FACE, DARK, protect="faces", mask=np.full((2, 2), 255, np.uint8)))
    assert np.array_equal(both[:200], FACE[:200]) and np.array_equal(both[EYES], FACE[EYES])
    assert np.array_equal(both[-20:], np.asarray(pinxit.transfer(FACE, DARK))[-20:])
    assert np.array_equal(everywhere, np.asarray(pinxit.transfer(FACE, DARK, protect="faces")))


def test_without_scikit_image_the_extra_is_named(monkeypatch):
    for name in ("skimage", "skimage.data", "skimage.feature"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pinxit\[faces\]'") as caught:
        pinxit.transfer(FACE, DARK, protect="faces")
    assert caught.value.exit_code == 6
    pinxit.transfer(FACE, DARK)  # and nothing else needs it


def test_the_extra_is_declared():
    import tomllib
    from pathlib import Path

    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert any(item.startswith("scikit-image") for item in extras["optional-dependencies"]["faces"])


def test_other_things_cannot_be_protected():
    with pytest.raises(InputError, match="'faces'"):
        pinxit.transfer(FACE, DARK, protect="cats")
    with pytest.raises(InputError, match="'faces'"):
        BatchSettings(protect="cats").check()
