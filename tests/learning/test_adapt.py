"""Adapting a painter to one hand: every policy, few and odd references, interrupts, and nothing kept without a gain."""

import copy
import math

import numpy as np
import pytest
import torch

from pinxit.errors import LearningError
from pinxit.learning import adapt as module
from pinxit.learning.adapt import AdaptedPainter, AdaptOptions, AdaptTask, adapt, choose, split
from pinxit.learning.checkpoint import NAME
from pinxit.learning.crops import CropBank
from pinxit.learning.texture_task import TextureWeights
from pinxit.networks.lora import POLICIES, RankBudget, apply_changes
from pinxit.networks.settling import cloud
from pinxit.networks.works import Works

RANDOM = np.random.default_rng(0)
REFERENCES = [RANDOM.integers(0, 256, (64, 64, 3), np.uint8) for _ in range(4)]
CONTENTS = [RANDOM.integers(0, 256, (48, 56, 3), np.uint8)]
CODE = torch.zeros(1, 8)
WORKS = Works(
    torch.rand(3, 50, 3, generator=torch.Generator().manual_seed(0)), torch.linspace(-0.1, 0.1, 5).expand(3, 2, 3, 5)
)


def options(policy="lora", **others):
    given = {"policy": policy, "minutes": 0, "steps": 4, "side": 32, "batch": 3, "rank": 2, "weights": TextureWeights()}
    return AdaptOptions(**given | others)


@pytest.fixture
def run(tiny):
    """Adapt the tiny painter, with defaults for everything."""

    def call(references=REFERENCES, settings=None, *, code=CODE, critic=tiny.critic, contents=CONTENTS, **others):
        settings = options() if settings is None else settings
        return adapt(tiny.painter.generator, code, references, contents, tiny.eye, critic, settings, WORKS, **others)

    return call


def score(tiny, found, settings, references=REFERENCES):
    """Held-out score of the shipped generator with what was found, measured anew."""
    generator = copy.deepcopy(tiny.painter.generator)
    apply_changes(generator, {k: torch.from_numpy(v.copy()) for k, v in found.adapter.items()})
    train, validation, _, _ = split(references)
    banks = [CropBank(pictures) for pictures in (CONTENTS, train, validation)]
    task = AdaptTask(*banks, tiny.eye, settings, tiny.painter.generator, WORKS)
    network = AdaptedPainter(generator, torch.from_numpy(found.code)[None], "code", 1)
    return task.validate(network.eval())["score"]


class TestEveryPolicy:
    @pytest.mark.parametrize("policy", POLICIES)
    def test_what_comes_back(self, run, tiny, policy):
        found = run(settings=options(policy))
        assert found.code.shape == (8,) and found.code.dtype == np.float32 and np.isfinite(found.code).all()
        assert found.steps == found.best == 4 and found.minutes >= 0 and found.events == ()
        assert found.after < found.before and math.isfinite(found.before)
        assert [h["step"] for h in found.history] == [4]
        assert found.history[0]["validation/score"] == found.after
        assert not np.array_equal(found.code, CODE[0].numpy())
        for key, value in found.adapter.items():
            assert value.dtype == np.float32 and np.isfinite(value).all(), key
        kinds = {key.rsplit(".", 1)[1] for key in found.adapter}
        assert kinds == {"code": set(), "head": {"whole"}, "full": {"whole"}}.get(policy, {"up", "down"})

    @pytest.mark.parametrize("policy", POLICIES)
    def test_what_comes_back_is_what_was_scored(self, run, tiny, policy):
        settings = options(policy, rate=0.2 if policy == "code" else 0.01)
        found = run(settings=settings)
        assert score(tiny, found, settings) == pytest.approx(found.after, rel=1e-5)
        assert found.after < (1 - 1e-3) * found.before

    def test_the_networks_that_came_stay_as_they_are(self, run, tiny):
        networks = (tiny.painter, tiny.critic, tiny.eye)
        before = [copy.deepcopy(n.state_dict()) for n in networks]
        run(settings=options("full", rate=0.01))
        for network, state in zip(networks, before, strict=True):
            assert all(torch.equal(state[k], v) for k, v in network.state_dict().items())
            assert not any(p.requires_grad for p in network.parameters()) and not network.training

    def test_the_discriminator_learns_all_but_its_first_layers(self, run, monkeypatch):
        kept = []

        class Watched(module.Learner):
            def __init__(self, network, critic, task, settings):
                super().__init__(network, critic, task, settings)
                kept.append((critic, copy.deepcopy(dict(critic.named_parameters()))))

        monkeypatch.setattr(module, "Learner", Watched)
        run()
        ((critic, before),) = kept
        moved = {name for name, p in critic.named_parameters() if not torch.equal(p, before[name])}
        assert critic.training, "spectral norms follow"
        assert moved and not any(name.startswith(f"bodies.{i}.{j}.") for name in moved for i in (0, 1) for j in (0, 2))

    def test_without_a_discriminator(self, run):
        assert run(critic=None).best == 4

    def test_ranks_close_where_they_matter_least(self, run, tiny, monkeypatch):
        everything = sum(v.shape[1] for k, v in run().adapter.items() if k.endswith(".up"))
        monkeypatch.setattr(module, "RankBudget", lambda n, **_: RankBudget(n, keep=0.5, start=1, end=3))
        settings = options("adaptive-rank", rate=0.01)
        found = run(settings=settings)
        assert found.best == 4
        assert sum(v.shape[1] for k, v in found.adapter.items() if k.endswith(".up")) == round(everything / 2)
        assert score(tiny, found, settings) == pytest.approx(found.after, rel=1e-4)

    def test_what_other_hands_lose_counts(self, tiny):
        settings = options("full")
        task = AdaptTask(*(CropBank(REFERENCES),) * 3, tiny.eye, settings, tiny.painter.generator, WORKS)
        network = AdaptedPainter(copy.deepcopy(tiny.painter.generator), CODE, "full", 2)
        batch = task.batch(np.random.default_rng(1), 0)
        assert task._forgetting(network.generator, batch).item() == 0
        with torch.no_grad():
            network.generator.stem.bias += 0.5
        assert task._forgetting(network.generator, batch).item() > 0.01


class TestLosses:
    def task(self, tiny, **others):
        given = options(**others)
        return AdaptTask(*(CropBank(REFERENCES),) * 3, tiny.eye, given, tiny.painter.generator, WORKS)

    @pytest.mark.parametrize(
        ("kind", "real", "fake"), [("softplus", 0.0, 0.0), ("hinge", 3.0, -3.0), ("lsgan", 1.0, 0.0)]
    )
    def test_the_kind_of_the_adversarial_loss(self, tiny, kind, real, fake):
        task = self.task(tiny, adversarial=kind)
        batch = task.batch(np.random.default_rng(0), 0)
        batch.facts = {"result": batch.content, "code": torch.zeros(3, 8)}

        class Sure(torch.nn.Module):
            """Gives the one answer to references and the other to everything else."""

            def forward(self, pixels, code):
                known = torch.equal(pixels, batch.reference)
                return [torch.full((len(pixels), 1, 2, 2), real if known else fake)], []

        parts, _ = task.critic_losses(Sure(), batch, penalty=False, augment=0.0)
        # Answers beyond the margin cost a hinge nothing, exact ones cost least squares nothing; at 0 softplus is log 2.
        assert parts["critic/adversarial"].item() == pytest.approx(
            2 * math.log(2) if kind == "softplus" else 0, abs=1e-6
        )

    def test_works_that_suit_are_looked_for_once_a_step(self, tiny, monkeypatch):
        asked = []
        suited = Works.suited
        monkeypatch.setattr(Works, "suited", lambda self, colours: asked.append(1) or suited(self, colours))
        task = self.task(tiny)
        network = AdaptedPainter(copy.deepcopy(tiny.painter.generator), CODE, "code", 2)
        rng = np.random.default_rng(2)
        for steps in (1, 2):
            batch = task.batch(rng, 0)
            first = task.settling(batch, network(batch.matched, torch.zeros(3, 1))[0].detach())
            assert len(asked) == 3 * steps, "once for each of three pictures"
            wanted = [suited(WORKS, colours)[1] for colours in cloud(batch.content)]
            assert torch.equal(first.wanted, torch.stack(wanted))

    def test_steady_strokes_are_a_loss_of_their_own(self, tiny):
        network = AdaptedPainter(copy.deepcopy(tiny.painter.generator), CODE, "full", 2)
        seen = {0.0: [], 1.0: [], 3.0: []}
        for weight, found in seen.items():
            task = self.task(tiny, side=64, weights=TextureWeights(temporal=weight))
            for seed in range(6):
                parts = task.generator_losses(network, None, task.batch(np.random.default_rng(seed), 0))
                found.append(parts["temporal"].item() if "temporal" in parts else 0.0)
        assert not any(seen[0.0]) and 0 < np.count_nonzero(seen[1.0]) < 6, "at about half of the steps"
        assert seen[3.0] == pytest.approx([3 * value for value in seen[1.0]], rel=1e-4)


class TestNothingIsKeptWithoutAGain:
    @pytest.mark.parametrize("policy", POLICIES)
    def test_worse_scores_keep_what_is_shipped(self, run, monkeypatch, policy):
        scores = iter(range(1, 100))
        monkeypatch.setattr(AdaptTask, "validate", lambda self, network: {"score": float(next(scores))})
        code = torch.randn(1, 8, generator=torch.Generator().manual_seed(1))
        found = run(settings=options(policy), code=code)
        assert found.adapter == {} and np.array_equal(found.code, code[0].numpy())
        assert (found.best, found.before, found.after) == (0, 1.0, 1.0) and found.steps == 4

    def test_the_best_step_is_kept_and_not_the_last(self, run, monkeypatch):
        codes, scores = [], iter([9.0, 3.0, 5.0, 6.0])

        def validate(self, network):
            codes.append(network.encoder.code.detach().clone()[0])
            return {"score": next(scores)}

        monkeypatch.setattr(AdaptTask, "validate", validate)
        found = run(settings=options("code", steps=30))
        assert (found.best, found.steps, found.before, found.after) == (10, 30, 9.0, 3.0)
        assert np.array_equal(found.code, codes[1].numpy()) and not np.array_equal(found.code, codes[3].numpy())

    def test_minutes_that_end_before_the_first_validation(self, run, tiny):
        settings = options("head", minutes=1e-9, steps=100, rate=0.05)
        found = run(settings=settings)
        assert (found.steps, found.best) == (1, 1) and found.after < found.before and found.adapter
        assert score(tiny, found, settings) == pytest.approx(found.after, rel=1e-4)
        assert "minutes are over" in found.events[0]


class TestReferences:
    @pytest.mark.parametrize("count", range(6, 20))
    def test_every_sixth_validates_and_every_sixth_tests(self, count):
        names = [np.full((3, 3, 3), i, np.uint8) for i in range(count)]
        *three, parts = split(names)
        train, validation, test = ([int(a[0, 0, 0]) for a in part] for part in three)
        assert sorted(train + validation + test) == list(range(count))
        assert validation == list(range(2, count, 6)) and test == list(range(5, count, 6))
        for part, numbers in (("train", train), ("validation", validation), ("test", test)):
            assert [i for i, p in enumerate(parts) if p == part] == numbers

    @pytest.mark.parametrize("count", [1, 2, 5])
    @pytest.mark.parametrize("upright", [False, True])
    def test_few_are_cut_along_their_longer_side(self, count, upright):
        references = [RANDOM.integers(0, 256, (72, 40, 3) if upright else (40, 72, 3), np.uint8) for _ in range(count)]
        *three, parts = split(references)
        axis = 0 if upright else 1
        assert parts == ("cut",) * count
        for whole, *pieces in zip(references, *three, strict=True):
            assert np.array_equal(np.concatenate(pieces, axis), whole)
            assert [piece.shape[axis] for piece in pieces] == [36, 18, 18]

    def test_what_is_reported_is_the_test_references(self, run, tiny):
        found = run(references=REFERENCES, settings=options())
        train, validation, test, _ = split(REFERENCES)
        banks = [CropBank(pictures) for pictures in (CONTENTS, train, validation)]
        task = AdaptTask(*banks, tiny.eye, options(), tiny.painter.generator, WORKS)
        plain = AdaptedPainter(copy.deepcopy(tiny.painter.generator), CODE, "code", 1).eval()
        assert dict(found.untrained) == pytest.approx(task.compare(plain, CropBank(test)))
        assert set(found.tested) == {"ssim", "colour", "texture", "spread", "score"} and found.parts == ("cut",) * 4
        assert found.untrained["score"] != found.before and found.tested != found.untrained

    @pytest.mark.parametrize(
        "sizes",
        [
            [(64, 64)],
            [(20, 24)],
            [(8, 3)],
            [(3, 200)],
            [(40, 300), (300, 40)],
            [(16, 16), (200, 90), (33, 64), (64, 33)],
        ],
        ids=str,
    )
    def test_few_small_and_mixed_ones(self, run, sizes):
        found = run([RANDOM.integers(0, 256, (*size, 3), np.uint8) for size in sizes])
        assert found.steps == 4 and np.isfinite(found.code).all() and found.after <= found.before

    def test_small_contents(self, run):
        assert run(contents=[np.zeros((5, 7, 3), np.uint8), RANDOM.integers(0, 256, (90, 12, 3), np.uint8)]).steps == 4

    def test_too_narrow_to_cut(self, run):
        for side in (1, 3):
            with pytest.raises(LearningError, match="smaller than 4 pixels"):
                run([REFERENCES[0][:side, :side]])

    def test_none(self, run):
        with pytest.raises(LearningError, match="no picture"):
            run([])
        with pytest.raises(LearningError, match="no picture"):
            run(contents=[])


class TestRunning:
    def test_same_seed_same_result(self, run):
        first, again, other = (run(settings=options(seed=seed)) for seed in (3, 3, 4))
        assert np.array_equal(first.code, again.code) and first.after == again.after
        assert all(np.array_equal(first.adapter[k], again.adapter[k]) for k in first.adapter)
        assert not np.array_equal(first.code, other.code)

    def test_the_random_numbers_of_others_are_left_alone(self, run):
        torch.manual_seed(8)
        wanted = torch.rand(3)
        torch.manual_seed(8)
        run(settings=options(seed=5))
        assert torch.equal(torch.rand(3), wanted)

    def test_progress(self, run):
        seen = []
        run(on_progress=lambda *values: seen.append(values))
        assert [(done, total) for done, total, _ in seen] == [(1, 4), (2, 4), (3, 4), (4, 4)]
        assert all("style" in text for *_, text in seen)

    def test_an_interrupt_leaves_no_file(self, run, tmp_path, monkeypatch):
        def stop(done, *_):
            if done == 2:
                raise KeyboardInterrupt

        monkeypatch.chdir(tmp_path)
        with pytest.raises(KeyboardInterrupt):
            run(on_progress=stop)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("policy", POLICIES)
    def test_an_interrupted_one_goes_on_where_a_folder_was_given(self, run, tmp_path, monkeypatch, policy):
        def stop(done, *_):
            if done == 3:
                raise KeyboardInterrupt

        monkeypatch.setattr(module, "RankBudget", lambda n, **_: RankBudget(n, keep=0.5, start=1, end=6))
        settings = options(policy, steps=6)
        with pytest.raises(KeyboardInterrupt):
            run(settings=settings, folder=tmp_path, on_progress=stop)
        assert (tmp_path / NAME).exists()
        seen = []
        resumed = run(settings=settings, folder=tmp_path, on_progress=lambda done, *_: seen.append(done))
        whole = run(settings=settings)
        assert seen == [4, 5, 6] and np.array_equal(resumed.code, whole.code)
        assert resumed.adapter.keys() == whole.adapter.keys() and resumed.after == whole.after
        assert all(np.array_equal(resumed.adapter[k], whole.adapter[k]) for k in whole.adapter)

    def test_losses_that_are_not_finite(self, run):
        with pytest.raises(LearningError, match="not finite"):
            run(code=torch.full((1, 8), math.nan), settings=options("full", steps=20))


class TestOptions:
    def test_rate(self):
        assert [AdaptOptions(policy=p, rate=0.3).learning_rate for p in POLICIES] == [0.3] * 5
        rates = {p: AdaptOptions(policy=p).learning_rate for p in POLICIES}
        assert rates["code"] > rates["lora"] == rates["adaptive-rank"] > rates["head"] > rates["full"] > 0

    @pytest.mark.parametrize(
        ("count", "minutes", "policy"),
        [(1, 2, "lora"), (1, 60, "lora"), (5, 2, "lora"), (7, 60, "lora"), (8, 3.9, "lora"), (8, 4, "adaptive-rank")],
    )
    def test_choice(self, count, minutes, policy):
        found = choose(count, minutes)
        assert found.policy == policy and found.minutes == minutes
        assert found.rank == (4 if count == 1 else 16 if policy == "adaptive-rank" else 8)

    def test_more_minutes_more_steps(self):
        steps = [choose(5, minutes).steps for minutes in (0.01, 0.1, 2, 10)]
        assert steps[0] == steps[1] == 40 and steps[1] < steps[2] < steps[3]
