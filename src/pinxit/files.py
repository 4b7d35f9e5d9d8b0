"""Finding picture files, and writing a file whole or not at all."""

import contextlib
import errno
import glob
import os
import re
import stat
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from pinxit.errors import CapacityError, InputError, NotFoundError

_RAW = "3fr arw cr2 cr3 crw dcr dng erf iiq kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl srf sr2 srw x3f"
_PLAIN = "jpg jpeg jpe jfif mpo png tif tiff webp avif heic heif hif bmp"

RAW_SUFFIXES = frozenset("." + word for word in _RAW.split())
"""Suffixes of camera RAW files, lower case with the dot."""

PICTURE_SUFFIXES = RAW_SUFFIXES | {"." + word for word in _PLAIN.split()}
"""Suffixes that mark a picture when a folder is searched, lower case with the dot."""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


def find_pictures(inputs: Iterable[str | Path]) -> list[Path]:
    """List the pictures that files, folders and glob patterns name.

    Folders are searched through and through for known suffixes, in natural order (``img2`` before ``img10``); hidden
    files and folders are skipped, links to folders are not followed. A file named itself is taken whatever its suffix.
    Each file comes once, at its first place.

    Args:
        inputs: Files, folders, or patterns such as ``photos/**/*.jpg``; ``~`` is the home folder.

    Returns:
        Paths as they were written, not made absolute; never empty.

    Raises:
        NotFoundError: A path is not there, or a pattern matches no picture.
        InputError: A folder holds no picture, or nothing was named at all.
    """
    if isinstance(inputs, str | Path):
        inputs = [inputs]
    found: dict[Path, Path] = {}
    for item in inputs:
        for path in _expand(item):
            found.setdefault(path.absolute(), path)
    if not found:
        raise InputError("no picture was named; name at least one file, folder or pattern such as 'photos/*.jpg'")
    return list(found.values())


def _expand(item: str | Path) -> list[Path]:
    text = str(item)
    if not text or "\0" in text:
        raise NotFoundError(f"{text!r} is not the name of a file or folder; name a picture, a folder or a pattern")
    path = Path(text).expanduser()
    if path.is_dir():
        pictures = _search(path)
        if not pictures:
            raise InputError(f"the folder {path} holds no picture; known are {_known()}")
        return pictures
    if path.exists():
        return [path]
    if glob.has_magic(text):
        return _match(path)
    raise NotFoundError(f"{path} is not there; check the name, or name a folder or a pattern such as 'photos/*.jpg'")


def _match(pattern: Path) -> list[Path]:
    """Pictures that a pattern names; folders among its matches are searched."""
    matches = sorted(map(Path, glob.glob(str(pattern), recursive=True)), key=_natural)  # noqa: PTH207 (absolute too)
    pictures: list[Path] = []
    for path in matches:
        if path.is_dir():
            pictures += _search(path)
        elif path.suffix.lower() in PICTURE_SUFFIXES:
            pictures.append(path)
    if not pictures:
        raise NotFoundError(f"the pattern {pattern} matches no picture; known are {_known()}")
    return pictures


def _search(folder: Path) -> list[Path]:
    def fail(error: OSError) -> None:
        raise InputError(f"the folder {error.filename} cannot be read: {error.strerror}") from error

    pictures = []
    for root, folders, names in os.walk(folder, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        pictures += [
            Path(root, name)
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES
        ]
    return sorted((path for path in pictures if path.is_file()), key=_natural)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Sort key in which numbers count as numbers."""
    parts = re.split(r"([0-9]+)", str(path).casefold())
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]


def _known() -> str:
    return ", ".join(sorted(PICTURE_SUFFIXES - RAW_SUFFIXES)) + " and camera RAW"


@contextlib.contextmanager
def write_whole(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; move it there when the block ends well, remove it when it fails.

    The file is flushed to the disk before it takes its name, so that neither a crash nor a full disk leaves half a
    file or loses the old one. A link is followed: the file that it names is replaced.

    Args:
        path: Where the finished file goes; its folder must be there.

    Yields:
        An empty file with the suffix of ``path``, to be written.

    Raises:
        InputError: ``path`` is a folder, a device or a pipe.
        NotFoundError: The folder of ``path`` is not there.
        CapacityError: The disk is full, or the folder or file system does not take the file.
    """
    target = _target(Path(path))
    temporary = target.with_name(f".pinxit-{uuid.uuid4().hex[:12]}.part{target.suffix[:16]}")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield temporary
        _flush(temporary)
        temporary.replace(target)
        _flush_folder(target.parent)
    except OSError as error:
        raise writing_error(error, target) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def writing_error(error: OSError, path: Path) -> Exception:
    """Put the failure to write ``path`` into one clear line; an unrelated error comes back as it is."""
    if error.errno in _FULL:
        return CapacityError(f"the disk has no room for {path}; free some space or write to another disk")
    if error.errno in _CLOSED:
        return CapacityError(f"{path} cannot be written ({error.strerror}); choose a folder that you may write to")
    if error.errno == errno.ENOTDIR:
        return CapacityError(f"{path} cannot be written: a part of its folder's name is a file; choose another folder")
    if error.errno == errno.ENOENT:
        return NotFoundError(f"the folder {path.parent} is not there; make it first or choose another one")
    if error.errno == errno.ENAMETOOLONG:
        return InputError(f"the name {path.name[:40]}... is too long for this file system; choose a shorter one")
    return error


def _target(path: Path) -> Path:
    """The real file behind a link, refused when something there is not a plain file."""
    path = path.expanduser()
    try:
        path = path.resolve()
        mode = path.stat().st_mode if path.exists() else None
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        number = error.errno if isinstance(error, OSError) else errno.ELOOP
        if number == errno.ELOOP:
            raise InputError(f"{path} is a link to itself; remove it or choose another name") from error
        raise writing_error(OSError(number, os.strerror(number or 0)), path) from error
    if mode is not None and stat.S_ISDIR(mode):
        raise InputError(f"{path} is a folder; name a file in it")
    if mode is not None and not stat.S_ISREG(mode):
        raise InputError(f"{path} is a device or a pipe, and a file was wanted; choose another name")
    return path


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the new name itself durable where the file system lets a folder be flushed."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
