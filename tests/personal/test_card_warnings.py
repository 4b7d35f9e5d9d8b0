"""Warnings of a style's card: every rule, on both sides of its line."""

from dataclasses import replace

import numpy as np
import pytest

from pinxit.measuring.report import Measured, Report
from pinxit.measuring.skin_groups import SkinReport
from pinxit.personal.card_warnings import warnings_of
from pinxit.provenance import Provenance, Training
from pinxit.style import Style
from pinxit.texture import Texture
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

SOUND = Provenance(references=12, licence="own", consent="mine", method="predicted")


def figures(ssim=0.9, change=8.0) -> Report:
    return Report((Measured("ssim", "", "", value=ssim), Measured("ciede2000", "", "", value=change)))


def warned(origin=SOUND, report=None, tone=None, texture=None, **more) -> dict[str, str]:
    style = Style(tone=tone, texture=texture, provenance=origin)
    found = warnings_of(style, report or figures(), **more)
    assert len({one.rule for one in found}) == len(found)
    return {one.rule: one.text for one in found}


def told(error):
    return Tone(Lut.identity(3), expected_error=error)


def hand(**adapter):
    bands = np.zeros((1, 1, 3, 2), np.float32)
    return Texture(np.ones(2, np.float32), np.zeros((1, 1, 3), np.float32), bands, "0123456789abcdef", adapter or None)


def training(**changes) -> Training:
    known = {"split": {"a": "train", "b": "test"}, "before": {"score": 2.0}, "after": {"score": 1.5}, "best": 5}
    return Training(**known | {"steps": 9} | changes)


def test_nothing_to_warn_of():
    assert warned(tone=told(2.0), lightness=[40, 45, 50], origin=replace(SOUND, training=training())) == {}


@pytest.mark.parametrize(
    ("kind", "count", "words"),
    [
        (
            "photo",
            1,
            "trained on 1 picture: what is the look and what was the subject cannot be told apart; expect col",
        ),
        ("photo", 4, "trained on 4 pictures: what is the look and what was the subject cannot be told apart; expect"),
        ("art", 1, "trained on 1 picture: what is the look and what was the subject cannot be told apart; expect its"),
        ("photo", 0, "it does not say how many pictures it was learned from"),
    ],
)
def test_few_references(kind, count, words):
    assert warned(replace(SOUND, kind=kind, references=count))["few references"].startswith(words)


def test_how_far_off_few_references_are():
    one, four = (warned(replace(SOUND, references=count))["few references"] for count in (1, 4))
    assert "about 7 CIEDE2000" in one and "about 5 to 7 CIEDE2000" in four
    paired = warned(replace(SOUND, references=1, method="fitted to 1 pairs (rms residual 0.01)"))["few references"]
    assert "about 3 CIEDE2000" in paired and "subject" not in paired
    assert "few references" not in warned(replace(SOUND, references=5))
    assert "few references" not in warned(replace(SOUND, kind="blend", references=2))


def test_adapting_that_brought_nothing():
    kept = warned(replace(SOUND, training=training(best=0, after={"score": 2.0})))
    assert kept == {"no gain": "adapting brought no gain in 9 steps: this is the style as read in one pass"}
    lost = warned(replace(SOUND, training=training(after={"score": 2.25})))
    assert list(lost) == ["lost on test"] and lost["lost on test"].endswith("2.000 to 2.250")
    assert warned(replace(SOUND, training=training(before={}, after={}))) == {}


def test_references_that_were_cut():
    assert list(warned(replace(SOUND, training=training(split={"a": "cut"})))) == ["cut references"]


def test_expected_error():
    assert "visibly wrong" in warned(tone=told(6.0))["expected error"]
    assert "expected error" not in warned(tone=told(5.9))
    assert (
        "as large as what the look changes (4.0)"
        in warned(report=figures(change=4.0), tone=told(4.5))["expected error"]
    )
    assert "expected error" not in warned(tone=told(9.0), texture=hand())  # painting does not use the table
    assert warned(report=figures(change=None), tone=told(4.5)) == {}


def test_references_of_very_different_brightness():
    # Standard deviations 18 and 17.9, of three.
    assert "mean L* 32 to 68" in warned(lightness=[32, 50, 68])["uneven references"]
    assert warned(lightness=[32.1, 50, 67.9]) == {} and warned(lightness=[0, 100]) == {}


def test_little_content_kept():
    assert "SSIM 0.44" in warned(report=figures(ssim=0.44))["little content kept"]
    assert warned(report=figures(ssim=0.45)) == {} and warned(report=figures(ssim=None)) == {}


def test_whole_layers():
    one = np.ones((1, 1), np.float32)
    assert list(warned(texture=hand(**{"a.weight.whole": one}))) == ["whole layers"]
    assert warned(texture=hand(**{"a.up": one, "a.down": one})) == {}


def test_what_is_not_stated():
    none = warned(replace(SOUND, licence=None, consent=None))["not stated"]
    assert none.startswith("licence and consent are not stated for the references")
    assert warned(replace(SOUND, consent=""))["not stated"].startswith("consent is not stated")


def test_imported_and_blended():
    assert list(warned(replace(SOUND, kind="table", references=0))) == ["imported"]
    assert list(warned(replace(SOUND, kind="blend"))) == ["blended"]


def test_what_was_noted():
    found = warned(replace(SOUND, notes="step 40: loss was not finite;\n went back"))
    assert found == {"noted": "noted when it was made: step 40: loss was not finite; went back"}
    assert len(warned(replace(SOUND, notes="long " * 1000))["noted"]) < 500


def test_skin_comes_first():
    skin = SkinReport({}, ("lightness of light and dark skin is moved differently", "hue too"))
    found = warnings_of(Style(provenance=replace(SOUND, references=1)), figures(), skin=skin)
    assert [one.rule for one in found] == ["skin", "skin", "few references"] and found[1].text == "hue too"
    assert warned(skin=SkinReport({}, ())) == {}
