"""Figures of panoramas against closed forms, and the race that prints them."""

import json

import numpy as np
import pytest
from PIL import Image
from spheres import DRAWN, eight_bits, looks, rough, smooth

from pinxit.cli.bench_panorama import panorama
from pinxit.errors import InputError
from pinxit.panoramas.figures import resampling_error, seam_ratio, stroke_size, turn_error
from pinxit.panoramas.race import Way, race_panoramas, ways
from pinxit.panoramas.sphere import rotation


def test_seam():
    rising = np.repeat(np.linspace(0, 1, 100)[None], 40, 0)[..., None].repeat(3, 2)
    assert seam_ratio(rising) == pytest.approx(99, rel=1e-3)
    around = 0.5 + 0.4 * np.sin(2 * np.pi * np.arange(100) / 10)
    assert seam_ratio(np.repeat(around[None, :, None].repeat(3, 2), 40, 0)) == pytest.approx(1.5, rel=0.4)


def test_turn_error():
    one = np.zeros((32, 64, 3), np.float32)
    assert turn_error(one, one + 0.2) == pytest.approx(0.2)
    other = one.copy()
    other[:16] = 0.1  # half of the sphere
    assert turn_error(one, other) == pytest.approx(0.1 / 2**0.5)
    assert resampling_error(smooth(looks(64, 128)).astype(np.float32), rotation(20, 30)) < 1e-3
    assert resampling_error(np.random.default_rng(0).random((64, 128, 3)), rotation(20, 30)) > 0.05


@pytest.mark.parametrize("period", [4.0, 7.0])
def test_size_of_strokes(period):
    """Waves of one period along meridians: one over their frequency, at the equator and at the pole, and never else."""
    directions = looks(256, 512)
    frequency = 512 / period  # radians a radian: turns of 2 pi
    waves = np.sin(frequency * np.arcsin(directions[..., 1]))[..., None].repeat(3, 2)
    for turn in (rotation(yaw=77), rotation(yaw=200, pitch=35)):
        assert stroke_size(waves, turn) == pytest.approx(period / (2 * np.pi), rel=0.06)
    # Waves across the meridians have as many at every latitude: at 60 degrees they are half as long.
    across = np.sin(64 * np.arctan2(directions[..., 0], directions[..., 2]))[..., None].repeat(3, 2)
    sizes = [stroke_size(across, rotation(pitch=pitch)) for pitch in (0, 60)]
    assert sizes[1] / sizes[0] == pytest.approx(0.5, abs=0.12)


def test_a_way_that_does_nothing():
    report = race_panoramas([rough(64, 128), rough(64, 128, 1)], {"nothing": Way(lambda array: array)})
    row = report.rows["nothing"]
    assert row["seam_over_input"].value == pytest.approx(1) and row["stereo"].value == pytest.approx(1)
    assert row["turned_yaw"].value < 1.5 * row["turning_alone"].value + 2e-3
    assert set(json.loads(json.dumps(report.to_dict()))["ways"]) == {"nothing"} and "pole_size" in str(report)


def test_what_stretches_at_the_poles_is_told():
    """Columns of one width get thin towards the poles."""

    def columns(array):
        width = array.shape[1]
        lines = 40 * np.sign(np.sin(2 * np.pi * np.arange(width) / 8))
        return np.clip(array + lines[None, :, None], 0, 255).astype(np.uint8)

    soft = eight_bits(smooth(looks(128, 256)))
    assert race_panoramas([soft, soft], {"columns": Way(columns)}).rows["columns"]["pole_size"].value < 0.75


def test_ways(engine):
    array = rough(64, 128)
    found = {name: way.paint(array) for name, way in ways(engine).items()}
    assert set(found) == {"pinxit", "flat", "wrapped", "faces"}
    assert all(result.shape == array.shape and result.dtype == np.uint8 for result in found.values())
    left, right = ways(engine)["pinxit"].both(array, array)
    assert np.abs(left.astype(int) - right).mean() < 0.1


def test_wrong_sets():
    with pytest.raises(InputError, match="1 panoramas of 1 sizes came"):
        race_panoramas([rough(64, 128)], {})
    with pytest.raises(InputError, match="2 panoramas of 2 sizes came"):
        race_panoramas([rough(64, 128), rough(32, 64)], {})


def test_command(tiny, tmp_path, capsys):
    folder = tmp_path / "panoramas"
    folder.mkdir()
    for number in range(2):
        Image.fromarray(rough(128, 256, number)).save(folder / f"{number}.png")
    Image.fromarray(DRAWN).save(tmp_path / "drawn.png")
    panorama(folder, str(tmp_path / "drawn.png"), width=256, count=0, methods="flat", json=True, quiet=True)
    told = json.loads(capsys.readouterr().out)
    assert told["panoramas"] == 2 and told["ways"]["flat"]["seam"]["value"] > 0
    with pytest.raises(InputError, match="--methods round came; wanted are pinxit, flat, wrapped, faces"):
        panorama(folder, str(tmp_path / "drawn.png"), width=256, count=0, methods="round", json=True, quiet=True)
    with pytest.raises(InputError, match="is 256 pixels wide; whole panoramas of 512 or more"):
        panorama(folder, str(tmp_path / "drawn.png"), width=512, count=0, methods="flat", json=True, quiet=True)
