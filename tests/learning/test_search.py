"""Searching for settings: never worse than the default ones, gone on with after a stop, honest about what was seen."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from skimage import data

from pinxit.errors import CapacityError, LearningError, MissingExtraError, StyleError
from pinxit.learning import search as module
from pinxit.learning.adapt import Adapted, choose, split
from pinxit.learning.adapt_task import SIDE, WEIGHTS, AdaptOptions, AdaptTask
from pinxit.learning.crops import CropBank
from pinxit.learning.search import SEARCH, TRIAL, searched_texture
from pinxit.learning.search_space import WEIGHED, parameters_of, quiet_optuna, settings_of, suggested
from pinxit.learning.texture import figures_of, read_texture
from pinxit.networks.lora import POLICIES
from pinxit.networks.works import Works

CELLS = data.immunohistochemistry()
DRAWN = [np.ascontiguousarray(CELLS[i : i + 96 : 2, 100:228:2]) for i in range(0, 500, 100)]
CONTENTS = [np.ascontiguousarray(data.coffee()[:120:2, :160:2])]
DEFAULTS = AdaptOptions(minutes=10.0, steps=1000)


@pytest.fixture
def texture(tiny):
    return read_texture(DRAWN, tiny.painter, tiny.eye, tiny.version)


class Workshop:
    """Adapting without a network: a clock, and a score that depends on the settings in a known way."""

    def __init__(self):
        self.clock, self.calls, self.stop_at = 0.0, [], None
        self.bad = lambda options: False

    def score(self, options, minutes):
        """Lower is better; best at a third of the default rate for the discriminator, and with time."""
        return abs(np.log(options.critic_rate / 4e-4) + np.log(3)) + 1 / (1 + minutes)

    def adapt(self, texture, arrays, contents, options, *, liking=None, folder=None, on_progress=None, log=None):
        self.calls.append((options, texture.code[0], folder))
        if self.stop_at == len(self.calls):
            raise KeyboardInterrupt
        if self.bad(options):
            raise LearningError("losses are not finite")
        before, final = 5.0, folder is not None
        for tenth in range(1, 11):
            self.clock += 6 * options.minutes
            if log and tenth % 2 == 0:
                log(tenth, {"validation/score": self.score(options, tenth / 10 * options.minutes)})
            if on_progress:
                on_progress(tenth, 10, "painting")
        after = self.score(options, options.minutes) - (1.0 if final else 0.0)
        code = np.full_like(texture.code, texture.code[0] + 1)
        found = Adapted(
            code=code, adapter={}, before=before, after=after, steps=options.steps, best=7, minutes=options.minutes,
            history=({"step": 7, "seconds": 1.0, "validation/score": after},), events=("told",), parts=("cut",) * 5,
            untrained={"score": 9.0}, tested={"score": after + 1},
        )  # fmt: skip
        return replace(texture, code=code), found


@pytest.fixture
def workshop(monkeypatch):
    shop = Workshop()
    monkeypatch.setattr(module, "adapted_texture", shop.adapt)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: shop.clock))
    return shop


class TestSpace:
    @pytest.mark.parametrize(("count", "minutes"), [(1, 2.0), (5, 2.0), (20, 10.0)])
    def test_the_first_settings_are_the_defaults(self, count, minutes):
        defaults = choose(count, minutes)
        with quiet_optuna() as optuna:
            found = suggested(optuna.trial.FixedTrial(parameters_of(defaults)), defaults)
        assert found == replace(defaults, rate=defaults.learning_rate)

    def test_what_is_varied(self):
        other = parameters_of(DEFAULTS) | {"policy": "full", "rate": 2.0, "texture": 0.5, "rank": 3, "side": 96}
        with quiet_optuna() as optuna:
            found = suggested(optuna.trial.FixedTrial(other), replace(DEFAULTS, rate=0.1))
        assert found.learning_rate == 2 * AdaptOptions(policy="full").learning_rate
        assert found.weights == replace(WEIGHTS, texture=WEIGHTS.texture / 2)
        assert (found.rank, found.side, found.batch) == (3, 96, DEFAULTS.batch)
        told = settings_of(found)
        assert set(told) == {"policy", "rank", "side", "batch", "rate", "critic_rate", *WEIGHED}
        assert told["texture"] == WEIGHTS.texture / 2

    def test_one_yardstick_for_all_settings(self, tiny, texture):
        train, validation, _, _ = split(DRAWN)
        works = Works(torch.from_numpy(texture.palettes.copy()), torch.from_numpy(texture.bands.copy()))
        scores = []
        for options in (
            AdaptOptions(),
            AdaptOptions(side=64, weights=replace(WEIGHTS, structure=5.0, texture=0.1, adversarial=0.0, moments=9.0)),
        ):
            banks = [CropBank(pictures) for pictures in (CONTENTS, train, validation)]
            task = AdaptTask(*banks, tiny.eye, options, tiny.painter.generator, works)
            figures = task.validate(tiny.painter)
            scores.append(figures["score"])
        w = WEIGHTS
        wanted = w.colour * figures["colour"] + w.texture * figures["texture"] + w.structure * (1 - figures["ssim"])
        assert scores == pytest.approx([wanted] * 2) and AdaptOptions().side == SIDE


class TestSearch:
    def test_better_settings_are_found_and_gone_on_with(self, workshop, texture):
        seen = []
        defaults = replace(DEFAULTS, minutes=60.0)
        found, adapted, told = searched_texture(
            texture, DRAWN, CONTENTS, defaults, on_progress=lambda *v: seen.append(v)
        )
        first, *_, last = (options for options, *_ in workshop.calls)
        assert first == replace(defaults, minutes=6.0, steps=100, rate=defaults.learning_rate)
        assert told.default == pytest.approx(np.log(3) + 1 / 7) and told.found < told.default
        best = min((o for o, *_ in workshop.calls[:-1]), key=lambda o: workshop.score(o, 6.0))
        assert told.found == pytest.approx(workshop.score(best, 6.0)) and told.settings == settings_of(best)
        assert last == replace(best, minutes=last.minutes, steps=last.steps)
        # A tenth of the time for each trial that was not given up, four tenths or more to go on; all in the hour.
        assert told.trials + told.pruned == len(workshop.calls) - 1 and told.trials >= 4 and told.minutes == 6
        assert 0.4 * 60 <= last.minutes < 0.5 * 60 and workshop.clock == pytest.approx(3600)
        assert found.code[0] == texture.code[0] + 2
        assert adapted.after == pytest.approx(workshop.score(best, last.minutes) - 1)
        assert (adapted.before, adapted.untrained) == (5.0, {"score": 9.0})
        assert (adapted.steps, adapted.best) == (100 + last.steps, 107) and adapted.minutes == pytest.approx(60)
        assert [h["step"] for h in adapted.history] == [7, 107]
        assert told.tested_default["score"] == told.default + 1 and told.tested_found["score"] == told.found + 1
        assert all(total == 3600 for _, total, _ in seen)
        assert [done for done, *_ in seen] == sorted(done for done, *_ in seen) and "going on" in seen[-1][2]

    def test_what_falls_behind_is_given_up(self, workshop, texture):
        _, _, told = searched_texture(texture, DRAWN, CONTENTS, replace(DEFAULTS, minutes=60.0, seed=1))
        assert told.pruned and len(workshop.calls) - 1 > SEARCH / TRIAL

    def test_what_mattered(self, workshop, texture, monkeypatch):
        monkeypatch.setattr(module, "SEARCH", 1.5)
        _, _, told = searched_texture(texture, DRAWN, CONTENTS, replace(DEFAULTS, minutes=60.0))
        assert max(told.mattered, key=told.mattered.get) == "critic_rate"
        assert sum(told.mattered.values()) == pytest.approx(1, abs=0.01)

    def test_of_few_trials_nothing_is_said(self, workshop, texture, monkeypatch):
        monkeypatch.setattr(module, "SEARCH", 2.5 * TRIAL)
        _, _, told = searched_texture(texture, DRAWN, CONTENTS, DEFAULTS)
        assert told.trials == 2 and told.mattered == {}

    def test_ties_go_to_the_defaults(self, workshop, texture):
        workshop.score = lambda options, minutes: 5.0
        _, _, told = searched_texture(texture, DRAWN, CONTENTS, DEFAULTS)
        assert told.settings == settings_of(DEFAULTS) and told.found == told.default and told.mattered == {}

    def test_settings_that_fail_are_passed_over(self, workshop, texture):
        workshop.bad = lambda options: options.policy != "lora"
        _, _, told = searched_texture(texture, DRAWN, CONTENTS, DEFAULTS)
        assert told.failed and told.trials and told.settings["policy"] == "lora"

    def test_defaults_that_fail_end_it(self, workshop, texture):
        workshop.bad = lambda options: True
        with pytest.raises(LearningError, match="not finite"):
            searched_texture(texture, DRAWN, CONTENTS, DEFAULTS)

    def test_same_seed_same_search(self, workshop, texture):
        rates = []
        for seed in (3, 3, 4):
            workshop.calls.clear()
            searched_texture(texture, DRAWN, CONTENTS, replace(DEFAULTS, seed=seed))
            rates.append([options.critic_rate for options, *_ in workshop.calls])
        assert rates[0] == rates[1] and rates[1][1:4] != rates[2][1:4]

    def test_with_networks(self, tiny, texture, tmp_path, monkeypatch):
        monkeypatch.setattr("pinxit.learning.adapt_task.SIDE", 32)
        monkeypatch.setattr(module, "SEARCH", 2 * TRIAL)
        defaults = replace(choose(5, 0.02), batch=3)
        found, adapted, told = searched_texture(texture, DRAWN, CONTENTS, defaults, folder=tmp_path / "x")
        assert adapted.after <= told.found <= told.default <= adapted.before
        assert found.code.shape == (8,) and adapted.parts == ("cut",) * 5 and told.settings["policy"] in POLICIES
        assert set(told.tested_default) == set(told.tested_found) == {"ssim", "colour", "texture", "spread", "score"}
        assert (tmp_path / "x" / "study.sqlite").exists()
        validated, tested = figures_of(found, DRAWN, CONTENTS, defaults)
        assert validated["score"] == pytest.approx(adapted.after, rel=1e-4) and tested == pytest.approx(
            adapted.tested, rel=1e-3
        )


class TestGoingOn:
    @pytest.mark.parametrize("stop_at", [1, 2, 4])
    def test_after_a_stop(self, workshop, texture, tmp_path, stop_at):
        place = tmp_path / "a b?#%é"
        workshop.stop_at = stop_at
        with pytest.raises(KeyboardInterrupt):
            searched_texture(texture, DRAWN, CONTENTS, DEFAULTS, folder=place)
        before = list(workshop.calls)
        _, _, told = searched_texture(texture, DRAWN, CONTENTS, DEFAULTS, folder=place)
        rates = [options.critic_rate for options, *_ in workshop.calls[:-1]]
        assert rates.count(DEFAULTS.critic_rate) == (2 if stop_at == 1 else 1), "the defaults are tried once"
        assert len(set(rates)) >= len(rates) - 1, "no settings come twice"
        assert told.failed == 1 and told.trials + told.pruned + 1 == len(workshop.calls) - 1 >= len(before)
        assert workshop.clock == pytest.approx(600)

    def test_in_the_last_part(self, workshop, texture, tmp_path):
        _, whole, _ = searched_texture(texture, DRAWN, CONTENTS, DEFAULTS)
        count = len(workshop.calls)
        workshop.stop_at = 2 * count
        with pytest.raises(KeyboardInterrupt):
            searched_texture(texture, DRAWN, CONTENTS, DEFAULTS, folder=tmp_path)
        _, again, told = searched_texture(texture, DRAWN, CONTENTS, DEFAULTS, folder=tmp_path)
        assert len(workshop.calls) == 2 * count + 1 and again.after == whole.after and told.failed == 0
        last, stopped = workshop.calls[-1], workshop.calls[-2]
        assert last[2] == stopped[2] == tmp_path / "final" and last[0] == stopped[0], "its checkpoint fits"

    def test_nothing_is_left_without_a_folder(self, workshop, texture, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        searched_texture(texture, DRAWN, CONTENTS, DEFAULTS)
        assert list(tmp_path.iterdir()) == []

    def test_damaged(self, workshop, texture, tmp_path):
        (tmp_path / "study.sqlite").write_bytes(b"no database" * 100)
        with pytest.raises(StyleError, match="delete it to begin anew"):
            searched_texture(texture, DRAWN, CONTENTS, DEFAULTS, folder=tmp_path)

    def test_no_room(self, workshop, texture, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(CapacityError):
            searched_texture(texture, DRAWN, CONTENTS, DEFAULTS, folder=tmp_path / "file" / "x")

    def test_without_optuna(self, workshop, texture, monkeypatch):
        monkeypatch.setitem(sys.modules, "optuna", None)
        with pytest.raises(MissingExtraError, match=r"pinxit\[personal\]"):
            searched_texture(texture, DRAWN, CONTENTS, DEFAULTS)

    def test_the_log_level_of_optuna_comes_back(self, workshop, texture):
        import optuna

        before = optuna.logging.get_verbosity()
        searched_texture(texture, DRAWN, CONTENTS, DEFAULTS)
        assert optuna.logging.get_verbosity() == before
