"""The adapting race in miniature: who learns from what, who is compared with what, and at which SSIM."""

import json

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError, NotFoundError
from pinxit.measuring.adapt_race import AdaptPictures, mosaic, race_adapting, share_for
from pinxit.measuring.hand_recognition import digest_of
from pinxit.measuring.style_pairs import measure_pair
from pinxit.measuring.texture_race import TexturePairs, chosen_pairs

S = 64
PAIRS = TexturePairs(count=3, per_content=2, size=S)


def picture(seed, size):
    small = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (7, 7, 3), np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("race")
    for number, (folder, count) in enumerate((("photos", 6), ("hand", 3), ("held", 3))):
        (root / folder / "more").mkdir(parents=True)
        for i in range(count):
            name = f"{'more/' if i % 2 else ''}{folder[0]}{i // 2}.png"  # two files of each name
            picture(10 * number + i, (80, 60)).save(root / folder / name)
    return root / "photos", root / "hand", root / "held"


@pytest.fixture(scope="module")
def pictures(folders):
    return AdaptPictures.read(*folders, PAIRS, mosaics=False)


def loaded(path):
    return np.asarray(Image.open(path))


def same(arrays, paths):
    return sorted(array.tobytes() for array in arrays) == sorted(loaded(path).tobytes() for path in paths)


class TestPictures:
    def test_nothing_scored_is_learned_from(self, folders, pictures):
        photos, hand, held = folders
        met = chosen_pairs(photos, held, PAIRS)
        names = [(c.relative_to(photos).as_posix(), w.relative_to(held).as_posix()) for c, w in met]
        assert list(pictures.met) == names and len(names) == 6
        assert list(pictures.contents) == list(dict.fromkeys(c for c, _ in names)) and len(pictures.contents) == 3
        for name, array in pictures.contents.items():
            resized = Image.open(photos / name).resize((S, S), Image.Resampling.LANCZOS)
            assert np.array_equal(array, np.asarray(resized))
        rest = [p for p in photos.rglob("*.png") if p.relative_to(photos).as_posix() not in pictures.contents]
        assert same(pictures.practice, rest) and len(rest) == 3
        assert same(pictures.references, list(hand.rglob("*.png")))
        assert all(np.array_equal(array, loaded(held / name)) for name, array in pictures.works.items())
        assert pictures.digests == {digest_of(p) for folder in (hand, held) for p in folder.rglob("*.png")}

    def test_mosaics_hold_crops_of_all_works(self, folders):
        mosaics = AdaptPictures.read(*folders, PAIRS)
        assert set(mosaics.goals) == {"mosaic 0", "mosaic 1"} == {goal for _, goal in mosaics.met}
        for content in mosaics.contents:
            assert sorted(goal for name, goal in mosaics.met if name == content) == ["mosaic 0", "mosaic 1"]
        first, second = mosaics.goals.values()
        assert first.shape == (S, S, 3) and not np.array_equal(first, second)
        works = list(mosaics.works.values())
        for number in range(16):
            row, column = 16 * (number // 4), 16 * (number % 4)
            cell, work = first[row : row + 16, column : column + 16], works[number % len(works)]
            views = np.lib.stride_tricks.sliding_window_view(work, (16, 16, 3))[:, :, 0]
            assert (views == cell).all((2, 3, 4)).any()

    def test_mosaics_of_small_works(self):
        small = mosaic([np.full((5, 90, 3), 7, np.uint8), np.full((3, 3, 3), 9, np.uint8)], 64, 0)
        assert small.shape == (64, 64, 3) and set(np.unique(small)) == {7, 9}

    def test_fewer_to_practise_on(self, folders):
        assert len(AdaptPictures.read(*folders, PAIRS, practice=2).practice) == 2

    def test_refused(self, folders, tmp_path):
        photos, hand, held = folders
        with pytest.raises(InputError, match="6 to paint and others to practise on"):
            AdaptPictures.read(photos, hand, held, TexturePairs(count=6, per_content=1, size=S))
        with pytest.raises(NotFoundError):
            AdaptPictures.read(photos, tmp_path / "none", held, PAIRS)
        (tmp_path / "copy.png").write_bytes((held / "h0.png").read_bytes())
        with pytest.raises(InputError, match=r"copy\.png is also in .*held"):
            AdaptPictures.read(photos, tmp_path, held, TexturePairs(count=3, per_content=3, size=S))


class Brightest:
    """A recognizer of bright pictures."""

    hands = ("bright", "dark")

    def name(self, array):
        return "bright" if self.shares(array)["bright"] >= 0.5 else "dark"

    def shares(self, array):
        bright = array.mean() / (1 if array.dtype.kind == "f" else 255)
        return {"bright": float(bright), "dark": float(1 - bright)}


def toward(colour, share):
    """A method that mixes pictures with a colour, floats."""
    return lambda references, photos, minutes: lambda content: content / 255 + share * (colour - content / 255)


class TestRace:
    def test_methods_get_what_they_may_see(self, pictures):
        def vandal(references, photos, minutes):
            assert minutes == 1.5 and [len(references), len(photos)] == [3, 3]
            for array in (*references, *photos):
                assert array.dtype == np.uint8 and array.shape == (60, 80, 3)
                array[:] = 0

            def paint(content):
                assert content.dtype == np.uint8 and content.shape == (S, S, 3)
                content[:] = 0
                return content

            return paint

        before = [array.copy() for array in (*pictures.references, *pictures.practice, *pictures.contents.values())]
        report = race_adapting(pictures, {"vandal": vandal, "nothing": toward(0, 0)}, 1.5)
        after = [*pictures.references, *pictures.practice, *pictures.contents.values()]
        assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
        rows = {row["method"]: row for row in report.rows()}
        assert not report.failures and rows["vandal"]["ssim"]["mean"] < 0.5
        assert rows["nothing"]["ssim"]["mean"] == pytest.approx(1) and rows["nothing"]["colour"]["mean"] == 1

    def test_figures_are_those_of_style_pairs(self, pictures):
        report = race_adapting(pictures, {"grey": toward(0.5, 0.4)}, 1)
        kept = json.loads(json.dumps(report.to_dict()))
        values = []
        for number, (name, work) in enumerate(pictures.met):
            content = pictures.contents[name]
            result = (content / 255 + 0.4 * (0.5 - content / 255)).astype(np.float32)
            wanted = measure_pair(content, result, [pictures.goals[work]], size=S)
            found = kept["each"]["grey"]["figures"][number]
            assert found == pytest.approx([number, wanted.ssim, wanted.colour, wanted.texture], rel=1e-5)
            values.append(wanted.colour)
        (row,) = kept["rows"]
        assert row["colour"]["mean"] == pytest.approx(np.mean(values), rel=1e-5)
        assert row["colour"]["error"] == pytest.approx(np.std(values, ddof=1) / 6**0.5, rel=1e-4)
        assert row["pairs"] == 6 and row["failed"] == 0 and row["learning"] >= 0 and row["painting"] >= 0
        assert (
            kept["protocol"] == "style-pairs-1" and kept["at_equal_ssim"] == [] and row["recognition"]["mean"] is None
        )

    def test_equal_ssim(self, pictures):
        methods = {"bold": toward(1.0, 0.9), "one pass": toward(1.0, 0.5), "shy": toward(1.0, 0.1)}
        report = race_adapting(pictures, methods, 1)
        rows = {row["method"]: row for row in report.rows()}
        equal = {row["method"]: row for row in report.rows(report.equal)}
        assert rows["bold"]["ssim"]["mean"] < rows["one pass"]["ssim"]["mean"] < rows["shy"]["ssim"]["mean"]
        # Toward one colour on one way: at one SSIM the bold method is the baseline itself.
        for figure in ("ssim", "colour", "texture"):
            assert equal["bold"][figure]["mean"] == pytest.approx(rows["one pass"][figure]["mean"], abs=1e-4)
            assert equal["one pass"][figure] == rows["one pass"][figure] and equal["shy"][figure] == rows["shy"][figure]
        assert equal["bold"]["share"]["mean"] == pytest.approx(0.5 / 0.9, abs=1e-4)
        against = {row["method"]: row for row in report.rows(report.against)}
        assert list(against) == ["bold", "shy"] and against["bold"]["colour"] == rows["one pass"]["colour"]
        for figure in ("ssim", "colour", "texture"):
            assert against["shy"][figure]["mean"] == pytest.approx(rows["shy"][figure]["mean"], abs=1e-4)
        assert against["shy"]["share"]["mean"] == pytest.approx(0.1 / 0.5, abs=1e-4)
        assert equal["shy"]["share"]["mean"] == equal["one pass"]["share"]["mean"] == 1
        assert all(row["share"]["mean"] == 1 for row in rows.values())

    def test_recognition(self, pictures):
        methods = {"one pass": toward(0.6, 0.1), "white": toward(1.0, 1.0), "black": toward(0.0, 1.0)}
        report = race_adapting(pictures, methods, 1, recognizer=Brightest(), hand="bright")
        rows = {row["method"]: row for row in report.rows()}
        assert rows["white"]["recognition"]["mean"] == 1 and rows["black"]["recognition"]["mean"] == 0
        of_works = [np.mean(a) >= 127.5 for a in pictures.works.values()]
        of_contents = [np.mean(a) >= 127.5 for a in pictures.contents.values()]
        wanted = {"hand": "bright", "hands": 2, "works": np.mean(of_works), "untouched": np.mean(of_contents)}
        assert report.recognizer == wanted and 0 < np.mean(of_contents) < 1
        named = [float(np.mean(c / 255 * 0.9 + 0.06) >= 0.5) for c in pictures.contents.values()]
        assert list(report.results["one pass"].named.values()) == named
        believed = [c.mean() / 255 * 0.9 + 0.06 for c in pictures.contents.values()]
        assert list(report.results["one pass"].believed.values()) == pytest.approx(believed, abs=1e-4)
        assert rows["one pass"]["belief"]["mean"] == pytest.approx(np.mean(believed), abs=1e-4)
        # White has no structure at all: to keep as much of the content it is mostly content.
        equal = {row["method"]: row for row in report.rows(report.equal)}
        assert equal["white"]["share"]["mean"] < 0.5 and "bright" in str(report)
        with pytest.raises(InputError, match="does not know"):
            race_adapting(pictures, methods, 1, recognizer=Brightest(), hand="grey")

    def test_failures_stay_in_the_table(self, pictures):
        def dull(*_):
            raise RuntimeError("no idea\nfor a reason")

        calls = []

        def moody(content):
            calls.append(1)
            return content if len(calls) % 2 else np.full((S, S, 3), np.nan)

        report = race_adapting(pictures, {"dull": dull, "moody": lambda *_: moody, "one pass": toward(0, 0)}, 1)
        rows = {row["method"]: row for row in report.rows()}
        assert report.failures["dull"] == {"": "RuntimeError: no idea"} and rows["dull"]["ssim"]["mean"] is None
        assert (rows["moody"]["pairs"], rows["moody"]["failed"]) == (4, 1) and rows["one pass"]["pairs"] == 6
        assert "finite" in report.failures["moody"][list(pictures.contents)[1]]
        assert "dull failed: RuntimeError: no idea" in str(report) and "none" in str(report)
        json.dumps(report.to_dict(), allow_nan=False)

    def test_without_a_baseline_result_there_is_nothing_to_be_equal_to(self, pictures):
        def gone(content):
            raise ValueError("gone")

        report = race_adapting(pictures, {"one pass": lambda *_: gone, "white": toward(1, 1)}, 1)
        assert report.rows(report.equal)[1]["ssim"]["mean"] is None and report.rows()[1]["pairs"] == 6

    def test_pairs_without_a_way_are_left_out(self, pictures):
        name = next(iter(pictures.contents))
        same = AdaptPictures(
            pictures.references, pictures.practice, pictures.contents, {},
            {"w": pictures.contents[name]}, tuple((content, "w") for content in pictures.contents), S,
        )  # fmt: skip
        report = race_adapting(same, {"white": toward(1, 1)}, 1)
        assert list(report.dropped) == [0] and report.rows()[0]["pairs"] == 2

    def test_progress_and_no_method(self, pictures):
        told = []
        race_adapting(pictures, {"white": toward(1, 1)}, 1, on_progress=lambda *words: told.append(words))
        assert told == [(0, 4, "white learns"), *((i + 1, 4, n) for i, n in enumerate(pictures.contents)), (4, 4, "")]
        with pytest.raises(InputError, match="no method"):
            race_adapting(pictures, {}, 1)


def test_share_for():
    rng = np.random.default_rng(0)
    content, result = rng.random((2, S, S, 3), np.float32)
    shares = [share_for(content, result, least) for least in (0.3, 0.6, 0.9, 0.99)]
    assert shares == sorted(shares, reverse=True) and 0 < shares[-1] < shares[0] < 1
    assert share_for(content, content, 0.9999) == 1 and share_for(content, result, -1) == 1
    flat = np.full_like(content, 0.5)
    assert share_for(content, flat, 2.0) == 0, "what nothing reaches leaves the content as it is"
