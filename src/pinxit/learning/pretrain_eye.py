"""Pretraining of the eye that the package ships."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from pinxit.learning.crops import CropBank
from pinxit.learning.labelled import read_labelled
from pinxit.learning.learner import Learner
from pinxit.learning.prepared import Prepared
from pinxit.learning.recipe import EyeRecipe
from pinxit.learning.recognition import EyeTask
from pinxit.learning.sources import Found, Sources, find_photos, find_works
from pinxit.networks.encoder import LearningEncoder
from pinxit.picture import Picture
from pinxit.picture.writing import to_bits

JUDGED = 64
"""Most held-out photos by which the eye is validated, so that they do not outweigh the works."""


def prepare_eye(options: EyeRecipe, sources: Sources) -> Prepared:
    """Read everything that the eye learns from.

    The eye that comes of it is the averaged network with the best validated weights, its normalization folded away.

    Args:
        options: The recipe.
        sources: Recognition, art and photos.

    Raises:
        NotFoundError: A folder or tar file is not there.
        InputError: A tar file or picture is not right.
        LearningError: There is nothing to train on.
    """
    pictures = read_labelled(sources.recognition / "train.tar")
    held_out = read_labelled(sources.recognition / "val.tar", pictures.classes)
    works, photos = (
        find_works(sources.art, sources.leave_out),
        find_photos(sources.photos, sources.leave_out),
    )
    hands = len(works.groups)
    judged = _judged(works, photos)
    task = EyeTask(
        pictures,
        held_out,
        CropBank.read(works.paths, works.numbers),
        CropBank.read(photos.paths),
        [(to_bits(Picture.open(path).array, np.uint8), hand) for path, hand in judged],
        hands,
        options,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.learner.seed)
        network = LearningEncoder(widths=options.widths, classes=len(pictures.classes), hands=hands + 1)
    learner = Learner(network, None, task, options.learner)

    def finish() -> dict[str, nn.Module]:
        best = learner.use_best()
        if learner.best is None:  # validated weights are settled already
            task.settle(best)
        return {"eye": best.folded()}

    about = {
        "recipe": asdict(options),
        "objects": len(pictures.labels),
        "classes": list(pictures.classes),
        "works": len(works.seen),
        "hands": list(works.groups),
        "photos": len(photos.seen),
        "judged": {"objects": len(held_out.labels), "works and photos": len(judged)},
    }
    return Prepared(learner, finish, about)


def _judged(works: Found, photos: Found) -> list[tuple[Path, int]]:
    """Held-out works of hands that the eye gets to know, and some held-out photos, with the number of their hand."""
    known = set(works.numbers)
    judged = [(path, hand) for path, hand in works.held_out if hand in known]
    every = -(-len(photos.held_out) // JUDGED) or 1
    return judged + [(path, len(works.groups)) for path, _ in photos.held_out[::every]]
