"""Rivals: the losses of CUT and CycleGAN against their equations, and that their learners learn."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pinxit.errors import InputError, ShapeError
from pinxit.learning.crops import CropBank
from pinxit.learning.rival_tasks import FAST, CutTask, CutWeights, CycleTask, CycleWeights, RivalBatch
from pinxit.learning.rivals import OPTIONS, cut, cycle, read_rival, repaint
from pinxit.networks.generator import Generator
from pinxit.networks.solo import CODE, CutNetwork, CycleNetwork, Solo

SMALL = {"widths": (4, 6, 8), "blocks": 2}
RECIPES = Path(__file__).parents[2] / "recipes"


def pictures(seed, side=8, count=2):
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


def batch(rng=0, **parts):
    return RivalBatch(pictures(1), pictures(2), np.random.default_rng(rng), **parts)


def bank(seed=0, colour=None):
    rng = np.random.default_rng(seed)
    arrays = [rng.integers(0, 256, (72, 80, 3), np.uint8) for _ in range(2)]
    return CropBank([np.full_like(a, colour) for a in arrays] if colour else arrays)


class Pointwise(nn.Module):
    """Paints every pixel by itself; its features are two maps of other colours, with nothing between."""

    def __init__(self, shift=0.0):
        super().__init__()
        self.gain, self.shift, self.heads = nn.Parameter(torch.tensor(0.8)), shift, [nn.Identity(), nn.Identity()]

    def forward(self, pixels):
        return (self.gain * pixels**2).roll(int(self.shift), 3)

    def features(self, pixels):
        return [pixels - 0.5, F.avg_pool2d(pixels.flip(1), 2) - 0.4]


class Says(nn.Module):
    """A discriminator that says the mean brightness of each picture, as one patch."""

    def forward(self, pixels, code=None):
        return [pixels.mean((1, 2, 3)).view(-1, 1, 1, 1)], []


def nce(source, result, temperature):
    """Equation 4 of the paper, place by place: the cross-entropy of the right place among all of the picture."""
    values = []
    for a, b in zip(result.double().flatten(2).numpy(), source.double().flatten(2).numpy(), strict=True):
        a, b = (z / np.linalg.norm(z, axis=0) for z in (a, b))
        for i in range(a.shape[1]):
            likeness = a[:, i] @ b / temperature
            values.append(np.log(np.exp(likeness).sum()) - likeness[i])
    return np.mean(values)


def of_both_maps(source, result, temperature):
    one = Pointwise()
    return np.mean([nce(*z, temperature) for z in zip(one.features(source), one.features(result), strict=True)])


class TestCut:
    def task(self, **weights):
        return CutTask(bank(), bank(), 8, 2, CutWeights(**{"temperature": 0.5} | weights))

    def test_against_the_equation(self):
        given, network = batch(), Pointwise()
        found = self.task(nce=3, identity=0.5).generator_losses(network, Says(), given)
        with torch.no_grad():
            painted, again = network(given.photo), network(given.art)
        assert found["content/nce"].item() == pytest.approx(3 * of_both_maps(given.photo, painted, 0.5), rel=1e-4)
        assert found["identity/nce"].item() == pytest.approx(0.5 * of_both_maps(given.art, again, 0.5), rel=1e-4)
        said = painted.mean((1, 2, 3)).double().numpy()
        assert found["adversarial"].item() == pytest.approx(((said - 1) ** 2).mean(), rel=1e-5)
        assert torch.equal(given.facts["result"], painted) and not given.facts["result"].requires_grad
        assert found["watch/spread"].item() == pytest.approx(painted.numpy().std(0, ddof=1).mean(), rel=1e-4)

    def test_patches_are_the_same_places_of_both(self):
        """A result that is its source has an easy question, however few places are asked about."""
        network = Pointwise()
        network.forward = lambda pixels: pixels + 0 * network.gain
        few, one = (
            self.task(patches=n, temperature=0.01).generator_losses(network, None, batch())["content/nce"].item()
            for n in (5, 1)
        )
        assert few < 0.5 and one == pytest.approx(0, abs=1e-6)

    def test_what_counts_nothing_is_left_out(self):
        parts = self.task(identity=0, nce=0).generator_losses(Pointwise(), Says(), batch())
        assert set(parts) == {"watch/spread", "adversarial"}
        assert set(self.task(identity=0).generator_losses(Pointwise(), None, batch())) == {
            "watch/spread",
            "content/nce",
        }

    def test_mirroring_is_undone_before_comparing(self):
        def losses(network, seed, **weights):
            task = self.task(identity=0, **weights)
            return task.generator_losses(network, None, batch(seed))["content/nce"].item()

        seeds = range(8)  # some of them mirror
        mirrored = [losses(Pointwise(), seed, flip=True) for seed in seeds]
        assert mirrored == pytest.approx([losses(Pointwise(), 0)] * 8, rel=1e-5)
        moving = [losses(Pointwise(shift=1), seed, flip=True) for seed in seeds]
        assert len({round(x, 4) for x in moving}) == 2, "a painter that moves things is found out, left or right"

    def test_the_photo_is_asked_about_but_not_learned_from(self):
        given, canvas = batch(), nn.Parameter(pictures(5))
        given.photo.requires_grad_()
        network = Pointwise()
        network.forward = lambda pixels: canvas
        self.task(identity=0).generator_losses(network, None, given)["content/nce"].backward()
        assert canvas.grad.abs().sum() > 0 and given.photo.grad is None

    def test_fast(self):
        assert replace(FAST, nce=1.0, identity=1.0, flip=False) == CutWeights()
        assert (FAST.nce, FAST.identity, FAST.flip) == (10, 0, True)

    def test_the_discriminator(self):
        given = batch(facts={"result": pictures(7) * 2 - 0.5})
        losses, seen = self.task().critic_losses(Says(), given, penalty=False, augment=0.0)
        real, fake = (x.double().mean((1, 2, 3)).numpy() for x in (given.art, given.facts["result"]))
        assert set(losses) == {"critic/art"} and seen.numpy() == pytest.approx(real, rel=1e-5)
        wanted = ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2
        assert losses["critic/art"].item() == pytest.approx(wanted, rel=1e-5)


class TestCycle:
    def test_against_the_equations(self):
        network = SimpleNamespace(art=lambda x: x * 0.5 + gain * 0.3, photo=lambda x: x**2)
        critic, given, gain = SimpleNamespace(art=Says(), photo=Says()), batch(), torch.ones((), requires_grad=True)
        task = CycleTask(bank(), bank(), 8, 2, CycleWeights(adversarial=4, cycle=3, identity=2))
        found = task.generator_losses(network, critic, given)
        x, y = given.photo.double().numpy(), given.art.double().numpy()
        there = x * 0.5 + 0.3, y**2
        back = np.abs(there[0] ** 2 - x).mean() + np.abs(there[1] * 0.5 + 0.3 - y).mean()
        still = np.abs(y * 0.5 + 0.3 - y).mean() + np.abs(x**2 - x).mean()
        assert found["content/cycle"].item() == pytest.approx(3 * back, rel=1e-5)
        assert found["identity"].item() == pytest.approx(2 * still, rel=1e-5)
        said = sum(((z.mean((1, 2, 3)) - 1) ** 2).mean() / 2 for z in there)
        assert found["adversarial"].item() == pytest.approx(4 * said, rel=1e-5)
        losses, seen = task.critic_losses(critic, given, penalty=False, augment=0.0)
        for name, real, fake in (("art", y, there[0]), ("photo", x, there[1])):
            wanted = ((real.mean((1, 2, 3)) - 1) ** 2).mean() / 2 + (fake.mean((1, 2, 3)) ** 2).mean() / 2
            assert losses[f"critic/{name}"].item() == pytest.approx(wanted, rel=1e-5)
        assert len(seen) == 4

    def test_what_counts_nothing_is_left_out(self):
        task = CycleTask(bank(), bank(), 32, 2, CycleWeights(cycle=0, identity=0))
        given = task.batch(np.random.default_rng(0), 0)
        assert given.photo.shape == given.art.shape == (2, 3, 32, 32)
        assert set(task.generator_losses(CycleNetwork(**SMALL), None, given)) == {"watch/spread"}


class TestNetworks:
    def test_encode_is_the_generators_own_encoder(self):
        torch.manual_seed(0)
        network, code, seen = Generator(code=5, **SMALL), torch.randn(1, 5), []
        pixels = pictures(0, 30, 1)
        for layer in (network.stem, network.fine, network.down[1], *network.blocks):
            layer.register_forward_hook(lambda layer, given, found: seen.append(found))
        with torch.no_grad():
            network(pixels, code)
            wanted = [seen[0].relu(), *seen[1:]]
            found = network.encode(pixels, code)
        assert [tuple(x.shape) for x in found] == [(1, 4, 16, 16), (1, 6, 8, 8)] + [(1, 8, 4, 4)] * 3
        assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
        with pytest.raises(ShapeError, match="16 pixels or more"):
            network.encode(pixels[:, :1], code)

    @pytest.mark.parametrize("blocks", [1, 2, 3])
    def test_features_of_cut(self, blocks):
        network, pixels = CutNetwork(widths=(4, 6, 8), blocks=blocks, width=7), pictures(0, 32)
        with torch.no_grad():
            found = network.features(pixels)
            maps = network.generator.encode(pixels, torch.zeros(2, CODE))
            projected = [head(x.flatten(2).transpose(1, 2)) for head, x in zip(network.heads, found, strict=True)]
        wanted = [pixels, maps[0], maps[1], maps[3], maps[-1]]
        assert all(torch.equal(a, b) for a, b in zip(found, wanted, strict=True))
        assert {x.shape[2] for x in projected} == {7}

    def test_solo_has_one_style(self):
        torch.manual_seed(0)
        network, pixels = Solo(**SMALL), pictures(0, 32)
        with torch.no_grad():
            assert torch.equal(network(pixels), network.generator(pixels, torch.zeros(2, 8)))


def moved(kind, seed=0, **words):
    """How far a picture's mean colour has gone toward the style's, 0..1, and the learner."""
    options = replace(OPTIONS, steps=18, rate=3e-3, critic_rate=1e-3, precision="fp32", seed=seed)
    learner = kind(bank(), bank(1, (250, 120, 10)), 32, 2, options, generator=SMALL, **words)
    array = np.random.default_rng(3).integers(0, 256, (40, 56, 3), np.uint8)
    before = repaint(learner, array).mean((0, 1))
    learner.run()
    result, goal = repaint(learner, array), np.array([250, 120, 10]) / 255
    assert result.shape == (40, 56, 3) and result.dtype == np.float32 and result.min() >= 0 and result.max() <= 1
    return 1 - np.abs(result.mean((0, 1)) - goal).sum() / np.abs(before - goal).sum(), learner


@pytest.mark.parametrize("kind", [cut, cycle])
def test_learners_learn(kind):
    weights = CutWeights(nce=0.1, identity=0) if kind is cut else CycleWeights(cycle=1, identity=0)
    share, learner = moved(kind, weights=weights)
    assert share > 0.3
    figures = learner.task.validate(learner.average)
    assert figures["colour"] < 0.9 and figures["score"] == pytest.approx(
        figures["colour"] + figures["texture"] - 2 * figures["ssim"]
    )


@pytest.mark.parametrize("kind", [cut, cycle])
def test_same_seed_same_weights(kind):
    def weights(seed, before):
        torch.manual_seed(before)
        learner = kind(bank(), bank(1), 32, 2, replace(OPTIONS, steps=1, seed=seed), generator=SMALL)
        learner.run()
        return torch.cat([p.detach().flatten() for p in learner.network.parameters()])

    assert torch.equal(weights(3, 0), weights(3, 1)) and not torch.equal(weights(3, 0), weights(4, 0))


def test_fast_is_an_option():
    assert cut(bank(), bank(1), generator=SMALL, fast=True).task.weights == FAST
    assert cut(bank(), bank(1), generator=SMALL).task.weights == CutWeights()


def test_repainting_takes_the_way_from_photo_to_art():
    learner = cycle(bank(), bank(1), 32, 2, generator=SMALL)
    for name, colour in (("art", 1.0), ("photo", 0.0)):
        solo = getattr(learner.average, name)
        with torch.no_grad():
            solo.generator.paint[2].weight.zero_()
            solo.generator.paint[2].bias.fill_(2 * colour - 1)
    assert repaint(learner, np.full((16, 24, 3), 0.5, np.float32)).min() > 0.9


def test_recipes_say_what_the_code_does():
    for name, kind, weights in (("cut", cut, CutWeights()), ("cycle", cycle, CycleWeights())):
        found = read_rival(RECIPES / f"{name}.toml")
        assert found.func is kind
        assert found.keywords == {"weights": weights, "options": OPTIONS, "side": 160, "batch": 4}
        learner = found(bank(), bank(1), generator=SMALL)
        assert learner.options == OPTIONS and (learner.task.side, learner.task.count) == (160, 4)


@pytest.mark.parametrize(
    "text",
    [
        "[other]", "[cut]\n[cycle]", "cut = 1", "[cut", "[cut]\nsize = 3", "[cut.weights]\ncycle = 1",
        "[cut.weights]\nnce = -1", "[cut.weights]\nnce = 'much'", "[cut.weights]\npatches = 0",
        "[cut.weights]\ntemperature = 0.0",
        "[cycle.learner]\nrate = -1", "[cycle.learner]\nspeed = 1", "[cycle]\nside = 'large'",
    ],
)  # fmt: skip
def test_wrong_recipes(text, tmp_path):
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(InputError, match=r"x\.toml"):
        read_rival(tmp_path / "x.toml")
