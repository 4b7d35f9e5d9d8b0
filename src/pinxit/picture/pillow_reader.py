"""Decoding through Pillow, by named plug-ins only."""

from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageFile

from pinxit.errors import PictureError
from pinxit.picture.decoded import Decoded, Limits, Space, check_frames, check_size, decoding
from pinxit.picture.exif import resolution_of
from pinxit.picture.metadata import checked_dpi

_LOSSLESS = {"BMP", "GIF", "PNG", "PPM", "TIFF"}
_STRIP_BYTES = 16 * 2**20
_MAX_SCANS = 400
"""Most scans of a progressive JPEG; encoders write about ten, and each costs a pass over the whole picture."""


def plugin_of(format_name: str) -> type[ImageFile.ImageFile]:
    """The Pillow class that reads one format.

    Calling it directly instead of ``Image.open`` keeps every other plug-in out of reach and leaves Pillow's
    process-wide pixel limit alone; the limit here is the caller's own.
    """
    from PIL import (
        AvifImagePlugin,
        BmpImagePlugin,
        GifImagePlugin,
        JpegImagePlugin,
        PngImagePlugin,
        PpmImagePlugin,
        TiffImagePlugin,
        WebPImagePlugin,
    )

    return {
        "AVIF": AvifImagePlugin.AvifImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
        "GIF": GifImagePlugin.GifImageFile,
        "JPEG": JpegImagePlugin.JpegImageFile,
        "PNG": PngImagePlugin.PngImageFile,
        "PPM": PpmImagePlugin.PpmImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
        "WEBP": WebPImagePlugin.WebPImageFile,
    }[format_name]


def read_with_pillow(file: BinaryIO, format_name: str, limits: Limits) -> Decoded:
    """Decode the only (or primary) frame of a file, at most 8 bits a sample except for gray PNM."""
    with decoding(limits.name):
        lossless = _check_webp(file, limits) if format_name == "WEBP" else format_name in _LOSSLESS
        with plugin_of(format_name)(file) as image:
            check_size(*image.size, limits)
            check_frames(_frames(image), limits)
            if format_name == "JPEG":
                _prepare_jpeg(file, image, limits)
            side = side_data(image)
            if format_name == "AVIF":
                side["primaries"] = _stated_primaries(file)
            image.load()
            # TIFF turns itself upright while it loads; the others leave it to us.
            orientation = 1 if format_name == "TIFF" else _orientation(image)
            return from_image(image, format_name, orientation=orientation, lossless=lossless, **side)


def side_data(image: Image.Image) -> dict[str, Any]:
    """Profile, EXIF, XMP and resolution of a Pillow image, as far as they are of the right type."""
    info = image.info
    exif = info.get("exif")
    if exif is None and (image.format == "TIFF" or "Raw profile type exif" in info):
        exif = image.getexif().tobytes()
    xmp = info.get("xmp")
    if isinstance(xmp, str):
        xmp = xmp.encode()
    icc = info.get("icc_profile")
    exif = exif.removeprefix(b"Exif\0\0") if isinstance(exif, bytes) and exif else None
    return {
        "icc": icc if isinstance(icc, bytes) and icc else None,
        "exif": exif,
        "xmp": xmp if isinstance(xmp, bytes) and xmp else None,
        "dpi": checked_dpi(info.get("dpi")) or resolution_of(exif),
    }


def from_image(image: Image.Image, format_name: str, **side: Any) -> Decoded:
    """Split a loaded Pillow image of any mode into colour samples and alpha."""
    image = _plain_mode(image)
    array = _to_array(image)
    alpha = None
    if image.mode in ("LA", "RGBA"):
        alpha = np.ascontiguousarray(array[..., -1])
        array = np.ascontiguousarray(array[..., :-1])
    spaces: dict[str, Space] = {"CMYK": "cmyk", "LAB": "lab", "RGB": "rgb", "RGBA": "rgb"}
    space = spaces.get(image.mode, "gray")
    return Decoded(array=array, space=space, format=format_name, alpha=alpha, **side)


def _plain_mode(image: Image.Image) -> Image.Image:
    """One of L, LA, RGB, RGBA, CMYK, LAB, I;16, I or F, with any transparent colour turned into alpha."""
    if image.mode in ("P", "PA") or (image.mode == "RGB" and "transparency" in image.info):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode in ("1", "L") and "transparency" in image.info:
        return image.convert("L").convert("LA") if image.mode == "L" else image.convert("RGBA")
    plain = {"1": "L", "La": "LA", "RGBa": "RGBA", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB"}
    if image.mode in plain:
        return image.convert(plain[image.mode])
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB", "I", "F") or image.mode.startswith("I;16"):
        return image
    raise PictureError(f"a picture in Pillow's mode {image.mode} is not understood; convert it to RGB first")


def _to_array(image: Image.Image) -> np.ndarray:
    """(H, W, C) samples, copied strip by strip: Pillow's own way holds the picture three times over."""
    width, height = image.size
    bands = len(image.getbands())
    sample = np.dtype(np.uint16 if image.mode.startswith("I") else np.float32 if image.mode == "F" else np.uint8)
    array = np.empty((height, width, bands), sample)
    step = max(1, _STRIP_BYTES // (width * 4))
    for top in range(0, height, step):
        bottom = min(top + step, height)
        strip = image if step >= height else image.crop((0, top, width, bottom))
        values = np.asarray(strip).reshape(bottom - top, width, bands)
        if image.mode == "I":
            values = values.clip(0, 65535)
        elif image.mode == "F":
            values = np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
        array[top:bottom] = values
    if image.mode == "LAB":
        array[..., 1:] ^= 128  # handed out as signed bytes, counted from 0 by LittleCMS
    return array


def _prepare_jpeg(file: BinaryIO, image: ImageFile.ImageFile, limits: Limits) -> None:
    """Refuse a JPEG built to cost hours, and decode a smaller version where that is all that is wanted."""
    if image.info.get("progressive"):
        at = file.tell()
        file.seek(0)
        scans = file.read().count(b"\xff\xda")
        file.seek(at)
        if scans > _MAX_SCANS:
            raise PictureError(f"{limits.name} is a JPEG of {scans} scans, built to cost time; save it again")
    if limits.shrink_to:
        scale = limits.shrink_to / max(image.size)
        if scale < 1:
            image.draft(image.mode, tuple(max(1, round(side * scale + 0.5)) for side in image.size))


def _frames(image: Image.Image) -> int:
    """1 for a still picture, else more; asking a GIF for its exact count would walk through the whole file."""
    if image.format == "TIFF":
        return 1  # pages are judged where the TIFF's header is read
    return max(2, int(image.n_frames)) if getattr(image, "is_animated", False) else 1


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(0x0112, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _stated_primaries(file: BinaryIO) -> int | None:
    """Colour primaries that an AVIF states in its "nclx" box; they count where no profile is embedded."""
    file.seek(0)
    head = file.read(65536)
    at = head.find(b"colrnclx")
    return int.from_bytes(head[at + 8 : at + 10], "big") if at >= 0 else None


def _check_webp(file: BinaryIO, limits: Limits) -> bool:
    """Read the canvas size of a WebP ourselves: its decoder takes memory for the canvas before it can be asked.

    Returns:
        Whether the picture is coded without loss.
    """
    head = file.read(30)
    file.seek(0)
    kind = head[12:16]
    if kind == b"VP8X":
        size = 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    elif kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        size = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 ":
        size = int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    else:
        raise PictureError(f"{limits.name} is a WebP file without a picture; save it again as JPEG, PNG or TIFF")
    check_size(*size, limits)
    at, name, length = 12, kind, 0
    while name not in (b"VP8L", b"VP8 ", b""):
        file.seek(at)
        part = file.read(8)
        name, length = part[:4], int.from_bytes(part[4:], "little")
        at += 8 + length + length % 2
    file.seek(0)
    return name == b"VP8L"
