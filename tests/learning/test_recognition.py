"""The eye's task: what a step sees, what it costs, how it is judged, and how an average is made ready to be folded."""

import copy
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pinxit.learning.crops import CropBank
from pinxit.learning.labelled import Labelled
from pinxit.learning.learner import Learner, LearnerOptions
from pinxit.learning.recipe import EyeRecipe
from pinxit.learning.recognition import EyeBatch, EyeTask, varied_objects, varied_works
from pinxit.networks.encoder import LearningEncoder

RED, GREEN, BLUE, GREY = (230, 20, 20), (20, 230, 20), (20, 20, 230), (128, 128, 128)


def flat(colour, side=40):
    return np.broadcast_to(np.array(colour, np.uint8), (side, side, 3)).copy()


def small(colours, labels):
    pixels = torch.tensor(colours, dtype=torch.uint8).view(-1, 3, 1, 1).expand(-1, 3, 64, 64).contiguous()
    return Labelled(pixels, torch.tensor(labels), ("red", "green", "blue"))


def task(judged=(), **options):
    """Objects and hands are told by their colours: class and hand 0 is red, 1 green, 2 blue; photos (3) are grey."""
    recipe = EyeRecipe(**{"objects": 24, "hands": 20, "side": 16, "grey": 0.0, **options})
    art = CropBank([flat(RED), flat(GREEN), flat(BLUE), flat(BLUE)], [0, 1, 2, 2])
    pictures = small([RED, GREEN, BLUE, GREEN], [0, 1, 2, 1])
    return EyeTask(
        pictures, small([RED, GREEN, BLUE, GREEN, RED], [0, 1, 2, 1, 2]), art, CropBank([flat(GREY)]), judged, 3, recipe
    )


def still(seed=0):
    """Random places, but nothing brighter, darker or tinted: normal numbers are their means."""
    rng = np.random.default_rng(seed)
    return SimpleNamespace(
        uniform=rng.uniform, random=rng.random, normal=lambda mean, spread, size: np.full(size, float(mean))
    )


class TestBatch:
    def test_labels_belong_to_the_pictures(self):
        batch = task().batch(np.random.default_rng(0), 0)
        assert batch.objects.shape == (24, 3, 64, 64) and batch.works.shape == (20, 3, 16, 16)
        assert torch.equal(batch.objects.mean((2, 3)).argmax(1), batch.shown) and set(batch.shown.tolist()) == {0, 1, 2}
        colours = batch.works.mean((2, 3))
        painted = batch.hands < 3
        assert torch.equal(colours[painted].argmax(1), batch.hands[painted]) and set(batch.hands.tolist()) == {
            0,
            1,
            2,
            3,
        }
        spread = colours.amax(1) - colours.amin(1)
        assert spread[~painted].max() < 0.5 < spread[painted].min()
        for pixels in (batch.objects, batch.works):
            assert pixels.dtype == torch.float32 and pixels.min() >= 0 and pixels.max() <= 1

    def test_the_same_seed_gives_the_same_batch(self):
        one, two, other = (task().batch(np.random.default_rng(seed), 0) for seed in (1, 1, 2))
        assert all(torch.equal(a, b) for a, b in zip(vars(one).values(), vars(two).values(), strict=True))
        assert not torch.equal(one.objects, other.objects) and not torch.equal(one.works, other.works)

    def test_shares_of_photos_and_hands(self):
        made, rng = task(hands=200, photos=0.25), np.random.default_rng(0)
        hands = torch.cat([made.batch(rng, 0).hands for _ in range(10)])
        shares = np.bincount(hands) / len(hands)
        ones = 0.75 / (2 + math.sqrt(2))  # the third hand has two works
        assert shares == pytest.approx([ones, ones, math.sqrt(2) * ones, 0.25], abs=0.035)

    def test_only_works(self):
        assert (task(photos=0.0).batch(np.random.default_rng(0), 0).hands < 3).all()


class TestVariation:
    def test_objects_are_cut_and_mirrored(self):
        across = torch.linspace(0, 1, 64).expand(64, 64)
        pixels = torch.stack([across, across.T, torch.full((64, 64), 0.5)])[None].expand(400, -1, -1, -1)
        made = varied_objects(pixels, still())
        assert (made[:, 2] - 0.5).abs().max() < 1e-5
        wide, tall = (
            (made[:, 0, :, -2] - made[:, 0, :, 1]).mean(1) * 64 / 61,
            (made[:, 1, -2] - made[:, 1, 1]).mean(1) * 64 / 61,
        )
        assert (tall > 0).all(), "never upside down"
        assert (wide < 0).float().mean() == pytest.approx(0.5, abs=0.08)
        for side in (wide.abs(), tall):
            assert 0.6 * math.exp(-0.2) - 0.03 < side.min() < 0.56 and 0.97 < side.max() < 1.03
        ratio = (wide.abs() / tall).log()
        assert ratio.min() > -0.45 and ratio.max() < 0.45 and ratio.std() > 0.1

    def test_objects_are_brighter_darker_and_tinted(self):
        made = varied_objects(torch.full((4000, 3, 4, 4), 0.5), np.random.default_rng(0))
        assert torch.allclose(made, made[:, :, :1, :1].expand_as(made), atol=1e-5), "all of a picture alike"
        colours = made[:, :, 0, 0]
        # half of (gain * tint), and a shift: independent factors and a term
        gain, tint, shift = 0.15**2, 0.05**2, 0.05**2
        assert colours.mean().item() == pytest.approx(0.5, abs=0.01)
        assert colours.var(0).mean().item() == pytest.approx(0.25 * (gain + tint + gain * tint) + shift, rel=0.1)
        assert colours.var(1).mean().item() == pytest.approx(0.25 * tint * (1 + gain), rel=0.1)

    def test_works_lose_colour_and_change_brightness(self):
        pixels = torch.tensor([0.7, 0.4, 0.1]).view(1, 3, 1, 1).expand(1000, 3, 2, 2)
        made = varied_works(pixels, 0.2, still())
        grey = (made - 0.4).abs().amax((1, 2, 3)) < 1e-6
        assert grey.float().mean().item() == pytest.approx(0.2, abs=0.04)
        assert torch.allclose(made[~grey], pixels[~grey])
        middle = torch.full((4000, 3, 2, 2), 0.5)
        varied = varied_works(middle, 0.0, np.random.default_rng(0))
        assert torch.allclose(varied, varied[:, :, :1, :1].expand_as(varied), atol=1e-6), "all of a channel alike"
        colours = varied[:, :, 0, 0]
        assert colours.mean().item() == pytest.approx(0.5, abs=0.01)
        wanted = np.eye(3) * (0.25 * 0.15**2 + 0.08**2)  # channels vary on their own
        assert np.cov(colours.T.numpy()) == pytest.approx(wanted, abs=0.001)


class Fixed(nn.Module):
    """Answers with given logits."""

    def __init__(self, objects, hands):
        super().__init__()
        self.answers = nn.ParameterList([torch.tensor(objects), torch.tensor(hands)])

    def name_objects(self, pixels):
        return self.answers[0]

    def name_hands(self, pixels):
        return self.answers[1]


def smoothed(logits, label, smoothing):
    """Cross-entropy with label smoothing, by its definition (Szegedy et al. 2016, arXiv:1512.00567, section 7)."""
    n = len(logits)
    logs = [x - math.log(sum(math.exp(y) for y in logits)) for x in logits]
    return -sum(((1 - smoothing) * (i == label) + smoothing / n) * logs[i] for i in range(n))


def test_losses_against_their_definition():
    objects, hands = [[2.0, -1.0, 0.5], [0.0, 0.3, 0.1]], [[1.0, 0.0, 3.0, -2.0]]
    batch = EyeBatch(torch.zeros(2, 3, 64, 64), torch.tensor([0, 2]), torch.zeros(1, 3, 16, 16), torch.tensor([2]))
    found = task(weight=0.7, smoothing=0.2, hands_smoothing=0.1).generator_losses(Fixed(objects, hands), None, batch)
    wanted = {
        "objects": (smoothed(objects[0], 0, 0.2) + smoothed(objects[1], 2, 0.2)) / 2,
        "hands": 0.7 * smoothed(hands[0], 2, 0.1),
        "watch/objects": 0.5,
        "watch/hands": 1.0,
    }
    assert {k: v.item() for k, v in found.items()} == pytest.approx(wanted, rel=1e-5)
    assert found["objects"].requires_grad and found["hands"].requires_grad


class Colours(nn.Module):
    """Names a picture by its strongest colour; what is grey is a photo."""

    def name_objects(self, pixels):
        return pixels.mean((2, 3))

    def name_hands(self, pixels):
        colours = pixels.mean((2, 3))
        grey = (colours.std(1, keepdim=True) < 0.01).float()
        return torch.cat([colours, 5 * grey], 1)


def test_validation():
    # One work of five is told wrong, and taken for another hand; one photo is told wrong, and taken for a hand.
    judged = [(flat(RED), 0), (flat(GREEN), 1), (flat(BLUE, 9), 2), (flat(BLUE), 0), (flat(GREY), 3), (flat(RED), 3)]
    figures = task(judged).validate(Colours())
    wanted = {"objects": 4 / 5, "hands": 4 / 6, "photo-or-art": 5 / 6, "score": 1 / 5 + 0.5 * 2 / 6}
    assert figures == pytest.approx(wanted)
    assert task().validate(Colours()) == pytest.approx({"objects": 4 / 5, "score": 1 / 5})


class TestSettling:
    def learned(self, **options):
        torch.manual_seed(0)
        network = LearningEncoder(widths=(4, 4, 6, 6), classes=3, hands=4)
        made = task(objects=6, hands=4)
        given = {"steps": 6, "rate": 0.05, "warmup": 0, "precision": "fp32", "average": 0.9, **options}
        learner = Learner(network, None, made, LearnerOptions(**given))
        learner.run()
        return learner, made

    def test_statistics_are_those_of_the_averaged_weights(self):
        learner, made = self.learned()
        average, first = learner.average, learner.average.stages[0][0]
        copied = average.norms["0_0"].running_mean.clone()
        made.settle(average)
        rng, means, variances = np.random.default_rng(7), [], []
        for _ in range(16):
            batch = made.batch(rng, 0)
            for pixels in (batch.objects, batch.works):
                x = F.conv2d((pixels - 0.5) * 4, first.weight, first.bias, padding=1).transpose(0, 1).flatten(1)
                means.append(x.mean(1))
                variances.append(x.var(1))
        norm = average.norms["0_0"]
        assert torch.allclose(norm.running_mean, torch.stack(means).mean(0), atol=1e-4)
        assert torch.allclose(norm.running_var, torch.stack(variances).mean(0), rtol=1e-3)
        assert (copied - norm.running_mean).abs().max() > 0.02, "the copied ones were others"
        assert norm.momentum == 0.1 and not average.training and not norm.training

    def test_settling_twice_changes_nothing(self):
        learner, made = self.learned()
        made.settle(learner.average)
        once = copy.deepcopy(learner.average.state_dict())
        made.settle(learner.average)
        assert all(torch.equal(v, once[k]) for k, v in learner.average.state_dict().items())

    def test_best_weights_come_with_their_statistics(self):
        learner, made = self.learned(validate_every=2)
        assert learner.best is not None
        best = copy.deepcopy(learner.use_best())
        made.settle(best)
        assert all(torch.equal(v, learner.best[k]) for k, v in best.state_dict().items() if "norms" in k)

    def test_folding_the_settled_average_changes_nothing(self):
        learner, made = self.learned()
        made.settle(learner.average)
        pixels = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(3))
        folded = learner.average.folded()
        with torch.no_grad():
            for a, b in zip(learner.average(pixels), folded(pixels), strict=True):
                assert a.max() > 0.05 and torch.allclose(a, b, atol=1e-4)
            assert torch.allclose(learner.average.name_hands(pixels), folded.name_hands(pixels), atol=1e-4)


def test_it_learns_colours():
    torch.manual_seed(0)
    network = LearningEncoder(widths=(4, 6, 8, 12), classes=3, hands=4)
    given = {"steps": 60, "rate": 0.01, "warmup": 5, "momentum": 0.9, "clip": 5.0, "average": 0.8}
    made = task([(flat(RED), 0), (flat(GREEN), 1), (flat(BLUE), 2), (flat(GREY), 3)], objects=12, hands=12)
    before = made.validate(network)["objects"]
    learner = Learner(network, None, made, LearnerOptions(precision="fp32", **given))
    learner.run()
    figures = made.validate(learner.average)
    assert before < 4 / 5 == figures["objects"] and figures["hands"] >= 3 / 4  # the fifth label is wrong


def test_there_is_no_discriminator():
    with pytest.raises(NotImplementedError, match="without a discriminator"):
        task().critic_losses(None, None, penalty=False, augment=0.0)
