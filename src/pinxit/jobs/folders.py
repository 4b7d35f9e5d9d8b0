"""The folders of jobs: what came with a job, what came of it, and nothing that belongs to nobody."""

import hashlib
import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from pinxit.errors import InputError, NotFoundError
from pinxit.files import writing_error

INPUTS, OUTPUTS, KEPT, SCRATCH = "in", "out", "kept", "tmp"
"""Parts of a job's folder: files that came, results, what the next attempt goes on from, temporary files."""
RESULT, PREVIEW, LOG, LOCK = "result.json", "preview.jpg", "worker.log", ".lock"
MOST_FILES = 5000
_DRAFT = ".new-"
_OLD = 3600.0  # seconds after which a folder that no job names is what a killed process left
_ID = re.compile(r"[0-9a-f]{32}\Z")
_CHUNK = 1 << 20


class JobFolders:
    """A folder for every job, named after it.

    A folder is filled as a draft, flushed to the disk and given its name before the row of the job is written; it is
    removed after the row. So a process that is killed leaves at most a folder without a row, for :meth:`sweep`.

    Args:
        root: Made when the first draft is.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, job: str) -> Path:
        """The folder of a job.

        Raises:
            NotFoundError: This cannot be the name of a job.
        """
        if not _ID.match(job):
            raise NotFoundError(f"there is no job {str(job)[:40]!r}; see them with: pinxit jobs list")
        return self.root / job

    def result(self, job: str, name: str) -> Path:
        """The path of a result of a job; ``name`` may lead into sub-folders of the results, and nowhere else.

        Raises:
            NotFoundError: There is no such file.
        """
        return _plain_file(self.path(job) / OUTPUTS, name)

    def preview(self, job: str) -> Path:
        """The path of the picture that shows how a job comes along.

        Raises:
            NotFoundError: There is none yet.
        """
        return _plain_file(self.path(job), PREVIEW)

    def draft(self) -> Path:
        """A new empty folder for files of a job to come; one that no job is made of goes after an hour."""
        folder = self.root / f"{_DRAFT}{uuid.uuid4().hex}" / INPUTS
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise writing_error(error, folder) from error
        return folder

    def put(self, draft: Path, name: str, source: bytes | str | os.PathLike[str]) -> None:
        """Put a file into a draft: bytes, or a copy of a file.

        Raises:
            InputError: The name is not allowed.
            NotFoundError: The file is not there.
            CapacityError: There is no room.
        """
        target = draft / check_file_name(name)
        try:
            if isinstance(source, bytes):
                target.write_bytes(source)
            elif (path := Path(source).expanduser()).is_file():
                shutil.copyfile(path, target)
            else:
                raise NotFoundError(f"{path} is not there, or no file; check the name")
        except OSError as error:
            raise writing_error(error, target) from error

    def seal(self, draft: Path, job: str) -> dict[str, str]:
        """Make a draft the folder of a job, on the disk for good.

        Returns:
            Name to SHA-256 of its files.

        Raises:
            InputError: Something in it is no plain file, or has a name that is not allowed.
        """
        digests = {}
        folder = draft.parent
        try:
            for part in (OUTPUTS, KEPT, SCRATCH):
                (folder / part).mkdir(exist_ok=True)
            for path in sorted(draft.iterdir()):
                if not stat.S_ISREG(path.lstat().st_mode):
                    raise InputError(f"{path.name} is no plain file; a job takes files alone")
                digests[check_file_name(path.name)] = _flushed(path)
            if len(digests) > MOST_FILES:
                raise InputError(f"{len(digests)} files came; a job takes {MOST_FILES} at most")
            for place in (draft, folder):
                _flush_folder(place)
            folder.rename(self.path(job))
            _flush_folder(self.root)
        except OSError as error:
            raise writing_error(error, folder) from error
        return digests

    def discard(self, draft: Path) -> None:
        """Remove a draft of which no job was made."""
        shutil.rmtree(draft.parent, ignore_errors=True)

    def remove(self, job: str) -> None:
        """Remove all files of a job; what cannot be removed is left to a later sweep."""
        shutil.rmtree(self.path(job), ignore_errors=True)

    def sweep(self, known: Iterable[str]) -> int:
        """Remove old folders that no job names, those of drafts included; how many there were."""
        kept, found = set(known), 0
        for folder in self.root.iterdir() if self.root.is_dir() else ():
            ours = _ID.match(folder.name) or folder.name.startswith(_DRAFT)
            if ours and folder.name not in kept and _age(folder) > _OLD:
                shutil.rmtree(folder, ignore_errors=True)
                found += 1
        return found

    def size(self, job: str) -> int:
        """Bytes of all files of a job."""
        return sum(path.lstat().st_size for path in self.path(job).rglob("*") if path.is_file())


def check_file_name(name: str) -> str:
    """Return a name that can be that of a file in a job's folder, and nowhere else.

    Raises:
        InputError: It is empty, longer than 150 bytes, hidden, or has a slash or what cannot be shown.
    """
    sound = isinstance(name, str) and name.isprintable() and not set(name) & {"/", "\\"}
    if not sound or not name or name.startswith(".") or len(name.encode("utf-8", "replace")) > 150:
        raise InputError(
            f"{str(name)[:60]!r} cannot name a file of a job; take 1 to 150 letters, without slashes or a dot in front"
        )
    return name


def _plain_file(folder: Path, name: str) -> Path:
    """A file below a folder; resolved first, so that no link of a worker's leads out of it."""
    try:
        found, home = (folder / name).resolve(), folder.resolve()
        if found.is_relative_to(home) and found.is_file():
            return found
    except (OSError, ValueError):  # a NUL, a name too long
        pass
    raise NotFoundError(f"the job has no file {str(name)[:80]!r}; see what it has with: pinxit jobs show")


def _flushed(path: Path) -> str:
    """Flush a file to the disk; its SHA-256."""
    digest = hashlib.sha256()
    with path.open("rb+") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
        os.fsync(file.fileno())
    return digest.hexdigest()


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _age(folder: Path) -> float:
    """Seconds since anything changed in a folder or the one with its inputs."""
    try:
        times = [place.stat().st_mtime for place in (folder, folder / INPUTS) if place.exists()]
        return time.time() - max(times)
    except (OSError, ValueError):
        return 0.0
