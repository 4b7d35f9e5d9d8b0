"""From a file or bytes to a decoder's samples."""

import io
import stat
from pathlib import Path
from typing import Any, BinaryIO

from pinxit.errors import NotFoundError, PictureError
from pinxit.picture.decoded import Decoded, Limits
from pinxit.picture.deep_reader import is_mosaic, read_png, read_tiff
from pinxit.picture.formats import format_of
from pinxit.picture.heif_reader import read_heif
from pinxit.picture.pillow_reader import read_with_pillow
from pinxit.picture.raw_reader import read_raw


def read_path(path: Path, **limits: Any) -> Decoded:
    """Decode the file at ``path``.

    Raises:
        NotFoundError: It is not there.
        PictureError: It is a folder or a device, cannot be read, or is refused.
    """
    path = path.expanduser()
    bounds = Limits(name=str(path), **limits)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
            raise PictureError(f"{path} is {kind}, and a picture file was wanted")
        with path.open("rb") as file:
            return read_file(file, path.suffix.lower(), bounds)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError(f"{path} is not there; check the name") from error
    except (OSError, ValueError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def read_bytes(data: bytes | bytearray | memoryview, **limits: Any) -> Decoded:
    """Decode a picture file held in memory."""
    return read_file(io.BytesIO(data), "", Limits(name="the picture", **limits))


def read_file(file: BinaryIO, suffix: str, limits: Limits) -> Decoded:
    """Decode an open file that stands at its beginning."""
    head = file.read(64)
    file.seek(0)
    format_name = format_of(head, suffix, limits.name)
    if format_name == "TIFF" and is_mosaic(file, limits):
        format_name = "RAW"
    readers = {"PNG": read_png, "TIFF": read_tiff, "HEIF": read_heif, "RAW": read_raw}
    if format_name in readers:
        return readers[format_name](file, limits)
    return read_with_pillow(file, format_name, limits)
