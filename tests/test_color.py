"""Colour spaces against published values and scikit-image."""

import numpy as np
import pytest

from pinxit.color import ciede2000, linear_to_srgb, srgb_to_lab, srgb_to_linear, unit_float

# Sharma, Wu and Dalal 2005, table 1 (a choice that covers every branch of the formula).
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0011), 7.2195),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("first", "second", "wanted"), SHARMA)
def test_ciede2000_published_pairs(first, second, wanted):
    assert ciede2000(np.array(first), np.array(second)) == pytest.approx(wanted, abs=1e-4)


def test_lab_agrees_with_scikit_image():
    skimage_color = pytest.importorskip("skimage.color")
    rgb = np.random.default_rng(0).random((500, 3)).astype(np.float32)
    assert np.abs(srgb_to_lab(rgb) - skimage_color.rgb2lab(rgb)).max() < 0.02


def test_linear_and_back():
    x = np.linspace(0, 1, 1001, dtype=np.float32)
    assert np.abs(linear_to_srgb(srgb_to_linear(x)) - x).max() < 2e-6
    assert srgb_to_linear(np.float32(0.5)) == pytest.approx(0.21404, abs=1e-5)


def test_unit_float_of_every_depth():
    assert unit_float(np.array([255], np.uint8))[0] == 1
    assert unit_float(np.array([65535], np.uint16))[0] == 1
    assert unit_float(np.array([1.5], np.float64)).dtype == np.float32
