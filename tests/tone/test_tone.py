"""Tone: table, finish and code together."""

import numpy as np
import pytest

from pinxit.errors import StyleError
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def test_identity_changes_nothing():
    array = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert np.array_equal(Tone(Lut.identity()).apply(array), array)


def test_finish_only_on_request():
    array = np.full((64, 64, 3), 128, np.uint8)
    tone = Tone(Lut.identity(), Finish(vignette=1.0, grain=0.05))
    assert np.array_equal(tone.apply(array), array)
    darker = tone.apply(array, finish=1.0)
    assert darker[0, 0].mean() < darker[32, 32].mean() - 20


def test_codes_must_be_finite_vectors():
    with pytest.raises(StyleError):
        Tone(Lut.identity(), code=np.array([1.0, np.nan]))
    with pytest.raises(StyleError):
        Tone(Lut.identity(), code=np.zeros((2, 2)))
