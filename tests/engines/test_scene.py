"""Scene: measured once, held for all pictures that belong together."""

import numpy as np
import pytest
from skimage import data

from pinxit.engines.engine import Engine
from pinxit.errors import InputError
from pinxit.learning.texture import read_texture
from pinxit.picture import Picture
from pinxit.style import Style

PHOTO = np.ascontiguousarray(data.astronaut()[:192:2, 100:300:2])
OTHER = np.ascontiguousarray(data.coffee()[::4, ::4])
DRAWN = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])


@pytest.fixture
def engine(tiny):
    texture = read_texture([DRAWN], tiny.painter, tiny.eye, tiny.version)
    return Engine(Style(texture=texture))


def given(engine, array, **settings):
    return engine.transfer(Picture.open(array), **settings).array.astype(int)


def test_a_picture_alone_is_its_own_scene(engine):
    scene = engine.scene([Picture.open(PHOTO)])
    assert np.abs(given(engine, PHOTO, scene=scene) - given(engine, PHOTO)).max() <= 1


def test_colours_do_not_hang_on_what_else_is_in_view(engine):
    """The tone of a frame stays as it is when something bright comes into view beside it."""
    scene = engine.scene([Picture.open(PHOTO)])
    bright = PHOTO.copy()
    bright[:, 60:] = 250
    alone, beside = (given(engine, x, scene=scene, texture=0.0)[:, :60] for x in (PHOTO, bright))
    assert np.array_equal(alone, beside)
    free = [given(engine, x, texture=0.0)[:, :60] for x in (PHOTO, bright)]
    assert np.abs(free[0] - free[1]).mean() > 1


def test_strokes_far_away_do_not_hang_on_it_either(engine):
    """Far from what is new (the generator sees some dozens of pixels), painted pixels are the same."""
    wide = np.concatenate([PHOTO, PHOTO[:, ::-1], PHOTO], 1)
    scene = engine.scene([Picture.open(wide)])
    bright = wide.copy()
    bright[:, 280:] = 250
    alone, beside = (given(engine, x, scene=scene)[:, :100] for x in (wide, bright))
    free = [given(engine, x)[:, :100] for x in (wide, bright)]
    assert np.abs(alone - beside).max() <= 1 < np.abs(free[0] - free[1]).max()


def test_halfway_between_two_scenes(engine):
    first, second = (engine.scene([Picture.open(x)]) for x in (PHOTO, OTHER))
    ends = [given(engine, PHOTO, scene=scene, texture=0.0) for scene in (first, second)]
    assert np.abs(ends[0] - ends[1]).max() > 5
    for share, wanted in ((0.0, ends[0]), (1.0, ends[1]), (0.5, (ends[0] + ends[1]) / 2)):
        found = given(engine, PHOTO, scene=first.toward(second, share), texture=0.0)
        assert np.abs(found - wanted).mean() < 0.5  # but for what a table drives out of 0..255
    for share, scene in ((0.0, first), (1.0, second)):
        away = given(engine, PHOTO, scene=first.toward(second, share)) - given(engine, PHOTO, scene=scene)
        assert np.abs(away).max() <= 1


def test_several_pictures_of_other_sizes_share_one(engine):
    pictures = [Picture.open(x) for x in (PHOTO, OTHER, DRAWN[:40])]
    scene = engine.scene(pictures)
    for picture in pictures:
        assert engine.transfer(picture, scene=scene).array.shape == picture.array.shape


def test_no_picture_is_refused(engine):
    with pytest.raises(InputError, match="a scene is measured on one at least"):
        engine.scene([])
