"""The front doors: learning into the library, going on, and every setting of a transfer."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import data

import pinxit
from pinxit.engines.engine import Engine
from pinxit.errors import InputError, NotFoundError, PictureError
from pinxit.learning import style as learning
from pinxit.learning.texture import read_texture
from pinxit.library import Library
from pinxit.picture import Picture
from pinxit.provenance import Provenance
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

CELLS = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])
PHOTO = np.ascontiguousarray(data.coffee()[:96:2, :120:2])
DARK = Style(tone=Tone(Lut(Lut.identity(5).table * np.float32(0.5))), provenance=Provenance(references=3))


@pytest.fixture
def painted(tiny):
    return Style(name="cells", texture=read_texture([CELLS], tiny.painter, tiny.eye, tiny.version))


@pytest.fixture
def learned(monkeypatch):
    """Learning without learning; notes how it was called."""
    calls = []

    def learn_style(pictures, **settings):
        calls.append({"pictures": pictures, **settings})
        more_of = settings["more_of"]
        return replace(
            DARK, provenance=Provenance(references=len(pictures) + (more_of.provenance.references if more_of else 0))
        )

    monkeypatch.setattr(learning, "learn_style", learn_style)
    return calls


class TestLearn:
    def test_every_setting_arrives(self, learned, tmp_path):
        for name in ("a.png", "b.png"):
            Image.fromarray(PHOTO).save(tmp_path / name)
        settings = {"minutes": 3.5, "refine": "off", "seed": 4, "strict": True}
        told = {"on_progress": print, "on_decision": repr}
        folders = {"neutral": str(tmp_path), "before": tmp_path, "contents": [tmp_path / "a.png", PHOTO]}
        style = pinxit.learn([tmp_path, PHOTO], kind="art", **settings, **told, **folders)
        (call,) = learned
        assert style.name is None and Library().list() == ()
        assert call["pictures"][:2] == [tmp_path / "a.png", tmp_path / "b.png"] and call["pictures"][2] is PHOTO
        assert call["neutral"] == call["before"] == [tmp_path / "a.png", tmp_path / "b.png"]
        assert call["contents"][0] == tmp_path / "a.png" and len(call["contents"]) == 2 and call["kind"] == "art"
        assert {key: call[key] for key in settings | told} == settings | told and call["more_of"] is None

    def test_defaults_are_those_behind_the_door(self, learned):
        import inspect

        door, behind = (inspect.signature(f).parameters for f in (pinxit.learn, _real_learn_style()))
        for name in set(door) & set(behind) - {"pictures"}:
            assert door[name].default == behind[name].default, name

    def test_into_the_library(self, learned, tmp_path):
        style = pinxit.learn(PHOTO, "golden hour", home=tmp_path / "lib")
        assert style.name == "golden hour" and Library().list() == ()
        assert Library(tmp_path / "lib").get("golden hour").fingerprint == style.fingerprint

    def test_names_are_refused_before_the_work(self, learned):
        Library().add(DARK, "taken")
        for name, said in (("taken", "is there already"), ("Taken", "is there already"), ("../x", "cannot name")):
            with pytest.raises(InputError, match=said):
                pinxit.learn(PHOTO, name)
        with pytest.raises(InputError, match="without the name"):
            pinxit.learn(PHOTO, more=True)
        with pytest.raises(NotFoundError):
            pinxit.learn(PHOTO, "unknown", more=True)
        with pytest.raises(NotFoundError):
            pinxit.learn("nowhere.jpg", "new")
        assert not learned and [entry.name for entry in Library().list()] == ["taken"]

    def test_replacing(self, learned):
        Library().add(DARK, "x")
        pinxit.learn([PHOTO] * 2, "x", replace=True)
        assert learned[0]["more_of"] is None
        assert Library().get("x").provenance.references == 2
        assert [entry.name for entry in Library().list(trash=True)] == ["x"]

    def test_going_on_keeps_the_old_version_in_the_trash(self, learned):
        Library().add(DARK, "x")
        style = pinxit.learn([PHOTO] * 2, "x", more=True)
        assert learned[0]["more_of"].name == "x" and style.provenance.references == 5
        library = Library()
        assert library.get("x").provenance.references == 5 and len(library.list()) == 1
        (old,) = library.list(trash=True)
        assert old.name.startswith("x v1 ")
        library.delete("x")
        assert library.undelete("x", "new").references == 5 and library.undelete(old.name, "old").references == 3

    def test_an_interrupt_leaves_everything_as_it_was(self, monkeypatch):
        Library().add(DARK, "x")

        def stop(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(learning, "learn_style", stop)
        for settings in ({"name": "new"}, {"name": "x", "more": True}, {"name": "x", "replace": True}):
            with pytest.raises(KeyboardInterrupt):
                pinxit.learn(PHOTO, **settings)
        library = Library()
        assert [entry.name for entry in library.list()] == ["x"] and library.list(trash=True) == ()
        assert library.get("x").provenance.references == 3

    def test_art_from_start_to_end(self, tiny):
        style = pinxit.learn(CELLS, "cells", kind="art", minutes=0)
        result = np.asarray(pinxit.transfer(PHOTO, "cells"))
        assert result.shape == PHOTO.shape and result.dtype == np.uint8
        assert np.array_equal(result, Engine(style).transfer(Picture.open(PHOTO)).array)
        more = pinxit.learn(CELLS[::-1], "cells", more=True, minutes=0)
        assert more.provenance.references == 2 and len(Library().list(trash=True)) == 1


def _real_learn_style():
    import importlib.util

    found = importlib.util.find_spec("pinxit.learning.style")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.learn_style


class TestTransfer:
    def test_every_setting_arrives(self, painted):
        settings = {
            "strength": 0.8, "tone": 0.5, "texture": 0.7, "brush": 2.0, "variation": 0.3, "seed": 5,
        }  # fmt: skip
        wanted = Engine(painted).transfer(Picture.open(PHOTO), **settings).array
        assert np.array_equal(np.asarray(pinxit.transfer(PHOTO, painted, **settings)), wanted)
        for name in settings:
            others = {key: value for key, value in settings.items() if key != name}
            assert not np.array_equal(np.asarray(pinxit.transfer(PHOTO, painted, **others)), wanted), name
        kept = np.asarray(pinxit.transfer(PHOTO, painted, **settings, keep_colours=True))
        assert not np.array_equal(kept, wanted)

    def test_depths_and_alpha(self, painted):
        alpha = np.arange(PHOTO.shape[0] * PHOTO.shape[1]).reshape(PHOTO.shape[:2]) % 256
        for dtype, factor in ((np.uint8, 1), (np.uint16, 257)):
            source = (np.dstack([PHOTO, alpha]) * factor).astype(dtype)
            result = np.asarray(pinxit.transfer(source, painted))
            assert result.dtype == dtype and result.shape == source.shape
            assert np.array_equal(result[..., 3], source[..., 3]) and not np.array_equal(result, source)
        for dtype in (np.float32, np.float64):
            result = np.asarray(pinxit.transfer((PHOTO / 255).astype(dtype), painted))
            assert result.dtype == dtype and result.min() >= 0 and result.max() <= 1

    def test_strength_zero_is_the_picture(self, painted):
        assert np.array_equal(np.asarray(pinxit.transfer(PHOTO, painted, strength=0)), PHOTO)
        assert np.array_equal(np.asarray(pinxit.transfer(PHOTO, painted, tone=0, texture=0)), PHOTO)

    def test_masks_of_every_kind(self, tmp_path):
        half = np.zeros(PHOTO.shape[:2], np.uint8)
        half[:, 30:] = 255
        Image.fromarray(half).save(tmp_path / "mask.png")
        wanted = PHOTO.copy()
        wanted[:, 30:] = np.asarray(pinxit.transfer(PHOTO, DARK))[:, 30:]
        for mask in (
            half,
            half > 0,
            half / 255,
            half.astype(np.uint16) * 257,
            tmp_path / "mask.png",
            str(tmp_path / "mask.png"),
        ):
            assert np.array_equal(np.asarray(pinxit.transfer(PHOTO, DARK, mask=mask)), wanted)
        assert np.array_equal(
            np.asarray(pinxit.transfer(PHOTO, DARK, mask=Image.fromarray(half).convert("RGB"))), wanted
        )

    def test_a_painting_is_a_style(self, tiny, tmp_path):
        Image.fromarray(CELLS).save(tmp_path / "cells.png")
        result = np.asarray(pinxit.transfer(PHOTO, tmp_path / "cells.png"))
        style = pinxit.learn(tmp_path / "cells.png", kind="art", minutes=0)
        assert np.array_equal(result, np.asarray(pinxit.transfer(PHOTO, style)))

    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"strength": -1}, "strength"),
            ({"texture": float("nan")}, "texture"),
            ({"brush": 0}, "brush"),
            ({"variation": 9}, "variation"),
            ({"protect": "sky"}, "protect"),
        ],
    )
    def test_wrong_settings_come_before_the_picture(self, settings, said):
        with pytest.raises(InputError, match=said):
            pinxit.transfer("nowhere.jpg", "nobody", **settings)

    def test_what_is_not_there(self, tmp_path):
        (tmp_path / "bad.png").write_bytes(b"x")
        with pytest.raises(NotFoundError, match=r"nowhere\.jpg"):
            pinxit.transfer("nowhere.jpg", DARK)
        with pytest.raises(NotFoundError, match="nobody"):
            pinxit.transfer(PHOTO, "nobody")
        with pytest.raises(NotFoundError, match=r"mask\.png"):
            pinxit.transfer(PHOTO, DARK, mask=tmp_path / "mask.png")
        with pytest.raises(PictureError, match=r"bad\.png"):
            pinxit.transfer(PHOTO, DARK, mask=tmp_path / "bad.png")
