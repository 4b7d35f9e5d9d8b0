"""The race of questions: targets on few users, and a report that can be read."""

import json

import numpy as np
import pytest

from pinxit.learning.dial_space import DialSpace
from pinxit.personal.preference_race import ASKED, DEFAULT, RANDOM, PreferenceRace, race_preferences


@pytest.fixture(scope="module")
def report():
    race = PreferenceRace(users=8, ratings=(4, 16), kinds=("linear", "nonlinear", "noisy 15 %"), seed=3)
    return race_preferences(DialSpace.of(texture=False), race)


def test_targets(report):
    """Of a style without strokes; the figures of docs/benchmarks.md are of more dials and users."""
    assert report.accuracy["linear", ASKED, 16].mean() > 0.8
    assert report.accuracy["nonlinear", ASKED, 16].mean() > 0.8
    assert report.accuracy["noisy 15 %", ASKED, 16].mean() > 0.7
    assert report.accuracy["linear", ASKED, 16].mean() > report.accuracy["linear", ASKED, 4].mean()
    assert report.regret["linear", ASKED, 16].mean() < 0.5 * report.regret["linear", DEFAULT, 16].mean()


def test_rivals(report):
    assert abs(report.accuracy["linear", DEFAULT, 16].mean() - 0.5) < 0.06
    assert report.accuracy["linear", ASKED, 16].mean() > report.accuracy["linear", RANDOM, 16].mean()
    np.testing.assert_array_equal(
        report.accuracy["linear", DEFAULT, 4], report.accuracy["linear", DEFAULT, 16]
    )  # who learns nothing does not get better


def test_report(report):
    told = json.loads(json.dumps(report.to_dict()))
    assert len(told["rows"]) == 3 * 3 * 2 and told["protocol"]["users"] == 8
    row = told["rows"][0]
    assert row["accuracy"]["low"] <= row["accuracy"]["mean"] <= row["accuracy"]["high"]
    assert set(told["stops"]) == {"linear", "nonlinear", "noisy 15 %"} and "noisy 15 %" in str(report)
    assert "95 % intervals" in str(report)
