"""The measuring of looks, on small pictures made in code."""

import json

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError
from pinxit.measuring.look_recovery import (
    Protocol,
    as_jpeg,
    bootstrap,
    fixed_order,
    looks_in,
    measure_looks,
    pools_of,
    trilinear,
)
from pinxit.tone.lut import Lut, identity_table


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(230):
        (folder / ("a" if i % 2 else "b")).mkdir(exist_ok=True)
        small = rng.integers(0, 256, (4, 6, 3), np.uint8)
        Image.fromarray(small).resize((24, 16), Image.Resampling.BICUBIC).save(
            folder / ("a" if i % 2 else "b") / f"{i:03}.png"
        )
    return folder


def warm(strength):
    return np.clip(identity_table(9) * [1, 1 - 0.2 * strength, 1 - 0.5 * strength], 0, 1).astype(np.float32)


def test_trilinear_of_identity_and_of_nodes():
    photo = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    assert np.array_equal(trilinear(identity_table(17), photo), photo)
    assert np.array_equal(trilinear(warm(1.0), np.array([[[255, 255, 255]]], np.uint8))[0, 0], [255, 204, 128])


def test_perfect_and_idle_methods(photos):
    looks = {"warm.cube": warm(1.0), "weak.cube": warm(0.3)}
    tables = iter(
        [warm(0.3), warm(1.0)] if fixed_order(looks, "look-recovery-1", "looks")[0] == "weak.cube" else looks.values()
    )

    def perfect(references, neutral):
        table = next(tables)
        return lambda photo: trilinear(table, photo)

    report = measure_looks(looks, photos, {"perfect": perfect}, Protocol(references=(2,), photos_per_look=3, stride=1))
    rows = {row["method"]: row for row in report.rows()}
    assert rows["perfect"]["mean"] == 0 and rows["perfect"]["worse"] == 0
    assert rows["untouched"]["mean"] > 3
    assert "perfect" in str(report) and json.dumps(report.to_dict())


def test_methods_get_what_the_protocol_says(photos):
    seen = {}

    def spy(references, neutral):
        seen[len(references)] = (references[0].shape, len(neutral))
        return lambda photo: photo

    measure_looks({"w.cube": warm(1.0)}, photos, {"spy": spy}, Protocol(references=(1, 3), photos_per_look=1, jpeg=60))
    assert set(seen) == {1, 3} and seen[1] == ((16, 24, 3), 0)


def test_pools_do_not_overlap_and_are_fixed(photos):
    pools, paths = pools_of(photos)
    assert not set(pools["reference"]) & set(pools["test"])
    assert len(pools["reference"]) == 200 and len(pools["test"]) == 30 and set(pools["test"]) <= set(paths)
    with pytest.raises(InputError, match="photos"):
        pools_of(photos / "a")


def test_narrow_subjects(photos):
    counted = []

    def spy(references, neutral):
        counted.append(len(references))
        return lambda photo: photo

    measure_looks(
        {"w.cube": warm(1.0)}, photos, {"spy": spy}, Protocol(references=(5,), subject="/a/", photos_per_look=1)
    )
    assert counted == [5]


def test_looks_of_a_folder_by_kind(tmp_path):
    from pinxit.exporting.cube import read_cube, write_cube

    write_cube(Lut(warm(1.0)), tmp_path / "warm.cube")
    grey = np.repeat(identity_table(9).mean(-1, keepdims=True), 3, -1)
    write_cube(Lut(grey), tmp_path / "grey.cube")

    def read(path):
        return read_cube(path).table

    assert set(looks_in(tmp_path, read, "colour")) == {"warm.cube"}
    assert set(looks_in(tmp_path, read, "bw")) == {"grey.cube"}
    assert len(looks_in(tmp_path, read, "all")) == 2
    with pytest.raises(InputError, match="no \\.cube"):
        looks_in(tmp_path / "none", read, "all")


def test_bootstrap_holds_the_mean():
    low, high = bootstrap(np.random.default_rng(0).normal(5, 1, 60))
    assert low < 5.2 and high > 4.8 and 0.3 < high - low < 0.8


def test_jpeg_changes_little():
    photo = np.full((16, 16, 3), 120, np.uint8)
    assert np.abs(as_jpeg(photo, 85).astype(int) - 120).max() <= 2


def test_a_ceiling_gets_the_originals(photos):
    def ceiling(references, originals):
        assert np.array_equal(trilinear(warm(1.0), originals[0]), references[0])
        return lambda photo: photo

    ceiling.wants_originals = True
    measure_looks({"w.cube": warm(1.0)}, photos, {"c": ceiling}, Protocol(references=(1,), photos_per_look=1))
