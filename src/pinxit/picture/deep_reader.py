"""Decoding of deep samples, which Pillow cuts to 8 bits: PNG of 16 bits, and TIFF of 16 and 32."""

import contextlib
import logging
from typing import Any, BinaryIO

import numpy as np

from pinxit.errors import PictureError
from pinxit.picture.decoded import Decoded, Limits, Space, check_frames, check_size, decoding
from pinxit.picture.metadata import checked_dpi
from pinxit.picture.pillow_reader import plugin_of, read_with_pillow, side_data

_MOST_PAGES = 8


def read_png(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode a PNG; 16 bits a sample stay 16."""
    head = file.read(29)
    file.seek(0)
    if len(head) < 29 or head[12:16] != b"IHDR":
        raise PictureError(f"{limits.name} is a PNG without a header: it is damaged; save it again")
    check_size(int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big"), limits)
    if head[24] != 16:
        return read_with_pillow(file, "PNG", limits)
    import imagecodecs

    # Pillow reads the side data only; its pixels stay undecoded.
    with decoding(limits.name), plugin_of("PNG")(file) as image:
        check_frames(getattr(image, "n_frames", 1), limits)
        side = side_data(image)
        orientation = image.getexif().get(0x0112, 1)
        file.seek(0)
        array = imagecodecs.png_decode(file.read())
    array = array.reshape(*array.shape[:2], -1)
    colors = array.shape[2] - (array.shape[2] in (2, 4))
    alpha = np.ascontiguousarray(array[..., -1]) if colors < array.shape[2] else None
    space: Space = "gray" if colors == 1 else "rgb"
    color = np.ascontiguousarray(array[..., :colors])
    return Decoded(color, space, "PNG", alpha, orientation=orientation if orientation in range(1, 9) else 1, **side)


def read_tiff(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode the one full page of a TIFF: 8 bits through Pillow, 16 and 32 through tifffile."""
    import tifffile

    with decoding(limits.name), _quiet("tifffile"):
        with tifffile.TiffFile(file) as tiff:
            page = _only_page(tiff, limits)
            check_size(int(page.imagewidth), int(page.imagelength), limits)
            if int(page.imagedepth) != 1 or int(page.samplesperpixel) > 8:
                raise PictureError(f"{limits.name} is a TIFF of volumes or many bands, and a picture was wanted")
            deep = page.dtype is not None and page.dtype.itemsize > 1
            if deep:
                _check_promise(page, tiff.filehandle.size, limits)
                return _deep_page(page, limits)
        file.seek(0)
        return read_with_pillow(file, "TIFF", limits)


def is_mosaic(file: BinaryIO, limits: Limits) -> bool:
    """True for a TIFF that is a camera's RAW: a DNG, or a sensor's mosaic (bytes have no suffix to tell by)."""
    import tifffile

    with decoding(limits.name), _quiet("tifffile"), tifffile.TiffFile(file) as tiff:
        first = tiff.pages[0]
        mosaic = 50706 in first.tags or int(first.photometric) in (32803, 34892)
    file.seek(0)
    return mosaic


def _only_page(tiff: Any, limits: Limits) -> Any:
    """The first page; more of them must be its thumbnails or masks. Counting stops early: a chain may be endless."""
    first = tiff.pages[0]
    full = 1
    for number in range(1, _MOST_PAGES):
        try:
            page = tiff.pages[number]
        except IndexError:
            break
        tag = page.tags.get(254)
        full += not (tag is not None and int(tag.value) & 0b101)
    check_frames(full, limits)
    return first


def _check_promise(page: Any, size: int, limits: Limits) -> None:
    """Refuse a header that promises more samples than a file of this size can hold, before room is made for them."""
    most = {1: 1, 5: 2000, 8: 1100, 32773: 128, 32946: 1100}.get(int(page.compression))  # by TIFF's compression codes
    if most and int(page.nbytes) > most * size + 2**20:
        raise PictureError(f"{limits.name} is a TIFF cut short: its header promises more than the file can hold")


def _deep_page(page: Any, limits: Limits) -> Decoded:
    array = np.asarray(page.asarray(maxworkers=1))
    if page.axes.startswith("S"):  # stored plane after plane
        array = np.moveaxis(array, 0, -1)
    array = array.reshape(page.imagelength, page.imagewidth, -1)
    photometric = int(page.photometric)
    spaces: dict[int, Space] = {0: "gray", 1: "gray", 2: "rgb", 5: "cmyk", 8: "lab"}
    if photometric not in spaces:
        raise PictureError(f"{limits.name} is a deep TIFF of colour kind {photometric}; save it again as RGB")
    space = spaces[photometric]
    colors = {"gray": 1, "rgb": 3, "cmyk": 4, "lab": 3}[space]
    if array.shape[2] < colors:
        raise PictureError(f"{limits.name} is a TIFF with {array.shape[2]} samples a pixel, fewer than its {space}")
    array = _plain_samples(array, limits)
    if photometric == 0:
        array = np.iinfo(array.dtype).max - array if array.dtype.kind == "u" else 1 - array
    color, alpha = np.ascontiguousarray(array[..., :colors]), None
    kinds = [int(kind) for kind in (page.extrasamples or ())]
    if array.shape[2] > colors and kinds and kinds[0] in (1, 2):
        alpha = np.ascontiguousarray(array[..., colors])
        color = _unmultiplied(color, alpha) if kinds[0] == 1 else color
    if space == "lab":
        color = _tiff_lab(color, limits)
    return Decoded(color, space, "TIFF", alpha, orientation=_tag(page, 274, int, 1), dpi=_dpi(page), **_blocks(page))


def _plain_samples(array: np.ndarray, limits: Limits) -> np.ndarray:
    """uint16 or float32 0..1 of whatever deep samples a TIFF has."""
    if array.dtype.kind == "f":
        array = np.nan_to_num(array.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0)
        if array.size and (array.max() > 2 or array.min() < -1):
            raise PictureError(
                f"{limits.name} is a TIFF of floats from {array.min():.3g} to {array.max():.3g}, and 0 to 1 was wanted"
            )
        return array.clip(0, 1)
    if array.dtype.kind == "u" and array.dtype.itemsize == 4:
        return (array >> 16).astype(np.uint16)
    if array.dtype == np.uint16:
        return array.astype(np.uint16, copy=False)
    raise PictureError(f"{limits.name} is a TIFF of {array.dtype} samples; save it with 8 or 16 bits a channel")


def _unmultiplied(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Undo alpha that was multiplied into the colours."""
    top = float(np.iinfo(color.dtype).max) if color.dtype.kind == "u" else 1.0
    out = np.empty_like(color)
    for row in range(len(color)):
        share = np.maximum(alpha[row, :, None].astype(np.float32) / top, 1e-6)
        value = np.minimum(color[row] / share, top)
        out[row] = value.round() if color.dtype.kind == "u" else value
    return out


def _tiff_lab(color: np.ndarray, limits: Limits) -> np.ndarray:
    """16-bit CIELAB of a TIFF (a and b signed) as LittleCMS counts it (a and b from 0, middle at 128/255)."""
    if color.dtype != np.uint16:
        raise PictureError(f"{limits.name} is a Lab TIFF of floats; save it again as RGB")
    out = color.copy()
    out[..., 1:] = np.clip(color[..., 1:].view(np.int16) / 256 * 257 + 128 * 257, 0, 65535).round()
    return out


def _blocks(page: Any) -> dict[str, bytes | None]:
    from pinxit.picture.exif import exif_of_tiff

    icc, xmp = _tag(page, 34675, bytes, None), _tag(page, 700, bytes, None)
    exif = None
    with contextlib.suppress(Exception):  # side data never costs the picture
        exif = exif_of_tiff(page.parent.filehandle)
    return {"icc": icc or None, "xmp": xmp or None, "exif": exif}


def _dpi(page: Any) -> tuple[float, float] | None:
    unit = _tag(page, 296, int, 2)
    try:
        across, down = (top / bottom for top, bottom in (page.tags[282].value, page.tags[283].value))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return checked_dpi((across * 2.54, down * 2.54) if unit == 3 else (across, down)) if unit in (2, 3) else None


def _tag(page: Any, number: int, kind: type, default: Any) -> Any:
    try:
        return kind(page.tags[number].value)
    except (KeyError, TypeError, ValueError):
        return default


@contextlib.contextmanager
def _quiet(name: str) -> Any:
    """Keep a decoder's own log about a damaged file from the user's screen; the error says what is needed."""
    logger = logging.getLogger(name)
    logger.addFilter(_nothing)
    try:
        yield
    finally:
        logger.removeFilter(_nothing)


def _nothing(record: logging.LogRecord) -> bool:
    return record.levelno > logging.CRITICAL
