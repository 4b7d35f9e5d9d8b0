"""A small painter for panoramas."""

import numpy as np
import pytest
from skimage import data

from pinxit.engines.engine import Engine
from pinxit.learning.texture import read_texture
from pinxit.style import Style

DRAWN = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])


@pytest.fixture
def engine(tiny):
    return Engine(Style(texture=read_texture([DRAWN], tiny.painter, tiny.eye, tiny.version)))
