"""The front doors: learn, transfer and export in one call each."""

import os
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from pinxit.picture import Picture
    from pinxit.style import Style

    Source = str | os.PathLike[str] | bytes | Image.Image | np.ndarray | Picture


def learn(
    pictures: "Source | Iterable[Source]",
    name: str | None = None,
    kind: Literal["photo"] = "photo",
    *,
    neutral: "str | os.PathLike[str] | Iterable[Source] | None" = None,
    before: "str | os.PathLike[str] | Iterable[Source] | None" = None,
    refine: Literal["auto", "on", "off"] = "auto",
    seed: int = 0,
    strict: bool = False,
    on_progress: Callable[..., Any] | None = None,
    home: str | os.PathLike[str] | None = None,
    replace: bool = False,
) -> "Style":
    """Learn a style from finished pictures that have it.

    Args:
        pictures: One or more: paths, folders, patterns, PIL images, arrays or Pictures.
        name: Name to keep the style under in the library; None keeps nothing there.
        kind: "photo", the look of a photographer.
        neutral: The user's own pictures without a look, if there are any: a folder or pictures.
        before: The pictures as they were before they got the look: a folder with the same file names, or as many
            pictures in the same order. The look is then fitted to the pairs.
        refine: What follows the prediction: "off" nothing; "auto" reconciles it with the references in closed form;
            "on" also refines it adversarially, which takes half a minute.
        seed: The same seed and pictures give the same style.
        strict: Fail at the first picture that cannot be read, instead of passing it over.
        on_progress: Called while learning goes on; see ``learning.look.learn_look``.
        home: Folder of the library; None takes ``PINXIT_HOME`` or the user's data folder.
        replace: A style of this name in the library goes to the trash instead of being an error.

    Returns:
        The style, with ``name``.

    Raises:
        InputError: No picture, a wrong setting, or a name that is not allowed or taken.
        NotFoundError: A path is not there.
        PictureError: No picture can be read, or one cannot with ``strict``.
        LearningError: There is nothing to learn from.
        CapacityError: The library cannot be written.
    """
    from pinxit.errors import InputError
    from pinxit.learning.look import learn_look
    from pinxit.library import Library

    if kind != "photo":
        raise InputError(f"the kind {kind!r} came, and only 'photo' can be learned")
    library = Library(home) if name is not None else None
    if library and not replace:
        library.check_free(name)  # before the work, not after it
    style = learn_look(
        _expanded(pictures),
        neutral=_expanded(neutral) if neutral is not None else None,
        before=_expanded(before) if before is not None else None,
        refine=refine,
        seed=seed,
        strict=strict,
        on_progress=on_progress,
    )
    if library is None:
        return style
    library.add(style, name, replace=replace)
    return style.renamed(name)


def transfer(
    source: "Source",
    style: "Style | str | os.PathLike[str]",
    *,
    strength: float = 1.0,
    tone: float = 1.0,
    finish: float = 0.0,
    correct: float = 0.0,
    home: str | os.PathLike[str] | None = None,
) -> "Picture":
    """Give a style to a picture.

    Args:
        source: Path, bytes, PIL image, array (H, W, 3) of uint8, uint16 or float 0..1, or Picture.
        style: A style, a ``.pinxit``, ``.cube`` or HaldCLUT file, or a name in the library.
        strength: Of the whole style: 0 returns the picture, 1 the style, more goes beyond it.
        tone: Of the tone half, beside ``strength``.
        finish: Of the vignette and grain found in the references; 0 leaves them out.
        correct: Of the correction of this picture's exposure and white balance toward the style's; 0 leaves it out.
        home: Folder of the library.

    Returns:
        The picture with the style; ``numpy.asarray`` of it has the dtype and shape of an array that came in.

    Raises:
        PictureError: The picture is damaged or refused.
        NotFoundError: The picture or the style is not there.
        InputError: A strength that is negative or not finite.
    """
    from pinxit.engines.engine import Engine
    from pinxit.picture import Picture

    engine = Engine(open_style(style, home))
    return engine.transfer(Picture.open(source), strength=strength, tone=tone, finish=finish, correct=correct)


def export(
    style: "Style | str | os.PathLike[str]",
    path: str | os.PathLike[str],
    size: int = 33,
    picture: "Source | None" = None,
    *,
    level: int = 8,
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
    if Path(path).suffix.lower() == STYLE_SUFFIX:
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
    return write_table(lut, path, size=size, level=level, title=style.name or "pinxit", notes=notes)


def export_notes(style: "Style", *, for_picture: bool = False) -> list[str]:
    """What a table leaves out of a style, line by line; empty when it leaves nothing out."""
    if style.tone is None:
        return []
    notes = []
    if style.adaptive and not for_picture:
        notes.append("mean table: the correction of every single picture's exposure and white balance is not in it")
    if style.tone.expected_error is not None:
        notes.append(f"expected error of the learned tone: CIEDE2000 {style.tone.expected_error:.2f} on average")
    neutral = type(style.tone.finish)()
    if any(getattr(style.tone.finish, item.name) != getattr(neutral, item.name) for item in fields(neutral)):
        notes.append("vignette and grain are not in it")
    return notes


def open_style(style: "Style | str | os.PathLike[str]", home: str | os.PathLike[str] | None = None) -> "Style":
    """Return the style that a file or a name in the library holds; a Style comes back as it is.

    Text is a file when it ends in ``.pinxit``, ``.cube`` or ``.png`` or holds a ``/``, and else a name.

    Raises:
        NotFoundError: There is no such file or name.
        StyleError: The file is damaged or of another version.
    """
    from pinxit.exporting.importing import STYLE_FILE_SUFFIXES, style_from_file
    from pinxit.style import Style

    if isinstance(style, Style):
        return style
    path = Path(style).expanduser()
    if not isinstance(style, str) or path.suffix.lower() in STYLE_FILE_SUFFIXES or os.sep in style:
        return style_from_file(path)
    from pinxit.library import Library

    return Library(home).get(style)


def _expanded(pictures: Any) -> list[Any]:
    """Every picture on its own: folders and patterns are searched, everything else stays as it is."""
    from pinxit.errors import InputError
    from pinxit.files import find_pictures

    several = isinstance(pictures, Iterable) and not isinstance(pictures, str | os.PathLike | bytes)
    items = list(pictures) if several and not hasattr(pictures, "__array__") else [pictures]
    if not items:
        raise InputError("no picture came; give at least one finished picture that has the look")
    found: list[Any] = []
    for item in items:
        found += find_pictures([item]) if isinstance(item, str | os.PathLike) else [item]
    return found
