"""Explanations: what is gathered for one picture and one style, the page that it is told on, and the command."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from pinxit.cli import app
from pinxit.engines.engine import Engine
from pinxit.errors import InputError, ShapeError, StyleError
from pinxit.learning.recognizer import signatures_of, signed
from pinxit.learning.texture import read_texture
from pinxit.library import Library
from pinxit.measuring.attribution import RegionGame, occlusion, rank_correlation
from pinxit.measuring.style_pairs import measure_pair
from pinxit.networks import weights
from pinxit.personal.explain import Explanation, explain, references_of
from pinxit.personal.explain_page import explanation_page
from pinxit.personal.judges import StyleJudge, judged, liking_judge
from pinxit.personal.painted import nearest_palettes, painted
from pinxit.personal.recognize import UNMARKED
from pinxit.personal.tone_picture import cube_png, hue_wheel_svg
from pinxit.personal.what_if import FULL, UNTOUCHED, unsettled, variants
from pinxit.picture import Picture
from pinxit.provenance import Provenance, Training
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

HOSTILE = "<script>alert('x')</script>\"&.jpg"


def photo(seed=0, shape=(72, 96)):
    """Soft patches of colour, (H, W, 3) uint8."""
    small = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize(shape[::-1], Image.Resampling.BICUBIC))


def drawn(seed, colour):
    """Stripes in one colour, (64, 64, 3) uint8."""
    rng = np.random.default_rng(seed)
    stripes = (np.mgrid[:64, :64][seed % 2] // 3 % 2)[..., None] * np.array(colour)
    return (stripes * 180 + rng.integers(0, 70, (64, 64, 3))).clip(0, 255).astype(np.uint8)


WORKS = [drawn(0, (1.0, 0.2, 0.1)), drawn(1, (0.1, 0.3, 1.0)), drawn(2, (0.2, 0.9, 0.2)), drawn(3, (0.9, 0.9, 0.8))]


@pytest.fixture
def taught(tiny):
    """The tiny signature with covariances that fit what it sees."""
    network = weights.signature()
    vectors = signatures_of([*WORKS, *(photo(n) for n in range(6))])
    apart = float(vectors.var(0).sum())
    network.centre.copy_(torch.from_numpy(vectors.mean(0)).repeat(2, 1))
    network.between.copy_(torch.eye(5) * apart)
    network.within.copy_(torch.eye(5) * apart / 20)
    return tiny


@pytest.fixture
def painting_style(taught):
    texture = read_texture(WORKS, taught.painter, taught.eye, taught.version)
    facts = Provenance(references=len(WORKS), kind="art")
    return Style(name="stripes", texture=texture, signature=signed(WORKS, "art"), provenance=facts)


def look(gain=0.6, **more):
    return Style(name="dim", tone=Tone(lut=Lut(Lut.identity(5).table * np.float32(gain))), **more)


@pytest.fixture
def looked(taught):
    return look(signature=signed([photo(n) // 2 for n in range(3)], "photo"))


@pytest.fixture
def quick(monkeypatch):
    """Few regions, so that few samples do."""
    from pinxit.personal import explain as module

    rows, columns = np.mgrid[:2, :2]
    small = rows * 2 + columns

    def quarters(array):
        size = array.shape[1], array.shape[0]
        return np.asarray(Image.fromarray(small.astype(np.uint8)).resize(size, Image.Resampling.NEAREST)).astype(int)

    monkeypatch.setattr(module, "superpixels", quarters)


class TestJudges:
    def test_style_judge_is_the_recognizer(self, looked):
        """Log-odds of one style against none are those of the recognizer's two confidences."""
        from pinxit.learning.recognizer import Known, StyleRecognizer

        recognizer = StyleRecognizer(weights.signature(), {"x": Known.of(looked.signature.vectors)})
        yes, no = recognizer.confidences(signatures_of([photo(1)]))[0]
        assert StyleJudge(looked)(photo(1)) == pytest.approx(np.log(yes / no))

    def test_halves_sum_to_the_change(self, looked):
        judge = StyleJudge(looked)
        halves = judge.halves(photo(1), photo(1) // 2)
        assert sum(halves.values()) == pytest.approx(judge(photo(1) // 2) - judge(photo(1)), abs=1e-4)
        assert set(halves) == {"strokes", "colours"}

    def test_half_that_did_not_change_brings_nothing(self, looked, monkeypatch):
        old, new = signatures_of([photo(1), photo(2)])
        new[:3] = old[:3]
        monkeypatch.setattr("pinxit.personal.judges.signatures_of", lambda _: np.stack([old, new]))
        halves = StyleJudge(looked).halves(None, None)
        assert halves["strokes"] == pytest.approx(0, abs=1e-9) and abs(halves["colours"]) > 1e-3

    def test_without_signature(self, taught):
        with pytest.raises(StyleError, match="dim cannot be recognized: it has no signature"):
            StyleJudge(look())

    def test_judged_finds_what_was_planted(self):
        """The judge looks at one region; the transfer changed that region and another one."""
        regions = np.arange(6).reshape(2, 3).repeat(12, 0).repeat(12, 1)
        before = np.full((24, 36, 3), 100, np.uint8)
        after = before.copy()
        after[regions == 4], after[regions == 1] = 200, 200
        found = judged(lambda array: float(array[regions == 4].mean()), before, after, regions, samples=60)
        assert (found.before, found.after) == (100, 200)
        for values in found.gain.values():
            assert np.argmax(values) == 4 and np.abs(np.delete(values, 4)).max() < 10
        assert found.gain["KernelSHAP"][4] == pytest.approx(100, abs=0.1)
        # The mean colour of the result is 133, of the photo 100: that is what a region is painted over with.
        assert found.result[4] == pytest.approx(67, abs=1) and np.abs(found.photo).max() == 0
        assert found.faithfulness.areas()["deletion"] < found.faithfulness.areas()["random deletion"]

    def test_recognizer_with_random_weights_answers_otherwise(self, looked):
        """Explanations are about the network: another one, drawn at random, ranks regions otherwise."""
        regions = np.arange(12).reshape(3, 4).repeat(24, 0).repeat(24, 1)
        judge = StyleJudge(looked)

        def values():
            return occlusion(RegionGame(judge, photo(4), photo(3), regions))

        first, alike = values(), []
        for seed in range(4):
            torch.manual_seed(seed)
            for layer in weights.eye().modules():
                if hasattr(layer, "reset_parameters"):
                    layer.reset_parameters()
            for name in ("hand_axes", "tone_axes"):
                torch.nn.init.normal_(getattr(weights.signature(), name), std=0.1)
            alike.append(rank_correlation(first, values()))
        assert abs(np.mean(alike)) < 0.6

    def test_liking_judge(self, tiny):
        liked, disliked = [photo(n, (170, 180)) // 3 for n in range(2)], [photo(n, (170, 180)) for n in range(2)]
        judge = liking_judge(liked, disliked)
        assert judge(liked[0]) > judge(disliked[0])


class TestWorks:
    def test_planted_palettes(self):
        """Red, blue, and a work of all colours: a region goes to the work that is about its colour."""
        rng = np.random.default_rng(0)
        red, blue = (rng.normal(colour, 0.03, (200, 3)).clip(0, 1) for colour in ((0.8, 0.1, 0.1), (0.1, 0.2, 0.8)))
        palettes = [red, blue, rng.random((600, 3))]
        result = np.zeros((20, 30, 3), np.uint8)
        regions = np.arange(3).repeat(10)[None].repeat(20, 0)
        result[:, :10], result[:, 10:20], result[:, 20:] = (25, 50, 205), (205, 25, 25), (60, 200, 60)
        assert nearest_palettes(result, regions, palettes).tolist() == [1, 0, 2]

    def test_shares_and_files(self, painting_style, taught):
        array = photo()
        result = Engine(painting_style).transfer(Picture(array)).array
        regions = (np.arange(96) // 48)[None].repeat(72, 0)
        named = [(f"{n}.png", work) for n, work in enumerate(WORKS)]
        found = painted(array, result, regions, painting_style.texture, [("other.png", photo(9)), *named])
        shares = [work.share for work in found.works]
        assert shares == sorted(shares, reverse=True) and sum(shares) > 0.95
        for work in found.works:
            assert work.name == f"{work.number - 1}.png"  # works are in the order in which they were read
        assert found.attention.shape == (9, 12) and np.isfinite(found.logit)
        assert found.details.shape == (3, 5) and -1 <= found.moved(array, result) <= 1

    def test_attention_is_the_generators(self, painting_style, taught):
        """In the middle, where the mirrored frame does not reach, the map is what the generator itself gives."""
        from pinxit.engines.aim import Aim, cloud_of
        from pinxit.engines.painting import Painting

        array = photo(1, (96, 128))
        found = painted(array, array, np.zeros((96, 128), int), painting_style.texture)
        painting = Painting(painting_style.texture)
        aim = Aim(*painting.works.suited(cloud_of(array)))
        pixels = torch.from_numpy(array.transpose(2, 0, 1).astype(np.float32) / 255)[None]
        plain = painting.generator.explain(aim.matched(pixels), painting.code)[1][0, 0].numpy()
        assert found.attention.shape == plain.shape
        assert np.corrcoef(found.attention[3:-3, 3:-3].ravel(), plain[3:-3, 3:-3].ravel())[0, 1] > 0.9


class TestWhatIf:
    def test_settling_the_unsettled_is_the_full_result(self, painting_style):
        """The only step between the two rows is the one that the table names."""
        content = Picture(photo())
        raw, aim = unsettled(content, painting_style)
        full = Engine(painting_style).transfer(content).array / 255
        settled = aim.settled(raw)[0].permute(1, 2, 0).numpy()
        assert np.abs(raw[0].permute(1, 2, 0).numpy() - full).mean() > 0.01  # settling does something here
        assert np.abs(settled - full).max() <= 1 / 255

    def test_rows_of_a_painting(self, painting_style):
        content = Picture(photo())
        adapter = {"stem.weight.whole": np.full((4, 12, 3, 3), 0.02, np.float32)}
        style = replace(painting_style, texture=replace(painting_style.texture, adapter=adapter))
        rows = {row.name: row for row in variants(content, style, WORKS[:1], StyleJudge(style))}
        assert list(rows) == [
            UNTOUCHED, FULL, "tone only", "strokes only", "not settled", "no adapter", "half strength",
        ]  # fmt: skip
        np.testing.assert_array_equal(rows[FULL].array, Engine(style).transfer(content).array)
        np.testing.assert_array_equal(rows["no adapter"].array, Engine(painting_style).transfer(content).array)
        np.testing.assert_array_equal(rows["tone only"].array, Engine(style).transfer(content, texture=0).array)
        expected = measure_pair(content.array, rows[FULL].array, WORKS[:1])
        assert (rows[FULL].ssim, rows[FULL].colour, rows[FULL].texture) == pytest.approx(
            (expected.ssim, expected.colour, expected.texture)
        )
        still = rows[UNTOUCHED]
        assert (still.ssim, still.colour, still.texture) == pytest.approx((1, 1, 1)) and rows[FULL].away == 0
        assert rows["half strength"].away < still.away

    def test_rows_of_a_look(self, taught):
        content = Picture(photo())
        rows = {row.name: row for row in variants(content, look(), (), None)}
        assert list(rows) == [UNTOUCHED, FULL, "lightness only", "colour only", "half strength"]
        assert rows[FULL].colour is None and rows[FULL].style is None
        # Grey stays grey when only colour is changed by a look that makes everything darker.
        grey = Picture(np.full((64, 64, 3), 120, np.uint8))
        dim = {row.name: row for row in variants(grey, look(), (), None)}
        assert np.abs(dim["colour only"].array.astype(int) - 120).max() <= 1
        assert np.abs(dim["lightness only"].array.astype(int) - 72).max() <= 1


KEPT, TOLD = {}, []


@pytest.fixture
def explained(request) -> Explanation:
    """A painting explained, with likes; made once."""
    if not KEPT:
        style = request.getfixturevalue("painting_style")
        request.getfixturevalue("quick")
        likes = {"liked": [photo(1, (170, 180))], "disliked": [photo(2, (170, 180))]}
        KEPT["explained"] = explain(
            photo(), style, references=WORKS[:2], samples=50, **likes, on_progress=lambda *what: TOLD.append(what[2])
        )
    return KEPT["explained"]


class TestExplain:
    def test_a_painting(self, explained):
        found = explained
        change = found.recognized.after - found.recognized.before
        assert change == pytest.approx(sum(found.halves.values()), abs=1e-3)
        assert change == pytest.approx(found.recognized.gain["KernelSHAP"].sum(), abs=1e-2)
        assert found.recognized.before == pytest.approx(found.variant(UNTOUCHED).style, abs=1e-6)
        assert found.recognized.after == pytest.approx(found.variant(FULL).style, abs=1e-6)
        assert found.painted.works and found.size == (96, 72) and found.own_references == 0
        facts = found.to_dict()
        assert facts["not_recognized"] is None and len(facts["what_if"]) == 6 and facts["references"] == 2
        assert facts["liking"]["after"] == found.liking.after
        assert TOLD == ["what if", "the painter", "the recognizer", "liking", ""]

    def test_a_look_that_cannot_be_recognized(self, taught, quick):
        found = explain(photo(), look(), samples=50)
        assert found.recognized is None and UNMARKED in found.unknown and found.painted is None
        np.testing.assert_array_equal(found.lut.table, look().tone.lut.table)

    def test_refuses_more_regions_than_samples_can_tell(self, taught, monkeypatch):
        monkeypatch.setattr("pinxit.personal.explain.superpixels", lambda _: np.arange(72 * 96).reshape(72, 96) // 200)
        with pytest.raises(InputError, match="60 samples came for 35 regions; 70 or more are wanted"):
            explain(photo(), look(), samples=60)

    @pytest.mark.parametrize(
        ("change", "error", "words"),
        [
            ({"samples": 49}, InputError, "49 samples came; 50 to 10000 are wanted"),
            ({"samples": 10_001}, InputError, "10001 samples came"),
            ({"liked": [photo()]}, InputError, "1 liked and 0 disliked pictures came"),
            ({"content": photo(0, (40, 90))}, ShapeError, "90 x 40 when its longest side"),
            ({"content": photo(0, (63, 64))}, ShapeError, "64 a side are wanted"),
            ({"style": Style(name="nothing")}, StyleError, "no tone and no texture"),
        ],
    )
    def test_refuses(self, taught, change, error, words):
        given = {"content": photo(), "style": look(), **change}
        with pytest.raises(error, match=words) as caught:
            explain(given.pop("content"), given.pop("style"), **given)
        assert "\n" not in str(caught.value)


class Page(HTMLParser):
    """Everything that a page asks for, and what it says."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.outside, self.words, self.pictures = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        self.outside += [v for k, v in given.items() if k in ("href", "src", "srcset") and not v.startswith("data:")]
        self.outside += [k for k in given if k.startswith("on")]
        if tag in ("img", "svg"):
            self.pictures.append(given.get("alt") or given.get("aria-label"))

    def handle_data(self, data):
        self.words.append(data)


class TestPage:
    def test_needs_nothing_else_and_escapes(self, explained):
        works = tuple(replace(work, name=HOSTILE) for work in explained.painted.works)
        hostile = replace(explained, painted=replace(explained.painted, works=works))
        page = explanation_page(hostile, HOSTILE, HOSTILE)
        read = Page(page)
        assert read.outside == [] and not {"script", "link", "iframe", "base"} & set(read.tags)
        assert not re.search(r"url\(|@import|https?://", page)
        shown = sum(work.array is not None for work in works)
        assert shown and sum(HOSTILE in words for words in read.words) == 3 + shown
        assert all(read.pictures) and len(read.pictures) > 15
        assert page.startswith("<!doctype html>") and "Content-Security-Policy" in page and 'lang="en"' in page
        for title in ("What was done", "Which works", "looks like this style", "likable", "What if", "Limits"):
            assert title.replace("looks", "look") in page or title in page

    def test_every_tag_is_closed(self, explained):
        from xml.etree import ElementTree

        page = explanation_page(explained, "a", "b")
        body = page[page.index("<main>") : page.index("</main>") + 7]
        body = re.sub(r"<(img[^>]*|br)>", r"<\1/>", body).replace("class=n", 'class="n"').replace("scope=col", "")
        assert ElementTree.fromstring(body).tag == "main"

    def test_figures_are_those_found(self, explained):
        page = explanation_page(explained, "a", "b")
        areas = explained.recognized.faithfulness.areas()
        for value in (explained.recognized.before, areas["deletion"], areas["random deletion"], explained.moved):
            assert f"{value:+.2f}" in page
        for row in explained.variants:
            assert f"<td class=n>{row.ssim:.2f}</td>" in page

    def test_says_when_a_map_is_no_better_than_chance(self, explained):
        trust = explained.recognized.faithfulness
        turned = replace(trust, deletion=trust.random_deletion.max(0) + 1)
        page = explanation_page(
            replace(explained, recognized=replace(explained.recognized, faithfulness=turned)), "a", "b"
        )
        assert "do not rely on this map" in page
        sure = replace(trust, deletion=trust.random_deletion.min(0) - 1)
        both = {"recognized": replace(explained.recognized, faithfulness=sure), "liking": None}
        assert "do not rely on this map" not in explanation_page(replace(explained, **both), "a", "b")

    def test_a_look_without_a_signature(self, taught, quick):
        page = explanation_page(explain(photo(), look(), samples=50), "a.jpg", "dim")
        assert "This cannot be told: dim cannot be recognized" in page and "name some with --references" in page
        assert "Where the painter looked" not in page and "likable" not in page

    def test_says_when_the_recognizer_says_little(self, explained):
        for before, after, words in (
            (0.5, 2.0, "took the untouched photo for the style already"),
            (-1.0, -2.0, "made it less sure"),
        ):
            told = replace(explained.recognized, before=before, after=after)
            page = explanation_page(replace(explained, recognized=told, liking=None), "a", "b")
            assert words in page
        told = replace(explained.recognized, before=-1.0, after=2.0)
        page = explanation_page(replace(explained, recognized=told, liking=None), "a", "b")
        assert "already, so" not in page and "less sure" not in page

    def test_adaptation_is_told_in_figures(self, explained):
        training = Training({}, {"score": 0.8, "style": 0.5}, {"score": 0.7, "style": 0.41}, steps=10, best=8)
        style = replace(explained.style, provenance=Provenance(training=training))
        page = explanation_page(replace(explained, style=style), "a", "b")
        assert "score 0.800 to 0.700, style 0.500 to 0.410" in page and "No single loss is dropped" in page


class TestTonePictures:
    def test_wheel_of_the_identity_moves_nothing(self):
        lines = re.findall(
            r'<line [^>]*x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)"', hue_wheel_svg(Lut.identity())
        )
        assert len(lines) == 24
        for x1, y1, x2, y2 in lines:
            assert np.hypot(float(x1) - float(x2), float(y1) - float(y2)) < 0.3

    def test_wheel_without_colour_ends_in_the_middle(self):
        grey = Lut(Lut.identity(9).table.mean(3, keepdims=True).repeat(3, 3))
        ends = re.findall(r'x2="([\d.]+)" y2="([\d.]+)"', hue_wheel_svg(grey))
        assert np.abs(np.array(ends, float) - 120).max() < 0.3

    def test_cube_holds_the_pictures_colours(self):
        import io

        array = np.zeros((40, 40, 3), np.uint8)
        array[:, 20:] = (255, 255, 255)
        image = np.asarray(Image.open(io.BytesIO(cube_png(array, 200))))
        rows, columns = np.nonzero((image[..., :3] > 250).all(2) & (image[..., 3] > 250))
        assert rows.mean() < 40 and abs(columns.mean() - 100) < 3  # white on top, in the middle
        rows, columns = np.nonzero((image[..., :3] < 5).all(2) & (image[..., 3] > 250))
        assert rows.mean() > 160 and abs(columns.mean() - 100) < 3


def run(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result


class TestCommand:
    @pytest.fixture
    def files(self, tmp_path, looked, home):
        for number, work in enumerate(WORKS):
            path = tmp_path / "works" / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray(work).save(path)
        Image.fromarray(photo()).save(tmp_path / "a.png")
        Library().add(looked)
        return tmp_path

    def test_writes_a_page(self, files, quick):
        Library().sources.record("dim", {"reference": sorted((files / "works").iterdir())[:2]}, {})
        words = ("--style", "dim", "-o", files / "new" / "why.html", "--samples", 50, "--json")
        told = json.loads(run("explain", files / "a.png", *words).stdout)
        page = (files / "new" / "why.html").read_text()
        assert told["references"] == 2 and told["recognition"]["random_orders_beaten"] <= 1
        assert told["style"] == "dim" and told["seconds"]["the recognizer"] > 0
        assert "a.png" in page and "dim" in page and Page(page).outside == []

    def test_references_that_changed_are_not_taken(self, files):
        paths = sorted((files / "works").iterdir())
        Library().sources.record("dim", {"reference": paths}, {})
        Image.fromarray(photo(8)).save(paths[1])
        paths[2].unlink()
        assert references_of("dim") == [paths[0], paths[3]]

    @pytest.mark.parametrize(
        ("words", "code", "line"),
        [
            (["a.png", "--style", "dim", "-o", "why.pdf"], 2, "why.pdf does not end in .html"),
            (["a.png", "--style", "dim", "-o", "there.html"], 2, "is there already; add --overwrite"),
            (["a.png", "--style", "nobody", "-o", "x.html"], 3, "nobody"),
            (["none.png", "--style", "dim", "-o", "x.html"], 3, "none.png"),
            (["broken.png", "--style", "dim", "-o", "x.html"], 2, "broken.png"),
            (["a.png", "--style", "dim", "-o", "x.html", "--samples", "5"], 2, "5 samples came"),
            (["a.png", "--style", "dim", "-o", "x.html", "--references", "empty"], 2, "holds no picture"),
            (["a.png", "--style", "dim", "-o", "x.html", "--liked", "works"], 2, "4 liked and 0 disliked"),
        ],
    )
    def test_bad_input_is_one_line(self, files, monkeypatch, words, code, line):
        monkeypatch.chdir(files)
        (files / "there.html").write_text("mine")
        (files / "broken.png").write_bytes(b"no picture")
        (files / "empty").mkdir()
        said = run("explain", *words, code=code)
        lines = said.stderr.strip().split("\n")
        assert len(lines) == 1 and lines[0].startswith("pinxit: ") and line in lines[0]
        assert not (files / "x.html").exists() and (files / "there.html").read_text() == "mine"
