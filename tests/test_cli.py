"""The command line: what it does, what it says, and with which exit code it ends."""

import json
import os
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pinxit import measure as door
from pinxit.cli import app
from pinxit.cli.running import emit
from pinxit.library import Library
from pinxit.picture import Picture
from pinxit.provenance import Provenance
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def half(name: str | None = "half", **tone) -> Style:
    lut = Lut(Lut.identity(5).table * np.float32(0.5))
    return Style(name=name, tone=Tone(lut=lut, **tone), provenance=Provenance(references=3))


def pinxit(*words: object, code: int = 0) -> str:
    """Run a command, check its exit code, and return what it printed on stdout."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def refused(*words: object, code: int) -> str:
    """Run a command that has to fail with one clear line, and return the line."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    lines = result.stderr.strip().split("\n")
    assert len(lines) == 1 and lines[0].startswith("pinxit: ") and result.stdout == ""
    return lines[0]


def answer(*words: object, code: int = 0) -> dict:
    """Run a command with --json and return what it says."""
    return json.loads(pinxit(*words, "--json", code=code))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    random = np.random.default_rng(0)
    for number in range(3):
        path = folder / ("more" if number == 2 else "") / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        small = random.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(small).resize((64, 48)).save(path, quality=95)
    return folder


@pytest.fixture
def library(home):
    library = Library()
    library.add(half())
    return library


@pytest.fixture
def quick_learning(monkeypatch):
    """Learning without a network: the mean of what it is given decides; records how it was called."""
    calls = []

    def learn_look(pictures, *, on_progress=None, strict=False, **options):
        calls.append({"pictures": list(pictures), "strict": strict, **options})
        style = half(None, expected_error=2.0)
        bad = [f"skipped {Path(path).name}: no picture; give another" for path in pictures if "bad" in Path(path).name]
        return replace(style, provenance=replace(style.provenance, notes="; ".join(bad) or None))

    module = types.ModuleType("pinxit.learning.look")
    module.learn_look = learn_look
    monkeypatch.setitem(sys.modules, "pinxit.learning.look", module)
    return calls


class TestRoot:
    def test_version_and_help(self):
        assert pinxit("--version").startswith("pinxit 0.")
        commands = (
            "",
            "learn",
            "transfer",
            "styles",
            "export",
            "measure",
            "bench",
            "bench look",
            "bench texture",
            "pretrain",
        )
        for command in commands:
            assert "Usage" in pinxit(*command.split(), "--help")

    @pytest.mark.parametrize("words", [["paint"], ["transfer"], ["transfer", "x", "-o", "y", "--strength", "much"]])
    def test_usage_errors(self, words):
        assert CliRunner().invoke(app, words).exit_code == 2

    def test_starts_quickly_and_without_torch(self):
        code = "import sys, pinxit.cli; print(sorted({'torch', 'numba', 'rawpy', 'av', 'scipy'} & set(sys.modules)))"
        assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"

    def test_json_errors(self, home):
        told = answer("styles", "show", "nobody", code=3)
        assert told["error"]["type"] == "NotFoundError" and told["error"]["exit_code"] == 3

    def test_json_is_strict(self, capsys):
        emit({"a": [np.float32(0.5), float("nan"), np.arange(2)], 3: Path("x"), "b": (True, None)})
        assert json.loads(capsys.readouterr().out) == {"a": [0.5, None, [0, 1]], "3": "x", "b": [True, None]}

    def test_interrupted(self, monkeypatch):
        monkeypatch.setattr("pinxit.library.Library.list", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        refused("styles", "list", code=130)


class TestLearn:
    def test_into_the_library(self, photos, home, quick_learning):
        said = pinxit("learn", photos, "--name", "golden hour", "--licence", "CC0")
        assert "golden hour" in said and "2.0 (CIEDE2000)" in said
        style = Library().get("golden hour")
        assert style.provenance.licence == "CC0" and len(quick_learning[0]["pictures"]) == 3
        assert quick_learning[0]["refine"] == "auto" and quick_learning[0]["neutral"] is None

    def test_into_a_file(self, photos, tmp_path, quick_learning):
        told = answer("learn", photos / "0.jpg", "-o", tmp_path / "new" / "x.pinxit", "--refine", "off", "--seed", "3")
        assert told["pictures"] == 1 and told["expected_error"] == 2.0
        assert Style.load(tmp_path / "new" / "x.pinxit").name is None and Library().list() == ()
        assert quick_learning[0]["seed"] == 3 and quick_learning[0]["refine"] == "off"

    def test_neutral_and_before(self, photos, quick_learning):
        pinxit("learn", photos, "--name", "x", "--neutral", photos / "more", "--before", photos)
        assert len(quick_learning[0]["neutral"]) == 1 and len(quick_learning[0]["before"]) == 3

    def test_skipped_pictures_are_named_and_counted(self, photos, quick_learning):
        for name in ("bad 1.jpg", "bad 2.jpg"):
            (photos / name).write_bytes(b"x")
        result = CliRunner().invoke(app, ["learn", str(photos), "--name", "x"])
        assert result.exit_code == 0 and "2 skipped" in result.stdout
        assert result.stderr == "".join(f"pinxit: skipped bad {n}.jpg: no picture; give another\n" for n in (1, 2))
        assert len(answer("learn", photos, "--name", "y", "--strict")["skipped"]) == 2 and quick_learning[1]["strict"]

    def test_dry_run(self, photos, home, quick_learning):
        assert answer("learn", photos, "--name", "x", "--dry-run")["pictures"] == 3
        assert not quick_learning and Library().list() == ()

    def test_refused_before_the_work(self, photos, library, tmp_path, quick_learning):
        (tmp_path / "empty").mkdir()
        (tmp_path / "there.pinxit").write_text("")
        assert "is there already" in refused("learn", photos, "--name", "half", code=2)
        assert "is there already" in refused("learn", photos, "-o", tmp_path / "there.pinxit", code=2)
        assert "--name" in refused("learn", photos, code=2)
        assert "auto, on or off" in refused("learn", photos, "--name", "x", "--refine", "yes", code=2)
        assert "cannot name" in refused("learn", photos, "--name", "../x", code=2)
        assert "holds no picture" in refused("learn", tmp_path / "empty", "--name", "x", code=2)
        assert "not there" in refused("learn", tmp_path / "nowhere", "--name", "x", code=3)
        assert "no picture" in refused("learn", tmp_path / "*.jpg", "--name", "x", code=3)
        assert ".pinxit" in refused("learn", photos, "-o", tmp_path / "x.cube", code=2)
        assert not quick_learning

    def test_replace(self, photos, library, quick_learning):
        pinxit("learn", photos, "--name", "half", "--replace")
        assert [entry.name for entry in library.list(trash=True)] == ["half"]

    def test_unwritable_library_loses_nothing(self, photos, home, quick_learning, monkeypatch, tmp_path):
        from pinxit.errors import CapacityError

        def full(*_, **__):
            raise CapacityError("the disk has no room")

        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr("pinxit.library.Library.add", full)
        assert "saved as" in refused("learn", photos, "--name", "x", code=4)
        assert Style.load(tmp_path / "x.pinxit").name == "x"

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_unwritable_folder(self, photos, tmp_path, quick_learning):
        (tmp_path / "closed").mkdir(mode=0o500)
        assert "cannot be written" in refused("learn", photos, "-o", tmp_path / "closed" / "x.pinxit", code=4)


class TestTransfer:
    def test_one_picture(self, photos, library, tmp_path):
        assert "out.png" in pinxit("transfer", photos / "0.jpg", "--style", "half", "-o", tmp_path / "new" / "out.png")
        result = np.asarray(Image.open(tmp_path / "new" / "out.png")).astype(int)
        np.testing.assert_allclose(result, np.asarray(Image.open(photos / "0.jpg")) / 2, atol=0.51)

    def test_strength_zero(self, photos, library, tmp_path):
        pinxit("transfer", photos / "0.jpg", "-s", "half", "-o", tmp_path / "out.png", "--strength", "0")
        np.testing.assert_array_equal(Image.open(tmp_path / "out.png"), Image.open(photos / "0.jpg"))

    def test_style_files(self, photos, tmp_path, home):
        half().save(tmp_path / "half.pinxit")
        pinxit("export", tmp_path / "half.pinxit", "-o", tmp_path / "half.cube", "--size", "5")
        for number, name in enumerate(("half.pinxit", "half.cube")):
            pinxit("transfer", photos / "0.jpg", "-s", tmp_path / name, "-o", tmp_path / f"{number}.png")
        np.testing.assert_array_equal(Image.open(tmp_path / "0.png"), Image.open(tmp_path / "1.png"))

    def test_names_that_are_no_text(self, photos, library, tmp_path):
        (photos / "0.jpg").rename(photos / "a\udcff.jpg")
        (photos / "b\udcff.jpg").write_bytes(b"x")
        told = answer("transfer", photos, "-s", "half", "-o", tmp_path / "out")
        assert (told["done"], told["failed"]) == (3, 1) and (tmp_path / "out" / "a\udcff.jpg").exists()
        pinxit("transfer", photos / "a\udcff.jpg", "-s", "half", "-o", tmp_path / "a\udcff.png")

    def test_folder_twice(self, photos, library, tmp_path):
        words = ("transfer", photos, "-s", "half", "-o", tmp_path / "out", "-j", "2")
        assert "3 done, 0 done before, 0 failed" in pinxit(*words)
        told = answer(*words)
        assert (told["done"], told["skipped"], told["failed"]) == (0, 3, 0)
        assert (tmp_path / "out" / "more" / "2.jpg").exists()

    def test_suffix_and_dry_run(self, photos, library, tmp_path):
        told = answer("transfer", photos, "-s", "half", "-o", tmp_path / "out", "--suffix", "png", "--dry-run")
        assert [Path(pair["target"]).name for pair in told["results"]] == ["0.png", "1.png", "2.png"]
        assert not (tmp_path / "out").exists()
        pinxit("transfer", photos / "0.jpg", "-s", "half", "-o", tmp_path / "out.jpg", "--dry-run")
        assert not (tmp_path / "out.jpg").exists()

    def test_bad_picture_among_many(self, photos, library, tmp_path):
        (photos / "bad.jpg").write_bytes(b"x")
        result = CliRunner().invoke(app, ["transfer", str(photos), "-s", "half", "-o", str(tmp_path / "out")])
        assert result.exit_code == 0 and "3 done" in result.stdout and "1 failed" in result.stdout
        assert "bad.jpg" in result.stderr and result.stderr.count("\n") == 1
        assert "bad.jpg" in refused("transfer", photos, "-s", "half", "-o", tmp_path / "out2", "--strict", code=2)

    def test_all_bad(self, library, tmp_path):
        (tmp_path / "in").mkdir()
        for name in "ab":
            (tmp_path / "in" / f"{name}.jpg").write_bytes(b"x")
        told = answer("transfer", tmp_path / "in", "-s", "half", "-o", tmp_path / "out", code=2)
        assert told["failed"] == 2

    def test_refused(self, photos, library, tmp_path):
        one, out = photos / "0.jpg", tmp_path / "out.jpg"
        out.write_bytes(b"precious")
        assert "--overwrite" in refused("transfer", one, "-s", "half", "-o", out, code=2)
        assert "did you mean" in refused("transfer", one, "-s", "halve", "-o", out, code=3)
        assert "not there" in refused("transfer", one, "-s", "x.pinxit", "-o", out, code=3)
        assert "not there" in refused("transfer", "no.jpg", "-s", "half", "-o", tmp_path / "o", code=3)
        assert "folder instead" in refused("transfer", photos, "-s", "half", "-o", tmp_path / "x.png", code=2)
        assert "the picture itself" in refused("transfer", one, "-s", "half", "-o", one, "--overwrite", code=2)
        assert "your own pictures" in refused("transfer", photos, "-s", "half", "-o", photos, "--overwrite", code=2)
        assert "read only" in refused("transfer", one, "-s", "half", "-o", tmp_path / "x.heic", code=2)
        assert "strength -1" in refused(
            "transfer", one, "-s", "half", "-o", tmp_path / "x.png", "--strength", "-1", code=2
        )
        assert "srgb or source" in refused(
            "transfer", one, "-s", "half", "-o", tmp_path / "x.png", "--profile", "p3", code=2
        )
        assert "pixels" in refused("transfer", one, "-s", "half", "-o", tmp_path / "x.png", "--max-pixels", "9", code=2)
        assert "is a file" in refused("transfer", photos, "-s", "half", "-o", out / "x", code=4)
        (tmp_path / "old.pinxit").write_bytes(b"\x80\x04N.")
        assert "damaged" in refused("transfer", one, "-s", tmp_path / "old.pinxit", "-o", tmp_path / "x.png", code=2)
        assert out.read_bytes() == b"precious" and not (tmp_path / "x.png").exists()

    def test_overwrite(self, photos, library, tmp_path):
        (tmp_path / "out.jpg").write_bytes(b"old")
        pinxit("transfer", photos / "0.jpg", "-s", "half", "-o", tmp_path / "out.jpg", "--overwrite", "--quiet")
        with Image.open(tmp_path / "out.jpg") as image:
            assert image.size == (64, 48)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
    def test_device_as_output(self, photos, library, tmp_path):
        (tmp_path / "full.png").symlink_to("/dev/full")
        refused("transfer", photos / "0.jpg", "-s", "half", "-o", tmp_path / "full.png", "--overwrite", code=2)


class TestStyles:
    def test_life_of_a_style(self, library, tmp_path):
        assert "half" in pinxit("styles") and answer("styles", "list")[0]["name"] == "half"
        assert "references:" in pinxit("styles", "show", "half") and answer("styles", "show", "half")["references"] == 3
        pinxit("styles", "rename", "half", "dark")
        assert "undelete" in pinxit("styles", "delete", "dark")
        assert "no styles yet" in pinxit("styles") and "dark" in pinxit("styles", "list", "--trash")
        pinxit("styles", "undelete", "dark", "--as", "half")
        pinxit("styles", "export", "half", "-o", tmp_path / "x.pinxit")
        pinxit("styles", "import", tmp_path / "x.pinxit", "--name", "copy")
        pinxit("styles", "delete", "half")
        assert answer("styles", "purge", "--yes")["purged"] == 1
        assert [entry.name for entry in library.list()] == ["copy"]

    def test_purge_asks(self, library):
        library.delete("half")
        assert CliRunner().invoke(app, ["styles", "purge"], input="n\n").exit_code == 2
        assert CliRunner().invoke(app, ["styles", "purge"], input="y\n").exit_code == 0
        assert library.list(trash=True) == ()

    def test_blend(self, library):
        library.add(Style(tone=Tone(lut=Lut.identity(5))), "plain")
        assert "0.7 x half + 0.3 x plain" in pinxit("styles", "blend", "half:0.7", "plain:0.3", "--name", "c")
        assert library.get("c").tone.lut.table.max() == pytest.approx(0.65)

    @pytest.mark.parametrize("parts", [["half"], ["half:x"], [":1"], ["half:1", "half:2"], ["half:-1"], ["half:0"]])
    def test_blend_refused(self, library, parts):
        refused("styles", "blend", "--name", "c", "--", *parts, code=2)

    def test_import_tables(self, home, tmp_path):
        half().save(tmp_path / "half.pinxit")
        for name in ("Warm (1).cube", "warm.png"):
            pinxit("export", tmp_path / "half.pinxit", "-o", tmp_path / name, "--quiet")
        assert len(answer("styles", "import", tmp_path / "Warm (1).cube", tmp_path / "warm.png")) == 2
        assert [entry.name for entry in Library().list()] == ["warm", "Warm 1"]
        refused("styles", "import", tmp_path / "warm.png", code=2)
        refused("styles", "import", tmp_path / "none.cube", code=3)
        refused("styles", "import", tmp_path / "a.cube", tmp_path / "b.cube", "--name", "x", code=2)

    def test_home_cannot_be_used(self, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("PINXIT_HOME", str(tmp_path / "file"))
        assert "PINXIT_HOME" in refused("styles", "list", code=4)


class TestExport:
    def test_formats(self, library, tmp_path):
        for name, words in (("a.cube", ["--size", "17"]), ("a.png", ["--level", "4"]), ("a.pinxit", [])):
            assert name in pinxit("export", "half", "-o", tmp_path / name, *words)
        assert "LUT_3D_SIZE 17" in (tmp_path / "a.cube").read_text()
        with Image.open(tmp_path / "a.png") as image:
            assert image.size == (64, 64)

    def test_adaptive_tone_states_its_error(self, home, tmp_path):
        style = half(code=np.ones(4, np.float32), expected_error=3.25)
        style.save(tmp_path / "x.pinxit")
        result = CliRunner().invoke(app, ["export", str(tmp_path / "x.pinxit"), "-o", str(tmp_path / "x.cube")])
        assert result.exit_code == 0 and "is not in it" in result.stderr and "3.25" in result.stderr
        assert "# mean table" in (tmp_path / "x.cube").read_text() and "3.25" in (tmp_path / "x.cube").read_text()
        told = answer("export", tmp_path / "x.pinxit", "-o", tmp_path / "y.cube")
        assert told["expected_error"] == 3.25 and len(told["notes"]) == 2

    def test_one_table_per_picture(self, library, photos, tmp_path):
        pinxit("export", "half", "-o", tmp_path / "one.cube", "--picture", photos / "0.jpg")
        told = answer("export", "half", "-o", tmp_path / "x.cube", "--picture", photos)
        assert [Path(file).name for file in told["files"]] == ["x-0.cube", "x-1.cube", "x-2.cube"]
        assert (tmp_path / "x-2.cube").exists() and (tmp_path / "one.cube").exists()

    def test_clipping_is_told(self, home, tmp_path):
        Style(tone=Tone(lut=Lut(Lut.identity(3).table * 2))).save(tmp_path / "x.pinxit")
        told = answer("export", tmp_path / "x.pinxit", "-o", tmp_path / "x.png", "--level", "2")
        assert "outside 0..1" in told["notes"][0]

    def test_refused(self, library, tmp_path):
        (tmp_path / "x.cube").write_text("mine")
        assert "--overwrite" in refused("export", "half", "-o", tmp_path / "x.cube", code=2)
        assert ".cube" in refused("export", "half", "-o", tmp_path / "x.look", code=2)
        assert "17, 33 or 65" in refused("export", "half", "-o", tmp_path / "y.cube", "--size", "500", code=2)
        assert "8 or 12" in refused("export", "half", "-o", tmp_path / "y.png", "--level", "99", code=2)
        assert "style 'no'" in refused("export", "no", "-o", tmp_path / "y.cube", code=3)
        assert (tmp_path / "x.cube").read_text() == "mine"
        pinxit("export", "half", "-o", tmp_path / "y.cube", "--dry-run")
        assert not (tmp_path / "y.cube").exists()


class TestMeasure:
    def test_says_what_the_door_says(self, photos, tmp_path):
        words = ("measure", "--content", photos / "0.jpg", "--result", photos / "1.jpg", "--reference", photos / "more")
        told = answer(*words)
        assert told["protocol"] == "style-pairs-1" and set(told["untouched"].values()) == {1.0}
        arrays = [np.asarray(Image.open(photos / name)) for name in ("0.jpg", "1.jpg", "more/2.jpg")]
        figures = door(content=arrays[0], result=arrays[1], references=[arrays[2]])
        assert (told["ssim"], told["colour"], told["texture"]) == (figures.ssim, figures.colour, figures.texture)
        said = pinxit(*words)
        for name in ("ssim", "colour", "texture"):
            assert f"{told[name]:.3f}" in next(line for line in said.split("\n") if line.startswith(name))

    def test_untouched_with_two_references(self, photos):
        same = photos / "0.jpg"
        words = ("measure", "--content", same, "--result", same)
        told = answer(*words, "--reference", photos / "1.jpg", "--reference", photos / "more" / "2.jpg")
        assert (round(told["ssim"], 5), told["colour"], told["texture"]) == (1, 1, 1) and len(told["references"]) == 2

    def test_refused(self, photos):
        words = ("measure", "--content", photos / "0.jpg", "--result", photos / "1.jpg", "--reference")
        assert "another reference" in refused(*words, photos / "0.jpg", code=2)
        assert "is not there" in refused(*words, photos / "9.jpg", code=3)


class TestBench:
    def test_refused(self, tmp_path):
        words = ("bench", "look", "--looks", tmp_path, "--photos", tmp_path)
        assert "no .cube looks" in refused(*words, code=2)
        assert "pinxit, amortized" in refused(*words, "--methods", "magic", code=2)
        assert "1 to 200" in refused(*words, "--references", "1,x", code=2)
        assert "colour, bw or all" in refused(*words, "--kind", "warm", code=2)

    def test_too_few_photos(self, home, tmp_path):
        half().save(tmp_path / "x.pinxit")
        pinxit("export", tmp_path / "x.pinxit", "-o", tmp_path / "x.cube", "--size", "17", "--quiet")
        words = ("bench", "look", "--looks", tmp_path, "--photos", tmp_path, "--kind", "all")
        assert "0 photos" in refused(*words, code=2)

    def test_texture(self, photos, monkeypatch):
        words = ("bench", "texture", "--contents", photos, "--references", photos / "more", "--size", "32")
        words = (*words, "--count", "3", "--per-content", "1", "--strengths", "0,1")
        monkeypatch.setitem(sys.modules, "pinxit.engines.one_pass", None)  # as if it were not installed
        told = answer(*words)
        assert set(told["curves"]) == {"pyramid matching"} and len(told["dropped"]) == 1
        module = types.ModuleType("pinxit.engines.one_pass")

        def repaint(content, references, *, strength=1.0, tone=1.0, texture=1.0):
            assert isinstance(content, Picture) and [one.size for one in references] == [(64, 48)]
            return content.with_array(content.array // np.uint8(1 + strength))

        module.repaint = repaint
        monkeypatch.setitem(sys.modules, "pinxit.engines.one_pass", module)
        told = answer(*words)
        rows = {row["method"]: row for row in told["rows"]}
        assert len(told["pairs"]) == 3 and {row["pairs"] for row in rows.values()} == {2} and not told["failures"]
        assert rows["pinxit 0"]["colour"]["mean"] == rows["identity"]["colour"]["mean"] == 1
        assert rows["pinxit 1"]["ssim"]["mean"] == told["curves"]["pinxit"][1]["ssim"] < 0.9
        assert "reinhard" in pinxit(*words)

    def test_texture_refused(self, photos, tmp_path):
        words = ("bench", "texture", "--contents", tmp_path / "none", "--references", photos)
        assert "folder" in refused(*words, "--quiet", code=3)
        for strengths in ("", "a", "nan", "-1"):
            assert "0 to 10" in refused(*words, "--strengths", strengths, code=2)
