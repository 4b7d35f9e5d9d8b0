"""The optimization strategies: what a training may choose, and the arithmetic behind each choice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn

from pinxit.errors import InputError, LearningError

PATIENCE = 20
"""Steps in a row with too little spread that count as a collapse."""


@dataclass(frozen=True)
class LearnerOptions:
    """The optimization strategies.

    Args:
        steps: Steps in all.
        minutes: Stop after so many minutes of training even so; 0 for no limit. The rate then also follows the clock,
            and two trainings are no longer alike to the bit.
        clock: What the minutes are counted in: "wall", or "cpu" for this process's processor time, which other work on
            a shared machine does not use up.
        rate: Highest learning rate of the generator.
        critic_rate: Highest learning rate of the discriminator (two time scales, Heusel et al. 2017).
        momentum: First beta of Adam.
        decay: Weight decay.
        schedule: "constant", "linear" decay over the second half, or "cosine" down to a fiftieth.
        warmup: Steps over which the rate rises.
        clip: Largest norm of the generator's gradient; also of the discriminator's. 0 for none.
        accumulate: Batches a step.
        average: Decay of the averaged generator (EMA) that is kept.
        precision: "bf16" or "fp32".
        critic_start: Step at which the discriminator joins.
        r1_every: Steps between gradient penalties (lazy regularization, Karras et al. 2020); 0 for none.
        augment_target: Wanted mean sign of real logits for adaptive discriminator augmentation; 0 turns it off.
        validate_every: Steps between validations; 0 for none.
        patience: Validations without gain before stopping early; 0 never stops.
        checkpoint: Steps between checkpoints.
        seed: Of everything.
        collapse: Smallest share of its own maximum that the figure "watch/spread" may fall to; 0 turns the watch off.

    Raises:
        InputError: A value is out of range.
    """

    steps: int = 1000
    minutes: float = 0.0
    clock: Literal["wall", "cpu"] = "wall"
    rate: float = 1e-3
    critic_rate: float = 4e-4
    momentum: float = 0.5
    decay: float = 0.0
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    warmup: int = 100
    clip: float = 1.0
    accumulate: int = 1
    average: float = 0.998
    precision: Literal["bf16", "fp32"] = "bf16"
    critic_start: int = 0
    r1_every: int = 8
    augment_target: float = 0.0
    validate_every: int = 0
    patience: int = 0
    checkpoint: int = 200
    seed: int = 0
    collapse: float = 0.2

    def __post_init__(self) -> None:
        words = {"schedule": ("constant", "linear", "cosine"), "precision": ("bf16", "fp32"), "clock": ("wall", "cpu")}
        for name, known in words.items():
            if getattr(self, name) not in known:
                raise InputError(f"{name} is {getattr(self, name)!r}; choose one of {', '.join(known)}")
        for name, value in vars(self).items():
            least = 1 if name in ("accumulate", "checkpoint") else 0
            if not isinstance(value, str) and not least <= value < math.inf:
                raise InputError(f"{name} is {value}; give a number of at least {least}")
        for name in ("momentum", "average", "collapse"):
            if getattr(self, name) >= 1:
                raise InputError(f"{name} is {getattr(self, name)}; give a share below 1")


def share_of_rate(options: LearnerOptions, step: int, seconds: float = 0.0) -> float:
    """Share of the highest rate, 0..1, for the step with a number from 0, so many seconds after the beginning."""
    done = step / max(options.steps, 1)
    if options.minutes:
        done = max(done, seconds / (options.minutes * 60))
    done = min(done, 1.0)
    shape = {
        "constant": 1.0,
        "linear": min(1.0, 2 * (1 - done)),
        "cosine": 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)),
    }[options.schedule]
    return shape * min(1.0, (step + 1) / max(options.warmup, 1))


def follow(average: nn.Module, network: nn.Module, options: LearnerOptions, step: int) -> None:
    """Let the averaged network follow the trained one after so many steps: ``average += (1 - d)(network - average)``.

    The decay ``d`` is ``min(options.average, (1 + step) / (10 + step))``, so that the beginning is soon forgotten.
    Frozen parameters stay; buffers are copied.
    """
    decay = min(options.average, (1 + step) / (10 + step))
    with torch.no_grad():
        for kept, new in zip(average.parameters(), network.parameters(), strict=True):
            if new.requires_grad:
                kept.lerp_(new.to(kept.dtype), 1 - decay)
        for kept, new in zip(average.buffers(), network.buffers(), strict=True):
            kept.copy_(new)


def steered(augment: float, sure: float, target: float) -> float:
    """Probability of augmentation after a step, 0..0.8: a hundredth up while real logits are too sure, else down.

    Args:
        augment: Probability before.
        sure: Mean sign of the real logits, -1..1.
        target: Wanted mean sign.

    Source:
        Karras et al. 2020 (arXiv:2006.06676). Departure: a hundredth a step whatever the batch, at most 0.8.
    """
    step = 0.01 if sure > target else -0.01 if sure < target else 0.0
    return min(max(augment + step, 0.0), 0.8)


class SpreadWatch:
    """Notices mode collapse: results of different contents become alike, and stay so.

    Args:
        share: A spread below this share of the highest one so far is too low; 0 never is.
    """

    def __init__(self, share: float) -> None:
        self.share, self.most, self.low = share, 0.0, 0

    def collapsed(self, spread: float) -> bool:
        """Take a step's spread in; whether it has been too low for so many steps in a row. NaN counts for nothing."""
        if math.isfinite(spread):
            self.most = max(self.most, spread)
            self.low = self.low + 1 if spread < self.share * self.most else 0
        return self.low >= PATIENCE

    def forget(self) -> None:
        """Begin anew, as after a roll-back."""
        self.most, self.low = 0.0, 0


def total(losses: Mapping[str, Tensor]) -> Tensor:
    """Sum of the parts that are not only watched.

    Raises:
        LearningError: There is none that could be minimized.
    """
    parts = [v for k, v in losses.items() if not k.startswith("watch/")]
    if not any(v.requires_grad for v in parts):
        raise LearningError(f"no loss to minimize among {sorted(losses) or 'none'}; give one of them a weight")
    return sum(parts)


def not_finite(parts: Mapping[str, float]) -> list[str]:
    """Names of losses that are not finite; what is only watched may be anything."""
    return [k for k, v in parts.items() if not k.startswith("watch/") and not math.isfinite(v)]


def in_parallel() -> bool:
    """Whether several processes train together."""
    return dist.is_available() and dist.is_initialized()


def share_first(tensors: Sequence[Tensor]) -> None:
    """Overwrite tensors with the first process's."""
    if in_parallel():
        for tensor in tensors:
            dist.broadcast(tensor.detach(), 0)


def share_mean(values: Sequence[float], device: torch.device) -> list[float]:
    """Means of numbers over all processes."""
    if not in_parallel():
        return [float(v) for v in values]
    shared = torch.tensor(values, dtype=torch.float64, device=device)
    dist.all_reduce(shared)
    return (shared / dist.get_world_size()).tolist()


def share_gradients(parameters: Sequence[nn.Parameter]) -> None:
    """Give all processes the mean of their gradients; where only some have one, the others count as 0."""
    if not in_parallel():
        return
    has = torch.tensor([float(p.grad is not None) for p in parameters], device=parameters[0].device)
    flat = [(torch.zeros_like(p) if p.grad is None else p.grad).flatten() for p in parameters]
    # One vector, because which parameters have gradients may differ between processes, and calls have to match.
    shared = torch.cat([has, *flat])
    dist.all_reduce(shared)
    found = (shared[len(has) :] / dist.get_world_size()).split([p.numel() for p in parameters])
    for p, any_has, gradient in zip(parameters, shared[: len(has)].tolist(), found, strict=True):
        p.grad = gradient.view_as(p).to(p.dtype) if any_has else None
