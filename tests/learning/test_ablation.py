"""Ablations: each variant differs from the whole in what it is named after, and all see the same material."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from pinxit.errors import InputError
from pinxit.learning.ablation import ADAPTATIONS, TRAININGS, Workshop, adaptations, trainings, with_policy
from pinxit.learning.adapt_task import AdaptOptions
from pinxit.learning.recipe import TextureRecipe
from pinxit.learning.sources import Sources
from pinxit.losses.adversarial import ADVERSARIAL
from pinxit.networks.lora import POLICIES

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
warmup = 0
"""


def flat(settings, start=""):
    found = {}
    for key, value in settings.items():
        found |= flat(value, f"{start}{key}.") if isinstance(value, dict) else {start + key: value}
    return found


def differences(one, other):
    one, other = flat(asdict(one)), flat(asdict(other))
    return {key: other[key] for key in one if one[key] != other[key]}


def test_trainings_differ_in_one_thing_each():
    recipe = TextureRecipe()
    recipe = replace(recipe, weights=replace(recipe.weights, hand=0.05))
    found = trainings(recipe)
    assert tuple(found) == TRAININGS and found["whole"] == recipe
    never = found["no-adversarial"].learner.critic_start
    assert {name: differences(recipe, one) for name, one in found.items() if name != "whole"} == {
        "other-seed": {"learner.seed": 1},
        "no-adversarial": {"weights.adversarial": 0, "weights.hand": 0, "learner.critic_start": never},
        "no-content": {"weights.structure": 0, "weights.features": 0},
        "no-style": {"weights.moments": 0, "weights.colour": 0, "weights.texture": 0},
        "no-fusion": {"generator.fusion": False},
        "no-attention": {"generator.attention": False},
        "adain": {"generator.adaptive": "adain"},
        **{kind: {"adversarial": kind} for kind in ADVERSARIAL if kind != "softplus"},
    }
    assert never >= 10**9, "a critic that never joins"


def test_a_recipe_of_another_kind_is_compared_with_the_others():
    assert "softplus" in trainings(TextureRecipe(adversarial="hinge")) and "hinge" not in trainings(
        TextureRecipe(adversarial="hinge")
    )


def test_adaptations_differ_in_one_thing_each():
    plain = AdaptOptions(policy="adaptive-rank", rank=5, seed=3)
    found = adaptations(plain)
    assert tuple(found) == ADAPTATIONS and found["read"] is None
    base = found["lora"]
    assert differences(plain, base) == {"policy": "lora", "rank": 8}
    assert {name: differences(base, one) for name, one in found.items() if name not in ("read", "lora")} == {
        **{policy: {"policy": policy} for policy in POLICIES if policy != "lora"},
        "adaptive-rank": {"policy": "adaptive-rank", "rank": 16},
        "other-seed": {"seed": 4},
        "no-adversarial": {"weights.adversarial": 0},
        "steady": {"weights.temporal": 2.0},
        **{kind: {"adversarial": kind} for kind in ADVERSARIAL if kind != "softplus"},
    }


def test_policies_have_ranks_that_suit_them():
    assert [with_policy(AdaptOptions(rank=3), policy).rank for policy in POLICIES] == [8, 8, 16, 8, 8]


@pytest.fixture
def shop(material, tmp_path):
    """A workshop with a tiny recipe and time for a single step."""
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    names = frozenset({"turner/1.jpg", "b.jpg"})
    return Workshop(path, Sources(photos=material.photos, art=material.art, leave_out=names), 1e-9, cpu=True)


class TestWorkshop:
    def test_recipes_have_its_minutes_and_nobody_chooses_among_steps(self, shop):
        for name, recipe in shop.recipes.items():
            learner = recipe.learner
            assert (learner.minutes, learner.clock, learner.validate_every) == (1e-9, "cpu", 0), name
            assert learner.steps >= 10**9

    def test_painters_are_judged_by_what_is_left_out(self, shop):
        photos, works = shop.held_out
        assert [path.name for path in photos] == ["b.jpg"]
        assert [f"{path.parent.name}/{path.name}" for path in works] == ["turner/1.jpg"]

    @pytest.mark.parametrize("name", TRAININGS)
    def test_every_training_trains(self, shop, tmp_path, name):
        painter, done = shop.train(name, tmp_path / name)
        assert done["steps"] == 1 and not painter.training
        assert not any(p.requires_grad for p in painter.parameters())
        assert painter.generator.settings["attention"] == (name != "no-attention")
        with torch.no_grad():
            painted, _ = painter(torch.rand(1, 3, 32, 32), torch.zeros(1, len(painter.encoder.mean)))
        assert torch.isfinite(painted).all()

    def test_a_training_that_was_done_is_not_done_again(self, shop, tmp_path):
        first, _ = shop.train("whole", tmp_path / "x")
        again, done = shop.train("whole", tmp_path / "x")
        assert done["steps"] == 1
        for a, b in zip(first.parameters(), again.parameters(), strict=True):
            assert torch.equal(a, b)

    def test_nothing_left_out(self, shop):
        with pytest.raises(InputError, match="--leave-out FILE"):
            _ = replace(shop, sources=replace(shop.sources, leave_out=frozenset())).held_out

    def test_the_recipe_that_comes_with_the_source(self, shop):
        recipes = replace(shop, recipe=Path(__file__).parents[2] / "recipes" / "ablation.toml").recipes
        assert tuple(recipes) == TRAININGS and not recipes["whole"].start, "from nothing"

    def test_a_recipe_of_something_else(self, shop, tmp_path):
        (tmp_path / "eye.toml").write_text("[eye]\n")
        with pytest.raises(InputError, match=r"\[eye\]; one with \[texture\]"):
            _ = replace(shop, recipe=tmp_path / "eye.toml").recipes
