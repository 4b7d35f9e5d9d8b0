"""The rows of the table of jobs: every statement about them is here. Callers hold the transaction."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pinxit.errors import NotFoundError

Row = sqlite3.Row


def held_open(database: Path) -> sqlite3.Connection:
    """A connection that is only there, never used: while one is, SQLite keeps the files beside the database.

    Without it whoever comes first makes them and whoever goes last writes everything back and removes them, which costs
    several flushes each time; and on a full disk nobody could make them, so that not even reading went on.
    """
    found = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
    found.execute("SELECT count(*) FROM jobs").fetchone()
    return found


def insert(db: sqlite3.Connection, values: Mapping[str, Any]) -> None:
    """Add a row."""
    names = ", ".join(values)
    db.execute(f"INSERT INTO jobs ({names}) VALUES ({_marks(values)})", tuple(values.values()))


def find(db: sqlite3.Connection, job: str, owner: str | None = None) -> Row:
    """The row of a job, of one owner alone if one is named.

    Raises:
        NotFoundError: There is none.
    """
    row = db.execute("SELECT * FROM jobs WHERE id = ?", (job,)).fetchone()
    if row is None or owner not in (None, row["owner"]):
        raise NotFoundError(f"there is no job {str(job)[:40]!r}; see them with: pinxit jobs list")
    return row


def requested(db: sqlite3.Connection, owner: str, key: str) -> Row | None:
    """The job that somebody asked for under a key."""
    query = "SELECT * FROM jobs WHERE owner = ? AND request_key = ?"
    return db.execute(query, (owner, key)).fetchone()


def starting_with(db: sqlite3.Connection, start: str) -> list[str]:
    """Names of two jobs at most that start so; of hex digits."""
    found = db.execute("SELECT id FROM jobs WHERE id >= ? AND id < ? LIMIT 2", (start, start + "g"))
    return [row["id"] for row in found]


def listed(
    db: sqlite3.Connection,
    *,
    owner: str | None = None,
    states: Collection[str] = (),
    kinds: Collection[str] = (),
    ended_before: float | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> list[Row]:
    """Rows that fit, the newest first."""
    where, values = _where(owner, states, kinds)
    for name, mark in (("ended", ended_before), ("number", before)):
        if mark is not None:
            where, values = [*where, f"{name} < ?"], [*values, mark]
    query = f"SELECT * FROM jobs WHERE {' AND '.join(where)} ORDER BY number DESC"
    if limit is not None:
        query, values = f"{query} LIMIT ?", [*values, limit]
    return db.execute(query, values).fetchall()


def counted(
    db: sqlite3.Connection, owner: str | None = None, states: Collection[str] = ()
) -> dict[tuple[str, str], int]:
    """How many there are of each kind and state."""
    where, values = _where(owner, states, ())
    query = f"SELECT kind, state, count(*) AS n FROM jobs WHERE {' AND '.join(where)} GROUP BY kind, state"
    return {(row["kind"], row["state"]): row["n"] for row in db.execute(query, values)}


def names(db: sqlite3.Connection) -> set[str]:
    """Names of all jobs."""
    return {row["id"] for row in db.execute("SELECT id FROM jobs")}


def change(db: sqlite3.Connection, number: int, **values: Any) -> Row:
    """Change columns of a row; the row as it is then."""
    columns = ", ".join(f"{name} = ?" for name in values)
    query = f"UPDATE jobs SET {columns}, revision = revision + 1 WHERE number = ? RETURNING *"
    return db.execute(query, (*values.values(), number)).fetchone()


def delete(db: sqlite3.Connection, numbers: Sequence[int]) -> None:
    """Remove rows, and what is known about the turns of those who have none left."""
    db.executemany("DELETE FROM jobs WHERE number = ?", [(number,) for number in numbers])
    db.execute("DELETE FROM turns WHERE owner NOT IN (SELECT owner FROM jobs)")


def waiting(db: sqlite3.Connection, now: float) -> bool:
    """Whether a job could be begun now; a look that holds nobody up."""
    query = "SELECT 1 FROM jobs WHERE state = 'queued' AND ready <= ? LIMIT 1"
    return db.execute(query, (now,)).fetchone() is not None


def running(db: sqlite3.Connection) -> dict[str, int]:
    """How many of each kind run, wherever."""
    query = "SELECT kind, count(*) AS n FROM jobs WHERE state = 'running' GROUP BY kind"
    return {row["kind"]: row["n"] for row in db.execute(query)}


def claim(db: sqlite3.Connection, kinds: Sequence[str], lease: str, until: float, now: float) -> Row | None:
    """Take the next job of these kinds: of the highest priority, of whoever was not served for longest, the oldest."""
    row = db.execute(
        f"""
        UPDATE jobs
        SET state = 'running', wish = NULL, lease = ?, lease_until = ?, attempts = attempts + 1,
            started = coalesce(started, ?), error = NULL, revision = revision + 1
        WHERE number = (
            SELECT number FROM jobs LEFT JOIN turns ON turns.owner = jobs.owner
            WHERE state = 'queued' AND ready <= ? AND (deadline IS NULL OR deadline > ?) AND kind IN ({_marks(kinds)})
            ORDER BY priority DESC, coalesce(turn, 0), number LIMIT 1
        )
        RETURNING *
        """,
        (lease, until, now, now, now, *kinds),
    ).fetchone()
    if row is not None:
        turn = "INSERT INTO turns (owner, turn) VALUES (?, (SELECT coalesce(max(turn), 0) + 1 FROM turns))"
        db.execute(f"{turn} ON CONFLICT (owner) DO UPDATE SET turn = excluded.turn", (row["owner"],))
    return row


def leased(db: sqlite3.Connection, job: str, lease: str) -> Row | None:
    """The row of a running job, if this lease holds it still."""
    query = "SELECT * FROM jobs WHERE id = ? AND lease = ? AND state = 'running'"
    return db.execute(query, (job, lease)).fetchone()


def renew(db: sqlite3.Connection, number: int, until: float) -> None:
    """Hold a job for longer; nothing that anybody looks at changes."""
    db.execute("UPDATE jobs SET lease_until = ? WHERE number = ?", (until, number))


def expired(db: sqlite3.Connection, now: float) -> list[Row]:
    """Running jobs whose holder is not heard of any more."""
    return db.execute("SELECT * FROM jobs WHERE state = 'running' AND lease_until < ?", (now,)).fetchall()


def overdue(db: sqlite3.Connection, now: float) -> list[Row]:
    """Jobs that wait past their deadline."""
    query = "SELECT * FROM jobs WHERE state IN ('queued', 'paused') AND deadline <= ?"
    return db.execute(query, (now,)).fetchall()


def text_of(value: Any) -> str | None:
    """A value as JSON text for a column; None stays None."""
    return None if value is None else json.dumps(value, sort_keys=True, allow_nan=False)


def _where(owner: str | None, states: Collection[str], kinds: Collection[str]) -> tuple[list[str], list[Any]]:
    where, values = ["1 = 1"], []
    if owner is not None:
        where, values = [*where, "owner = ?"], [*values, owner]
    for name, wanted in (("state", states), ("kind", kinds)):
        if wanted:
            where, values = [*where, f"{name} IN ({_marks(wanted)})"], [*values, *wanted]
    return where, values


def _marks(values: Collection[Any]) -> str:
    return ", ".join("?" * len(values))
