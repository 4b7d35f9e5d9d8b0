"""What the library keeps about people and sources: ratings, personal settings, and where styles come from."""

import os
import sqlite3

import numpy as np
import pytest

from pinxit.errors import CapacityError, InputError, NotFoundError, StyleError
from pinxit.library import Library
from pinxit.library.ratings import Rating, check_user
from pinxit.library.sources import digest_of
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def style(gain: float = 0.5) -> Style:
    return Style(tone=Tone(lut=Lut(Lut.identity(3).table * np.float32(gain))))


def rating(warmth: float = 0.5, choice: str = "left") -> Rating:
    return Rating({"warmth": warmth}, {"warmth": -warmth}, choice)


def warmths(library: Library, name: str, user: str = "ann") -> list[float]:
    return [one.left["warmth"] for one in library.ratings.list(name, user)]


@pytest.fixture
def library(home) -> Library:
    library = Library()
    library.add(style(), "hill")
    return library


class TestRatings:
    def test_in_order_and_apart(self, library):
        library.add(style(0.7), "lake")
        library.ratings.add("hill", "ann", [rating(0.1), rating(0.2, "same")])
        library.ratings.add("hill", "ben", [rating(0.3)])
        library.ratings.add("lake", "ann", [Rating({"warmth": 0.4}, None, "dislike")])
        assert warmths(library, "HILL") == [0.1, 0.2] and warmths(library, "hill", "ben") == [0.3]
        (one,) = library.ratings.list("lake", "ann")
        assert (one.right, one.said, rating().said, rating(choice="same").said) == (None, 0.0, 1.0, 0.5)

    def test_undo_keeps_the_rows(self, library, home):
        library.ratings.add("hill", "ann", [rating(0.1), rating(0.2), rating(0.3)])
        assert library.ratings.undo("hill", "ann") == 1 and warmths(library, "hill") == [0.1, 0.2]
        library.ratings.add("hill", "ann", [rating(0.4)])
        assert library.ratings.undo("hill", "ann") == 1 and warmths(library, "hill") == [0.1, 0.2]
        assert library.ratings.undo("hill", "ann", all=True) == 2 and warmths(library, "hill") == []
        with pytest.raises(InputError, match="ann has no rating of 'hill' to take back"):
            library.ratings.undo("hill", "ann")
        with sqlite3.connect(home / "library.sqlite") as db:
            assert db.execute("SELECT count(*) FROM ratings").fetchone() == (4,)

    def test_they_only_grow(self, library, home):
        library.ratings.add("hill", "ann", [rating()])
        with sqlite3.connect(home / "library.sqlite") as db, pytest.raises(sqlite3.IntegrityError, match="only ever"):
            db.execute("UPDATE ratings SET choice = 'right'")

    def test_the_same_rating_counts_once(self, library):
        one = rating(0.1)
        assert library.ratings.add("hill", "ann", [one, one]) == 1 and library.ratings.add("hill", "ann", [one]) == 0
        library.ratings.undo("hill", "ann")
        assert library.ratings.add("hill", "ann", [one]) == 1 and warmths(library, "hill") == [0.1]

    def test_they_follow_the_style(self, library):
        library.ratings.add("hill", "ann", [rating(0.1)])
        library.rename("hill", "mount")
        assert warmths(library, "mount") == [0.1]
        library.delete("mount")
        with pytest.raises(
            NotFoundError, match="'mount' is in the trash; bring it back first with: pinxit styles undel"
        ):
            library.ratings.add("mount", "ann", [rating()])
        with pytest.raises(NotFoundError, match="is in the trash"):
            library.ratings.list("mount", "ann")
        library.undelete("mount", "peak")
        assert warmths(library, "peak") == [0.1]

    def test_they_go_with_the_last_version(self, library, home):
        library.ratings.add("hill", "ann", [rating(0.1)])
        library.personal.add("hill", "ann", {"warmth": 0.1}, {})
        library.add(style(0.7), "hill", continues=True)
        library.purge()
        assert warmths(library, "hill") == [0.1] and library.personal.current("hill", "ann").version == 1
        library.delete("hill")
        library.purge()
        with sqlite3.connect(home / "library.sqlite") as db:
            for table in ("ratings", "personal_settings", "sources", "learnings"):
                assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)

    def test_a_new_style_of_the_name_inherits_nothing(self, library):
        library.ratings.add("hill", "ann", [rating(0.1)])
        library.add(style(0.7), "hill", replace=True)
        assert warmths(library, "hill") == []

    def test_no_such_style(self, library):
        with pytest.raises(NotFoundError, match="did you mean 'hill'"):
            library.ratings.add("hil", "ann", [rating()])

    @pytest.mark.parametrize("choice", ["like", "both", ""])
    def test_choices(self, choice):
        with pytest.raises(InputError, match="left, right, same are wanted"):
            rating(choice=choice)
        with pytest.raises(InputError, match="like, dislike are wanted"):
            Rating({}, None, "left")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_without_permission(self, library, home):
        (home / "library.sqlite").chmod(0o400)
        with pytest.raises(CapacityError, match="may write to"):
            library.ratings.add("hill", "ann", [rating()])

    def test_a_database_that_takes_nothing(self, library, monkeypatch):
        def closed(*_):
            raise sqlite3.OperationalError("attempt to write a readonly database")

        monkeypatch.setattr("pinxit.library.ratings.family_of", closed)
        with pytest.raises(CapacityError, match="set PINXIT_HOME to a folder that you may write to"):
            library.ratings.add("hill", "ann", [rating()])


class TestUsers:
    def test_the_systems_own(self, monkeypatch):
        monkeypatch.setattr("getpass.getuser", lambda: "eve")
        assert check_user(None) == "eve" and check_user("Ann B") == "Ann B"

    def test_refused(self, monkeypatch):
        with pytest.raises(InputError, match="cannot name a user"):
            check_user("../x")
        monkeypatch.setattr("getpass.getuser", lambda: (_ for _ in ()).throw(OSError("no name")))
        with pytest.raises(InputError, match="say it with --user NAME"):
            check_user(None)


class TestVersions:
    def test_settings(self, library):
        assert library.personal.current("hill", "ann") is None
        library.personal.add("hill", "ann", {"warmth": 0.1}, {"answers": 3})
        library.personal.add("hill", "ann", {}, {})
        library.personal.add("hill", "ben", {"tone": 1.2}, {})
        versions = library.personal.versions("hill", "ann")
        assert [(one.version, dict(one.settings)) for one in versions] == [(1, {"warmth": 0.1}), (2, {})]
        assert library.personal.current("hill", "ben").version == 1 and versions[0].facts == {"answers": 3}

    def test_styles(self, library):
        first = library.entry("hill").added_at[:10]
        library.add(style(0.7), "hill", continues=True)
        library.add(style(0.9), "hill", continues=True)
        names = [entry.name for entry in library.list(trash=True)]
        assert names == [f"hill v2 {first}", f"hill v1 {first}"]
        library.undelete(names[1])
        assert library.get(names[1]).tone.lut.table.max() == 0.5
        with pytest.raises(NotFoundError):
            library.add(style(), "nobody", continues=True)

    def test_a_library_of_the_first_version_is_brought_up(self, library, home):
        from pinxit.library.migrations import MIGRATIONS

        with sqlite3.connect(home / "library.sqlite") as db:
            for table in ("ratings", "personal_settings", "sources", "learnings", "jobs", "turns"):
                db.execute(f"DROP TABLE {table}")
            for name in ("ratings_gone", "personal_settings_gone", "sources_gone"):
                db.execute(f"DROP TRIGGER {name}")
            db.execute("ALTER TABLE styles DROP COLUMN family")
            db.execute("PRAGMA user_version = 1")
        again = Library()
        again.ratings.add("hill", "ann", [rating(0.1)])
        assert warmths(again, "hill") == [0.1] and len(MIGRATIONS) >= 4
        with sqlite3.connect(home / "library.sqlite") as db:
            db.execute("PRAGMA user_version = 99")
        with pytest.raises(StyleError, match="update pinxit"):
            Library()


class TestSources:
    @pytest.fixture
    def files(self, tmp_path):
        for name in "abc":
            (tmp_path / name).write_text(name)
        return [tmp_path / name for name in "abc"]

    def test_record(self, library, files):
        assert library.sources.of("hill") is None
        library.sources.record("hill", {"reference": [*files, np.zeros(3)], "neutral": files[:1]}, {"kind": "photo"})
        learning = library.sources.of("hill")
        assert [one.path for one in learning.of_role()] == files and len(learning.of_role("neutral")) == 1
        assert learning.options == {"kind": "photo"} and learning.sources[1].sha256 == digest_of(files[1])

    def test_states(self, library, files):
        library.sources.record("hill", {"reference": files}, {})
        files[0].unlink()
        files[1].write_text("other")
        assert [one.state for one in library.sources.of("hill").sources] == ["missing", "changed", "there"]

    def test_more(self, library, files):
        library.sources.record("hill", {"reference": files[:2]}, {})
        library.add(style(0.7), "hill", continues=True)
        assert library.sources.of("hill") is None
        library.sources.record("hill", {"reference": files[1:]}, {}, more=True)
        assert [one.path for one in library.sources.of("hill").sources] == files

    def test_never_in_the_file(self, library, files, tmp_path):
        library.sources.record("hill", {"reference": files}, {})
        assert str(tmp_path).encode() not in library.file("hill").read_bytes()
