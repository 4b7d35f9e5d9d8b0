"""Rating sessions, sets, and files of ratings."""

import json

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError, NotFoundError, PictureError
from pinxit.library import Library
from pinxit.library.ratings import Rating
from pinxit.personal.rating import RatingSession
from pinxit.personal.rating_file import export_ratings, merge_ratings, settings_of, write_set
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

PHOTOS = [np.random.default_rng(n).integers(0, 256, (30, 40, 3), np.uint8) for n in range(2)]


def style(gain: float = 0.5) -> Style:
    return Style(tone=Tone(lut=Lut(Lut.identity(3).table * np.float32(gain))))


@pytest.fixture
def library(home) -> Library:
    library = Library()
    library.add(style(), "hill")
    return library


def session(library: Library, **options) -> RatingSession:
    return RatingSession(library, "hill", user="ann", contents=PHOTOS, seed=0, **options)


class TestSession:
    def test_questions_and_answers(self, library):
        one = session(library)
        for _ in range(14):
            pair = one.ask()
            one.tell(pair, "left" if pair.left["warmth"] > pair.right["warmth"] else "right")
        setting = one.finish()
        assert setting.settings["warmth"] > 0.3 and setting.facts["answers"] == 14 and setting.version == 1
        assert len(library.ratings.list("hill", "ann")) == 14 and library.ratings.list("hill", "ben") == ()
        contents = [rating.content for rating in library.ratings.list("hill", "ann")]
        assert contents[0] == contents[2] != contents[1]

    def test_goes_on_where_the_last_one_ended(self, library):
        first = session(library)
        first.tell(first.ask(), "same")
        assert session(library).taste.answers == 1

    def test_results_are_what_the_engine_gives(self, library):
        one = session(library)
        pair = one.ask()
        left, right = one.results(pair)
        assert left.array.shape == (30, 40, 3) and not np.array_equal(left.array, right.array)
        sheet = one.sheet(pair).array
        np.testing.assert_array_equal(sheet[:, :40], left.array)
        np.testing.assert_array_equal(sheet[:, -40:], right.array)
        assert (sheet[:, 40:-40] == 255).all()
        plain = one.result(one.space.default).array
        assert abs(plain.astype(int) * 2 - PHOTOS[0]).max() <= 1

    def test_large_contents_are_shown_small(self, library):
        big = RatingSession(library, "hill", user="ann", contents=[np.zeros((700, 1100, 3), np.uint8)])
        assert max(big.contents[0].array.shape) == 512

    def test_blends(self, library):
        library.add(style(1.0), "film")
        one = session(library, others=["film"])
        found = one.result({**one.space.default, "blend:film": 0.5}).array
        np.testing.assert_allclose(found, PHOTOS[0] * 0.75, atol=0.51)
        one.tell(one.ask(), "left")
        assert "blend:film" in session(library).space.names
        with pytest.raises(NotFoundError):
            session(library, others=["nobody"])

    def test_the_eye_joins_in(self, library, tiny, monkeypatch):
        monkeypatch.setattr("pinxit.personal.rating._POOL", 8)
        one = session(library, eye=True)
        assert one.taste.features(one.taste.pool[:1]).shape[1] == one.space.size + 4
        one.tell(one.ask(), "left")
        assert one.finish().settings

    def test_refused(self, library):
        one = session(library)
        with pytest.raises(InputError, match="'perhaps'"):
            one.tell(one.ask(), "perhaps")
        with pytest.raises(InputError, match="'brush'"):
            one.tell_single({"brush": 1.0}, "like")
        assert library.ratings.list("hill", "ann") == ()
        with pytest.raises(PictureError):
            RatingSession(library, "hill", user="ann", contents=[b"no picture"])
        library.delete("hill")
        with pytest.raises(NotFoundError, match="in the trash"):
            session(library)


class TestFiles:
    def test_there_and_back(self, library, tmp_path):
        library.ratings.add("hill", "ann", [Rating({"tone": 1.2}, {"tone": 0.5}, "left"), Rating({}, None, "like")])
        assert export_ratings(library, "hill", tmp_path / "a.json", "ann") == 2
        assert merge_ratings(library, "hill", tmp_path / "a.json", "ann") == 0
        assert merge_ratings(library, "hill", tmp_path / "a.json", "ben") == 2
        assert library.ratings.list("hill", "ben") == library.ratings.list("hill", "ann")
        library.ratings.undo("hill", "ann", all=True)
        assert merge_ratings(library, "hill", tmp_path / "a.json", "ann") == 2

    def spoiled(self, library, tmp_path, change):
        library.ratings.add("hill", "ann", [Rating({"tone": 1.2}, {"tone": 0.5}, "left"), Rating({}, None, "like")])
        path = tmp_path / "a.json"
        export_ratings(library, "hill", path, "ann")
        document = json.loads(path.read_text())
        change(document)
        path.write_text(json.dumps(document))
        with pytest.raises(InputError, match="json") as error:
            merge_ratings(library, "hill", path, "ben")
        assert library.ratings.list("hill", "ben") == () and "\n" not in str(error.value)
        return str(error.value)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda d: d.update(format=9), "format 9"),
            (lambda d: d.update(pinxit="styles"), "no ratings"),
            (lambda d: d.update(ratings={}), "no list"),
            (lambda d: d["ratings"].append(7), "rating 3: the entries"),
            (lambda d: d["ratings"][1].update(more=1), "rating 2: the entries"),
            (lambda d: d["ratings"][0].update(choice="like"), "'like' came for two"),
            (lambda d: d["ratings"][0].update(choice=["left"]), "texts"),
            (lambda d: d["ratings"][0].update(token="x"), "token"),
            (lambda d: d["ratings"][0]["left"].update(tone=99), "tone 99"),
            (lambda d: d["ratings"][0]["left"].update(tone="1"), "tone '1'"),
            (lambda d: d["ratings"][0].update(right=[1]), "numbers by the names"),
            (lambda d: d["ratings"][0]["right"].update(brush=1), "no dial 'brush'"),
        ],
    )
    def test_one_wrong_rating_spoils_all(self, library, tmp_path, change, said):
        assert said in self.spoiled(library, tmp_path, change)

    def test_no_such_file(self, library, tmp_path):
        with pytest.raises(NotFoundError):
            merge_ratings(library, "hill", tmp_path / "none.json", "ann")
        (tmp_path / "x.json").write_bytes(b"\xff{")
        with pytest.raises(InputError, match="JSON"):
            merge_ratings(library, "hill", tmp_path / "x.json", "ann")

    def test_sets(self, library, tmp_path):
        for name in ("1.png", "2.png"):
            Image.fromarray(PHOTOS[0]).save(tmp_path / name)
        write_set(tmp_path, {"1.png": {"tone": 1.2}, "2.png": {"tone": 9}}, "hill")
        assert settings_of(library, "hill", tmp_path / "1.png") == {"tone": 1.2}
        for name, kind, said in (
            ("2.png", InputError, "tone 9"),
            ("3.png", NotFoundError, "is not there"),
            ("pinxit-set.json", InputError, "not of a set"),
        ):
            with pytest.raises(kind, match=said):
                settings_of(library, "hill", tmp_path / name)
        library.add(style(0.7), "lake")
        with pytest.raises(InputError, match="'lake'"):
            settings_of(library, "lake", tmp_path / "1.png")
        Image.fromarray(PHOTOS[1]).save(tmp_path / "1.png")
        with pytest.raises(InputError, match="changed since"):
            settings_of(library, "hill", tmp_path / "1.png")
        (tmp_path / "pinxit-set.json").unlink()
        with pytest.raises(InputError, match="is not from a set"):
            settings_of(library, "hill", tmp_path / "1.png")
