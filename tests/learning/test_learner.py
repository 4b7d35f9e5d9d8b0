"""The training loop: every strategy on slopes whose course is known, and trainings that are broken off and resumed."""

import copy
import json
import math
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from pinxit.errors import CapacityError, LearningError, StyleError
from pinxit.learning.learner import Learner, LearnerOptions

NAN = torch.tensor(math.nan)


class Point(nn.Module):
    """One weight, which begins at 0."""

    def __init__(self, start=0.0):
        super().__init__()
        self.w = nn.Parameter(torch.tensor([start]))


class Slope:
    """Losses that rise by 1 with the weights: without clipping or decay, Adam then moves them by just its rate.

    What else a step shall bring is given as lists that begin with step 0; the last value stays.
    """

    def __init__(self, *, slopes=(1.0,), extra=(0.0,), spread=None, sure=(1.0,), scores=(), critic_extra=(0.0,)):
        self.slopes, self.extra, self.spread, self.sure = slopes, extra, spread, sure
        self.scores, self.critic_extra, self.seen = list(scores), critic_extra, []

    def batch(self, rng, step):
        return lambda values: values[min(step, len(values) - 1)]

    def generator_losses(self, network, critic, at):
        losses = {"slope": at(self.slopes) * network.w.sum(), "extra": torch.tensor(at(self.extra))}
        return losses if self.spread is None else losses | {"watch/spread": torch.tensor(at(self.spread))}

    def critic_losses(self, critic, at, *, penalty, augment):
        self.seen.append((penalty, round(augment, 6)))
        losses = {"critic/slope": critic.w.sum(), "critic/extra": torch.tensor(at(self.critic_extra))}
        return losses, torch.tensor([at(self.sure)])

    def validate(self, network):
        return {"score": self.scores.pop(0), "weight": float(network.w)}


def plain(**options):
    return LearnerOptions(
        **{"schedule": "constant", "warmup": 0, "clip": 0, "rate": 0.1, "precision": "fp32", **options}
    )


def course(learner):
    """Weights of the network after each step."""
    found = []
    learner.after_update = lambda step: found.append(learner.network.w.item())
    learner.run()
    return found


class TestStrategies:
    def test_two_time_scales(self):
        learner = Learner(Point(), Point(), Slope(), plain(steps=7, rate=0.1, critic_rate=0.03))
        learner.run()
        assert learner.network.w.item() == pytest.approx(-0.7, rel=1e-5)
        assert learner.critic.w.item() == pytest.approx(-0.21, rel=1e-5)

    @pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
    def test_weights_move_by_the_schedule(self, schedule):
        shape = {
            "constant": lambda t: 1.0,
            "linear": lambda t: 1.0 if t < 0.5 else 2 - 2 * t,
            "cosine": lambda t: 0.02 + 0.98 * math.cos(math.pi * t / 2) ** 2,
        }[schedule]
        found = course(Learner(Point(), None, Slope(), plain(steps=12, schedule=schedule, warmup=4)))
        rates = [0.1 * shape(i / 12) * min(1, (i + 1) / 4) for i in range(12)]
        assert found == pytest.approx(-np.cumsum(rates), rel=1e-4)

    def test_weight_decay(self):
        found = course(Learner(Point(3.0), None, Slope(slopes=(0.0,)), plain(steps=3, decay=0.5)))
        assert found == pytest.approx([3 * 0.95, 3 * 0.95**2, 3 * 0.95**3], rel=1e-6)

    def test_clipping(self):
        found = course(Learner(Point(), None, Slope(slopes=(100.0, 1.0)), plain(steps=2, clip=1.0)))
        assert found == pytest.approx([-0.1, -0.2], rel=1e-5)
        free = course(Learner(Point(), None, Slope(slopes=(100.0, 1.0)), plain(steps=2)))
        mean, square = (0.5 * 50 + 0.5 * 1) / (1 - 0.5**2), (0.99 * 100 + 0.01 * 1) / (1 - 0.99**2)
        assert free == pytest.approx([-0.1, -0.1 - 0.1 * mean / math.sqrt(square)], rel=1e-5)

    def test_discriminator_joins_later_and_is_penalized_now_and_then(self):
        task = Slope()
        learner = Learner(Point(), Point(), task, plain(steps=10, critic_start=3, critic_rate=0.1, r1_every=4))
        learner.run()
        assert learner.critic.w.item() == pytest.approx(-0.7, rel=1e-5)
        assert [penalty for penalty, _ in task.seen] == [step % 4 == 0 for step in range(3, 10)]
        Learner(Point(), Point(), task, plain(steps=3, r1_every=0)).run()
        assert [penalty for penalty, _ in task.seen[-3:]] == [False] * 3

    def test_augmentation_follows_how_sure_the_discriminator_is(self):
        task = Slope(sure=[1.0] * 5 + [-1.0] * 4)
        learner = Learner(Point(), Point(), task, plain(steps=9, augment_target=0.6))
        parts = learner.run()
        given = [0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.04, 0.03, 0.02]
        assert [augment for _, augment in task.seen] == pytest.approx(given)
        assert learner.augment == parts["watch/augment"] == pytest.approx(0.01)
        off = Learner(Point(), Point(), Slope(), plain(steps=3))
        assert "watch/augment" not in off.run() and off.augment == 0

    def test_average(self):
        learner = Learner(Point(), None, Slope(), plain(steps=6, average=0.4))
        wanted = 0.0
        for step in range(1, 7):
            decay = min(0.4, (1 + step) / (10 + step))
            wanted = decay * wanted + (1 - decay) * -0.1 * step
        learner.run()
        assert learner.average.w.item() == pytest.approx(wanted, rel=1e-5)
        assert learner.use_best() is learner.average and not learner.average.training

    def test_early_stopping_and_the_best_weights(self):
        task = Slope(scores=[5.0, 3.0, 4.0, math.nan, 2.0])
        learner = Learner(Point(), None, task, plain(steps=100, validate_every=2, patience=2, average=0))
        figures = learner.run()
        assert figures["steps"] == 8 and learner.best_step == 4 and learner.best_score == 3
        assert [h["validation/weight"] for h in learner.history] == pytest.approx([-0.2, -0.4, -0.6, -0.8], rel=1e-5)
        assert learner.use_best().w.item() == pytest.approx(-0.4, rel=1e-5)
        assert learner.events == ["step 8: 2 validations in a row brought no gain; the best was at step 4"]

    def test_no_patience_never_stops(self):
        learner = Learner(Point(), None, Slope(scores=[1.0, 2.0, 3.0]), plain(steps=5, validate_every=2))
        assert learner.run()["steps"] == 5 and learner.best_step == 2
        assert [h["step"] for h in learner.history] == [2, 4, 5]

    @pytest.mark.parametrize(("clock", "asked"), [("wall", "monotonic"), ("cpu", "process_time")])
    def test_minutes(self, monkeypatch, clock, asked):
        ticks = iter(range(0, 1000, 7))
        monkeypatch.setattr("pinxit.learning.learner.time", SimpleNamespace(**{asked: lambda: next(ticks)}))
        said = []
        learner = Learner(Point(), None, Slope(), plain(steps=100, minutes=0.5, clock=clock, schedule="linear"))
        found = []
        learner.after_update = lambda step: found.append(learner.network.w.item())
        figures = learner.run(on_progress=lambda done, of, text: said.append((done, of, text)))
        # Seven seconds a step: 28 of 30 are less, 35 are enough. Beyond half the time the rate falls.
        assert figures["steps"] == 5 and figures["minutes"] == pytest.approx(35 / 60)
        rates = [0.1 * min(1, 2 * (1 - 7 * i / 30)) for i in range(5)]
        assert found == pytest.approx(-np.cumsum(rates), rel=1e-4)
        assert said[0][:2] == (7, 30) and said[-1][:2] == (30, 30) and "slope" in said[0][2]
        assert learner.events == ["step 5: the 0.5 minutes are over"]

    @pytest.mark.parametrize("precision", ["bf16", "fp32"])
    def test_precision(self, precision):
        seen = set()

        class Watched(Slope):
            def generator_losses(self, network, critic, at):
                seen.add((torch.ones(1, 1) @ torch.ones(1, 1)).dtype)
                return super().generator_losses(network, critic, at)

            def critic_losses(self, critic, at, **given):
                seen.add((torch.ones(1, 1) @ torch.ones(1, 1)).dtype)
                return super().critic_losses(critic, at, **given)

        Learner(Point(), Point(), Watched(), plain(steps=1, precision=precision)).run()
        assert seen == {torch.bfloat16 if precision == "bf16" else torch.float32}

    def test_hooks_come_around_the_update(self):
        learner, seen = Learner(Point(), Point(), Slope(), plain(steps=2)), []
        learner.before_update = lambda: seen.append((learner.network.w.item(), learner.network.w.grad.item()))
        learner.after_update = lambda step: seen.append((step, learner.network.w.item()))
        learner.run()
        assert seen == [(0, 1), (1, pytest.approx(-0.1)), (pytest.approx(-0.1), 1), (2, pytest.approx(-0.2))]

    def test_nothing_to_minimize(self):
        class Nothing(Slope):
            def generator_losses(self, network, critic, at):
                return {"watch/slope": network.w.sum()}

        with pytest.raises(LearningError, match="no loss to minimize"):
            Learner(Point(), None, Nothing(), plain()).run()


class TestRollingBack:
    def test_after_a_loss_that_is_not_finite(self):
        task = Slope(slopes=[100.0] * 4 + [1.0], extra=[0.0, 0.0, 0.0, math.nan, 0.0])
        learner = Learner(Point(), None, task, plain(steps=6, average=0))
        found = []
        learner.run(on_progress=lambda *_: found.append(learner.network.w.item()))
        # Three steps, back to the average, and on at half the rate with nothing left of the steeper slope.
        assert found == pytest.approx([-0.1, -0.2, -0.3, -0.3, -0.35, -0.4], rel=1e-5)
        assert learner.rollbacks == 1
        assert learner.events == [
            "step 4: losses are not finite (extra); went back to the averaged weights and on with half the rate"
        ]

    def test_goes_back_to_the_best_validated_weights(self):
        task = Slope(extra=[0.0, 0.0, 0.0, math.inf, 0.0], scores=[2.0, 1.0, 3.0, 4.0])
        learner = Learner(Point(), None, task, plain(steps=4, average=0, validate_every=1))
        learner.run()
        assert learner.network.w.item() == learner.average.w.item() == pytest.approx(-0.2, rel=1e-5)
        assert "weights of step 2" in learner.events[0]

    def test_a_gradient_that_is_not_finite_changes_nothing(self):
        learner = Learner(Point(), Point(), Slope(slopes=[1.0, math.inf, 1.0]), plain(steps=2, average=0))
        learner.network.w.register_hook(lambda g: g)
        learner.run()
        assert learner.network.w.item() == pytest.approx(-0.1, rel=1e-5) and learner.rollbacks == 1

    def test_a_discriminator_that_fails_keeps_both_from_moving(self):
        task = Slope(critic_extra=[0.0, math.nan, 0.0])
        learner = Learner(Point(), Point(), task, plain(steps=2, average=0, critic_rate=0.1))
        learner.run()
        assert learner.rollbacks == 1 and "critic/extra" in learner.events[0]
        assert [m.w.item() for m in (learner.network, learner.critic)] == pytest.approx([-0.1, -0.1], rel=1e-5)
        assert learner.network.w.grad is None and learner.critic.w.grad is None

    def test_gives_up_at_the_fourth(self, tmp_path):
        task = Slope(extra=[0.0, 0.0, math.nan])
        learner = Learner(Point(), None, task, plain(steps=50, checkpoint=2))
        with pytest.raises(LearningError, match=r"not finite \(extra\) at step 6, after 3 roll-backs; lower the rate"):
            learner.run(tmp_path)
        assert learner.rollbacks == 3 and math.isfinite(learner.network.w.item())
        again = Learner(Point(), None, Slope(), plain(steps=6))
        assert (
            again.resume(tmp_path) and again.step == 4 and again.rollbacks == 2 and again.events == learner.events[:2]
        )

    def test_watched_figures_may_be_anything(self):
        learner = Learner(Point(), None, Slope(spread=[math.nan]), plain(steps=30))
        learner.run()
        assert learner.rollbacks == 0 and learner.events == []

    def test_after_a_mode_collapse(self):
        task = Slope(spread=[0.5] * 5 + [0.09] * 50, scores=[1.0, 2.0, 2.0, 2.0, 2.0, 2.0])
        learner = Learner(Point(), None, task, plain(steps=30, average=0, validate_every=5))
        found = course(learner)
        # The 25th step is the twentieth low one; its weights go back to step 5.
        assert found[24:] == pytest.approx([-2.5, *(-0.5 - 0.05 * i for i in range(1, 6))], rel=1e-4)
        assert learner.rollbacks == 1
        assert learner.events == [
            "step 25: results have become alike (mode collapse); went back to the weights of step 5 and on with half "
            "the rate"
        ]

    @pytest.mark.parametrize(("ratio", "spread"), [(0.0, [0.5] * 5 + [0.0] * 50), (0.2, [0.5] * 5 + [0.11] * 50)])
    def test_no_collapse(self, ratio, spread):
        learner = Learner(Point(), None, Slope(spread=spread), plain(steps=50, collapse=ratio))
        learner.run()
        assert learner.rollbacks == 0


class Painter(nn.Module):
    """A tiny network; ``seldom`` has gradients in some batches only."""

    def __init__(self, dropout, norm):
        super().__init__()
        self.first, self.norm, self.drop = nn.Conv2d(3, 4, 3, padding=1), norm(4), nn.Dropout(dropout)
        self.last, self.seldom = nn.Conv2d(4, 3, 3, padding=1), nn.Parameter(torch.zeros(3, 1, 1))

    def forward(self, x):
        return self.last(self.drop(self.norm(self.first(x)).relu()))


def painters(norm=nn.BatchNorm2d, *, critic_norm=lambda layer: layer, dropout=0.0, seed=3):
    """Network and discriminator, always with the same first weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        critic = nn.Sequential(critic_norm(nn.Conv2d(3, 4, 3)), nn.LeakyReLU(0.2), critic_norm(nn.Conv2d(4, 1, 3)))
        return Painter(dropout, norm), critic


class Paint:
    """A tiny adversarial task. ``break_at`` calls ``how`` in the middle of a step."""

    def __init__(self, count=4, break_at=None, how=None):
        self.count, self.break_at, self.how = count, break_at, how

    def scene(self, rng, step, *, seldom):
        pixels = torch.from_numpy(rng.random((self.count, 3, 8, 8))).float()
        return SimpleNamespace(step=step, pixels=pixels, target=pixels.roll(1, 1), seldom=seldom)

    def batch(self, rng, step):
        return self.scene(rng, step, seldom=rng.random() < 0.5)

    def generator_losses(self, network, critic, batch):
        batch.fake = network(batch.pixels)
        parts = {"content": (batch.fake - batch.target).square().mean(), "watch/spread": batch.fake.detach().std()}
        if batch.seldom:
            parts["seldom"] = (network.seldom - 1).square().mean()
        if critic is not None:
            parts["adversarial"] = 0.1 * F.softplus(-critic(batch.fake)).mean()
        return parts

    def critic_losses(self, critic, batch, *, penalty, augment):
        real = (batch.target * (1 - augment)).requires_grad_(penalty)
        seen, made = critic(real), critic(batch.fake.detach())
        if batch.step == self.break_at:
            self.how()
        parts = {"critic/adversarial": F.softplus(-seen).mean() + F.softplus(made).mean()}
        if penalty:
            (slope,) = torch.autograd.grad(seen.sum(), real, create_graph=True)
            parts["critic/penalty"] = slope.square().sum((1, 2, 3)).mean()
        return parts, seen

    def validate(self, network):
        pixels = torch.linspace(0, 1, 192).view(1, 3, 8, 8)
        with torch.no_grad():
            return {"score": float((network(pixels) - pixels.roll(1, 1)).square().mean())}


def painting(task=None, **options):
    """A learner of tiny networks with whatever could make a resumed training differ."""
    network, critic = painters(critic_norm=spectral_norm, dropout=0.2)
    given = {"steps": 12, "checkpoint": 4, "validate_every": 3, "augment_target": 0.1, "r1_every": 3, "warmup": 4}
    return Learner(network, critic, task or Paint(), LearnerOptions(**{**given, **options}))


def weights(learner):
    """Everything that a training has arrived at, by name."""
    modules = ("network", "critic", "average")
    kept = {(m, k): v for m in modules for k, v in getattr(learner, m).state_dict().items()}
    for name, optimizer in learner.opponents.optimizers.items():
        for i, state in optimizer.state_dict()["state"].items():
            kept |= {(name, i, k): v for k, v in state.items()}
    for name in ("step", "augment", "best_score", "best_step", "bad"):
        kept[name] = torch.tensor(getattr(learner, name), dtype=torch.float64)
    kept["spread"] = torch.tensor(learner.watch.most, dtype=torch.float64)
    return {k: v.clone() for k, v in kept.items()} | {("best", k): v for k, v in learner.best.items()}


def same(a, b):
    assert a.keys() == b.keys()
    return [k for k in a if not torch.equal(a[k], b[k])] == []


@pytest.fixture(scope="module")
def uninterrupted():
    learner = painting()
    learner.run()
    return weights(learner)


class TestSameSeed:
    def test_gives_the_same_weights_and_leaves_others_randomness_alone(self, uninterrupted):
        torch.manual_seed(99)
        before = torch.get_rng_state()
        learner = painting()
        learner.run()
        assert same(weights(learner), uninterrupted)
        assert torch.equal(before, torch.get_rng_state())

    def test_another_seed_does_not(self, uninterrupted):
        learner = painting(seed=1)
        learner.run()
        assert not torch.equal(learner.network.last.weight, uninterrupted["network", "last.weight"])

    def test_the_discriminator_and_the_frozen(self):
        learner = painting()
        learner.network.last.requires_grad_(False)
        first = copy.deepcopy(learner.network.last.state_dict())
        learner.run()
        assert all(torch.equal(v, learner.network.last.state_dict()[k]) for k, v in first.items())
        assert all(p.requires_grad for p in learner.critic.parameters())
        assert learner.network.seldom.ne(0).all()

    def test_accumulated_halves_equal_the_whole(self):
        class Halves(Paint):
            def batch(self, rng, step):
                return self.scene(rng, step, seldom=False)

        found, parts = [], []
        for count, accumulate in ((4, 1), (2, 2)):
            network, critic = painters(nn.Identity)
            options = plain(steps=5, accumulate=accumulate, rate=1e-3, r1_every=2, augment_target=0.1)
            learner, slopes = Learner(network, critic, Halves(count), options), []
            trained = [p for p in (*network.parameters(), *critic.parameters()) if p is not network.seldom]
            learner.before_update = lambda slopes=slopes, of=trained: slopes.extend(p.grad.clone() for p in of)
            parts.append(learner.run())
            found.append([*slopes, *trained])
        for whole, halves in zip(*found, strict=True):
            assert torch.allclose(whole, halves, rtol=1e-3, atol=2e-6)
        for name in ("content", "adversarial", "critic/adversarial", "watch/augment"):
            assert parts[0][name] == pytest.approx(parts[1][name], rel=1e-5)


class TestResuming:
    @pytest.mark.parametrize("at", [1, 3, 8, 11])
    def test_after_ctrl_c_in_the_middle_of_a_step(self, tmp_path, uninterrupted, at):
        first = painting(Paint(break_at=at, how=lambda: signal.raise_signal(signal.SIGINT)))
        with pytest.raises(KeyboardInterrupt):
            first.run(tmp_path)
        assert {p.name for p in tmp_path.iterdir()} <= {"checkpoint.safetensors", "log.jsonl"}
        second = painting()
        steps = []
        second.run(tmp_path, on_progress=lambda step, *_: steps.append(step))
        assert steps == list(range(at + 1, 13)) and same(weights(second), uninterrupted)

    def test_ctrl_c_in_the_middle_of_validation(self, tmp_path, uninterrupted):
        first = painting()
        validate = first.task.validate
        first.task.validate = lambda n: signal.raise_signal(signal.SIGINT) if first.step == 6 else validate(n)
        with pytest.raises(KeyboardInterrupt):
            first.run(tmp_path)
        second = painting()
        second.run(tmp_path)
        assert same(weights(second), uninterrupted) and [h["step"] for h in second.history] == [3, 6, 9, 12]

    def test_ctrl_c_while_weights_change_keeps_the_checkpoint_before(self, tmp_path, uninterrupted):
        first = painting()
        first.after_update = lambda step: signal.raise_signal(signal.SIGINT) if step == 6 else None
        with pytest.raises(KeyboardInterrupt):
            first.run(tmp_path)
        second = painting()
        assert second.resume(tmp_path) and second.step == 4
        second.run(tmp_path)
        assert same(weights(second), uninterrupted)

    def test_ctrl_c_while_saving_leaves_no_half_file(self, tmp_path, uninterrupted, monkeypatch):
        def interrupted(path, data):
            monkeypatch.undo()
            path.open("wb").write(data[:99])
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setattr(Path, "write_bytes", interrupted)
        with pytest.raises(KeyboardInterrupt):
            painting().run(tmp_path)
        assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.safetensors"]
        second = painting()
        second.run(tmp_path)
        assert same(weights(second), uninterrupted)

    def test_ctrl_c_without_a_folder(self, tmp_path, uninterrupted, monkeypatch):
        monkeypatch.chdir(tmp_path)
        learner = painting(Paint(break_at=2, how=lambda: signal.raise_signal(signal.SIGINT)))
        with pytest.raises(KeyboardInterrupt):
            learner.run()
        assert learner.step == 2 and not list(tmp_path.iterdir())
        learner.task.break_at = None
        learner.run()
        assert same(weights(learner), uninterrupted)

    def test_after_kill_9(self, tmp_path, uninterrupted):
        code = (
            "import os, signal, sys, torch\n"
            f"torch.set_num_threads({torch.get_num_threads()})\n"
            f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
            "from pathlib import Path\n"
            "from test_learner import Paint, painting\n"
            "task = Paint(break_at=9, how=lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
            f"painting(task).run(Path({str(tmp_path)!r}))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        second = painting()
        steps = []
        second.run(tmp_path, on_progress=lambda step, *_: steps.append(step))
        assert steps == [9, 10, 11, 12] and same(weights(second), uninterrupted)
        lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
        assert [line["step"] for line in lines] == [4, 8, 12]

    def test_what_is_over_stays_over(self, tmp_path):
        options = plain(steps=100, validate_every=1, patience=1, average=0)
        Learner(Point(), None, Slope(scores=[1.0, 2.0]), options).run(tmp_path)
        again = Learner(Point(), None, Slope(), options)
        assert again.run(tmp_path)["steps"] == 2 and len(again.events) == 1
        assert again.use_best().w.item() == pytest.approx(-0.1, rel=1e-5)

    def test_steps_may_be_added(self, tmp_path):
        Learner(Point(), None, Slope(), plain(steps=3)).run(tmp_path)
        again = Learner(Point(), None, Slope(), plain(steps=5))
        again.run(tmp_path)
        assert again.network.w.item() == pytest.approx(-0.5, rel=1e-5)

    def test_log_holds_means_since_the_last_line(self, tmp_path):
        Learner(Point(), None, Slope(extra=[1.0, 2.0, 3.0, 4.0, 7.0]), plain(steps=5, checkpoint=2)).run(tmp_path)
        lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
        assert [(line["step"], line["extra"]) for line in lines] == [(2, 1.5), (4, 3.5), (5, 7.0)]

    def test_logs_every_twentieth_step_and_every_validation(self):
        seen = []
        options = plain(steps=41, validate_every=15)
        Learner(Point(), None, Slope(scores=[3.0, 2.0, 1.0]), options).run(
            log=lambda step, parts: seen.append((step, parts))
        )
        assert [step for step, _ in seen] == [15, 20, 30, 40, 41]
        assert seen[0][1]["validation/score"] == 3 and "validation/score" not in seen[1][1] and "slope" in seen[1][1]

    def test_a_full_disk_keeps_the_checkpoint_before(self, tmp_path):
        learner = painting()
        learner.run(tmp_path)
        before, (soft, hard) = (
            (tmp_path / "checkpoint.safetensors").read_bytes(),
            resource.getrlimit(resource.RLIMIT_FSIZE),
        )
        longer = painting(steps=20)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
            with pytest.raises(CapacityError, match="no room for"):
                longer.run(tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (tmp_path / "checkpoint.safetensors").read_bytes() == before
        assert {p.name for p in tmp_path.iterdir()} == {"checkpoint.safetensors", "log.jsonl"}

    def test_checkpoints_of_other_networks(self, tmp_path):
        painting().run(tmp_path)
        with pytest.raises(StyleError, match=r"does not fit this training .*delete it"):
            Learner(Point(), None, Slope(), plain()).run(tmp_path)


PARALLEL = """
import sys, torch, torch.distributed as dist
sys.path.insert(0, {tests!r})
from pathlib import Path
from safetensors.torch import save_file
from test_learner import *
torch.set_num_threads(1)
dist.init_process_group("gloo")
rank, out = dist.get_rank(), Path({out!r})
learner = apart(first=rank)
learner.run(out / "run")
facts = [learner.augment, learner.watch.most, float(learner.history[-1]["validation/score"]), learner.seconds]
made = {{m: getattr(learner, m).state_dict() for m in ("network", "critic", "average")}}
made = {{f"{{m}}.{{k}}": v for m, state in made.items() for k, v in state.items()}}
save_file({{**made, "facts": torch.tensor(facts, dtype=torch.float64)}}, out / f"rank{{rank}}")
one = Learner(Point(), None, Slope(extra=[0.0, math.nan if rank else 0.0, 0.0]), plain(steps=3, average=0))
one.run()
try:
    apart().resume(out / ("run" if rank else "elsewhere"))
    text = "resumed"
except LearningError as error:
    text = str(error)
(out / f"rank{{rank}}.json").write_text(json.dumps([one.rollbacks, one.network.w.item(), text]))
dist.destroy_process_group()
"""


class Both(Paint):
    """In one process, the batches of two."""

    def batch(self, rng, step):
        self.turn = not getattr(self, "turn", True)
        return super().batch(np.random.default_rng([0, int(self.turn), step]), step)


def apart(task=None, first=0, **options):
    """A learner for several processes; ``first`` chooses the first weights."""
    network, critic = painters(seed=first)
    given = {"steps": 6, "checkpoint": 4, "validate_every": 3, "augment_target": 0.1, "precision": "fp32"}
    return Learner(network, critic, task or Paint(), LearnerOptions(**given, **options))


def test_two_processes_equal_one_that_accumulates_both_batches(tmp_path):
    from safetensors.torch import load_file

    script = tmp_path / "train.py"
    script.write_text(PARALLEL.format(tests=str(Path(__file__).parent), out=str(tmp_path)))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (load_file(tmp_path / f"rank{rank}") for rank in (0, 1))
    assert all(torch.equal(v, second[k]) for k, v in first.items())
    alone = apart(Both(), accumulate=2)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the processes: sums in another order end in other last bits
    alone.run()
    torch.set_num_threads(threads)
    for name in ("network", "critic"):
        for key, value in getattr(alone, name).named_parameters():
            if key != "first.bias":  # the norm behind takes it away: its gradient is rounding, and Adam's step its sign
                assert torch.allclose(value, first[f"{name}.{key}"], atol=1e-4), key
    assert alone.augment == first["facts"][0] and alone.watch.most == pytest.approx(first["facts"][1].item(), rel=1e-5)
    assert alone.network.seldom.ne(0).all()
    results = [json.loads((tmp_path / f"rank{rank}.json").read_text()) for rank in (0, 1)]
    # A loss that is not finite in one process sends both back: 0.1, back, and 0.05 more.
    assert all(r[0] == 1 and r[1] == pytest.approx(-0.15, rel=1e-5) for r in results)
    assert all("where all of them see it" in r[2] for r in results)
