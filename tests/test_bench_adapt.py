"""``pinxit bench adapt`` and ``pinxit learn --encoder``: the wires between command line, race, painter and rivals."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

from pinxit.cli import app
from pinxit.learning import rivals, texture
from pinxit.learning.adapt import Adapted, split
from pinxit.learning.rivals import OPTIONS
from pinxit.library import Library
from pinxit.networks.vgg import Vgg19

SMALL = {"widths": (4, 6, 8), "blocks": 1}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root, rng = tmp_path_factory.mktemp("adapt"), np.random.default_rng(0)
    names = [*(f"photos/{i}" for i in range(4)), *(f"hand/{i}" for i in range(2)), *(f"held/{i}" for i in range(2))]
    names += [*(f"hands/hand/{i}" for i in range(3)), *(f"hands/other/{i}" for i in range(3))]
    for name in names:
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8))
        small.resize((88, 72), Image.Resampling.BICUBIC).save(path)
    return root


NOTHING = Adapted(np.zeros(8, np.float32), {}, 1.0, 1.0, 3, 0, 0.1, ())


def run(folders, *words):
    given = ["--contents", folders / "photos", "--references", folders / "hand", "--held-out", folders / "held"]
    given += ["--count", 1, "--per-content", 1, "--size", 64, "--minutes", 0.001, "--json", *words]
    return CliRunner().invoke(app, ["bench", "adapt", *map(str, given)])


def rows(told):
    return {row["method"]: row for row in told["rows"]}


@pytest.fixture
def quick(tiny, monkeypatch):
    """Adapting that learns nothing and keeps how it was asked; rivals of a few small crops and one step."""
    asked, builders = [], {"cut": rivals.cut, "cycle": rivals.cycle}

    def adapted(start, references, contents, options, **_):
        asked.append(options)
        return start, replace(NOTHING, parts=split(references)[3])

    def small(name):
        def build(photos, art, *, options, **words):
            asked.append((name, len(photos.pictures), len(art.pictures), options, words))
            return builders[name](photos, art, 32, 2, replace(options, steps=1), generator=SMALL, **words)

        return build

    monkeypatch.setattr(texture, "adapted_texture", adapted)
    for name in builders:
        monkeypatch.setattr(rivals, name, small(name))
    return asked


def test_all_methods_and_recognition(folders, quick):
    words = (
        "--policies",
        "auto,adaptive-rank",
        "--others",
        folders / "hands",
        "--rival-rate",
        0.001,
        "--seed",
        5,
        "--cpu",
    )
    answer = run(folders, *words)
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    found = rows(told)
    assert list(found) == ["one pass", "read", "adapted", "adapted adaptive-rank", "cut", "fastcut", "cyclegan"]
    assert not told["failures"] and {row["pairs"] for row in found.values()} == {1} and told["minutes"] == 0.001
    assert told["recognizer"]["hands"] == 3 and told["recognizer"]["hand"] == "hand", "photos are the third"
    assert found["adapted"]["colour"] == found["read"]["colour"] != found["one pass"]["colour"], (
        "what learns nothing paints as before"
    )
    assert found["one pass"]["ssim"]["mean"] < 0.9 < 0.97 < found["cut"]["ssim"]["mean"], "one step is not much"
    assert {row["recognition"]["mean"] for row in found.values()} <= {0.0, 1.0} and len(told["at_equal_ssim"]) == 7
    assert (quick[0].policy, quick[0].seed, quick[0].encoder) == ("lora", 5, "eye")
    assert (quick[1].policy, quick[1].rank, quick[1].minutes) == ("adaptive-rank", 16, 0.001)
    assert {options.clock for options in quick[:2]} == {"cpu"}
    wanted = replace(OPTIONS, steps=10**7, minutes=0.001, rate=0.001, critic_rate=0.001, seed=5, clock="cpu")
    assert quick[2:] == [
        ("cut", 3, 2, wanted, {"fast": False}),
        ("cut", 3, 2, wanted, {"fast": True}),
        ("cycle", 3, 2, wanted, {}),
    ]


def test_refused(folders):
    for words, code, part in (
        (("--methods", "one pass,magic"), 2, "one pass, read, adapted, cut"),
        (("--policies", "half"), 2, "auto, code, lora"),
        (("--encoder", "vgg16"), 2, "vgg19"),
        (("--count", "4"), 2, "others to practise on"),
        (("--others", folders / "hands", "--hand", "nobody"), 3, "nobody"),
        (("--held-out", folders / "none"), 3, "not a folder"),
    ):
        answer = run(folders, *words)
        assert answer.exit_code == code and part in json.loads(answer.stdout)["error"]["message"]


def test_words(folders, tiny):
    given = ["--contents", "photos", "--references", "hand", "--held-out", "held"]
    given[1::2] = [str(folders / name) for name in given[1::2]]
    words = ["bench", "adapt", *given, "--methods", "one pass", "--count", "1", "--size", "64", "--per-content", "2"]
    said = " ".join(CliRunner().invoke(app, words).stdout.split())
    assert "1 minutes of learning; 2 pairs at 64 pixels" in said
    assert said.count("one pass") == 3 and "with as much content as 'one pass' keeps" in said


@pytest.mark.parametrize("more", [False, True])
def test_learning_with_another_judge(folders, quick, tmp_path, more):
    torch.manual_seed(0)
    file = tmp_path / "vgg.safetensors"
    save_file(Vgg19(widths=(2,) * 9).state_dict(), file)
    words = ["learn", str(folders / "hand"), "--kind", "art", "--name", "x", "--json"]
    for encoder in (str(file), "eye") if not more else ("eye", str(file)):
        later = ["--more"] if quick else []
        answer = CliRunner().invoke(app, [*words, "--encoder", encoder, *later])
        assert answer.exit_code == 0, answer.output
        assert quick[-1].encoder == encoder
        assert ("judged by VGG-19" in answer.stdout) == (encoder != "eye")
    answer = CliRunner().invoke(app, [*words, "--encoder", "vgg16", "--more"])
    assert answer.exit_code == 2 and "vgg19" in answer.output and len(quick) == 2


def test_learning_steady_strokes(folders, quick, home):
    words = ["learn", str(folders / "hand"), "--kind", "art", "--name", "x", "--json", "--steady", "1.5"]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert quick[0].weights == replace(quick[0].weights, temporal=1.5)
    assert Library().sources.of("x").options["steady"] == 1.5, "a refresh learns it so again"
    assert CliRunner().invoke(app, [*words[:-1], "-1"]).exit_code == 2 and len(quick) == 1
