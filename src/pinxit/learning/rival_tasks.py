"""CutTask and CycleTask: batches and losses of two ways to learn one style from nothing, for the Learner."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pinxit.errors import InputError
from pinxit.learning.augment import Augmentation
from pinxit.learning.crops import CropBank
from pinxit.losses.adversarial import discriminator_loss, generator_loss
from pinxit.losses.content import patch_nce_loss, structural_similarity
from pinxit.losses.regularize import identity_loss
from pinxit.losses.style import SlicedPatchLoss
from pinxit.networks.solo import CutNetwork, CycleCritics, CycleNetwork


def _check_weights(weights: object) -> None:
    for name, value in vars(weights).items():
        if isinstance(value, str) or not 0 <= value < math.inf:
            raise InputError(f"{name} is {value!r}; give a number of at least 0")


@dataclass(frozen=True)
class CutWeights:
    """How much each loss of :class:`CutTask` counts.

    Args:
        adversarial: Discriminator's verdict; 2 is the paper's 1, because squares are halved here.
        nce: Places of the photo are found again in the result.
        identity: The same of works that are repainted, the paper's lambda for Y.
        flip: Mirror half of the photos before painting, but not those that the result is compared with.
        patches: Places of a map that are compared.
        temperature: Of their similarities.

    Raises:
        InputError: A value is negative or not finite, or there are no patches or no temperature.
    """

    adversarial: float = 2.0
    nce: float = 1.0
    identity: float = 1.0
    flip: bool = False
    patches: int = 256
    temperature: float = 0.07

    def __post_init__(self) -> None:
        _check_weights(self)
        if self.patches < 1 or not self.temperature:
            raise InputError(f"{self.patches} patches and a temperature of {self.temperature} came; both are above 0")


FAST = CutWeights(nce=10.0, identity=0.0, flip=True)
"""FastCUT."""


@dataclass(frozen=True)
class CycleWeights:
    """How much each loss of :class:`CycleTask` counts.

    Args:
        adversarial: Discriminators' verdicts; 2 is the paper's 1, because squares are halved here.
        cycle: There and back again is where it began.
        identity: A work stays itself when it is painted, and a photo when it is taken back.

    Raises:
        InputError: A value is negative or not finite.
    """

    adversarial: float = 2.0
    cycle: float = 10.0
    identity: float = 5.0

    def __post_init__(self) -> None:
        _check_weights(self)


@dataclass
class RivalBatch:
    """Crops of one step, (B, 3, S, S), sRGB 0..1; photos and works have nothing to do with each other."""

    photo: Tensor
    art: Tensor
    rng: np.random.Generator
    facts: dict[str, Tensor] = field(default_factory=dict)


class RivalTask:
    """What CUT and CycleGAN have in common: photos, works of one style, and figures of fixed crops.

    Args:
        photos: Contents.
        art: Works of the style.
        side: Of crops, in pixels.
        batch: Crops of both a step.
        weights: Of the losses.
    """

    def __init__(self, photos: CropBank, art: CropBank, side: int, batch: int, weights: Any) -> None:
        self.photos, self.art, self.side, self.count, self.weights = photos, art, side, batch, weights

    def batch(self, rng: np.random.Generator, step: int) -> RivalBatch:
        """Crops as :class:`~pinxit.learning.texture_task.TextureTask` draws them."""
        photo, _ = self.photos.draw(self.count, self.side, rng, scales=(0.5, 1.0))
        return RivalBatch(photo, self.art.draw(self.count, self.side, rng)[0], rng)

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Content kept and style reached on 12 fixed pairs; "score" is as of TextureTask."""
        rng, judge = np.random.default_rng(99), SlicedPatchLoss(generator=torch.Generator().manual_seed(99))
        photo, art = self.photos.draw(12, self.side, rng)[0], self.art.draw(12, self.side, rng)[0]
        with torch.no_grad():
            result = network(photo).float().clamp(0, 1)
            colour, texture = (float(x) for x in judge(result, photo, art))
        ssim = float(structural_similarity(photo, result).mean())
        return {"ssim": ssim, "colour": colour, "texture": texture, "score": colour + texture - 2 * ssim}

    def _watched(self, result: Tensor) -> dict[str, Tensor]:
        return {"watch/spread": result.detach().std(0).mean()} if len(result) > 1 else {}


class CutTask(RivalTask):
    """CUT: what is at a place of the photo is to be found again at that place of the result, among all others.

    Source:
        Park, Efros, Zhang and Zhu 2020 (arXiv:2007.15651), equation 5. Departures: pinxit's generator, which adds to
        the photo, and its patch discriminator with spectral normalization; negatives from the same picture only.
    """

    def generator_losses(self, network: CutNetwork, critic: nn.Module | None, batch: RivalBatch) -> dict[str, Tensor]:
        """Adversarial, "nce" of photos and "identity" of works; leaves the painted photos in the batch."""
        w, count = self.weights, len(batch.photo)
        flipped = bool(w.flip and batch.rng.random() < 0.5)
        given = batch.photo.flip(3) if flipped else batch.photo
        painted = network(torch.cat([given, batch.art]) if w.identity else given).float()
        result = painted[:count]
        batch.facts["result"] = result.detach()
        parts = self._watched(result)
        if w.nce:
            parts["content/nce"] = w.nce * self._nce(network, batch.photo, result, batch.rng, flipped)
        if w.identity:
            parts["identity/nce"] = w.identity * self._nce(network, batch.art, painted[count:], batch.rng)
        if critic is not None and w.adversarial:
            parts["adversarial"] = w.adversarial * generator_loss(critic(result)[0][0].float(), "lsgan")
        return parts

    def _nce(
        self, network: CutNetwork, source: Tensor, result: Tensor, rng: np.random.Generator, flipped: bool = False
    ) -> Tensor:
        """Mean over the maps; the source's side is not learned from, as in the authors' code."""
        asked = [x.flip(3) if flipped else x for x in network.features(result)]
        with torch.no_grad():
            known = network.features(source)
        total = result.new_zeros(())
        for head, a, b in zip(network.heads, asked, known, strict=True):
            places = torch.from_numpy(rng.permutation(a[0, 0].numel())[: self.weights.patches])
            query = head(a.flatten(2)[:, :, places].transpose(1, 2))
            with torch.no_grad():
                key = head(b.flatten(2)[:, :, places].transpose(1, 2))
            with torch.autocast(query.device.type, enabled=False):
                total = total + patch_nce_loss(query.float(), key.float(), self.weights.temperature)
        return total / len(asked)

    def critic_losses(
        self, critic: nn.Module, batch: RivalBatch, *, penalty: bool, augment: float
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Works against painted photos; spectral normalization takes the place of a penalty."""
        return _verdict(critic, batch.art, batch.facts["result"], augment, batch.rng, "art")


class CycleTask(RivalTask):
    """CycleGAN: a photo that is painted and taken back is the photo again, and a work taken back and painted the work.

    Source:
        Zhu, Park, Isola and Efros 2017 (arXiv:1703.10593), with the identity loss of its section 5.2. Departures:
        pinxit's generator and discriminator as for CUT; discriminators see no results of earlier steps.
    """

    def generator_losses(self, network: CycleNetwork, critic: nn.Module | None, batch: RivalBatch) -> dict[str, Tensor]:
        """Adversarial, "cycle" and "identity"; leaves what was painted and taken back in the batch."""
        w, photo, art = self.weights, batch.photo, batch.art
        painted, taken = network.art(photo).float(), network.photo(art).float()
        batch.facts |= {"result": painted.detach(), "taken": taken.detach()}
        parts = self._watched(painted)
        if w.cycle:
            back, again = network.photo(painted).float(), network.art(taken).float()
            parts["content/cycle"] = w.cycle * (identity_loss(back, photo) + identity_loss(again, art))
        if w.identity:
            still = identity_loss(network.art(art).float(), art), identity_loss(network.photo(photo).float(), photo)
            parts["identity"] = w.identity * sum(still)
        if critic is not None and w.adversarial:
            said = [critic.art(painted)[0][0], critic.photo(taken)[0][0]]
            parts["adversarial"] = w.adversarial * sum(generator_loss(z.float(), "lsgan") for z in said)
        return parts

    def critic_losses(
        self, critic: CycleCritics, batch: RivalBatch, *, penalty: bool, augment: float
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Both discriminators, each with its own kind of real pictures."""
        facts, rng = batch.facts, batch.rng
        of_art, seen = _verdict(critic.art, batch.art, facts["result"], augment, rng, "art")
        of_photos, also = _verdict(critic.photo, batch.photo, facts["taken"], augment, rng, "photo")
        return of_art | of_photos, torch.cat([seen, also])


def _verdict(
    critic: nn.Module, real: Tensor, fake: Tensor, augment: float, rng: np.random.Generator, name: str
) -> tuple[dict[str, Tensor], Tensor]:
    """A discriminator's loss by name, and what it said of the real pictures."""
    change = Augmentation(len(real), augment, rng)
    seen, made = critic(change(real))[0][0].float(), critic(change(fake))[0][0].float()
    return {f"critic/{name}": discriminator_loss(seen, made, "lsgan")}, seen.flatten()
