"""The library's database schema, one step after the other; a step that was published is never changed."""

import sqlite3
from collections.abc import Callable

MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = []
migration = MIGRATIONS.append


@migration
def m001_styles(db: sqlite3.Connection) -> None:
    """Styles by name; ``key`` is the name without case, unique among those not in the trash."""
    db.execute(
        """
        CREATE TABLE styles (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            key TEXT NOT NULL,
            digest TEXT NOT NULL,
            kind TEXT NOT NULL,
            references_count INTEGER NOT NULL,
            created TEXT NOT NULL,
            added_at TEXT NOT NULL,
            deleted_at TEXT
        )
        """
    )
    db.execute("CREATE UNIQUE INDEX styles_live_key ON styles (key) WHERE deleted_at IS NULL")
    db.execute("CREATE INDEX styles_digest ON styles (digest)")


def migrate(db: sqlite3.Connection) -> int:
    """Bring a database up to date, inside the caller's transaction.

    Returns:
        The version that it had before; 0 for an empty database.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    for step in MIGRATIONS[version:]:
        step(db)
    if version < len(MIGRATIONS):
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    return version
