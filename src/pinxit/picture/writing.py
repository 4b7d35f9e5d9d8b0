"""From pixels to a file: each format with its profile, EXIF, XMP and resolution."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pinxit.errors import PictureError
from pinxit.picture.exif import with_resolution
from pinxit.picture.page import Page
from pinxit.picture.png_writer import write_png
from pinxit.picture.tiff_writer import write_tiff

FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".jpe": "JPEG",
    ".jfif": "JPEG",
    ".png": "PNG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
    ".avif": "AVIF",
    ".bmp": "BMP",
}
"""Suffixes that are written, and their formats."""

_LONGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383, "AVIF": 65_536, "BMP": 2**31 - 1}
_CHANNELS = {"JPEG": (1, 3, 4), "PNG": (1, 3), "TIFF": (1, 3, 4), "WEBP": (3,), "AVIF": (3,), "BMP": (3,)}
_LARGEST_EXIF = 65_000
_STRIP_PIXELS = 2**20


def format_for(path: Path) -> str:
    """The format that a suffix asks for.

    Raises:
        PictureError: It is missing, or a format that is not written.
    """
    suffix = path.suffix.lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    what = f"a picture cannot be saved as {suffix}" if suffix else f"{path.name} has no suffix that names a format"
    raise PictureError(f"{what}; choose one of {', '.join(FORMATS)}")


def check_fits(path: Path, format_name: str, shape: tuple[int, ...]) -> None:
    """Refuse what a format cannot hold before any work is done; ``shape`` is (H, W, C)."""
    longest = _LONGEST_SIDE.get(format_name)
    if longest and max(shape[:2]) > longest:
        raise PictureError(
            f"{path.name}: {format_name} holds at most {longest} pixels a side, and the picture is "
            f"{shape[1]}x{shape[0]}; choose .png or .tif"
        )
    if shape[2] not in _CHANNELS[format_name]:
        kind = {1: "gray", 4: "CMYK"}.get(shape[2], "RGB")
        raise PictureError(f"{path.name}: {format_name} holds no {kind}; choose .jpg or .tif, or profile='srgb'")


def write_page(file: Path, format_name: str, page: Page) -> None:
    """Write one page to ``file`` in the named format."""
    if format_name == "PNG":
        write_png(file, replace(page, array=_integer(page.array), alpha=_integer(page.alpha)))
    elif format_name == "TIFF":
        write_tiff(file, page)
    else:
        _write_with_pillow(file, format_name, page)


def to_bits(array: np.ndarray, dtype: type[np.unsignedinteger[Any]]) -> np.ndarray:
    """Round uint8, uint16 or float (clipped to 0..1) samples to another integer depth, in strips."""
    if array.dtype == dtype:
        return array
    top = int(np.iinfo(dtype).max)
    source_top = int(np.iinfo(array.dtype).max) if array.dtype.kind == "u" else 1
    out = np.empty(array.shape, dtype)
    step = max(1, _STRIP_PIXELS // max(1, array.shape[1]))
    for start in range(0, len(array), step):
        strip = array[start : start + step]
        if array.dtype.kind == "u":
            out[start : start + step] = (strip.astype(np.uint32) * top + source_top // 2) // source_top
        else:
            out[start : start + step] = np.rint(np.nan_to_num(strip).clip(0, 1) * top)
    return out


def _integer(array: np.ndarray | None) -> Any:
    """PNG has no floats: 16 bits take their place."""
    if array is None or array.dtype.kind == "u":
        return array
    return to_bits(array, np.uint16)


def _write_with_pillow(file: Path, format_name: str, page: Page) -> None:
    array, alpha = to_bits(page.array, np.uint8), page.alpha
    if alpha is not None:
        alpha = to_bits(alpha, np.uint8)
        flat = format_name in ("JPEG", "BMP")
        array = _over_white(array, alpha) if flat else np.dstack([array, alpha])
    mode = {1: "L", 3: "RGB", 4: "CMYK" if page.array.shape[2] == 4 else "RGBA"}[array.shape[2]]
    height, width = array.shape[:2]
    data = np.ascontiguousarray(array).reshape(height, -1)
    image = Image.frombuffer(mode, (width, height), data, "raw", mode, 0, 1)
    image.save(file, format=format_name, **_options(format_name, page))


def _options(format_name: str, page: Page) -> dict[str, Any]:
    """What Pillow's writer of a format is told; an empty entry is left out."""
    fine = page.quality >= 90
    options: dict[str, Any] = {"dpi": page.dpi} if format_name in ("JPEG", "BMP") else {}
    if format_name != "BMP":
        exif = page.exif if format_name == "JPEG" else with_resolution(page.exif, page.dpi)
        options |= {"icc_profile": page.icc, "xmp": page.xmp, "quality": page.quality}
        options["exif"] = exif if exif and len(exif) < _LARGEST_EXIF else None
    if options.get("exif"):
        options["exif"] = b"Exif\0\0" + options["exif"]
    if format_name == "JPEG":
        options["subsampling"] = 0 if fine else 2
    elif format_name == "WEBP":
        options |= {"lossless": page.lossless, "exact": True, "method": 4}
        if page.lossless:
            options["quality"] = 60  # effort, not quality, of the lossless coder
    elif format_name == "AVIF":
        options["subsampling"] = "4:4:4" if fine else "4:2:0"
    return {name: value for name, value in options.items() if value is not None}


def _over_white(array: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Lay a transparent picture on white (on bare paper for CMYK), for a format without alpha."""
    ground = 0 if array.shape[2] == 4 else 255
    out = np.empty_like(array)
    step = max(1, _STRIP_PIXELS // array.shape[1])
    for start in range(0, len(array), step):
        share = alpha[start : start + step, :, None].astype(np.uint32)
        mixed = array[start : start + step] * share + ground * (255 - share)
        out[start : start + step] = (mixed + 127) // 255
    return out
