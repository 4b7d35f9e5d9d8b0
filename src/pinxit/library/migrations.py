"""The library's database schema, one step after the other; a step that was published is never changed."""

import sqlite3
from collections.abc import Callable

MIGRATIONS: list[Callable[[sqlite3.Connection], None]] = []
migration = MIGRATIONS.append

_GONE_WITH_THE_STYLE = """
CREATE TRIGGER {table}_gone AFTER DELETE ON styles
BEGIN
    DELETE FROM {table} WHERE family NOT IN (SELECT coalesce(family, id) FROM styles);
END
"""


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


@migration
def m002_ratings(db: sqlite3.Connection) -> None:
    """What people said about results of a style. ``family`` joins a style with the versions of it that came before.

    Ratings are only ever added; an undone one keeps its row. They go when the last version of the style does.
    """
    db.execute("ALTER TABLE styles ADD COLUMN family INTEGER")
    db.execute(
        """
        CREATE TABLE ratings (
            id INTEGER PRIMARY KEY,
            token TEXT NOT NULL,
            family INTEGER NOT NULL,
            user TEXT NOT NULL,
            first TEXT NOT NULL,
            second TEXT,
            content TEXT,
            choice TEXT NOT NULL CHECK (choice IN ('left', 'right', 'same', 'like', 'dislike')),
            rated_at TEXT NOT NULL,
            undone_at TEXT,
            UNIQUE (family, user, token)
        )
        """
    )
    db.execute(
        """
        CREATE TRIGGER ratings_only_grow
        BEFORE UPDATE OF id, token, family, user, first, second, content, choice, rated_at ON ratings
        BEGIN SELECT RAISE(ABORT, 'ratings are only ever added or undone'); END
        """
    )
    db.execute(_GONE_WITH_THE_STYLE.format(table="ratings"))


@migration
def m003_personal_settings(db: sqlite3.Connection) -> None:
    """A person's own dials of a style, every version of them."""
    db.execute(
        """
        CREATE TABLE personal_settings (
            id INTEGER PRIMARY KEY,
            family INTEGER NOT NULL,
            user TEXT NOT NULL,
            version INTEGER NOT NULL,
            settings TEXT NOT NULL,
            facts TEXT NOT NULL,
            created TEXT NOT NULL,
            UNIQUE (family, user, version)
        )
        """
    )
    db.execute(_GONE_WITH_THE_STYLE.format(table="personal_settings"))


@migration
def m004_sources(db: sqlite3.Connection) -> None:
    """What a version of a style was learned from, and how; known to this library alone, never in the style's file."""
    db.execute("CREATE TABLE learnings (style INTEGER PRIMARY KEY, options TEXT NOT NULL)")
    db.execute(
        """
        CREATE TABLE sources (
            id INTEGER PRIMARY KEY,
            style INTEGER NOT NULL,
            role TEXT NOT NULL,
            path TEXT NOT NULL,
            sha256 TEXT NOT NULL
        )
        """
    )
    db.execute("CREATE INDEX sources_style ON sources (style)")
    db.execute(
        """
        CREATE TRIGGER sources_gone AFTER DELETE ON styles
        BEGIN
            DELETE FROM sources WHERE style = OLD.id;
            DELETE FROM learnings WHERE style = OLD.id;
        END
        """
    )


@migration
def m005_jobs(db: sqlite3.Connection) -> None:
    """Work that waits, runs or is done. Times are seconds since 1970; ``lease`` names who has a running job.

    ``revision`` grows with every change of a row; ``turns`` holds who was served last, so that everybody comes in turn.
    """
    db.execute(
        """
        CREATE TABLE jobs (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            owner TEXT NOT NULL,
            kind TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')),
            wish TEXT CHECK (wish IN ('pause', 'cancel')),
            priority INTEGER NOT NULL,
            arguments TEXT NOT NULL,
            request TEXT NOT NULL,
            request_key TEXT,
            created REAL NOT NULL,
            ready REAL NOT NULL,
            deadline REAL,
            started REAL,
            ended REAL,
            lease TEXT,
            lease_until REAL,
            attempts INTEGER NOT NULL DEFAULT 0,
            returns INTEGER NOT NULL DEFAULT 0,
            crashes INTEGER NOT NULL DEFAULT 0,
            reached TEXT NOT NULL DEFAULT '{}',
            progress TEXT,
            result TEXT,
            error TEXT,
            revision INTEGER NOT NULL DEFAULT 1
        )
        """
    )
    db.execute("CREATE UNIQUE INDEX jobs_request ON jobs (owner, request_key) WHERE request_key IS NOT NULL")
    db.execute("CREATE INDEX jobs_waiting ON jobs (state, priority DESC, number)")
    db.execute("CREATE INDEX jobs_owner ON jobs (owner, number)")
    db.execute("CREATE TABLE turns (owner TEXT PRIMARY KEY, turn INTEGER NOT NULL)")


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
