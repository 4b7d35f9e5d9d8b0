"""Jobs: the queue as whoever asks for work sees it."""

import math
import os
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from pinxit.errors import InputError
from pinxit.jobs import rows
from pinxit.jobs.folders import JobFolders
from pinxit.jobs.job import FINISHED, STATES, Job
from pinxit.jobs.kind import Kind, open_kinds
from pinxit.jobs.request import Request, digest_of
from pinxit.library import Library
from pinxit.library.database import connected, transaction

KINDS = "pinxit.jobs.kinds"
"""Module of the kinds that come with the package."""


class Jobs:
    """The queue.

    A job that :meth:`add` returned is on the disk, row and files, and stays until it is deleted, whoever is killed in
    the meantime; a :class:`~pinxit.jobs.supervisor.Supervisor` does the work, here or in another process. Objects may
    be used from several threads and processes at once. With a ``user``, methods see the jobs of that one alone, as if
    there were no others; with None they see all.

    Args:
        home: Folder of the library; None takes ``PINXIT_HOME`` or the user's data folder.
        kinds: Module that has the kinds, by name, under ``KINDS``; workers import it too.
        clock: Seconds since 1970.

    Raises:
        CapacityError, StyleError: As of :class:`~pinxit.library.Library`.
    """

    def __init__(
        self,
        home: str | os.PathLike[str] | None = None,
        *,
        kinds: str = KINDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.library = Library(home)
        self.home = self.library.home
        self.module, self.kinds, self.clock = kinds, open_kinds(kinds), clock
        self.database = self.home / "library.sqlite"
        self.folders = JobFolders(self.home / "jobs")
        with connected(self.database):
            self._held = rows.held_open(self.database)

    def add(
        self,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        files: Mapping[str, bytes | str | os.PathLike[str]] | None = None,
        draft: Path | None = None,
        user: str | None = None,
        priority: int = 0,
        deadline: float | None = None,
        key: str | None = None,
    ) -> Job:
        """Take a job.

        Args:
            kind: Name of a kind.
            arguments: For it, as JSON has them; they name files by their names here, and nothing by a path.
            files: Name to bytes, or to a file that is copied.
            draft: A folder from :meth:`draft` with files; it belongs to the job from now on, or is removed.
            user: Whose job it is; None is the operating system's user.
            priority: -100 to 100, higher goes first.
            deadline: Seconds since 1970 after which it is given up.
            key: A word of the user's choice. The same request under the same key is the same job, however often it
                comes; another request under it is refused.

        Raises:
            InputError: The kind, an argument, a file's name, the priority or the key is not as wanted.
            NotFoundError: A file or a style that is named is not there.
            CapacityError: There is no room.
        """
        asked = Request(kind=kind, arguments=arguments, user=user, priority=priority, deadline=deadline, key=key)
        draft, name = draft or self.draft(), uuid.uuid4().hex
        try:
            for file, source in (files or {}).items():
                self.folders.put(draft, file, source)
            there = {path.name for path in draft.iterdir()}
            columns = asked.columns(self.kind(kind), self.library, there, self.clock())
            request = digest_of(columns, self.folders.seal(draft, name))
            job = self._insert({**columns, "id": name, "request": request})
        except Exception:  # an interrupt leaves what there is to the sweep: the row may have been written
            self.folders.discard(draft)
            self.folders.remove(name)
            raise
        if job.id != name:
            self.folders.remove(name)
        return job

    def close(self) -> None:
        """Let go of the database; what is asked later opens it again each time."""
        self._held.close()

    def draft(self) -> Path:
        """An empty folder to put the files of a job to come into, before :meth:`add` takes them without copying."""
        return self.folders.draft()

    def get(self, job: str, user: str | None = None) -> Job:
        """A job, of one user alone if one is named.

        Raises:
            NotFoundError: There is none.
        """
        with connected(self.database) as db:
            return Job.from_row(rows.find(db, job, user))

    def find(self, start: str, user: str | None = None) -> Job:
        """The job whose name starts so.

        Raises:
            NotFoundError: There is none.
            InputError: There are several.
        """
        with connected(self.database) as db:
            found = rows.starting_with(db, start) if start else []
            if len(found) > 1:
                raise InputError(f"several jobs start with {start!r}; give more of the name")
            return Job.from_row(rows.find(db, found[0] if found else start, user))

    def list(
        self,
        *,
        user: str | None = None,
        states: Collection[str] = (),
        kinds: Collection[str] = (),
        before: int | None = None,
        limit: int | None = 100,
    ) -> tuple[Job, ...]:
        """Jobs, the newest first.

        Args:
            user: Of one user alone; None of all.
            states: In these states alone; empty for all.
            kinds: Of these kinds alone; empty for all.
            before: Only those whose number is smaller; the last number of one page gives the next page.
            limit: At most so many; None for all.

        Raises:
            InputError: There is no such state.
        """
        check_states(states)
        with connected(self.database) as db:
            found = rows.listed(db, owner=user, states=states, kinds=kinds, before=before, limit=limit)
            return tuple(map(Job.from_row, found))

    def count(self, user: str | None = None, states: Collection[str] = ()) -> dict[tuple[str, str], int]:
        """How many jobs there are, by kind and state; of one user alone, in these states alone."""
        check_states(states)
        with connected(self.database) as db:
            return rows.counted(db, user, states)

    def pause(self, job: str, user: str | None = None) -> Job:
        """Let a job wait until :meth:`resume`; a running one first keeps what it has, within seconds.

        Raises:
            NotFoundError: There is none.
            InputError: It is finished.
        """
        return self._turn(
            job, user, "pause", {"queued": {"state": "paused"}, "running": {"wish": "pause"}, "paused": {}}
        )

    def resume(self, job: str, user: str | None = None) -> Job:
        """Put a paused job back into the queue, and take back a wish to pause; errors as of :meth:`pause`."""
        again = {"state": "queued", "ready": self.clock()}
        return self._turn(job, user, "resume", {"paused": again, "running": {"wish": None}, "queued": again})

    def cancel(self, job: str, user: str | None = None) -> Job:
        """Give a job up; a running one is killed within seconds. Its files stay until it is deleted.

        Raises:
            NotFoundError: There is none.
            InputError: It is finished already.
        """
        gone = {"state": "cancelled", "ended": self.clock()}
        ways = {"queued": gone, "paused": gone, "running": {"wish": "cancel"}, "cancelled": {}}
        return self._turn(job, user, "cancel", ways)

    def retry(self, job: str, user: str | None = None) -> Job:
        """Put a failed or cancelled job back into the queue, to go on from what it kept; errors as of :meth:`pause`."""
        again = {"state": "queued", "ready": self.clock(), "ended": None, "deadline": None, "returns": 0, "crashes": 0}
        again |= {"error": None, "reached": "{}"}
        return self._turn(job, user, "retry", {"failed": again, "cancelled": again})

    def delete(self, job: str, user: str | None = None) -> None:
        """Remove a job with all its files.

        Raises:
            NotFoundError: There is none.
            InputError: It runs; cancel it first.
        """
        with self._writing() as db:
            row = rows.find(db, job, user)
            if row["state"] == "running":
                raise InputError(f"the job {job[:8]} is running; cancel it first: pinxit jobs cancel {job[:8]}")
            rows.delete(db, [row["number"]])
        self.folders.remove(job)

    def clear(self, *, user: str | None = None, states: Collection[str] = FINISHED, older_than: float = 0.0) -> int:
        """Remove finished jobs with all their files.

        Args:
            user: Of one user alone; None of all.
            states: In these states alone, of those that are finished.
            older_than: Only those that ended so many seconds ago or more.

        Returns:
            How many are gone.
        """
        if wrong := set(states) - set(FINISHED):
            raise InputError(f"{', '.join(sorted(wrong))} came; jobs that are {', '.join(FINISHED)} can be cleared")
        with self._writing() as db:
            until = math.nextafter(self.clock() - older_than, math.inf)
            found = rows.listed(db, owner=user, states=states or FINISHED, ended_before=until)
            rows.delete(db, [row["number"] for row in found])
        for row in found:
            self.folders.remove(row["id"])
        return len(found)

    def sweep(self) -> int:
        """Remove old folders that no job names; how many there were."""
        with connected(self.database) as db, transaction(db):  # locked: nobody is just about to name one of them
            return self.folders.sweep(rows.names(db))

    def wait(self, job: str, timeout: float, poll: float = 0.05) -> Job:
        """Wait until a job is finished or paused, for so many seconds at most; the job as it is then."""
        end = time.monotonic() + timeout
        while not (found := self.get(job)).finished and found.state != "paused" and time.monotonic() < end:
            time.sleep(poll)
        return found

    def kind(self, name: str) -> Kind:
        """The kind of this name.

        Raises:
            InputError: There is none.
        """
        if name not in self.kinds:
            raise InputError(f"{str(name)[:40]!r} is no kind of job; known are {', '.join(sorted(self.kinds))}")
        return self.kinds[name]

    def _insert(self, values: Mapping[str, Any]) -> Job:
        """Write the row, unless the same request is there."""
        with self._writing() as db:
            key = values["request_key"]
            known = rows.requested(db, values["owner"], key) if key is not None else None
            if known is not None and known["request"] != values["request"]:
                raise InputError(f"the key {key!r} came with another request before; use a new key for a new request")
            if known is None:
                rows.insert(db, values)
            return Job.from_row(known or rows.find(db, values["id"]))

    def _turn(self, job: str, user: str | None, verb: str, ways: Mapping[str, Mapping[str, Any]]) -> Job:
        """Change a job as its state asks for."""
        with self._writing() as db:
            row = rows.find(db, job, user)
            if row["state"] not in ways:
                raise InputError(f"the job {job[:8]} is {row['state']}; there is nothing to {verb}")
            values = ways[row["state"]]
            return Job.from_row(rows.change(db, row["number"], **values) if values else row)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with connected(self.database) as db, transaction(db):
            yield db


def check_states(states: Collection[str]) -> None:
    """Refuse states that there are not.

    Raises:
        InputError: With those that there are.
    """
    if wrong := set(states) - set(STATES):
        raise InputError(f"{', '.join(sorted(map(str, wrong)))} is no state of a job; known are {', '.join(STATES)}")
