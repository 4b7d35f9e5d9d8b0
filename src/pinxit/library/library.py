"""The library of styles: names, files, trash."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pinxit.blending import blend_styles
from pinxit.errors import InputError
from pinxit.exporting.importing import style_from_file
from pinxit.library.database import connected, transaction
from pinxit.library.migrations import MIGRATIONS, migrate
from pinxit.library.personal_settings import PersonalSettings
from pinxit.library.ratings import Ratings
from pinxit.library.rows import (
    LIVE,
    TRASH,
    StyleEntry,
    check_free,
    digests,
    family_of,
    find,
    free_name,
    insert,
    key_of,
    now,
    put_aside,
)
from pinxit.library.shelf import Shelf
from pinxit.library.sources import StyleSources
from pinxit.settings import pinxit_home
from pinxit.style import Style, check_name


class Library:
    """Styles by unique names; upper and lower case count as the same name.

    Every style is a file named after its content, written before the row that names it; both happen under the
    database's write lock. A process may be killed at any moment: what it leaves is a file without a row, which a later
    start removes. Objects may be used from several threads and processes at once.

    Args:
        home: Its folder, made when missing; None takes ``PINXIT_HOME`` or the user's data folder.

    Beside the styles it keeps ``ratings``, ``personal`` (settings) and ``sources`` (what was learned from).

    Raises:
        CapacityError: The folder cannot be written.
        StyleError: The database is damaged or was made by a newer pinxit.
    """

    def __init__(self, home: str | os.PathLike[str] | None = None) -> None:
        self.home = pinxit_home(home)
        self._database = self.home / "library.sqlite"
        self._shelf = Shelf(self.home / "styles")
        with connected(self._database) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] < len(MIGRATIONS):
                with transaction(db):
                    if migrate(db) == 0:
                        self._adopt(db)
            self._sweep(db)
        self.ratings = Ratings(self._database)
        self.personal = PersonalSettings(self._database)
        self.sources = StyleSources(self._database)

    def add(
        self, style: Style, name: str | None = None, *, replace: bool = False, continues: bool = False
    ) -> StyleEntry:
        """Keep a style.

        Args:
            style: Any style.
            name: Name to keep it under; None takes the style's own.
            replace: Move a style that has the name already to the trash.
            continues: This is a new version of the style that has the name: that one goes to the trash under the name
                with a number and a date, and its ratings and personal settings count for the new one too.

        Raises:
            InputError: No name, a name that is not allowed, or one that is taken.
        """
        chosen = name if name is not None else style.name
        if chosen is None:
            raise InputError("the style has no name; give it one to keep it in the library")
        style = style.renamed(chosen)
        data = style.to_bytes()
        with self._writing() as db:
            family = None
            if continues:
                row = find(db, chosen)
                family = family_of(row)
                put_aside(db, row)
            elif replace:
                query = f"UPDATE styles SET deleted_at = ? WHERE key = ? AND {LIVE}"
                db.execute(query, (now(), key_of(chosen)))
            check_free(db, style.name)
            return insert(db, style, self._shelf.put(data), family)

    def get(self, name: str) -> Style:
        """Load a style.

        Raises:
            NotFoundError: There is none of this name.
            StyleError: Its file is damaged or of another version.
        """
        with connected(self._database) as db:
            row = find(db, name)
            data = self._shelf.take(row["digest"], row["name"])
        return Style.from_bytes(data, row["name"]).renamed(row["name"])

    def entry(self, name: str) -> StyleEntry:
        """The row of a style.

        Raises:
            NotFoundError: There is none of this name.
        """
        with connected(self._database) as db:
            return StyleEntry.from_row(find(db, name))

    def list(self, *, trash: bool = False) -> tuple[StyleEntry, ...]:
        """All styles by name, or those in the trash, the last deleted first."""
        query = f"{TRASH} ORDER BY deleted_at DESC, id DESC" if trash else f"{LIVE} ORDER BY key"
        with connected(self._database) as db:
            return tuple(StyleEntry.from_row(row) for row in db.execute(f"SELECT * FROM styles WHERE {query}"))

    def check_free(self, name: str) -> str:
        """Return the name in its one spelling when a new style can have it.

        Raises:
            InputError: The name is not allowed or taken.
        """
        with connected(self._database) as db:
            check_free(db, check_name(name))
        return check_name(name)

    def rename(self, name: str, new_name: str) -> StyleEntry:
        """Give a style another name.

        Raises:
            NotFoundError: There is none of this name.
            InputError: The new name is not allowed or taken.
        """
        new_name = check_name(new_name)
        with self._writing() as db:
            row = find(db, name)
            if key_of(new_name) != row["key"]:
                check_free(db, new_name)
            db.execute("UPDATE styles SET name = ?, key = ? WHERE id = ?", (new_name, key_of(new_name), row["id"]))
            return StyleEntry.from_row(find(db, new_name))

    def delete(self, name: str) -> StyleEntry:
        """Move a style to the trash; :meth:`undelete` brings it back.

        Raises:
            NotFoundError: There is none of this name.
        """
        with self._writing() as db:
            row = find(db, name)
            db.execute("UPDATE styles SET deleted_at = ? WHERE id = ?", (now(), row["id"]))
            return StyleEntry.from_row(find(db, name, TRASH))

    def undelete(self, name: str, new_name: str | None = None) -> StyleEntry:
        """Bring the last deleted style of this name back, under a new name if one is given.

        Raises:
            NotFoundError: The trash has none of this name.
            InputError: The name is taken by now.
        """
        wanted = check_name(new_name if new_name is not None else name)
        with self._writing() as db:
            row = find(db, name, TRASH)
            check_free(db, wanted)
            db.execute(
                "UPDATE styles SET deleted_at = NULL, name = ?, key = ? WHERE id = ?",
                (wanted, key_of(wanted), row["id"]),
            )
            return StyleEntry.from_row(find(db, wanted))

    def purge(self, names: Sequence[str] | None = None) -> int:
        """Empty the trash for good, or only what it has under these names.

        Returns:
            How many styles are gone.

        Raises:
            NotFoundError: The trash has none of a given name; nothing is removed then.
        """
        with self._writing() as db:
            if names is None:
                rows = db.execute(f"SELECT * FROM styles WHERE {TRASH}").fetchall()
            else:
                keys = {find(db, name, TRASH)["key"] for name in names}
                rows = [row for row in db.execute(f"SELECT * FROM styles WHERE {TRASH}") if row["key"] in keys]
            db.executemany("DELETE FROM styles WHERE id = ?", [(row["id"],) for row in rows])
        with self._writing() as db:
            self._shelf.remove(map(self._shelf.path, {row["digest"] for row in rows} - digests(db)))
        return len(rows)

    def import_file(
        self, path: str | os.PathLike[str], name: str | None = None, *, replace: bool = False
    ) -> StyleEntry:
        """Keep the style of a ``.pinxit``, ``.cube`` or HaldCLUT PNG file.

        Args:
            path: The file.
            name: Name to keep it under; None takes the style's own, else the file's.
            replace: Move a style that has the name already to the trash.

        Raises:
            InputError: The file is damaged or no style, or the name is taken.
            NotFoundError: The path is not there.
        """
        style = style_from_file(path)
        return self.add(style, name or style.name or name_from(Path(path)), replace=replace)

    def file(self, name: str) -> Path:
        """The file of a style, to be read and not to be changed; errors as in :meth:`entry`."""
        return self._shelf.path(self.entry(name).digest)

    def export_file(self, name: str, path: str | os.PathLike[str]) -> Path:
        """Write a style as ``.pinxit`` file; errors as in :meth:`get` and ``Style.save``."""
        return self.get(name).save(path)

    def blend(self, weights: Mapping[str, float], name: str, *, replace: bool = False) -> Style:
        """Mix styles and keep the mixture; see ``blending.blend_styles``.

        Args:
            weights: Weight of each style by name.
            name: Name of the mixture.
            replace: Move a style that has the name already to the trash.
        """
        if not replace:
            self.check_free(name)
        style = blend_styles([(self.get(part), weight) for part, weight in weights.items()], check_name(name))
        self.add(style, replace=replace)
        return style

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with connected(self._database) as db, transaction(db):
            yield db

    def _adopt(self, db: sqlite3.Connection) -> None:
        """Take the files of a library whose database was lost into the new one."""
        for digest, data in self._shelf.sound():
            with contextlib.suppress(InputError):
                style = Style.from_bytes(data, digest)
                insert(db, style.renamed(free_name(db, style.name or "found")), digest)

    def _sweep(self, db: sqlite3.Connection) -> None:
        """Remove what killed processes left, under the lock, so that nobody is just about to name one of the files."""
        if self._shelf.leftovers(digests(db)):
            with transaction(db):
                self._shelf.remove(self._shelf.leftovers(digests(db)))


def name_from(path: Path) -> str:
    """A name for a style from the name of its file; letters that names do not have become spaces."""
    kept = "".join(c if c.isalnum() or c in " -_.," else " " for c in path.stem)
    clean = re.sub(r"\s+", " ", kept).strip(" .-_,")[:80].rstrip(" .")
    return clean or "imported"
