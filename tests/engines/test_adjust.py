"""Warmth, contrast and saturation: what stands still, what moves, and which way."""

import numpy as np
import pytest

from pinxit.color import srgb_to_lab
from pinxit.engines.adjust import adjust
from pinxit.engines.engine import Engine
from pinxit.errors import InputError
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

GREYS = np.arange(256, dtype=np.uint8)[:, None].repeat(3, 1)
COLOURS = np.random.default_rng(0).integers(0, 256, (4000, 3), np.uint8)


def lab(array: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lightness, chroma and hue in CIE Lab, which is not the space that the adjustment works in."""
    values = srgb_to_lab(array)
    return values[..., 0], np.hypot(values[..., 1], values[..., 2]), np.arctan2(values[..., 2], values[..., 1])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_zero_changes_nothing(dtype):
    array = COLOURS.astype(dtype)
    assert adjust(array) is array
    assert adjust(array, warmth=0.0, contrast=0.0, saturation=0.0) is array


@pytest.mark.parametrize("saturation", [-1.0, -0.4, 0.5, 1.0])
def test_saturation(saturation):
    np.testing.assert_array_equal(adjust(GREYS, saturation=saturation), GREYS)
    (before_l, before_c, before_h), (after_l, after_c, after_h) = (
        lab(COLOURS),
        lab(adjust(COLOURS, saturation=saturation)),
    )
    # Lightness of OKLab and of Lab part by up to some units for strong colours; the bulk has to agree.
    assert np.median(abs(after_l - before_l)) < 2
    inside = before_c > 5
    more = ((after_c - before_c) * np.sign(saturation))[inside]  # next to the rim, rounding decides
    assert (more > -0.5).mean() > 0.97 and np.median(more) > 2
    if saturation == -1:
        assert after_c.max() < 1.5
    else:
        turned = abs(np.angle(np.exp(1j * (after_h - before_h))))[inside & (after_c > 5)]
        assert np.median(turned) < 0.05


def test_saturation_of_a_pale_colour_doubles():
    pale = np.array([[0.55, 0.5, 0.5]], np.float32)
    assert lab(adjust(pale, saturation=1.0))[1][0] == pytest.approx(2 * lab(pale)[1][0], rel=0.15)
    assert lab(adjust(pale, saturation=-0.5))[1][0] == pytest.approx(0.5 * lab(pale)[1][0], rel=0.05)


@pytest.mark.parametrize("contrast", [-1.0, 0.5, 1.0])
def test_contrast(contrast):
    found = adjust(GREYS, contrast=contrast).astype(int)
    assert (found[0] == 0).all() and (found[255] == 255).all()
    assert (np.diff(found[:, 0]) >= 0).all() and (np.ptp(found, axis=1) == 0).all()
    # OKLab's lightness of grey is the cube root of its light; at mid lightness the slope is 1 + 0.3 contrast.
    middle = np.array([0.49, 0.51]) ** 3
    grey = np.where(middle <= 0.0031308, middle * 12.92, 1.055 * middle ** (1 / 2.4) - 0.055).astype(np.float32)
    out = adjust(np.repeat(grey[:, None], 3, 1), contrast=contrast)[:, 0].astype(float)
    light = np.cbrt(((out + 0.055) / 1.055) ** 2.4)
    assert (light[1] - light[0]) / 0.02 == pytest.approx(1 + 0.3 * contrast, abs=0.06)


@pytest.mark.parametrize("warmth", [-1.0, 0.3, 1.0])
def test_warmth(warmth):
    found = adjust(GREYS, warmth=warmth).astype(int)
    assert (found[0] == 0).all() and (found[255] == 255).all()
    assert (np.sign(found[64:224, 0] - found[64:224, 2]) == np.sign(warmth)).all()
    lightness, _, _ = lab(found.astype(np.uint8))
    np.testing.assert_allclose(lightness, lab(GREYS)[0], atol=1.5)


def test_depths_agree_and_nothing_is_clipped():
    settings = {"warmth": 0.5, "contrast": 0.7, "saturation": 0.8}
    eight = adjust(COLOURS, **settings)
    deep = adjust(COLOURS.astype(np.uint16) * 257, **settings)
    real = adjust(COLOURS / np.float32(255), **settings)
    assert eight.dtype == np.uint8 and deep.dtype == np.uint16
    assert abs(deep / 257 - eight).max() < 0.51 and real.min() >= -1e-3 and real.max() <= 1 + 1e-3
    # A gradient of one hue toward the rim keeps its steps: nothing flattens at once.
    ramp = np.linspace(0, 1, 64, dtype=np.float32)[:, None] * np.array([0.0, -0.8, -0.8], np.float32) + 1
    chroma = lab(adjust(ramp, saturation=1.0))[1]
    assert (np.diff(chroma) > 0).all()


@pytest.mark.parametrize("name", ["warmth", "contrast", "saturation"])
@pytest.mark.parametrize("value", [1.5, -2, float("nan"), float("inf")])
def test_refused(name, value):
    with pytest.raises(InputError, match=f"{name} .* -1 to 1 is wanted"):
        adjust(GREYS, **{name: value})


class TestInTheEngine:
    picture = Picture.open(COLOURS.reshape(50, 80, 3))
    engine = Engine(Style(tone=Tone(lut=Lut(Lut.identity(5).table * np.float32(0.5)))))

    def test_after_the_style(self):
        plain = self.engine.transfer(self.picture).array
        found = self.engine.transfer(self.picture, warmth=0.5, saturation=-0.3).array
        np.testing.assert_array_equal(found, adjust(plain, warmth=0.5, saturation=-0.3))

    def test_alone_when_the_style_is_off(self):
        found = self.engine.transfer(self.picture, tone=0, contrast=0.5).array
        np.testing.assert_array_equal(found, adjust(self.picture.array, contrast=0.5))

    def test_follows_the_strength_and_the_mask(self):
        assert self.engine.transfer(self.picture, strength=0, warmth=1) is self.picture
        mask = np.zeros((50, 80), np.float32)
        mask[:, 40:] = 1
        found = self.engine.transfer(self.picture, saturation=-1, mask=mask).array
        np.testing.assert_array_equal(found[:, :40], self.picture.array[:, :40])
        assert not np.array_equal(found[:, 40:], self.picture.array[:, 40:])
        with pytest.raises(InputError, match="warmth 2"):
            self.engine.transfer(self.picture, warmth=2)
