"""EyeTask: small pictures named by what they show, crops of works by whose hand made them; for the Learner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.learning.crops import CropBank, Pixels, crop
from pinxit.learning.labelled import Labelled
from pinxit.learning.recipe import EyeRecipe
from pinxit.networks.encoder import LearningEncoder

LOOKS = 4
"""Crops by which a held-out work is judged."""
SETTLING = 16
"""Batches from which the statistics of an averaged network's normalizations are measured."""


@dataclass
class EyeBatch:
    """What a step learns from.

    Args:
        objects: Small pictures (B, 3, 64, 64), sRGB 0..1.
        shown: Number of each one's class, (B,).
        works: Crops of works and photos (H, 3, S, S), sRGB 0..1.
        hands: Number of each one's hand, (H,); the last one is "photo".
    """

    objects: Tensor
    shown: Tensor
    works: Tensor
    hands: Tensor


class EyeTask:
    """Two questions to one network: what does it show, and whose hand is it?

    Args:
        pictures: Labelled pictures to train on.
        held_out: Labelled pictures of the same classes to validate on.
        art: Works to train on; their groups are hands, numbers 0 to ``hands`` - 1.
        photos: Photos to train on, of the hand number ``hands``.
        judged: Held-out works and photos, (H, W, 3) uint8, with the number of their hand; may be empty.
        hands: How many hands there are, "photo" not counted.
        recipe: Sizes, shares and weights.
    """

    def __init__(
        self,
        pictures: Labelled,
        held_out: Labelled,
        art: CropBank,
        photos: CropBank,
        judged: Sequence[tuple[Pixels, int]],
        hands: int,
        recipe: EyeRecipe,
    ) -> None:
        self.pictures, self.held_out, self.art, self.photos = pictures, held_out, art, photos
        self.judged, self.photo, self.recipe = tuple(judged), hands, recipe

    def batch(self, rng: np.random.Generator, step: int) -> EyeBatch:
        """Random pictures and crops, varied."""
        numbers = torch.from_numpy(rng.integers(0, len(self.pictures.labels), self.recipe.objects))
        objects = varied_objects(self.pictures.pixels[numbers].float() / 255, rng)
        works, hands = self._works(rng)
        return EyeBatch(objects, self.pictures.labels[numbers], varied_works(works, self.recipe.grey, rng), hands)

    def _works(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        r = self.recipe
        photos = int(rng.binomial(r.hands, r.photos))
        found, hands = [], [self.photo] * photos
        if photos:
            found.append(self.photos.draw(photos, r.side, rng, scales=(0.5, 1.0))[0])
        if photos < r.hands:
            crops, numbers = self.art.draw(r.hands - photos, r.side, rng, scales=(0.5, 1.0))
            found.append(crops)
            hands += self.art.groups[numbers].tolist()
        return torch.cat(found), torch.tensor(hands)

    def generator_losses(self, network: nn.Module, critic: nn.Module | None, batch: EyeBatch) -> dict[str, Tensor]:
        """Cross-entropies, weighted; "watch/objects" and "watch/hands" are the shares that are named right."""
        r = self.recipe
        shown, hands = network.name_objects(batch.objects).float(), network.name_hands(batch.works).float()
        return {
            "objects": F.cross_entropy(shown, batch.shown, label_smoothing=r.smoothing),
            "hands": r.weight * F.cross_entropy(hands, batch.hands, label_smoothing=r.hands_smoothing),
            "watch/objects": (shown.argmax(1) == batch.shown).float().mean(),
            "watch/hands": (hands.argmax(1) == batch.hands).float().mean(),
        }

    def critic_losses(
        self, critic: nn.Module, batch: EyeBatch, *, penalty: bool, augment: float
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Not asked for: the eye learns without a discriminator."""
        raise NotImplementedError("the eye learns without a discriminator; give the Learner None")

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Shares of held-out pictures that are named right, 0..1, after :meth:`settle`.

        Returns:
            "objects" (top-1), "hands" and "photo-or-art" (is it told whether a hand or a camera made it?), the last two
            where there are held-out works or photos; "score" is 1 - objects, and half of 1 - hands more.
        """
        self.settle(network)
        figures = {"objects": self._objects_named(network)}
        score = 1 - figures["objects"]
        if self.judged:
            figures |= self._hands_named(network)
            score += 0.5 * (1 - figures["hands"])
        return figures | {"score": score}

    def _objects_named(self, network: nn.Module) -> float:
        right = 0
        with torch.no_grad():
            for pixels, labels in zip(self.held_out.pixels.split(200), self.held_out.labels.split(200), strict=True):
                right += int((network.name_objects(pixels.float() / 255).argmax(1) == labels).sum())
        return right / len(self.held_out.labels)

    def _hands_named(self, network: nn.Module) -> dict[str, float]:
        rng, hands, kinds = np.random.default_rng(1), 0, 0
        for picture, hand in self.judged:
            crops = torch.cat([crop(picture, self.recipe.side, rng, (1.0, 1.0)) for _ in range(LOOKS)])
            with torch.no_grad():
                named = int(network.name_hands(crops).softmax(1).mean(0).argmax())
            hands += named == hand
            kinds += (named == self.photo) == (hand == self.photo)
        return {"hands": hands / len(self.judged), "photo-or-art": kinds / len(self.judged)}

    def settle(self, network: LearningEncoder) -> None:
        """Measure the statistics of an averaged network's normalizations anew, from fixed batches.

        The Learner copies them from the network that is trained, whose weights are others: the average follows
        hundreds of steps behind. Folding writes them into the weights, so they have to be the average's own.

        Source:
            Izmailov et al. 2018 (arXiv:1803.05407), section 3.2.
        """
        norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d)]
        kept, training, rng = [norm.momentum for norm in norms], network.training, np.random.default_rng(7)
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over batches
        network.train()
        with torch.no_grad():
            for _ in range(SETTLING):
                batch = self.batch(rng, 0)
                network.name_objects(batch.objects)
                network.name_hands(batch.works)
        network.train(training)
        for norm, momentum in zip(norms, kept, strict=True):
            norm.momentum = momentum


def varied_objects(pixels: Tensor, rng: np.random.Generator) -> Tensor:
    """Small pictures (B, 3, H, W), cut to 60 to 100 % a side, mirrored by half, brighter or darker, tinted; 0..1.

    Source:
        Szegedy et al. 2015 (arXiv:1409.4842) for the crops. Departure: sides are drawn, not areas.
    """
    n = len(pixels)

    def draw(values: np.ndarray, *shape: int) -> Tensor:
        return torch.from_numpy(values).float().view(n, *shape)

    share, shape = draw(rng.uniform(0.6, 1, n)), draw(np.exp(rng.uniform(-0.2, 0.2, n)))
    wide, tall = (share * shape).clamp(max=1), (share / shape).clamp(max=1)
    rows = torch.zeros(n, 2, 3)
    rows[:, 0, 0], rows[:, 1, 1] = wide * draw(np.where(rng.random(n) < 0.5, -1.0, 1.0)), tall
    rows[:, 0, 2] = (1 - wide) * draw(rng.uniform(-1, 1, n))
    rows[:, 1, 2] = (1 - tall) * draw(rng.uniform(-1, 1, n))
    grid = F.affine_grid(rows, list(pixels.shape), align_corners=False)
    cut = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    gain, tint = draw(rng.normal(1, 0.15, n), 1, 1, 1), draw(rng.normal(1, 0.05, (n, 3)), 3, 1, 1)
    return (cut * gain * tint + draw(rng.normal(0, 0.05, n), 1, 1, 1)).clamp(0, 1)


def varied_works(pixels: Tensor, grey: float, rng: np.random.Generator) -> Tensor:
    """Crops (B, 3, H, W), some of them grey, each channel brighter or darker; 0..1.

    So a hand is known by its strokes, and not by the cast of the book that its works were scanned from.
    """
    n = len(pixels)
    colourless = torch.from_numpy(rng.random((n, 1, 1, 1)) < grey)
    pixels = torch.where(colourless, pixels.mean(1, keepdim=True), pixels)
    gain, shift = (torch.from_numpy(rng.normal(m, s, (n, 3, 1, 1))).float() for m, s in ((1, 0.15), (0, 0.08)))
    return (pixels * gain + shift).clamp(0, 1)
