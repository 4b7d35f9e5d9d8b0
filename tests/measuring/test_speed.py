"""The speed report in miniature: what it holds, and what it says of missing parts. Times are not judged here."""

import json
import sys

import numpy as np
import pytest

from pinxit.errors import CapacityError
from pinxit.measuring import tone_race as race
from pinxit.measuring.speed import large_photo, measure_speed, said, speed_report
from pinxit.measuring.tone_race import synthetic_photo, tone_race

COPY = "import shutil, sys; kept = bytearray(200_000_000); shutil.copy(*sys.argv[1:])"


def test_report_holds_everything_and_is_json():
    asked, told = [], []
    report = measure_speed(
        learn=lambda photos, refine: asked.append((len(photos), all(p.is_file() for p in photos), refine)),
        transfer=lambda source, target: [sys.executable, "-c", COPY, str(source), str(target)],
        runs=2,
        megapixels=0.05,
        photo_megapixels=0.01,
        large_megapixels=0.05,
        on_progress=lambda *arguments: told.append(arguments),
    )
    values = json.loads(json.dumps(report.to_dict()))
    assert set(asked) == {(10, True, False), (10, True, True)}
    assert values["tone"]["pinxit"]["runs"] == 2
    assert values["tone"]["pinxit"]["min"] <= values["tone"]["pinxit"]["median"] <= values["tone"]["pinxit"]["max"]
    assert values["large photo"]["written"] and 0.2 <= values["large photo"]["peak GB"] < 0.4
    assert values["import pinxit"]["median"] < values["pinxit --help"]["median"]
    assert values["targets"]["learning under 60 s"] is True
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4, 5]
    assert "large photo, peak GB" in str(report)


def test_what_is_not_there_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    report = speed_report(runs=1, megapixels=0.01)
    assert "pip install" in report["tone"]["ffmpeg lut3d tetrahedral"]["missing"]
    assert report["tone"]["ratios"].keys() == {"pinxit / pillow Color3DLUT"}
    assert report["learning"]["missing"] and report["targets"]["learning under 60 s"] is None
    assert report["targets"]["tone no slower than ffmpeg lut3d"] is None


def test_all_three_do_the_same():
    pytest.importorskip("av")
    report = tone_race(0.1, 1)
    assert max(report["largest difference, 8-bit levels"].values()) <= 1


def test_a_command_that_fails_says_so(tmp_path):
    with pytest.raises(CapacityError, match="boom"):
        said([sys.executable, "-c", "raise SystemExit('boom')"])
    with pytest.raises(CapacityError):
        large_photo(lambda source, target: [sys.executable, "-c", "raise SystemExit(3)"], tmp_path, 0.01)


def test_photo_is_like_a_photo():
    photo = synthetic_photo(0.06, seed=1)
    assert photo.shape == (200, 300, 3) and photo.dtype == np.uint8
    assert np.array_equal(photo, synthetic_photo(0.06, seed=1))
    assert race.spread([3.0, 1.0, 2.0]) == {"median": 2.0, "min": 1.0, "max": 3.0, "runs": 3}
