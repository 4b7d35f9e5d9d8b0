"""Unfinished files that killed runs left in output folders."""

import contextlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

_QUIET = 2.0  # seconds without a change after which an unfinished file belongs to nobody any more


@contextlib.contextmanager
def swept(folders: Iterable[Path]) -> Iterator[None]:
    """Remove the unfinished files that killed runs left in these folders, before and after."""
    start = time.time()
    _sweep(folders, start)
    try:
        yield
    finally:
        _sweep(folders, start)


def _sweep(folders: Iterable[Path], start: float) -> None:
    for path in (path for folder in folders for path in folder.glob(".pinxit-*.part*")):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < min(start, time.time() - _QUIET):
                path.unlink()
