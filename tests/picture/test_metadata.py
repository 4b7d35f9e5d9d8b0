"""Side data: what is kept, and what never leaves the house."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pinxit.picture import Picture

SECRETS = (b"SERIAL-4711", b"LENS-0815", b"MAKER-NOTE", b"OWNER-NAME", b"HOST-PC")
SUFFIXES = [".jpg", ".png", ".tif", ".webp", ".avif"]


def private_exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x8298] = "Maker", "Model X", "(c) Me"
    exif[0x013C] = "HOST-PC"
    exif[0x8769] = {
        0x829A: 0.004,
        0x8827: 400,
        0x9003: "2024:05:06 07:08:09",
        0xA434: "50mm f/1.4",
        0xA431: "SERIAL-4711",
        0xA435: "LENS-0815",
        0xA430: "OWNER-NAME",
        0x927C: b"MAKER-NOTE" * 4,
        0x9286: b"ASCII\0\0\0SERIAL-4711",
    }
    exif[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0), 3: "E", 4: (11.0, 34.0, 0.0)}
    return exif


@pytest.fixture(params=SUFFIXES)
def private(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"private{request.param}"
    Image.fromarray(np.full((8, 9, 3), 90, np.uint8)).save(path, exif=private_exif().tobytes(), dpi=(300, 300))
    return path


def test_places_and_serial_numbers_go_and_the_rest_stays(private: Path) -> None:
    result = Picture.open(private).save(private.with_name(f"out{private.suffix}"))
    data = result.read_bytes()
    assert not [secret for secret in SECRETS if secret in data]
    with Image.open(result) as image:
        exif = image.getexif()
        assert (exif[0x010F], exif[0x0110], exif[0x8298]) == ("Maker", "Model X", "(c) Me")
        assert not exif.get_ifd(0x8825)
        exposure = exif.get_ifd(0x8769)
        assert (
            exposure[0x8827] == 400 and exposure[0x9003] == "2024:05:06 07:08:09" and exposure[0xA434] == "50mm f/1.4"
        )
        assert float(exposure[0x829A]) == pytest.approx(0.004)


def test_everything_stays_when_asked(private: Path) -> None:
    picture = Picture.open(private, keep_private=True)
    result = picture.save(private.with_name(f"out{private.suffix}"))
    with Image.open(result) as image:
        exposure = image.getexif().get_ifd(0x8769)
        assert exposure[0xA431] == "SERIAL-4711" and exposure[0x927C] == b"MAKER-NOTE" * 4
        assert image.getexif().get_ifd(0x8825)[1] == "N"
    clean = picture.save(private.with_name(f"clean{private.suffix}"), keep_private=False)
    assert not [secret for secret in SECRETS if secret in clean.read_bytes()]
    again = Picture.open(Picture.open(picture)).save(private.with_name(f"again{private.suffix}"))
    assert not [secret for secret in SECRETS if secret in again.read_bytes()]


@pytest.mark.parametrize("source", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("target", [".jpg", ".png", ".tif", ".bmp"])
def test_resolution_goes_along(tmp_path: Path, source: str, target: str) -> None:
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / f"a{source}", dpi=(300, 150))
    result = Picture.open(tmp_path / f"a{source}").save(tmp_path / f"b{target}")
    assert Picture.open(result).metadata.dpi == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("target", [".webp", ".avif"])
def test_resolution_lives_in_exif_where_there_is_no_other_place(tmp_path: Path, target: str) -> None:
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "a.png", dpi=(300, 300))
    with Image.open(Picture.open(tmp_path / "a.png").save(tmp_path / f"b{target}")) as image:
        assert float(image.getexif()[0x011A]) == pytest.approx(300, abs=0.02)
    assert Picture.open(tmp_path / f"b{target}").metadata.dpi == pytest.approx((300, 300), abs=0.02)


def test_thumbnail_and_iptc_do_not_survive(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(buffer, "JPEG")
    secret = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\x5a\0\5Paris"
    segment = b"\xff\xed" + (len(secret) + 2).to_bytes(2, "big") + secret
    data = buffer.getvalue()
    result = Picture.open(data[:2] + segment + data[2:], keep_private=True).save(tmp_path / "a.jpg")
    assert b"Paris" not in result.read_bytes()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_exif_does_not_cost_the_picture(tmp_path: Path) -> None:
    image = Image.fromarray(np.zeros((8, 8, 3), np.uint8))
    for number, block in enumerate((b"II*\0\xff\xff\xff\xff", b"junk", b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x12" * 300)):
        image.save(tmp_path / f"{number}.jpg", exif=b"Exif\0\0" + block)
        assert Picture.open(tmp_path / f"{number}.jpg").save(tmp_path / f"{number}.png").exists()
