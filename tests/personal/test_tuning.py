"""Tuning: what a style is tuned with, and which version is kept."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pinxit.errors import InputError, LearningError, NotFoundError
from pinxit.learning.references import read_references
from pinxit.learning.texture import read_texture
from pinxit.library import Library
from pinxit.personal.tuning import plan_tuning, tune
from pinxit.provenance import Provenance, Training
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

CELLS = data.immunohistochemistry()
SEARCH = {"settings": {"policy": "code", "rate": 0.1}, "default": 2.0, "found": 1.5, "mattered": {"rate": 1.0}}


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        Image.fromarray(np.ascontiguousarray(CELLS[100 * number : 100 * number + 64, 100:180])).save(path)
    return paths


@pytest.fixture
def texture(tiny, files):
    return read_texture(read_references(files).arrays, tiny.painter, tiny.eye, tiny.version)


@pytest.fixture
def library(home, files, texture) -> Library:
    library = Library()
    library.add(Style(texture=texture, provenance=Provenance(kind="art", licence="CC0")), "ink")
    options = {"kind": "auto", "minutes": 2.0, "refine": "auto", "encoder": "eye", "seed": 3}
    library.sources.record("ink", {"reference": files, "contents": files[:1], "neutral": files[:1]}, options)
    return library


@pytest.fixture
def learned(texture, monkeypatch):
    """Learning that gives what is put in here, and figures that are read off the code; records the calls."""
    found = {"code": texture.code, "calls": []}

    def learn_style(pictures, **options):
        found["calls"].append((list(pictures), options))
        training = Training(split={}, before={}, after={}, search=SEARCH)
        new = replace(texture, code=found["code"])
        return Style(texture=new, provenance=Provenance(kind="art", training=training))

    def figures_of(texture, arrays, contents, options):
        assert arrays and contents and options.encoder == "eye"
        return {"score": float(texture.code[0])}, {"score": float(texture.code[0]) + 3}

    monkeypatch.setattr("pinxit.learning.style.learn_style", learn_style)
    monkeypatch.setattr("pinxit.learning.texture.figures_of", figures_of)
    return found


def test_the_better_version_is_kept(library, files, texture, learned):
    own = float(texture.code[0])
    for worse in (0.5, 0.0):  # as good is not better
        learned["code"] = texture.code + np.float32(worse)
        done = tune(library, plan_tuning(library, "ink", 2.0))
        assert not done.gained and done.old_name is None and library.list(trash=True) == ()
        assert done.scores == pytest.approx({"old": own, "new": own + worse})
    assert library.get("ink").texture.code == pytest.approx(texture.code)

    learned["code"] = better = texture.code - np.float32(0.5)
    done = tune(library, plan_tuning(library, "ink", 2.0))
    assert done.gained and done.scores == pytest.approx({"old": own, "new": own - 0.5}) and done.search == SEARCH
    assert {version: figures["score"] for version, figures in done.tested.items()} == pytest.approx(
        {"old": own + 3, "new": own + 2.5}
    )
    style = library.get("ink")
    assert np.array_equal(style.texture.code, better) and style.provenance.licence == "CC0"
    assert library.list(trash=True)[0].name == done.old_name and done.old_name.startswith("ink v1 ")
    noted = library.sources.of("ink")
    assert noted.options["auto"] is True and noted.options["minutes"] == 2.0 and noted.options["seed"] == 3
    assert [source.path for source in noted.of_role()] == files and len(noted.of_role("contents")) == 1
    assert style.provenance.training.search == SEARCH, "the search is told by the style's file too"

    # A third round gains nothing over what is kept by now.
    assert not tune(library, plan_tuning(library, "ink", 2.0)).gained


def test_how_it_is_learned(library, files, home, learned):
    tune(library, plan_tuning(library, "ink", 4.0))
    tune(library, plan_tuning(library, "ink", 4.0, references=files[:2], contents=files[1:]))
    (first, options), (second, others) = learned["calls"]
    assert first == files and second == files[:2]
    assert options["contents"] == (files[0],) and others["contents"] == tuple(files[1:])
    for given in (options, others):
        assert (given["auto"], given["minutes"], given["kind"], given["seed"]) == (True, 4.0, "art", 3)
        assert given["resume"] == home / "learning" and "neutral" not in given


def test_what_is_lost_is_left_out(library, files, learned):
    files[0].unlink()
    Image.fromarray(CELLS[:40, :40]).save(files[1])
    plan = plan_tuning(library, "ink", 2.0)
    assert plan.references == (files[2],) and plan.contents == ()
    assert plan.lost == {files[0]: "missing", files[1]: "changed"}
    files[2].unlink()
    with pytest.raises(LearningError, match="none of the 3 references"):
        plan_tuning(library, "ink", 2.0)


def test_an_old_version_for_another_painter_is_not_compared(library, texture, learned, files):
    library.add(Style(texture=replace(texture, painter="f" * 16)), "old")
    done = tune(library, plan_tuning(library, "old", 2.0, references=files))
    assert done.gained and set(done.scores) == {"new"} == set(done.tested)


def test_refused(library, texture, files):
    library.add(Style(tone=Tone(lut=Lut.identity(3))), "look")
    library.add(Style(texture=texture), "found")
    with pytest.raises(InputError, match="is a look"):
        plan_tuning(library, "look", 2.0)
    with pytest.raises(InputError, match="--references"):
        plan_tuning(library, "found", 2.0)
    assert plan_tuning(library, "found", 2.0, references=files).options["auto"]
    with pytest.raises(NotFoundError, match="did you mean"):
        plan_tuning(library, "imk", 2.0)
    for minutes in (0, -1.0, float("nan"), 1441):
        with pytest.raises(InputError, match="minutes came"):
            plan_tuning(library, "ink", minutes)
