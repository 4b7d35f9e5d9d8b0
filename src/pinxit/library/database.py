"""One SQLite file: connections, transactions, and its errors in our words."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from pinxit.errors import CapacityError, StyleError
from pinxit.library.migrations import MIGRATIONS

_PATIENCE = 30.0  # seconds that a process waits for another one's transaction


@contextlib.contextmanager
def connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database for one piece of work; every thread and process opens its own.

    Raises:
        CapacityError: The disk is full, the folder cannot be written, or another process holds the database too long.
        StyleError: The file is damaged or was made by a newer pinxit.
    """
    try:
        db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            db.row_factory = sqlite3.Row
            _write_ahead(db)
            db.execute("PRAGMA synchronous = FULL")
            _check_version(db, path)
            yield db
        finally:
            db.close()
    except sqlite3.Error as error:
        raise _told(error, path) from error


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Everything in the block happens, or nothing; one writer at a time, across processes."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _write_ahead(db: sqlite3.Connection) -> None:
    """Turn WAL on. SQLite does not wait for others here as it does elsewhere, so this does."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)


def _check_version(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise StyleError(
            f"the library {path} has version {version}, and this pinxit knows {len(MIGRATIONS)}; "
            "update pinxit, or set PINXIT_HOME to another folder"
        )


def _told(error: sqlite3.Error, path: Path) -> Exception:
    text = str(error)
    if "full" in text:
        return CapacityError(f"the disk has no room for {path}; free some space or set PINXIT_HOME to another disk")
    if "disk I/O" in text:  # also what SQLite says where a full disk has no room for the files beside the database
        return CapacityError(f"the disk does not take or give {path} ({text}); free some space, or see to the disk")
    if "locked" in text or "busy" in text:
        return CapacityError(f"another process has kept {path} for {_PATIENCE:.0f} seconds; wait for it and try again")
    if isinstance(error, sqlite3.OperationalError) and any(word in text for word in ("readonly", "unable to open")):
        return CapacityError(f"{path} cannot be written ({text}); set PINXIT_HOME to a folder that you may write to")
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.ProgrammingError):
        return StyleError(f"{path} is damaged ({text}); move it away: the next run makes it anew from the style files")
    return error
