"""The rows of the library's table of styles."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches

from pinxit.errors import InputError, NotFoundError
from pinxit.style import Style, check_name

LIVE, TRASH = "deleted_at IS NULL", "deleted_at IS NOT NULL"


@dataclass(frozen=True)
class StyleEntry:
    """One style of the library.

    Args:
        name: Its name.
        kind: "photo", "table", "blend", ...; see ``Provenance.kind``.
        references: How many pictures it was learned from.
        created: ISO date of the style.
        added_at: ISO time at which it came into the library, UTC.
        deleted_at: ISO time at which it went to the trash, or None.
        digest: SHA-256 of its file.
    """

    name: str
    kind: str
    references: int
    created: str
    added_at: str
    deleted_at: str | None
    digest: str

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> "StyleEntry":
        """The entry of a row."""
        values = {key: row[key] for key in ("name", "kind", "created", "added_at", "deleted_at", "digest")}
        return cls(references=row["references_count"], **values)


def key_of(name: str) -> str:
    """What makes a name unique: the name without case; empty for what cannot be a name."""
    try:
        return check_name(name).casefold()
    except InputError:
        return ""


def now() -> str:
    """The time in UTC, ISO."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def find(db: sqlite3.Connection, name: str, state: str = LIVE) -> sqlite3.Row:
    """The row of a name, in the trash the last deleted one.

    Raises:
        NotFoundError: There is none.
    """
    query = f"SELECT * FROM styles WHERE key = ? AND {state} ORDER BY deleted_at DESC, id DESC"
    row = db.execute(query, (key_of(name),)).fetchone()
    if row is not None:
        return row
    if state == TRASH:
        raise NotFoundError(f"the trash has no style {name!r}; see what it has with: pinxit styles list --trash")
    names = {row["key"]: row["name"] for row in db.execute(f"SELECT key, name FROM styles WHERE {LIVE}")}
    near = get_close_matches(str(name).casefold(), names, n=1, cutoff=0.6)
    hint = f" (did you mean {names[near[0]]!r}?)" if near else ""
    raise NotFoundError(f"there is no style {name!r}{hint}; see them all with: pinxit styles list")


def check_free(db: sqlite3.Connection, name: str) -> None:
    """Raise InputError when a style that is not in the trash has the name."""
    row = db.execute(f"SELECT name FROM styles WHERE key = ? AND {LIVE}", (key_of(name),)).fetchone()
    if row is not None:
        raise InputError(
            f"a style {row['name']!r} is there already; take another name, or --replace to put the old one in the trash"
        )


def kept(db: sqlite3.Connection, name: str) -> sqlite3.Row:
    """The row of a style that is not in the trash, for those who look for what belongs to it.

    Raises:
        NotFoundError: There is none; it says so when the trash has it.
    """
    try:
        return find(db, name)
    except NotFoundError:
        if db.execute(f"SELECT 1 FROM styles WHERE key = ? AND {TRASH}", (key_of(name),)).fetchone() is None:
            raise
        raise NotFoundError(
            f"the style {name!r} is in the trash; bring it back first with: pinxit styles undelete {name!r}"
        ) from None


def family_of(row: sqlite3.Row) -> int:
    """What joins the versions of a style: the row of the first one."""
    return row["id"] if row["family"] is None else row["family"]


def put_aside(db: sqlite3.Connection, row: sqlite3.Row) -> None:
    """Move a style to the trash as an old version: its name gets a number and the day it came."""
    family = family_of(row)
    (number,) = db.execute("SELECT count(*) FROM styles WHERE coalesce(family, id) = ?", (family,)).fetchone()
    name = f"{row['name'][:56].rstrip(' .')} v{number} {row['added_at'][:10]}"
    db.execute(
        "UPDATE styles SET deleted_at = ?, name = ?, key = ? WHERE id = ?", (now(), name, key_of(name), row["id"])
    )


def insert(db: sqlite3.Connection, style: Style, digest: str, family: int | None = None) -> StyleEntry:
    """Add a style with a name, to the family of another one if it continues that."""
    about = style.provenance
    values = (style.name, key_of(style.name), digest, about.kind, about.references, about.created, now(), family)
    columns = "name, key, digest, kind, references_count, created, added_at, family"
    db.execute(f"INSERT INTO styles ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return StyleEntry.from_row(find(db, style.name))


def free_name(db: sqlite3.Connection, name: str) -> str:
    """The name, or with a number behind it when it is taken."""
    taken = {row["key"] for row in db.execute(f"SELECT key FROM styles WHERE {LIVE}")}
    choices = (name if number < 2 else f"{name[:70].rstrip(' .')}-{number}" for number in range(1, len(taken) + 2))
    return next(choice for choice in choices if key_of(choice) not in taken)


def digests(db: sqlite3.Connection) -> set[str]:
    """SHA-256 of every file that a row names, trash included."""
    return {row["digest"] for row in db.execute("SELECT digest FROM styles")}
