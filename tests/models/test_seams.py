"""Seams: which edges are, what a sampler sees at both sides, and that they meet after levelling."""

import numpy as np
import pytest

from pinxit.models.materials import CLAMP, REPEAT
from pinxit.models.seams import Part, find_seams, level

SIDE = 64
LEFT = np.array([[[0, 0, 0], [1, 0, 0], [1, 2, 0]], [[0, 0, 0], [1, 2, 0], [0, 2, 0]]], float)
RIGHT = LEFT + np.array([1, 0, 0])
FLAT = np.array([[[0, 0], [20, 0], [20, 40]], [[0, 0], [20, 40], [0, 40]]], float)
APART = FLAT + np.array([40, 10])
WRAPS = [(CLAMP, CLAMP)]


def two_islands(second=None):
    """Two squares that share the edge x = 1 of the surface and lie apart in the picture."""
    return find_seams(
        [Part("m", 0, LEFT, FLAT + np.array([4, 4])), Part("m", 0, RIGHT, APART if second is None else second)]
    )


class TestFinding:
    def test_one_edge(self):
        seams = two_islands()
        assert seams.edges == 1 and seams.lengths.sum() == pytest.approx(2) and len(seams.lengths) == 40
        first, second = seams.places[:, 0], seams.places[:, 1]
        order = np.argsort(first[:, 1])
        assert first[order][:, 0] == pytest.approx(23.5) and second[order][:, 0] == pytest.approx(40.5)
        assert first[order][:, 1] == pytest.approx(4 + np.arange(40) + 0.5)
        assert second[order][:, 1] == pytest.approx(10 + np.arange(40) + 0.5), "the same places of the surface"

    def test_neighbours_in_the_picture_are_none(self):
        assert two_islands(FLAT + np.array([24, 4])).edges == 0

    def test_a_mirrored_half_is_none(self):
        mirrored = np.stack([2 * 24 - (FLAT[..., 0] + 24), FLAT[..., 1] + 4], -1)
        assert two_islands(mirrored).edges == 0

    def test_borders_and_other_groups_are_none(self):
        assert find_seams([Part("m", 0, LEFT, FLAT)]).edges == 0
        assert find_seams([Part("m", 0, LEFT, FLAT), Part("n", 0, RIGHT, FLAT + 20)]).edges == 0
        assert find_seams([]).edges == 0

    def test_corners_that_nearly_meet(self):
        parts = [Part("m", 0, LEFT, FLAT), Part("m", 0, RIGHT + 1e-7, FLAT + np.array([30, 0]))]
        assert find_seams(parts).edges == 1

    def test_two_pictures(self):
        seams = find_seams([Part("m", 0, LEFT, FLAT), Part("m", 1, RIGHT, FLAT + np.array([20, 0]))])
        assert seams.edges == 1 and np.array_equal(np.sort(seams.sheets, axis=1), np.tile([0, 1], (40, 1)))


class TestLookingUp:
    def test_linear_between_texels(self):
        picture = np.zeros((SIDE, SIDE, 3), np.float32)
        picture[..., 0] = np.arange(SIDE)[None] + 0.5
        picture[..., 1] = np.arange(SIDE)[:, None] + 0.5
        seams = two_islands()
        found = seams.looked_up([picture], WRAPS)
        assert found[..., :2] == pytest.approx(seams.places, abs=1e-4)

    def test_beyond_the_border_as_a_sampler_does(self):
        picture = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
        seams = two_islands()
        border = seams.places.copy()
        border[:] = [8.0, 3.5]  # between the last column and the one after it
        seams = type(seams)(seams.sheets, border, seams.lengths, 1)
        repeated = (picture[3, 7] / 255 + picture[3, 0] / 255) / 2
        assert seams.looked_up([picture], [(REPEAT, CLAMP)])[0, 0] == pytest.approx(repeated, abs=1e-6)
        assert seams.looked_up([picture], [(CLAMP, CLAMP)])[0, 0] == pytest.approx(picture[3, 7] / 255, abs=1e-6)


class TestLevelling:
    def pictures(self, seed=0):
        rng = np.random.default_rng(seed)
        before = (0.4 + 0.1 * rng.random((SIDE, SIDE, 3))).astype(np.float32)
        strokes = np.kron(rng.random((SIDE // 4, SIDE // 4, 3)), np.ones((4, 4, 1))).astype(np.float32) * 0.3
        return before, before + strokes

    def step(self, seams, picture):
        sides = seams.looked_up([picture], WRAPS)
        return np.abs(sides[:, 0] - sides[:, 1]).mean()

    def test_both_sides_change_alike(self):
        seams = two_islands()
        before, after = self.pictures()
        plain = after.copy()
        level(seams, [before], [after], WRAPS, 6)
        change = seams.looked_up([after], WRAPS) - seams.looked_up([before], WRAPS)
        worst = np.abs(seams.looked_up([plain], WRAPS) - seams.looked_up([before], WRAPS)).max()
        assert (
            np.abs(change[:, 0] - change[:, 1]).mean()
            < 0.1 * np.abs(np.diff(self.halves(seams, plain, before), axis=1)).mean()
        )
        assert self.step(seams, after) < 1.1 * self.step(seams, before) < self.step(seams, plain) and worst > 0.1

    def halves(self, seams, after, before):
        return seams.looked_up([after], WRAPS) - seams.looked_up([before], WRAPS)

    def test_the_mean_is_taken(self):
        seams = two_islands()
        before, after = np.full((SIDE, SIDE, 3), 0.5, np.float32), np.full((SIDE, SIDE, 3), 0.5, np.float32)
        after[:, :32] += 0.2
        level(seams, [before], [after], WRAPS, 6)
        assert seams.looked_up([after], WRAPS) == pytest.approx(0.6, abs=0.01)

    def test_far_from_seams_nothing_moves(self):
        seams = two_islands()
        before, after = self.pictures()
        plain = after.copy()
        level(seams, [before], [after], WRAPS, 6)
        moved = np.abs(after - plain).max(axis=2) > 0
        assert moved.any() and not moved[:, :16].any() and not moved[:, 50:].any() and not moved[56:].any()

    def test_an_edge_of_the_content_keeps_its_own(self):
        """White meets black at the seam itself: what the style makes of either is no fault."""
        seams = two_islands()
        before = np.zeros((SIDE, SIDE, 3), np.float32)
        before[:, :32] = 1
        after = np.where(before > 0.5, np.float32(0.7), np.float32(0.3))
        plain = after.copy()
        level(seams, [before], [after], WRAPS, 6)
        assert np.abs(after - plain).max() < 1e-3

    def test_an_edge_of_the_content_does_not_grow(self):
        seams = two_islands()
        before = np.full((SIDE, SIDE, 3), 0.65, np.float32)
        before[:, :32] = 0.35
        after = np.where(before > 0.5, np.float32(0.9), np.float32(0.1))
        level(seams, [before], [after], WRAPS, 6)
        sides = seams.looked_up([after], WRAPS)
        assert np.abs(sides[:, 0] - sides[:, 1]) == pytest.approx(0.3, abs=0.01)
        assert after[30, 4] == pytest.approx(0.1) and after[30, 60] == pytest.approx(0.9)

    def test_between_two_pictures(self):
        seams = find_seams([Part("m", 0, LEFT, FLAT + 4), Part("m", 1, RIGHT, FLAT + 4)])
        before = [np.full((SIDE, SIDE, 3), 0.5, np.float32) for _ in range(2)]
        after = [before[0] + np.float32(0.2), before[1] - np.float32(0.1)]
        level(seams, before, after, WRAPS * 2, 4)
        sides = seams.looked_up(after, WRAPS * 2)
        assert sides == pytest.approx(0.55, abs=0.01)

    def test_without_seams_nothing_happens(self):
        before, after = self.pictures()
        plain = after.copy()
        level(find_seams([]), [before], [after], WRAPS, 6)
        assert np.array_equal(after, plain)
