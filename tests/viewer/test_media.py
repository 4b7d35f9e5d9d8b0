"""What a file is to a browser."""

import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from shown_files import colours, glb

from pinxit.errors import InputError, NotFoundError
from pinxit.viewer.media import open_media


@pytest.mark.parametrize(
    ("format_name", "mime", "suffix"),
    [("JPEG", "image/jpeg", ".jpg"), ("PNG", "image/png", ".png"), ("WEBP", "image/webp", ".webp"),
     ("AVIF", "image/avif", ".avif"), ("GIF", "image/gif", ".gif"), ("BMP", "image/bmp", ".bmp")],
)  # fmt: skip
def test_pictures_are_served_as_they_are(tmp_path, format_name, mime, suffix):
    path = tmp_path / "named.wrongly"
    Image.fromarray(colours()).save(path, format_name)
    media = open_media(path)
    assert (media.kind, media.suffix, media.name) == ("picture", suffix, "named.wrongly")
    assert media.content.mime == mime and media.content.path == path and not media.tells_place


def test_what_browsers_do_not_show_becomes_png(tmp_path):
    array = colours().astype(np.uint16) * 257
    (tmp_path / "x.tif").write_bytes(imagecodecs.tiff_encode(array))
    media = open_media(tmp_path / "x.tif")
    assert media.content.mime == "image/png" and media.suffix == ".png" and media.name == "x.tif"
    np.testing.assert_array_equal(imagecodecs.png_decode(media.content.data), colours())


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (struct.pack(">I", 32) + b"ftypisom", "video/mp4"),
        (struct.pack(">I", 32) + b"ftypqt  ", "video/mp4"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x88matroska", "video/x-matroska"),
    ],
)
def test_videos(tmp_path, head, mime):
    (tmp_path / "clip").write_bytes(head + bytes(100))
    media = open_media(tmp_path / "clip")
    assert media.kind == "video" and media.content.mime == mime


def test_model(tmp_path):
    media = open_media(glb(tmp_path / "x.glb", colours()))
    assert media.kind == "model" and media.content.mime == "model/gltf-binary"


def test_places_are_noticed(tmp_path):
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    Image.fromarray(colours()).save(tmp_path / "x.jpg", exif=exif)
    assert open_media(tmp_path / "x.jpg").tells_place
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>1</exif:GPSLatitude></x:xmpmeta>'
    Image.fromarray(colours()).save(tmp_path / "y.jpg", xmp=packet)
    assert open_media(tmp_path / "y.jpg").tells_place


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("x.jpg", b"", "empty"),
        ("x.txt", b"hello", "not a picture"),
        ("x.gltf", b'{"asset": {"version": "2.0"}}', "one .glb"),
        ("x.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "damaged"),
        ("x.avi", b"RIFF\0\0\0\0AVI LIST" + bytes(50), "video"),
    ],
)
def test_refused(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=reason):
        open_media(tmp_path / name)


def test_not_there(tmp_path):
    with pytest.raises(NotFoundError, match="check the name"):
        open_media(tmp_path / "x.jpg")
    with pytest.raises(InputError, match="cannot be read"):
        open_media(tmp_path)


class TestModels:
    def test_cut_short(self, tmp_path):
        data = glb(tmp_path / "x.glb", colours()).read_bytes()
        for end in (4, 12, 19, 20, 300, len(data) - 1):
            (tmp_path / "x.glb").write_bytes(data[:end])
            with pytest.raises(InputError, match=r"damaged|version"):
                open_media(tmp_path / "x.glb")

    def test_other_version(self, tmp_path):
        data = glb(tmp_path / "x.glb").read_bytes()
        (tmp_path / "x.glb").write_bytes(data[:4] + struct.pack("<I", 1) + data[8:])
        with pytest.raises(InputError, match="version 1"):
            open_media(tmp_path / "x.glb")

    @pytest.mark.parametrize("uri", ["https://example.com/x.png", "x.png", "file:///etc/passwd", "//host/x"])
    def test_nothing_from_outside(self, tmp_path, uri):
        with pytest.raises(InputError, match="outside itself"):
            open_media(glb(tmp_path / "x.glb", images=[{"uri": uri}]))

    def test_data_within_is_fine(self, tmp_path):
        assert open_media(glb(tmp_path / "x.glb", images=[{"uri": "data:image/png;base64,AAAA"}])).kind == "model"

    @pytest.mark.parametrize(
        ("extension", "name"),
        [
            ("KHR_draco_mesh_compression", "Draco"),
            ("EXT_meshopt_compression", "meshopt"),
            ("KHR_texture_basisu", "KTX"),
        ],
    )
    def test_packed(self, tmp_path, extension, name):
        with pytest.raises(InputError, match=name):
            open_media(glb(tmp_path / "x.glb", extensionsRequired=[extension]))

    @pytest.mark.parametrize(
        "changes", [{"images": 3}, {"images": [3]}, {"buffers": {"a": 1}}, {"images": [{"uri": 3}]}]
    )
    def test_damaged(self, tmp_path, changes):
        with pytest.raises(InputError, match="damaged"):
            open_media(glb(tmp_path / "x.glb", **changes))
