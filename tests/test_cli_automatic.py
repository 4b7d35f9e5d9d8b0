"""The commands of automatic settings: tune, learn --auto, transfer --strength auto."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from commands import pinxit, refused
from pinxit.cli import app
from pinxit.learning.adapt_task import AdaptOptions
from pinxit.library import Library
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

CELLS = data.immunohistochemistry()


@pytest.fixture
def drawings(tmp_path):
    folder = tmp_path / "drawings"
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.ascontiguousarray(CELLS[100 * number : 100 * number + 48, 100:160])).save(
            folder / f"{number}.png"
        )
    return folder


@pytest.fixture
def quick(tiny, monkeypatch):
    """Adaptations of a few small steps; a search is the default settings alone, and going on with them."""

    def choose(count, minutes):
        return AdaptOptions(minutes=minutes, steps=100, side=96, batch=3)

    def compare(self, network, references):
        return dict.fromkeys(("ssim", "colour", "texture", "score"), network.encoder.code.sum().item())

    monkeypatch.setattr("pinxit.learning.adapt.choose", choose)
    monkeypatch.setattr("pinxit.learning.adapt_task.AdaptTask.compare", compare)
    monkeypatch.setattr("pinxit.learning.search.SEARCH", 0.0)


class TestTune:
    def test_learn_and_tune(self, drawings, home, quick, monkeypatch):
        monkeypatch.setenv("COLUMNS", "200")
        words = ("learn", drawings, "--name", "cells", "--kind", "art", "--minutes", "0.002", "--auto")
        said = pinxit(*words)
        assert "settings: policy lora" in said and "1 trial of 0 s" in said and "too few trials" in said
        first = Library().get("cells")
        assert "searched" in first.provenance.method and first.provenance.training.search["trials"] == 1
        assert Library().sources.of("cells").options["auto"] is True
        said = pinxit("tune", "cells", "--minutes", "0.003")
        assert "cells: validation score" in said and "settings: policy lora" in said
        for row in ("default, after a trial", "found, after a trial", "old version", "new version"):
            assert row in said
        told = json.loads(pinxit("tune", "cells", "--minutes", "0.004", "--json"))
        assert told["references"] == 3 and set(told["scores"]) == {"old", "new"} == set(told["tested"])
        assert told["gained"] == (told["scores"]["new"] < told["scores"]["old"])
        assert not list((home / "learning").iterdir()), "a finished search leaves nothing behind"

    def test_an_interrupted_one_is_gone_on_with(self, drawings, home, quick, monkeypatch):
        from pinxit.learning import search

        real = search.adapted_texture
        words = ("learn", drawings, "--name", "cells", "--kind", "art", "--minutes", "0.002", "--auto")

        def stopped(*arguments, folder=None, **more):
            if folder is not None:
                raise KeyboardInterrupt
            return real(*arguments, folder=folder, **more)

        monkeypatch.setattr(search, "adapted_texture", stopped)
        assert "stopped" in refused(*words, "--quiet", code=130)
        (kept,) = (home / "learning").iterdir()
        assert (kept / "study.sqlite").exists()
        calls = []

        def counted(*arguments, **more):
            calls.append(more.get("folder"))
            return real(*arguments, **more)

        monkeypatch.setattr(search, "adapted_texture", counted)
        pinxit(*words)
        assert calls == [kept / "final"] and not kept.exists()

    def test_a_look_has_nothing_to_search_for(self, drawings, home):
        words = ["learn", str(drawings), "--name", "x", "--kind", "photo", "--auto"]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0 and "no settings to search" in result.stderr
        assert "is a look" in refused("tune", "x", code=2)

    def test_dry_run_and_refused(self, drawings, home, quick):
        pinxit("learn", drawings, "--name", "cells", "--kind", "art", "--minutes", "0")
        before = Library().entry("cells")
        assert json.loads(pinxit("tune", "cells", "--dry-run", "--json"))["references"] == 3
        assert "would search for 10 minutes" in pinxit("tune", "cells", "--dry-run")
        assert Library().entry("cells") == before and not (home / "learning").exists()
        assert "0 minutes came" in refused("tune", "cells", "--minutes", "0", code=2)
        assert "-3 minutes came" in refused("tune", "cells", "--minutes", "-3", code=2)
        assert "did you mean" in refused("tune", "cels", code=3)
        assert "not there" in refused("tune", "cells", "--references", drawings / "none", code=3)
        words = ("learn", drawings, "--name", "y", "--kind", "art", "--minutes", "0", "--auto")
        assert "0 minutes came" in refused(*words, code=2)
        (drawings / "1.png").unlink()
        result = CliRunner().invoke(app, ["tune", "cells", "--dry-run"])
        assert "1.png is missing; it is left out" in result.stderr and "2 references" in result.stdout


class TestStrength:
    @pytest.fixture
    def photo(self, tmp_path, home):
        Library().add(Style(tone=Tone(lut=Lut(Lut.identity(5).table * np.float32(0.1)))), "dark")
        path = tmp_path / "in" / "photo.png"
        path.parent.mkdir()
        Image.fromarray(np.ascontiguousarray(data.astronaut()[:128, 100:228])).save(path)
        return path

    def test_of_one_and_of_many(self, photo, tmp_path):
        words = ("--style", "dark", "--strength", "auto", "--keep", "0.9")
        (one,) = json.loads(pinxit("transfer", photo, "-o", tmp_path / "one.png", *words, "--json"))["results"]
        (many,) = json.loads(pinxit("transfer", photo.parent, "-o", tmp_path / "out", *words, "--json"))["results"]
        assert 0 < one["strength"] < 1 and many["strength"] == one["strength"]
        assert np.array_equal(Image.open(tmp_path / "one.png"), Image.open(tmp_path / "out" / "photo.png"))
        pinxit("transfer", photo, "-o", tmp_path / "same.png", "-s", "dark", "--strength", one["strength"])
        assert np.array_equal(Image.open(tmp_path / "one.png"), Image.open(tmp_path / "same.png"))
        said = pinxit("transfer", photo, "-o", tmp_path / "said.png", "-s", "dark", "--strength", "auto:0.9")
        assert f"strength {one['strength']:.2f}" in said
        weak = json.loads(pinxit("transfer", photo, "-o", tmp_path / "w.png", *words[:-1], "0.99", "--json"))
        assert weak["results"][0]["strength"] < one["strength"]
        named = json.loads(pinxit("transfer", photo, "-o", tmp_path / "n.png", *words[:2], "--json"))
        assert "strength" not in named["results"][0]

    def test_refused(self, photo, tmp_path):
        words = ("transfer", photo, "-s", "dark", "-o", tmp_path / "x.png")
        assert "'auto'" in refused(*words, "--strength", "much", code=2)
        assert "0 to 1 is wanted" in refused(*words, "--strength", "auto", "--keep", "1.5", code=2)
        assert "goes with --strength auto" in refused(*words, "--keep", "0.5", code=2)
        assert not Path(tmp_path / "x.png").exists()
