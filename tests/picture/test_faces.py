"""Faces are found where a person sees them."""

import sys

import numpy as np
import pytest
from skimage import data

from pinxit.errors import MissingExtraError
from pinxit.picture import Picture
from pinxit.picture.faces import faces

FACE = np.ascontiguousarray(data.astronaut()[:256, 100:356])
EYES, MOUTH = (115, 120), (140, 128)  # rows and columns, seen by a person


@pytest.mark.parametrize("times", [1, 5])
def test_a_face_is_found_at_its_place_and_size(times):
    found = faces(Picture.open(np.kron(FACE, np.ones((times, times, 1), np.uint8))))
    (top, left, height, width) = found[0]
    assert len(found) == 1 and 60 < height / times < 130 and 60 < width / times < 130
    for row, column in (EYES, MOUTH):
        assert top < row * times < top + height and left < column * times < left + width


def test_every_depth_has_the_same_faces():
    found = [faces(Picture.open(x)) for x in (FACE, FACE.astype(np.uint16) * 257, (FACE / 255).astype(np.float32))]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("size", [(1, 1), (20, 400), (31, 31), (3000, 40)])
def test_nothing_is_found_in_what_is_too_small(size):
    assert faces(Picture.open(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8))) == []


def test_without_scikit_image_the_extra_is_named(monkeypatch):
    for name in ("skimage", "skimage.data", "skimage.feature"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'pinxit\[faces\]'"):
        faces(Picture.open(FACE))
