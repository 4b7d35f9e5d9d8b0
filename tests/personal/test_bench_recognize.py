"""``pinxit bench recognize``: the wires, and that its rivals and splits are what they are called."""

import json
from functools import partial

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pinxit.cli import app
from pinxit.errors import InputError
from pinxit.personal import recognition_race
from pinxit.personal.recognition_race import Described, lab_histogram, race_hands


def work(colour, seed):
    noise = np.random.default_rng(seed).integers(0, 40, (40, 44, 3))
    return (np.array(colour) + noise).astype(np.uint8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("art")
    colours = {"a": (200, 0, 0), "b": (0, 200, 0), "new": (0, 0, 200), "other": (200, 200, 0), "third": (0, 200, 200)}
    held = []
    for hand, colour in colours.items():
        for i in range(9):
            path = root / "art" / hand / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(work(colour, i)).save(path)
            held += [f"{hand}/{i}.png"] if i > 4 or hand not in "ab" else []
    for i in range(6):
        path = root / "photos" / f"{i}-photo.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(work((90, 90, 90), 50 + i)).save(path)
        held.append(path.name)
    (root / "held.txt").write_text("\n".join(held))
    (root / "looks").mkdir()
    for name, gain in (("dark", 0.4), ("half", 0.7), ("plain", 1.0)):
        rows = [f"{r * gain} {g * gain} {b * gain}" for b in (0, 1) for g in (0, 1) for r in (0, 1)]
        (root / "looks" / f"{name}.cube").write_text("LUT_3D_SIZE 2\n" + "\n".join(rows) + "\n")
    return root


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Fewer trials and draws than the protocol's."""
    for name, value in (("_TRIALS", 4), ("_SETS", 6)):
        monkeypatch.setattr(recognition_race, name, value)
    monkeypatch.setattr(recognition_race, "interval", partial(recognition_race.interval, draws=50))


def run(folders, *words):
    given = ["bench", "recognize", "--art", folders / "art", "--leave-out", folders / "held.txt", *words]
    return CliRunner().invoke(app, [str(word) for word in given])


def test_rows(folders, tiny):
    answer = run(folders, "--looks", folders / "looks", "--photos", folders / "photos", "--per-look", 5, "--json")
    assert answer.exit_code == 0, (answer.output, answer.exception)
    rows = {(r["task"], r["method"], r["figure"]): r for r in json.loads(answer.stdout)["rows"]}
    task = "bundled hands, works kept back"
    assert rows[task, "always the commonest", "top-1"]["value"] == 0.5
    assert rows[task, "always the commonest", "top-1"]["count"] == 8
    assert rows[task, "Lab histogram, discriminants", "top-1"]["value"] == 1, "colours tell these hands"
    assert rows["known hand or not", "pinxit", "AUROC"]["count"] == 8 + 27
    assert rows["hands never seen, 3 each of 3", "Lab histogram", "top-1"]["value"] == 1
    assert ("hands never seen, 10 each of 3", "pinxit", "top-1") not in rows, "so many works are not there"
    assert rows["looks never seen, 1 each of 3", "pinxit", "ECE"]["count"] == 15
    for row in rows.values():
        assert row["low"] <= row["value"] <= row["high"] or row["figure"] == "ECE"
    assert {task for task, _, _ in rows} > {
        "mixed works kept back, 1 to 5 styles",
        "mixed graded photos, 1 to 5 styles",
    }


def test_words(folders, tiny):
    said = run(folders).stdout
    assert "always the commonest" in said and "95 % interval" in said and "looks" not in said


def test_refused(folders, tiny, tmp_path):
    (tmp_path / "none.txt").write_text("# nothing\n")
    for words, code, part in (
        (("--looks", folders / "looks"), 2, "give both or none"),
        (("--looks", folders / "looks", "--photos", folders / "photos"), 2, "6 photos left out"),
        (("--leave-out", tmp_path / "missing.txt"), 3, "is not there"),
    ):
        answer = run(folders, *words)
        assert answer.exit_code == code and part in answer.stderr, answer.output
    words = ["bench", "recognize", "--art", str(folders / "art"), "--leave-out", str(tmp_path / "none.txt")]
    assert "no training saw" in CliRunner().invoke(app, words).stderr


def test_both_kinds_of_works_are_wanted(tiny):
    held = Described(np.array(["a", "a"]), np.zeros((2, 5)), np.full((2, 216), 0.1), np.zeros((2, 4)))
    with pytest.raises(InputError, match="2 works kept back are of bundled hands and 0 of others"):
        race_hands(held.histograms, ["a", "b"], held, ("a", "b"))


def test_histogram():
    half = np.zeros((64, 64, 3), np.uint8)
    half[:32] = 255
    found = lab_histogram(half)
    # Black and white, half each: lightness in the lowest and the highest box, no colour (box 3 of 6 begins at 0).
    assert found.shape == (216,) and found.nonzero()[0].tolist() == [3 * 6 + 3, 5 * 36 + 3 * 6 + 3]
    np.testing.assert_allclose(found[found > 0], 0.5**0.5)
