"""Folder transfer: everything once, nothing half, nothing lost."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from pinxit.engines.batch import BatchSettings, transfer_batch
from pinxit.engines.engine import Engine
from pinxit.engines.journal import JOURNAL_NAME
from pinxit.errors import CapacityError, InputError, NotFoundError, PictureError
from pinxit.learning.texture import read_texture
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def half() -> Style:
    return Style(name="half", tone=Tone(lut=Lut(Lut.identity(5).table * np.float32(0.5))))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "in"
    for number in range(4):
        path = folder / ("sub" if number % 2 else "") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 8), (40 * number, 100, 200)).save(path)
    return folder


def contents(folder) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != JOURNAL_NAME
    }


def counts(report) -> tuple[int, int, int]:
    return report.count("done"), report.count("skipped"), report.count("failed")


@pytest.mark.parametrize("workers", [1, 3])
def test_all_are_done_once(photos, tmp_path, workers):
    seen = []
    report = transfer_batch(
        photos, half(), tmp_path / "out", workers=workers, on_progress=lambda *values: seen.append(values[1:])
    )
    assert counts(report) == (4, 0, 0) and seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(contents(tmp_path / "out")) == ["0.png", "2.png", "sub/1.png", "sub/3.png"]
    with Image.open(tmp_path / "out" / "sub" / "3.png") as image:
        assert image.getpixel((0, 0)) == (60, 50, 100)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.png")}
    assert counts(transfer_batch(photos, half(), tmp_path / "out", workers=workers)) == (0, 4, 0)
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.png")}


def test_what_changed_is_done_again(photos, tmp_path):
    transfer_batch(photos, half(), tmp_path / "out")
    Image.new("RGB", (4, 4)).save(photos / "0.png")
    (tmp_path / "out" / "2.png").unlink()
    assert counts(transfer_batch(photos, half(), tmp_path / "out")) == (2, 2, 0)
    assert counts(transfer_batch(photos, half(), tmp_path / "out", settings=BatchSettings(strength=0.5))) == (4, 0, 0)
    assert counts(transfer_batch(photos, half(), tmp_path / "out", settings=BatchSettings(max_pixels=9999))) == (
        4,
        0,
        0,
    )


def test_foreign_files_are_left_alone(photos, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "0.png").write_bytes(b"precious")
    report = transfer_batch(photos, half(), tmp_path / "out")
    assert counts(report) == (3, 0, 1) and "--overwrite" in report.failures[0].error
    assert (tmp_path / "out" / "0.png").read_bytes() == b"precious"
    (tmp_path / "out" / "2.png").write_bytes(b"edited by hand")
    Image.new("RGB", (4, 4)).save(photos / "2.png")
    assert counts(transfer_batch(photos, half(), tmp_path / "out")) == (0, 2, 2)
    assert counts(transfer_batch(photos, half(), tmp_path / "out", overwrite=True)) == (4, 0, 0)


def test_bad_pictures_are_passed_over(photos, tmp_path):
    (photos / "bad.jpg").write_bytes(b"no picture")
    report = transfer_batch(photos, half(), tmp_path / "out", workers=2)
    assert counts(report) == (4, 0, 1)
    failure = report.failures[0]
    assert failure.source.name == "bad.jpg" and "bad.jpg" in failure.error and failure.exit_code == 2
    assert not (tmp_path / "out" / "bad.jpg").exists()
    with pytest.raises(PictureError, match=r"bad\.jpg"):
        transfer_batch(photos, half(), tmp_path / "out", strict=True)


def test_too_large_is_passed_over(photos, tmp_path):
    report = transfer_batch(photos, half(), tmp_path / "out", settings=BatchSettings(max_pixels=100))
    assert counts(report) == (0, 0, 4)


def test_full_disk_stops_at_once(photos, tmp_path, monkeypatch):
    def full(*_, **__):
        raise CapacityError("the disk has no room")

    transfer_batch([photos / "0.png"], half(), tmp_path / "out")
    monkeypatch.setattr("pinxit.picture.Picture.save", full)
    with pytest.raises(CapacityError):
        transfer_batch(photos, half(), tmp_path / "out", workers=2)
    monkeypatch.undo()
    assert list(contents(tmp_path / "out")) == ["0.png"]
    assert counts(transfer_batch(photos, half(), tmp_path / "out")) == (3, 1, 0)


def test_interrupted(photos, tmp_path):
    def stop(_, done, __):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer_batch(photos, half(), tmp_path / "out", on_progress=stop)
    report = transfer_batch(photos, half(), tmp_path / "out")
    assert report.count("skipped") >= 2 and report.count("done") == 4 - report.count("skipped")


def test_wrong_settings(photos, tmp_path):
    wrong = ({"strength": -1}, {"finish": float("nan")}, {"quality": 0}, {"brush": 0.2}, {"brush": float("nan")})
    for settings in (*wrong, {"variation": 2.5}, {"texture": 9}, {"protect": "hands"}):
        with pytest.raises(InputError, match=next(iter(settings))):
            transfer_batch(photos, half(), tmp_path / "out", settings=BatchSettings(**settings))
    with pytest.raises(InputError):
        transfer_batch(photos, half(), tmp_path / "out", workers=0)
    with pytest.raises(NotFoundError):
        transfer_batch(tmp_path / "nowhere", half(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_output_is_a_file(photos, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(CapacityError, match="is a file"):
        transfer_batch(photos, half(), tmp_path / "out")


def test_leftovers_of_killed_runs_go(photos, tmp_path):
    transfer_batch(photos, half(), tmp_path / "out")
    left = tmp_path / "out" / "sub" / ".pinxit-0123456789ab.part.png"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 60,) * 2)
    transfer_batch(photos, half(), tmp_path / "out")
    assert not left.exists()


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_stopped_at_any_moment(tmp_path, stop):
    """However often the run is stopped, no half file has a result's name, and the last run does the rest."""
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    for number in range(12):
        Image.fromarray(np.roll(pixels, number)).save(folder / f"{number}.png")
    half().save(tmp_path / "half.pinxit")
    command = [sys.executable, "-m", "pinxit", "transfer", folder, "-s", tmp_path / "half.pinxit", "-o", out, "-j", "2"]
    for pause in (0.0, 0.08, 0.02):
        process = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        _wait_for_first(out, len(contents(out)) if out.exists() else 0, process)
        time.sleep(pause)
        process.send_signal(stop)
        _, words = process.communicate(timeout=30)
        # A signal that comes while Python shuts down ends it as -2, which a shell also shows as 130.
        assert process.returncode in ((0, -9) if stop == signal.SIGKILL else (0, 130, -2)) and "Traceback" not in words
        for path in out.glob("[0-9]*.png"):
            with Image.open(path) as image:
                image.load()
    done = len(list(out.glob("[0-9]*.png")))
    report = transfer_batch(folder, half(), out)
    assert report.count("failed") == 0 and report.count("skipped") + report.count("done") == 12
    assert report.count("skipped") >= done - 2  # at most the two in work lack their last line in the journal
    for number in range(12):
        with Image.open(out / f"{number}.png") as image:
            np.testing.assert_array_equal(np.asarray(image), half().tone.lut.apply(np.roll(pixels, number)))


def _wait_for_first(out, had: int, process) -> None:
    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        if out.exists() and len(list(out.glob("*.png"))) > had:
            return
        time.sleep(0.005)


def test_settings_of_strokes_reach_every_picture(photos, tmp_path, tiny):
    random = np.random.default_rng(0)
    for path in photos.rglob("*.png"):
        Image.fromarray(random.integers(0, 256, (30, 40, 3), np.uint8)).save(path)
    drawn = random.integers(0, 256, (48, 48, 3), np.uint8)
    style = Style(texture=read_texture([drawn], tiny.painter, tiny.eye, tiny.version))
    settings = {"strength": 0.9, "tone": 0.5, "brush": 2.0, "keep_colours": True, "variation": 0.4, "seed": 7}
    report = transfer_batch(photos, style, tmp_path / "out", settings=BatchSettings(**settings), workers=2)
    assert counts(report) == (4, 0, 0)
    for outcome in report.outcomes:
        wanted = Engine(style).transfer(Picture.open(outcome.source), **settings).array
        with Image.open(outcome.target) as image:
            assert np.array_equal(np.asarray(image), wanted)


def test_every_setting_of_strokes_counts_as_another_run():
    style = half()
    others = (
        {"texture": 0.5}, {"brush": 1.0}, {"keep_colours": True}, {"variation": 0.5}, {"seed": 1}, {"protect": "faces"},
    )  # fmt: skip
    names = {BatchSettings(**settings).made_with(style) for settings in ({}, *others)}
    assert len(names) == len(others) + 1
    assert BatchSettings().made_with(style) == BatchSettings(max_pixels=99).made_with(style.renamed("other"))


def test_faces_are_looked_for_when_asked(photos, tmp_path, monkeypatch):
    def left_half(picture):
        mask = np.ones((picture.height, picture.width), np.float32)
        mask[:, : picture.width // 2] = 0
        return mask

    monkeypatch.setattr("pinxit.engines.protect.faces_left_out", left_half)
    transfer_batch(photos, half(), tmp_path / "out", settings=BatchSettings(protect="faces"))
    with Image.open(tmp_path / "out" / "2.png") as image:
        assert image.getpixel((0, 0)) == (80, 100, 200) and image.getpixel((15, 7)) == (40, 50, 100)
