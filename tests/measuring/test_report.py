"""Reports: never a bare number, honest intervals."""

import json

import numpy as np
import pytest
from scipy import stats

from pinxit.errors import InputError, MissingExtraError
from pinxit.measuring.report import Measured, Report, bootstrap_spread, mean_of, measured, student_quantile

SHARE = Measured("kept", "share-1", "what is kept: 1 all", 1.0, (0.0, 1.0))


def test_a_figure_names_its_protocol():
    report = Report((measured([SHARE], lambda: [0.25])[0], Measured("far", "metres-2", "how far", value=0.0012)))
    assert report["kept"].protocol == "share-1" and report["kept"].value == 0.25
    lines = str(report).split("\n")
    assert lines[0].split() == ["figure", "value", "95", "%", "interval", "untouched", "protocol", "meaning"]
    assert lines[1].split() == ["kept", "0.250", "1.000", "share-1", "what", "is", "kept:", "1", "all"]
    assert "0.0012" in lines[2]
    told = json.loads(json.dumps(report.to_dict()))
    assert told["pairs"] == 1 and list(told["figures"]) == ["kept", "far"]
    assert told["figures"]["kept"] == {
        "protocol": "share-1", "meaning": "what is kept: 1 all", "untouched": 1.0, "value": 0.25, "low": None,
        "high": None, "note": "",
    }  # fmt: skip
    with pytest.raises(InputError, match=r"'lost'.*kept, far"):
        report["lost"]


def test_what_cannot_be_measured_says_why():
    def fail():
        raise MissingExtraError("scikit-image", "personal")

    figure = measured([SHARE], fail)[0]
    assert figure.value is None and "pinxit[personal]" in figure.note
    assert "1.000      share-1   not measured: scikit-image is not installed" in str(Report((figure,)))
    with pytest.raises(ZeroDivisionError):
        measured([SHARE], lambda: [1 / 0])  # a bug is no reason


def test_means_of_pairs():
    each = [measured([SHARE], lambda value=value: [value])[0] for value in (0.2, 0.3, 0.7)]
    mean = mean_of(each)
    half = stats.t.ppf(0.975, 2) * stats.sem([0.2, 0.3, 0.7])
    assert mean.value == pytest.approx(0.4) and mean.high == pytest.approx(0.4 + half, rel=0.1)
    assert mean.low == 0.0  # no share is below it
    lost = measured([SHARE], lambda: (_ for _ in ()).throw(InputError("no face")))[0]
    some = mean_of([lost, *each])
    assert some.value == mean.value and some.note == "of 3 of 4 pairs; others: no face"
    one = mean_of([lost, each[0]])
    assert one.value == 0.2 and one.low is one.high is None
    assert mean_of([lost, lost]) == lost


@pytest.mark.parametrize("freedom", [1, 2, 3, 9, 40, 500])
def test_quantiles_of_student(freedom):
    assert student_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-4)


@pytest.mark.parametrize("count", [2, 4, 12])
def test_intervals_cover_what_they_say(count):
    rng, hits, trials = np.random.default_rng(count), 0, 120
    for trial in range(trials):
        values = rng.normal(3.0, 2.0, count)
        spread = bootstrap_spread(lambda drawn, v=values: v[drawn[0]].mean(), [count], draws=80, seed=trial)
        hits += abs(values.mean() - 3.0) <= spread
    assert 0.89 <= hits / trials <= 0.995  # 95 % is wanted; three standard errors are 6 %


def test_intervals_of_a_difference_of_two_sets():
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, 200), rng.normal(0, 3, 300)
    spread = bootstrap_spread(lambda drawn: x[drawn[0]].mean() - y[drawn[1]].mean(), [200, 300])
    assert spread == pytest.approx(1.96 * np.sqrt(x.var() / 200 + y.var() / 300), rel=0.1)


def test_a_set_of_one_has_no_interval():
    with pytest.raises(InputError, match=r"a set of 1 came.*2 pictures or more"):
        bootstrap_spread(lambda drawn: 0.0, [5, 1])
