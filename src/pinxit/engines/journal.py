"""What a folder run has done: one line per event in a file beside the results, so that a second run goes on."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from pinxit.errors import CapacityError
from pinxit.files import writing_error

JOURNAL_NAME = ".pinxit-batch.jsonl"


class Journal:
    """The journal of one output folder.

    A line is added before a result is written and another one after, each in a single write, so that a killed run
    leaves at most one torn line at the end, which is passed over. "started" says that a target is ours to replace.

    Args:
        folder: The output folder; it is there.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL_NAME
        self._events: dict[str, dict[str, Any]] = {}
        for event in _events(self.path):
            self._events[event["target"]] = event

    @property
    def targets(self) -> dict[str, str]:
        """The target of every source that it knows, by absolute path."""
        return {event["source"]: target for target, event in self._events.items()}

    def ours(self, target: Path, result: Path) -> bool:
        """Whether a run wrote the file that is at the target, or was just writing it; not so once somebody changed it.

        Args:
            target: Path relative to the folder.
            result: The same, in full.
        """
        event = self._events.get(str(target), {})
        return event.get("state") == "started" or (
            event.get("state") == "done" and _size(result) == event.get("result_size")
        )

    def done(self, target: Path, source: Mapping[str, Any], made_with: str, result: Path) -> bool:
        """Whether the target is there as this source and these settings made it.

        Args:
            target: Path relative to the folder.
            source: What :func:`identity` says of the picture.
            made_with: Name of the settings and the style.
            result: The target in full.
        """
        event = self._events.get(str(target), {})
        facts = {**source, "made_with": made_with, "state": "done", "result_size": _size(result)}
        return all(event.get(key) == value for key, value in facts.items())

    def add(self, state: str, target: Path, source: Mapping[str, Any], made_with: str, **more: Any) -> None:
        """Write one event down."""
        event = {"state": state, "target": str(target), **source, "made_with": made_with, **more}
        self._events[str(target)] = event
        line = json.dumps(event, ensure_ascii=True) + "\n"
        try:
            with self.path.open("ab", buffering=0) as file:
                # A torn last line of a killed run must not swallow this one.
                file.write(("" if _ends_well(self.path) else "\n").encode() + line.encode())
                if state == "started":  # on the disk before the result is, or a crash would make a stranger of it
                    os.fsync(file.fileno())
        except OSError as error:
            raise writing_error(error, self.path) from error


@contextlib.contextmanager
def locked_journal(folder: Path) -> Iterator[Journal]:
    """Read the journal of a folder and keep other runs out of it for the block; the lock dies with the process.

    Raises:
        CapacityError: Another run is at work in the folder, or it cannot be written.
    """
    path = folder / JOURNAL_NAME
    try:
        file = path.open("ab")
    except OSError as error:
        raise writing_error(error, path) from error
    with file:
        if not _lock(file.fileno()):
            raise CapacityError(f"another pinxit is writing into {folder}; wait for it, or choose another folder")
        yield Journal(folder)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def identity(source: Path) -> dict[str, Any]:
    """What tells a picture from another one, or from itself after a change: path, size in bytes, time of change."""
    facts = source.stat()
    return {"source": str(source.absolute()), "size": facts.st_size, "mtime": facts.st_mtime_ns}


def _events(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise writing_error(error, path) from error
    for line in lines:
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if _sound(event):
                yield event


def _sound(event: object) -> bool:
    """Whether a line is an event about a file inside the folder; the journal is only a file, and anybody's."""
    if not isinstance(event, dict) or not all(isinstance(event.get(key), str) for key in ("state", "target", "source")):
        return False
    target = PurePath(event["target"])
    return not target.is_absolute() and ".." not in target.parts and "\0" not in event["target"]


def _ends_well(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # not on Windows; two runs at once do double work there, nothing worse
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
