"""PersonalSettings: each user's own dials of each style, in versions that are kept."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinxit.library.database import connected, transaction
from pinxit.library.ratings import check_user
from pinxit.library.rows import family_of, kept, now


@dataclass(frozen=True)
class PersonalSetting:
    """One version of one user's dials of a style.

    Args:
        version: 1 and up.
        settings: Dial to value; empty after a reset.
        facts: What is known about them: interval, likely_better, regret, answers, ...
        created: ISO time, UTC.
    """

    version: int
    settings: Mapping[str, float]
    facts: Mapping[str, Any]
    created: str


class PersonalSettings:
    """The personal settings in a library's database.

    Every method raises NotFoundError when there is no such style, or when it is in the trash.

    Args:
        database: The library's file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database

    def versions(self, name: str, user: str) -> tuple[PersonalSetting, ...]:
        """All versions, the newest last."""
        with connected(self._database) as db:
            query = "SELECT * FROM personal_settings WHERE family = ? AND user = ? ORDER BY version"
            return tuple(_setting(row) for row in db.execute(query, (family_of(kept(db, name)), check_user(user))))

    def current(self, name: str, user: str) -> PersonalSetting | None:
        """The newest version, or None."""
        return next(iter(self.versions(name, user)[::-1]), None)

    def add(self, name: str, user: str, settings: Mapping[str, float], facts: Mapping[str, Any]) -> PersonalSetting:
        """Add a version; from now on it is the current one."""
        user = check_user(user)
        with connected(self._database) as db, transaction(db):
            family = family_of(kept(db, name))
            query = "SELECT coalesce(max(version), 0) FROM personal_settings WHERE family = ? AND user = ?"
            (last,) = db.execute(query, (family, user)).fetchone()
            found = PersonalSetting(last + 1, dict(settings), dict(facts), now())
            values = (family, user, found.version, json.dumps(found.settings), json.dumps(found.facts), found.created)
            columns = "family, user, version, settings, facts, created"
            db.execute(f"INSERT INTO personal_settings ({columns}) VALUES (?, ?, ?, ?, ?, ?)", values)
        return found


def _setting(row: sqlite3.Row) -> PersonalSetting:
    return PersonalSetting(row["version"], json.loads(row["settings"]), json.loads(row["facts"]), row["created"])
