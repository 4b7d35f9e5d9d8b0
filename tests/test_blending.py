"""Mixing textures, and one style that turns into another across a picture."""

from dataclasses import replace

import numpy as np
import pytest

from pinxit.blending import blend_styles
from pinxit.engines.engine import gradient, mixed_pictures
from pinxit.errors import InputError, StyleError
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.texture import Texture
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def painted(
    code: float, grey: float, adapter: dict | None = None, painter: str = "0123456789abcdef", works: int = 1
) -> Style:
    bands = np.tile(np.linspace(-grey, grey, 5, dtype=np.float32), (works, 2, 3, 1))
    palettes = np.full((works, 8, 3), grey, np.float32)
    texture = Texture(np.full(3, code, np.float32), palettes, bands, painter, adapter)
    return Style(tone=Tone(Lut.identity(5)), texture=texture)


def test_codes_bands_and_palettes_are_mixed_by_weight():
    mixed = blend_styles([(painted(0, 0.2), 3), (painted(4, 0.6), 1)]).texture
    np.testing.assert_allclose(mixed.code, 1)
    np.testing.assert_allclose(mixed.bands[0, 0, 0, -1], 0.25 * 0.6 + 0.75 * 0.2, rtol=1e-6)
    assert np.isclose(mixed.palettes[0], 0.2).all(1).tolist() == [True] * 6 + [False] * 2


def test_every_mixed_work_has_one_work_of_each():
    mixed = blend_styles([(painted(0, 0.2, works=3), 1), (painted(4, 0.6, works=2), 1)]).texture
    assert mixed.palettes.shape == (3, 8, 3) and mixed.bands.shape == (3, 2, 3, 5)
    np.testing.assert_allclose(mixed.palettes.mean((1, 2)), 0.4, rtol=1e-6)
    np.testing.assert_allclose(mixed.bands[:, 0, 0, -1], 0.4, rtol=1e-6)


def test_low_ranks_add_up_to_the_weighted_change():
    rng = np.random.default_rng(0)

    def adapter(rank: int) -> dict:
        up, down = rng.normal(size=(4, rank)), rng.normal(size=(rank, 6))
        return {"a.up": up.astype(np.float32), "a.down": down.astype(np.float32)}

    one, two = adapter(2), adapter(3)
    mixed = blend_styles([(painted(0, 0.2, one), 1), (painted(0, 0.2, two), 3)]).texture.adapter
    wanted = 0.25 * one["a.up"] @ one["a.down"] + 0.75 * two["a.up"] @ two["a.down"]
    np.testing.assert_allclose(mixed["a.up"] @ mixed["a.down"], wanted, rtol=1e-5, atol=1e-6)


def test_a_look_has_no_texture_to_give():
    look = Style(tone=Tone(Lut.identity(5)))
    assert blend_styles([(look, 1), (look, 1)]).texture is None
    np.testing.assert_allclose(blend_styles([(look, 9), (painted(2, 0.3), 1)]).texture.code, 2)


def test_what_cannot_be_mixed():
    with pytest.raises(StyleError, match="different painters"):
        blend_styles([(painted(0, 0.2), 1), (painted(0, 0.2, painter="f" * 16), 1)])
    whole = painted(0, 0.2, {"a.weight.whole": np.zeros((2, 2), np.float32)})
    with pytest.raises(StyleError, match="whole layers"):
        blend_styles([(whole, 1), (painted(0, 0.2), 1)])


def test_across_a_picture():
    first = Picture.open(np.zeros((4, 5, 3), np.uint8))
    second = replace(first, array=np.full((4, 5, 3), 200, np.uint8))
    along = mixed_pictures(first, second, gradient(first, "left-right")).array
    np.testing.assert_array_equal(along[0, :, 0], [0, 50, 100, 150, 200])
    assert (along == along[:1]).all()
    down = mixed_pictures(first, second, gradient(first, "top-bottom")).array
    np.testing.assert_array_equal(down[:, 2, 1], np.rint(np.linspace(0, 1, 4) * 200))
    with pytest.raises(InputError, match="left-right or top-bottom"):
        gradient(first, "diagonal")
