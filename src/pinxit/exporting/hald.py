"""Lookup tables as HaldCLUT pictures: a cube of colours laid out in a square PNG."""

import os
from pathlib import Path

import numpy as np

from pinxit.errors import InputError, NotFoundError, StyleError
from pinxit.files import write_whole
from pinxit.tone.lut import Lut

LEVELS = (8, 12)
"""Levels in common use: 64 nodes in 512 x 512, 144 nodes in 1728 x 1728."""
MAX_LEVEL = 16

_MAX_BYTES = 256 * 2**20
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_hald(lut: Lut, path: str | os.PathLike[str], *, level: int = 8) -> Path:
    """Write a table as HaldCLUT, a 16-bit RGB PNG without a profile, whole or not at all.

    Args:
        lut: Any table; brought to ``level**2`` nodes. A picture holds 0..1 only: values beyond are clipped, see
            :func:`clipped_share`.
        path: File to write or replace; its folder must be there.
        level: 2..16; the picture has ``level**3`` pixels a side.

    Raises:
        InputError: ``level`` is out of range.
        CapacityError: The disk is full or the folder cannot be written.

    Source:
        Eskil Steenberg, "Hald CLUT": red runs fastest, then green, then blue, along the rows.
    """
    from imagecodecs import png_encode

    if not 2 <= level <= MAX_LEVEL:
        raise InputError(f"a HaldCLUT of level {level} was asked for; take 8 or 12, at most {MAX_LEVEL}")
    side = level**3
    values = np.clip(lut.resized(level**2).table, 0, 1).astype(np.float64)
    data = png_encode(np.rint(values * 65535).astype(np.uint16).reshape(side, side, 3))
    with write_whole(path) as file:
        Path(file).write_bytes(data)
    return Path(path)


def clipped_share(lut: Lut) -> float:
    """The share of a table's values that a picture cannot hold, 0..1."""
    return float(np.mean((lut.table < 0) | (lut.table > 1)))


def read_hald(path: str | os.PathLike[str]) -> Lut:
    """Read a HaldCLUT of any level up to 16 from an 8-bit or 16-bit PNG; alpha is passed over.

    Raises:
        NotFoundError: The path is not there.
        StyleError: No PNG, damaged, or not of a HaldCLUT's shape.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _MAX_BYTES else b""
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} is not there; check the name") from error
    except OSError as error:
        raise StyleError(f"{path} cannot be read ({error.strerror}); a HaldCLUT PNG was wanted") from error
    level = _level(data, path.name)
    array = _decoded(data, path.name)
    if array.ndim != 3 or array.shape[2] not in (3, 4) or array.dtype not in (np.uint8, np.uint16):
        raise StyleError(f"{path.name} is a PNG of shape {array.shape}; a HaldCLUT has three colours of 8 or 16 bits")
    nodes = level**2
    table = array[..., :3].astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    return Lut(table.reshape(nodes, nodes, nodes, 3))


def _level(data: bytes, name: str) -> int:
    """The level, from the PNG header, so that nothing large is decoded in vain."""
    if not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR":
        raise StyleError(f"{name} is not a PNG file of at most {_MAX_BYTES >> 20} MiB; a HaldCLUT is a PNG")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    level = next((n for n in range(2, MAX_LEVEL + 1) if n**3 == width == height), None)
    if level is None:
        raise StyleError(
            f"{name} has {width} x {height} pixels; a HaldCLUT is square with 8, 27, 64 ... 512, 1728 a side"
        )
    return level


def _decoded(data: bytes, name: str) -> np.ndarray:
    import imagecodecs

    try:
        return imagecodecs.png_decode(data)
    except (imagecodecs.PngError, ValueError, RuntimeError, OSError) as error:
        raise StyleError(f"{name} is a damaged PNG; copy it again") from error
