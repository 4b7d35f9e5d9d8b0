"""UV islands and what is carried beyond them, against slow references."""

import numpy as np
import pytest

from pinxit.models.bleeding import filled, grown
from pinxit.models.islands import REACH, THIN, shown, wrapped
from pinxit.models.materials import CLAMP, MIRROR, REPEAT


def beyond(point, triangle):
    """How far a point is outside a triangle, by its three sides; negative inside."""
    middle = triangle.mean(axis=0)
    far = []
    for a, b in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
        normal = np.array([b[1] - a[1], a[0] - b[0]]) / np.linalg.norm(b - a)
        normal = -normal if normal @ (middle - a) > 0 else normal
        far.append(normal @ (point - a))
    return max(far)


def reach_of(triangle):
    """Thin triangles show texels beside them; the height over the longest side is twice the area over it."""
    sides = np.linalg.norm(triangle - np.roll(triangle, 1, axis=0), axis=1)
    half = sides.sum() / 2  # Heron's formula
    area = np.sqrt(max(0, half * np.prod(half - sides)))
    return REACH if 2 * area <= THIN * sides.max() else 0


def in_picture(place, length, wrap):
    twice = place % (2 * length)
    places = {REPEAT: place % length, CLAMP: min(max(place, 0), length - 1), MIRROR: min(twice, 2 * length - 1 - twice)}
    return places[wrap]


def reference(height, width, triangles, wrap):
    mask = np.zeros((height, width), bool)
    for triangle in triangles:
        reach = reach_of(triangle)
        for y in range(-height, 2 * height):
            for x in range(-width, 2 * width):
                point = np.array([x + 0.5, y + 0.5])
                near = (point >= triangle.min(axis=0) - reach) & (point <= triangle.max(axis=0) + reach)
                if near.all() and beyond(point, triangle) <= reach + 1e-9:
                    column, row = (
                        {
                            REPEAT: i % n,
                            CLAMP: min(max(i, 0), n - 1),
                            MIRROR: min(i % (2 * n), 2 * n - 1 - i % (2 * n)),
                        }[w]
                        for i, n, w in ((x, width, wrap[0]), (y, height, wrap[1]))
                    )
                    mask[row, column] = True
    return mask


@pytest.mark.parametrize("wrap", [(REPEAT, REPEAT), (CLAMP, MIRROR), (MIRROR, CLAMP)])
def test_texels_that_triangles_show(wrap):
    rng = np.random.default_rng(4)
    triangles = np.round(rng.uniform(-9, 17, (3, 3, 2)) * 16) / 16  # finer places are rounded
    triangles = np.concatenate([triangles, [[[2, 3], [16, 4], [9, 3.5]]]])  # a thin one
    mask = shown(19, 23, triangles, wrap)
    assert np.array_equal(mask, reference(19, 23, triangles, wrap)) and 0 < mask.sum() < mask.size


def test_inside_counts_and_far_away_does_not():
    mask = shown(32, 32, np.array([[[8, 8], [24, 8], [8, 24]]], float), (CLAMP, CLAMP))
    assert mask[9, 9] and mask[15, 15] and not mask[22, 22] and not mask[4, 4]
    assert mask.sum() == 16 * 17 / 2


def test_a_surface_that_picks_one_colour_shows_one_place():
    mask = shown(16, 16, np.full((3, 3, 2), 5.5), (REPEAT, REPEAT))
    assert mask[5, 5] and mask.sum() <= 9


def test_everything_shows_under_many_repetitions():
    huge = np.array([[[0, 0], [1e6, 0], [0, 1e6]]])
    assert shown(8, 8, huge, (REPEAT, REPEAT)).all()
    assert shown(8, 8, np.array([[[0, 0], [1e9, 0], [1e9, 0]]]), (REPEAT, REPEAT)).all()
    far = np.array([[[1, 1], [3, 1], [1, 3]]], float)
    assert np.array_equal(shown(8, 8, far + 8e9, (REPEAT, REPEAT)), shown(8, 8, far, (REPEAT, REPEAT)))
    assert not shown(8, 8, np.zeros((0, 3, 2)), (REPEAT, REPEAT)).any()


def test_wrapped():
    places = np.arange(-4, 8)
    assert wrapped(places, 4, REPEAT).tolist() == [0, 1, 2, 3] * 3
    assert wrapped(places, 4, CLAMP).tolist() == [0] * 4 + [0, 1, 2, 3] + [3] * 4
    assert wrapped(places, 4, MIRROR).tolist() == [3, 2, 1, 0, 0, 1, 2, 3, 3, 2, 1, 0]


class TestFilled:
    def scene(self, height=37, width=50):
        rng = np.random.default_rng(1)
        values, known = rng.random((height, width, 3)).astype(np.float32), np.zeros((height, width), bool)
        known[5:20, 7:30] = rng.random((15, 23)) < 0.7
        return values, known

    def test_known_stay_and_the_unknown_do_not_count(self):
        values, known = self.scene()
        result = filled(values, known)
        assert np.array_equal(result[known], values[known])
        assert np.array_equal(filled(np.where(known[..., None], values, 99), known), result)
        assert result.min() >= values[known].min() - 1e-6 and result.max() <= values[known].max() + 1e-6

    def test_one_colour_becomes_everything(self):
        _, known = self.scene()
        colour = np.array([0.2, 0.5, 0.9], np.float32)
        assert np.abs(filled(np.where(known[..., None], colour, 0), known) - colour).max() < 1e-6

    def test_the_near_one_wins(self):
        values, known = np.zeros((32, 64, 1), np.float32), np.zeros((32, 64), bool)
        known[10:20, 2:6] = known[10:20, 58:62] = True
        values[:, 32:] = 1
        result = filled(values, known)[..., 0]
        assert result[15, 7] < 0.05 and result[15, 56] > 0.95 and np.abs(result[15, 30:34] - 0.5).max() < 0.3

    @pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 3), (8, 8)])
    def test_all_or_nothing(self, size):
        values = np.ones((*size, 3), np.float32)
        assert np.array_equal(filled(values, np.ones(size, bool)), values)
        assert not filled(values, np.zeros(size, bool)).any()
        corner = np.zeros(size, bool)
        corner[0, 0] = True
        assert np.allclose(filled(values, corner), 1)


def test_grown_is_a_square_around_every_place():
    rng = np.random.default_rng(2)
    mask = rng.random((12, 17)) < 0.04
    for steps in (0, 1, 3):
        slow = np.zeros_like(mask)
        for y, x in np.argwhere(mask):
            slow[max(0, y - steps) : y + steps + 1, max(0, x - steps) : x + steps + 1] = True
        assert np.array_equal(grown(mask, steps), slow)
