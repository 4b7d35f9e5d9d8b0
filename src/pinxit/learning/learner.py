"""Learner: the one training loop. Pretraining, adapting and rivals differ in the task that is handed in."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch.distributed as dist
from torch import Tensor, nn

from pinxit.errors import LearningError, StyleError
from pinxit.files import writing_error
from pinxit.learning.checkpoint import load_checkpoint, save_checkpoint
from pinxit.learning.opponents import Opponents, Task
from pinxit.learning.strategy import (
    LearnerOptions,
    SpreadWatch,
    follow,
    in_parallel,
    not_finite,
    share_mean,
    share_of_rate,
    steered,
)

Progress = Callable[[int, int, str], None]
Log = Callable[[int, dict[str, float]], None]

ROLLBACKS = 3
"""How often weights may go back before the training is given up."""

_FACTS = ("step", "augment", "rollbacks", "seconds", "best_score", "best_step", "bad", "history")


class Learner:
    """Networks, task and optimizers; ``run`` is the whole training.

    The same seed gives the same weights, also when a training was killed in between and resumed. Where
    ``torch.distributed`` is initialized, all processes begin with the first one's weights, draw batches of their own
    from ``default_rng([seed, rank, step])``, and step by the mean of their gradients.

    Args:
        network: What is learned (generator and what belongs to it); parameters without gradients stay as they are.
        critic: Discriminator, or None.
        task: Batches and losses.
        options: Optimization strategies.

    Attributes:
        average: The averaged network.
        step: Steps done.
        rollbacks: How often weights went back, after losses that were not finite or after a mode collapse.
        events: What happened besides learning, in plain sentences with the step.
        history: Figures of all validations.
        before_update: Called when a step's gradients are there, before the optimizers use them; None for nothing.
        after_update: Called with the number of steps done, when weights have changed; None for nothing.

    Raises:
        LearningError: From ``run``, at the fourth roll-back, or when the task gives nothing to minimize.
    """

    def __init__(self, network: nn.Module, critic: nn.Module | None, task: Task, options: LearnerOptions) -> None:
        self.network, self.critic, self.task, self.options = network, critic, task, options
        self.rank = dist.get_rank() if in_parallel() else 0
        self.opponents = Opponents(network, critic, options, self.rank)
        self.average = copy.deepcopy(network).eval().requires_grad_(False)
        self.step, self.augment, self.rollbacks, self.seconds = 0, 0.0, 0, 0.0
        self.best: dict[str, Tensor] | None = None
        self.best_score, self.best_step, self.bad = math.inf, 0, 0
        self.history: list[dict[str, float]] = []
        self.events: list[str] = []
        self.watch = SpreadWatch(options.collapse)
        self.before_update: Callable[[], object] | None = None
        self.after_update: Callable[[int], object] | None = None
        self._whole = True  # False while weights, counts and averages do not belong to one step

    def run(
        self, folder: Path | None = None, *, on_progress: Progress | None = None, log: Log | None = None
    ) -> dict[str, float]:
        """Train to the end, or until the time is over or validation no longer gains.

        An interrupt (Ctrl-C) leaves a checkpoint of the last whole step; if it comes in the moment in which weights
        change, the checkpoint before it stays.

        Args:
            folder: Of the checkpoint, read first and written as it goes, and of ``log.jsonl``; None keeps nothing.
            on_progress: Called as (step, steps, text).
            log: Called with the step and its figures, about every twentieth.

        Returns:
            The last figures, with ``steps`` and ``minutes``.

        Raises:
            LearningError: See the class.
            StyleError: The checkpoint in ``folder`` is damaged or of other networks.
            CapacityError: There is no room for the checkpoint; the one before it stays.
        """
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self.resume(folder)
        try:
            parts = self._train(folder, on_progress, log)
        except KeyboardInterrupt:
            if folder is not None and self._whole:
                self.save(folder)
            raise
        return parts | {"steps": self.step, "minutes": self.seconds / 60}

    def _train(self, folder: Path | None, on_progress: Progress | None, log: Log | None) -> dict[str, float]:
        parts = self._validate() if self._validation_is_due() else {}
        recent: dict[str, list[float]] = {}
        clock = time.process_time if self.options.clock == "cpu" else time.monotonic
        start, before = clock(), self.seconds
        while not self._over():
            parts = self.train_one()
            (self.seconds,) = share_mean([before + clock() - start], self.opponents.device)
            if self._validation_is_due():
                parts |= self._validate()
            for key, value in parts.items():
                recent.setdefault(key, []).append(value)
            if log is not None and (self.step % 20 == 0 or "validation/score" in parts):
                log(self.step, parts)
            if on_progress:
                on_progress(*self._progress(parts))
            if folder is not None and self.step % self.options.checkpoint == 0:
                self._keep(folder, recent)
        if folder is not None and recent:
            self._keep(folder, recent)
        return parts

    def _over(self) -> bool:
        o = self.options
        if self.step >= o.steps:
            return True
        if o.minutes and self.seconds >= o.minutes * 60:
            self._tell(f"the {o.minutes:g} minutes are over")
            return True
        if o.patience and self.bad >= o.patience:
            self._tell(f"{self.bad} validations in a row brought no gain; the best was at step {self.best_step}")
            return True
        return False

    def train_one(self) -> dict[str, float]:
        """One step of generator and discriminator; returns the parts of the losses."""
        o = self.options
        found = self.opponents.gradients(self.task, self.step, self.augment)
        self._whole, parts = False, found.parts
        (spread,) = share_mean([parts.get("watch/spread", math.nan)], self.opponents.device)
        if found.good:
            if self.before_update:
                self.before_update()
            share = share_of_rate(o, self.step, self.seconds) * 0.5**self.rollbacks
            self.opponents.update(found.trained, share)
            if o.augment_target and math.isfinite(found.sure):
                self.augment = parts["watch/augment"] = steered(self.augment, found.sure, o.augment_target)
        self.step += 1
        if not found.good:
            self._roll_back(f"losses are not finite ({', '.join(not_finite(parts)) or 'gradient'})", "lower the rate")
        else:
            if self.after_update:
                self.after_update(self.step)
            follow(self.average, self.network, o, self.step)
            if self.watch.collapsed(spread):
                self._roll_back("results have become alike (mode collapse)", "lower critic_rate")
        self._whole = True
        return parts

    def _roll_back(self, reason: str, advice: str) -> None:
        """The averaged (best validated) weights again, empty optimizers, half the rate."""
        if self.rollbacks >= ROLLBACKS:
            raise LearningError(f"{reason} at step {self.step}, after {self.rollbacks} roll-backs; {advice}")
        self.rollbacks += 1
        self.opponents.restart(self.use_best().state_dict())
        self.watch.forget()
        weights = "averaged weights" if self.best is None else f"weights of step {self.best_step}"
        self._tell(f"{reason}; went back to the {weights} and on with half the rate")

    def _validation_is_due(self) -> bool:
        o = self.options
        if not (o.validate_every and self.step) or (self.history and self.history[-1]["step"] == self.step):
            return False
        return self.step % o.validate_every == 0 or self.step == o.steps

    def _validate(self) -> dict[str, float]:
        figures = self.task.validate(self.average)
        # The mean over processes, so that all of them decide alike.
        figures = dict(zip(figures, share_mean(list(figures.values()), self.opponents.device), strict=True))
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

    def _progress(self, parts: dict[str, float]) -> tuple[int, int, str]:
        o = self.options
        text = "  ".join(f"{k} {v:.3f}" for k, v in parts.items() if not k.startswith("watch/"))
        if o.minutes and self.seconds / (o.minutes * 60) > self.step / max(o.steps, 1):
            return min(int(self.seconds), int(o.minutes * 60)), int(o.minutes * 60), text
        return self.step, o.steps, text

    def _tell(self, text: str) -> None:
        sentence = f"step {self.step}: {text}"
        if sentence not in self.events[-1:]:
            self.events.append(sentence)

    def _keep(self, folder: Path, recent: dict[str, list[float]]) -> None:
        """Save, and note the means of the figures since the last time."""
        self.save(folder)
        if not self.rank:
            means = {key: round(sum(values) / len(values), 5) for key, values in recent.items()}
            line = json.dumps({"step": self.step, "minutes": round(self.seconds / 60, 2), **means}) + "\n"
            try:
                with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
                    log.write(line)
            except OSError as error:
                raise writing_error(error, folder / "log.jsonl") from error
        recent.clear()

    def save(self, folder: Path) -> None:
        """Write the checkpoint; of several processes the first one does."""
        if self.rank:
            return
        facts = {name: getattr(self, name) for name in (*_FACTS, "events")}
        facts["spread"] = [self.watch.most, self.watch.low]
        best = {f"best.{k}": v for k, v in (self.best or {}).items()}
        modules = {**self.opponents.modules, "average": self.average}
        save_checkpoint(folder, modules, self.opponents.optimizers, best, facts)

    def resume(self, folder: Path) -> bool:
        """Go on from a folder's checkpoint; False where there is none.

        Raises:
            StyleError: The checkpoint is damaged or of other networks.
            LearningError: Of several processes, not all see the same checkpoint.
        """
        modules = {**self.opponents.modules, "average": self.average}
        found = load_checkpoint(folder, modules, self.opponents.optimizers)
        if found is not None:
            tensors, facts = found
            if lacking := [name for name in _FACTS if name not in facts]:
                raise StyleError(f"the checkpoint in {folder} lacks {', '.join(lacking)}; delete it to begin anew")
            self.best = {k.removeprefix("best."): v for k, v in tensors.items()} or None
            for name in _FACTS:
                setattr(self, name, facts[name])
            self.events = facts.get("events", [])  # checkpoints of older trainings have neither
            self.watch.most, self.watch.low = facts.get("spread", (0.0, 0))
        mean, square = share_mean([self.step, self.step**2], self.opponents.device)
        if square != mean**2:  # numbers that vary are not equal
            raise LearningError(f"the processes begin at different steps; put {folder} where all of them see it")
        return found is not None
