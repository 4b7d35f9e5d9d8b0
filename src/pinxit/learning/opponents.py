"""Opponents: generator and discriminator with their optimizers; a step's gradients first, then all its changes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from pinxit.learning.strategy import LearnerOptions, not_finite, share_first, share_gradients, share_mean, total


class Task(Protocol):
    """What is learned: batches and losses. Losses come by name, already weighted; their sum is minimized."""

    def batch(self, rng: np.random.Generator, step: int) -> Any:
        """Draw a batch; all randomness comes from ``rng``."""

    def generator_losses(self, network: nn.Module, critic: nn.Module | None, batch: Any) -> dict[str, Tensor]:
        """Weighted parts; keys that begin with "watch/" are logged and not summed. May leave results in ``batch``.

        The figure "watch/spread" tells how unlike each other the results are, for the watch against mode collapse.
        """

    def critic_losses(
        self, critic: nn.Module, batch: Any, *, penalty: bool, augment: float
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Weighted parts, and the real logits (any shape) that steer the augmentation."""

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures of held-out data; "score" decides, lower is better."""


@dataclass
class Outcome:
    """What the gradients of a step were found from.

    Args:
        parts: Losses and watched figures by name.
        good: Whether losses and gradients are finite, in all processes.
        sure: Mean sign of the real logits, -1..1; NaN without a discriminator.
        trained: Names of the modules that have gradients.
    """

    parts: dict[str, float]
    good: bool = True
    sure: float = math.nan
    trained: tuple[str, ...] = ("network",)


class Opponents:
    """Generator and discriminator, and an AdamW for each.

    Args:
        network: The generator and what belongs to it.
        critic: Discriminator, or None.
        options: Optimization strategies.
        rank: Number of this process, where several train together.
    """

    def __init__(self, network: nn.Module, critic: nn.Module | None, options: LearnerOptions, rank: int = 0) -> None:
        self.options, self.rank = options, rank
        self.modules = {"network": network} if critic is None else {"network": network, "critic": critic}
        self.rates = {"network": options.rate, "critic": options.critic_rate}
        self.device = next(network.parameters()).device
        for module in self.modules.values():
            share_first([*module.parameters(), *module.buffers()])
        self.optimizers = {name: self._optimizer(name) for name in self.modules}

    def _optimizer(self, name: str) -> torch.optim.Optimizer:
        o, trained = self.options, [p for p in self.modules[name].parameters() if p.requires_grad]
        return torch.optim.AdamW(trained, self.rates[name], betas=(o.momentum, 0.99), weight_decay=o.decay)

    def gradients(self, task: Task, step: int, augment: float) -> Outcome:
        """Find the gradients of a step; no parameter changes, and where this breaks off, nothing has changed at all."""
        o = self.options
        critic = self.modules.get("critic") if step >= o.critic_start else None
        # A step's randomness depends on its number alone, so a resumed training sees the same batches.
        place = [o.seed, self.rank, step]
        with self._undone_if_broken(), torch.random.fork_rng([self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(int(np.random.default_rng([*place, 1]).integers(2**63)))
            rng = np.random.default_rng(place)
            batches = [task.batch(rng, step) for _ in range(o.accumulate)]
            found = Outcome({})
            self._generator(task, critic, batches, found)
            if critic is not None and found.good:
                self._critic(task, critic, batches, found, o.r1_every > 0 and step % o.r1_every == 0, augment)
        return found

    def _generator(self, task: Task, critic: nn.Module | None, batches: list[Any], found: Outcome) -> None:
        self.modules["network"].train()
        asked = [p for p in critic.parameters() if p.requires_grad] if critic is not None else []
        for p in asked:
            p.requires_grad_(False)
        try:
            for batch in batches:
                with self._precision():
                    losses = task.generator_losses(self.modules["network"], critic, batch)
                self._backward(losses, found.parts)
        finally:
            for p in asked:
                p.requires_grad_(True)
        found.good = self._ready("network", found.parts)

    def _critic(
        self, task: Task, critic: nn.Module, batches: list[Any], found: Outcome, penalty: bool, augment: float
    ) -> None:
        signs = []
        for batch in batches:
            with self._precision():
                losses, real = task.critic_losses(critic, batch, penalty=penalty, augment=augment)
            self._backward(losses, found.parts)
            signs.append(float(real.detach().float().sign().mean()))
        (found.sure,) = share_mean([float(np.mean(signs))], self.device)
        found.good, found.trained = self._ready("critic", found.parts), ("network", "critic")

    def _precision(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.precision == "bf16")

    def _backward(self, losses: dict[str, Tensor], parts: dict[str, float]) -> None:
        (total(losses) / self.options.accumulate).backward()
        for k, v in losses.items():
            parts[k] = parts.get(k, 0.0) + float(v.detach()) / self.options.accumulate

    def _ready(self, name: str, parts: dict[str, float]) -> bool:
        """Share and clip gradients; whether they and the losses are finite, in all processes alike."""
        trained = [p for p in self.modules[name].parameters() if p.requires_grad]
        share_gradients(trained)
        norm = torch.nn.utils.clip_grad_norm_(trained, self.options.clip or math.inf)
        return share_mean([float(torch.isfinite(norm) and not not_finite(parts))], self.device) == [1.0]

    @contextmanager
    def _undone_if_broken(self) -> Iterator[None]:
        """Put buffers back and drop gradients where the block breaks off."""
        before = [(b, b.clone()) for module in self.modules.values() for b in module.buffers()]
        try:
            yield
        except BaseException:
            with torch.no_grad():
                for buffer, old in before:
                    buffer.copy_(old)
            self.drop_gradients()
            raise

    def drop_gradients(self) -> None:
        """Forget all gradients."""
        for module in self.modules.values():
            module.zero_grad(set_to_none=True)

    def update(self, names: tuple[str, ...], share: float) -> None:
        """Step the optimizers of modules at a share of their highest rates."""
        for name in names:
            for group in self.optimizers[name].param_groups:
                group["lr"] = share * self.rates[name]
            self.optimizers[name].step()
            share_first(list(self.modules[name].buffers()))
        self.drop_gradients()

    def restart(self, network: dict[str, Tensor]) -> None:
        """Give the generator other weights, and empty all optimizers."""
        self.modules["network"].load_state_dict(network)
        for optimizer in self.optimizers.values():
            optimizer.state.clear()
        self.drop_gradients()
