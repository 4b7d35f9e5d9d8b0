"""Job: one piece of work as it stands."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

STATES = ("queued", "running", "paused", "done", "failed", "cancelled")
FINISHED = ("done", "failed", "cancelled")
"""States in which nothing more happens by itself."""
_TIMES = ("created", "ready", "deadline", "started", "ended")


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Args:
        done: Of ``total``.
        total: 0 where nobody knows.
        text: What is going on.
        seconds_left: Guessed from the pace; None while nothing can be said.
        preview: Name of a picture in the job's folder that shows how it comes along, or None.
        losses: Last figures of a learning, by name.
    """

    done: int = 0
    total: int = 0
    text: str = ""
    seconds_left: float | None = None
    preview: str | None = None
    losses: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Job:
    """One piece of work as it stands. Times are seconds since 1970.

    Args:
        id: 32 hex digits.
        number: Order of coming.
        user: Whose it is.
        kind: Name of its kind.
        state: One of ``STATES``.
        wish: "pause" or "cancel" while a running job is on its way there, else None.
        priority: Higher ones go first.
        arguments: As checked by its kind.
        created: When it came.
        ready: Not begun before.
        deadline: Given up at this time, or None.
        started: When it was first begun, or None.
        ended: When it was done, failed or cancelled, or None.
        attempts: How often it was begun.
        crashes: How often in a row it ended its worker without getting further.
        progress: How far it is.
        result: What came of it, small; files lie in its folder. None until it is done.
        error: ``type``, ``message`` and ``exit_code`` of a failure, also of one that is waited out; else None.
        revision: Grows with every change.
    """

    id: str
    number: int
    user: str
    kind: str
    state: str
    wish: str | None
    priority: int
    arguments: Mapping[str, Any]
    created: float
    ready: float
    deadline: float | None
    started: float | None
    ended: float | None
    attempts: int
    crashes: int
    progress: Progress
    result: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    revision: int

    @property
    def finished(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in FINISHED

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> "Job":
        """The job of a row."""
        names = ("id", "number", "kind", "state", "wish", "priority", "attempts", "crashes", "revision", *_TIMES)
        read = {name: json.loads(row[name]) if row[name] else None for name in ("arguments", "result", "error")}
        progress = Progress(**json.loads(row["progress"])) if row["progress"] else Progress()
        return cls(user=row["owner"], progress=progress, **read, **{name: row[name] for name in names})

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with times in ISO, UTC."""
        facts = asdict(self)
        return facts | {name: facts[name] and iso(facts[name]) for name in _TIMES}


def iso(seconds: float) -> str:
    """A time since 1970 as ISO text, UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
