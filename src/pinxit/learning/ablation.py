"""Ablations: a training from nothing and an adaptation, with one of their parts left out or exchanged at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pinxit.errors import InputError
from pinxit.learning.adapt_task import AdaptOptions
from pinxit.learning.crops import CropBank
from pinxit.learning.pretrain_texture import texture_learner
from pinxit.learning.recipe import TextureRecipe, read_recipe
from pinxit.learning.sources import Found, Sources, find_photos, find_works
from pinxit.losses.adversarial import ADVERSARIAL
from pinxit.networks.lora import POLICIES, Policy
from pinxit.networks.painter import Painter

WHOLE, AGAIN = "whole", "other-seed"
"""Names of what leaves nothing out, and of the same with another seed: how far two alike are apart."""
PARTS = ("no-adversarial", "no-content", "no-style", "no-fusion", "no-attention", "adain")
TRAININGS = (WHOLE, AGAIN, *PARTS, *(kind for kind in ADVERSARIAL if kind != TextureRecipe().adversarial))
ADAPTATIONS = ("read", *POLICIES, AGAIN, "no-adversarial", "steady", *ADVERSARIAL[1:])
STEADY = 2.0
"""Weight of the temporal loss in the adaptation of that name."""
_NEVER = 10**9  # steps


def trainings(recipe: TextureRecipe) -> dict[str, TextureRecipe]:
    """Recipes by name, see ``TRAININGS``; each differs from the given one in one thing."""

    def weights(**values: float) -> TextureRecipe:
        return replace(recipe, weights=replace(recipe.weights, **values))

    def generator(**values: Any) -> TextureRecipe:
        return replace(recipe, generator=recipe.generator | values)

    def learner(of: TextureRecipe = recipe, **values: Any) -> TextureRecipe:
        return replace(of, learner=replace(of.learner, **values))

    found = {
        WHOLE: recipe,
        AGAIN: learner(seed=recipe.learner.seed + 1),
        # A critic that never joins costs no time either.
        "no-adversarial": learner(weights(adversarial=0, hand=0), critic_start=_NEVER),
        "no-content": weights(structure=0, features=0),
        "no-style": weights(moments=0, colour=0, texture=0),
        "no-fusion": generator(fusion=False),
        "no-attention": generator(attention=False),
        "adain": generator(adaptive="adain"),
    }
    return found | {kind: replace(recipe, adversarial=kind) for kind in ADVERSARIAL if kind != recipe.adversarial}


def adaptations(options: AdaptOptions) -> dict[str, AdaptOptions | None]:
    """Options by name, see ``ADAPTATIONS``; None only reads the references. All but the policies differ from "lora"."""
    plain = with_policy(options, "lora")

    def weights(**values: float) -> AdaptOptions:
        return replace(plain, weights=replace(plain.weights, **values))

    return {
        "read": None,
        **{policy: with_policy(options, policy) for policy in POLICIES},
        AGAIN: replace(plain, seed=plain.seed + 1),
        "no-adversarial": weights(adversarial=0),
        "steady": weights(temporal=STEADY),
        **{kind: replace(plain, adversarial=kind) for kind in ADVERSARIAL if kind != plain.adversarial},
    }


def with_policy(options: AdaptOptions, policy: Policy) -> AdaptOptions:
    """The same options with another policy: adaptive ranks, half of which are closed again, are twice as many."""
    return replace(options, policy=policy, rank=16 if policy == "adaptive-rank" else 8)


@dataclass(frozen=True)
class Workshop:
    """Material of all trainings of an ablation, read once.

    Args:
        recipe: File with the table ``[texture]``.
        sources: Art and photos; what is left out of the trainings is what painters are judged by.
        minutes: Of every training.
        cpu: Count them in processor time.

    Raises:
        InputError: The recipe trains no painter, or nothing was left out.
    """

    recipe: Path
    sources: Sources
    minutes: float
    cpu: bool = False

    @cached_property
    def recipes(self) -> dict[str, TextureRecipe]:
        """Every training with these minutes."""
        found = read_recipe(self.recipe)
        if not isinstance(found, TextureRecipe):
            raise InputError(f"{self.recipe} trains by the table [{found.table}]; one with [texture] is wanted")
        clock = "cpu" if self.cpu else "wall"
        # Nobody chooses among the steps, so that no figure of the training decides which painter is judged.
        learner = replace(found.learner, minutes=self.minutes, steps=_NEVER, clock=clock, validate_every=0)
        return trainings(replace(found, learner=learner))

    @cached_property
    def _found(self) -> tuple[Found, Found]:
        s = self.sources
        return find_photos(s.photos, s.leave_out), find_works(s.art, s.leave_out)

    @property
    def held_out(self) -> tuple[list[Path], list[Path]]:
        """Photos and works that no training sees."""
        photos, works = ([path for path, _ in found.held_out] for found in self._found)
        if not photos or not works:
            raise InputError("no photo or no work is left out of the training; name some to judge by: --leave-out FILE")
        return photos, works

    @cached_property
    def _banks(self) -> tuple[CropBank, CropBank]:
        return tuple(CropBank.read(found.paths, found.numbers) for found in self._found)

    def train(self, name: str, folder: Path, on_progress: Any = None) -> tuple[Painter, dict[str, float]]:
        """One training by name; goes on from the checkpoint in its folder.

        Returns:
            The averaged painter, and what was done: steps, minutes and last figures.

        Raises:
            LearningError: Losses were not finite again and again.
        """
        photos, art = self._banks
        hands = len(self._found[1].groups)
        learner = texture_learner(self.recipes[name], art, photos, hands, folder, self.recipe.parent)
        done = learner.run(folder, on_progress=on_progress)
        return learner.use_best().eval().requires_grad_(False), done
