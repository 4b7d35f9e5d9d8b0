"""The command line: what it does, what it says, and with which exit code it ends."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from commands import answer, pinxit, refused
from pinxit import measure as door
from pinxit import transfer
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


def painted_style(tiny) -> Style:
    from pinxit.learning.texture import read_texture

    drawn = np.random.default_rng(1).integers(0, 256, (48, 48, 3), np.uint8)
    return Style(texture=read_texture([drawn], tiny.painter, tiny.eye, tiny.version))


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

    def learn_style(pictures, *, more_of, on_progress, on_decision, strict, **options):
        calls.append({"pictures": list(pictures), "more_of": more_of, "strict": strict, **options})
        on_progress(0, 1, "looking")
        if options["minutes"] == 7:
            on_decision("the references look drawn")
        style = half(None, expected_error=2.0)
        bad = [f"skipped {Path(path).name}: no picture; give another" for path in pictures if "bad" in Path(path).name]
        facts = replace(style.provenance, notes="; ".join(bad) or None)
        if more_of is not None:
            facts = replace(facts, licence=more_of.provenance.licence, consent=more_of.provenance.consent)
        return replace(style, provenance=facts)

    monkeypatch.setattr("pinxit.learning.style.learn_style", learn_style)
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

    def test_art(self, photos, quick_learning):
        words = ("learn", photos, "--name", "x", "--kind", "art", "--minutes", "3.5", "--contents", photos / "more")
        assert answer(*words)["contents"] == 1
        (call,) = quick_learning
        assert (call["kind"], call["minutes"], call["more_of"]) == ("art", 3.5, None) and len(call["contents"]) == 1
        pinxit("learn", photos, "--name", "y")
        assert quick_learning[1]["kind"] == "auto" and quick_learning[1]["contents"] is None

    def test_what_was_decided_is_told(self, photos, quick_learning):
        words = ["learn", str(photos), "--replace", "--name", "x", "--minutes", "7"]
        assert CliRunner().invoke(app, words).stderr == "pinxit: the references look drawn\n"
        for silent in ("--quiet", "--json"):
            assert CliRunner().invoke(app, [*words, silent]).stderr == ""

    def test_more(self, photos, library, quick_learning):
        library.add(replace(half(), provenance=Provenance(references=3, licence="CC0", consent="asked")), replace=True)
        pinxit("learn", photos, "--name", "half", "--more", "--licence", "CC BY", "--neutral", photos / "more")
        (call,) = quick_learning
        assert call["more_of"].name == "half" and len(call["neutral"]) == 1
        facts = library.get("half").provenance
        assert (facts.licence, facts.consent) == ("CC0; CC BY", "asked")
        assert [entry.name for entry in library.list()] == ["half"] and len(library.list(trash=True)) == 2

    def test_more_refused(self, photos, library, tmp_path, quick_learning):
        assert "--name" in refused("learn", photos, "--more", "-o", tmp_path / "x.pinxit", code=2)
        assert "did you mean" in refused("learn", photos, "--more", "--name", "halve", code=3)
        assert not quick_learning

    def test_a_look_is_not_continued(self, photos, library):
        assert "leave out --more" in refused("learn", photos, "--more", "--name", "half", code=2)
        assert "--kind art" in refused("learn", photos, "--more", "--name", "half", "--kind", "art", code=2)
        assert library.list(trash=True) == ()

    def test_interrupted(self, photos, library, tmp_path, monkeypatch):
        monkeypatch.setattr(
            "pinxit.learning.style.learn_style", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        places = ("--name", "half", "--replace", "-o", tmp_path / "new" / "x.pinxit")
        assert "stopped" in refused("learn", photos, *places, code=130)
        assert library.list(trash=True) == () and len(library.list()) == 1 and not (tmp_path / "new").exists()

    def test_dry_run(self, photos, home, quick_learning):
        assert answer("learn", photos, "--name", "x", "--dry-run")["pictures"] == 3
        for option in ("--neutral", "--before", "--contents"):
            words = ("learn", photos, "--name", "x", "--dry-run", option)
            assert answer(*words, photos / "more")[option[2:]] == 1
            assert "not there" in refused(*words, photos / "nowhere", code=3)
        assert not quick_learning and Library().list() == ()

    def test_refused_before_the_work(self, photos, library, tmp_path, quick_learning):
        (tmp_path / "empty").mkdir()
        (tmp_path / "there.pinxit").write_text("")
        assert "is there already" in refused("learn", photos, "--name", "half", code=2)
        assert "is there already" in refused("learn", photos, "-o", tmp_path / "there.pinxit", code=2)
        assert "--name" in refused("learn", photos, code=2)
        assert "auto, on or off" in refused("learn", photos, "--name", "x", "--refine", "yes", code=2)
        assert "auto, photo or art" in refused("learn", photos, "--name", "x", "--kind", "paint", code=2)
        assert CliRunner().invoke(app, ["learn", str(photos), "--name", "x", "--minutes", "-1"]).exit_code == 2
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

    def test_strokes(self, photos, tmp_path, tiny):
        style = painted_style(tiny)
        style.save(tmp_path / "x.pinxit")
        settings = {"strength": 0.9, "tone": 0.5, "texture": 0.7, "brush": 2.0, "variation": 0.5, "seed": 3}
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        one = ("transfer", photos / "0.jpg", "-s", tmp_path / "x.pinxit", "-o", tmp_path / "out.png", *words)
        pinxit(*one, "--keep-colours")
        wanted = transfer(photos / "0.jpg", style, **settings, keep_colours=True)
        np.testing.assert_array_equal(Image.open(tmp_path / "out.png"), wanted)
        pinxit("transfer", photos, "-s", tmp_path / "x.pinxit", "-o", tmp_path / "out", "--suffix", "png", *words)
        wanted = transfer(photos / "more" / "2.jpg", style, **settings)
        np.testing.assert_array_equal(Image.open(tmp_path / "out" / "more" / "2.png"), wanted)

    def test_a_painting_is_a_style(self, photos, tmp_path, tiny):
        pinxit("transfer", photos / "0.jpg", "-s", photos / "1.jpg", "-o", tmp_path / "out.png")
        wanted = transfer(photos / "0.jpg", photos / "1.jpg")
        np.testing.assert_array_equal(Image.open(tmp_path / "out.png"), wanted)

    def test_mask_and_faces(self, photos, library, tmp_path, monkeypatch):
        mask = np.zeros((48, 64), np.uint8)
        mask[:, 32:] = 255
        Image.fromarray(mask).save(tmp_path / "mask.png")
        monkeypatch.setattr(
            "pinxit.engines.protect.faces_left_out", lambda p: np.repeat(np.eye(p.height)[:, :1], p.width, 1)
        )
        source = np.asarray(Image.open(photos / "0.jpg"))
        words = ("transfer", photos / "0.jpg", "-s", "half", "-o", tmp_path / "out.png", "--overwrite")
        pinxit(*words, "--mask", tmp_path / "mask.png")
        result = np.asarray(Image.open(tmp_path / "out.png"))
        assert np.array_equal(result[:, :32], source[:, :32]) and not np.array_equal(result[:, 32:], source[:, 32:])
        pinxit(*words, "--mask", tmp_path / "mask.png", "--protect", "faces")
        both = np.asarray(Image.open(tmp_path / "out.png"))
        assert np.array_equal(both[1:], source[1:]) and np.array_equal(both[0], result[0])
        pinxit(*words, "--protect", "faces")
        assert np.array_equal(np.asarray(Image.open(tmp_path / "out.png"))[1:], source[1:])

    def test_wrong_strokes(self, photos, library, tmp_path):
        words = ("transfer", photos / "0.jpg", "-s", "half", "-o", tmp_path / "x.png")
        for option, value, said in (
            ("--brush", "9", "brush 9"),
            ("--brush", "nan", "brush nan"),
            ("--variation", "3", "variation 3"),
            ("--texture", "-1", "texture -1"),
            ("--protect", "cats", "'faces'"),
        ):
            assert said in refused(*words, option, value, code=2)
        assert "not there" in refused(*words, "--mask", tmp_path / "none.png", code=3)
        refused("transfer", photos, "-s", "half", "-o", tmp_path / "out", "--mask", photos / "0.jpg", code=2)
        assert not (tmp_path / "x.png").exists() and not (tmp_path / "out").exists()

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
    def test_says_what_the_door_says(self, photos, monkeypatch):
        words = ("measure", "--content", photos / "0.jpg", "--result", photos / "1.jpg", "--reference", photos / "more")
        told = answer(*words)
        arrays = [np.asarray(Image.open(photos / name)) for name in ("0.jpg", "1.jpg", "more/2.jpg")]
        report = door(content=arrays[0], result=arrays[1], references=[arrays[2]])
        assert told["figures"] == json.loads(json.dumps(report.to_dict()))["figures"] and told["pairs"] == 1
        assert (told["figures"]["ssim"]["protocol"], told["figures"]["ssim"]["untouched"]) == ("style-pairs-1", 1)
        monkeypatch.setenv("COLUMNS", "200")
        said = " ".join(pinxit(*words).split())
        for name in ("ssim", "colour", "texture"):
            assert f"{name} {told['figures'][name]['value']:.3f} 1.000 style-pairs-1" in said
        assert "not measured: no face is found in the content" in said

    def test_untouched_with_two_references(self, photos):
        same = photos / "0.jpg"
        words = ("measure", "--content", same, "--result", same)
        told = answer(*words, "--reference", photos / "1.jpg", "--reference", photos / "more" / "2.jpg")
        figures = told["figures"]
        assert figures["ssim"]["value"] == pytest.approx(1) and len(told["references"]) == 2
        assert figures["colour"]["value"] == figures["texture"]["value"] == 1

    def test_refused(self, photos):
        words = ("measure", "--content", photos / "0.jpg", "--result", photos / "1.jpg", "--reference")
        assert "is not there" in refused(*words, photos / "9.jpg", code=3)
        assert "eye, vgg19" in refused(*words[:-1], "--encoder", "nose", code=2)
        told = answer(*words, photos / "0.jpg")
        assert "another reference" in told["figures"]["colour"]["note"]

    def test_folders_without_references(self, photos, tmp_path):
        (tmp_path / "after").mkdir()
        for path in (photos / "0.jpg", photos / "1.jpg", photos / "more" / "2.jpg"):
            Image.open(path).save(tmp_path / "after" / f"{path.stem}.png")
        told = answer("measure", "--content", photos, "--result", tmp_path / "after")
        assert told["pairs"] == 3 and told["references"] == [] and "colour" not in told["figures"]
        assert told["figures"]["ssim"]["low"] <= told["figures"]["ssim"]["value"] <= told["figures"]["ssim"]["high"]
        assert "(3 pairs)" in pinxit("measure", "--content", photos, "--result", tmp_path / "after", "--quiet")
        (tmp_path / "after" / "0.png").unlink()
        assert "names agree" in refused("measure", "--content", photos, "--result", tmp_path / "after", code=2)


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
        learned = []

        def learn(reference, **settings):
            assert settings == {"kind": "art", "minutes": 0} and reference.dtype == np.uint8
            learned.append(reference.shape)
            return "style"

        def give(content, style, *, strength):
            assert style == "style" and content.shape == (32, 32, 3)
            return Picture.open(content // np.uint8(1 + strength))

        monkeypatch.setattr("pinxit.doors.learn", learn)
        monkeypatch.setattr("pinxit.doors.transfer", give)
        told = answer(*words)
        rows = {row["method"]: row for row in told["rows"]}
        assert len(told["pairs"]) == 3 and {row["pairs"] for row in rows.values()} == {2} and not told["failures"]
        assert set(told["curves"]) == {"pyramid matching", "pinxit"} and len(told["dropped"]) == 1
        assert set(learned) == {(48, 64, 3)} and len(learned) >= 4
        assert rows["pinxit 0"]["colour"]["mean"] == rows["identity"]["colour"]["mean"] == 1
        assert rows["pinxit 1"]["ssim"]["mean"] == told["curves"]["pinxit"][1]["ssim"] < 0.9
        assert "reinhard" in pinxit(*words)

    def test_texture_of_pinxit_itself(self, photos, tiny):
        words = ("bench", "texture", "--contents", photos, "--references", photos / "more", "--size", "32")
        told = answer(*words, "--count", "3", "--per-content", "1", "--strengths", "0,1")
        rows = {row["method"]: row for row in told["rows"]}
        assert not told["failures"] and rows["pinxit 0"]["ssim"]["mean"] == pytest.approx(1)
        assert rows["pinxit 1"]["ssim"]["mean"] < 0.99 and [p["strength"] for p in told["curves"]["pinxit"]] == [0, 1]

    def test_texture_refused(self, photos, tmp_path):
        words = ("bench", "texture", "--contents", tmp_path / "none", "--references", photos)
        assert "folder" in refused(*words, "--quiet", code=3)
        for strengths in ("", "a", "nan", "-1"):
            assert "0 to 10" in refused(*words, "--strengths", strengths, code=2)
