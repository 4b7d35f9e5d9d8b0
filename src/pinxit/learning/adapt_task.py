"""AdaptTask: photos repainted in one hand; batches, losses and what must not be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from pinxit.learning.crops import CropBank
from pinxit.learning.texture_task import TextureBatch, TextureTask, TextureWeights, matched_colours
from pinxit.losses.adversarial import Adversarial
from pinxit.networks.encoder import ContentEncoder
from pinxit.networks.generator import Generator
from pinxit.networks.lora import Policy
from pinxit.networks.settling import Settling, cloud
from pinxit.networks.vgg import judge_for
from pinxit.networks.works import Works

WEIGHTS = TextureWeights(
    structure=0.5,
    features=0.2,
    moments=1.5,
    colour=1.5,
    texture=2.0,
    adversarial=0.5,
    identity=0.3,
    shift=0.5,
    preference=0.5,
    settled=0.8,
)
"""Of the losses of an adaptation, and of the figures in a score, whatever weights are trained with."""
SIDE = 160
"""Of crops in pixels; a score is always taken on crops of this side."""


@dataclass(frozen=True)
class AdaptOptions:
    """How a painter is adapted.

    Args:
        policy: What adapts, see ``networks.lora.POLICIES``.
        minutes: Longest time.
        steps: Most steps.
        rank: Of low-rank changes.
        side: Of crops, in pixels.
        batch: Crops a step.
        weights: Of the losses.
        prior: Weight of the prior preservation.
        rate: Learning rate; codes and low ranks take more than whole layers.
        critic_rate: Learning rate of the discriminator.
        seed: Of everything.
        encoder: Who judges content and style: "eye", "vgg19" or a file with the weights of VGG-19.
        adversarial: Kind of the adversarial loss; the shipped discriminator was trained with "softplus".
        clock: What the minutes are counted in, see ``LearnerOptions``.
    """

    policy: Policy = "lora"
    minutes: float = 2.0
    steps: int = 600
    rank: int = 8
    side: int = SIDE
    batch: int = 6
    weights: TextureWeights = WEIGHTS
    prior: float = 1.0
    rate: float = 0.0
    critic_rate: float = 4e-4
    seed: int = 0
    encoder: str = "eye"
    adversarial: Adversarial = "softplus"
    clock: Literal["wall", "cpu"] = "wall"

    @property
    def learning_rate(self) -> float:
        """The rate, or one that suits the policy where none is set."""
        return self.rate or {"code": 2e-3, "lora": 4e-4, "adaptive-rank": 4e-4, "head": 1e-4, "full": 5e-5}[self.policy]


class AdaptTask(TextureTask):
    """One hand: contents x its references, what the generator did for other codes, and held-out references."""

    def __init__(
        self,
        contents: CropBank,
        references: CropBank,
        held_out: CropBank,
        eye: ContentEncoder,
        options: AdaptOptions,
        before: Generator,
        works: Works,
        liking: nn.Module | None = None,
    ) -> None:
        super().__init__(
            contents, references, eye, options.weights, judge=judge_for(options.encoder),
            adversarial=options.adversarial, sizes=((0, options.side, options.batch),), photo_references=0.0,
            recolour=False, liking=liking,
        )  # fmt: skip
        self.held_out, self.prior, self.before = held_out, options.prior, before
        self.policy = options.policy
        self.works = works
        self._known: tuple[Tensor, tuple[Tensor, Tensor]] | None = None  # contents of one step, and their aims

    def compared(self, pixels: Tensor) -> Tensor:
        """All pictures as one: a hand is what its works have together."""
        return pixels.transpose(0, 1).reshape(1, 3, -1, pixels.shape[3])

    def matched(self, content: Tensor, reference: Tensor) -> Tensor:
        """Contents in the colours of the works that suit them."""
        return matched_colours(content, self._aims(content)[0])

    def settling(self, batch: TextureBatch, painted: Tensor) -> Settling:
        """Every picture after the works that suit its content, as it is settled in the end."""
        return Settling(painted, *self._aims(batch.content))

    def _aims(self, content: Tensor) -> tuple[Tensor, Tensor]:
        """Palettes (B, P, 3) and bands (B, bands, 3, L) of the works that suit pictures (B, 3, H, W)."""
        if self._known is None or self._known[0] is not content:
            aims = [self.works.suited(colours) for colours in cloud(content)]
            size = min(len(palette) for palette, _ in aims)  # shares are rounded, so palettes differ by a few
            palettes, bands = (torch.stack(each) for each in zip(*((p[:size], b) for p, b in aims), strict=True))
            self._known = content, (palettes, bands)
        return self._known[1]

    def generator_losses(self, network: nn.Module, critic: nn.Module | None, batch: TextureBatch) -> dict[str, Tensor]:
        parts = super().generator_losses(network, critic, batch)
        if self.prior and self.policy != "code" and batch.rng.random() < 0.25:
            parts["prior"] = 4 * self.prior * self._forgetting(network.generator, batch)
        return parts

    def _forgetting(self, generator: nn.Module, batch: TextureBatch) -> Tensor:
        """How far pictures in other codes have moved (prior preservation, Ruiz et al. 2022, arXiv:2208.12242)."""
        pixels = batch.content[batch.same :][:2]
        codes = torch.from_numpy(batch.rng.normal(size=(len(pixels), self.before.settings["code"]))).float()
        with torch.no_grad():
            wanted = self.before(pixels, codes).float()
        return (generator(pixels, codes).float() - wanted).abs().mean()

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures of fixed contents against held-out references; "score" is their sum, weighed by ``WEIGHTS``."""
        return self.compare(network, self.held_out)

    def compare(self, network: nn.Module, references: CropBank) -> dict[str, float]:
        """The same against any references."""
        rng, batches = np.random.default_rng(99), []
        for _ in range(3):
            content, reference = (b.draw(6, SIDE, rng, scales=(0.75, 0.75))[0] for b in (self.photos, references))
            batches.append(TextureBatch(content, self.matched(content, reference), reference, 0, rng))
        found, w = self.figures(network, batches), WEIGHTS
        score = w.colour * found["colour"] + w.texture * found["texture"] + w.structure * (1 - found["ssim"])
        score += w.preference * found.get("preference", 0.0)
        return found | {"score": score}
