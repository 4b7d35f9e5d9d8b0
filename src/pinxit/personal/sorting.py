"""Sorting: a mixed folder of pictures into styles, so that each can be learned from a clean set."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from pinxit.errors import InputError, PictureError, ShapeError
from pinxit.files import write_whole, writing_error

_READ = 512  # longest side at which pictures are opened


def group_pictures(
    paths: Sequence[Path], *, on_progress: Callable[[int, int, str], None] | None = None
) -> tuple[list[list[Path]], dict[str, str]]:
    """Sort pictures into styles, however many these are.

    Args:
        paths: Picture files.
        on_progress: Called as (done, total, name).

    Returns:
        Groups, the largest first; and pictures that cannot be read or are too small, with the reason.

    Raises:
        PictureError: None can be read.
        MissingExtraError: scikit-learn is not installed.
    """
    import numpy as np

    from pinxit.learning.grouping import group
    from pinxit.learning.recognizer import signatures_of
    from pinxit.networks.weights import signature
    from pinxit.picture import Picture

    kept, vectors, skipped = [], [], {}
    for number, path in enumerate(paths):
        try:
            vectors.append(signatures_of([Picture.open(path, shrink_to=_READ).array]))
            kept.append(path)
        except (PictureError, ShapeError) as error:
            skipped[str(path)] = str(error)
        if on_progress:
            on_progress(number + 1, len(paths), path.name)
    if not kept:
        raise PictureError(f"none of {len(paths)} pictures can be sorted; the first: {next(iter(skipped.values()))}")
    labels = group(np.concatenate(vectors), signature())
    return [[kept[i] for i in np.flatnonzero(labels == one)] for one in range(labels.max() + 1)], skipped


def copy_groups(groups: Sequence[Sequence[Path]], folder: Path) -> list[Path]:
    """Copy pictures into ``folder``/style-1, style-2, ...; nothing is moved, and files of one name are numbered.

    Returns:
        The copies, in the order of the groups.

    Raises:
        InputError: The folder is there already and not empty, or is a file.
        CapacityError: It cannot be written.
    """
    folder = folder.expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already and not an empty folder; name a new one for the copies")
    copies = []
    for number, each in enumerate(groups, 1):
        place, taken = folder / f"style-{number}", set()
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise writing_error(error, place) from error
        for path in each:
            copies.append(place / _free(path.name, taken))
            with write_whole(copies[-1]) as file:
                shutil.copyfile(path, file)
    return copies


def _free(name: str, taken: set[str]) -> str:
    """The name, or with a number before its suffix when another picture has it (upper and lower case alike)."""
    path, number, choice = Path(name), 2, name
    while choice.casefold() in taken:
        choice, number = f"{path.stem}-{number}{path.suffix}", number + 1
    taken.add(choice.casefold())
    return choice
