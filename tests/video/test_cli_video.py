"""``pinxit transfer`` of clips: what the command line part says and does."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from films import pan, read_film, scenery, write_film

from pinxit.cli.transfer_video import transfer_videos
from pinxit.engines.batch import BatchSettings
from pinxit.errors import InputError
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone
from pinxit.video.finding import find_clips
from pinxit.video.keyframes import parse_keyframes
from pinxit.video.settings import VideoSettings

NEGATIVE = Style("negative", Tone(Lut(1 - Lut.identity(17).table)))


@pytest.fixture
def clips(tmp_path):
    """Two films of two shots, in a folder."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name, seed in (("a.mp4", 1), ("b.mkv", 3)):
        write_film(folder / name, pan(scenery(seed), 8) + pan(scenery(seed + 1), 6))
    return folder


def transferred(inputs, output, *, keyframes=(), **flags):
    settings = VideoSettings(dials=BatchSettings(), keyframes=parse_keyframes(list(keyframes)) if keyframes else ())
    transfer_videos(find_clips(inputs, output), NEGATIVE, output, settings, **flags)


def test_one(clips, tmp_path, capsys):
    transferred([clips / "a.mp4"], tmp_path / "new" / "out.mp4")
    said = capsys.readouterr()
    assert said.out.startswith(f"{tmp_path / 'new' / 'out.mp4'}: 14 frames of 160x96, h264, in ") and said.err == ""
    assert len(read_film(tmp_path / "new" / "out.mp4")) == 14
    with pytest.raises(InputError, match="is there already; add --overwrite"):
        transferred([clips / "a.mp4"], tmp_path / "new" / "out.mp4")
    transferred([clips / "a.mp4"], tmp_path / "new" / "out.mp4", overwrite=True, quiet=True)
    assert capsys.readouterr().out == ""


def test_json(clips, tmp_path, capsys):
    transferred([clips / "a.mp4"], tmp_path / "out.mp4", json=True, keyframes=[{"time": "cut 1", "strength": 0.5}])
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert (result["frames"], result["shots"], result["codec"], result["state"]) == (14, 2, "h264", "done")
    assert result["cuts"] == [0.32] and result["target"] == str(tmp_path / "out.mp4")
    assert result["frames_per_second"] > 0 and result["resumed"] == 0


def test_dry_run_names_the_cuts(clips, tmp_path, capsys):
    transferred([clips], tmp_path / "out", dry_run=True, keyframes=[{"time": "cut 1", "strength": 0.5}])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{clips / 'a.mp4'} -> {tmp_path / 'out' / 'a.mp4'}: 14 frames of 160x96, 2 shots, h264"
    assert lines[1] == "cuts: 1 at 0.32 s"
    assert not (tmp_path / "out").exists()


def test_folder(clips, tmp_path, capsys):
    out = tmp_path / "out"
    transferred([clips], out)
    assert capsys.readouterr().out.splitlines()[-1] == f"2 done, 0 done before, 0 failed: {out}"
    assert sorted(path.name for path in out.iterdir()) == [".pinxit-batch.jsonl", "a.mp4", "b.mkv"]
    times = {name: (out / name).stat().st_mtime_ns for name in ("a.mp4", "b.mkv")}
    (clips / "c.mov").write_bytes(b"no film")
    transferred([clips], out, json=True)
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["done"], found["skipped"], found["failed"]) == (0, 2, 1)
    assert said.err.startswith("pinxit: ") and "c.mov" in said.err and said.err.count("\n") == 1
    assert times == {name: (out / name).stat().st_mtime_ns for name in times}


def test_nothing_of_anybody_is_replaced(clips, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.mp4").write_bytes(b"mine")
    transferred([clips], out)
    assert "is there already and was not made by this; add --overwrite" in capsys.readouterr().err
    assert (out / "a.mp4").read_bytes() == b"mine" and len(read_film(out / "b.mkv")) == 14
    with pytest.raises(InputError, match="is one of your own clips"):
        transferred([clips], clips)
    with pytest.raises(InputError, match="is there already and was not made by this"):
        transferred([clips], out, strict=True)


def test_all_failed(tmp_path, capsys):
    (tmp_path / "a.mp4").write_bytes(b"no film")
    with pytest.raises(typer.Exit) as caught:
        transferred([tmp_path / "a.mp4"], tmp_path / "out")
    assert caught.value.exit_code == 2 and "a.mp4" in capsys.readouterr().err


def test_one_file_for_two(clips, tmp_path):
    with pytest.raises(InputError, match="names one file for 2 clips; name a folder instead"):
        transferred([clips], tmp_path / "out.mp4")


class TestFinding:
    def test_kinds(self, tmp_path):
        from PIL import Image

        stills = [Image.fromarray(np.full((8, 8, 3), n, np.uint8)) for n in (0, 90, 200)]
        stills[0].save(tmp_path / "still.png")
        stills[0].save(tmp_path / "moves.png", save_all=True, append_images=stills[1:])
        stills[0].save(tmp_path / "moves.webp", save_all=True, append_images=stills[1:])
        stills[0].save(tmp_path / "still.webp")
        for name in ("a.MP4", "b.gif", "c.webm"):
            (tmp_path / name).write_bytes(b"x")
        clips = ["a.MP4", "b.gif", "c.webm", "moves.png", "moves.webp"]
        for name in clips:
            assert find_clips([tmp_path / name], tmp_path / "out") == [(tmp_path / name, Path(name))]
        for name in ("still.png", "still.webp", "none.jpg"):
            assert find_clips([tmp_path / name], tmp_path / "out") == []

    def test_folders_of_pictures_are_sequences_when_a_clip_is_wanted(self, tmp_path):
        folder = tmp_path / "frames"
        folder.mkdir()
        (folder / "0001.png").write_bytes(b"x")
        assert find_clips([folder], tmp_path / "out") == []
        assert find_clips([folder], tmp_path / "out.mp4") == [(folder, Path("frames"))]
        assert find_clips([folder / "%04d.png"], tmp_path / "out") == [(folder / "%04d.png", Path("%04d.png"))]

    def test_folder_with_pictures_belongs_to_pictures(self, clips, tmp_path):
        assert len(find_clips([clips / "*"], tmp_path / "out")) == 2
        (clips / "d.jpg").write_bytes(b"x")
        assert find_clips([clips], tmp_path / "out") == find_clips([clips / "*"], tmp_path / "out") == []
        assert len(find_clips([clips / "*.mp4"], tmp_path / "out")) == 1

    def test_mixture_is_refused(self, clips, tmp_path):
        (tmp_path / "d.jpg").write_bytes(b"x")
        with pytest.raises(InputError, match=r"clips came together with .*d\.jpg, which is none"):
            find_clips([clips / "a.mp4", tmp_path / "d.jpg"], tmp_path / "out")
