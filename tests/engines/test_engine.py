"""Engine: strengths, correction and their limits."""

import numpy as np
import pytest
from skimage import data

from pinxit.engines.engine import Engine
from pinxit.errors import InputError, StyleError
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def style(code=None, finish=None):
    table = np.clip(Lut.identity(17).table * [1.0, 0.9, 0.7] + [0.05, 0.0, 0.0], 0, 1).astype(np.float32)
    return Style(tone=Tone(Lut(table), finish or Finish(), code))


def test_strength_zero_returns_the_input():
    picture = Picture.open(data.coffee())
    assert Engine(style()).transfer(picture, strength=0) is picture
    assert np.array_equal(Engine(style()).transfer(picture, tone=0).array, picture.array)


def test_strength_and_tone_multiply():
    picture, engine = Picture.open(data.coffee()), Engine(style())
    a = engine.transfer(picture, strength=0.5, tone=0.5).array
    assert np.array_equal(a, engine.transfer(picture, strength=0.25).array)
    half = engine.transfer(picture, strength=0.5).array.astype(int)
    full = engine.transfer(picture).array.astype(int)
    assert np.abs(half - (picture.array + full) / 2).max() <= 2


def test_correction_brightens_a_dark_picture_and_needs_a_code():
    half_the_light = (data.coffee() / 255.0) * 0.5 ** (1 / 2.2)
    dark = Picture.open(np.rint(half_the_light * 255).astype(np.uint8))
    from pinxit.networks.weights import exposure_corrector

    code = np.zeros(exposure_corrector().settings["code"], np.float32)
    engine = Engine(style(code))
    assert engine.adaptive and (engine.correction(dark) > 1.2).all()
    assert (np.abs(np.log2(engine.correction(Picture.open(data.coffee())))) < 0.3).all()
    plain, corrected = engine.transfer(dark), engine.transfer(dark, correct=1.0)
    assert corrected.array.mean() > plain.array.mean() + 10
    assert np.array_equal(engine.lut_for(dark, correct=1.0).apply(dark.array), corrected.array)
    without = Engine(style())
    assert np.array_equal(without.transfer(dark, correct=1.0).array, without.transfer(dark).array)


def test_finish_is_given_on_request():
    picture = Picture.open(np.full((80, 100, 3), 150, np.uint8))
    engine = Engine(style(finish=Finish(vignette=1.5)))
    with_finish, plain = engine.transfer(picture, finish=1.0).array, engine.transfer(picture).array
    assert with_finish[0, 0].mean() < plain[0, 0].mean() - 20


@pytest.mark.parametrize("bad", [-0.1, float("nan"), 9.0])
def test_slips_of_the_hand_are_refused(bad):
    with pytest.raises(InputError, match="0 to 8"):
        Engine(style()).transfer(Picture.open(data.coffee()), strength=bad)


def test_a_style_without_a_tone_is_refused():
    with pytest.raises(StyleError, match="learn it again"):
        Engine(Style(name="empty"))
