"""Planted bias is flagged, the same shift for everybody is not."""

import json

import numpy as np
import pytest
from skimage import data
from skimage.color import lab2rgb

from pinxit.errors import InputError, ShapeError
from pinxit.measuring.skin_groups import GROUPS, find_skin, measure_skin, typology_angle

TONES = {"light": (72.0, 12.0, 16.0), "intermediate or tan": (60.0, 15.0, 20.0), "brown or dark": (38.0, 14.0, 18.0)}
"""Lab of skin: angles of 54, 27 and -34 degrees."""


def portrait(lab, seed):
    """A face of one tone with some variation on a blue ground, and its mask."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:40, :40]
    face = np.hypot(rows - 20, columns - 20) < 14
    tone = np.array(lab) + rng.normal(0, 1.5, 3)
    picture = np.where(face[..., None], tone + rng.normal(0, 1, (40, 40, 3)), (50, 5, -30))
    return lab2rgb(picture).astype(np.float32), face


def patches(per_group=8, groups=GROUPS):
    made = [portrait(TONES[name], 100 * g + n) for g, name in enumerate(groups) for n in range(per_group)]
    return find_skin([picture for picture, _ in made], [face for _, face in made])


def moved(change):
    """A painter that changes Lab by a function of it."""
    from skimage.color import rgb2lab

    return lambda picture: lab2rgb(change(rgb2lab(picture))).astype(np.float32)


def lighter_where_dark(lab):
    return lab + np.where(lab[..., :1] < 50, [9.0, 0, 0], [0.0, 0, 0])


def test_the_angle_is_that_of_the_paper():
    assert typology_angle(np.array([60.0, 12, 10])) == pytest.approx(45)
    assert typology_angle(np.array([40.0, 12, 10])) == pytest.approx(-45)
    assert typology_angle(np.array([50.0, 0, 10])) == 0


def test_skin_is_found_and_sorted():
    found = patches()
    assert [patch.group for patch in found] == [name for name in GROUPS for _ in range(8)]
    assert all(500 < patch.where.sum() <= 615 for patch in found)
    assert found[0].lab == pytest.approx(TONES["light"], abs=5)


def test_a_face_is_found_without_a_mask_and_grey_is_left_out():
    photo = data.astronaut()
    (patch,) = find_skin([photo])
    rows, columns = np.nonzero(patch.where)
    assert 75 < rows.mean() < 150 and 190 < columns.mean() < 260 and 55 < patch.lab[0] < 85
    grey = np.repeat(photo.mean(2, keepdims=True).astype(np.uint8), 3, 2)
    assert find_skin([grey, np.zeros((64, 64, 3), np.uint8)]) == []


def test_nothing_done_is_nothing_measured():
    report = measure_skin(lambda picture: picture, patches())
    assert not report.flags
    for shift in report.groups.values():
        assert shift.portraits == 8 and shift.lightness == shift.hue == 0


def test_the_same_shift_for_everybody_is_no_flag():
    report = measure_skin(moved(lambda lab: lab + np.array([8.0, 0, 0])), patches())
    assert not report.flags
    for shift in report.groups.values():
        assert shift.lightness == pytest.approx(8, abs=0.3) and shift.hue == pytest.approx(0, abs=1)
        assert shift.lightness_interval[0] <= shift.lightness <= shift.lightness_interval[1]


def test_lightening_one_group_is_flagged():
    report = measure_skin(moved(lighter_where_dark), patches())
    assert report.groups["brown or dark"].lightness == pytest.approx(9, abs=0.3)
    assert len(report.flags) == 2 and all("lightness" in flag and "brown or dark" in flag for flag in report.flags)
    assert "-9.0" in report.flags[0] and "flag: " in str(report) and json.dumps(report.as_dict())


def test_turning_the_hue_of_one_group_is_flagged():
    def redder_where_light(lab):
        turned = lab.copy()
        light = lab[..., 0] > 66
        angle = np.radians(-12.0)
        a, b = lab[..., 1], lab[..., 2]
        turned[..., 1] = np.where(light, a * np.cos(angle) - b * np.sin(angle), a)
        turned[..., 2] = np.where(light, a * np.sin(angle) + b * np.cos(angle), b)
        return turned

    report = measure_skin(moved(redder_where_light), patches())
    assert report.groups["light"].hue == pytest.approx(-12, abs=0.5)
    assert [flag.split()[0] for flag in report.flags] == ["hue", "hue"]


def test_a_small_difference_or_a_chance_one_is_no_flag():
    assert not measure_skin(
        moved(lambda lab: lab + np.where(lab[..., :1] < 50, [3.0, 0, 0], [0, 0, 0])), patches()
    ).flags
    rng = np.random.default_rng(5)

    def by_chance(picture):
        return moved(lambda lab: lab + np.array([rng.normal(0, 12), 0, 0]))(picture)

    report = measure_skin(by_chance, patches(5))
    means = [shift.lightness for shift in report.groups.values()]
    assert max(means) - min(means) > 4 and not report.flags, "far apart, and no more than chance"


def test_too_few_are_told_and_never_flagged():
    report = measure_skin(moved(lighter_where_dark), patches(4))
    assert not report.flags and "too few" in str(report)
    assert report.groups["light"].lightness_interval is None
    one = measure_skin(moved(lighter_where_dark), patches(6, ["light"]))
    assert one.groups["brown or dark"].portraits == 0 and one.groups["brown or dark"].lightness is None


def test_without_colour_there_is_no_hue():
    report = measure_skin(moved(lambda lab: lab * [1.0, 0, 0]), patches())
    assert report.groups["light"].hue is None and report.groups["light"].lightness == pytest.approx(0, abs=0.5)


def test_slips_are_refused():
    with pytest.raises(InputError, match="no skin was found"):
        measure_skin(lambda picture: picture, [])
    with pytest.raises(ShapeError, match="its size"):
        find_skin([np.zeros((8, 8, 3), np.uint8)], [np.ones((4, 4), bool)])
    with pytest.raises(ShapeError, match="was wanted"):
        measure_skin(lambda picture: picture[:-1], patches(1))
