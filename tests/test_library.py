"""The library: names, trash, other processes, and death at any moment."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from pinxit.errors import CapacityError, InputError, NotFoundError, StyleError
from pinxit.library import Library
from pinxit.library.library import name_from
from pinxit.library.migrations import MIGRATIONS
from pinxit.provenance import Provenance
from pinxit.settings import pinxit_home
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def style(gain: float = 0.5, name: str | None = None) -> Style:
    return Style(
        name=name, tone=Tone(lut=Lut(Lut.identity(3).table * np.float32(gain))), provenance=Provenance(references=4)
    )


def gain_of(found: Style) -> float:
    return float(found.tone.lut.table.max())


@pytest.fixture
def library(home) -> Library:
    return Library()


def names(library: Library, **options) -> list[str]:
    return [entry.name for entry in library.list(**options)]


class TestNames:
    def test_add_and_get(self, library):
        entry = library.add(style(), "golden hour")
        assert (entry.name, entry.kind, entry.references) == ("golden hour", "photo", 4)
        assert gain_of(library.get("golden hour")) == 0.5 and library.get("Golden Hour").name == "golden hour"

    def test_taken(self, library):
        library.add(style(), "a")
        with pytest.raises(InputError, match="'a' is there already"):
            library.add(style(0.7), "A")
        assert gain_of(library.get("a")) == 0.5

    def test_replace_keeps_the_old_one_in_the_trash(self, library):
        library.add(style(0.5), "a")
        library.add(style(0.7), "a", replace=True)
        assert gain_of(library.get("a")) == pytest.approx(0.7)
        library.delete("a")
        library.purge(["a"])
        assert names(library, trash=True) == []

    @pytest.mark.parametrize("name", ["../x", "", "a/b", "x" * 100])
    def test_not_allowed(self, library, name):
        with pytest.raises(InputError):
            library.add(style(), name)
        with pytest.raises(NotFoundError):
            library.get(name)

    def test_without_any(self, library):
        with pytest.raises(InputError, match="no name"):
            library.add(style())
        assert library.add(style(name="own")).name == "own"

    def test_missing_with_a_hint(self, library):
        library.add(style(), "golden hour")
        with pytest.raises(NotFoundError, match=r"did you mean 'golden hour'\?"):
            library.get("goldenhour")

    def test_rename(self, library):
        library.add(style(0.5), "a")
        library.add(style(0.7), "b")
        with pytest.raises(InputError):
            library.rename("a", "b")
        assert library.rename("a", "A").name == "A"
        assert library.rename("A", "c").name == "c"
        assert names(library) == ["b", "c"] and library.get("c").name == "c"
        with pytest.raises(NotFoundError):
            library.rename("nobody", "d")

    def test_name_from_file(self, tmp_path):
        assert name_from(tmp_path / "Kodak (Portra)+400.cube") == "Kodak Portra 400"
        assert name_from(tmp_path / "...cube") == "imported"


class TestTrash:
    def test_delete_and_undelete(self, library):
        library.add(style(), "a")
        assert library.delete("a").deleted_at
        assert names(library) == [] and names(library, trash=True) == ["a"]
        with pytest.raises(NotFoundError):
            library.get("a")
        assert library.undelete("a").deleted_at is None and gain_of(library.get("a")) == 0.5

    def test_undelete_takes_the_last(self, library):
        for gain in (0.25, 0.75):
            library.add(style(gain), "a")
            library.delete("a")
        assert gain_of(library.get(library.undelete("a").name)) == 0.75
        with pytest.raises(InputError):
            library.undelete("a")
        assert gain_of(library.get(library.undelete("a", "b").name)) == 0.25

    def test_purge(self, library, home):
        library.add(style(0.5), "a")
        library.add(style(0.5, name="a"), "b")
        library.delete("a")
        with pytest.raises(NotFoundError):
            library.purge(["b"])
        assert library.purge() == 1 and library.purge() == 0
        assert names(library) == ["b"] and len(list((home / "styles").iterdir())) == 1
        assert gain_of(library.get("b")) == 0.5

    def test_purge_spares_a_shared_file(self, library):
        for name in ("a", "a"):
            library.add(style(0.5), name)
            library.delete(name)
        library.undelete("a")
        library.purge()
        assert gain_of(library.get("a")) == 0.5


class TestFiles:
    def test_export_and_import(self, library, tmp_path):
        library.add(style(), "a")
        path = library.export_file("a", tmp_path / "x.pinxit")
        with pytest.raises(InputError):
            library.import_file(path)
        assert library.import_file(path, "b").name == "b"
        library.delete("a")
        assert library.import_file(path).name == "a"

    def test_damaged_file(self, library, home):
        library.add(style(), "a")
        library.file("a").write_bytes(b"x")
        with pytest.raises(StyleError, match="damaged"):
            library.get("a")
        library.file("a").unlink()
        with pytest.raises(StyleError, match="gone"):
            library.get("a")

    def test_blend(self, library):
        library.add(style(0.5), "a")
        library.add(style(1.0), "b")
        assert gain_of(library.blend({"a": 1, "b": 3}, "c")) == pytest.approx(0.875)
        assert gain_of(library.get("c")) == pytest.approx(0.875)
        with pytest.raises(InputError):
            library.blend({"a": 1}, "b")


class TestDatabase:
    def test_lost_database_is_made_again(self, library, home):
        library.add(style(0.5), "a")
        library.add(style(0.7), "b")
        library.delete("a")
        library.add(style(0.9), "a")
        (home / "styles" / ("0" * 64 + ".pinxit")).write_bytes(b"not what its name says")
        for path in home.glob("library.sqlite*"):
            path.unlink()
        assert sorted(names(Library())) == ["a", "a-2", "b"]

    def test_damaged(self, home):
        (home / "library.sqlite").write_bytes(b"garbage" * 1000)
        with pytest.raises(StyleError, match="damaged"):
            Library()

    def test_newer(self, library, home):
        with sqlite3.connect(home / "library.sqlite") as db:
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        with pytest.raises(StyleError, match="update pinxit"):
            Library()

    def test_write_ahead(self, library, home):
        with sqlite3.connect(home / "library.sqlite") as db:
            assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)

    def test_home_is_a_file(self, home):
        (home / "file").write_text("")
        with pytest.raises(CapacityError):
            Library(home / "file")
        with pytest.raises(CapacityError):
            Library(home / "file" / "below")

    def test_full_disk(self, library, home, monkeypatch):
        library.add(style(), "a")
        monkeypatch.setattr("pathlib.Path.write_bytes", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(CapacityError, match="room"):
            library.add(style(0.9), "b")
        monkeypatch.undo()
        assert names(library) == ["a"] and len(list((home / "styles").iterdir())) == 1

    def test_old_leftovers_are_swept(self, library, home):
        library.add(style(), "a")
        old, new = home / "styles" / ".pinxit-0.part.pinxit", home / "styles" / "orphan.pinxit"
        for path in (old, new):
            path.write_bytes(b"x")
        os.utime(old, (1, 1))
        assert gain_of(Library().get("a")) == 0.5
        assert not old.exists() and new.exists()


def test_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("PINXIT_HOME", "~/styles")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert pinxit_home() == tmp_path / "styles" and pinxit_home(tmp_path / "x") == tmp_path / "x"
    monkeypatch.delenv("PINXIT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert pinxit_home() == tmp_path / "data" / "pinxit"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert pinxit_home() == tmp_path / ".local" / "share" / "pinxit"


def add_many(home: str, worker: int) -> list[str]:
    library = Library(home)
    done = []
    for number in range(6):
        try:
            library.add(style(worker + number / 10), f"style {number}")
            done.append(f"style {number}")
        except InputError:
            pass
    return done


def test_processes_share(home):
    """Four processes start the library at once and fight for six names: each name has one winner."""
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        won = pool.starmap(add_many, [(str(home), worker) for worker in range(4)])
    assert (
        sorted(name for winner in won for name in winner)
        == sorted(names(Library()))
        == [f"style {n}" for n in range(6)]
    )


LOOP = """
import sys, numpy as np
from pinxit.library import Library
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone
library = Library()
for number in range(100000):
    gain = np.float32(1 + number / 1000 + {run})
    library.add(Style(tone=Tone(lut=Lut(Lut.identity(9).table * gain))), f"{run}-{{number}}")
    print(number, flush=True)
    if number % 3 == 1:
        library.delete(f"{run}-{{number - 1}}")
    if number % 5 == 4:
        library.purge()
"""


def test_killed_at_any_moment(home):
    """Whatever was reported as kept is there and sound; whatever is there is sound."""
    random = np.random.default_rng(0)
    for run in range(5):
        process = subprocess.Popen([sys.executable, "-c", LOOP.format(run=run)], stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "0\n"
        time.sleep(random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        reported = [0, *map(int, process.stdout.read().split())]
        process.wait()
        library = Library()
        live, trash = names(library), names(library, trash=True)
        for number in reported[:-1]:
            # Once the next one is reported, this one may be in the trash, and the trash empty, before a word of it.
            deleted = number % 3 == 0 and number + 1 in reported
            assert deleted or f"{run}-{number}" in live or f"{run}-{number}" in trash
        for name in live:
            library.get(name)
        with sqlite3.connect(home / "library.sqlite") as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
