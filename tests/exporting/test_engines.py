"""Lookup tables for game engines: where every colour lies, by the engines' own definitions."""

import numpy as np
import pytest
from PIL import Image

from commands import answer, refused
from pinxit import export
from pinxit.errors import InputError
from pinxit.exporting.engines import ENGINES, engine_strip, usage, write_engine_strip
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

# Every channel by its own curve, so that a mix-up of channels or axes shows.
CURVES = [lambda x: x**2, lambda x: 0.2 + 0.5 * x, lambda x: 1 - x]


def curved(size: int) -> Lut:
    axis = np.linspace(0, 1, size)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    return Lut(np.stack([curve(x) for curve, x in zip(CURVES, (red, green, blue), strict=True)], -1))


def strip(size: int, *, upward: bool = False, nodes=None) -> np.ndarray:
    """A neutral strip, pixel by pixel from the definition: x = blue * size + red, y = green."""
    nodes = np.arange(size) / (size - 1) if nodes is None else nodes
    made = np.zeros((size, size * size, 3))
    for x in range(size * size):
        for y in range(size):
            made[y, x] = nodes[x % size], nodes[size - 1 - y if upward else y], nodes[x // size]
    return made


def centres(size: int) -> np.ndarray:
    return np.array([0, *((i + 0.5) / size for i in range(1, size - 1)), 1])


def tiles() -> np.ndarray:
    """OBS: 64 slices in rows of eight."""
    rows, columns = np.mgrid[:512, :512]
    return np.stack([columns % 64, rows % 64, rows // 64 * 8 + columns // 64], -1) / 63


NEUTRAL = {
    "unreal": strip(16),
    "unity": strip(32, upward=True),
    "godot": strip(33, nodes=centres(33)),
    "obs": tiles(),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_neutral_is_the_definition(engine):
    made = engine_strip(Lut.identity(17), engine)
    assert made.dtype == np.uint8
    # 16-bit floats of the interpolation may fall on either side of a half.
    np.testing.assert_allclose(made, NEUTRAL[engine] * 255, atol=0.501)


def test_neutral_bytes():
    unreal, unity = engine_strip(Lut.identity(2), "unreal"), engine_strip(Lut.identity(2), "unity")
    assert unreal.shape == (16, 256, 3) and unity.shape == (32, 1024, 3)
    assert unreal[0, :16, 0].tolist() == list(range(0, 256, 17)) and not unreal[0, :16, 1:].any()
    assert unreal[:, 0, 1].tolist() == list(range(0, 256, 17))
    assert unreal[0, ::16, 2].tolist() == list(range(0, 256, 17))
    assert unity[31, 0].tolist() == [0, 0, 0] and unity[0, 0].tolist() == [0, 255, 0]
    assert unity[0, -1].tolist() == [255, 255, 255] and unity[31, -1].tolist() == [255, 0, 255]


@pytest.mark.parametrize("engine", ENGINES)
def test_channels_keep_their_places(engine):
    wanted = np.stack([curve(NEUTRAL[engine][..., c]) for c, curve in enumerate(CURVES)], -1)
    np.testing.assert_allclose(engine_strip(curved(65), engine), wanted * 255, atol=0.53)


def sampled(texture: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """A 3D texture [blue, green, red] read as graphics cards do: linear, clamped, texel i at (i + 1/2) / N."""
    size = len(texture)
    place = np.clip(colours * size - 0.5, 0, size - 1)
    low = np.minimum(place.astype(int), size - 2)
    part, found = place - low, 0
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, part, 1 - part).prod(-1, keepdims=True)
        r, g, b = (low + corner).T
        found = found + weight * texture[b, g, r]
    return found


def test_godot_reads_what_was_meant():
    texture = engine_strip(Lut.identity(33), "godot").reshape(33, 33, 33, 3).transpose(1, 0, 2, 3) / 255
    colours = np.random.default_rng(0).random((4000, 3))
    inside = (np.abs(colours - 0.5) < 0.5 - 1.5 / 33).all(1)
    error = np.abs(sampled(texture, colours) - colours) * 255
    assert error[inside].max() < 0.51 and error.max() < 4
    ends = np.array([[0.0, 0, 0], [1, 1, 1]])
    np.testing.assert_array_equal(sampled(texture, ends), ends)


def test_values_beyond_are_clipped():
    made = engine_strip(Lut(Lut.identity(2).table * 3 - 1), "unreal")
    assert made[0, 0].tolist() == [0, 0, 0] and made[-1, -1].tolist() == [255, 255, 255]
    assert made[0, 5].tolist() == [0, 0, 0] and made[0, 10, 0] == 255


@pytest.mark.parametrize("engine", ENGINES)
def test_file(tmp_path, engine):
    path = write_engine_strip(curved(9), tmp_path / "x.png", engine)
    with Image.open(path) as image:
        assert image.mode == "RGB" and not image.info.get("icc_profile") and "gamma" not in image.info
        np.testing.assert_array_equal(np.asarray(image), engine_strip(curved(9), engine))


def test_refused(tmp_path):
    with pytest.raises(InputError, match="unreal, unity, godot, obs"):
        engine_strip(Lut.identity(2), "quake")
    with pytest.raises(InputError, match="unreal, unity, godot, obs"):
        usage("quake")
    with pytest.raises(InputError, match=r"end the name in \.png"):
        write_engine_strip(Lut.identity(2), tmp_path / "x.cube", "unity")
    assert not list(tmp_path.iterdir())


class TestDoorAndCommand:
    @pytest.fixture
    def style(self, tmp_path):
        return Style(name="curved", tone=Tone(lut=curved(33))).save(tmp_path / "curved.pinxit")

    def test_strength(self, tmp_path, style):
        path = export(style, tmp_path / "x.png", to="unreal", strength=0.5)
        wanted = np.stack([curve(NEUTRAL["unreal"][..., c]) for c, curve in enumerate(CURVES)], -1)
        half = (NEUTRAL["unreal"] + wanted) / 2 * 255
        np.testing.assert_allclose(np.asarray(Image.open(path)), half, atol=0.6)

    def test_command(self, tmp_path, style):
        told = answer("export", style, "--to", "godot", "-o", tmp_path / "x.png")
        assert Image.open(told["files"][0]).size == (1089, 33) and "Texture3D" in told["notes"][-1]

    def test_obs_takes_cubes(self, tmp_path, style):
        answer("export", style, "--to", "obs", "-o", tmp_path / "x.cube")
        assert "LUT_3D_SIZE 33" in (tmp_path / "x.cube").read_text()

    @pytest.mark.parametrize("name", ["x.cube", "x.pinxit", "x.jpg"])
    def test_other_names_are_refused(self, tmp_path, style, name):
        refused("export", style, "--to", "unity", "-o", tmp_path / name, code=2)
        assert not (tmp_path / name).exists()
