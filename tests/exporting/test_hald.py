"""HaldCLUT pictures."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError, NotFoundError, StyleError
from pinxit.exporting.hald import clipped_share, read_hald, write_hald
from pinxit.tone.lut import Lut


def hald_identity(level: int, depth: int = 255) -> np.ndarray:
    """The identity by its definition: pixel n has the colour (n mod N, n/N mod N, n/N^2) of N-1."""
    nodes = level**2
    n = np.arange(nodes**3)
    colours = np.stack([n % nodes, n // nodes % nodes, n // nodes**2], -1) * depth / (nodes - 1)
    return np.rint(colours).reshape(level**3, level**3, 3)


@pytest.mark.parametrize("level", [2, 8, 12])
def test_identity_is_the_definition(tmp_path, level):
    path = write_hald(Lut.identity(17), tmp_path / "x.png", level=level)
    with Image.open(path) as image:
        assert image.size == (level**3, level**3) and "icc_profile" not in image.info
    import imagecodecs

    array = imagecodecs.png_decode(path.read_bytes())
    assert array.dtype == np.uint16
    np.testing.assert_allclose(array, hald_identity(level, 65535), atol=1)


def test_round_trip_in_16_bits(tmp_path):
    table = np.random.default_rng(0).random((64, 64, 64, 3), np.float32)
    back = read_hald(write_hald(Lut(table), tmp_path / "x.png", level=8))
    np.testing.assert_allclose(back.table, table, atol=0.6 / 65535)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_8_bit(tmp_path, mode):
    Image.fromarray(hald_identity(4).astype(np.uint8)).convert(mode).save(tmp_path / "x.png")
    lut = read_hald(tmp_path / "x.png")
    np.testing.assert_allclose(lut.table, Lut.identity(16).table, atol=0.6 / 255)


def test_values_beyond_are_clipped_and_counted(tmp_path):
    lut = Lut(Lut.identity(2).table * 2 - 0.5)
    back = read_hald(write_hald(lut, tmp_path / "x.png", level=2))
    assert back.table.min() == 0 and back.table.max() == 1
    assert clipped_share(lut) == 1.0 and clipped_share(Lut.identity(3)) == 0.0


@pytest.mark.parametrize("level", [0, 1, 17])
def test_level_refused(tmp_path, level):
    with pytest.raises(InputError, match="8 or 12"):
        write_hald(Lut.identity(2), tmp_path / "x.png", level=level)


def png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))


def grey() -> bytes:
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a PNG"),
        (b"GIF89a" + bytes(100), "not a PNG"),
        (png(100, 100), "100 x 100"),
        (png(8, 27), "8 x 27"),
        (png(17**3, 17**3), "4913"),
        (png(65536, 65536), "65536"),
        (png(512, 512), "damaged"),
        (grey(), "three colours"),
    ],
)
def test_refused(tmp_path, data, reason):
    (tmp_path / "x.png").write_bytes(data)
    with pytest.raises(StyleError, match=reason):
        read_hald(tmp_path / "x.png")


def test_missing(tmp_path):
    with pytest.raises(NotFoundError):
        read_hald(tmp_path / "x.png")
