"""Ablation: figures of variants against those measured one by one, and the table against its own arithmetic."""

import json

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError
from pinxit.measuring.ablation import COLUMNS, Exam, Shelf
from pinxit.measuring.adapt_race import share_for
from pinxit.measuring.paint_speed import stability
from pinxit.measuring.style_pairs import measure_pair
from pinxit.measuring.texture_race import summary

S = 64


def soft(seed, size=(S, S)):
    small = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (7, 7, 3), np.uint8))
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC))


CONTENTS = {name: soft(i) for i, name in enumerate("ab")}
GOALS = {name: soft(10 + i, (70, 50)) for i, name in enumerate("xyz")}
MET = (("a", "x"), ("a", "y"), ("b", "z"))
EXAM = Exam(CONTENTS, GOALS, MET, S)


def toward(share):
    """Paints the mean colour of the goal over the content, floats."""
    return lambda content, goal: content / 255 + share * (goal.mean((0, 1)) / 255 - content / 255)


class TestExam:
    def test_figures_are_those_of_style_pairs(self):
        found = EXAM.take(toward(0.2))["figures"]
        for row, (content, goal) in zip(found, MET, strict=True):
            result = toward(0.2)(CONTENTS[content], GOALS[goal])
            wanted = measure_pair(CONTENTS[content], result, [GOALS[goal]], size=S)
            assert row[:3] == pytest.approx([wanted.ssim, wanted.colour, wanted.texture], rel=1e-4)
            assert row[3] == 1 and row[4:] == row[1:3], "what keeps enough is compared as it is"

    def test_at_the_level_results_are_mixed_with_their_contents(self):
        exam = Exam(CONTENTS, GOALS, MET, S, level=0.9)
        for row, (content, goal) in zip(exam.take(toward(0.8))["figures"], MET, strict=True):
            before = (CONTENTS[content] / 255).astype(np.float32)
            result = toward(0.8)(CONTENTS[content], GOALS[goal]).astype(np.float32)
            mixed = before + np.float32(row[3]) * (result - before)
            figures = measure_pair(CONTENTS[content], mixed, [GOALS[goal]], size=S)
            assert figures.ssim == pytest.approx(0.9, abs=1e-3) and row[3] == share_for(before, result, 0.9) < 1
            assert row[4:] == pytest.approx([figures.colour, figures.texture], rel=1e-4)

    def test_calm_is_measured_on_contents_painted_after_their_first_goals(self):
        found = EXAM.take(toward(0.3))["calm"]
        painted = [
            stability(lambda p, g=goal: np.rint(255 * toward(0.3)(p, GOALS[g])).astype(np.uint8), [CONTENTS[content]])
            for content, goal in (("a", "x"), ("b", "z"))
        ]
        assert found == pytest.approx({k: np.mean([p[k] for p in painted]) for k in painted[0]}, rel=1e-6)

    def test_a_strip_shows_each_content_once(self):
        before = EXAM.strip()
        assert before.shape == (S, 2 * S, 3) and before.dtype == np.uint8
        assert {before[:, :S].tobytes(), before[:, S:].tobytes()} == {a.tobytes() for a in CONTENTS.values()}
        black = EXAM.strip(lambda content, goal: 0.0 * content, count=1)
        assert black.shape == (S, S, 3) and not black.any()

    def test_read(self, tmp_path):
        (tmp_path / "hand").mkdir()
        Image.fromarray(soft(3, (90, 60))).save(tmp_path / "c.png")
        Image.fromarray(soft(4, (40, 80))).save(tmp_path / "hand" / "w.png")
        exam = Exam.read([(tmp_path / "c.png", tmp_path / "hand" / "w.png")], S)
        assert exam.met == (("c.png", "hand/w.png"),) and exam.contents["c.png"].shape == (S, S, 3)
        assert np.array_equal(exam.goals["hand/w.png"], soft(4, (40, 80)))
        assert exam.facts()["met"] == [["c.png", "hand/w.png"]]


TERMS = {"minutes": 2.0, **EXAM.facts()}


def kept(folder, part="training", terms=TERMS, **results):
    shelf = Shelf(folder, part)
    for name, result in results.items():
        shelf.keep(name, terms, result)
    return shelf


def figures(texture_at_level, ssim=0.5):
    rows = [[ssim, 0.2, 0.6, 0.7, 0.3, value] for value in texture_at_level]
    return {"figures": rows, "calm": {"shift rms": 0.01, "noise gain": 1.5}, "steps": 40}


class TestShelf:
    def test_what_is_kept_comes_back(self, tmp_path):
        shelf = kept(tmp_path, whole=figures((1, 2, 3)))
        assert shelf.has("whole", TERMS) and not shelf.has("other", TERMS)
        assert Shelf(tmp_path, "adapting").report(["whole"], ["whole"]) is None, "each part has files of its own"
        assert [path.name for path in tmp_path.iterdir()] == ["training-whole.json"]

    @pytest.mark.parametrize("other", [{"minutes": 3.0}, {"met": [["a", "x"]]}, {"level": 0.7}])
    def test_other_terms_are_refused(self, tmp_path, other):
        shelf = kept(tmp_path, whole=figures((1, 2, 3)))
        with pytest.raises(InputError, match=f"training-whole.json was made with another {next(iter(other))}"):
            shelf.has("whole", TERMS | other)
        kept(tmp_path, terms=TERMS | other, adain=figures((1, 2, 3)))
        with pytest.raises(InputError, match=r"training-adain.json was made on other terms"):
            shelf.report(["whole", "adain"], ["whole"])

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"terms": {}}', '{"terms": 3, "result": {}}'])
    def test_damaged_files_are_refused(self, tmp_path, text):
        shelf = Shelf(tmp_path, "training")
        shelf.path("whole").write_text(text)
        for asked in (lambda: shelf.has("whole", TERMS), lambda: shelf.report(["whole"], ["whole"])):
            with pytest.raises(InputError, match=r"training-whole\.json cannot be read"):
                asked()


class TestReport:
    def test_differences_are_taken_pair_by_pair(self, tmp_path):
        # The whole is 1, 2, 6 and again 3, 4, 6: its mean is 2, 3, 6.
        shelf = kept(tmp_path, whole=figures((1, 2, 6)), again=figures((3, 4, 6)), less=figures((2.5, 3.5, 7)))
        report = shelf.report(["whole", "again", "less", "missing"], ["whole", "again"])
        rows = {row["variant"]: row for row in report.rows()}
        assert list(rows) == ["whole", "again", "less"]
        away = rows["less"]["away"]["texture at level"]
        assert away == pytest.approx(summary([0.5, 0.5, 1.0], ["a", "a", "b"]))
        assert away["mean"] == pytest.approx(2 / 3) and (away["low"], away["high"]) == (0.5, 1.0)
        assert rows["whole"]["away"]["texture at level"]["mean"] == pytest.approx(-2 / 3)
        assert rows["less"]["texture at level"]["mean"] == pytest.approx(13 / 3)
        assert report.spread() == pytest.approx(dict.fromkeys(COLUMNS, 0.0) | {"texture at level": 4 / 3})

    def test_the_table(self, tmp_path):
        failed = {"failed": "losses are not finite at step 9"}
        shelf = kept(tmp_path, whole=figures((1, 2, 6)), less=figures((2, 3, 7), ssim=0.25), wgan=failed)
        report = shelf.report(["whole", "less", "wgan"], ["whole", "again"])
        text = str(report).splitlines()
        assert "3 pairs at 64 pixels" in text[0] and len(text) == 5, "no spread is told of one seed"
        assert " 0.250 " in text[3] and "+1.000 (+1.000..+1.000)" in text[3] and " 40 " in text[3]
        assert text[4].startswith("wgan") and "losses are not finite" in text[4]
        told = json.loads(json.dumps(report.to_dict()))
        assert (
            told["part"] == "training" and told["rows"][2] == {"variant": "wgan", **failed} and told["spread"] is None
        )

    def test_without_the_whole_nothing_is_compared(self, tmp_path):
        report = kept(tmp_path, less=figures((2, 3, 7))).report(["whole", "less"], ["whole"])
        (row,) = report.rows()
        assert "away" not in row and row["texture at level"]["mean"] == pytest.approx(4)
        assert "less" in str(report)


def test_ssim_of_nothing_changed():
    """A paint that changes nothing keeps everything, whatever the level."""
    row = Exam(CONTENTS, GOALS, MET, S, level=1.0).take(lambda content, goal: content)["figures"][0]
    assert row == pytest.approx([1, 1, 1, 1, 1, 1], abs=1e-4)
