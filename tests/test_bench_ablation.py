"""``pinxit bench ablation``: both parts of the table, made in pieces, and what is refused."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pinxit.cli import app
from pinxit.errors import LearningError
from pinxit.learning import ablation, texture
from pinxit.learning.ablation import ADAPTATIONS
from pinxit.learning.adapt import Adapted

RECIPE = """
[texture]
sizes = [[0, 32, 3]]
measured = 4
hidden = 8
critic_width = 4
[texture.generator]
code = 8
widths = [4, 6, 8]
blocks = 1
[texture.learner]
precision = "fp32"
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root, rng = tmp_path_factory.mktemp("ablation"), np.random.default_rng(0)
    names = [*(f"photos/{i}" for i in range(5)), *(f"art/{hand}/{i}" for hand in "ab" for i in range(3))]
    for name in names:
        path = root / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8))
        small.resize((88, 72), Image.Resampling.BICUBIC).save(path)
    (root / "left-out.txt").write_text("0.png\n1.png\na/0.png\nb/1.png\n")
    (root / "recipe.toml").write_text(RECIPE)
    return root


def run(out, *words):
    fast = ["--minutes", 1e-3, "--cpu", "--count", 1, "--per-content", 1, "--size", 64]
    return CliRunner().invoke(app, ["bench", "ablation", *map(str, (*words, "-o", out, "--json", *fast))])


def training(folders):
    return (
        folders / "recipe.toml",
        "--photos",
        folders / "photos",
        "--art",
        folders / "art",
        "--leave-out",
        (folders / "left-out.txt"),
    )


def adapting(folders):
    return "--contents", folders / "photos", "--references", folders / "art/a", "--held-out", folders / "art/b"


def test_trainings_in_pieces(folders, tmp_path, monkeypatch):
    out, made = tmp_path / "out", []
    train = ablation.Workshop.train

    def counted(self, name, folder, on_progress=None):
        made.append(name)
        if name == "wgan":
            raise LearningError("losses are not finite")
        return train(self, name, folder, on_progress)

    monkeypatch.setattr(ablation.Workshop, "train", counted)
    answer = run(out, *training(folders), "--only", "whole,wgan")
    assert answer.exit_code == 0, answer.output
    again = run(out, *training(folders), "--only", "whole, no-fusion")
    assert made == ["whole", "wgan", "no-fusion"], "what is there is not made again"
    both, alone = json.loads(again.stdout)["parts"]
    assert (both["part"], alone["part"]) == ("training", "painter alone")
    assert [row["variant"] for row in both["rows"]] == ["whole", "no-fusion", "wgan"]
    assert both["rows"][2]["failed"] == "losses are not finite" and both["terms"]["recipe"]["learner"]["clock"] == "cpu"
    assert both["rows"][0]["texture"]["mean"] != alone["rows"][0]["texture"]["mean"], "one is settled"
    assert {path.suffix for path in out.iterdir()} == {".json", ".png"}, "checkpoints are taken away"
    assert Image.open(out / "training-no-fusion.png").size == (64, 64) == Image.open(out / "training-goals.png").size
    shown = run(out)
    assert json.loads(shown.stdout) == json.loads(again.stdout) and len(made) == 3, "the table alone"
    refused = run(out, *training(folders), "--level", 0.5)
    assert refused.exit_code == 2 and "another level" in json.loads(refused.stdout)["error"]["message"]


def test_adaptations(folders, tmp_path, tiny, monkeypatch):
    asked = []

    def adapted(start, references, contents, options, *, folder):
        asked.append((options.policy, options.adversarial, options.clock, len(references), len(contents)))
        return start, Adapted(start.code, {}, 1.0, 1.0, 7, 0, 0.1, ())

    monkeypatch.setattr(texture, "adapted_texture", adapted)
    answer = run(tmp_path, *adapting(folders), "--only", "read,lora,head,hinge")
    assert answer.exit_code == 0, answer.output
    assert asked == [
        ("lora", "softplus", "cpu", 3, 4),
        ("head", "softplus", "cpu", 3, 4),
        ("lora", "hinge", "cpu", 3, 4),
    ]
    (part,) = json.loads(answer.stdout)["parts"]
    assert [row["variant"] for row in part["rows"]] == [name for name in ADAPTATIONS if name in "read lora head hinge"]
    assert (
        part["rows"][1]["away"]["texture"]["mean"] == 0
        and "steps" not in part["rows"][0]
        and part["rows"][2]["steps"] == 7
    )


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((), "holds no results"),
        (("--only", "whole"), "none without a recipe"),
        (("recipe.toml",), "a recipe came without --photos and --art and --leave-out"),
        (("--references", "art/a"), "--references came without --contents and --held-out"),
    ],
)
def test_refused(folders, tmp_path, monkeypatch, words, part):
    monkeypatch.chdir(folders)
    answer = run(tmp_path / "none", *words)
    assert answer.exit_code == 2 and part in json.loads(answer.stdout)["error"]["message"]
    assert not (tmp_path / "none").exists()


def test_an_unknown_variant(folders, tmp_path):
    answer = run(tmp_path / "none", *training(folders), "--only", "whole,no-sense")
    message = json.loads(answer.stdout)["error"]["message"]
    assert answer.exit_code == 2 and "--only no-sense" in message and "no-fusion" in message
    assert not (tmp_path / "none").exists()


def test_words(folders, tmp_path):
    run(tmp_path, *training(folders), "--only", "whole")
    said = CliRunner().invoke(app, ["bench", "ablation", "-o", str(tmp_path)]).stdout
    assert "training: 1 pairs at 64 pixels" in said and "painter alone: 1 pairs" in said and "whole" in said
