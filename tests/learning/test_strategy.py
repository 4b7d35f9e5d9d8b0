"""Schedules, averages, augmentation and the watch on spread, against closed forms."""

import math

import pytest
import torch
from torch import nn

from pinxit.errors import InputError, LearningError
from pinxit.learning.strategy import LearnerOptions, SpreadWatch, follow, not_finite, share_of_rate, steered, total


def shares(steps=(0, 25, 50, 75, 100), **options):
    made = LearnerOptions(steps=100, **{"warmup": 0, **options})
    return [share_of_rate(made, step) for step in steps]


def test_schedules_at_quarters():
    assert shares(schedule="constant") == [1, 1, 1, 1, 1]
    assert shares(schedule="linear") == [1, 1, 1, 0.5, 0]
    at_quarter = 0.02 + 0.49 * (1 + 1 / math.sqrt(2))  # cos 45 degrees
    assert shares(schedule="cosine") == pytest.approx([1, at_quarter, 0.51, 1.02 - at_quarter, 0.02])


def test_warm_up_rises_in_even_steps_and_then_lets_go():
    assert shares((0, 1, 2, 3, 4), schedule="constant", warmup=4) == [0.25, 0.5, 0.75, 1, 1]
    assert shares((74,), schedule="linear", warmup=100) == pytest.approx([0.52 * 0.75])


@pytest.mark.parametrize(("seconds", "share"), [(0, 0.8), (30, 0.8), (45, 0.5), (60, 0), (90, 0)])
def test_rate_follows_the_clock_where_that_is_ahead(seconds, share):
    options = LearnerOptions(steps=100, minutes=1, schedule="linear", warmup=0)
    assert share_of_rate(options, 60, seconds) == pytest.approx(share)


def test_rate_never_turns_back_beyond_the_end():
    for schedule, end in (("constant", 1), ("linear", 0), ("cosine", 0.02)):
        assert shares((150, 1000), schedule=schedule) == pytest.approx([end, end])


def test_average_is_the_weighted_sum_of_all_weights():
    network, average = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    network.bias.requires_grad_(False)
    values = [3.0, -1.0, 4.0, 1.5]
    for step, value in enumerate(values, 1):
        nn.init.constant_(network.weight, value)
        nn.init.constant_(network.bias, value)
        network.running_mean.fill_(value)
        follow(average, network, LearnerOptions(average=0.3), step)
    # Decays are 2/11 and 3/12; 4/13 and 5/14 are more than the 0.3 that was wanted. The average began at 1.
    kept = [2 / 11, 1 / 4, 0.3, 0.3]
    wanted = 1.0 * math.prod(kept)
    wanted += sum(v * (1 - kept[i]) * math.prod(kept[i + 1 :]) for i, v in enumerate(values))
    assert average.weight.item() == pytest.approx(wanted, rel=1e-6)
    assert average.bias.item() == 0 and average.running_mean.item() == 1.5


def test_augmentation_goes_up_while_too_sure_and_down_otherwise():
    assert steered(0.1, 0.7, 0.6) == pytest.approx(0.11)
    assert steered(0.1, 0.5, 0.6) == pytest.approx(0.09)
    assert steered(0.1, 0.6, 0.6) == 0.1
    assert steered(0.0, -1, 0.6) == 0 and steered(0.8, 1, 0.6) == 0.8


def test_collapse_is_twenty_low_steps_in_a_row():
    watch = SpreadWatch(0.2)
    assert not any(watch.collapsed(x) for x in [0.3, 1.0, *[0.19] * 19, 0.2, *[0.19] * 19])
    assert watch.collapsed(0.19)
    watch.forget()
    assert not any(watch.collapsed(0.19) for _ in range(30))


def test_collapse_is_judged_by_the_highest_spread_and_not_by_gaps():
    watch = SpreadWatch(0.5)
    found = [watch.collapsed(x) for x in [1.0, *[0.4] * 10, math.nan, *[0.4] * 10]]
    assert found.index(True) == len(found) - 1
    off = SpreadWatch(0)
    assert not any(off.collapsed(x) for x in [1.0, *[0.0] * 30])


def test_watched_figures_are_not_summed():
    w = torch.tensor(2.0, requires_grad=True)
    losses = {"a": 3 * w, "watch/b": torch.tensor(math.nan), "c": torch.tensor(1.0)}
    assert total(losses).item() == 7
    assert not_finite({"a": math.inf, "watch/b": math.nan, "c": 1.0, "d": math.nan}) == ["a", "d"]
    for nothing in ({}, {"watch/a": 3 * w}, {"c": torch.tensor(1.0)}):
        with pytest.raises(LearningError, match="no loss to minimize"):
            total(nothing)


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedule": "cosin"},
        {"precision": "fp16"},
        {"clock": "sun"},
        {"steps": -1},
        {"accumulate": 0},
        {"checkpoint": 0},
        {"rate": math.nan},
        {"minutes": math.inf},
        {"average": 1.0},
        {"collapse": 1.5},
    ],
)
def test_options_out_of_range(wrong):
    (name,) = wrong
    with pytest.raises(InputError, match=name):
        LearnerOptions(**wrong)
