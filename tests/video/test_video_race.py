"""The video race: figures of ways that are known beforehand, what is measured of a film, and what is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
import typer
from films import pan, scenery, write_film
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from pinxit.cli.bench_video import video
from pinxit.engines.engine import Engine
from pinxit.errors import InputError, NotFoundError
from pinxit.learning.texture import read_texture
from pinxit.measuring.known_motion import moved_photo
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone
from pinxit.video import race as module
from pinxit.video import steady_speed
from pinxit.video.race import FIGURES, averaged, frozen, half_carried, judged, race_videos, real_clips, steadied

pytest.importorskip("cv2")
PHOTO = np.ascontiguousarray(data.astronaut())
DRAWN = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])
NEGATIVE = Style("negative", Tone(Lut(1 - Lut.identity(17).table)))


@pytest.fixture
def painted(tiny):
    return Engine(Style("painted", texture=read_texture([DRAWN], tiny.painter, tiny.eye, tiny.version)))


@pytest.fixture
def two_clips(monkeypatch):
    """A still clip and one that moves, small and short."""
    clips = [moved_photo(PHOTO, kind, frames=3, size=(64, 48), name=kind) for kind in ("still", "pan")]
    monkeypatch.setattr(module, "known_clips", lambda folder, count: clips[:count])


def column(report, method, figure):
    return report.scores[method][:, FIGURES.index(figure)]


def test_figures_of_ways_that_are_known(painted, two_clips, tmp_path):
    ways = {
        "same": lambda contents, painted: painted,
        "frozen": frozen,
        "grey": lambda c, p: [0 * one + 0.5 for one in p],
    }
    report = race_videos(painted, photos=tmp_path, ways=ways)
    assert list(report.scores) == ["input", "tone alone", "frame by frame", "held scene", *ways]
    for figure in ("to input", "per detail", "features"):
        np.testing.assert_allclose(column(report, "input", figure), 1)
    np.testing.assert_allclose(column(report, "frame by frame", "to own"), 1)
    np.testing.assert_array_equal(report.scores["same"], report.scores["held scene"])
    for figure, wanted in (("fine", 1), ("middle", 1), ("strayed", 0)):
        np.testing.assert_allclose(column(report, "held scene", figure), wanted)
    # A frozen picture is steady where nothing moves, and only there.
    still, moving = column(report, "frozen", "error")
    assert still < 1e-6 and moving > 2 * column(report, "input", "error")[1]
    # Grey has no error at all, and no detail either.
    np.testing.assert_allclose(column(report, "grey", "error"), 0, atol=1e-6)
    np.testing.assert_allclose(column(report, "grey", "fine"), 0, atol=1e-6)
    assert (column(report, "grey", "strayed") > 0.05).all()


def test_report(painted, two_clips, tmp_path):
    report = replace(race_videos(painted, photos=tmp_path), seconds={"8 x 8": {"painting": 0.2, "flow": 0.05}})
    rows = report.rows()
    assert [row["method"] for row in rows][4:] == list(module.WAYS) and {row["shots"] for row in rows} == {2}
    steady = rows[4]["to own"]
    values = column(report, "steadied", "to own")
    assert steady["mean"] == pytest.approx(values.mean()) and values.min() <= steady["low"] <= steady["high"]
    assert json.loads(json.dumps(report.to_dict()))["each"]["steadied"] == report.scores["steadied"].tolist()
    text = str(report)
    assert "known motion, 2 shots (warp-bicubic)" in text and "\nsteadied " in text and "4.00 frames a second" in text
    assert column(report, "steadied", "to own").mean() < 0.8


def test_a_style_without_texture_has_tone_alone(two_clips, tmp_path):
    report = race_videos(Engine(NEGATIVE), photos=tmp_path, count=1)
    assert list(report.scores) == ["input", "tone alone"]
    # A negative keeps every difference: as steady as the clip, in every figure.
    np.testing.assert_allclose(column(report, "tone alone", "to input"), 1, rtol=0.01)
    np.testing.assert_allclose(column(report, "tone alone", "per detail"), 1, rtol=0.01)


def test_rivals_are_what_their_names_say():
    contents = [frame.astype(np.float32) / 255 for frame in pan(scenery(3), 6, 0)]
    paintings = [np.full_like(contents[0], value / 10) for value in range(6)]
    values = lambda frames: [round(float(one.mean()), 4) for one in frames]  # noqa: E731
    assert values(frozen(contents, paintings)) == [0] * 6
    assert values(averaged(contents, paintings)) == [0, 0.05, 0.1, 0.15, 0.2, 0.3]
    np.testing.assert_allclose(values(half_carried(contents, paintings))[:3], [0, 0.05, 0.125], atol=1e-3)
    np.testing.assert_allclose(values(steadied(contents, paintings))[:3], [0, 0.05, 0.125], atol=1e-3)


def test_a_film_is_judged_by_its_own_flow():
    # A pan by three pixels; where nothing is to be seen beyond the border, nothing counts.
    clip = judged("pan", pan(scenery(2, grain=5), 3, 3))
    assert clip.flows.shape == (2, 96, 160, 2) and not clip.visible[:, :, -3:].any()
    assert np.median(np.abs(clip.flows[0][clip.visible[0]] - (3, 0))) < 0.1 and clip.visible.mean() > 0.8


def test_shots_of_films(tmp_path):
    write_film(tmp_path / "film.mkv", pan(scenery(1), 30) + pan(scenery(2), 14) + pan(scenery(3), 6))
    (tmp_path / "words.txt").write_text("no film")
    found = real_clips(tmp_path)
    assert [(clip.name, len(clip.frames)) for clip in found] == [("film.mkv", 24), ("film.mkv", 14)]


def test_refusals(painted, tmp_path):
    with pytest.raises(InputError, match="no photos and no clips came"):
        race_videos(painted)
    with pytest.raises(NotFoundError, match="name a folder of videos"):
        race_videos(painted, clips=tmp_path / "none")
    with pytest.raises(InputError, match="no video with a shot of 12 frames"):
        race_videos(painted, clips=tmp_path)


def test_times(painted, monkeypatch):
    monkeypatch.setattr(steady_speed, "SIZES", {"tiny": (96, 64)})
    parts = steady_speed.steady_times(painted, runs=1)["tiny"]
    assert list(parts) == ["painting", "flow", "trust", "blending"] and min(parts.values()) >= 0


def test_command(two_clips, tmp_path):
    app = typer.Typer()
    app.command()(video)
    Image.fromarray(np.uint8(Lut.identity(8).table * 255).reshape(8, 64, 3)).save(tmp_path / "any.png")
    look = tmp_path / "look.pinxit"
    NEGATIVE.save(look)
    result = CliRunner().invoke(app, ["--style", str(look), "--photos", str(tmp_path), "--count", "1", "--json"])
    assert result.exit_code == 0, (result.output, result.exception)
    assert json.loads(result.stdout)["rows"][1]["method"] == "tone alone"
    told = CliRunner().invoke(app, ["--style", str(look), "--photos", str(tmp_path)])
    assert "tone alone" in told.stdout
    timed = CliRunner().invoke(app, ["--style", str(look), "--photos", str(tmp_path), "--times"])
    assert isinstance(timed.exception, InputError) and "no texture to time" in str(timed.exception)
