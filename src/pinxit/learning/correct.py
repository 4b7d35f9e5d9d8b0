"""Training of ExposureCorrector: photos are spoiled by a known exposure and colour cast, and it learns to undo them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pinxit.learning.bank import PhotoBank
from pinxit.learning.looks import at_nodes
from pinxit.losses.tone import colour_difference, srgb_to_lab
from pinxit.networks.correct import EVEN, ExposureCorrector
from pinxit.networks.look import LookPredictor


@dataclass(frozen=True)
class CorrectRecipe:
    """How ExposureCorrector is trained.

    Args:
        steps: Steps in all.
        batch: Photos a step.
        references: References from which each look code is read.
        rate: Highest learning rate, with a cosine down to zero.
        spread: Standard deviations of log exposure, warmth and tint, in natural logs of linear light.
        untouched: Share of photos that are not spoiled, so that good ones are left alone.
        seed: Of everything.
    """

    steps: int = 1500
    batch: int = 64
    references: int = 4
    rate: float = 2e-3
    spread: tuple[float, float, float] = (0.45, 0.25, 0.12)
    untouched: float = 0.4
    seed: int = 0


def train_corrector(
    predictor: LookPredictor,
    bank: PhotoBank,
    looks: Tensor,
    recipe: CorrectRecipe | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> ExposureCorrector:
    """Train on photos of a bank.

    Args:
        predictor: Trained; gives the look codes.
        bank: Photos.
        looks: Looks that the codes are of, (n, nodes, 3).
        recipe: How; None: the defaults.
        on_progress: Called as (step, steps, text).
    """
    recipe = recipe or CorrectRecipe()
    rng, generator = np.random.default_rng(recipe.seed), torch.Generator().manual_seed(recipe.seed)
    codes = look_codes(predictor, bank, looks[:256].float(), recipe.references, rng)
    corrector = ExposureCorrector(code=codes.shape[1], side=bank.crops.shape[1])
    optimizer = torch.optim.AdamW(corrector.parameters(), recipe.rate, weight_decay=0.01)
    even, spread = torch.tensor(EVEN), torch.tensor(recipe.spread)
    for step in range(recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
        plain = bank.pixels(bank.pick(recipe.batch, bank.shares, rng)).flatten(1, 2)[:, ::2]
        slips = torch.randn(recipe.batch, 3, generator=generator) * spread
        slips = slips * (torch.rand(recipe.batch, 1, generator=generator) >= recipe.untouched)
        light = plain**2.2
        spoiled = (light * torch.exp(slips @ even)[:, None]).clamp(0, 1) ** (1 / 2.2)
        code = codes[torch.randint(len(codes), (recipe.batch,), generator=generator)]
        gains = corrector(((spoiled * 255).round() / 255).transpose(1, 2).unsqueeze(3), code)
        mended = (spoiled**2.2 * gains[:, None] + 1e-5) ** (1 / 2.2)
        loss = colour_difference(srgb_to_lab(mended.clamp(max=1.5)), srgb_to_lab(plain)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if on_progress:
            on_progress(step + 1, recipe.steps, f"difference {float(loss.detach()):.2f}")
    return corrector.eval().requires_grad_(False)


def look_codes(
    predictor: LookPredictor, bank: PhotoBank, looks: Tensor, references: int, rng: np.random.Generator
) -> Tensor:
    """Codes (n, C) that the predictor reads from photos graded with looks (n, nodes, 3)."""
    codes = []
    for few in looks.split(32):
        pixels = bank.pixels(bank.pick(len(few) * references, bank.shares, rng))
        graded = at_nodes(few, pixels.reshape(len(few), -1, 3)).view(len(few), references, *pixels.shape[1:])
        with torch.inference_mode():
            codes.append(predictor(graded.permute(0, 1, 4, 2, 3))["code"])
    return torch.cat(codes).clone()
