"""Few-shot adaptation: the shipped painter carried over to one hand, adversarially, without forgetting the others."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pinxit.errors import LearningError
from pinxit.learning.adapt_task import AdaptOptions, AdaptTask
from pinxit.learning.crops import CropBank
from pinxit.learning.defaults import settings_for
from pinxit.learning.learner import Learner, LearnerOptions, Log, Progress
from pinxit.networks.discriminator import MultiScaleDiscriminator
from pinxit.networks.encoder import ContentEncoder
from pinxit.networks.generator import Generator
from pinxit.networks.lora import Policy, RankBudget, changes, inject
from pinxit.networks.precision import has_bfloat16
from pinxit.networks.works import Works

Arrays = list[np.ndarray]
FROZEN = 2
"""Layers of every discriminator that stay frozen (FreezeD)."""


@dataclass(frozen=True)
class Adapted:
    """What an adaptation gives.

    Args:
        code: (S,) float32.
        adapter: Changes to the generator by name.
        before: Validation score without adaptation, lower is better.
        after: Validation score of what is kept.
        steps: Steps made.
        best: Step of what is kept; 0 keeps the shipped painter with the code as read.
        minutes: Time taken.
        history: Validations: step, seconds and figures.
        events: What the watch on the training had to say.
        parts: What each reference served for, see ``provenance.PARTS``.
        untrained: Figures against the test references without adaptation.
        tested: The same of what is kept.
    """

    code: np.ndarray
    adapter: Mapping[str, np.ndarray]
    before: float
    after: float
    steps: int
    best: int
    minutes: float
    history: Sequence[Mapping[str, float]]
    events: Sequence[str] = ()
    parts: Sequence[str] = ()
    untrained: Mapping[str, float] = field(default_factory=dict)
    tested: Mapping[str, float] = field(default_factory=dict)


class LearnedCode(nn.Module):
    """A style code that is learned, in the place of the encoder that would read it."""

    def __init__(self, code: Tensor) -> None:
        super().__init__()
        self.code = nn.Parameter(code.clone())

    def forward(self, statistics: Tensor) -> Tensor:
        """The code for every one of B statistics, (B, S)."""
        return self.code.expand(len(statistics), -1)


class AdaptedPainter(nn.Module):
    """A generator with an adapter and a learned code."""

    def __init__(self, generator: Generator, code: Tensor, policy: Policy, rank: int) -> None:
        super().__init__()
        self.generator, self.encoder = generator, LearnedCode(code)
        inject(self.generator, policy, rank=rank)

    def forward(self, pixels: Tensor, statistics: Tensor) -> tuple[Tensor, Tensor]:
        """As of :class:`~pinxit.networks.painter.Painter`."""
        code = self.encoder(statistics)
        return self.generator(pixels, code), code


def adapt(
    generator: Generator,
    code: Tensor,
    references: Sequence[np.ndarray],
    contents: Sequence[np.ndarray],
    eye: ContentEncoder,
    critic: MultiScaleDiscriminator | None,
    options: AdaptOptions,
    works: Works,
    *,
    liking: nn.Module | None = None,
    folder: Path | None = None,
    on_progress: Progress | None = None,
    log: Log | None = None,
) -> Adapted:
    """Carry a generator over to one hand.

    Args:
        generator: The shipped one, or one with an earlier adapter merged; not changed.
        code: Where the code begins, (1, S).
        references: Pictures of the hand, (H, W, 3) uint8; some are held out, see :func:`split`.
        contents: Photos to repaint, (H, W, 3) uint8.
        eye: Reads the style; judges content and style unless the options name another encoder.
        critic: A pretrained discriminator, not changed; None adapts without.
        options: Policy, budget and losses.
        works: Colours and strokes of the references, to which results are settled in the end.
        liking: Logits (B,) of pictures (B, 3, H, W), high for what one person likes; steers the adaptation.
        folder: For a checkpoint to go on from after an interruption; None keeps none.
        on_progress: Called as (done, total, text).
        log: Called with a step and its figures, also after every validation; what it raises ends the adaptation.

    Raises:
        LearningError: Losses were not finite again and again, or one of few references is too narrow to be cut.
        InputError: No such encoder, or its file holds no VGG-19.
        NotFoundError: The weights of VGG-19 are not there.
    """
    train, validation, test, parts = split(references)
    with torch.random.fork_rng([]):  # the caller's random numbers stay as they are
        torch.manual_seed(options.seed)
        network = AdaptedPainter(copy.deepcopy(generator), code, options.policy, options.rank)
    task = AdaptTask(CropBank(contents), CropBank(train), CropBank(validation), eye, options, generator, works, liking)
    judge = copy.deepcopy(critic)
    if judge is not None:
        judge.train().requires_grad_(True)  # spectral norms follow the weights in training alone
        judge.freeze(FROZEN)
    learner = Learner(network, judge, task, _learner_options(options))
    if options.policy == "adaptive-rank":
        budget = RankBudget(network.generator, keep=0.5, start=30, end=max(60, options.steps // 2))
        learner.before_update, learner.after_update = budget.observe, budget.close
    tested = CropBank(test)
    before, untrained = task.validate(learner.average)["score"], task.compare(learner.average, tested)
    done = learner.run(folder, on_progress=on_progress, log=log)
    best, after, step = _best(learner, task)
    gained = after < before
    adapter = changes(best.generator, generator.state_dict()) if gained and options.policy != "code" else {}
    kept = best.encoder.code if gained else code
    return Adapted(
        code=kept.detach()[0].float().numpy().copy(),
        adapter={k: v.float().numpy() for k, v in adapter.items()},
        before=before,
        after=after if gained else before,
        steps=learner.step,
        best=step if gained else 0,
        minutes=done["minutes"],
        history=tuple(learner.history),
        events=tuple(learner.events),
        parts=parts,
        untrained=untrained,
        tested=task.compare(best, tested) if gained else untrained,
    )


def _best(learner: Learner, task: AdaptTask) -> tuple[nn.Module, float, int]:
    """The best averaged network, its held-out score and its step.

    The last one counts too where the minutes were over between two validations, or before the first.
    """
    if not learner.history or learner.history[-1]["step"] != learner.step:
        score = task.validate(learner.average)["score"]
        if score < learner.best_score:
            return learner.average, score, learner.step
    return learner.use_best(), learner.best_score, learner.best_step


def split(references: Sequence[np.ndarray]) -> tuple[Arrays, Arrays, Arrays, tuple[str, ...]]:
    """References to train on, to stop and choose by, and to report on; and what each one serves for.

    Of six or more, every sixth validates and every sixth tests; fewer are each cut along their longer side, one half to
    train on and a quarter for each of the others.

    Raises:
        LearningError: A picture that has to be cut is too narrow for it.
    """
    if len(references) >= 6:
        parts = tuple({2: "validation", 5: "test"}.get(i % 6, "train") for i in range(len(references)))
        train, validation, test = (
            [r for r, part in zip(references, parts, strict=True) if part == name]
            for name in ("train", "validation", "test")
        )
        return train, validation, test, parts
    if references and min(max(r.shape[:2]) for r in references) < 4:
        raise LearningError("a reference is smaller than 4 pixels and cannot be cut in parts; give larger pictures")
    turned = [r if r.shape[1] >= r.shape[0] else r.transpose(1, 0, 2) for r in references]
    cuts = [(r.shape[1] // 2, r.shape[1] * 3 // 4) for r in turned]
    pieces = [np.split(r, cut, 1) for r, cut in zip(turned, cuts, strict=True)]
    back = [
        [np.ascontiguousarray(x if r.shape[1] >= r.shape[0] else x.transpose(1, 0, 2)) for x in three]
        for r, three in zip(references, pieces, strict=True)
    ]
    train, validation, test = ([three[i] for three in back] for i in range(3))
    return train, validation, test, ("cut",) * len(references)


def _learner_options(o: AdaptOptions) -> LearnerOptions:
    return LearnerOptions(
        steps=o.steps,
        minutes=o.minutes,
        clock=o.clock,
        rate=o.learning_rate,
        critic_rate=o.critic_rate,
        precision="bf16" if has_bfloat16() else "fp32",
        warmup=min(20, o.steps // 10),
        average=0.98,
        r1_every=4,
        augment_target=0.6,
        validate_every=max(10, min(40, o.steps // 8)),
        patience=6,
        checkpoint=50,
        seed=o.seed,
    )


def choose(count: int, minutes: float) -> AdaptOptions:
    """The policy and budget for so many references and minutes."""
    return AdaptOptions(minutes=minutes, steps=max(40, round(110 * minutes)), **settings_for(count, minutes))
