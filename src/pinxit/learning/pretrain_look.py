"""Pretraining of the LookPredictor and the ExposureCorrector that the package ships."""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.errors import LearningError
from pinxit.learning.bank import PhotoBank, draw_looks, natural_variation, node_density, shape_basis, table_from_lut
from pinxit.learning.board import Board
from pinxit.learning.checkpoint import load_checkpoint, save_checkpoint
from pinxit.learning.correct import CorrectRecipe, train_corrector
from pinxit.learning.looks import at_nodes
from pinxit.learning.recipe import LookRecipe
from pinxit.learning.sources import Sources, find_photos
from pinxit.losses.tone import colour_difference, srgb_to_lab
from pinxit.networks.look import LookPredictor, spread
from pinxit.networks.weights import load_weights, save_weights

Progress = Callable[[int, int, str], None]
Log = Callable[[int, dict[str, float]], None]


def train_look(
    options: LookRecipe,
    sources: Sources,
    out: Path,
    *,
    board: bool = False,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Train by a recipe and write ``look`` and ``correct`` (.safetensors and .json) into a folder.

    Args:
        options: How LookPredictor is trained. ExposureCorrector takes as many steps, or its own number where that is
            smaller.
        sources: Photos, and known looks; without these it trains on synthetic ones only.
        out: Folder for weights, checkpoint and log; training resumes from the checkpoint in it.
        board: Write the figures for TensorBoard too.
        on_progress: Called as (step, steps, text).

    Returns:
        What was trained: steps, minutes, last losses, path of the weights.

    Raises:
        LearningError: There are no photos, or the loss is not finite.
    """
    found = find_photos(sources.photos, sources.leave_out)
    domains = [found.groups[number] for number in found.numbers]
    bank = PhotoBank.read(found.paths, domains, options.side, options.crops, options.seed, options.shares)
    chosen = [lut for stem, lut in sorted(sources.looks.items()) if not stem.startswith(options.hold_out)]
    known = [table_from_lut(lut, options.grid) for lut in chosen]
    trainer = LookTrainer(bank, torch.stack(known) if known else None, options)
    trainer.resume(out)
    with Board(out / "board", trainer) if board else nullcontext() as shown:
        figures = trainer.train(out, on_progress, shown.log if shown else None)
    about = {"recipe": asdict(options), "photos": len(found.seen), "known_looks": len(known)}
    path = save_weights(trainer.average, out, "look", about=about)
    recipe = CorrectRecipe(steps=min(CorrectRecipe.steps, options.steps))
    corrector = train_corrector(trainer.average, bank, trainer.looks, recipe, on_progress)
    save_weights(corrector, out, "correct", about={"recipe": asdict(recipe), "photos": len(found.seen)})
    return {"weights": str(path)} | figures


class LookTrainer:
    """Network, its average, optimizer and all randomness; ``train_one`` is the whole training step."""

    rank, task = 0, None  # what a Board asks of a learner: it trains alone, and has no pictures to show

    def __init__(self, bank: PhotoBank, known: Tensor | None, options: LookRecipe) -> None:
        self.bank, self.options, self.step = bank, options, 0
        self.rng = np.random.default_rng(options.seed)
        self.generator = torch.Generator().manual_seed(options.seed)
        self.looks = draw_looks(options.looks, known, options.grid, options.synthetic, self.generator, options.turned)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            self.network = LookPredictor(side=options.side, shapes=options.shapes, grid=options.grid)
            if options.shipped:
                self.network.load_state_dict(load_weights("look")[1])
            else:
                self._describe_ordinary()  # its decomposition draws from torch's own generator
        self.basis = self.network.basis.view(options.shapes, -1, 3)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), options.rate, betas=(0.9, 0.98), weight_decay=options.decay, fused=True
        )

    def _describe_ordinary(self) -> None:
        numbers = self.bank.pick(1200, self.bank.shares, self.rng)
        mean, cov = self.bank.moments(numbers)
        self.network.neutral_mean.copy_(mean)
        self.network.neutral_cov.copy_(cov)
        density = node_density(self.bank.pixels(numbers[:400]).reshape(-1, 3), self.options.grid)
        self.network.basis.copy_(shape_basis(self.looks[:5000], density, self.options.shapes))

    def train(self, out: Path, on_progress: Progress | None, log: Log | None) -> dict[str, float]:
        """Train to the end, with checkpoints and a log in a folder; returns the last figures."""
        start, losses = time.monotonic(), {}
        while self.step < self.options.steps:
            losses = self.train_one()
            if on_progress:
                on_progress(self.step, self.options.steps, f"difference {losses['difference']:.2f}")
            if log and self.step % 20 == 0:
                log(self.step, losses)
            if self.step % self.options.checkpoint == 0 or self.step == self.options.steps:
                self.save(out)
                line = {"step": self.step, "minutes": (time.monotonic() - start) / 60, **losses}
                with (out / "log.jsonl").open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(line) + "\n")
        return {"steps": self.step, "minutes": (time.monotonic() - start) / 60, **losses}

    def train_one(self) -> dict[str, float]:
        """One step; returns the parts of its loss."""
        o = self.options
        k = int(self.rng.choice(o.counts, p=np.array(o.chances) / sum(o.chances)))
        looks, plain, neutral, mixture = self._scene(k)
        b = len(looks)
        with torch.no_grad():
            references = self._stored(at_nodes(looks, plain.view(b, -1, 3)).view_as(plain))
            colours = self._content(mixture)
            basis_at = at_nodes(self.basis, colours.expand(o.shapes, -1, -1))
            truth = srgb_to_lab(at_nodes(looks, colours.expand(b, -1, -1)))
        for group in self.optimizer.param_groups:
            group["lr"] = o.rate * min(1, (self.step + 1) / 200) * self._cosine()
        self.network.train()
        with torch.autocast("cpu", torch.bfloat16):
            answer = self.network(references.permute(0, 1, 4, 2, 3), neutral)
        result = self.network.colours(answer, colours, basis_at)
        difference = colour_difference(srgb_to_lab(result), truth)
        ungrade = self._ungrade_loss(answer["ungraded"], plain)
        outside = (result - result.clamp(0, 1)).abs().mean()
        error = F.smooth_l1_loss(answer["error"], difference.detach().mean(1).log())
        total = difference.mean() + o.ungrade * ungrade + 2 * outside + error
        if not torch.isfinite(total):
            raise LearningError(f"the loss is not finite at step {self.step}; lower the rate in the recipe")
        self._update(total)
        return {
            "difference": float(difference.detach().mean()),
            "ungrade": float(ungrade.detach()),
            "error": float(error.detach()),
            "k": k,
        }

    def _cosine(self) -> float:
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * self.step / self.options.steps))

    def _scene(self, k: int) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor] | None, np.ndarray]:
        """Looks (b, nodes, 3), photos (b, k, side, side, 3), perhaps what is ordinary here, and shares of domains."""
        o = self.options
        b = max(8, min(64, o.thumbnails // k))
        looks = self.looks[torch.randint(len(self.looks), (b,), generator=self.generator)].float()
        mixture = self.bank.mixture(self.rng)
        shares = np.broadcast_to(mixture, (b, len(mixture))).copy()
        narrow = self.rng.random(b) < 0.2
        shares[narrow] = np.eye(len(mixture))[self.rng.integers(len(mixture), size=int(narrow.sum()))]
        pixels = self.bank.pixels(self.bank.pick(b * k, shares.repeat(k, 0), self.rng))
        pixels = natural_variation(pixels, self.generator).view(b, k, o.side, o.side, 3)
        neutral = None
        if self.rng.random() < 0.5:
            mean, cov = self.bank.moments(self.bank.pick(int(self.rng.integers(20, 250)), mixture, self.rng))
            neutral = (mean.expand(b, 3), cov.expand(b, 3, 3))
        return looks, (pixels * 255).round() / 255, neutral, mixture

    def _stored(self, pixels: Tensor) -> Tensor:
        """Pixels after a file: a little noise for some, 8 bits."""
        b = len(pixels)
        level, some = (torch.rand(b, 1, 1, 1, 1, generator=self.generator) for _ in range(2))
        noise = torch.randn(pixels.shape, generator=self.generator) * level * (some < 0.4) * 2 / 255
        return ((pixels + noise).clamp(0, 1) * 255).round() / 255

    def _content(self, mixture: np.ndarray) -> Tensor:
        """Colours at which the answer is judged: of other photos, and a few of the whole cube; (1600, 3)."""
        shares = mixture if self.rng.random() < 0.5 else self.bank.shares
        pixels = self.bank.pixels(self.bank.pick(24, shares, self.rng)).reshape(-1, 3)
        pixels = pixels[torch.randint(len(pixels), (1500,), generator=self.generator)]
        return torch.cat([pixels, torch.rand(100, 3, generator=self.generator)])

    def _ungrade_loss(self, guessed: tuple[Tensor, ...], plain: Tensor) -> Tensor:
        """Mean absolute error of the guessed statistics, of each photo and, twice, of the mean over the set."""
        b, k = plain.shape[:2]
        true = spread(plain.flatten(0, 1)[:, 1::2, 1::2].reshape(b * k, -1, 3))
        each = sum((g - t).abs().mean() for g, t in zip(guessed, true, strict=True))
        away = [(g - t).view(b, k, *g.shape[1:]).mean(1) for g, t in zip(guessed, true, strict=True)]
        return each + 2 * sum(a.abs().mean() for a in away)

    def _update(self, total: Tensor) -> None:
        self.optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        decay = min(self.options.average, self.step / (self.step + 10))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)

    def save(self, folder: Path) -> None:
        """Write everything that a resumed training needs into ``checkpoint.safetensors``."""
        modules = {"network": self.network, "average": self.average}
        facts = {"step": self.step, "rng": self.rng.bit_generator.state}
        save_checkpoint(folder, modules, {"all": self.optimizer}, {"generator": self.generator.get_state()}, facts)

    def resume(self, folder: Path) -> bool:
        """Go on from a folder's checkpoint; False where there is none.

        Raises:
            StyleError: The checkpoint is damaged or of another network.
        """
        modules = {"network": self.network, "average": self.average}
        found = load_checkpoint(folder, modules, {"all": self.optimizer})
        if found is not None:
            tensors, facts = found
            self.generator.set_state(tensors["generator"])
            self.rng.bit_generator.state = facts["rng"]
            self.step = facts["step"]
        return found is not None
