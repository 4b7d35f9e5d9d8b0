"""Recognition over a library, sorting of folders, and the command that does both."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pinxit.cli import app
from pinxit.errors import InputError, NotFoundError, PictureError
from pinxit.learning.recognizer import Known, StyleRecognizer, signatures_of, signed
from pinxit.learning.style import learn_style
from pinxit.library import Library
from pinxit.networks import weights
from pinxit.personal.recognize import OTHER, UNMARKED, LibraryRecognizer
from pinxit.personal.sorting import copy_groups, group_pictures
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def picture(kind, seed):
    """Dark stripes or bright squares with a little noise, (48, 56, 3) uint8."""
    noise = np.random.default_rng(seed).normal(0, 0.02, (48, 56, 3))
    rows, columns = np.mgrid[:48, :56]
    drawn = (rows // 3 % 2) * 0.3 if kind == "stripes" else 0.6 + (rows // 8 + columns // 8) % 2 * 0.4
    return ((drawn[..., None] + noise).clip(0, 1) * 255).astype(np.uint8)


def tone(gain):
    return Tone(lut=Lut(Lut.identity(5).table * np.float32(gain)))


@pytest.fixture
def taught(tiny):
    """The tiny signature with a population in which stripes and squares are two styles."""
    network = weights.signature()
    vectors = [signatures_of([picture(kind, i) for i in range(8)]) for kind in ("stripes", "squares")]
    means = np.stack([v.mean(0) for v in vectors])
    apart = float(np.linalg.norm(means[0] - means[1])) ** 2
    import torch

    network.centre.copy_(torch.from_numpy(means.mean(0)).repeat(2, 1))
    network.between.copy_(torch.eye(5) * apart)
    network.within.copy_(torch.eye(5) * apart / 400)
    network.prototypes.copy_(torch.from_numpy(means))
    network.apart.fill_(0.5)
    return network


@pytest.fixture
def library(taught, home):
    made = Library()
    for name, gain in (("stripes", 0.9), ("squares", 0.5)):
        vectors = signed([picture(name, i) for i in range(3)], "art")
        made.add(Style(name=name, tone=tone(gain), signature=vectors))
    made.add(Style(name="imported", tone=tone(0.7)))
    made.add(Style(name="older", tone=tone(0.6), signature=replace(vectors, version="0" * 16)))
    return made


@pytest.fixture
def folder(tmp_path):
    for number in range(5):
        for kind in ("stripes", "squares")[: 2 if number < 3 else 1]:
            path = tmp_path / "mixed" / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture(kind, 20 + number)).save(path)
    (tmp_path / "mixed" / "broken.jpg").write_bytes(b"no picture")
    return tmp_path / "mixed"


def run(*words, code=0):
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result


class TestLibrary:
    def test_names_its_styles_and_says_what_cannot_be_named(self, library):
        recognizer = LibraryRecognizer()
        assert recognizer.left_out == {"imported": UNMARKED, "older": OTHER}
        for kind in ("stripes", "squares"):
            found = recognizer.recognize(picture(kind, 99))
            assert next(iter(found.styles)) == kind and set(found.styles) == {"stripes", "squares"}
            assert found.styles[kind] > 0.9 > found.none
            assert sum(found.styles.values()) + found.none == pytest.approx(1)
            assert sum(found.hands.values()) + found.no_hand == pytest.approx(1) and set(found.hands) == {
                "a",
                "b",
                "photo",
            }

    def test_confidences_are_the_recognizers(self, library, taught):
        known = {n: Known.of(library.get(n).signature.vectors) for n in ("squares", "stripes")}
        asked = picture("stripes", 99)
        wanted = StyleRecognizer(taught, known).confidences(signatures_of([asked]))[0]
        found = LibraryRecognizer().recognize(asked)
        assert [found.styles["squares"], found.styles["stripes"], found.none] == pytest.approx(wanted.tolist())

    def test_a_library_without_styles(self, taught, home):
        found = LibraryRecognizer().recognize(picture("stripes", 1))
        assert found.styles == {} and found.none == 1 and next(iter(found.hands)) == "a"
        with pytest.raises(NotFoundError, match="pinxit learn"):
            LibraryRecognizer().suited(Picture.open(picture("stripes", 1)))

    def test_suited(self, library):
        found = {one.name: one for one in LibraryRecognizer().suited(Picture.open(picture("stripes", 5)))}
        assert set(found) == {"stripes", "squares"} and next(iter(found)) == "stripes"
        mild = found["stripes"]
        assert (
            mild.before == pytest.approx(1)
            and mild.keep > 0.9
            and mild.score == pytest.approx((mild.keep * mild.reach) ** 0.5)
        )
        assert found["squares"].before < 0.5


class TestLearning:
    @pytest.mark.parametrize("kind", ["photo", "art"])
    def test_a_learned_style_keeps_the_signatures_of_its_references(self, tiny, kind):
        references = [picture("stripes", i) for i in range(3)]
        style = learn_style(references, kind=kind, minutes=0)
        np.testing.assert_allclose(style.signature.vectors, signatures_of(references), atol=1e-5)
        assert style.signature.version == weights.signature_version()

    def test_a_style_that_goes_on_keeps_both(self, tiny):
        references = [picture("squares", i) for i in range(3)]
        old = learn_style(references[:2], kind="art", minutes=0)
        style = learn_style(references[2:], kind="art", minutes=0, more_of=old)
        np.testing.assert_allclose(style.signature.vectors, signatures_of(references), atol=1e-5)


class TestSorting:
    def test_groups_and_what_was_skipped(self, taught, folder):
        seen = []
        paths = sorted(folder.rglob("*.*"))
        groups, skipped = group_pictures(paths, on_progress=lambda *facts: seen.append(facts))
        assert [{path.parent.name for path in each} for each in groups] == [{"stripes"}, {"squares"}]
        assert [len(each) for each in groups] == [5, 3] and list(skipped) == [str(folder / "broken.jpg")]
        assert seen[-1][:2] == (9, 9)

    def test_nothing_to_sort(self, taught, folder):
        with pytest.raises(PictureError, match="none of 1"):
            group_pictures([folder / "broken.jpg"])

    def test_copies(self, tmp_path, folder):
        files = [folder / "stripes" / "0.png", folder / "squares" / "0.png"]
        copies = copy_groups([files, [folder / "stripes" / "1.png"]], tmp_path / "out" / "new")
        assert [str(c.relative_to(tmp_path / "out" / "new")) for c in copies] == [
            "style-1/0.png",
            "style-1/0-2.png",
            "style-2/1.png",
        ]
        assert copies[1].read_bytes() == files[1].read_bytes() and all(path.exists() for path in files)

    def test_what_is_there_is_left_alone(self, tmp_path, folder):
        for place in (folder, folder / "broken.jpg"):
            with pytest.raises(InputError, match="there already"):
                copy_groups([[folder / "stripes" / "0.png"]], place)


class TestCommand:
    def test_names(self, library, folder):
        said = run("recognize", folder, "--top", 1).stdout
        assert said.count("your styles: squares") == 3 and said.count("your styles: stripes") == 5
        told = json.loads(run("recognize", folder, "--json").stdout)
        assert len(told["pictures"]) == 8 and told["left_out"]["older"] == OTHER and len(told["skipped"]) == 1
        first = told["pictures"][0]
        assert set(first["recognized"]) == {"styles", "none", "hands", "no_hand"} and first["picture"].endswith(".png")
        notes = run("recognize", folder).stderr
        assert "imported cannot be recognized" in notes and "skipped" in notes
        assert run("recognize", folder, "--quiet").stderr == ""

    def test_suits(self, library, folder):
        told = json.loads(run("recognize", folder / "stripes" / "0.png", "--suit", "--json").stdout)
        assert [one["name"] for one in told["pictures"][0]["suited"]] == ["stripes", "squares"]
        said = run("recognize", folder / "stripes" / "0.png", "--suit", "--top", 1).stdout
        assert "stripes" in said and "squares" not in said

    def test_groups(self, taught, folder, tmp_path):
        said = run("recognize", folder, "--group").stdout
        assert "these 8 pictures hold 2 styles" in said and "1: 5 pictures: 0.png" in said
        told = json.loads(run("recognize", folder, "--group", "--into", tmp_path / "sorted", "--json").stdout)
        assert [len(each) for each in told["groups"]] == [5, 3] and len(told["copied"]) == 8
        assert len(list((tmp_path / "sorted" / "style-2").iterdir())) == 3 and len(list(folder.rglob("*.png"))) == 8

    def test_one_group(self, taught, folder):
        assert "these 5 pictures hold 1 style\n" in run("recognize", folder / "stripes", "--group").stdout

    def test_refused(self, library, folder, tmp_path):
        for words, code, part in (
            ((folder, "--into", tmp_path / "x"), 2, "--group"),
            ((folder, "--group", "--suit"), 2, "one after the other"),
            ((folder, "--group", "--into", folder), 2, "there already"),
            ((folder / "broken.jpg",), 2, "none of 1"),
            ((tmp_path / "none.jpg",), 3, "is not there"),
        ):
            assert part in run("recognize", *words, code=code).stderr
