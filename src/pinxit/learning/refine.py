"""Adversarial refinement of a tone: a critic that knows only the references trains a small residual of the table.

The residual is coarse, smooth and starts at zero. A quarter of the references is held out; the residual is kept only
where it brings transferred pictures clearly nearer to these, so that the result is never worse on them than before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pinxit.errors import LearningError
from pinxit.losses.adversarial import hinge_discriminator_loss, hinge_generator_loss, r1_penalty
from pinxit.networks.critic import ToneCritic
from pinxit.tone.lut import Lut


@dataclass(frozen=True)
class RefineOptions:
    """How a tone is refined.

    Args:
        steps: Generator steps at most.
        batch: Crops of each kind in a step.
        nodes: Nodes an axis of the residual.
        rate: Learning rate of the residual; the critic's is four times as high (two time scales, Heusel et al. 2017).
        r1: Weight of the R1 penalty, taken every fourth step.
        keep: Weight of the squared residual.
        smooth: Weight of its squared second differences.
        rising: Weight of greys that fall where they should rise.
        patience: Checks without a better one before it stops.
        gain: Least relative gain on held-out references for which the residual is kept.
        caution: The table is refined only where its distance to held-out references is more than this many times that
            of as few transferred pictures, which differ by chance alone.
    """

    steps: int = 240
    batch: int = 12
    nodes: int = 7
    rate: float = 1.5e-3
    r1: float = 1.0
    keep: float = 20.0
    smooth: float = 60.0
    rising: float = 10.0
    patience: int = 6
    gain: float = 0.03
    caution: float = 1.5


@dataclass(frozen=True)
class Refined:
    """What came of a refinement: the table, and the distance to held-out references before and after."""

    lut: Lut
    before: float
    after: float
    steps: int

    @property
    def kept(self) -> bool:
        """Whether the residual is in the table."""
        return self.after < self.before


class Residual(nn.Module):
    """A coarse table of moves, zero at first; pixels (B, 3, H, W) to moves of the same shape."""

    def __init__(self, nodes: int) -> None:
        super().__init__()
        self.moves = nn.Parameter(torch.zeros(1, 3, nodes, nodes, nodes))

    def forward(self, pixels: Tensor) -> Tensor:
        where = pixels.permute(0, 2, 3, 1).reshape(1, -1, 1, 1, 3).clamp(0, 1) * 2 - 1
        moved = F.grid_sample(self.moves, where, align_corners=True, padding_mode="border")
        return moved.view(3, len(pixels), *pixels.shape[2:]).transpose(0, 1)

    def roughness(self) -> Tensor:
        """Sum over axes of mean squared second differences."""
        return sum(self.moves.diff(n=2, dim=d).square().mean() for d in (2, 3, 4))


def refine_tone(
    lut: Lut,
    references: np.ndarray,
    content: np.ndarray,
    *,
    seed: int = 0,
    options: RefineOptions | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Refined:
    """Refine a table on references.

    Args:
        lut: The table of step 1.
        references: Thumbnails, (K, 3, H, W), K >= 4.
        content: Thumbnails of pictures without the look, (N, 3, H, W).
        seed: The same seed gives the same table.
        options: How; None: the defaults.
        on_progress: Called as (step, steps, text).

    Raises:
        LearningError: Fewer than 4 references.
    """
    options = options or RefineOptions()
    if len(references) < 4:
        raise LearningError(f"{len(references)} references came; refinement needs 4, so that one can be held out")
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic, residual = ToneCritic(), Residual(options.nodes)
    order = torch.randperm(len(references), generator=generator)
    held, real = torch.from_numpy(references)[order].split([len(order) // 4, len(order) - len(order) // 4])
    plain = torch.from_numpy(np.ascontiguousarray(content))
    toned = torch.from_numpy(lut.apply(np.moveaxis(content, 1, -1)).transpose(0, 3, 1, 2).copy())
    distance = HeldOut(held, plain, toned)
    start = best = distance(residual)
    if start <= options.caution * distance.chance(len(held), generator):
        return Refined(lut, start, start, 0)
    state, waited, step = residual.moves.detach().clone(), 0, 0
    train = Duel(critic, residual, real, plain, toned, options, generator)
    for step in range(1, options.steps + 1):
        train.step(step)
        if step % 15:
            continue
        now = distance(residual)
        waited = waited + 1 if now >= best else 0
        if now < best:
            best, state = now, residual.moves.detach().clone()
        if on_progress:
            on_progress(step, options.steps, f"refining, held-out distance {now:.4f}")
        if waited >= options.patience:
            break
    if not best < (1 - options.gain) * start:
        return Refined(lut, start, start, step)
    moves = F.interpolate(state, size=(lut.size,) * 3, mode="trilinear", align_corners=True)
    return Refined(Lut(np.clip(lut.table + moves[0].permute(1, 2, 3, 0).numpy(), 0, 1)), start, best, step)


class HeldOut:
    """Sliced Wasserstein distance between colours of held-out references and of transferred pictures."""

    def __init__(self, held: Tensor, plain: Tensor, toned: Tensor, slices: int = 24) -> None:
        axes = torch.randn(3, slices, generator=torch.Generator().manual_seed(1))
        self.axes = axes / axes.norm(dim=0)
        self.plain, self.toned = plain, toned
        self.levels = (torch.arange(64) + 0.5) / 64
        self.goal = self._levels(held)

    def _levels(self, pixels: Tensor) -> Tensor:
        cloud = pixels[:, :, ::2, ::2].permute(0, 2, 3, 1).reshape(-1, 3) @ self.axes
        return cloud.sort(0).values[(self.levels * len(cloud)).long()]

    def __call__(self, residual: Residual) -> float:
        with torch.no_grad():
            return float((self._levels((self.toned + residual(self.plain)).clamp(0, 1)) - self.goal).abs().mean())

    def chance(self, count: int, generator: torch.Generator, draws: int = 12) -> float:
        """Mean distance between a few transferred pictures and all of them."""
        everything = self._levels(self.toned)
        few = (self.toned[torch.randperm(len(self.toned), generator=generator)[:count]] for _ in range(draws))
        return sum(float((self._levels(pixels) - everything).abs().mean()) for pixels in few) / draws


class Duel:
    """Critic and residual, one step each."""

    def __init__(
        self,
        critic: ToneCritic,
        residual: Residual,
        real: Tensor,
        plain: Tensor,
        toned: Tensor,
        options: RefineOptions,
        generator: torch.Generator,
    ) -> None:
        self.critic, self.residual, self.real, self.plain, self.toned = critic, residual, real, plain, toned
        self.options, self.generator = options, generator
        self.slow = torch.optim.Adam(residual.parameters(), options.rate, betas=(0.5, 0.99))
        self.fast = torch.optim.Adam(critic.parameters(), 4 * options.rate, betas=(0.0, 0.99))

    def _pick(self, count: int) -> Tensor:
        return torch.randint(count, (self.options.batch,), generator=self.generator)

    def _fake(self) -> Tensor:
        at = self._pick(len(self.plain))
        return self._flip((self.toned[at] + self.residual(self.plain[at])).clamp(-0.1, 1.1))

    def _flip(self, pixels: Tensor) -> Tensor:
        return pixels.flip(3) if torch.rand((), generator=self.generator) < 0.5 else pixels

    def step(self, number: int) -> None:
        """One step of the critic, one of the residual."""
        real = self._flip(self.real[self._pick(len(self.real))]).requires_grad_(number % 4 == 0)
        with torch.no_grad():
            fake = self._fake()
        judged = self.critic(real)
        loss = sum(hinge_discriminator_loss(a, b) for a, b in zip(judged, self.critic(fake), strict=True))
        if number % 4 == 0:
            loss = loss + 4 * self.options.r1 * sum(r1_penalty(logits, real) for logits in judged)
        self.fast.zero_grad()
        loss.backward()
        self.fast.step()
        o = self.options
        total = sum(hinge_generator_loss(logits) for logits in self.critic(self._fake()))
        total = total + o.keep * self.residual.moves.square().mean() + o.smooth * self.residual.roughness()
        greys = self.residual.moves[0, :, range(o.nodes), range(o.nodes), range(o.nodes)]
        total = total + o.rising * F.relu(-greys.diff(dim=1) * (o.nodes - 1) - 0.5).mean()
        self.slow.zero_grad()
        total.backward()
        self.slow.step()
