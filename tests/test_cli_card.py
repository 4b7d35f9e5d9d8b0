"""``pinxit card``: what it writes, what it says, and with which exit code it ends."""

import json
from functools import partial

import numpy as np
import pytest
from PIL import Image

import commands
from pinxit.exporting.cube import write_cube
from pinxit.library import Library
from pinxit.provenance import Provenance
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

run, refused = partial(commands.run, "card"), partial(commands.refused, "card")


@pytest.fixture(autouse=True)
def library(home, tiny):
    lut = Lut(Lut.identity(5).table * np.float32(0.5))
    Library().add(Style("half", Tone(lut), provenance=Provenance(references=3)))


def test_three_files(tmp_path):
    folder = tmp_path / "new" / "cards"
    result = run("half", "-o", folder)
    names = ["half.card.png", "half.card.json", "half.card.html"]
    assert result.stdout.split() == [str(folder / name) for name in names]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert "pinxit: trained on 3 pictures: " in result.stderr
    assert run("half", "-o", tmp_path, "--quiet").output == ""


def test_json(tmp_path):
    result = run("half", "-o", tmp_path, "--json")
    facts = json.loads(result.stdout)
    assert facts.pop("files")[1] == str(tmp_path / "half.card.json")
    assert facts == json.loads((tmp_path / "half.card.json").read_text()) and result.stderr == ""


def test_nothing_is_replaced_unasked(tmp_path):
    old = tmp_path / "half.card.html"
    old.write_text("mine")
    assert "add --overwrite" in refused("half", "-o", tmp_path, code=2)
    assert old.read_text() == "mine" and [path.name for path in tmp_path.iterdir()] == ["half.card.html"]
    run("half", "-o", tmp_path, "--overwrite")
    assert old.read_text().startswith("<!DOCTYPE html>")


def test_a_file_without_a_name_gives_its_own(tmp_path):
    write_cube(Lut.identity(3), tmp_path / "film <b> look.cube")
    run(tmp_path / "film <b> look.cube", "-o", tmp_path)
    assert (tmp_path / "film b look.card.png").exists()
    assert "imported table" in (tmp_path / "film b look.card.html").read_text()


def test_what_is_refused(tmp_path):
    assert "nobody" in refused("nobody", "-o", tmp_path / "no", code=3)
    (tmp_path / "file").write_text("")
    assert "a folder was wanted" in refused("half", "-o", tmp_path / "file", code=4)
    assert "is not there" in refused("half", "-o", tmp_path / "no", "--contents", tmp_path / "none", code=3)
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "x.png").write_bytes(b"no picture")
    assert "none of 1 references can be read" in refused("half", "-o", tmp_path / "no", "--references", bad, code=2)
    assert not (tmp_path / "no").exists()


def test_what_is_passed_over_is_named(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "bad.png").write_bytes(b"no picture")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)).save(photos / "good.png")
    result = run("half", "-o", tmp_path, "--contents", photos)
    assert f"skipped {photos / 'bad.png'}: " in result.stderr
    assert list(json.loads((tmp_path / "half.card.json").read_text())["skipped"]) == [str(photos / "bad.png")]


def test_portraits_without_skin(tmp_path):
    pytest.importorskip("skimage")
    portraits = tmp_path / "portraits"
    portraits.mkdir()
    Image.new("RGB", (64, 64), "blue").save(portraits / "sky.png")
    assert "no skin was found" in refused("half", "-o", tmp_path / "no", "--portraits", portraits, code=2)
    assert not (tmp_path / "no").exists()
