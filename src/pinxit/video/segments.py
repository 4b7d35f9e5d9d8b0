"""Finished parts of a result, kept in a hidden folder beside it until all are there."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.engines.journal import locked_journal
from pinxit.engines.leftovers import swept
from pinxit.errors import InputError
from pinxit.files import write_whole, writing_error

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Part:
    """A finished part.

    Args:
        first: Index of its first frame.
        stop: Index of the one after its last.
        path: Its file.
    """

    first: int
    stop: int
    path: Path


class Segments:
    """The parts of one result.

    A part counts once its mark is written: after its file, and after what goes on from its last frame. So a run that is
    killed at any moment leaves parts that are whole, and the next one starts behind the last of them.

    Args:
        folder: The hidden folder; it is there and locked.
        made_with: Name of everything that the result depends on; parts made otherwise are removed.
        suffix: Of the parts' files.
    """

    def __init__(self, folder: Path, made_with: str, suffix: str) -> None:
        self.folder, self._suffix = folder, suffix
        manifest = folder / _MANIFEST
        if _read_json(manifest).get("made_with") != made_with:
            self.clear()
            _write_json(manifest, {"made_with": made_with})

    def path(self, first: int) -> Path:
        """Where the part that starts with this frame goes."""
        return self.folder / f"{first:09d}{self._suffix}"

    def keep(self, first: int, stop: int, state: Mapping[str, np.ndarray]) -> None:
        """Mark a part as finished; its file is there.

        Args:
            first: Index of its first frame.
            stop: Index of the one after its last.
            state: What the next part goes on from.
        """
        path = self.path(first)
        before = list(self.folder.glob("*.npz"))
        with write_whole(path.with_suffix(".npz")) as file, file.open("wb") as stream:
            np.savez(stream, **state)
        _write_json(path.with_suffix(".json"), {"stop": stop, "bytes": path.stat().st_size})
        for old in before:
            if old != path.with_suffix(".npz"):
                old.unlink(missing_ok=True)

    def finished(self, first: int) -> tuple[list[Part], dict[str, np.ndarray]]:
        """The parts from a frame on without a gap, and what goes on from the last of them."""
        parts: list[Part] = []
        while (part := self._part(parts[-1].stop if parts else first)) is not None:
            parts.append(part)
        if not parts:
            return [], {}
        try:
            with np.load(parts[-1].path.with_suffix(".npz"), allow_pickle=False) as found:
                return parts, dict(found)
        except (OSError, ValueError, KeyError):  # somebody's hand was in the folder: nothing can go on from here
            self.clear()
            return [], {}

    def _part(self, first: int) -> Part | None:
        path = self.path(first)
        mark = _read_json(path.with_suffix(".json"))
        with contextlib.suppress(OSError):
            if mark and path.stat().st_size == mark.get("bytes") and mark.get("stop", 0) > first:
                return Part(first, mark["stop"], path)
        return None

    def clear(self) -> None:
        """Remove all parts."""
        for path in self.folder.glob("[0-9]*"):
            path.unlink(missing_ok=True)

    @property
    def empty(self) -> bool:
        """Whether no part is finished."""
        return not any(self.folder.glob("[0-9]*.json"))

    def remove(self) -> None:
        """Remove the folder with all that is ours in it."""
        for path in [*self.folder.glob("[0-9]*"), *self.folder.glob(".pinxit-*"), self.folder / _MANIFEST]:
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # something of somebody else's lies in it
            self.folder.rmdir()


@contextlib.contextmanager
def kept_segments(output: Path, made_with: str, suffix: str) -> Iterator[Segments]:
    """Open the hidden folder of a result, or make it; one run at a time.

    The folder goes when the block ends well, when what came in was at fault, and when no part was finished.

    Args:
        output: The result, in a folder that is there.
        made_with: As :class:`Segments` wants it.
        suffix: Of the parts' files.

    Raises:
        CapacityError: Another run makes the same result, the disk is full, or the folder cannot be written.
    """
    folder = output.parent / f".pinxit-{output.name[:80]}.segments"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise writing_error(error, output) from error
    with locked_journal(folder), swept([folder]):
        segments = Segments(folder, made_with, suffix)
        try:
            yield segments
        except InputError:
            segments.clear()
            raise
        else:
            segments.clear()
        finally:
            if segments.empty:
                segments.remove()


def _read_json(path: Path) -> dict[str, Any]:
    """What a file of ours says; empty when it is not there or not whole."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_json(path: Path, value: dict[str, Any]) -> None:
    with write_whole(path) as file:
        file.write_text(json.dumps(value), "utf-8")
