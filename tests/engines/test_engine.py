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


GRADED = np.ascontiguousarray(data.coffee()[:120:2, :160:2])


@pytest.fixture
def painted(tiny):
    """An engine for a style with a texture."""
    from pinxit.learning.texture import read_texture

    drawn = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])
    texture = read_texture([drawn], tiny.painter, tiny.eye, tiny.version)
    return Engine(Style(tone=style(finish=Finish(vignette=1.0)).tone, texture=texture))


@pytest.fixture(params=["tone", "texture"])
def engine(request):
    """An engine for a style with a tone alone, and for one with a texture too."""
    return Engine(style()) if request.param == "tone" else request.getfixturevalue("painted")


def as_depth(array, dtype):
    if np.dtype(dtype).kind == "f":
        return (array / 255).astype(dtype)
    return array.astype(dtype) * dtype(np.iinfo(dtype).max // 255)


DEPTHS = [np.uint8, np.uint16, np.float32]


class TestPainted:
    def test_the_very_picture_comes_back(self, painted):
        picture = Picture.open(GRADED)
        assert painted.transfer(picture, strength=0) is picture
        assert painted.transfer(picture, tone=0, texture=0) is picture
        assert np.array_equal(painted.transfer(picture, texture=0, keep_colours=True).array, GRADED)
        for one in ({"tone": 0}, {"texture": 0}, {}):
            assert np.abs(painted.transfer(picture, **one).array.astype(int) - GRADED).mean() > 2

    def test_strength_mixes(self, painted):
        picture = Picture.open(as_depth(GRADED, np.float32))
        whole, half, double = (painted.transfer(picture, strength=s).array for s in (1, 0.5, 2))
        assert np.abs(half - (picture.array + whole) / 2).max() < 1e-6
        assert np.abs(double - np.clip(2 * whole - picture.array, 0, 1)).max() < 1e-6

    def test_without_texture_it_is_a_function_of_colour(self, painted):
        rng = np.random.default_rng(0)
        colours, places = rng.integers(0, 65536, (30, 3), np.uint16), rng.integers(0, 30, (50, 60))
        result = painted.transfer(Picture.open(colours[places]), texture=0, strength=0.8).array
        assert all(len(np.unique(result[places == i], axis=0)) == 1 for i in range(30))

    def test_finish_comes_after_the_strokes(self, painted):
        picture = Picture.open(np.full((60, 80, 3), 150, np.uint8))
        plain, finished = (painted.transfer(picture, finish=f).array.astype(int) for f in (0, 1))
        assert finished[0, 0].sum() < plain[0, 0].sum() and np.abs(finished[30, 40] - plain[30, 40]).max() <= 1
        assert not np.array_equal(painted.transfer(picture, tone=0, texture=0, finish=1).array, picture.array)

    def test_a_texture_alone_is_enough(self, painted):
        picture = Picture.open(GRADED)
        alone = Engine(Style(texture=painted.style.texture))
        assert np.array_equal(alone.transfer(picture).array, painted.transfer(picture).array)
        assert np.array_equal(alone.transfer(picture, finish=1.0).array, painted.transfer(picture).array)
        assert not alone.adaptive and (alone.correction(picture) == 1).all()

    def test_any_whole_number_is_a_seed(self, painted):
        picture = Picture.open(GRADED)
        results = [painted.transfer(picture, variation=0.5, seed=s).array for s in (-1, 2**64 - 1, 2**70, 0)]
        assert np.array_equal(results[0], results[1]) and np.array_equal(results[2], results[3])
        assert not np.array_equal(results[0], results[2])

    @pytest.mark.parametrize("size", [(1, 1), (3, 200), (17, 17)])
    def test_tiny_pictures(self, painted, size):
        array = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
        result = painted.transfer(Picture.open(array)).array
        assert result.shape == array.shape and result.dtype == np.uint8


class TestMasks:
    @pytest.mark.parametrize("dtype", DEPTHS)
    @pytest.mark.parametrize("strength", [1.0, 0.6])
    def test_exact_at_both_ends(self, engine, dtype, strength):
        picture = Picture.open(as_depth(GRADED, dtype))
        whole = engine.transfer(picture, strength=strength)
        mask = np.zeros(GRADED.shape[:2], np.float32)
        mask[:, 40:] = 1
        result = engine.transfer(picture, strength=strength, mask=mask).array
        assert result.dtype == dtype
        assert np.array_equal(result[:, :40], picture.array[:, :40])
        assert np.array_equal(result[:, 40:], whole.array[:, 40:])
        assert (whole.array != picture.array).mean() > 0.5

    @pytest.mark.parametrize("value", [0, 1])
    @pytest.mark.parametrize("shape", [(1, 1), (7, 9), (300, 11)])
    def test_of_another_size(self, engine, value, shape):
        picture = Picture.open(GRADED)
        wanted = engine.transfer(picture).array if value else GRADED
        assert np.array_equal(engine.transfer(picture, mask=np.full(shape, value, np.uint8) * 255).array, wanted)

    def test_between_them_it_mixes(self, engine):
        picture = Picture.open(as_depth(GRADED, np.float32))
        whole = engine.transfer(picture).array
        mask = np.broadcast_to(np.linspace(0, 1, GRADED.shape[1], dtype=np.float32), GRADED.shape[:2])
        share = mask[..., None]
        found = engine.transfer(picture, mask=mask).array
        assert np.abs(found - (picture.array * (1 - share) + whole * share)).max() < 1e-6

    def test_floats_beyond_the_range_stay_as_the_table_gives_them(self):
        bright = Engine(Style(tone=Tone(Lut(Lut.identity(5).table * np.float32(1.5)))))
        picture = Picture.open(np.full((4, 5, 3), 0.9, np.float32))
        assert np.array_equal(bright.transfer(picture, mask=np.ones((4, 5))).array, bright.transfer(picture).array)

    @pytest.mark.parametrize(
        "mask",
        [
            np.zeros((4, 4, 3), np.float32),
            np.zeros(5, np.float32),
            np.zeros((0, 4), np.float32),
            np.full((4, 4), 1.5, np.float32),
            np.full((4, 4), -0.1, np.float32),
            np.full((4, 4), np.nan, np.float32),
        ],
        ids=["channels", "vector", "empty", "above", "below", "nan"],
    )
    def test_wrong_masks(self, mask):
        with pytest.raises(InputError, match="mask of shape"):
            Engine(style()).transfer(Picture.open(GRADED), mask=mask)


@pytest.mark.parametrize("dtype", DEPTHS)
@pytest.mark.parametrize("masked", [False, True])
def test_depth_alpha_and_metadata_survive(engine, dtype, masked):
    alpha = np.random.default_rng(2).integers(0, 256, GRADED.shape[:2], np.uint8)
    picture = Picture.open(np.dstack([as_depth(GRADED, dtype), as_depth(alpha, dtype)]))
    result = engine.transfer(picture, mask=np.full((3, 3), 0.5) if masked else None)
    assert result.array.dtype == dtype and result.array.shape == GRADED.shape
    assert np.array_equal(result.alpha, picture.alpha) and result.metadata == picture.metadata
    low_bits = result.array.astype(np.float64) * (255 / (np.iinfo(dtype).max if dtype != np.float32 else 1))
    assert dtype == np.uint8 or np.abs(low_bits - low_bits.round()).max() > 0.3, "finer than 8 bits"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"brush": 0.1}, "brush 0.1"),
        ({"brush": 9.0}, "brush 9"),
        ({"brush": float("nan")}, "brush nan"),
        ({"variation": -0.1}, "variation -0.1"),
        ({"variation": 3.0}, "variation 3"),
        ({"variation": float("nan")}, "variation nan"),
        ({"texture": float("inf")}, "texture inf"),
        ({"texture": -1.0}, "texture -1"),
        ({"finish": 100.0}, "finish 100"),
    ],
)
def test_settings_out_of_range(settings, said):
    with pytest.raises(InputError, match=said):
        Engine(style()).transfer(Picture.open(GRADED), **settings)
