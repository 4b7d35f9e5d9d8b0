"""``pinxit rate``, ``pinxit refresh``, ``pinxit bench personal``, and personal settings in ``pinxit transfer``."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands import answer, refused, run
from pinxit.library import Library
from pinxit.library.ratings import Rating
from pinxit.personal.setting import relearn
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


@pytest.fixture
def photo(tmp_path) -> Path:
    path = tmp_path / "photos" / "0.png"
    path.parent.mkdir()
    small = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    Image.fromarray(small).resize((40, 30)).save(path)
    return path


@pytest.fixture
def library(home, monkeypatch) -> Library:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    library = Library()
    library.add(Style(tone=Tone(lut=Lut(Lut.identity(5).table * np.float32(0.5)))), "half")
    return library


def warm(library: Library, count: int = 24) -> dict:
    """Ratings of somebody who likes it warm; the setting that is learned from them."""
    rng = np.random.default_rng(0)
    for _ in range(count):
        a, b = rng.uniform(-1, 1, 2)
        library.ratings.add("half", "ann", [Rating({"warmth": a}, {"warmth": b}, "left" if a > b else "right")])
    return dict(relearn(library, "half", "ann").settings)


class TestRate:
    def test_a_session(self, library, photo, tmp_path):
        words = ("rate", "half", "--content", photo.parent, "-o", tmp_path / "pairs", "--seed", "1")
        result = run(*words, "--ratings", "4", lines="left\nnonsense\nS\nr\nquit\nleft\n")
        assert "'nonsense' came" in result.stderr and "4 of at most 4" in result.stderr
        assert "3 ratings kept" in result.stdout and "95 % interval" in result.stdout
        assert [one.choice for one in library.ratings.list("half", "ann")] == ["left", "same", "right"]
        sheet = Image.open(tmp_path / "pairs" / "half-1.jpg")
        assert sheet.size == (96, 30) and library.personal.current("half", "ann").version == 1

    def test_lines_that_end(self, library, photo, home):
        told = answer("rate", "half", "--content", photo, "--user", "ben", lines="l\n")
        assert told["ratings"] == 1 and told["setting"]["facts"]["answers"] == 1
        low, high = told["setting"]["facts"]["interval"]["tone"]
        assert high - low > 0.8 and (home / "rating" / "ben" / "half-1.jpg").exists()
        assert answer("rate", "half", "--content", photo, lines="") == {"ratings": 0, "setting": None}

    def test_files_of_the_user_stay(self, library, photo, tmp_path):
        (tmp_path / "half-1.jpg").write_bytes(b"precious")
        assert "--overwrite" in refused("rate", "half", "--content", photo, "-o", tmp_path, code=2)
        assert (tmp_path / "half-1.jpg").read_bytes() == b"precious"

    def test_stops_when_sure(self, library, photo, monkeypatch):
        monkeypatch.setattr("pinxit.learning.taste.SURE", 2.0)
        result = run("rate", "half", "--content", photo, lines="l\n" * 9)
        assert "sure enough" in result.stderr and len(library.ratings.list("half", "ann")) == 1

    def test_show_undo_reset(self, library):
        assert "0 ratings, 0 versions" in run("rate", "half", "--show").stdout
        warm(library, 3)
        assert answer("rate", "half", "--undo")["setting"]["facts"]["answers"] == 2
        told = answer("rate", "half", "--show")
        assert told["ratings"] == 2 and [one["version"] for one in told["versions"]] == [1, 2]
        assert "defaults count" in run("rate", "half", "--reset").stdout
        assert "no rating" in refused("rate", "half", "--undo", code=2)
        assert "version 3" in run("rate", "half", "--show").stdout

    def test_export_and_merge(self, library, tmp_path):
        warm(library, 3)
        assert answer("rate", "half", "--export", tmp_path / "new" / "a.json")["ratings"] == 3
        assert "is there already" in refused("rate", "half", "--export", tmp_path / "new" / "a.json", code=2)
        assert answer("rate", "half", "--merge", tmp_path / "new" / "a.json", "--user", "ben")["changed"] == 3
        assert "not there" in refused("rate", "half", "--merge", tmp_path / "b.json", code=3)

    def test_likes(self, library, photo, tmp_path):
        told = answer("rate", "half", "--set", "4", "-o", tmp_path / "set", "--content", photo)
        assert len(told["results"]) == 4 and len(list((tmp_path / "set").glob("*.jpg"))) == 4
        assert "is there already" in refused("rate", "half", "--set", "4", "-o", tmp_path / "set", code=2)
        files = sorted((tmp_path / "set").glob("*.jpg"))
        told = answer("rate", "half", "--like", files[0], "--like", files[1], "--dislike", files[2])
        assert told["ratings"] == 3
        assert [one.choice for one in library.ratings.list("half", "ann")] == ["like", "like", "dislike"]
        assert "not from a set" in refused("rate", "half", "--like", photo, code=2)
        assert "-o FOLDER" in refused("rate", "half", "--set", "4", code=2)
        assert len(library.ratings.list("half", "ann")) == 3

    def test_simulate(self, library, monkeypatch):
        monkeypatch.setattr("pinxit.cli.rate._SIMULATED", 3)
        told = answer("rate", "half", "--simulate", "linear", "--ratings", "6")
        assert told["style"] == "half" and told["protocol"]["ratings"] == [1, 2, 4, 6]
        assert {row["method"] for row in told["rows"]} == {"chosen pairs", "random pairs", "nearer the defaults"}
        assert (
            library.ratings.list("half", "ann") == ()
            and "noisy" in run("rate", "half", "--simulate", "noisy", "--ratings", "2").stdout
        )
        assert "linear, nonlinear" in refused("rate", "half", "--simulate", "fickle", code=2)

    def test_refused(self, library, photo):
        assert "one of them" in refused("rate", "half", "--undo", "--reset", code=2)
        assert "did you mean 'half'" in refused("rate", "halve", "--content", photo, code=3)
        assert "cannot name a user" in refused("rate", "half", "--user", "../x", code=2)
        assert "not there" in refused("rate", "half", "--content", "nowhere", code=3)
        library.delete("half")
        for wish in ("--show", "--undo", "--reset"):
            assert "is in the trash" in refused("rate", "half", wish, code=3)
        assert "is in the trash" in refused("rate", "half", "--content", photo, code=3)


class TestTransfer:
    def pixels(self, path: Path) -> np.ndarray:
        return np.asarray(Image.open(path)).astype(int)

    def test_own_setting(self, library, photo, tmp_path):
        own = warm(library)
        words = ("transfer", photo, "-s", "half", "-o")
        result = run(*words, tmp_path / "own.png")
        assert "with the setting of ann (version 1)" in result.stderr and result.stderr.count("\n") == 1
        run(*words, tmp_path / "plain.png", "--plain")
        np.testing.assert_allclose(self.pixels(tmp_path / "plain.png"), self.pixels(photo) / 2, atol=0.51)
        dials = [word for name, value in own.items() for word in (f"--{name}", value)]
        run(*words, tmp_path / "given.png", "--plain", *dials)
        np.testing.assert_array_equal(self.pixels(tmp_path / "own.png"), self.pixels(tmp_path / "given.png"))
        assert (self.pixels(tmp_path / "own.png") != self.pixels(tmp_path / "plain.png")).any()
        assert run(*words, tmp_path / "ben.png", "--user", "ben").stderr == ""
        assert run(*words, tmp_path / "quiet.png", "--quiet").stderr == ""

    def test_a_given_dial_stays_even_at_its_default(self, library, photo, tmp_path):
        own = warm(library)
        dials = [word for name, value in own.items() for word in (f"--{name}", 0 if name == "warmth" else value)]
        run("transfer", photo, "-s", "half", "-o", tmp_path / "a.png", "--warmth", "0")
        run("transfer", photo, "-s", "half", "-o", tmp_path / "b.png", "--plain", *dials)
        np.testing.assert_array_equal(self.pixels(tmp_path / "a.png"), self.pixels(tmp_path / "b.png"))

    def test_a_folder(self, library, photo, tmp_path):
        warm(library)
        run("transfer", photo.parent, "-s", "half", "-o", tmp_path / "out")
        run("transfer", photo, "-s", "half", "-o", tmp_path / "one.png")
        np.testing.assert_array_equal(self.pixels(tmp_path / "out" / "0.png"), self.pixels(tmp_path / "one.png"))

    def test_refused(self, library, photo, tmp_path):
        words = ("transfer", photo, "-s", "half", "-o", tmp_path / "x.png")
        assert "one of them" in refused(*words, "--plain", "--user", "ben", code=2)
        assert "warmth 2" in refused(*words, "--warmth", "2", code=2)
        library.export_file("half", tmp_path / "half.pinxit")
        words = ("transfer", photo, "-s", tmp_path / "half.pinxit", "-o", tmp_path / "x.png")
        assert "style of the library" in refused(*words, "--user", "ann", code=2)


class TestRefresh:
    @pytest.fixture
    def learned(self, library, photo, monkeypatch):
        def learn_style(pictures, *, on_progress, on_decision, **options):
            on_progress(0, 1, "looking")
            return Style(tone=Tone(lut=Lut(Lut.identity(5).table * np.float32(1 / (1 + len(pictures))))))

        monkeypatch.setattr("pinxit.learning.style.learn_style", learn_style)
        run("learn", photo, "--name", "hill", "--kind", "photo", "--seed", "4")
        return library

    def test_learn_notes_its_sources(self, learned, photo):
        learning = learned.sources.of("hill")
        assert [one.path for one in learning.sources] == [photo] and learning.options["seed"] == 4
        assert learning.options["kind"] == "photo"

    def test_new_pictures(self, learned, photo, tmp_path):
        Image.new("RGB", (20, 20), "red").save(tmp_path / "new.png")
        told = answer("refresh", "hill", photo, tmp_path / "new.png", "--if-new", "2")
        assert (told["done"], told["new_pictures"]) == (False, 1) and learned.list(trash=True) == ()
        told = answer("refresh", "hill", photo, tmp_path / "new.png", "--if-new", "1")
        assert told["done"] and told["style"] == "new" and told["old"].startswith("hill v1 ")
        assert learned.get("hill").tone.lut.table.max() == pytest.approx(1 / 3)
        assert "stays as it is" in run("refresh", "hill").stdout

    def test_lost_pictures_are_named(self, learned, photo, tmp_path):
        photo.unlink()
        result = run("refresh", "hill")
        assert f"{photo} is missing" in result.stderr and "stays as it is" in result.stdout

    def test_refused(self, learned, tmp_path):
        assert "nothing says what 'half' was learned from" in refused("refresh", "half", code=2)
        assert "there is no style" in refused("refresh", "nobody", code=3)
        assert "not there" in refused("refresh", "hill", tmp_path / "nowhere", code=3)


class TestBench:
    def test_personal(self, home):
        told = answer("bench", "personal", "--users", "2", "--ratings", "2,4", "--dials", "4")
        assert len(told["rows"]) == 6 * 3 * 2 and told["protocol"]["users"] == 2
        assert "nearer the defaults" in run("bench", "personal", "--users", "2", "--ratings", "2").stdout

    def test_refused(self, home):
        for wrong in ("0", "8,4", "a", "4,4", "1000"):
            assert "rising numbers" in refused("bench", "personal", "--ratings", wrong, code=2)
        assert "4 or 6" in refused("bench", "personal", "--dials", "5", code=2)
