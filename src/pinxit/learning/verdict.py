"""Verdict: what a critic of pictures, codes and hands tells the painter, and what it learns itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.learning.augment import Augmentation
from pinxit.losses.adversarial import (
    Adversarial,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
    r1_penalty,
    refusal_loss,
)


@dataclass(frozen=True)
class Verdict:
    """Losses of the two sides; every mean is over the critic's scales.

    Args:
        kind: Of the adversarial loss.
        adversarial: Its weight for the painter.
        hand: Weight of the class head, for both sides.
        penalty: Weight of R1, or for "wgan" of the penalty between real and fake.
    """

    kind: Adversarial
    adversarial: float
    hand: float
    penalty: float

    def of_painter(self, critic: nn.Module, result: Tensor, code: Tensor, hands: Tensor) -> dict[str, Tensor]:
        """Results (B, 3, H, W) that should pass for works of the code (B, S) and of the hands (B,); -1 is no hand."""
        logits, named = critic(result, code)
        parts = {"adversarial": self.adversarial * _mean([generator_loss(z.float(), self.kind) for z in logits])}
        return parts | self._hands("hand", named, hands)

    def of_critic(
        self,
        critic: nn.Module,
        real: Tensor,
        fake: Tensor,
        code: Tensor,
        hands: Tensor,
        *,
        same: int,
        penalty: bool,
        augment: float,
        rng: np.random.Generator,
    ) -> tuple[dict[str, Tensor], Tensor]:
        """The critic's losses: references, results, and references of another code.

        Args:
            critic: A :class:`~pinxit.networks.discriminator.MultiScaleDiscriminator`.
            real: References, (B, 3, H, W).
            fake: Results, likewise; the first ``same`` are references repainted and not judged.
            code: Of the references, (B, S).
            hands: Of the references, (B,); -1 is no hand.
            same: See ``fake``.
            penalty: Whether it is this step's turn.
            augment: Probability of augmentations.
            rng: Of all that is random.

        Returns:
            The losses, and all logits of references.
        """
        change, penal = Augmentation(len(code), augment, rng), penalty and self.penalty > 0
        shown = change(real).requires_grad_(penal and self.kind != "wgan")
        made = change(fake.clamp(0, 1))
        seen, named = critic(shown, code)
        refused, _ = critic(made[same:], code[same:])
        each = [discriminator_loss(r.float(), f.float(), self.kind) for r, f in zip(seen, refused, strict=True)]
        parts = {"critic/adversarial": _mean(each)}
        if len(code) > 1:
            other, _ = critic(real, code.roll(1, 0))
            parts["critic/other"] = 0.5 * _mean([refusal_loss(o.float(), self.kind) for o in other])
        parts |= self._hands("critic/hand", named, hands)
        if penal:
            parts["critic/penalty"] = self.penalty * self._penalty(critic, shown, made, code, seen, rng)
        return parts, torch.cat([s.flatten() for s in seen])

    def _hands(self, name: str, named: list[Tensor], hands: Tensor) -> dict[str, Tensor]:
        known = hands >= 0
        if not (named and self.hand and known.any()):
            return {}
        return {name: self.hand * _mean([F.cross_entropy(h[known].float(), hands[known]) for h in named])}

    def _penalty(
        self, critic: nn.Module, real: Tensor, fake: Tensor, code: Tensor, seen: list[Tensor], rng: np.random.Generator
    ) -> Tensor:
        if self.kind != "wgan":
            return r1_penalty(_total(seen), real)
        share = torch.from_numpy(rng.random((len(real), 1, 1, 1))).float()
        between = torch.lerp(real.detach(), fake.detach(), share).requires_grad_(True)
        return gradient_penalty(_total(critic(between, code)[0]), between)


def _mean(parts: list[Tensor]) -> Tensor:
    return sum(parts) / len(parts)


def _total(logits: list[Tensor]) -> Tensor:
    """One number a picture, (B,)."""
    return sum(z.float().mean((1, 2, 3)) for z in logits)
