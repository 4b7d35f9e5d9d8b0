"""Trainings of three steps of the eye and of the painter: from folders to weights, broken off, resumed, refused."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from material import CLASSES
from typer.testing import CliRunner

from pinxit.cli import app
from pinxit.errors import InputError, LearningError, NotFoundError, StyleError
from pinxit.learning.crops import CropBank
from pinxit.learning.pretrain import pretrain, several_processes
from pinxit.learning.pretrain_texture import measure_styles
from pinxit.learning.sources import Sources, read_names
from pinxit.networks.discriminator import MultiScaleDiscriminator
from pinxit.networks.encoder import ContentEncoder
from pinxit.networks.painter import Painter
from pinxit.networks.weights import eye, load_weights

LEARNER = "steps = 3\ncheckpoint = 2\nwarmup = 0\nprecision = 'fp32'\n"
EYE = "[eye]\nobjects = 4\nhands = 4\nside = 16\nwidths = [2, 4, 4, 6]\n[eye.learner]\nvalidate_every = 2\n" + LEARNER
TEXTURE = (
    "[texture]\nsizes = [[0, 32, 3]]\ncritic_width = 4\nhidden = 6\nmeasured = 2\n"
    "[texture.generator]\ncode = 6\nwidths = [4, 4, 4]\nblocks = 1\n"
    "[texture.weights]\nhand = 0.05\n[texture.learner]\ncritic_start = 1\n"
) + LEARNER
RECIPES = {"eye": EYE, "texture": TEXTURE}


@pytest.fixture
def recipes(tmp_path):
    for name, text in RECIPES.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return lambda name: tmp_path / f"{name}.toml"


@pytest.fixture
def sources(material):
    names = read_names([material.leave_out])
    found = {"art": material.art, "photos": material.photos, "leave_out": names}
    return {"eye": Sources(recognition=material.recognition, **found), "texture": Sources(**found)}


def filled(network, name, folder):
    card, tensors = load_weights(name, folder)
    made = network(**card["settings"])
    made.load_state_dict(tensors)
    return made.eval(), card["about"]


def stop_at(step):
    def stop(done, *_):
        if done == step:
            raise KeyboardInterrupt

    return stop


def test_eye(recipes, sources, tmp_path):
    out = tmp_path / "new" / "out"
    result = pretrain(recipes("eye"), sources["eye"], out, board=True)
    assert result["steps"] == 3 and result["weights"] == str(out / "eye.safetensors")
    assert {path.name for path in out.iterdir()} == {
        "eye.safetensors", "eye.json", "checkpoint.safetensors", "log.jsonl", "board",
    }  # fmt: skip
    found, about = filled(ContentEncoder, "eye", out)
    assert found.settings == {"widths": [2, 4, 4, 6], "classes": 4, "hands": 4}
    assert [len(x[0]) for x in found(torch.rand(1, 3, 16, 16))] == [2, 4, 4, 6]
    assert about["classes"] == list(CLASSES) and about["hands"] == ["dore", "pyle", "turner"]
    assert (about["objects"], about["works"], about["photos"], about["steps"]) == (12, 5, 3, 3)
    assert about["judged"] == {"objects": 4, "works and photos": 2} and about["recipe"]["learner"]["steps"] == 3
    assert about["validated"]["step"] in (2, 3) and 0 <= about["validated"]["validation/photo-or-art"] <= 1
    assert list((out / "board").iterdir())
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 3] and {"objects", "hands"} <= set(lines[0])
    assert "validation/objects" in lines[0]


def test_texture(recipes, sources, tmp_path):
    result = pretrain(recipes("texture"), sources["texture"], tmp_path / "out")
    assert result["steps"] == 3 and result["weights"] == str(tmp_path / "out" / "painter.safetensors")
    assert not (tmp_path / "out" / "board").exists()
    painter, about = filled(Painter, "painter", tmp_path / "out")
    critic, same = filled(MultiScaleDiscriminator, "critic", tmp_path / "out")
    assert about == same and about["validated"] == {} and (about["works"], about["photos"]) == (5, 3)
    assert critic.settings == {"width": 4, "scales": 3, "code": 6, "classes": 3}
    assert painter.encoder.settings == {"widths": [32, 64, 128], "hidden": 6, "code": 6}
    with torch.no_grad():
        painted, code = painter(torch.rand(1, 3, 32, 32), torch.rand(1, 448))
        patches, hands = critic(painted, code)
    assert painted.shape == (1, 3, 32, 32) and len(patches) == 3 and hands[0].shape == (1, 3)
    (line,) = [json.loads(line) for line in (tmp_path / "out" / "log.jsonl").read_text().splitlines()][-1:]
    assert line["step"] == 3 and "critic/hand" in line and "adversarial" in line


@pytest.mark.parametrize("name", ["eye", "texture"])
def test_resumed_training_equals_an_uninterrupted_one(recipes, sources, tmp_path, name):
    pretrain(recipes(name), sources[name], tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        pretrain(recipes(name), sources[name], tmp_path / "parts", on_progress=stop_at(1))
    assert not list((tmp_path / "parts").glob("*.json"))
    steps = []
    pretrain(recipes(name), sources[name], tmp_path / "parts", on_progress=lambda step, *_: steps.append(step))
    assert steps == [2, 3]
    for path in (tmp_path / "whole").glob("*.safetensors"):
        if path.stem != "checkpoint":  # which holds how long it took
            assert (tmp_path / "parts" / path.name).read_bytes() == path.read_bytes()
    assert pretrain(recipes(name), sources[name], tmp_path / "parts")["steps"] == 3


def test_what_is_left_out_is_not_seen(recipes, sources, material, tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(
        CropBank,
        "read",
        classmethod(lambda cls, paths, groups=None: read.extend(paths) or cls([np.zeros((9, 9, 3), np.uint8)])),
    )
    monkeypatch.setattr("pinxit.learning.prepared.Prepared.train", lambda *_, **__: {})
    pretrain(recipes("texture"), sources["texture"], tmp_path / "out")
    names = {str(path.relative_to(tmp_path)) for path in read}
    assert names == {
        "art/dore/0.jpg", "art/dore/1.jpg", "art/pyle/0.jpg", "art/pyle/1.jpg", "art/turner/0.jpg",
        "photos/scenes/food/a.jpg", "photos/scenes/street/c.jpg", "photos/d.jpg",
    }  # fmt: skip


class TestStart:
    def test_begins_from_another_training(self, recipes, sources, tmp_path):
        pretrain(recipes("texture"), sources["texture"], tmp_path / "first")
        later = TEXTURE.replace("[texture]", "[texture]\nstart = 'first'").replace(
            "steps = 3", "steps = 1\nrate = 0.0\ncritic_rate = 0.0"
        )
        (tmp_path / "later.toml").write_text(later)
        pretrain(tmp_path / "later.toml", sources["texture"], tmp_path / "second")
        for name, network in (("painter", Painter), ("critic", MultiScaleDiscriminator)):
            one, two = (filled(network, name, tmp_path / folder)[0] for folder in ("first", "second"))
            assert all(torch.equal(p, q) for p, q in zip(one.parameters(), two.parameters(), strict=True))
        assert torch.equal(*(filled(Painter, "painter", tmp_path / f)[0].encoder.mean for f in ("first", "second")))
        for path in (tmp_path / "first").iterdir():
            path.unlink()
        assert pretrain(tmp_path / "later.toml", sources["texture"], tmp_path / "second")["steps"] == 1, (
            "not read again"
        )
        with pytest.raises(InputError, match=r"no checkpoint\.safetensors to start from"):
            pretrain(tmp_path / "later.toml", sources["texture"], tmp_path / "third")

    def test_of_another_network(self, recipes, sources, tmp_path):
        pretrain(recipes("eye"), sources["eye"], tmp_path / "first")
        (tmp_path / "later.toml").write_text(TEXTURE.replace("[texture]", "[texture]\nstart = 'first'"))
        with pytest.raises(StyleError, match="does not fit"):
            pretrain(tmp_path / "later.toml", sources["texture"], tmp_path / "second")


def test_style_encoder_is_told_mean_and_spread_of_references():
    pictures = [
        np.frombuffer(np.random.default_rng(i).bytes(170 * 170 * 3), np.uint8).reshape(170, 170, 3) for i in range(3)
    ]
    painter = Painter(generator={"code": 4, "widths": (4, 4, 4), "blocks": 1}, encoder={"code": 4, "hidden": 4})
    bank, rng, rows = CropBank(pictures), np.random.default_rng(5), []
    measure_styles(painter, eye(), bank, 5)
    with torch.no_grad():
        for crop in bank.draw(5, 160, rng)[0]:
            row = []
            for x in eye()(crop[None], 3):
                x = x[0].flatten(1).double()
                row += [x.mean(1), (x.var(1, correction=0) + 1e-6).sqrt()]
            rows.append(torch.cat(row))
    rows = torch.stack(rows)
    assert torch.allclose(painter.encoder.mean.double(), rows.mean(0), atol=1e-4)
    assert torch.allclose(painter.encoder.spread.double(), rows.std(0).clamp(min=1e-3), atol=1e-4)


class TestRefused:
    def words(self, *words):
        result = CliRunner().invoke(app, ["pretrain", *map(str, words)])
        (line,) = result.stderr.strip().split("\n")
        return line, result.exit_code

    @pytest.mark.parametrize(
        ("name", "given", "told"),
        [
            ("eye", (), "--recognition FOLDER and --art FOLDER and --photos FOLDER"),
            ("eye", ("art", "photos"), "wants --recognition FOLDER; add it"),
            ("texture", ("photos",), "wants --art FOLDER; add it"),
            ("texture", ("art",), "wants --photos FOLDER; add it"),
            ("texture", ("art", "photos", "recognition"), "has no use for --recognition; it takes --art, --photos"),
        ],
    )
    def test_options(self, recipes, material, tmp_path, name, given, told):
        options = [word for key in given for word in (f"--{key}", getattr(material, key))]
        line, code = self.words(recipes(name), *options, "-o", tmp_path / "out")
        assert code == 2 and told in line and f"[{name}]" in line and not (tmp_path / "out").exists()

    def test_look_without_photos(self, tmp_path):
        (tmp_path / "look.toml").write_text("[look]\n")
        line, code = self.words(tmp_path / "look.toml", "-o", tmp_path / "out")
        assert code == 2 and "wants --photos FOLDER" in line

    def test_folders_and_files_that_are_not_there(self, recipes, material, tmp_path):
        found = ["--art", material.art, "--photos", material.photos]
        for words, told, code in (
            (["--art", tmp_path / "x", "--photos", material.photos], "the folder", 3),
            ([*found, "--leave-out", tmp_path / "x"], "x is not there", 3),
            ([*found, "--looks", tmp_path / "x"], "no .cube file", 3),
        ):
            line, found_code = self.words(recipes("texture"), *words, "-o", tmp_path / "out")
            assert told in line and found_code == code
        (tmp_path / "file").touch()
        line, code = self.words(recipes("texture"), *found, "-o", tmp_path / "file")
        assert code == 2 and "is a file, and a folder was wanted" in line
        line, code = self.words(tmp_path / "none.toml", *found, "-o", tmp_path / "out")
        assert code == 2 and "no recipe" in line

    def test_unknown_keys(self, recipes, material, tmp_path):
        recipes("texture").write_text(TEXTURE.replace("critic_start", "critic_begin"))
        line, code = self.words(
            recipes("texture"), "--art", material.art, "--photos", material.photos, "-o", tmp_path / "o"
        )
        assert code == 2 and "['critic_begin'] in [texture.learner]" in line

    def test_material(self, recipes, sources, material, tmp_path):
        (material.recognition / "val.tar").unlink()
        with pytest.raises(NotFoundError, match=r"val.tar is not there"):
            pretrain(recipes("eye"), sources["eye"], tmp_path / "out")
        (material.photos / "scenes" / "food" / "a.jpg").write_bytes(b"no picture")
        with pytest.raises(InputError, match=r"a.jpg"):
            pretrain(recipes("texture"), sources["texture"], tmp_path / "out")

    def test_checkpoint_of_another_recipe(self, recipes, sources, tmp_path):
        pretrain(recipes("eye"), sources["eye"], tmp_path / "out")
        with pytest.raises(StyleError, match="delete it to begin anew"):
            pretrain(recipes("texture"), sources["texture"], tmp_path / "out")

    def test_several_processes_for_a_look(self, material, tmp_path, monkeypatch):
        calls = []
        dist = SimpleNamespace(
            is_initialized=lambda: False,
            init_process_group=calls.append,
            destroy_process_group=lambda: calls.append("over"),
        )
        monkeypatch.setattr("pinxit.learning.pretrain.dist", dist)
        monkeypatch.setenv("WORLD_SIZE", "2")
        (tmp_path / "look.toml").write_text("[look]\n")
        with pytest.raises(InputError, match="trains in one process, and 2 were started"):
            pretrain(tmp_path / "look.toml", Sources(photos=material.photos), tmp_path / "out")
        assert calls == ["gloo", "over"]


def test_one_process_joins_nobody(monkeypatch):
    monkeypatch.setattr("pinxit.learning.pretrain.dist", SimpleNamespace(is_initialized=lambda: False))
    for value in ("", "1"):
        monkeypatch.setenv("WORLD_SIZE", value)
        with several_processes() as number:
            assert number == 1


def test_command_line(recipes, material, tmp_path):
    (tmp_path / "more.txt").write_text("pyle/0.jpg\n")
    words = ["pretrain", recipes("texture"), "--art", material.art, "--photos", material.photos, "--steps", 2]
    words += ["--leave-out", material.leave_out, "--leave-out", tmp_path / "more.txt", "-o", tmp_path / "out"]
    result = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["steps"] == 2 and told["weights"] == str(tmp_path / "out" / "painter.safetensors")
    assert load_weights("painter", tmp_path / "out")[0]["about"]["works"] == 4
    again = CliRunner().invoke(app, [*map(str, words)])
    assert again.stdout == f"trained 2 steps; the weights are {tmp_path / 'out' / 'painter.safetensors'}\n"


def test_later_processes_are_silent(recipes, material, tmp_path, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setattr("pinxit.learning.pretrain.pretrain", lambda *_, **__: {"steps": 2, "weights": "x"})
    words = ["pretrain", str(recipes("texture")), "-o", str(tmp_path)]
    for more in ([], ["--json"]):
        result = CliRunner().invoke(app, [*words, *more])
        assert result.exit_code == 0 and result.output == ""


def test_nothing_is_learned_from_nothing(recipes, sources, tmp_path):
    with pytest.raises(LearningError, match="no works to train on"):
        pretrain(recipes("eye"), Sources(**{**vars(sources["eye"]), "art": tmp_path / "recognition"}), tmp_path / "out")
