"""Styles that tests of models paint in."""

import numpy as np
import pytest

from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


@pytest.fixture
def graded():
    """A style of tone alone: red a little up, blue down."""
    return Style(tone=Tone(Lut(0.1 + Lut.identity(17).table * [0.8, 0.7, 0.5])), name="graded")


@pytest.fixture
def painted(tiny):
    """A style with bold random strokes."""
    from pinxit.learning.texture import read_texture

    drawn = np.random.default_rng(3).integers(0, 256, (48, 48, 3), np.uint8)
    return Style(texture=read_texture([drawn], tiny.painter, tiny.eye, tiny.version), name="painted")
