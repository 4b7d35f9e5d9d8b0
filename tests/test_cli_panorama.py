"""Environment maps and cubemaps of six files on the command line."""

import json

import numpy as np
import pytest
from PIL import Image
from skimage import data

from commands import pinxit, refused
from pinxit.panoramas.radiance import read_radiance, write_radiance
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


@pytest.fixture
def style(tmp_path):
    """Half as bright."""
    return Style(name="half", tone=Tone(Lut(Lut.identity(5).table * np.float32(0.5)))).save(tmp_path / "half.pinxit")


@pytest.fixture
def environment(tmp_path):
    light = (data.astronaut()[::8, ::4].astype(np.float32) / 64) ** 2
    return write_radiance(tmp_path / "sky.hdr", light)


def test_an_environment_map_gets_darker_and_keeps_its_range(tmp_path, style, environment):
    pinxit("transfer", environment, "--style", style, "-o", tmp_path / "dark.hdr", "--quiet")
    before, after = read_radiance(environment), read_radiance(tmp_path / "dark.hdr")
    assert after.shape == before.shape and before.max() > 2
    assert after.mean() < 0.7 * before.mean()


def test_dry_runs_write_nothing(tmp_path, style, environment):
    told = pinxit("transfer", environment, "--style", style, "-o", tmp_path / "dark.hdr", "--dry-run", "--json")
    assert json.loads(told)["dry_run"] and not (tmp_path / "dark.hdr").exists()


def test_six_faces_into_a_folder(tmp_path, style):
    faces = []
    for number, name in enumerate(("px", "nx", "py", "ny", "pz", "nz")):
        faces.append(tmp_path / f"room_{name}.png")
        Image.fromarray(data.astronaut()[60 * number :, 100:][:64, :64]).save(faces[-1])
    pinxit("transfer", *faces, "--projection", "cubemap", "--style", style, "-o", tmp_path / "out", "--quiet")
    for face in faces:
        before, after = (np.asarray(Image.open(path)).astype(int) for path in (face, tmp_path / "out" / face.name))
        assert np.abs(after - before / 2).max() <= 1


def test_refused(tmp_path, style, environment):
    assert "environment map" in refused("transfer", environment, "--style", style, "-o", tmp_path / "x.png", code=2)
    again = ("transfer", environment, environment, "--style", style, "-o", tmp_path)
    assert "one at a time" in refused(*again, code=2)
    enhanced = ("transfer", environment, "--style", style, "-o", tmp_path / "x.hdr", "--enhance", "auto")
    assert "--enhance goes with single pictures" in refused(*enhanced, code=2)
