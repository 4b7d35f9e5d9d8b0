"""Liking: a classifier of what one person likes, trained on pictures they liked and disliked; it can steer learning."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.errors import InputError
from pinxit.learning.crops import crop
from pinxit.networks.encoder import ContentEncoder, channel_statistics

SIDE = 160
"""Side of the crops that are looked at, in pixels."""
_CROPS = 6  # of every picture
_DECAY = 0.02  # of the regression's weights


class LikingClassifier(nn.Module):
    """Logistic regression on the eye's channel statistics: "would this person like it?".

    Args:
        eye: The shipped eye; frozen.
        features: Length of its statistics.
    """

    def __init__(self, eye: ContentEncoder, features: int) -> None:
        super().__init__()
        self.eye = eye
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("spread", torch.ones(features))
        self.verdict = nn.Linear(features, 1)
        nn.init.zeros_(self.verdict.weight)
        nn.init.zeros_(self.verdict.bias)

    def forward(self, pixels: Tensor) -> Tensor:
        """Pictures (B, 3, H, W), sRGB 0..1, to logits (B,), high for liked ones."""
        seen = torch.cat(channel_statistics(self.eye(pixels)), 1)
        return self.verdict(((seen - self.mean) / self.spread).clamp(-4, 4)).squeeze(1)


def learn_liking(
    liked: Sequence[np.ndarray], disliked: Sequence[np.ndarray], eye: ContentEncoder, seed: int = 0
) -> LikingClassifier:
    """Train a classifier by cross-entropy on crops of pictures; both sides count alike, however many there are.

    Args:
        liked: Pictures, (H, W, 3) uint8.
        disliked: Likewise.
        eye: The shipped eye.
        seed: Of the crops.

    Raises:
        InputError: One side is missing.
    """
    if not liked or not disliked:
        raise InputError(
            f"{len(liked)} liked and {len(disliked)} disliked pictures came; give some of both, "
            "since what is liked shows only beside what is not"
        )
    rng = np.random.default_rng(seed)
    seen = [_seen(pictures, eye, rng) for pictures in (liked, disliked)]
    rows = torch.cat(seen)
    found = LikingClassifier(eye, rows.shape[1])
    found.mean.copy_(torch.stack([side.mean(0) for side in seen]).mean(0))  # both sides count alike here too
    away = torch.stack([(side - found.mean).square().mean(0) for side in seen]).mean(0)
    found.spread.copy_(away.sqrt().clamp_min(1e-3))
    rows = ((rows - found.mean) / found.spread).clamp(-4, 4)
    truth = torch.cat([torch.full((len(side),), float(i == 0)) for i, side in enumerate(seen)])
    share = torch.cat([torch.full((len(side),), 0.5 / len(side)) for side in seen])
    _fit(found.verdict, rows, truth, share)
    return found.eval().requires_grad_(False)


def _seen(pictures: Sequence[np.ndarray], eye: ContentEncoder, rng: np.random.Generator) -> Tensor:
    crops = [crop(picture, SIDE, rng, (0.75, 1.0)) for picture in pictures for _ in range(_CROPS)]
    with torch.no_grad():
        return torch.cat([torch.cat(channel_statistics(eye(x)), 1) for x in crops])


def _fit(verdict: nn.Linear, rows: Tensor, truth: Tensor, share: Tensor) -> None:
    """Minimize weighted cross-entropy and the weights' squares, to the end (it is convex)."""
    optimizer = torch.optim.LBFGS(verdict.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits = verdict(rows).squeeze(1)
        wrong = (share * F.binary_cross_entropy_with_logits(logits, truth, reduction="none")).sum()
        total = wrong + _DECAY * verdict.weight.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
