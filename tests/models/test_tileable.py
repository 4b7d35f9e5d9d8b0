"""Tiles: where a picture goes on at its opposite side, and that it still does after painting."""

import numpy as np
import pytest
from skimage import data

from pinxit.models.materials import CLAMP, MIRROR, REPEAT
from pinxit.models.tileable import seam_ratio, surrounded, taken_out, tiled_axes

PHOTO = np.ascontiguousarray(data.astronaut()[::4, ::4])
ALL = np.array([[[0, 0], [128, 0], [128, 128]], [[0, 0], [128, 128], [0, 128]]], float)
y, x = np.mgrid[:128, :128] * (2 * np.pi / 128)
WAVES = np.stack([np.sin(3 * x), np.cos(2 * y), np.sin(x + y)], -1) / 2 + 0.5
"""A picture whose opposite sides meet."""


def test_seam_ratio():
    assert max(seam_ratio(WAVES, axis) for axis in (0, 1)) < 1.7 and seam_ratio(WAVES[:56], 0) > 3
    assert seam_ratio(PHOTO, 1) > 3
    ramp = np.tile(np.linspace(0, 1, 101)[None, :, None], (8, 1, 3))
    assert seam_ratio(ramp, 1) == pytest.approx(100, rel=0.02)
    assert seam_ratio(np.zeros((40, 40, 3)), 0) == 1


class TestAxes:
    def test_triangles_over_the_border(self):
        assert tiled_axes(PHOTO, ALL + np.array([64, 0]), (REPEAT, REPEAT)) == (True, False)
        assert tiled_axes(PHOTO, ALL * [1, 2.5], (REPEAT, REPEAT)) == (False, True)
        assert tiled_axes(PHOTO, ALL * 2, (CLAMP, MIRROR)) == (False, False)

    def test_whole_periods_are_no_border(self):
        """A surface that lies in the picture's next repetition shows no border of it."""
        assert tiled_axes(PHOTO, ALL + np.array([1280, -128]), (REPEAT, REPEAT)) == (False, False)

    def test_colours_that_go_on(self):
        assert tiled_axes(WAVES, ALL, (REPEAT, REPEAT)) == (True, True)
        assert tiled_axes(WAVES, ALL, (REPEAT, CLAMP)) == (True, False)
        assert tiled_axes(WAVES, ALL * 0.8 + 10, (REPEAT, REPEAT)) == (False, False)
        assert tiled_axes(PHOTO, ALL, (REPEAT, REPEAT)) == (False, False)

    def test_without_triangles_the_colours_tell(self):
        nothing = np.zeros((0, 3, 2))
        assert tiled_axes(WAVES, nothing, (REPEAT, REPEAT)) == (True, True)
        assert tiled_axes(PHOTO, nothing, (REPEAT, REPEAT)) == (False, False)


@pytest.mark.parametrize("tiled", [(True, True), (True, False), (False, False)])
@pytest.mark.parametrize("pads", [(0, 0), (7, 3), (200, 150)])
def test_around_and_back(tiled, pads):
    around = surrounded(WAVES, tiled, pads)
    assert around.shape == (128 + 2 * pads[1], 128 + 2 * pads[0], 3)
    assert np.allclose(taken_out(around, tiled, pads), WAVES, atol=1e-6)
    if tiled == (True, False) and pads == (7, 3):
        assert np.array_equal(around[3:-3, :7], WAVES[:, -7:]) and np.array_equal(around[:3, 7:-7], WAVES[2::-1])


def test_borders_meet_whatever_was_painted():
    """What differs at the two ends of the painted picture is shared between them, so that no step is left."""
    around = surrounded(np.zeros((64, 64, 3), np.float32), (True, True), (24, 24))
    slope = np.linspace(0, 1, around.shape[1], dtype=np.float32)[None, :, None] + 0 * around
    result = taken_out(slope, (True, True), (24, 24))
    step, usual = abs(float(result[0, 0, 0] - result[0, -1, 0])), np.abs(np.diff(result[0, :, 0])).max()
    assert step < 1.5 * usual and np.allclose(result[:, 13:51], slope[24:-24, 37:75])
