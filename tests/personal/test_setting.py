"""A personal setting: learned from ratings, applied where nothing is said, left out where it is not sure."""

import numpy as np
import pytest

import pinxit
from pinxit.engines.batch import BatchSettings
from pinxit.engines.engine import Engine
from pinxit.errors import InputError, NotFoundError
from pinxit.library import Library
from pinxit.library.ratings import Rating
from pinxit.personal.setting import parted, personalized, relearn, reset, space_for, with_blended
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def style(gain: float = 0.5) -> Style:
    return Style(tone=Tone(lut=Lut(Lut.identity(3).table * np.float32(gain))))


@pytest.fixture
def library(home, monkeypatch) -> Library:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    library = Library()
    library.add(style(), "hill")
    return library


def rated(library: Library, count: int, likes: float = 1.0, user: str = "ann") -> None:
    """Ratings of somebody who likes it warm, or cold."""
    rng = np.random.default_rng(1)
    space = space_for(library.get("hill"))
    ratings = []
    for _ in range(count):
        left, right = (space.settings(point) for point in space.draw(2, rng))
        ratings.append(Rating(left, right, "left" if likes * (left["warmth"] - right["warmth"]) > 0 else "right"))
    library.ratings.add("hill", user, ratings)


class TestLearned:
    def test_versions_pile_up(self, library):
        rated(library, 20)
        first = relearn(library, "hill")
        assert first.version == 1 and first.settings["warmth"] > 0.4 and first.facts["answers"] == 20
        assert relearn(library, "hill").settings == first.settings
        empty = reset(library, "hill")
        assert empty.version == 3 and empty.settings == {} and len(library.personal.versions("hill", "ann")) == 3
        with pytest.raises(InputError, match="to take back"):
            reset(library, "hill")

    def test_foreign_dials_are_refused(self, library):
        library.ratings.add("hill", "ann", [Rating({"brush": 1.0}, {"brush": 2.0}, "left")])
        with pytest.raises(InputError, match="no dial 'brush'"):
            relearn(library, "hill")


class TestApplied:
    def test_to_dials_that_are_not_given(self, library):
        rated(library, 24)
        own = dict(relearn(library, "hill").settings)
        found = personalized("hill", BatchSettings(contrast=0.25))
        assert found.settings.warmth == own["warmth"] and found.settings.contrast == 0.25
        assert "setting of ann (version 1)" in found.note and "--plain" in found.note and "contrast" not in found.note
        named = personalized("hill", BatchSettings(), given={"warmth"})
        assert named.settings.warmth == 0 and named.settings.saturation == own["saturation"]

    def test_by_the_door(self, library):
        rated(library, 24)
        own = dict(relearn(library, "hill").settings)
        wanted = Engine(style()).transfer(pinxit.Picture.open(PIXELS), **own).array
        plain = Engine(style()).transfer(pinxit.Picture.open(PIXELS)).array
        assert not np.array_equal(wanted, plain)
        np.testing.assert_array_equal(pinxit.transfer(PIXELS, "hill"), wanted)
        np.testing.assert_array_equal(pinxit.transfer(PIXELS, "hill", personal="ann"), wanted)
        np.testing.assert_array_equal(pinxit.transfer(PIXELS, "hill", personal=False), plain)
        np.testing.assert_array_equal(pinxit.transfer(PIXELS, "hill", personal="ben"), plain)
        np.testing.assert_array_equal(pinxit.transfer(PIXELS, style()), plain)
        np.testing.assert_array_equal(
            pinxit.transfer(PIXELS, "hill", warmth=-0.5), Engine(style()).transfer(
                pinxit.Picture.open(PIXELS), **{**own, "warmth": -0.5}).array,
        )  # fmt: skip

    def test_not_when_it_is_a_guess(self, library):
        rated(library, 1)
        assert relearn(library, "hill").settings
        found = personalized("hill", BatchSettings())
        assert found.settings == BatchSettings() and "left out" in found.note and "rate more pairs" in found.note

    def test_not_without_ratings(self, library, monkeypatch):
        assert personalized("hill", BatchSettings()).note is None
        monkeypatch.setattr("getpass.getuser", lambda: (_ for _ in ()).throw(OSError("nobody")))
        assert personalized("hill", BatchSettings()).note is None
        with pytest.raises(InputError, match="--user NAME"):
            personalized("hill", BatchSettings(), personal=True)

    def test_refused(self, library):
        with pytest.raises(InputError, match="belongs to a style of the library"):
            personalized(style(), BatchSettings(), personal=True)
        with pytest.raises(NotFoundError):
            personalized("dale", BatchSettings())


class TestParts:
    def test_parted(self):
        dials, shares = parted({"tone": 1.1, "brush": 1.02, "blend:film": 0.3, "blend:ink": 0.0})
        assert dials == {"tone": 1.1} and shares == {"film": 0.3}
        assert parted({"brush": 1.4})[0] == {"brush": 1.4}

    def test_blended(self, library):
        library.add(style(1.0), "film")
        mixed, missing = with_blended(library, style(0.5), {"film": 0.25})
        assert mixed.tone.lut.table.max() == pytest.approx(0.75 * 0.5 + 0.25) and not missing
        same = style()
        alone, missing = with_blended(library, same, {"gone": 0.25})
        assert alone is same and "gone" in missing[0]
