"""Learner: the one training loop. Pretraining, adapting and rivals differ in the task that is handed in."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from pinxit.errors import LearningError
from pinxit.learning.checkpoint import load_checkpoint, save_checkpoint

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class LearnerOptions:
    """The optimization strategies.

    Args:
        steps: Steps in all.
        minutes: Stop after so many minutes of training even so; 0 for no limit.
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
        r1_every: Steps between gradient penalties (lazy regularization, Karras et al. 2020).
        augment_target: Wanted mean sign of real logits for adaptive discriminator augmentation; 0 turns it off.
        validate_every: Steps between validations; 0 for none.
        patience: Validations without gain before stopping early; 0 never stops.
        checkpoint: Steps between checkpoints.
        seed: Of everything.
    """

    steps: int = 1000
    minutes: float = 0.0
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


class Task(Protocol):
    """What is learned: batches and losses. Losses come by name, already weighted; their sum is minimized."""

    def batch(self, rng: np.random.Generator, step: int) -> Any:
        """Draw a batch; all randomness comes from ``rng``."""

    def generator_losses(self, network: nn.Module, critic: nn.Module | None, batch: Any) -> dict[str, Tensor]:
        """Weighted parts; keys that begin with "watch/" are logged and not summed. May leave results in ``batch``."""

    def critic_losses(
        self, critic: nn.Module, batch: Any, *, penalty: bool, augment: float
    ) -> tuple[dict[str, Tensor], Tensor]:
        """Weighted parts, and the real logits (any shape) that steer the augmentation."""

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures of held-out data; "score" decides, lower is better."""


class Learner:
    """Networks, task and optimizers; ``run`` is the whole training.

    Args:
        network: What is learned (generator and what belongs to it); parameters without gradients stay as they are.
        critic: Discriminator, or None.
        task: Batches and losses.
        options: Optimization strategies.

    Raises:
        LearningError: From ``run``, when losses are not finite three times over, even after a roll-back.
    """

    def __init__(self, network: nn.Module, critic: nn.Module | None, task: Task, options: LearnerOptions) -> None:
        self.network, self.critic, self.task, self.options = network, critic, task, options
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.step, self.augment, self.rollbacks, self.seconds = 0, 0.0, 0, 0.0
        self.best: dict[str, Tensor] | None = None
        self.best_score, self.best_step, self.bad = math.inf, 0, 0
        self.history: list[dict[str, float]] = []
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.optimizers = {"network": self._optimizer(network, options.rate)}
        if critic is not None:
            self.optimizers["critic"] = self._optimizer(critic, options.critic_rate)

    def _optimizer(self, module: nn.Module, rate: float) -> torch.optim.Optimizer:
        o = self.options
        trained = [p for p in module.parameters() if p.requires_grad]
        return torch.optim.AdamW(trained, rate, betas=(o.momentum, 0.99), weight_decay=o.decay)

    def run(
        self, folder: Path | None = None, *, on_progress: Progress | None = None, log: Callable[[int, dict], None] | None = None
    ) -> dict[str, float]:
        """Train to the end, or until the time is over or validation no longer gains.

        Args:
            folder: Of the checkpoint, read first and written as it goes, and of ``log.jsonl``; None keeps nothing.
            on_progress: Called as (step, steps, text).
            log: Called with the step and its figures, about every twentieth.

        Returns:
            The last figures, with ``steps`` and ``minutes``.
        """
        o = self.options
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self.resume(folder)
        parts: dict[str, float] = {}
        recent: dict[str, list[float]] = {}
        start, before = time.monotonic(), self.seconds
        while self.step < o.steps and not (o.minutes and self.seconds >= o.minutes * 60):
            parts = self.train_one()
            self.seconds = before + time.monotonic() - start
            if o.validate_every and (self.step % o.validate_every == 0 or self.step == o.steps):
                parts |= self._validate()
            for key, value in parts.items():
                recent.setdefault(key, []).append(value)
            if log is not None and (self.step % 20 == 0 or "validation/score" in parts):
                log(self.step, parts)
            if on_progress:
                on_progress(*self._progress(parts))
            if folder is not None and (self.step % o.checkpoint == 0 or self.step == o.steps):
                self.save(folder)
                self._note(folder, {key: sum(values) / len(values) for key, values in recent.items()})
                recent.clear()
            if o.patience and self.bad >= o.patience:
                break
        if folder is not None:
            self.save(folder)
        return parts | {"steps": self.step, "minutes": self.seconds / 60}

    def train_one(self) -> dict[str, float]:
        """One step of generator and discriminator; returns the parts of the losses."""
        o = self.options
        critic = self.critic if self.step >= o.critic_start else None
        rate = self._rate()
        for name, top in (("network", o.rate), ("critic", o.critic_rate)):
            for group in self.optimizers[name].param_groups if name in self.optimizers else ():
                group["lr"] = top * rate
        self.network.train()
        parts: dict[str, float] = {}
        # A step's randomness depends on its number alone, so a resumed training sees the same batches.
        rng = np.random.default_rng([o.seed, self.rank, self.step])
        batches = [self.task.batch(rng, self.step) for _ in range(o.accumulate)]
        asked = [p for p in critic.parameters() if p.requires_grad] if critic is not None else []
        for p in asked:
            p.requires_grad_(False)
        for batch in batches:
            with self._precision():
                losses = self.task.generator_losses(self.network, critic, batch)
            total = sum(v for k, v in losses.items() if not k.startswith("watch/"))
            (total / o.accumulate).backward()
            for k, v in losses.items():
                parts[k] = parts.get(k, 0.0) + float(v.detach()) / o.accumulate
        for p in asked:
            p.requires_grad_(True)
        good = self._update("network", self.network) and all(math.isfinite(v) for v in parts.values())
        if critic is not None and good:
            good = self._train_critic(critic, batches, parts)
        self.step += 1
        if not good:
            self._roll_back(parts)
        else:
            self._follow()
        return parts

    def _train_critic(self, critic: nn.Module, batches: list[Any], parts: dict[str, float]) -> bool:
        o = self.options
        penalty = o.r1_every > 0 and self.step % o.r1_every == 0
        signs = []
        for batch in batches:
            with self._precision():
                losses, real = self.task.critic_losses(critic, batch, penalty=penalty, augment=self.augment)
            (sum(losses.values()) / o.accumulate).backward()
            signs.append(float(real.detach().float().sign().mean()))
            for k, v in losses.items():
                parts[k] = parts.get(k, 0.0) + float(v.detach()) / o.accumulate
        if o.augment_target:
            # Karras et al. 2020 (arXiv:2006.06676): more augmentation while real logits are too sure.
            self.augment = float(np.clip(self.augment + 0.01 * np.sign(np.mean(signs) - o.augment_target), 0, 0.8))
            parts["watch/augment"] = self.augment
        return self._update("critic", critic) and all(math.isfinite(v) for v in parts.values())

    def _precision(self) -> Any:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.options.precision == "bf16")

    def _rate(self) -> float:
        o, done = self.options, self.step / max(self.options.steps, 1)
        if o.minutes:
            done = max(done, self.seconds / (o.minutes * 60))
        shape = {
            "constant": 1.0,
            "linear": min(1.0, 2 * (1 - done)),
            "cosine": 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1))),
        }[o.schedule]
        return shape * min(1.0, (self.step + 1) / max(o.warmup, 1))

    def _update(self, name: str, module: nn.Module) -> bool:
        """Step one optimizer; False, and nothing changed, where a gradient is not finite."""
        trained = [p for p in module.parameters() if p.requires_grad and p.grad is not None]
        if dist.is_initialized():
            for p in trained:
                dist.all_reduce(p.grad)
                p.grad /= dist.get_world_size()
        norm = torch.nn.utils.clip_grad_norm_(trained, self.options.clip or math.inf)
        good = bool(torch.isfinite(norm))
        if good:
            self.optimizers[name].step()
        module.zero_grad(set_to_none=True)
        return good

    def _follow(self) -> None:
        """Let the averaged network follow the trained one."""
        decay = min(self.options.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                if new.requires_grad:
                    kept.lerp_(new.to(kept.dtype), 1 - decay)
            for kept, new in zip(self.average.buffers(), self.network.buffers(), strict=True):
                kept.copy_(new)

    def _validate(self) -> dict[str, float]:
        figures = self.task.validate(self.average)
        if figures["score"] < self.best_score:
            self.best_score, self.best_step, self.bad = figures["score"], self.step, 0
            self.best = {k: v.clone() for k, v in self.average.state_dict().items()}
        else:
            self.bad += 1
        found = {f"validation/{k}": v for k, v in figures.items()}
        self.history.append({"step": self.step, "seconds": round(self.seconds, 1), **found})
        return found

    def use_best(self) -> nn.Module:
        """The averaged network with the best validated weights, or the last ones without validation."""
        if self.best is not None:
            self.average.load_state_dict(self.best)
        return self.average

    def _roll_back(self, parts: dict[str, float]) -> None:
        """After a loss that is not finite: the averaged (best) weights again, empty optimizers, half the rate."""
        self.rollbacks += 1
        if self.rollbacks > 3:
            bad = [k for k, v in parts.items() if not math.isfinite(v)]
            raise LearningError(f"losses are not finite at step {self.step} ({', '.join(bad) or 'gradient'}); lower the rate")
        self.network.load_state_dict(self.use_best().state_dict())
        for name, module in (("network", self.network), ("critic", self.critic)):
            if module is not None:
                self.optimizers[name].state.clear()

    def _progress(self, parts: dict[str, float]) -> tuple[int, int, str]:
        o = self.options
        text = "  ".join(f"{k} {v:.3f}" for k, v in parts.items() if not k.startswith("watch/"))
        if o.minutes and self.seconds / (o.minutes * 60) > self.step / max(o.steps, 1):
            return min(int(self.seconds), int(o.minutes * 60)), int(o.minutes * 60), text
        return self.step, o.steps, text

    def _note(self, folder: Path, parts: dict[str, float]) -> None:
        if self.rank:
            return
        with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
            rounded = {k: round(v, 5) for k, v in parts.items()}
            log.write(json.dumps({"step": self.step, "minutes": round(self.seconds / 60, 2), **rounded}) + "\n")

    def save(self, folder: Path) -> None:
        """Write the checkpoint; of several processes the first one does."""
        if self.rank:
            return
        modules = {"network": self.network, "average": self.average}
        if self.critic is not None:
            modules["critic"] = self.critic
        facts = {
            "step": self.step, "augment": self.augment, "rollbacks": self.rollbacks, "seconds": self.seconds,
            "best_score": self.best_score, "best_step": self.best_step, "bad": self.bad, "history": self.history,
        }  # fmt: skip
        save_checkpoint(folder, modules, self.optimizers, {f"best.{k}": v for k, v in (self.best or {}).items()}, facts)

    def resume(self, folder: Path) -> bool:
        """Go on from a folder's checkpoint; False where there is none."""
        modules = {"network": self.network, "average": self.average}
        if self.critic is not None:
            modules["critic"] = self.critic
        found = load_checkpoint(folder, modules, self.optimizers)
        if found is None:
            return False
        tensors, facts = found
        self.best = {k.removeprefix("best."): v for k, v in tensors.items()} or None
        for name in ("step", "augment", "rollbacks", "seconds", "best_score", "best_step", "bad", "history"):
            setattr(self, name, facts[name])
        return True
