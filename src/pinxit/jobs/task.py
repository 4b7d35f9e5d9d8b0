"""Task: what a kind's function gets to do its work with."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinxit.jobs.folders import INPUTS, KEPT, OUTPUTS, PREVIEW

if TYPE_CHECKING:
    from pinxit.style import Style

_OFTEN = 0.25  # seconds between two reports of progress


@dataclass
class Task:
    """One attempt at a job.

    Args:
        id: Of the job.
        user: Whose it is.
        arguments: As the kind's dataclass.
        folder: The job's own.
        home: Of the library.
        report: Takes what is to be known about the progress.
    """

    id: str
    user: str
    arguments: Any
    folder: Path
    home: Path
    report: Callable[[Mapping[str, Any]], Any]
    _told: float = field(default=0.0, repr=False)
    _pace: tuple[int, int, float] = field(default=(0, -1, 0.0), repr=False)

    @property
    def out(self) -> Path:
        """Folder for results."""
        return self.folder / OUTPUTS

    @property
    def kept(self) -> Path:
        """Folder for what the next attempt goes on from."""
        return self.folder / KEPT

    @property
    def preview(self) -> Path:
        """Where a picture may be put that shows how the work comes along; name it in :meth:`progress`."""
        return self.folder / PREVIEW

    def file(self, name: str) -> Path:
        """The path of one of the job's files; the name was checked when the job came."""
        return self.folder / INPUTS / name

    def files(self, names: tuple[str, ...]) -> list[Path]:
        """The same of several."""
        return [self.file(name) for name in names]

    def has(self, name: str) -> bool:
        """Whether the job has a file of this name; a name that would be a path elsewhere is none."""
        return name in {path.name for path in (self.folder / INPUTS).iterdir()}

    def style(self, name: str) -> "Style":
        """The style that an argument names: one of the job's files, or one of the library; never another path."""
        from pinxit.library import Library
        from pinxit.opening import open_style

        return open_style(self.file(name)) if self.has(name) else Library(self.home).get(name)

    def progress(
        self,
        done: int,
        total: int,
        text: object = "",
        *,
        losses: Mapping[str, float] | None = None,
        preview: bool = False,
    ) -> None:
        """Tell how far the work is; to be called as often as one likes.

        Args:
            done: Of ``total``.
            total: 0 where nobody knows.
            text: What is going on.
            losses: Last figures of a learning.
            preview: There is a new picture at :attr:`preview`.
        """
        now = time.monotonic()
        if now - self._told < _OFTEN and done < total:
            return
        facts: dict[str, Any] = {"done": int(done), "total": int(total), "text": str(text)[:200]}
        facts["seconds_left"] = self._seconds_left(int(done), int(total), now)
        if losses:
            facts["losses"] = dict(losses)
        if preview:
            facts["preview"] = PREVIEW
        self._told = now
        self.report(facts)

    def _seconds_left(self, done: int, total: int, now: float) -> float | None:
        """From the pace since this part of the work was begun; a part ends where the total changes."""
        part, first, start = self._pace
        if part != total or done < first or first < 0:
            self._pace = (total, done, now)
            return None
        if done == first:
            return None
        return round((now - start) * (total - done) / (done - first), 1)
