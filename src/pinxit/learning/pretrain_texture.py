"""Pretraining of the painter that the package ships, and of the critic that it learned against."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pinxit.errors import InputError
from pinxit.learning import checkpoint
from pinxit.learning.crops import CropBank
from pinxit.learning.learner import Learner
from pinxit.learning.prepared import Prepared
from pinxit.learning.recipe import TextureRecipe
from pinxit.learning.sources import Sources, find_photos, find_works
from pinxit.learning.texture_task import TextureTask
from pinxit.networks.discriminator import MultiScaleDiscriminator
from pinxit.networks.encoder import ContentEncoder
from pinxit.networks.painter import Painter
from pinxit.networks.style_encoder import SCALES, describe
from pinxit.networks.weights import eye

SIDE = 160
"""Side of the crops from which the style encoder's mean and spread are measured, in pixels."""


def prepare_texture(options: TextureRecipe, sources: Sources, out: Path, beside: Path) -> Prepared:
    """Read everything that the painter learns from; the package's own eye judges.

    The painter that comes of it is the averaged one with the best validated weights.

    Args:
        options: The recipe.
        sources: Art and photos.
        out: Folder of the training; where it has a checkpoint already, nothing is measured and ``start`` not read.
        beside: Folder of the recipe, to which ``start`` is relative.

    Raises:
        NotFoundError: A folder is not there.
        InputError: ``start`` holds no checkpoint.
        StyleError: Its checkpoint is damaged or of other networks.
        LearningError: There is nothing to train on.
    """
    works = find_works(sources.art, sources.leave_out)
    found = find_photos(sources.photos, sources.leave_out)
    art, photos = CropBank.read(works.paths, works.numbers), CropBank.read(found.paths, found.numbers)
    learner = texture_learner(options, art, photos, len(works.groups), out, beside)
    recipe = asdict(options) | {"start": Path(options.start).name}
    about = {"recipe": recipe, "works": len(works.seen), "hands": list(works.groups), "photos": len(found.seen)}

    def finish() -> dict[str, nn.Module]:
        return {"painter": learner.use_best(), "critic": learner.critic}

    return Prepared(learner, finish, about)


def texture_learner(
    options: TextureRecipe, art: CropBank, photos: CropBank, hands: int, out: Path, beside: Path
) -> Learner:
    """A learner of a painter and its critic.

    Args:
        options: The recipe.
        art: Works; their groups are hands.
        photos: Contents.
        hands: How many hands the critic tells apart.
        out: As of :func:`prepare_texture`, with ``beside`` and all errors.
        beside: As there.
    """
    judge = eye()
    painter, critic = _networks(options, judge, hands)
    if not (out / checkpoint.NAME).exists():
        if options.start:
            begin_from(beside / options.start, painter, critic)
        else:
            measure_styles(painter, judge, art, options.measured)
    task = TextureTask(
        photos,
        art,
        judge,
        options.weights,
        adversarial=options.adversarial,
        sizes=options.sizes,
        photo_references=options.photo_references,
        recolour=options.recolour,
    )
    return Learner(painter, critic, task, options.learner)


def _networks(options: TextureRecipe, judge: ContentEncoder, hands: int) -> tuple[Painter, MultiScaleDiscriminator]:
    code = options.generator["code"]
    encoder = {"widths": tuple(judge.settings["widths"][:SCALES]), "hidden": options.hidden, "code": code}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.learner.seed)
        painter = Painter(generator=options.generator, encoder=encoder)
        return painter, MultiScaleDiscriminator(width=options.critic_width, code=code, classes=hands)


def measure_styles(painter: Painter, judge: ContentEncoder, art: CropBank, count: int) -> None:
    """Give the style encoder the mean and the spread of what the eye sees in ``count`` crops of references."""
    rng, seen = np.random.default_rng(5), []
    with torch.no_grad():
        for first in range(0, count, 16):
            crops, _ = art.draw(min(16, count - first), SIDE, rng)
            seen.append(describe(judge(crops, SCALES)))
    styles = torch.cat(seen)
    painter.encoder.mean.copy_(styles.mean(0))
    painter.encoder.spread.copy_(styles.std(0).clamp_min(1e-3))


def begin_from(folder: Path, painter: Painter, critic: MultiScaleDiscriminator) -> None:
    """Give painter and critic the weights of another texture training: its averaged painter and its critic.

    Raises:
        InputError: There is no checkpoint in the folder.
        StyleError: It is damaged or of other networks.
    """
    if checkpoint.load_checkpoint(folder, {"average": painter, "critic": critic}, {}) is None:
        raise InputError(f"{folder} has no {checkpoint.NAME} to start from; correct start in the recipe")
