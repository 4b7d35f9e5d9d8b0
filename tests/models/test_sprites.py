"""Sprites: transparency as it was, and no fringe of what lies under it."""

from dataclasses import replace

import numpy as np
import pytest
from skimage import data

from pinxit.engines.engine import Engine
from pinxit.models.sprites import LEAST, has_transparency, painted_sprite
from pinxit.picture import Picture

PHOTO = np.ascontiguousarray(data.astronaut()[::4, ::4])


def sprite(side, hidden, dtype=np.uint8):
    """A disc with a soft edge; ``hidden`` under what is transparent."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    alpha = np.rint(255 * np.clip(side * 0.4 - np.hypot(x, y), 0, 1)).astype(np.uint8)
    array = np.where(alpha[..., None] > 0, PHOTO[:side, :side], np.uint8(hidden))
    scale = 257 if dtype == np.uint16 else 1
    return Picture.open(np.dstack([array, alpha]).astype(dtype) * dtype(scale))


@pytest.mark.parametrize("side", [8, 16, 40, 100])
def test_what_shows_depends_on_nothing_hidden(painted, side):
    engine = Engine(painted)
    results = [painted_sprite(sprite(side, hidden), engine.transfer) for hidden in ((0, 255, 0), (0, 0, 0))]
    visible = sprite(side, 0).alpha > 0
    assert np.array_equal(results[0].array[visible], results[1].array[visible])
    for result, hidden in zip(results, ((0, 255, 0), (0, 0, 0)), strict=True):
        assert np.array_equal(result.alpha, sprite(side, 0).alpha) and result.array.shape == (side, side, 3)
        if side >= 40:
            assert np.array_equal(result.array[0, 0], hidden), "far from what shows nothing changes"
    assert np.abs(results[0].array[visible].astype(int) - PHOTO[:side, :side][visible]).mean() > 3


def test_the_plain_way_has_a_fringe(painted):
    """What is cured is there: painted as it stands, the hidden colour shows in visible pixels."""
    engine = Engine(painted)
    results = [engine.transfer(replace(sprite(40, hidden), alpha=None)).array for hidden in ((0, 255, 0), (0, 0, 0))]
    visible = sprite(40, 0).alpha > 0
    assert np.abs(results[0].astype(int) - results[1])[visible].mean() > 2


def test_depth_and_small_pictures(painted):
    seen = []

    def give(picture):
        seen.append(picture)
        return Engine(painted).transfer(picture)

    result = painted_sprite(sprite(16, 0, np.uint16), give)
    assert result.array.dtype == np.uint16 and seen[0].array.shape == (LEAST, LEAST, 3) and seen[0].alpha is None


def test_without_transparency_nothing_is_special():
    seen = []
    solid = Picture.open(np.dstack([PHOTO, np.full(PHOTO.shape[:2], 9, np.uint8)]))
    empty = Picture.open(np.dstack([PHOTO, np.zeros(PHOTO.shape[:2], np.uint8)]))
    for picture in (Picture.open(PHOTO), solid, empty):
        assert not has_transparency(picture)
        assert painted_sprite(picture, lambda given: seen.append(given) or given) is picture
    assert len(seen) == 3
