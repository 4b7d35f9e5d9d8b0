"""Who judges the losses of a painting: another network in the eye's place, and nowhere else."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from pinxit.errors import InputError
from pinxit.learning.adapt_task import AdaptOptions, AdaptTask
from pinxit.learning.crops import CropBank
from pinxit.learning.texture_task import TextureTask, TextureWeights
from pinxit.networks.encoder import ContentEncoder
from pinxit.networks.generator import Generator
from pinxit.networks.vgg import Vgg19
from pinxit.networks.works import Works

WEIGHTS = TextureWeights(features=0.7, moments=0.3, adversarial=0, identity=0, attention=0)


class Judge(nn.Module):
    """Its maps are the picture's own colours, coarser and coarser."""

    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, pixels, depth=4):
        return [self.gain * F.avg_pool2d(pixels, 2**i) for i in range(depth)]


class Brighter(nn.Module):
    """A painter of one weight that keeps what its encoder was shown."""

    def __init__(self):
        super().__init__()
        self.gain, self.shown = nn.Parameter(torch.tensor(1.1)), []

    def encoder(self, statistics):
        self.shown.append(statistics)
        return torch.zeros(len(statistics), 2)

    @property
    def generator(self):
        return SimpleNamespace(explain=lambda pixels, code: (self.gain * pixels**2, None, None))


def bank(seed):
    rng = np.random.default_rng(seed)
    return CropBank([rng.integers(0, 256, (80, 90, 3), np.uint8) for _ in range(2)])


@pytest.fixture(scope="module")
def eye():
    torch.manual_seed(0)
    return ContentEncoder(widths=(4, 6, 8, 10), classes=5, hands=3).eval()


def task(eye, judge):
    return TextureTask(bank(0), bank(1), eye, WEIGHTS, judge=judge, sizes=((0, 48, 3),))


def losses(eye, judge):
    one, painter = task(eye, judge), Brighter()
    batch = one.batch(np.random.default_rng(5), 0)
    return one.generator_losses(painter, None, batch), painter, batch


def pooled(pixels, times):
    x = pixels.double().numpy()
    for _ in range(times):
        x = (x[..., ::2, ::2] + x[..., 1::2, ::2] + x[..., ::2, 1::2] + x[..., 1::2, 1::2]) / 4
    return x


def test_a_judge_replaces_the_eye_in_both_losses(eye):
    found, _, batch = losses(eye, Judge())
    result = batch.facts["result"]
    style = []
    for i in range(4):
        x, y = pooled(result, i), pooled(batch.reference, i)
        unit = np.sqrt(y.var((2, 3)) + 1e-6).mean(1, keepdims=True)
        means = (x.mean((2, 3)) - y.mean((2, 3))) / unit
        spreads = (np.sqrt(x.var((2, 3)) + 1e-6) - np.sqrt(y.var((2, 3)) + 1e-6)) / unit
        style.append((means**2).mean() + (spreads**2).mean())
    assert found["style/moments"].item() == pytest.approx(0.3 * np.mean(style), rel=1e-3)
    x, y = (pooled(z, 3) for z in (result, batch.matched))
    x, y = ((z - z.mean((2, 3), keepdims=True)) / np.sqrt(z.var((2, 3), keepdims=True) + 1e-5) for z in (x, y))
    assert found["content/features"].item() == pytest.approx(0.7 * ((x - y) ** 2).mean(), rel=1e-3)


def test_the_code_and_all_other_losses_are_as_with_the_eye(eye):
    (found, painter, _), (usual, twin, _) = losses(eye, Judge()), losses(eye, None)
    assert torch.equal(painter.shown[0], twin.shown[0]) and painter.shown[0].shape == (3, 2 * (4 + 6 + 8))
    assert set(found) == set(usual)
    for key in set(found) - {"style/moments", "content/features"}:
        assert found[key].item() == usual[key].item()
    assert all(found[key].item() != usual[key].item() for key in ("style/moments", "content/features"))


def test_a_judge_does_not_learn_but_is_learned_from(eye):
    judge = Judge().train()
    found, painter, _ = losses(eye, judge)
    (found["style/moments"] + found["content/features"]).backward()
    assert painter.gain.grad.abs() > 0 and judge.gain.grad is None
    assert not judge.training and not judge.gain.requires_grad


def test_adapting_takes_the_encoder_that_its_options_name(eye, tmp_path):
    torch.manual_seed(0)
    save_file(Vgg19(widths=(2,) * 9).state_dict(), tmp_path / "vgg.safetensors")

    def judge(encoder):
        options = AdaptOptions(encoder=encoder, side=32, batch=2)
        works = Works(torch.rand(1, 9, 3), torch.zeros(1, 1, 3, 5))
        return AdaptTask(bank(0), bank(1), bank(2), eye, options, Generator(code=2, widths=(2, 2, 2)), works).judge

    assert isinstance(judge(str(tmp_path / "vgg.safetensors")), Vgg19) and judge("eye") is None
    with pytest.raises(InputError, match="vgg19"):
        judge("vgg16")
