"""Odd, damaged and hostile pictures: each opens right or is refused with one clear line, and none costs the machine."""

import contextlib
import io
import resource
import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from pinxit.errors import PictureError, PinxitError
from pinxit.picture import Picture

RNG = np.random.default_rng(2)


def picture_file(format_name: str, size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    buffer = io.BytesIO()
    array = RNG.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    Image.fromarray(array).save(buffer, format_name, **options)
    return buffer.getvalue()


def animated(format_name: str, frames: int = 3) -> bytes:
    buffer = io.BytesIO()
    images = [Image.new("RGB", (20, 20), (80 * number, 20, 20)) for number in range(frames)]
    images[0].save(buffer, format_name, save_all=True, append_images=images[1:])
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int = 8, extra: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + body + chunk(b"IEND", b"")


def tiff(width: int, height: int) -> bytes:
    """A TIFF whose header promises much and holds nothing."""
    entries = [
        (256, 4, width), (257, 4, height), (258, 3, 16), (259, 3, 1), (262, 3, 1),
        (273, 4, 8), (277, 3, 1), (278, 4, height), (279, 4, 100),
    ]  # fmt: skip
    table = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + b"\0" * 104


def endless_tiff() -> bytes:
    """A TIFF whose chain of pages bites its own tail."""
    data = bytearray(tiff(4, 4))
    at = 8 + 2 + 9 * 12
    data[at : at + 4] = struct.pack("<I", 8)
    return bytes(data)


HUGE = {
    "png": png(65_536, 65_536),
    "png-16": png(60_000, 60_000, bits=16),
    "png-text-bomb": png(8, 8, extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 80_000_000))),
    "png-profile-bomb": png(8, 8, extra=chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\0" * 80_000_000))),
    "tiff": tiff(100_000, 100_000),
    "tiff-promise": tiff(14_000, 14_000),
    "bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 90_000, 90_000, 1, 24, 0, 0, 1, 1, 0, 0),
    "gif": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b",\0\0\0\0\xff\xff\xff\xff\0\2\1\1\0;",
    "ppm": b"P6 90000 90000 255\n",
    "webp": b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"
    + b"\xfe\xff\xff" * 2
    + b"VP8L\x08\0\0\0\x2f\xff\xff\xff"
    + b"\0" * 9,
}
REFUSED = {
    "empty": b"",
    "text": b"hello, I am no picture",
    "jpeg-2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 60,
    "photoshop": b"8BPS\0\1" + b"\0" * 60,
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "icns": b"icns\0\0\0\x08",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "png-cut": picture_file("PNG")[:-400],
    "png-16-cut": imagecodecs.png_encode(RNG.integers(0, 65535, (40, 40, 3)).astype(np.uint16))[:3000],
    "png-headless": b"\x89PNG\r\n\x1a\nxxxx",
    "png-empty": png(0, 0),
    "jpeg-cut": picture_file("JPEG")[:-600],
    "jpeg-head-only": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "webp-cut": picture_file("WEBP")[:200],
    "webp-empty": b"RIFF\x04\0\0\0WEBP",
    "avif-cut": picture_file("AVIF")[:250],
    "tiff-cut": picture_file("TIFF", compression="tiff_lzw")[:150],
    "tiff-empty": tiff(0, 0),
    "tiff-bare": b"II*\0",
    "gif-animated": animated("GIF"),
    "webp-animated": animated("WEBP"),
    "png-animated": animated("PNG"),
    "avif-animated": animated("AVIF"),
    "tiff-pages": animated("TIFF"),
    "raw-cut": b"FUJIFILMCCD-RAW 0201" + b"\0" * 100,
    "heic-cut": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 40,
    "jpeg-of-many-scans": picture_file("JPEG", progressive=True)[:-2] + b"\xff\xda" * 1000 + b"\xff\xd9",
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_headers_are_refused_before_memory_is_taken(name: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PictureError):
        Picture.open(HUGE[name])
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) < 200_000  # KiB


@pytest.mark.parametrize("name", REFUSED)
def test_damaged_and_foreign_files_are_refused_in_one_line(name: str, tmp_path: Path) -> None:
    if name in ("raw-cut", "heic-cut"):
        pytest.importorskip("rawpy" if name == "raw-cut" else "pi_heif")
    path = tmp_path / "odd.jpg"
    path.write_bytes(REFUSED[name])
    for source in (path, REFUSED[name]):
        with pytest.raises(PictureError) as caught:
            Picture.open(source)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 600
    assert str(path) not in str(caught.value)


def test_frames_are_counted_in_words() -> None:
    with pytest.raises(PictureError, match="single picture was wanted"):
        Picture.open(animated("GIF"))


def test_limit_is_one_setting() -> None:
    data = picture_file("PNG", (100, 80))
    for source in (data, np.zeros((80, 100, 3), np.uint8), Image.new("RGB", (100, 80)), Picture.open(data)):
        with pytest.raises(PictureError, match="max_pixels"):
            Picture.open(source, max_pixels=7999)
        assert Picture.open(source, max_pixels=8000).size == (100, 80)


def test_endless_chain_of_pages_ends() -> None:
    with contextlib.suppress(PictureError):
        assert Picture.open(endless_tiff()).size == (4, 4)


def test_thumbnail_page_is_no_second_picture(tmp_path: Path) -> None:
    array = RNG.integers(0, 256, (40, 30, 3)).astype(np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(array, photometric="rgb")
        file.write(array[::4, ::4], photometric="rgb", subfiletype=1)
    assert np.array_equal(Picture.open(tmp_path / "a.tif").array, array)


def test_first_picture_of_several_jpegs_is_taken(tmp_path: Path) -> None:
    first = Image.fromarray(np.full((20, 30, 3), 200, np.uint8))
    first.save(tmp_path / "a.mpo", save_all=True, append_images=[Image.new("RGB", (30, 20))])
    assert Picture.open(tmp_path / "a.mpo").array.mean() > 190


@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (1, 20_000)])
@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "TIFF", "BMP"])
def test_thin_and_tiny_pictures_open(size: tuple[int, int], format_name: str, tmp_path: Path) -> None:
    picture = Picture.open(picture_file(format_name, size))
    assert picture.size == size
    assert Picture.open(picture.save(tmp_path / "a.png"), shrink_to=64).width >= 1


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "TIFF", "WEBP", "AVIF", "BMP", "GIF"])
def test_flipped_bytes_raise_only_our_errors(format_name: str) -> None:
    data = picture_file(format_name)
    for number in range(60):
        broken = bytearray(data)
        for at in RNG.integers(0, len(data) if number % 2 else min(200, len(data)), 3):
            broken[at] = RNG.integers(0, 256)
        with contextlib.suppress(PinxitError):
            Picture.open(bytes(broken), max_pixels=10_000_000)


def test_failed_saving_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Picture.open(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    old = path.read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("pinxit.picture.picture.write_page", fail)
    with pytest.raises(PictureError, match="cannot be written"):
        Picture.open(np.ones((8, 8, 3), np.uint8)).save(path)
    assert path.read_bytes() == old and len(list(tmp_path.iterdir())) == 1


def test_raw_is_developed_upright_and_deep(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    path = tmp_path / "a.dng"
    mosaic = np.full((48, 64), 2000, np.uint16)
    thousandths = [part for value in (1, 0, 0, 0, 1, 0, 0, 0, 1) for part in (value * 1000, 1000)]
    tags = [
        (50706, "B", 4, (1, 4, 0, 0), True),
        (50708, "s", 0, "Test camera", True),
        (33421, "H", 2, (2, 2), True),
        (33422, "B", 4, (0, 1, 1, 2), True),
        (50717, "I", 1, 4000, True),
        (50721, "2i", 9, thousandths, True),
        (50728, "2I", 3, [1000] * 6, True),
        (274, "H", 1, 6, True),
    ]
    tifffile.imwrite(path, mosaic, photometric=32803, extratags=tags, metadata=None)
    picture = Picture.open(path)
    assert picture.size == (48, 64) and picture.array.dtype == np.uint16 and picture.metadata.format == "RAW"
    assert Picture.open(path.read_bytes()).size == (48, 64)
    with pytest.raises(PictureError, match="max_pixels"):
        Picture.open(path, max_pixels=1000)
