"""A small painter for panoramas."""

import pytest
from spheres import DRAWN

from pinxit.engines.engine import Engine
from pinxit.learning.texture import read_texture
from pinxit.style import Style


@pytest.fixture
def engine(tiny):
    return Engine(Style(texture=read_texture([DRAWN], tiny.painter, tiny.eye, tiny.version)))
