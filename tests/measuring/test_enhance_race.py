"""Enhance race: damage is what it is called, figures are those of others, and the command prints them."""

import json
import sys

import numpy as np
import pytest
from PIL import Image
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from typer.testing import CliRunner

from pinxit.cli import app
from pinxit.errors import InputError, MissingExtraError
from pinxit.measuring import enhance_race
from pinxit.measuring.enhance_race import damages, figures, race_enhancers

PHOTO = data.astronaut()[:96, 180:276]


@pytest.fixture
def photos(tmp_path):
    for number in range(3):
        Image.fromarray(data.astronaut()[100 * number : 100 * number + 64, 200:264]).save(tmp_path / f"{number}.png")
    return tmp_path


def test_damage_is_what_it_is_called():
    rng, grey = np.random.default_rng(0), np.full((200, 200, 3), 128, np.uint8)
    spoil = damages()
    assert list(spoil) == ["noise 5", "noise 15", "noise 25", "blur 1", "blur 2", "exposure", "none"]
    assert spoil["noise 15"](grey, rng).std() == pytest.approx(15, rel=0.02)
    assert spoil["none"](PHOTO, rng) is PHOTO
    point = np.zeros((41, 41, 3), np.uint8)
    point[20, 20] = 255
    spread = spoil["blur 2"](point, rng)[..., 0].astype(float)
    variance = (spread.sum(0) * (np.arange(41) - 20) ** 2).sum() / spread.sum()
    assert 2.5 < variance < 5, "Pillow's Gaussian is three boxes, rounded"
    gains = (spoil["exposure"](grey, np.random.default_rng(3))[0, 0] / 128) ** 2.2
    level, warmth, tint = np.random.default_rng(3).normal(size=3) * (0.45, 0.25, 0.12)
    wanted = [level + warmth / 2 - tint / 4, level + tint / 2, level - warmth / 2 - tint / 4]
    assert np.log(gains) == pytest.approx(wanted, abs=0.02)


def test_figures_are_those_of_scikit_image():
    other = damages()["noise 15"](PHOTO, np.random.default_rng(1))
    psnr, ssim, difference = figures(other, PHOTO)
    assert psnr == pytest.approx(peak_signal_noise_ratio(PHOTO, other))
    luma = [a @ np.array([0.299, 0.587, 0.114]) / 255 for a in (PHOTO, other)]
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    _, each = structural_similarity(*luma, full=True, **settings)
    assert ssim == pytest.approx(each[5:-5, 5:-5].mean(), abs=1e-4) and difference > 1
    assert figures(PHOTO, PHOTO) == (100.0, pytest.approx(1.0), 0.0)


def test_a_perfect_method_is_seen_and_good_photos_count_alone(photos, monkeypatch):
    monkeypatch.setattr(enhance_race, "RIVALS", {})
    seen = []
    methods = {
        "blur": {"back": lambda photo: seen.append(photo) or photo},
        "none": {"dark": lambda p: p // 2, "as is": np.copy},
    }
    report = race_enhancers(photos, methods, count=2, good=3)
    rows = {(row["damage"], row["method"]): row for row in report.rows()}
    assert len(seen) == 4 and rows["blur 1", "back"]["psnr"] == rows["blur 1", "untouched"]["psnr"]
    assert rows["none", "dark"]["photos"] == 3 and report.changed == {"dark": 1.0, "as is": 0.0}
    assert rows["none", "as is"]["ciede2000"] == 0 and rows["blur 2", "back"]["psnr"] < rows["blur 1", "back"]["psnr"]
    low, high = rows["noise 5", "untouched"]["psnr interval"]
    assert low <= rows["noise 5", "untouched"]["psnr"] <= high
    assert "dark changed 100 %" in str(report)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="no photo"):
        race_enhancers(tmp_path, {})


def test_the_command_prints_the_table(photos):
    result = CliRunner().invoke(
        app, ["bench", "enhance", "--photos", str(photos), "--count", "1", "--good", "1", "--json"]
    )
    told = json.loads(result.stdout)
    assert result.exit_code == 0 and {"pinxit denoise", "pinxit auto", "untouched"} < {
        r["method"] for r in told["rows"]
    }
    rows = {(row["damage"], row["method"]): row["psnr"] for row in told["rows"]}
    assert rows["noise 15", "pinxit denoise"] > rows["noise 15", "untouched"] + 3
    wrong = CliRunner().invoke(app, ["bench", "enhance", "--photos", str(photos / "0.png"), "--json"])
    assert wrong.exit_code == 2


def test_without_opencv_the_extra_is_named(photos, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match="opencv"):
        race_enhancers(photos, {}, count=1, good=1)
