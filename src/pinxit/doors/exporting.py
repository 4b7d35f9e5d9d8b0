"""The door ``export``: a style's tone for other programs."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pinxit.exporting.notes import export_notes
from pinxit.opening import open_style

if TYPE_CHECKING:
    from pinxit.doors.sources import Source
    from pinxit.exporting.engines import StripEngine
    from pinxit.style import Style


def export(
    style: "Style | str | os.PathLike[str]",
    path: str | os.PathLike[str],
    size: int = 33,
    picture: "Source | None" = None,
    *,
    level: int = 8,
    to: "StripEngine | None" = None,
    strength: float = 1.0,
    correct: float = 1.0,
    home: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a style's tone as a lookup table for other programs.

    Args:
        style: A style, a file or a name in the library, as in :func:`transfer`.
        path: ``.cube``, or ``.png`` for a HaldCLUT; ``.pinxit`` writes the style itself.
        size: Nodes a side of a .cube: 17, 33 or 65.
        picture: A picture to write the table for, with the correction that it gets; None writes the style's mean table.
        level: Level of a HaldCLUT, 8 or 12.
        to: An engine; the .png is then the one that it takes, with its own size (OBS also takes any .cube).
        strength: Of the style in the table.
        correct: Of the picture's correction; counts with ``picture`` only.
        home: Folder of the library.

    Raises:
        InputError: Another suffix, size or level.
        StyleError: The style has no tone.
        CapacityError: The disk is full or the folder cannot be written.
    """
    from pinxit.errors import StyleError
    from pinxit.exporting.table_file import check_table_path, write_table
    from pinxit.style import STYLE_SUFFIX

    style = open_style(style, home)
    if to is None and Path(path).suffix.lower() == STYLE_SUFFIX:
        return style.save(path)
    check_table_path(path)
    if style.tone is None:
        raise StyleError(f"the style {style.name!r} has no tone, and a table holds nothing else")
    if picture is None:
        lut = style.tone.lut.toward(strength)
    else:
        from pinxit.engines.engine import Engine
        from pinxit.picture import Picture

        lut = Engine(style).lut_for(Picture.open(picture), strength=strength, tone=1.0, correct=correct)
    notes = export_notes(style, for_picture=picture is not None)
    title = style.name or "pinxit"
    return write_table(lut, path, size=size, level=level, title=title, notes=notes, engine=to)
