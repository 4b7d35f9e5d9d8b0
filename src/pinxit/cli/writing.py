"""Checks of an output's name before the work starts."""

import os
from pathlib import Path

from pinxit.errors import CapacityError, InputError
from pinxit.files import writing_error


def check_new_file(path: Path, *, overwrite: bool) -> Path:
    """Return the path when a file can be written there.

    Raises:
        InputError: A file is there already and ``overwrite`` is not set, or a folder is.
        CapacityError: Its folder cannot be written or made.
    """
    path = path.expanduser()
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it")
    if path.exists() and not overwrite:
        raise InputError(f"{path} is there already; add --overwrite to replace it, or choose another name")
    above = path.absolute().parent
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise CapacityError(f"{above} is a file, and a folder was wanted; choose another name")
    if not os.access(above, os.W_OK | os.X_OK):
        raise CapacityError(f"{above} cannot be written; choose a folder that you may write to")
    return path


def make_folder_of(path: Path) -> Path:
    """Make the folder of a file when it is missing, and return the file's path."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise writing_error(error, path) from error
    return path
