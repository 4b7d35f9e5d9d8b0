"""A lookup table in any file format, told by the suffix."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pinxit.errors import InputError, PinxitError
from pinxit.exporting.cube import read_cube, write_cube
from pinxit.exporting.engines import StripEngine, write_engine_strip
from pinxit.exporting.hald import read_hald, write_hald
from pinxit.tone.lut import Lut

TABLE_SUFFIXES = (".cube", ".png")


def check_table_path(path: str | os.PathLike[str]) -> Path:
    """Return the path when its suffix names a format of tables.

    Raises:
        InputError: Another suffix.
    """
    path = Path(path)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(f"{path.name or path} names no table format; end the name in .cube, or in .png for a HaldCLUT")
    return path


def write_table(
    lut: Lut,
    path: str | os.PathLike[str],
    *,
    size: int = 33,
    level: int = 8,
    title: str = "pinxit",
    notes: Sequence[str] = (),
    engine: StripEngine | None = None,
) -> Path:
    """Write a table as .cube (``size`` nodes a side, with title and notes) or as HaldCLUT PNG (``level``).

    With an ``engine``, the picture is what that engine takes; OBS takes any .cube too.

    Raises:
        InputError: Another suffix or engine, or a size or level out of range.
        CapacityError: The disk is full or the folder cannot be written.
    """
    path = check_table_path(path)
    if engine is not None and not (engine == "obs" and path.suffix.lower() == ".cube"):
        return write_engine_strip(lut, path, engine)
    if path.suffix.lower() == ".cube":
        return write_cube(lut, path, size=size, title=title, notes=notes)
    return write_hald(lut, path, level=level)


def read_table(path: str | os.PathLike[str]) -> Lut:
    """Read a .cube file or a HaldCLUT PNG.

    Raises:
        InputError: Another suffix.
        NotFoundError: The path is not there.
        StyleError: The file is damaged or no table.
    """
    path = check_table_path(path)
    return read_cube(path) if path.suffix.lower() == ".cube" else read_hald(path)


def is_table(path: str | os.PathLike[str]) -> bool:
    """Whether a file holds a table: a .cube by its name; a PNG by its size and by colours that follow its places.

    A painting of 512 x 512 has a HaldCLUT's size too, but where a pixel lies says little about its colour there, beyond
    what goes from top to bottom: there blue rises in a HaldCLUT, but so does the sky in a picture.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        return path.suffix.lower() in TABLE_SUFFIXES
    try:
        table = read_hald(path).table
    except PinxitError:
        return False
    table = table[(slice(None, None, max(1, len(table) // 16)),) * 3]
    places = Lut.identity(len(table)).table.reshape(-1, 3)
    by_all, by_blue = (_left_over(places[:, axes], table.reshape(-1, 3)) for axes in ([0, 1, 2], [2]))
    return by_all < 0.5 * by_blue


def _left_over(places: np.ndarray, colours: np.ndarray) -> float:
    """Variance of colours that the best curve, quadratic along every axis of their places, does not explain."""
    design = np.column_stack([places, places**2, np.ones(len(places), np.float32)])
    return float((colours - design @ np.linalg.lstsq(design, colours, rcond=None)[0]).var())
