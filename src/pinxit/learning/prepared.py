"""Prepared: a learner with all its data, trained to the end and written as weights."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from pinxit.learning.board import Board
from pinxit.learning.learner import Learner, Progress
from pinxit.networks.weights import save_weights


@dataclass
class Prepared:
    """What a recipe has become.

    Args:
        learner: With networks and task.
        finish: Gives the networks that are shipped, by name, when the learner is done; the first one is the main one.
        about: Recipe and data, for the cards of the weights.
    """

    learner: Learner
    finish: Callable[[], dict[str, nn.Module]]
    about: dict[str, Any]

    def train(self, out: Path, *, board: bool = False, on_progress: Progress | None = None) -> dict[str, Any]:
        """Train, and write every network as ``NAME.safetensors`` and ``NAME.json``.

        Args:
            out: Folder for weights, checkpoint and ``log.jsonl``; training goes on from the checkpoint in it. Of
                several processes the first one writes.
            board: Write the figures for TensorBoard too, into ``out/board``.
            on_progress: Called as (step, steps, text).

        Returns:
            Steps, minutes, last figures, and "weights", the path of the main network.

        Raises:
            LearningError, StyleError, CapacityError: As ``Learner.run``.
            MissingExtraError: ``board`` wants the extra ``learn``.
        """
        with Board(out / "board", self.learner) if board else nullcontext() as shown:
            figures = self.learner.run(out, on_progress=on_progress, log=shown.log if shown else None)
        networks = self.finish()
        result = {"weights": str(out / f"{next(iter(networks))}.safetensors")} | figures
        if self.learner.rank == 0:
            best = [line for line in self.learner.history if line["step"] == self.learner.best_step]
            about = self.about | {"steps": self.learner.step, "validated": best[0] if best else {}}
            for name, network in networks.items():
                save_weights(network, out, name, about=about)
        return result
