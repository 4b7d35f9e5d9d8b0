"""Refreshing: what is new, what is lost, and versions beside each other."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError, LearningError
from pinxit.library import Library
from pinxit.library.ratings import Rating
from pinxit.library.sources import digest_of
from pinxit.personal.refresh import news_of, refresh
from pinxit.provenance import Provenance
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def style(gain: float = 0.5, **facts) -> Style:
    return Style(tone=Tone(lut=Lut(Lut.identity(3).table * np.float32(gain))), provenance=Provenance(**facts))


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(pixels).resize((48, 48)).save(path)
    return paths


@pytest.fixture
def library(home, files) -> Library:
    library = Library()
    library.add(style(licence="CC0", hashes=tuple(digest_of(path) for path in files[:2])), "hill")
    library.sources.record("hill", {"reference": files[:2], "neutral": files[2:3]}, {"kind": "photo", "seed": 3})
    return library


@pytest.fixture
def calls(monkeypatch):
    """Learning without a network: the number of pictures decides."""
    calls = []

    def learn_style(pictures, *, on_progress, on_decision, **options):
        calls.append((list(pictures), options))
        return style(0.2 * len(pictures), hashes=tuple(digest_of(path) for path in pictures))

    monkeypatch.setattr("pinxit.learning.style.learn_style", learn_style)
    return calls


def rate(library: Library, count: int, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(count):
        a, b = rng.uniform(-1, 1, 2)
        library.ratings.add("hill", "ann", [Rating({"warmth": a}, {"warmth": b}, "left" if a > b else "right")])


def test_news(library, files):
    rate(library, 3)
    news = news_of(library, "hill", [files[0], files[3]], "ann")
    assert (news.pictures, news.ratings, news.count) == ((files[3],), 3, 4)
    assert news.kept == tuple(files[:2]) and news.lost == {}
    files[0].unlink()
    files[1].write_bytes(b"x")
    news = news_of(library, "hill", user="ann")
    assert news.kept == () and news.lost == {files[0]: "missing", files[1]: "changed"} and news.pictures == ()


def test_learns_from_what_is_there(library, files, calls):
    files[0].unlink()
    done = refresh(library, "hill", news_of(library, "hill", [files[3]], "ann"), user="ann")
    ((pictures, options),) = calls
    assert pictures == [files[1], files[3]]
    assert options == {"kind": "photo", "seed": 3, "neutral": [files[2]]}
    found = library.get("hill")
    assert done.style == "new" and found.tone.lut.table.max() == pytest.approx(0.4)
    assert found.provenance.licence == "CC0" and done.setting is None
    assert done.old_name.startswith("hill v1 ") and library.list(trash=True)[0].name == done.old_name
    assert [source.path for source in library.sources.of("hill").of_role()] == [files[1], files[3]]
    library.undelete(done.old_name)
    assert library.get(done.old_name).tone.lut.table.max() == 0.5


def test_nothing_new_leaves_the_style(library, calls):
    done = refresh(library, "hill", news_of(library, "hill", user="ann"), user="ann")
    assert done.style == "unchanged" and not calls and library.list(trash=True) == ()


def test_of_another_pinxit(library, files, calls):
    old = library.get("hill")
    library.add(replace(old, provenance=replace(old.provenance, pinxit="0.0.1")), replace=True)
    library.sources.record("hill", {"reference": files[:3]}, {"kind": "photo"})
    done = refresh(library, "hill", news_of(library, "hill", user="ann"), user="ann")
    assert done.style == "new" and len(calls) == 1


def test_ratings_count_from_refresh_to_refresh(library, calls):
    rate(library, 12)
    first = refresh(library, "hill", news_of(library, "hill", user="ann"), user="ann")
    assert first.setting.facts["answers"] == 12 and set(first.foretold) == {"new"}
    assert news_of(library, "hill", user="ann").ratings == 0
    rate(library, 6, seed=1)
    assert news_of(library, "hill", user="ann").ratings == 6
    done = refresh(library, "hill", news_of(library, "hill", user="ann"), user="ann")
    assert done.setting.version == 2
    share, count = done.foretold["old"]
    assert count == 6 and share > 0.8 and done.foretold["new"][1] == 18


def test_figures_on_held_out_pictures(library, files, calls, tiny):
    news = news_of(library, "hill", [files[2]], "ann")
    done = refresh(library, "hill", news, user="ann", held_out=[files[0], files[3]])
    assert set(done.figures) == {"old", "new"} and set(done.figures["old"]) == {"ssim", "colour", "texture"}
    assert done.figures["old"] != done.figures["new"] and len(calls) == 1
    # All of these were learned from, so they say nothing.
    assert refresh(library, "hill", news_of(library, "hill", user="ann"), user="ann", held_out=files[:3]).figures == {}


def test_refused(library, files, calls):
    library.add(style(), "lake")
    with pytest.raises(InputError, match="nothing says what 'lake' was learned from"):
        news_of(library, "lake", user="ann")
    for path in files[:2]:
        path.unlink()
    old = library.get("hill")
    library.add(replace(old, provenance=replace(old.provenance, pinxit="0.0.1")), replace=True)
    library.sources.record("hill", {"reference": files[2:3]}, {})
    files[2].unlink()
    with pytest.raises(LearningError, match="none of the 1 references"):
        refresh(library, "hill", news_of(library, "hill", user="ann"), user="ann")
    assert library.list(trash=True)[0].name == "hill" and not calls
