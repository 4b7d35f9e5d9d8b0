"""What a file is to a browser: picture, video or model; and what a browser cannot show, made so that it can."""

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

from pinxit.errors import InputError, NotFoundError, PictureError
from pinxit.picture import Picture
from pinxit.picture.decoded import decoding
from pinxit.picture.exif import GPS_FOLDER, read_exif
from pinxit.picture.formats import format_of
from pinxit.picture.pillow_reader import plugin_of, side_data

_SHOWN = {
    "JPEG": ("image/jpeg", ".jpg"),
    "PNG": ("image/png", ".png"),
    "WEBP": ("image/webp", ".webp"),
    "AVIF": ("image/avif", ".avif"),
    "GIF": ("image/gif", ".gif"),
    "BMP": ("image/bmp", ".bmp"),
}
_PACKED = {"KHR_draco_mesh_compression": "Draco", "EXT_meshopt_compression": "meshopt", "KHR_texture_basisu": "KTX 2"}
_MOST_JSON = 64 * 2**20


@dataclass(frozen=True)
class Content:
    """Bytes with their kind: in memory, or in a file that is read when it is asked for.

    Args:
        mime: Media type.
        data: The bytes, or
        path: the file that holds them.
    """

    mime: str
    data: bytes | None = None
    path: Path | None = None


@dataclass(frozen=True)
class Media:
    """One file that the page shows.

    Args:
        kind: "picture", "video" or "model".
        name: The file's name, any text.
        suffix: Suffix that fits what is served, with the dot.
        content: What the browser gets.
        tells_place: Whether it is a picture that says where it was taken.
    """

    kind: str
    name: str
    suffix: str
    content: Content
    tells_place: bool = False


def open_media(path: str | os.PathLike[str]) -> Media:
    """Find out by its first bytes what a file is.

    JPEG, PNG, WebP, AVIF, GIF and BMP are served as they are, other pictures (TIFF, HEIC, RAW) as 8-bit PNG in sRGB.
    MP4, MOV, WebM and Matroska are served as they are, whether or not this browser has their codecs.

    Raises:
        NotFoundError: The file is not there.
        InputError: Empty, damaged, or of a kind that is not shown.
    """
    path = Path(path).expanduser()
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} is not there; check the name") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); a picture, video or .glb was wanted") from error
    if head.startswith(b"glTF"):
        check_glb(path)
        return Media("model", path.name, ".glb", Content("model/gltf-binary", path=path))
    if path.suffix.lower() == ".gltf":
        raise InputError(f"{path.name} is glTF in several files; save it as one .glb")
    video = _video(head)
    if video:
        return Media("video", path.name, video[1], Content(video[0], path=path))
    return _picture(path, head)


def _video(head: bytes) -> tuple[str, str] | None:
    if head.startswith(b"\x1aE\xdf\xa3"):
        return ("video/webm", ".webm") if b"webm" in head else ("video/x-matroska", ".mkv")
    stills = (b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"crx ")
    if head[4:8] == b"ftyp" and head[8:12] not in stills:
        return "video/mp4", ".mp4"
    return None


def _picture(path: Path, head: bytes) -> Media:
    try:
        kind = format_of(head, path.suffix.lower(), path.name)
    except PictureError as error:
        raise InputError(f"{error}, a video (.mp4, .webm) or a model (.glb)") from error
    if kind not in _SHOWN:
        data = io.BytesIO()
        Picture.open(path).to_pil().save(data, "PNG")
        return Media("picture", path.name, ".png", Content("image/png", data.getvalue()))
    with decoding(path.name), path.open("rb") as file, plugin_of(kind)(file) as image:
        private = _tells_place(**side_data(image))
    mime, suffix = _SHOWN[kind]
    return Media("picture", path.name, suffix, Content(mime, path=path), private)


def _tells_place(exif: bytes | None, xmp: bytes | None, **_: object) -> bool:
    return bool(read_exif(exif).get_ifd(GPS_FOLDER)) or b"GPSLatitude" in (xmp or b"")


def check_glb(path: Path) -> None:
    """Raise InputError unless the page can show a .glb: whole, version 2, all in one file, nothing packed.

    Source:
        Khronos, glTF 2.0 specification, section 4 (GLB File Format).
    """
    with path.open("rb") as file:
        head = file.read(20)
        version, length, size = (int.from_bytes(head[at : at + 4], "little") for at in (4, 8, 12))
        whole = head[16:] == b"JSON" and size <= _MOST_JSON and path.stat().st_size >= max(length, 20 + size)
        if version != 2:
            raise InputError(f"{path.name} is glTF of version {version}; save it as version 2")
        if not whole:
            raise InputError(f"{path.name} is a damaged or cut .glb; export it again")
        text = file.read(size)
    try:
        scene = json.loads(text)
        uris = [item.get("uri", "") for name in ("buffers", "images") for item in scene.get(name, [])]
        outside = [uri[:60] for uri in uris if uri and not uri.startswith("data:")]
        packed = [_PACKED[name] for name in scene.get("extensionsRequired", []) if name in _PACKED]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(f"{path.name} is a damaged .glb; export it again") from error
    if outside:
        raise InputError(f"{path.name} names a file outside itself ({outside[0]}); export it with everything inside")
    if packed:
        raise InputError(f"{path.name} is packed with {' and '.join(packed)}, which is not shown; export it without")
