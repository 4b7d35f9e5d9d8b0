"""What users name is opened: styles by name or file, masks, and lists of pictures."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from pinxit.picture import Picture
    from pinxit.style import Style


def open_style(style: "Style | str | os.PathLike[str]", home: str | os.PathLike[str] | None = None) -> "Style":
    """Return the style that a file or a name in the library holds; a Style comes back as it is.

    Text is a file when it ends as a style, a table or a picture does or holds a ``/``, and else a name. A picture
    that is no HaldCLUT is read as a painting, in one pass.

    Raises:
        NotFoundError: There is no such file or name.
        StyleError: The file is damaged or of another version.
    """
    from pinxit.exporting.importing import STYLE_FILE_SUFFIXES, is_table, style_from_file
    from pinxit.files import PICTURE_SUFFIXES
    from pinxit.style import Style

    if isinstance(style, Style):
        return style
    path = Path(style).expanduser()
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES and (suffix not in STYLE_FILE_SUFFIXES or not is_table(path)):
        from pinxit.learning.style import learn_style

        return learn_style([path], kind="art", minutes=0)
    if not is_name(style):
        return style_from_file(path)
    from pinxit.library import Library

    return Library(home).get(style)


def is_name(style: Any) -> bool:
    """Whether this is a name in the library: text without a ``/`` that does not end as a style, table or picture."""
    from pinxit.exporting.importing import STYLE_FILE_SUFFIXES
    from pinxit.files import PICTURE_SUFFIXES

    ends = PICTURE_SUFFIXES.union(STYLE_FILE_SUFFIXES)
    return isinstance(style, str) and os.sep not in style and Path(style).suffix.lower() not in ends


def open_mask(mask: Any) -> "np.ndarray":
    """A mask, (H, W) float32 0..1, from whatever ``Picture.open`` takes; white is 1, and transparent parts are 0.

    Raises:
        PictureError: The picture is damaged or refused.
        NotFoundError: It is not there.
    """
    import numpy as np

    from pinxit.color import unit_float
    from pinxit.picture import Picture

    if getattr(mask, "ndim", 0) == 2:
        return unit_float(np.asarray(mask))
    picture = Picture.open(mask)
    values = unit_float(picture.array).mean(2)
    return values if picture.alpha is None else values * unit_float(picture.alpha)


def both_masks(first: "np.ndarray", second: "np.ndarray | None", picture: "Picture") -> "np.ndarray":
    """Where two masks both let a style through, at a picture's size; the second may be None."""
    from pinxit.engines.engine import mask_for

    return mask_for(picture, first) if second is None else mask_for(picture, first) * mask_for(picture, second)


def expanded(pictures: Any) -> list[Any]:
    """Every picture on its own: folders and patterns are searched, everything else stays as it is."""
    from pinxit.errors import InputError
    from pinxit.files import find_pictures

    several = isinstance(pictures, Iterable) and not isinstance(
        pictures, str | os.PathLike | bytes | bytearray | memoryview
    )
    items = list(pictures) if several and not hasattr(pictures, "__array__") else [pictures]
    if not items:
        raise InputError("no picture came; give at least one finished picture that has the look")
    found: list[Any] = []
    for item in items:
        found += find_pictures([item]) if isinstance(item, str | os.PathLike) else [item]
    return found
