"""Ratings: what people said about results of a style; only ever added, or undone."""

import getpass
import json
import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pinxit.errors import InputError
from pinxit.library.database import connected, transaction
from pinxit.library.rows import family_of, kept, now
from pinxit.style import check_name

PAIR_CHOICES = ("left", "right", "same")
SINGLE_CHOICES = ("like", "dislike")


@dataclass(frozen=True)
class Rating:
    """One answer of one person.

    Args:
        left: Settings of the left result, or of the only one.
        right: Settings of the right result; None when there was one alone.
        choice: "left", "right" or "same" of two; "like" or "dislike" of one.
        content: SHA-256 of what was shown with the settings, or None.
        rated_at: ISO time, UTC.
        token: What tells this rating from all others, also in other libraries.

    Raises:
        InputError: A choice that does not fit the number of results.
    """

    left: Mapping[str, float]
    right: Mapping[str, float] | None
    choice: str
    content: str | None = None
    rated_at: str = field(default_factory=now)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        wanted = SINGLE_CHOICES if self.right is None else PAIR_CHOICES
        if self.choice not in wanted:
            results = "one result" if self.right is None else "two results"
            raise InputError(f"the choice {self.choice!r} came for {results}; {', '.join(wanted)} are wanted")

    @property
    def said(self) -> float:
        """The answer as a number: 1 for left or like, 0 for right or dislike, 0.5 for the same."""
        return {"left": 1.0, "like": 1.0, "same": 0.5}.get(self.choice, 0.0)


class Ratings:
    """The ratings in a library's database.

    Every method raises NotFoundError when there is no such style, or when it is in the trash.

    Args:
        database: The library's file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database

    def list(self, name: str, user: str) -> tuple[Rating, ...]:
        """The ratings of a style by a user that are not undone, the first one first."""
        with connected(self._database) as db:
            query = "SELECT * FROM ratings WHERE family = ? AND user = ? AND undone_at IS NULL ORDER BY id"
            return tuple(_rating(row) for row in db.execute(query, (family_of(kept(db, name)), check_user(user))))

    def add(self, name: str, user: str, ratings: Iterable[Rating]) -> int:
        """Add ratings; those that are there already are passed over, and those that were undone count again.

        Returns:
            How many count that did not before.
        """
        user = check_user(user)
        columns = "token, family, user, first, second, content, choice, rated_at"
        with connected(self._database) as db, transaction(db):
            family = family_of(kept(db, name))
            values = [
                (r.token, family, user, _text(r.left), r.right and _text(r.right), r.content, r.choice, r.rated_at)
                for r in ratings
            ]
            before = db.total_changes
            again = "ON CONFLICT DO UPDATE SET undone_at = NULL WHERE undone_at IS NOT NULL"
            db.executemany(f"INSERT INTO ratings ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) {again}", values)
            return db.total_changes - before

    def undo(self, name: str, user: str, *, all: bool = False) -> int:
        """Take the last rating back, or all of them; the rows stay.

        Returns:
            How many were undone.

        Raises:
            InputError: There is none.
        """
        user = check_user(user)
        with connected(self._database) as db, transaction(db):
            family = family_of(kept(db, name))
            which = "family = ? AND user = ? AND undone_at IS NULL"
            last = f"id = (SELECT max(id) FROM ratings WHERE {which})"
            done = db.execute(
                f"UPDATE ratings SET undone_at = ? WHERE {which if all else last}", (now(), family, user)
            ).rowcount
        if not done:
            raise InputError(f"{user} has no rating of {name!r} to take back")
        return done


def check_user(user: str | None) -> str:
    """A user's name in its one spelling; None is the name by which the operating system knows them.

    Raises:
        InputError: The name is not allowed, or the system has none.
    """
    try:
        user = getpass.getuser() if user is None else user
    except (OSError, KeyError, ImportError) as error:
        raise InputError("the system does not say who you are; say it with --user NAME") from error
    try:
        return check_name(user)
    except InputError as error:
        raise InputError(str(error).replace("cannot name a style", "cannot name a user (--user)")) from error


def _text(settings: Mapping[str, float]) -> str:
    return json.dumps(dict(settings), sort_keys=True, allow_nan=False)


def _rating(row: sqlite3.Row) -> Rating:
    right: Any = row["second"] and json.loads(row["second"])
    return Rating(json.loads(row["first"]), right, row["choice"], row["content"], row["rated_at"], row["token"])
