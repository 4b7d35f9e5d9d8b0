"""Painting panoramas: exact tones, no seam, no poles, and the settings of flat painting."""

import numpy as np
import pytest
from spheres import DRAWN, eight_bits, rough

from pinxit.engines.automatic import Strongest
from pinxit.engines.engine import Engine
from pinxit.errors import InputError
from pinxit.learning.style import learn_style
from pinxit.panoramas import transfer
from pinxit.panoramas.figures import seam_ratio, stroke_size, turn_error
from pinxit.panoramas.sphere import Equirectangular, rotation, turned
from pinxit.panoramas.transfer import PanoramaPainter, detail_share, typical_views
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

WHOLE = Equirectangular(80, 160)
PANORAMA = rough(80, 160)


@pytest.fixture(scope="module")
def shipped():
    """The real painter: a random one has no reason to paint a tilted picture like one that is not."""
    return Engine(learn_style([DRAWN], kind="art", minutes=0))


def levels(one, other):
    return np.abs(np.asarray(one, int) - np.asarray(other, int))


def test_tones_are_those_of_every_single_pixel(engine):
    """Without strokes the pixels of a panorama may stand in any order."""
    painter = PanoramaPainter(engine, WHOLE, texture=0.0)
    result = painter(PANORAMA)
    order = np.random.default_rng(0).permutation(80 * 160)
    mixed = np.ascontiguousarray(PANORAMA.reshape(-1, 3)[order].reshape(80, 160, 3))
    wanted = engine.transfer(Picture.open(mixed), scene=painter.scene, texture=0.0).array.reshape(-1, 3)
    assert levels(result.reshape(-1, 3)[order], wanted).max() <= 1
    assert levels(result, PANORAMA).mean() > 5


def test_a_table_alone_is_the_flat_result():
    lut = Lut(Lut.identity(9).table ** 1.5)
    engine = Engine(Style(tone=Tone(lut)))
    for strength in (1.0, 0.5, 1.5):
        flat = engine.transfer(Picture.open(PANORAMA), strength=strength).array
        assert levels(PanoramaPainter(engine, WHOLE, strength=strength)(PANORAMA), flat).max() <= 1


def test_a_turn_that_brings_views_onto_views_changes_nothing(engine):
    """A fifth of a turn: no column is the first one. Around the poles the same view sees another picture."""
    painter = PanoramaPainter(engine, WHOLE)
    result, turn = painter(PANORAMA), 160 // 5
    again = np.roll(painter(np.roll(PANORAMA, turn, axis=1)), -turn, axis=1)
    assert levels(again, result)[26:-26].mean() < 0.2
    toned = painter.finished(PANORAMA, None, 1.0)
    assert levels(result, toned).mean() > 5, "there are strokes"


def test_no_seam_and_no_poles(shipped):
    result = PanoramaPainter(shipped, WHOLE)(PANORAMA)
    assert seam_ratio(result) < 1.25 * seam_ratio(PANORAMA)
    sizes = [
        np.mean(
            [stroke_size(result, rotation(yaw, pitch)) / stroke_size(PANORAMA, rotation(yaw, pitch)) for yaw in turns]
        )
        for pitch, turns in ((90, (0,)), (-90, (0,)), (0, range(0, 360, 60)))
    ]
    assert np.mean(sizes[:2]) / sizes[2] == pytest.approx(1, abs=0.15)


def test_turned_and_painted_is_painted_and_turned(shipped):
    """As far as strokes can be: a flat painting, whose scale hangs on the latitude, does much worse."""
    turn = rotation(yaw=20, pitch=60)
    tilted = eight_bits(turned(PANORAMA, turn))
    painter = PanoramaPainter(shipped, WHOLE)
    own = turn_error(painter(tilted), turned(painter(PANORAMA), turn))
    one, other = (shipped.transfer(Picture.open(x), scene=painter.scene).array for x in (tilted, PANORAMA))
    assert own < 0.9 * turn_error(one, turned(other, turn))


def test_frames_share_the_scene_of_the_first(engine):
    painter = PanoramaPainter(engine, WHOLE)
    first = painter(PANORAMA)
    scene = painter.scene
    painter(rough(80, 160, seed=5))
    assert painter.scene is scene and np.array_equal(painter(PANORAMA), first)
    given = PanoramaPainter(engine, WHOLE, scene)
    assert np.array_equal(given(PANORAMA), first)


def test_a_part_is_painted_like_the_same_part_of_the_whole(engine):
    painter = PanoramaPainter(engine, WHOLE)
    whole = painter(PANORAMA)
    part = Equirectangular(80, 120, (80, 160), left=20)
    result = PanoramaPainter(engine, part, painter.scene)(np.ascontiguousarray(PANORAMA[:, 20:140]))
    # At its edges the painter sees what only the whole has.
    strokes = levels(result, painter.finished(PANORAMA, None, 1.0)[:, 20:140]).mean()
    assert levels(result, whole[:, 20:140])[20:-20, 40:80].mean() < 0.1 * strokes


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_depths(engine, dtype):
    painter = PanoramaPainter(engine, WHOLE)
    wanted = painter(PANORAMA).astype(float) / 255
    deep = PANORAMA.astype(np.uint16) * 257 if dtype == np.uint16 else PANORAMA.astype(np.float32) / 255
    result = painter(deep)
    assert result.dtype == dtype
    # Rounding moves strokes a little.
    assert np.abs(result / (65535 if dtype == np.uint16 else 1) - wanted).mean() < 0.75 / 255


def test_strengths(engine):
    painter = PanoramaPainter(engine, WHOLE)
    full = painter(PANORAMA).astype(float)
    half = PanoramaPainter(engine, WHOLE, painter.scene, strength=0.5)(PANORAMA)
    assert np.abs(half - (full + PANORAMA) / 2).max() <= 1
    none = PanoramaPainter(engine, WHOLE, strength=0)(PANORAMA)
    assert np.array_equal(none, PANORAMA) and none is not PANORAMA
    grey = PanoramaPainter(engine, WHOLE, painter.scene, saturation=-1.0)(PANORAMA)
    assert np.ptp(grey.astype(int), axis=2).max() <= 2


def test_an_automatic_strength_is_that_of_the_result(engine):
    told = []
    painter = PanoramaPainter(engine, WHOLE, strength=Strongest(0.9, told.append))
    result = painter(PANORAMA)
    assert 0 < told[0] < 1
    same = PanoramaPainter(engine, WHOLE, painter.scene, strength=told[0])(PANORAMA)
    assert np.array_equal(result, same)


def test_a_mask_says_where(engine):
    mask = np.zeros((8, 16), np.float32)
    mask[:, 8:] = 1
    painter = PanoramaPainter(engine, WHOLE)
    result = painter(PANORAMA, mask=mask)
    assert np.array_equal(result[:, :70], PANORAMA[:, :70])
    assert np.array_equal(result[:, 90:], painter(PANORAMA)[:, 90:])


def test_brush(engine):
    """Larger strokes are painted in smaller views, and by itself a brush grows with the widest panoramas."""
    sides = [PanoramaPainter(engine, WHOLE, brush=brush).views.density for brush in (None, 0.5, 1, 2)]
    assert np.allclose(sides, WHOLE.density * np.array([1, 2, 1, 0.5]))
    wide = Equirectangular(8192, 16384)
    assert PanoramaPainter(engine, wide).views.density == pytest.approx(8192 / (2 * np.pi))
    assert PanoramaPainter(engine, WHOLE, brush=2)(PANORAMA).shape == PANORAMA.shape


def test_progress(engine):
    told = []
    PanoramaPainter(engine, WHOLE)(PANORAMA, on_progress=lambda *each: told.append(each))
    assert told[0][:2] == (0, 12) and told[-1][:2] == (12, 12)


def test_wrong_input(engine):
    with pytest.raises(InputError, match="160x40 came to a panorama painter for 160x80"):
        PanoramaPainter(engine, WHOLE)(PANORAMA[:40])
    with pytest.raises(InputError, match="brush 99"):
        PanoramaPainter(engine, WHOLE, brush=99)
    with pytest.raises(InputError, match="warmth 3"):
        PanoramaPainter(engine, WHOLE, warmth=3)


def test_share_of_detail():
    """The slope of a line, between none and all."""
    toned = np.random.default_rng(0).random((40, 50, 3)).astype(np.float32)
    for slope, wanted in ((0.5, 0.5), (1.0, 1.0), (0.0, 0.0), (3.0, 1.0), (-1.0, 0.0)):
        assert np.abs(detail_share(toned, slope * toned + 0.2) - wanted).max() < 2e-3
    flat = np.full((20, 20, 3), 0.5, np.float32)
    assert detail_share(flat, flat).max() <= 1


def test_strips_do_not_matter(engine, monkeypatch):
    painter = PanoramaPainter(engine, WHOLE)
    whole = painter(PANORAMA)
    monkeypatch.setattr(transfer, "STRIP", 7)
    assert np.array_equal(painter(PANORAMA), whole)


def test_typical_views_weigh_solid_angles():
    """A cap of colour around a pole counts as what it is of the sphere, not of the picture."""
    array = np.zeros((80, 160, 3), np.uint8)
    array[:20] = 255  # a quarter of the picture, (1 - cos 45 degrees) / 2 of the sphere
    sheets = typical_views(WHOLE, [array])
    share = np.mean([sheet.array.mean() for sheet in sheets])
    assert len(sheets) == 3 and share == pytest.approx((1 - np.cos(np.pi / 4)) / 2, abs=0.03)
    several = typical_views(WHOLE, [array, np.full_like(array, 255)])
    assert np.mean([sheet.array.mean() for sheet in several]) == pytest.approx((share + 1) / 2, abs=0.05)
