"""Rivals that learn one style from nothing, with the same blocks and the same Learner: CUT, FastCUT and CycleGAN."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pinxit.errors import InputError
from pinxit.learning.crops import CropBank
from pinxit.learning.learner import Learner, LearnerOptions
from pinxit.learning.rival_tasks import FAST, CutTask, CutWeights, CycleTask, CycleWeights
from pinxit.learning.texture import tensor
from pinxit.networks.discriminator import MultiScaleDiscriminator
from pinxit.networks.solo import CutNetwork, CycleCritics, CycleNetwork

SIDE, BATCH = 160, 4
"""Side of crops in pixels, and pairs of them a step."""
OPTIONS = LearnerOptions(
    rate=2e-4, critic_rate=2e-4, schedule="linear", warmup=0, clip=0, average=0, r1_every=0, collapse=0
)
"""The papers' optimization: none of the strategies that pinxit adds. Departures: the second beta of Adam is 0.99."""


def cut(
    photos: CropBank,
    art: CropBank,
    side: int = SIDE,
    batch: int = BATCH,
    options: LearnerOptions = OPTIONS,
    *,
    fast: bool = False,
    weights: CutWeights | None = None,
    generator: Mapping[str, Any] | None = None,
) -> Learner:
    """A learner of CUT, or of FastCUT.

    Args:
        photos: Contents.
        art: Works of one style.
        side: Of crops, in pixels; 64 or more.
        batch: Crops a step.
        options: Steps or minutes, rates, seed.
        fast: FastCUT's weights in the place of CUT's.
        weights: Others than those.
        generator: Settings of the generators other than the usual ones.
    """
    task = CutTask(photos, art, side, batch, weights or (FAST if fast else CutWeights()))
    with torch.random.fork_rng([]):
        torch.manual_seed(options.seed)
        return Learner(CutNetwork(**(generator or {})), MultiScaleDiscriminator(scales=1), task, options)


def cycle(
    photos: CropBank,
    art: CropBank,
    side: int = SIDE,
    batch: int = BATCH,
    options: LearnerOptions = OPTIONS,
    *,
    weights: CycleWeights | None = None,
    generator: Mapping[str, Any] | None = None,
) -> Learner:
    """A learner of CycleGAN; arguments as of :func:`cut`."""
    task = CycleTask(photos, art, side, batch, weights or CycleWeights())
    with torch.random.fork_rng([]):
        torch.manual_seed(options.seed)
        return Learner(CycleNetwork(**(generator or {})), CycleCritics(), task, options)


def repaint(learner: Learner, array: np.ndarray) -> np.ndarray:
    """Paint a picture with what a rival has learned.

    Args:
        learner: Of :func:`cut` or :func:`cycle`, after ``run``.
        array: (H, W, 3) uint8, uint16 or float 0..1; 16 pixels or more a side, painted in one piece.

    Returns:
        (H, W, 3) float32, 0..1.
    """
    with torch.inference_mode():
        return learner.use_best()(tensor(array)).clamp(0, 1)[0].permute(1, 2, 0).contiguous().numpy()


def read_rival(path: Path) -> Callable[[CropBank, CropBank], Learner]:
    """A rival as a TOML file describes it: ``[cut]`` or ``[cycle]`` with side, batch, and tables weights and learner.

    Raises:
        InputError: The file cannot be read, or has an unknown key or a value that is not allowed.
    """
    makers = {"cut": (cut, CutWeights()), "cycle": (cycle, CycleWeights())}
    try:
        ((name, table),) = tomllib.loads(path.read_text(encoding="utf-8")).items()
        maker, weights = makers[name]
        parts = {"weights": replace(weights, **table.pop("weights", {}))}
        parts["options"] = replace(OPTIONS, **table.pop("learner", {}))
        sizes = {key: int(table.pop(key)) for key in ("side", "batch") if key in table}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{path} is no recipe with one table [cut] or [cycle]: {error}") from error
    if table:
        raise InputError(f"{path} has unknown keys {sorted(table)}; known are side, batch, weights and learner")
    return partial(maker, **parts, **sizes)
