"""What a training wrote for TensorBoard, read back by TensorBoard."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import nn

from pinxit.errors import MissingExtraError, ShapeError
from pinxit.learning.board import Board
from pinxit.learning.learner import Learner, LearnerOptions


class Task:
    """Loss w: Adam moves w by its rate."""

    def batch(self, rng, step):
        return step

    def generator_losses(self, network, critic, batch):
        return {"slope": network.weight.sum(), "watch/step": torch.tensor(float(batch))}

    def validate(self, network):
        return {"score": 7.5}


class Painting(Task):
    """A sheet whose red is 1, green 0.5 and blue the averaged weight."""

    def samples(self, network):
        colours = torch.tensor([1.0, 0.5, float(network.weight.detach())])
        return colours.view(3, 1, 1).expand(3, 4, 6)


def learner(task, steps):
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, 0.0)
    options = LearnerOptions(steps=steps, rate=0.01, schedule="constant", warmup=0, average=0, validate_every=50)
    return Learner(network, None, task, options)


def read(folder):
    return EventAccumulator(str(folder), {"scalars": 0, "images": 0}).Reload()


def test_figures_and_sheets(tmp_path):
    made = learner(Painting(), 90)
    with Board(tmp_path / "board", made, pictures_every=30) as board:
        made.run(log=board.log)
    events = read(tmp_path / "board")
    assert set(events.Tags()["scalars"]) == {"slope", "watch/step", "validation/score"}
    found = [(e.step, e.value) for e in events.Scalars("watch/step")]
    assert found == [(step, step - 1) for step in (20, 40, 50, 60, 80, 90)]
    slopes = [e.value for e in events.Scalars("slope")]
    assert slopes == pytest.approx([-0.01 * (step - 1) for step, _ in found], rel=1e-4)
    assert [(e.step, e.value) for e in events.Scalars("validation/score")] == [(50, 7.5), (90, 7.5)]
    sheets = events.Images("samples")
    assert [e.step for e in sheets] == [40, 60, 90]
    sheet = np.asarray(Image.open(io.BytesIO(sheets[0].encoded_image_string)))
    assert sheet.shape == (4, 6, 3) and (sheet == [255, 128, 0]).all()  # the weight is below 0


def test_tasks_without_samples_and_boards_without_sheets(tmp_path):
    for name, task, every in (("a", Task(), 10), ("b", Painting(), 0)):
        made = learner(task, 40)
        with Board(tmp_path / name, made, pictures_every=every) as board:
            made.run(log=board.log)
        events = read(tmp_path / name)
        assert len(events.Scalars("slope")) == 2 and events.Tags()["images"] == []


def test_figures_of_steps_made_again_replace_the_old_ones(tmp_path):
    made = SimpleNamespace(rank=0, task=Task(), average=None)
    for steps, value in (((20, 40, 60), 1.0), ((40, 60), 2.0)):
        with Board(tmp_path, made) as board:
            for step in steps:
                board.log(step, {"figure": value})
    assert [(e.step, e.value) for e in read(tmp_path).Scalars("figure")] == [(20, 1), (40, 2), (60, 2)]


def test_only_the_first_process_writes(tmp_path):
    with Board(tmp_path / "board", SimpleNamespace(rank=1, task=Task(), average=None)) as board:
        board.log(20, {"figure": 1.0})
    assert not (tmp_path / "board").exists()


@pytest.mark.parametrize("samples", [torch.zeros(1, 3, 4, 4), torch.zeros(4, 4, 3), None])
def test_samples_of_another_shape(tmp_path, samples):
    task = SimpleNamespace(samples=lambda network: samples)
    with (
        Board(tmp_path, SimpleNamespace(rank=0, task=task, average=None), pictures_every=1) as board,
        pytest.raises(ShapeError, match=r"\(3, H, W\)"),
    ):
        board.log(1, {})


def test_missing_extra_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"pinxit\[learn\]"):
        Board(tmp_path, SimpleNamespace(rank=0, task=Task(), average=None))
