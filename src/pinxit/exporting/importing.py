"""A style from any file that holds one: .pinxit, or a lookup table of another program."""

import hashlib
import os
from pathlib import Path

import numpy as np

from pinxit.errors import InputError
from pinxit.exporting.table_file import TABLE_SUFFIXES, is_table, read_table
from pinxit.provenance import Provenance
from pinxit.style import MAX_LUT_SIZE, STYLE_SUFFIX, Style
from pinxit.thumbnail import color_card, thumbnail_of
from pinxit.tone.tone import Tone

__all__ = ["STYLE_FILE_SUFFIXES", "is_table", "style_from_file"]
STYLE_FILE_SUFFIXES = (STYLE_SUFFIX, *TABLE_SUFFIXES)


def style_from_file(path: str | os.PathLike[str]) -> Style:
    """Read a style from a ``.pinxit`` file, or make one of a ``.cube`` file or a HaldCLUT PNG.

    A table keeps its values above 1 and below 0, and its nodes up to 129 a side; a larger one is resampled.

    Returns:
        The style; one made of a table has no name.

    Raises:
        InputError: Another suffix, or a file that is damaged or refused.
        NotFoundError: The path is not there.
    """
    path = Path(path)
    if path.suffix.lower() == STYLE_SUFFIX:
        return Style.load(path)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(f"{path.name or path} is no style; a {', '.join(STYLE_FILE_SUFFIXES)} file was wanted")
    lut = read_table(path)
    notes = None
    if lut.size > MAX_LUT_SIZE:
        notes = f"resampled from {lut.size} to {MAX_LUT_SIZE} nodes"
        lut = lut.resized(MAX_LUT_SIZE)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    shown = np.clip(lut.apply(color_card()), 0, 1)
    return Style(
        tone=Tone(lut=lut),
        provenance=Provenance(kind="table", method=f"imported from {path.name}", hashes=(digest,), notes=notes),
        thumbnail=thumbnail_of([np.rint(shown * 255).astype(np.uint8)]),
    )
