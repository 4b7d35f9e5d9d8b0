"""Learning a style from start to end: which half, what is written down, and going on with more pictures."""

import os
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from pinxit.engines.engine import Engine
from pinxit.errors import InputError, LearningError, PictureError, StyleError
from pinxit.learning import adapt, texture
from pinxit.learning.style import learn_style
from pinxit.learning.texture import read_texture
from pinxit.learning.texture_task import TextureWeights
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

CELLS = data.immunohistochemistry()
DRAWN = [np.ascontiguousarray(CELLS[i : i + 96 : 2, 100:228:2]) for i in range(0, 500, 100)]
PHOTO = np.ascontiguousarray(data.coffee()[:120:2, :160:2])


@pytest.fixture
def art(tiny, monkeypatch):
    """Learn art with the tiny painter, in four steps instead of many."""
    steps = {"steps": 4, "side": 32, "batch": 3, "rank": 2, "weights": TextureWeights()}
    chosen = []

    def choose(count, minutes):
        chosen.append((count, minutes))
        return adapt.AdaptOptions(minutes=0, **steps)

    monkeypatch.setattr(adapt, "choose", choose)

    def call(pictures=DRAWN[:4], **settings):
        return learn_style(pictures, **{"kind": "art", "minutes": 1.0} | settings)

    call.chosen = chosen
    return call


def never(*_, **__):
    raise AssertionError("this must not be asked")


class TestKind:
    @pytest.mark.parametrize(("kind", "sure", "said"), [("art", 0.8, "--kind photo"), ("photo", 0.93, "--kind art")])
    def test_auto_asks_the_eye_and_tells(self, tiny, monkeypatch, kind, sure, said):
        told = []
        monkeypatch.setattr(texture, "kind_of", lambda arrays, eye: (kind, sure) if eye is tiny.eye else never())
        style = learn_style([PHOTO], minutes=0, on_decision=told.append)
        assert (style.texture is not None) == (kind == "art") and style.tone is not None
        assert style.provenance.kind == kind
        assert len(told) == 1 and f"{sure:.0%} sure" in told[0] and said in told[0]

    @pytest.mark.parametrize("kind", ["photo", "art"])
    def test_a_kind_that_is_told_is_not_asked_for(self, tiny, monkeypatch, kind):
        monkeypatch.setattr(texture, "kind_of", never)
        style = learn_style([PHOTO], kind=kind, minutes=0, on_decision=never)
        assert style.provenance.kind == kind and (style.texture is not None) == (kind == "art")

    def test_pairs_are_photos(self, tiny, monkeypatch):
        monkeypatch.setattr(texture, "kind_of", never)
        style = learn_style([PHOTO // 2], before=[PHOTO])
        assert style.texture is None and "pairs" in style.provenance.method

    def test_photos_learn_a_look_and_nothing_else(self, tiny, monkeypatch):
        from pinxit.learning.look import learn_look

        style, look = learn_style([PHOTO, PHOTO[::-1]], kind="photo"), learn_look([PHOTO, PHOTO[::-1]])
        assert np.array_equal(style.tone.lut.table, look.tone.lut.table) and style.provenance == look.provenance


class TestArt:
    def test_in_one_pass(self, art, tiny):
        told = []
        style = art(minutes=0, on_decision=told.append)
        wanted = read_texture(DRAWN[:4], tiny.painter, tiny.eye, tiny.version)
        assert np.array_equal(style.texture.code, wanted.code) and style.texture.adapter is None
        assert np.array_equal(style.texture.palettes, wanted.palettes)
        facts = style.provenance
        assert (facts.kind, facts.references, len(facts.hashes)) == ("art", 4, 4) and "one pass" in facts.method
        assert style.thumbnail and style.tone is not None and not told and not art.chosen

    def test_adapted(self, art):
        told, seen = [], []
        style = art(minutes=3, on_decision=told.append, on_progress=lambda *values: seen.append(values))
        assert art.chosen == [(4, 3)]
        assert told == ["adapting by the policy lora for up to 3 minutes"]
        assert style.texture.adapter["stem.up"].shape[1] == 2
        method = style.provenance.method
        assert method.startswith("adapted (lora; held-out score ") and "kept step 4 of 4" in method
        assert [value[:2] for value in seen[-4:]] == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def test_no_gain_is_told_and_reads_in_one_pass(self, art, monkeypatch):
        scores = iter(range(1, 9))
        monkeypatch.setattr(adapt.AdaptTask, "validate", lambda *_: {"score": float(next(scores))})
        style, plain = art(), art(minutes=0)
        assert style.texture.adapter is None and np.array_equal(style.texture.code, plain.texture.code)
        assert "no gain, read in one pass" in style.provenance.method

    def test_seed(self, art):
        first, again, other = (art(seed=seed) for seed in (1, 1, 2))
        assert first.fingerprint == again.fingerprint != other.fingerprint
        assert not np.array_equal(first.texture.code, other.texture.code)

    def test_steady(self, art, monkeypatch):
        seen = []
        monkeypatch.setattr(texture, "adapt", lambda *given, **_: seen.append(given[6].weights.temporal) or 1 / 0)
        for words, wanted in (({}, 0.0), ({"steady": 1.5}, 1.5)):
            with pytest.raises(ZeroDivisionError):
                art(**words)
            assert seen.pop() == wanted
        for words, said in (({"steady": -1}, "0 to 100"), ({"steady": 1, "minutes": 0}, "give some")):
            with pytest.raises(InputError, match=said):
                art(**words)

    def test_own_contents(self, art, monkeypatch, tmp_path):
        kept = []
        monkeypatch.setattr(texture, "adapt", lambda g, c, r, contents, *_, **__: kept.append(contents) or 1 / 0)
        Image.fromarray(PHOTO).save(tmp_path / "x.png")
        with pytest.raises(ZeroDivisionError):
            art(contents=[tmp_path / "x.png", PHOTO[::-1]])
        assert np.array_equal(kept[0][0], PHOTO) and np.array_equal(kept[0][1], PHOTO[::-1]) and len(kept[0]) == 2

    def test_the_watch_of_the_training_is_written_down(self, art, monkeypatch):
        real = texture.adapt
        monkeypatch.setattr(texture, "adapt", lambda *a, **k: replace(real(*a, **k), events=("step 3: it rained",)))
        style = art([*DRAWN[:4], DRAWN[0]])
        assert style.provenance.notes == "1 copies of other references were passed over; step 3: it rained"

    def test_references_that_are_too_small(self, art):
        with pytest.raises(LearningError, match="32 pixels"):
            art([DRAWN[0][:20]])
        assert art([DRAWN[0][:20], DRAWN[1]], minutes=0).provenance.references == 2

    def test_losses_that_are_not_finite_end_it(self, art, monkeypatch):
        real = texture.read_texture

        def spoiled(*arguments):
            found = real(*arguments)
            found.code[:] = np.nan
            return found

        monkeypatch.setattr(texture, "read_texture", spoiled)
        with pytest.raises(LearningError, match="not finite"):
            art()

    def test_what_served_for_what_is_written_down(self, art):
        training = art([*DRAWN, PHOTO][:6]).provenance.training
        facts = art([*DRAWN, PHOTO][:6]).provenance
        assert list(training.split) == list(facts.hashes)
        assert set(training.split.values()) <= {"train", "validation", "test", "cut"}
        assert (training.steps, training.best) == (4, 4) and training.history[-1]["step"] == 4
        assert training.before["score"] != training.after["score"]
        assert art(minutes=0).provenance.training is None

    def test_an_interrupted_learning_is_gone_on_with(self, art, tmp_path):
        def stop(done, total, text):
            if "style" in text and done == 2:
                raise KeyboardInterrupt

        whole = art()
        with pytest.raises(KeyboardInterrupt):
            art(resume=tmp_path, on_progress=stop)
        (kept,) = tmp_path.iterdir()
        assert (kept / "checkpoint.safetensors").exists()
        seen = []
        again = art(resume=tmp_path, on_progress=lambda *values: seen.append(values))
        assert [value[0] for value in seen if "style" in value[2]] == [3, 4], "the first two steps are not made again"
        assert again.fingerprint == whole.fingerprint
        assert list(tmp_path.iterdir()) == [], "nothing is left to go on with"

    def test_another_learning_does_not_go_on_with_it(self, art, tmp_path):
        def stop(done, total, text):
            if "style" in text:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            art(resume=tmp_path, on_progress=stop)
        assert art(resume=tmp_path, seed=1).fingerprint == art(seed=1).fingerprint
        assert len(list(tmp_path.iterdir())) == 1

    def test_what_nobody_goes_on_with_is_removed(self, art, tmp_path):
        old, young = tmp_path / "old", tmp_path / "young"
        for folder, days in ((old, 31), (young, 29)):
            folder.mkdir()
            os.utime(folder, (time.time() - days * 86400,) * 2)
        art(resume=tmp_path)
        assert not old.exists() and young.exists()

    def test_an_interrupt_comes_through(self, art, tmp_path, monkeypatch):
        def stop(done, total, text):
            if "style" in text:
                raise KeyboardInterrupt

        monkeypatch.chdir(tmp_path)
        with pytest.raises(KeyboardInterrupt):
            art(on_progress=stop)
        assert list(tmp_path.iterdir()) == []


class TestMore:
    def test_adapters_hashes_and_counts_join(self, art):
        first = art(DRAWN[:3])
        second = art(DRAWN[3:], more_of=first, kind="auto")
        assert [s.texture.adapter["stem.up"].shape[1] for s in (first, second)] == [2, 4]
        assert np.array_equal(second.texture.adapter["stem.up"][:, :2], first.texture.adapter["stem.up"])
        facts = second.provenance
        assert facts.references == 5 and facts.hashes[:3] == first.provenance.hashes and len(set(facts.hashes)) == 5
        assert facts.kind == "art" and "adapted" in facts.method and art.chosen[-1][0] == 2
        Engine(second).transfer(Picture.open(PHOTO))

    def test_colours_are_those_of_all(self, art):
        dark, bright = (np.clip(DRAWN[0].astype(int) + c, 0, 255).astype(np.uint8) for c in (-150, 90))
        first = art([dark], minutes=0)
        both = art([bright], minutes=0, more_of=first)
        low, high, mean = (s.texture.palettes.mean() for s in (first, art([bright], minutes=0), both))
        assert mean == pytest.approx((low + high) / 2, abs=0.02) and high - low > 0.3

    def test_pictures_that_it_knows_are_counted_once(self, art):
        first = art(DRAWN[:3], minutes=0)
        again = art(DRAWN[2:4], minutes=0, more_of=first).provenance
        assert again.references == 4 and len(again.hashes) == 4

    def test_references_whose_hashes_are_not_known_still_count(self, art):
        first = art(DRAWN[:1], minutes=0)
        first = replace(first, provenance=replace(first.provenance, references=7, hashes=()))
        assert art(DRAWN[1:3], minutes=0, more_of=first).provenance.references == 9

    def test_what_was_stated_about_the_pictures_stays(self, art):
        first = art(DRAWN[:1], minutes=0)
        first = replace(first, provenance=replace(first.provenance, licence="CC0", consent="asked"))
        facts = art(DRAWN[1:2], minutes=0, more_of=first).provenance
        assert (facts.licence, facts.consent) == ("CC0", "asked")

    @pytest.mark.parametrize(
        ("kind", "others", "said"),
        [("auto", {}, "leave out --more"), ("photo", {}, "leave out --more"), ("art", {}, "--kind art")],
    )
    def test_a_look_cannot_be_continued(self, tiny, monkeypatch, kind, others, said):
        monkeypatch.setattr("pinxit.learning.style.read_references", never)
        look = Style(name="x", tone=Tone(Lut.identity(5)))
        with pytest.raises(InputError, match=said):
            learn_style([PHOTO], kind=kind, more_of=look, **others)

    @pytest.mark.parametrize("settings", [{"kind": "photo"}, {"kind": "auto", "before": [PHOTO]}], ids=str)
    def test_art_cannot_be_continued_as_photos(self, art, monkeypatch, settings):
        first = art(DRAWN[:1], minutes=0)
        monkeypatch.setattr("pinxit.learning.style.read_references", never)
        with pytest.raises(InputError, match="leave out --more"):
            learn_style([PHOTO], more_of=first, **settings)

    def test_a_style_for_another_painter_cannot(self, art, monkeypatch):
        first = art(DRAWN[:1], minutes=0)
        other = replace(first, texture=replace(first.texture, painter="f" * 16))
        monkeypatch.setattr("pinxit.learning.style.read_references", never)
        with pytest.raises(StyleError, match="learn it again"):
            learn_style(DRAWN[1:], minutes=0, more_of=other)


class TestRefused:
    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"kind": "paint"}, "'auto', 'photo' or 'art'"),
            ({"minutes": -1}, "-1 minutes"),
            ({"minutes": float("nan")}, "nan minutes"),
            ({"minutes": 1441}, "1441 minutes"),
        ],
    )
    def test_before_the_work(self, monkeypatch, settings, said):
        monkeypatch.setattr("pinxit.learning.style.read_references", never)
        with pytest.raises(InputError, match=said):
            learn_style([PHOTO], **settings)

    def test_pictures(self, tmp_path):
        (tmp_path / "bad.jpg").write_bytes(b"x")
        with pytest.raises(InputError, match="no picture"):
            learn_style([])
        with pytest.raises(PictureError, match=r"bad\.jpg"):
            learn_style([tmp_path / "bad.jpg"])
        with pytest.raises(PictureError):
            learn_style([PHOTO, tmp_path / "bad.jpg"], strict=True)


class TestLiking:
    def test_likes_steer_and_are_wanted_on_both_sides(self, art, monkeypatch):
        kept = []
        real = texture.adapt
        monkeypatch.setattr(texture, "adapt", lambda *a, liking, **k: kept.append(liking) or real(*a, **k))
        art(liked=[DRAWN[0]], disliked=[PHOTO])
        art()
        assert kept[0](torch.from_numpy(DRAWN[0].transpose(2, 0, 1).copy())[None] / 255) > 0 and kept[1] is None
        with pytest.raises(InputError, match="0 liked and 1 disliked"):
            art(disliked=[PHOTO])
