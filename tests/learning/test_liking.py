"""Liking: a classifier of what one person likes, and what it does to an adaptation."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from pinxit.errors import InputError
from pinxit.learning.adapt import adapt
from pinxit.learning.adapt_task import AdaptOptions
from pinxit.learning.crops import CropBank
from pinxit.learning.liking import learn_liking
from pinxit.learning.texture_task import TextureTask, TextureWeights
from pinxit.networks.works import Works


def pictures(red, count, seed, size=(70, 90)):
    """Noise with this mean of red."""
    rng = np.random.default_rng(seed)
    noise = rng.normal((red, 128, 128), 30, (count, *size, 3))
    return list(noise.clip(0, 255).astype(np.uint8))


def tensor(arrays):
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float() / 255


class TestClassifier:
    def test_tells_new_pictures(self, tiny):
        found = learn_liking(pictures(170, 4, 0), pictures(90, 4, 1), tiny.eye)
        liked, disliked = (found(tensor(pictures(red, 8, seed))) for red, seed in ((170, 2), (90, 3)))
        assert liked.shape == (8,) and (liked > 0).all() and (disliked < 0).all()

    def test_sides_of_different_size_count_alike(self, tiny):
        found = learn_liking(pictures(170, 1, 0), pictures(90, 12, 1), tiny.eye)
        between = found(tensor(pictures(130, 20, 4))).mean()
        assert abs(between) < 0.5 * found(tensor(pictures(170, 8, 2))).mean()

    def test_one_kind_on_both_sides_leaves_it_unsure(self, tiny):
        sure, unsure = (
            learn_liking(pictures(170, 4, 0), pictures(red, 4, 1), tiny.eye)(tensor(pictures(150, 8, 2))).abs().mean()
            for red in (90, 170)
        )
        assert unsure < sure

    def test_gradients_reach_the_pixels_and_nothing_else(self, tiny):
        found = learn_liking(pictures(170, 2, 0), pictures(90, 2, 1), tiny.eye)
        pixels = tensor(pictures(120, 2, 2)).requires_grad_(True)
        found(pixels).sum().backward()
        assert pixels.grad.abs().max() > 0 and not any(p.requires_grad for p in found.parameters())

    def test_same_seed_same_classifier(self, tiny):
        first, again = (learn_liking(pictures(170, 2, 0), pictures(90, 2, 1), tiny.eye, seed=3) for _ in range(2))
        assert all(
            torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True)
        )

    @pytest.mark.parametrize("sides", [([], [1]), ([1], []), ([], [])])
    def test_both_sides_are_wanted(self, tiny, sides):
        sides = [pictures(100, len(side), 0) for side in sides]
        with pytest.raises(InputError, match=f"{len(sides[0])} liked and {len(sides[1])} disliked"):
            learn_liking(*sides, tiny.eye)


class Redness(nn.Module):
    """Likes red pictures; the logit is 10 * (mean of red - 0.5)."""

    def forward(self, pixels):
        return 10 * (pixels[:, 0].mean((1, 2)) - 0.5)


def steered(tiny, weight):
    weights = TextureWeights(preference=weight, identity=0)
    options = AdaptOptions(policy="lora", minutes=0, steps=12, side=32, batch=3, rank=2, rate=0.02, weights=weights)
    works = Works(torch.rand(1, 50, 3), torch.linspace(-0.1, 0.1, 5).expand(1, 2, 3, 5))
    contents, references = pictures(110, 2, 5), pictures(110, 6, 6)
    code = torch.zeros(1, 8)
    found = adapt(tiny.painter.generator, code, references, contents, tiny.eye, None, options, works, liking=Redness())
    return found.tested.get("preference"), found


def test_the_loss_is_the_cross_entropy_of_the_verdict(tiny):
    weights = TextureWeights(preference=0.7)
    banks = CropBank(pictures(110, 2, 5)), CropBank(pictures(110, 2, 6))
    task = TextureTask(*banks, tiny.eye, weights, sizes=((0, 32, 3),), liking=Redness())
    batch = task.batch(np.random.default_rng(0), 0)
    painter = copy.deepcopy(tiny.painter).requires_grad_(True)
    parts = task.generator_losses(painter, None, batch)
    liked = 1 / (1 + torch.exp(-10 * (batch.facts["result"][batch.same :, 0].mean((1, 2)) - 0.5)))
    assert parts["preference"].item() == pytest.approx(-0.7 * liked.log().mean().item(), rel=1e-4)
    assert task.figures(tiny.painter, [batch])["preference"] > 0
    plain = TextureTask(*banks, tiny.eye, weights, sizes=((0, 32, 3),))
    assert "preference" not in plain.generator_losses(painter, None, batch)


def test_steers_an_adaptation(tiny):
    none, free = steered(tiny, 0.0)
    strong, found = steered(tiny, 20.0)
    assert none is None and "preference" not in free.untrained
    assert found.best and strong < 0.9 * found.untrained["preference"]
