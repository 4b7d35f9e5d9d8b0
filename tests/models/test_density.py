"""Texel density and the brush that follows from it."""

import numpy as np
import pytest

from pinxit.models.density import Density, brushes, texel_density

SQUARE = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], float)


def test_texels_a_unit():
    found = texel_density(SQUARE * 64, np.array([2.0, 2.0]), (64, 64))
    assert (found.texels, found.area, found.spread, found.palette) == pytest.approx((32, 4, 0, False))


def test_mean_and_spread_are_by_area():
    triangles = np.concatenate([SQUARE * 64, SQUARE * 32])
    found = texel_density(triangles, np.array([0.5, 0.5, 0.5, 0.5]), (64, 64))
    assert found.texels == pytest.approx(np.sqrt((64**2 + 32**2) / 2))
    assert found.spread == pytest.approx(0.5), "half the surface 64, half 32 texels a unit: 2 ** (5.5 +- 0.5)"


def test_a_palette_is_known():
    points = np.repeat(np.random.default_rng(0).uniform(0, 64, (30, 1, 2)), 3, axis=1)
    assert texel_density(points, np.ones(30), (64, 64)).palette
    many = (SQUARE[None] + np.stack(np.mgrid[:64, :64], -1).reshape(-1, 1, 1, 2)).reshape(-1, 3, 2)
    assert not texel_density(many, np.ones(len(many)), (64, 64)).palette, "a finely modelled surface is none"


def test_no_surface_at_all():
    assert texel_density(np.zeros((0, 3, 2)), np.zeros(0), (64, 64)) == Density()
    assert texel_density(SQUARE, np.zeros(2), (64, 64)) == Density()


class TestBrushes:
    def test_strokes_have_one_size_in_the_world(self):
        densities = [Density(100, 1), Density(200, 1), Density(400, 2)]
        found = brushes(densities, [(1024, 1024)] * 3, 1.0)
        world = [b / d.texels for b, d in zip(found, densities, strict=True)]
        assert world == pytest.approx([world[0]] * 3, rel=1e-5)
        assert np.average(np.log(found), weights=[1, 1, 2]) == pytest.approx(0, abs=1e-5)
        assert brushes(densities, [(1024, 1024)] * 3, 1.5) == pytest.approx([b * 1.5 for b in found], rel=1e-5)

    def test_bounds(self):
        densities = [Density(1, 1), Density(1000, 1)]
        assert brushes(densities, [(1024, 1024)] * 2, 1.0) == [0.25, 8.0]
        assert brushes(densities, [(8192, 64), (64, 64)], 1.0) == [2.0, 2.0], "4096 texels at most, 32 at least"

    def test_large_pictures_have_larger_strokes(self):
        assert brushes([Density(10, 1), Density(10, 5)], [(64, 64), (4096, 4096)], None) == pytest.approx([2, 2])
        assert brushes([Density(10, 1)], [(512, 512)], None) == [1.0]

    def test_what_is_not_known_gets_the_brush_itself(self):
        assert brushes([Density(), Density(50, 1)], [(512, 512)] * 2, 1.5) == pytest.approx([1.5, 1.5])
        assert brushes([Density()], [(4096, 64)], None) == [2.0]
