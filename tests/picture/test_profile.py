"""Colour conversion against the published formulas of the colour spaces."""

import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from pinxit.picture import Picture
from pinxit.picture.decoded import Decoded
from pinxit.picture.profile import from_srgb, is_srgb, srgb_profile, to_srgb

RNG = np.random.default_rng(0)
D65 = [0.3127, 0.3290]
P3 = [0.680, 0.320, 0.265, 0.690, 0.150, 0.060]
ADOBE = [0.64, 0.33, 0.21, 0.71, 0.15, 0.06]
SRGB = [0.64, 0.33, 0.30, 0.60, 0.15, 0.06]
ADOBE_PROFILE = bytes(imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=ADOBE, gamma=2.19921875))


def to_xyz(primaries: list[float]) -> np.ndarray:
    """Linear RGB to XYZ from primaries and D65, by the textbook."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in zip(primaries[::2], primaries[1::2], strict=True)]).T
    x, y = D65
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


def expected(values: np.ndarray, primaries: list[float], gamma: float) -> np.ndarray:
    linear = values**gamma @ (np.linalg.inv(to_xyz(SRGB)) @ to_xyz(primaries)).T
    linear = linear.clip(0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(("primaries", "gamma"), [(P3, 2.2), (ADOBE, 2.19921875)])
def test_matrix_profile_agrees_with_the_formula(dtype: type, primaries: list[float], gamma: float) -> None:
    profile = bytes(imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=primaries, gamma=gamma))
    values = RNG.uniform(0.1, 0.9, (40, 30, 3))
    top = 1 if dtype is np.float32 else np.iinfo(dtype).max
    array = (values * top).round(6 if top == 1 else 0).astype(dtype)
    result, kept = to_srgb(Decoded(array, "rgb", "TIFF", icc=profile))
    assert kept == profile and result.dtype == dtype
    target = expected(array / top, primaries, gamma)
    inside = (target > 0.06) & (target < 0.98)
    assert np.abs(result / top - target)[inside].max() < 2 / 255


def test_srgb_keeps_its_values_and_is_no_profile_of_its_own() -> None:
    array = RNG.integers(0, 256, (9, 9, 3)).astype(np.uint8)
    result, kept = to_srgb(Decoded(array, "rgb", "PNG", icc=srgb_profile()))
    assert kept is None and result is array and is_srgb(srgb_profile())


@pytest.mark.parametrize(
    "profile", [b"", b"junk", ADOBE_PROFILE[:200], b"\0" * 600, ADOBE_PROFILE[:128] + b"\xff" * 400]
)
def test_broken_profile_does_not_cost_the_picture(profile: bytes) -> None:
    array = RNG.integers(0, 256, (4, 4, 3)).astype(np.uint8)
    result, kept = to_srgb(Decoded(array, "rgb", "PNG", icc=profile))
    assert kept is None and np.array_equal(result, array)


def test_there_and_back() -> None:
    array = RNG.integers(4000, 60000, (20, 20, 3)).astype(np.uint16)
    back, _ = to_srgb(Decoded(from_srgb(array, ADOBE_PROFILE), "rgb", "TIFF", icc=ADOBE_PROFILE))
    assert np.abs(back.astype(int) - array).max() < 40


def test_saving_in_the_source_profile(tmp_path) -> None:
    gray = RNG.integers(60, 180, (20, 20, 1))
    array = (gray + RNG.integers(-15, 16, (20, 20, 3))).astype(np.uint8)  # muted: inside both gamuts
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG", icc_profile=ADOBE_PROFILE)
    picture = Picture.open(buffer.getvalue())
    assert picture.profile == ADOBE_PROFILE
    picture.save(tmp_path / "a.png", profile="source")
    with Image.open(tmp_path / "a.png") as saved:
        assert saved.info["icc_profile"] == ADOBE_PROFILE
        assert np.abs(np.asarray(saved).astype(int) - array).max() <= 2
    picture.save(tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as saved:
        assert is_srgb(saved.info["icc_profile"])


def test_gray_profile_on_gray(tmp_path) -> None:
    profile = bytes(imagecodecs.cms_profile("gray", whitepoint=D65, gamma=1.0))
    array = np.array([[0, 128, 255]], np.uint8)
    result, kept = to_srgb(Decoded(array[..., None], "gray", "PNG", icc=profile))
    assert kept == profile
    assert np.abs(result[0, :, 0].astype(int) - [0, 188, 255]).max() <= 1  # sRGB of 0.502 is 0.737
    assert np.ptp(result, axis=2).max() == 0


def test_cmyk_without_profile_and_lab() -> None:
    inks = np.array([[[0, 0, 0, 0], [255, 0, 0, 0], [0, 0, 0, 255], [0, 255, 255, 127]]], np.uint8)
    result, _ = to_srgb(Decoded(inks, "cmyk", "TIFF"))
    assert result[0].tolist() == [[255, 255, 255], [0, 255, 255], [0, 0, 0], [128, 0, 0]]
    lab = np.array([[[255, 128, 128], [0, 128, 128]]], np.uint8)
    light = to_srgb(Decoded(lab, "lab", "TIFF"))[0][0]
    assert light[0].min() >= 254 and light[1].max() <= 1


def test_stated_primaries_count_without_a_profile() -> None:
    red = np.array([[[128, 0, 0]]], np.uint8)
    result, kept = to_srgb(Decoded(red, "rgb", "AVIF", primaries=12))
    assert kept and result[0, 0, 0] > 135
    assert to_srgb(Decoded(red, "rgb", "AVIF", primaries=1))[1] is None
