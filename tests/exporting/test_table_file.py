"""Tables by their suffix, and tables told from paintings by their looks."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pinxit.errors import InputError, NotFoundError
from pinxit.exporting.table_file import check_table_path, is_table, read_table, write_table
from pinxit.tone.lut import Lut

PHOTOS = {
    "astronaut": data.astronaut(),
    "coffee": data.coffee()[:400, :400],
    "cells": data.immunohistochemistry(),
    "rocket": data.rocket(),
    "cat": data.chelsea(),
}


def square(array, side=512):
    return Image.fromarray(array).convert("RGB").resize((side, side), Image.Resampling.BILINEAR)


def tables():
    """Looks of every kind, as (N, N, N, 3) tables in 0..1."""
    x = Lut.identity(17).table
    luma = (x @ np.array([0.2126, 0.7152, 0.0722], np.float32))[..., None]
    return {
        "identity": x,
        "warm": (x * [1.0, 0.9, 0.7] + [0.1, 0.03, 0]).clip(0, 1),
        "negative": 1 - x,
        "grey": np.repeat(luma, 3, -1),
        "sepia": np.clip(luma * [1.1, 0.95, 0.7], 0, 1),
        "red filter": np.repeat(x[..., :1], 3, -1),
        "black and white": np.repeat(luma > 0.5, 3, -1).astype(float),
        "solarized": np.abs(2 * x - 1),
        "faded": 0.45 + 0.1 * x,
        "swapped": x[..., ::-1],
        "posterized": np.round(x * 3) / 3,
    }


@pytest.mark.parametrize("name", tables())
@pytest.mark.parametrize("level", [8, 3])
def test_haldcluts_are_tables(tmp_path, name, level):
    path = write_table(Lut(tables()[name].astype(np.float32)), tmp_path / "x.png", level=level)
    assert is_table(path)


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("side", [512, 64])
def test_photos_of_the_same_size_are_not(tmp_path, name, side):
    square(PHOTOS[name], side).save(tmp_path / "x.png")
    assert not is_table(tmp_path / "x.png")


@pytest.mark.parametrize("along", [0, 1])
@pytest.mark.parametrize("curve", [1.0, 0.4, 3.0])
def test_skies_are_not(tmp_path, along, curve):
    """What goes smoothly from one side to the other, as a sky does, follows its place too."""
    rise = np.linspace(0, 1, 512)[:, None] ** curve
    rise = np.broadcast_to(rise if along == 0 else rise.T, (512, 512))[..., None]
    noise = np.random.default_rng(0).normal(0, 6, (512, 512, 3))
    sky = (1 - rise) * [40, 90, 200] + rise * [250, 200, 150] + noise
    Image.fromarray(sky.clip(0, 255).astype(np.uint8)).save(tmp_path / "sky.png")
    assert not is_table(tmp_path / "sky.png")


@pytest.mark.parametrize("size", [(8, 8), (1, 1), (27, 27), (512, 511), (100, 100)])
def test_small_and_odd_pictures_are_not(tmp_path, size):
    pixels = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    assert not is_table(tmp_path / "x.png")


def test_the_smallest_haldclut_is_a_table(tmp_path):
    assert is_table(write_table(Lut.identity(4), tmp_path / "x.png", level=2))


def test_other_files(tmp_path):
    (tmp_path / "x.png").write_bytes(b"no picture")
    Image.new("L", (512, 512), 128).save(tmp_path / "grey.png")
    square(PHOTOS["cat"]).save(tmp_path / "x.jpg")
    assert not is_table(tmp_path / "x.png") and not is_table(tmp_path / "grey.png")
    assert not is_table(tmp_path / "missing.png") and not is_table(tmp_path / "x.jpg")
    assert is_table("a.cube") and is_table(tmp_path / "B.CUBE")


@pytest.mark.parametrize("name", ["x.cube", "x.png", "X.CUBE", "X.PNG"])
def test_round_trip_by_suffix(tmp_path, name):
    def warm(x):
        return x * np.array([0.8, 0.7, 0.6], np.float32) + np.float32(0.1)

    read = read_table(write_table(Lut(warm(Lut.identity(17).table)), tmp_path / name, size=33, level=4))
    assert read.size == (33 if "cube" in name.lower() else 16)
    assert np.abs(read.table - warm(Lut.identity(read.size).table)).max() < 1e-4


def test_other_suffixes_are_refused(tmp_path):
    for name in ("x.jpg", "x", "x.3dl"):
        with pytest.raises(InputError, match=r"\.cube"):
            check_table_path(tmp_path / name)
    with pytest.raises(NotFoundError):
        read_table(tmp_path / "x.cube")
