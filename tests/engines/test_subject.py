"""The subject of a picture is found, and gets its own share of a style."""

import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.draw import polygon2mask

import pinxit
from pinxit.engines.subject import share_of_style, subject_mask
from pinxit.errors import InputError, MissingExtraError
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

DARK = Style(tone=Tone(Lut(Lut.identity(5).table * np.float32(0.5))))
PERSON = [
    (230, 15), (262, 22), (290, 45), (301, 72), (300, 98), (285, 122), (272, 135), (265, 140), (258, 160), (256, 178),
    (275, 190), (295, 212), (305, 240), (330, 255), (345, 275), (352, 300), (362, 345), (335, 360), (300, 395),
    (280, 450), (285, 512), (30, 512), (22, 440), (20, 410), (30, 340), (40, 300), (65, 255), (100, 215), (118, 205),
    (118, 188), (125, 175), (135, 157), (160, 148), (183, 150), (183, 140), (175, 125), (165, 105), (155, 85),
    (153, 70), (165, 45), (195, 32), (210, 20),
]  # fmt: skip
"""Outline of the astronaut (column, row), drawn by eye; the helmet in her arm is left out of the count."""
HELMET = (slice(340, None), slice(270, None))


def truth():
    mask = polygon2mask((512, 512), [(row, column) for column, row in PERSON])
    counted = np.ones((512, 512), bool)
    counted[HELMET] = False
    return mask, counted


def overlap(found, wanted):
    return (found & wanted).sum() / (found | wanted).sum()


def blob(colour=(200, 120, 60), ground=(60, 90, 140), size=(150, 200)):
    """An ellipse on a ground, both with texture, and where it is."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[: size[0], : size[1]]
    inside = np.hypot((rows - 75) / 45, (columns - 110) / 35) < 1
    texture = gaussian_filter(rng.normal(0, 40, (*size, 3)), (1, 1, 0))
    return (np.where(inside[..., None], colour, ground) + texture).clip(0, 255).astype(np.uint8), inside


def test_a_person_is_found_by_her_face():
    wanted, counted = truth()
    mask = subject_mask(Picture.open(data.astronaut()))
    assert mask.shape == (512, 512) and mask.dtype == np.float32 and mask.min() == 0 and mask.max() == 1
    assert overlap((mask > 0.5) & counted, wanted & counted) > 0.9
    assert mask[115, 225] == 1 and mask[30, 30] == 0 and mask[100, 470] == 0


def test_a_thing_is_found_by_standing_out():
    photo, inside = blob()
    mask = subject_mask(Picture.open(photo))
    assert overlap(mask > 0.5, inside) > 0.9
    assert np.array_equal(subject_mask(Picture.open(photo)), mask), "the same twice"


def test_every_depth_and_size_alike():
    photo, inside = blob()
    small = subject_mask(Picture.open(photo))
    for array in (photo.astype(np.uint16) * 257, (photo / 255).astype(np.float32)):
        assert np.abs(subject_mask(Picture.open(array)) - small).max() < 0.02
    large = subject_mask(Picture.open(np.kron(photo, np.ones((5, 5, 1), np.uint8))))
    assert large.shape == (750, 1000)
    assert overlap(large > 0.5, np.kron(inside, np.ones((5, 5), bool))) > 0.9


@pytest.mark.parametrize(
    "photo",
    [np.zeros((1, 1, 3), np.uint8), np.full((64, 64, 3), 77, np.uint8), np.zeros((24, 900, 3), np.uint8)],
    ids=["tiny", "even", "narrow"],
)
def test_pictures_without_anything_in_them_pass(photo):
    mask = subject_mask(Picture.open(photo))
    assert mask.shape == photo.shape[:2] and np.isfinite(mask).all() and mask.min() >= 0 and mask.max() <= 1


def test_shares_of_a_style():
    photo = blob()[0]
    whole = np.asarray(pinxit.transfer(photo, DARK)).astype(int)
    spared = np.asarray(pinxit.transfer(photo, DARK, subject_strength=0)).astype(int)
    deep = np.hypot(*np.mgrid[-75:75, -110:90]) < 20
    assert np.array_equal(spared[deep], photo[deep]) and np.array_equal(spared[:10], whole[:10])
    half = np.asarray(pinxit.transfer(photo, DARK, subject_strength=0.5)).astype(int)
    assert np.abs(half[deep] - (photo[deep] + whole[deep]) / 2).max() <= 1
    behind = np.asarray(pinxit.transfer(photo, DARK, background_strength=0))
    assert np.array_equal(behind[:10], photo[:10]) and np.array_equal(behind[deep], whole[deep])
    neither = np.asarray(pinxit.transfer(photo, DARK, subject_strength=0, background_strength=0))
    assert np.array_equal(neither, photo)


def test_together_with_a_mask_and_protected_faces():
    photo = data.astronaut()
    left = np.zeros((512, 512), np.uint8)
    left[:, :225] = 255
    given = {"mask": left, "protect": "faces", "background_strength": 0.0}
    result = np.asarray(pinxit.transfer(photo, DARK, **given)).astype(int)
    whole = np.asarray(pinxit.transfer(photo, DARK)).astype(int)
    assert np.array_equal(result[:, 230:], photo[:, 230:]), "the mask"
    assert np.array_equal(result[100:130, 205:225], photo[100:130, 205:225]), "the face"
    assert np.array_equal(result[:60, :60], photo[:60, :60]), "the background"
    assert np.array_equal(result[330:380, 80:200], whole[330:380, 80:200]), "what is left: the suit"


def test_nothing_is_sought_where_shares_are_the_same(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    picture = Picture.open(blob()[0])
    assert share_of_style(picture, 1, 1) is None
    assert (share_of_style(picture, 0.25, 0.25) == 0.25).all()
    with pytest.raises(MissingExtraError, match="opencv"):
        share_of_style(picture, 1, 0.5)


@pytest.mark.parametrize("bad", [-0.1, 1.5, float("nan")])
def test_shares_out_of_range_are_refused(bad):
    with pytest.raises(InputError, match=r"subject_strength .* came; 0 to 1"):
        pinxit.transfer(blob()[0], DARK, subject_strength=bad)
    with pytest.raises(InputError, match=r"background_strength .* came; 0 to 1"):
        pinxit.transfer(blob()[0], DARK, background_strength=bad)
