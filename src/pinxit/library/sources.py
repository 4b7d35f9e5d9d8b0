"""StyleSources: the files that a style of the library was learned from, so that they can be found again."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinxit.library.database import connected, transaction
from pinxit.library.rows import family_of, kept

REFERENCE = "reference"


@dataclass(frozen=True)
class Source:
    """One file.

    Args:
        path: Absolute.
        sha256: Of its bytes when it was learned from.
        role: "reference", or the option that it came with: "neutral", "before", "contents".
    """

    path: Path
    sha256: str
    role: str = REFERENCE

    @property
    def state(self) -> str:
        """What became of it: "there", "changed" or "missing"."""
        try:
            return "there" if digest_of(self.path) == self.sha256 else "changed"
        except OSError:
            return "missing"


@dataclass(frozen=True)
class Learning:
    """What a style was learned from, and how.

    Args:
        sources: The files, in order.
        options: Of ``learning.style.learn_style``: kind, minutes, refine, encoder, seed.
        added_at: ISO time at which the style came into the library, UTC.
    """

    sources: tuple[Source, ...]
    options: Mapping[str, Any]
    added_at: str

    def of_role(self, role: str = REFERENCE) -> tuple[Source, ...]:
        """The files of one role."""
        return tuple(source for source in self.sources if source.role == role)


class StyleSources:
    """The sources in a library's database; they stay on this machine.

    Every method raises NotFoundError when there is no such style, or when it is in the trash.

    Args:
        database: The library's file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database

    def record(
        self, name: str, files: Mapping[str, Iterable[Any]], options: Mapping[str, Any], *, more: bool = False
    ) -> None:
        """Note what the style of this name was learned from; an earlier note about it is replaced.

        Args:
            name: Of the style.
            files: Role to what was given; what is no path to a file that can be read is left out, as learning does.
            options: As of :class:`Learning`.
            more: The style continues its last version, whose files are noted too.
        """
        sources = sources_of(files)
        with connected(self._database) as db, transaction(db):
            row = kept(db, name)
            style = row["id"]
            if more:
                sources = list(dict.fromkeys([*_before(db, row), *sources]))
            db.execute("DELETE FROM sources WHERE style = ?", (style,))
            rows = [(style, source.role, str(source.path), source.sha256) for source in sources]
            db.executemany("INSERT INTO sources (style, role, path, sha256) VALUES (?, ?, ?, ?)", rows)
            text = json.dumps(dict(options), sort_keys=True)
            db.execute("INSERT OR REPLACE INTO learnings (style, options) VALUES (?, ?)", (style, text))

    def of(self, name: str) -> Learning | None:
        """What is noted about a style; None for one that was imported, blended or learned before notes were taken."""
        with connected(self._database) as db:
            row = kept(db, name)
            known = db.execute("SELECT options FROM learnings WHERE style = ?", (row["id"],)).fetchone()
            if known is None:
                return None
            return Learning(_sources(db, row["id"]), json.loads(known["options"]), row["added_at"])


def _sources(db: sqlite3.Connection, style: int) -> tuple[Source, ...]:
    found = db.execute("SELECT * FROM sources WHERE style = ? ORDER BY id", (style,))
    return tuple(Source(Path(one["path"]), one["sha256"], one["role"]) for one in found)


def _before(db: sqlite3.Connection, row: sqlite3.Row) -> tuple[Source, ...]:
    """The sources of the version before this one."""
    query = "SELECT max(id) FROM styles WHERE coalesce(family, id) = ? AND id < ?"
    (style,) = db.execute(query, (family_of(row), row["id"])).fetchone()
    return () if style is None else _sources(db, style)


def sources_of(files: Mapping[str, Iterable[Any]]) -> list[Source]:
    """The sources that files are, by role, each once."""
    found: dict[tuple[str, Path], Source] = {}
    for role, paths in files.items():
        for path in paths:
            if not isinstance(path, str | os.PathLike):
                continue
            place = Path(path).expanduser().absolute()
            try:
                found.setdefault((role, place), Source(place, digest_of(place), role))
            except OSError:
                continue
    return list(found.values())


def digest_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
