"""Leases: the queue as those who do the work see it. A lease names who has a running job, and until when."""

import json
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from sqlite3 import Connection, Row
from typing import Any, Literal

from pinxit.jobs import rows
from pinxit.jobs.job import Job, Progress
from pinxit.library.database import connected, transaction

MOST_CRASHES = 3
"""A job that ends its worker so often without getting further has failed."""
MOST_RETURNS = 10
"""So often a job comes back to the queue without getting further, for whatever reason, before it has failed."""
_FIRST_WAIT, _LONGEST_WAIT = 15.0, 600.0  # seconds until a job without room is tried again; each time twice as long
_MOST_PHASES = 16


@dataclass(frozen=True)
class Outcome:
    """How an attempt at a job ended.

    Args:
        how: "done"; "failed"; "stopped" as was wished; "waits" for room; "crashed", its worker died; "expired", nobody
            heard of it any more.
        result: What came of it, for JSON.
        error: ``type``, ``message`` and ``exit_code``.
    """

    how: Literal["done", "failed", "stopped", "waits", "crashed", "expired"]
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None


@dataclass
class Held:
    """A running job and the lease that holds it.

    Args:
        job: As it was when it was last looked at.
        lease: Its name.
        progress: What is to be written with the next renewal, or None.
    """

    job: Job
    lease: str
    progress: Progress | None = None


def failure(kind: str, message: str, exit_code: int = 1) -> dict[str, Any]:
    """An error as jobs keep it."""
    return {"type": kind, "message": " ".join(message.split())[:1000], "exit_code": exit_code}


class Leases:
    """Taking, holding and ending running jobs.

    Every method is one transaction, and what was held by somebody else in the meantime is left alone: whoever lost a
    lease changes nothing any more.

    Args:
        database: The library's file.
        clock: Seconds since 1970.
        seconds: How long a lease holds without being renewed.
    """

    def __init__(self, database: Path, clock: Callable[[], float], seconds: float) -> None:
        self.database, self.clock, self.seconds = database, clock, seconds

    def claim(self, kinds: Collection[str], at_once: Mapping[str, int]) -> Held | None:
        """Take the next job, or None when there is none for now.

        Args:
            kinds: Those that may be taken.
            at_once: How many of a kind may run at once, wherever.
        """
        with connected(self.database) as db:
            if not rows.waiting(db, self.clock()):
                return None
            with transaction(db):
                running = rows.running(db)
                free = [kind for kind in kinds if running.get(kind, 0) < at_once.get(kind, 1 << 30)]
                lease, now = uuid.uuid4().hex, self.clock()
                row = rows.claim(db, free, lease, now + self.seconds, now) if free else None
        return None if row is None else Held(Job.from_row(row), lease)

    def renew(self, held: Collection[Held]) -> list[Held]:
        """Hold jobs for longer and write their progress down; ``job`` of each is as it is now.

        Returns:
            Those that somebody else has by now, or nobody.
        """
        lost = []
        with self._writing() as db:
            until = self.clock() + self.seconds
            for one in held:
                row = rows.leased(db, one.job.id, one.lease)
                if row is None:
                    lost.append(one)
                    continue
                rows.renew(db, row["number"], until)
                if one.progress is not None:
                    row = rows.change(db, row["number"], **_further(row, one.progress))
                    one.progress = None
                one.job = Job.from_row(row)
        return lost

    def wishes(self, held: Collection[Held]) -> dict[str, str]:
        """What is wished of these jobs, by their names; a look that holds nobody up."""
        with connected(self.database) as db:
            found = [(one.job.id, rows.leased(db, one.job.id, one.lease)) for one in held]
        return {job: row["wish"] for job, row in found if row is not None and row["wish"]}

    def end(self, held: Held, outcome: Outcome) -> Job | None:
        """Note how an attempt ended; None when the lease was lost, and then nothing is noted."""
        with self._writing() as db:
            row = rows.leased(db, held.job.id, held.lease)
            if row is None:
                return None
            if held.progress is not None:
                row = rows.change(db, row["number"], **_further(row, held.progress))
            return Job.from_row(rows.change(db, row["number"], **self._ending(row, outcome)))

    def reclaim(self) -> list[Job]:
        """Give jobs back of whose holders nobody hears any more, and give those up that wait past their deadline."""
        with connected(self.database) as db:
            now = self.clock()
            if not rows.expired(db, now) and not rows.overdue(db, now):
                return []
            with transaction(db):
                lost = Outcome("expired", error=failure("Lost", "whoever did the work was not heard of any more"))
                ends = [(row["number"], self._ending(row, lost)) for row in rows.expired(db, now)]
                ends += [(row["number"], self._failed(late("begun"))) for row in rows.overdue(db, now)]
                return [Job.from_row(rows.change(db, number, **values)) for number, values in ends]

    def _ending(self, row: Row, outcome: Outcome) -> dict[str, Any]:
        """The columns of a running job after an attempt."""
        now, free = self.clock(), {"lease": None, "lease_until": None, "wish": None}
        if outcome.how == "done":
            return free | {"state": "done", "ended": now, "result": rows.text_of(outcome.result), "error": None}
        if outcome.how == "failed":
            return free | self._failed(outcome.error)
        if row["wish"] == "cancel":
            return free | {"state": "cancelled", "ended": now}
        state = {"state": "paused" if row["wish"] == "pause" else "queued", "ready": now}
        if outcome.how == "stopped":
            return free | state
        returns, crashes = row["returns"] + 1, row["crashes"] + (outcome.how == "crashed")
        counts = {"returns": returns, "crashes": crashes, "error": rows.text_of(outcome.error)}
        if crashes >= MOST_CRASHES:
            words = f"the job ended its worker {crashes} times without getting further: {outcome.error['message']}"
            return free | counts | self._failed(failure("Crashed", words))
        if returns >= MOST_RETURNS:
            return free | counts | self._failed(outcome.error)
        if outcome.how == "waits":
            state["ready"] = now + min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (returns - 1))
        return free | counts | state

    def _failed(self, error: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"state": "failed", "ended": self.clock(), "error": rows.text_of(error)}

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with connected(self.database) as db, transaction(db):
            yield db


def late(what: str) -> dict[str, Any]:
    """The error of a job whose deadline is over."""
    return failure("DeadlineError", f"its deadline was over before it was {what}; ask again with a later one", 4)


def _further(row: Row, progress: Progress) -> dict[str, Any]:
    """The columns of a job after progress; once it is farther than ever, earlier crashes count no more.

    How far it was is kept for each part of the work, which its total tells: an attempt begins again with the first.
    """
    columns: dict[str, Any] = {"progress": rows.text_of(asdict(progress))}
    reached = json.loads(row["reached"])
    part = str(progress.total)
    if progress.done > reached.get(part, 0) and (part in reached or len(reached) < _MOST_PHASES):
        columns |= {"reached": rows.text_of(reached | {part: progress.done}), "returns": 0, "crashes": 0}
    return columns
