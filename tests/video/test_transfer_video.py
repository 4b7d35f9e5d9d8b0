"""Giving a style to a video: what its frames are, what is kept when it stops, and what is refused."""

from fractions import Fraction

import numpy as np
import pytest
from films import pan, read_film, scenery, sound_of, write_film
from PIL import Image

from pinxit.engines.batch import BatchSettings
from pinxit.errors import CapacityError, InputError, NotFoundError
from pinxit.learning.texture import read_texture
from pinxit.style import Style
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone
from pinxit.video import transfer as module
from pinxit.video.keyframes import parse_keyframes
from pinxit.video.segments import Segments
from pinxit.video.settings import VideoSettings
from pinxit.video.transfer import transfer_video

SWAP = Style("swap", Tone(Lut(np.ascontiguousarray(Lut.identity(17).table[..., ::-1]))))
NEGATIVE = Style("negative", Tone(Lut(1 - Lut.identity(17).table)))


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    """So that films of a second have several."""
    monkeypatch.setattr(module, "PAINTED", Fraction(2, 5))
    monkeypatch.setattr(module, "TONED", Fraction(2, 5))


@pytest.fixture
def film(tmp_path):
    """A second and a half of two shots with sound, and its frames as they are read."""
    path = write_film(tmp_path / "film.mp4", pan(scenery(1), 20) + pan(scenery(2), 18), sound=True)
    return path, read_film(path)


def near(found, wanted, most=3.0):
    """Whether frames are the same but for what a lossy coder does."""
    assert len(found) == len(wanted)
    errors = [np.abs(a.astype(float) - b).mean() for a, b in zip(found, wanted, strict=True)]
    assert max(errors) < most, errors


def hidden(folder):
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def give(source, style, output, **settings):
    names = VideoSettings.__dataclass_fields__
    dials = BatchSettings(**{key: value for key, value in settings.items() if key not in names})
    own = {key: value for key, value in settings.items() if key in names}
    return transfer_video(source, style, output, settings=VideoSettings(dials=dials, **own))


def test_table_to_every_frame(film, tmp_path):
    path, frames = film
    report = give(path, SWAP, tmp_path / "out.mp4", quality=100)
    assert (report.frames, report.codec, report.cuts, report.state) == (38, "h264", None, "done")
    near(read_film(tmp_path / "out.mp4"), [frame[..., ::-1] for frame in frames])
    assert sound_of(tmp_path / "out.mp4") == sound_of(path)
    assert hidden(tmp_path) == []


def test_the_quick_way_is_the_other_way(film, tmp_path, monkeypatch):
    path, _ = film
    give(path, SWAP, tmp_path / "quick.mp4", quality=100, strength=0.6)
    monkeypatch.setattr(module, "only_tables", lambda *_: False)
    give(path, SWAP, tmp_path / "other.mp4", quality=100, strength=0.6)
    near(read_film(tmp_path / "quick.mp4"), read_film(tmp_path / "other.mp4"), most=2.0)


def test_adjustments_mask_and_finish(film, tmp_path):
    path, frames = film
    mask = np.zeros((96, 160), np.float32)
    mask[:, 80:] = 1
    give(path, NEGATIVE, tmp_path / "masked.mp4", quality=100, mask=mask)
    masked = read_film(tmp_path / "masked.mp4")
    near([frame[:, :78] for frame in masked], [frame[:, :78] for frame in frames])
    near([frame[:, 82:] for frame in masked], [255 - frame[:, 82:] for frame in frames])
    give(path, NEGATIVE, tmp_path / "grey.mp4", saturation=-1.0)
    assert max(np.ptp(frame.astype(int), axis=2).mean() for frame in read_film(tmp_path / "grey.mp4")) < 3


def test_grain_moves(tmp_path):
    still = write_film(tmp_path / "still.mkv", [np.full((64, 96, 3), 128, np.uint8)] * 6)
    style = Style("grain", Tone(Lut.identity(), Finish(grain=0.1, grain_size=1.0)))
    give(still, style, tmp_path / "out.mkv", finish=1.0, quality=100)
    first, second = (frame.astype(float) - frame.mean() for frame in read_film(tmp_path / "out.mkv")[:2])
    assert min(first.std(), second.std()) > 5
    assert abs((first * second).mean() / first.std() / second.std()) < 0.3


def test_strength_0_copies_the_file(film, tmp_path):
    path, _ = film
    report = give(path, NEGATIVE, tmp_path / "same.mp4", strength=0.0)
    assert (tmp_path / "same.mp4").read_bytes() == path.read_bytes()
    assert (report.frames, report.notes) == (38, ("strength 0: the file is copied",))


def test_strength_0_in_another_container(film, tmp_path):
    path, frames = film
    give(path, NEGATIVE, tmp_path / "same.mkv", strength=0.0, quality=100)
    near(read_film(tmp_path / "same.mkv"), frames, most=2.0)


def test_keyframed_strength(film, tmp_path):
    path, frames = film
    keys = parse_keyframes([{"time": 0, "strength": 0}, {"time": 1, "strength": 1}])
    give(path, NEGATIVE, tmp_path / "out.mp4", keyframes=keys, quality=100)
    shares = [min(1, n / 25) for n in range(38)]
    wanted = [(1 - s) * frame + s * (255.0 - frame) for s, frame in zip(shares, frames, strict=True)]
    near(read_film(tmp_path / "out.mp4"), wanted, most=3.5)


def test_style_changes_at_a_cut(film, tmp_path):
    path, frames = film
    keys = parse_keyframes([{"time": "cut 1", "style": "other"}])
    report = transfer_video(
        path,
        SWAP,
        tmp_path / "out.mp4",
        settings=VideoSettings(keyframes=keys, quality=100),
        open_style={"other": NEGATIVE}.get,
    )
    assert report.cuts == (0.8,) and report.shots == 2
    near(
        read_film(tmp_path / "out.mp4"),
        [frame[..., ::-1] for frame in frames[:20]] + [255 - frame for frame in frames[20:]],
    )


def test_second_style_turns_up_along_the_clip(film, tmp_path):
    path, frames = film
    give(path, Style("same", Tone(Lut.identity(17))), tmp_path / "out.mp4", second=NEGATIVE, quality=100)
    shares = [n / 38 for n in range(38)]
    wanted = [(1 - s) * frame + s * (255.0 - frame) for s, frame in zip(shares, frames, strict=True)]
    near(read_film(tmp_path / "out.mp4"), wanted, most=3.5)


def test_preview(film, tmp_path):
    path, frames = film
    report = give(path, SWAP, tmp_path / "out.mp4", preview="0.4s-1s", quality=100)
    assert report.frames == 15
    near(read_film(tmp_path / "out.mp4"), [frame[..., ::-1] for frame in frames[10:25]])
    assert set(sound_of(tmp_path / "out.mp4")) <= set(sound_of(path))


def test_dry_run(film, tmp_path):
    path, _ = film
    keys = parse_keyframes([{"time": "cut 1", "strength": 0.5}])
    settings = VideoSettings(keyframes=keys)
    report = transfer_video(path, SWAP, tmp_path / "out.mp4", settings=settings, dry_run=True)
    assert (report.state, report.frames, report.cuts) == ("planned", 38, (0.8,))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["film.mp4"]


class TestStopped:
    @pytest.fixture
    def stopping(self, monkeypatch):
        """Stop a run when so many segments are kept."""

        def stop_after(count, error=KeyboardInterrupt):
            keep, kept = Segments.keep, []

            def keep_some(self, *args):
                keep(self, *args)
                kept.append(args[0])
                if len(kept) == count:
                    monkeypatch.setattr(Segments, "keep", keep)
                    raise error("stopped")

            monkeypatch.setattr(Segments, "keep", keep_some)

        return stop_after

    def test_goes_on(self, film, tmp_path, stopping):
        path, _ = film
        give(path, SWAP, tmp_path / "whole.mp4")
        stopping(2)
        with pytest.raises(KeyboardInterrupt):
            give(path, SWAP, tmp_path / "out.mp4")
        assert not (tmp_path / "out.mp4").exists() and hidden(tmp_path) == [".pinxit-out.mp4.segments"]
        report = give(path, SWAP, tmp_path / "out.mp4")
        assert 0 < report.resumed < report.frames == 38
        assert np.array_equal(read_film(tmp_path / "out.mp4"), read_film(tmp_path / "whole.mp4"))
        assert hidden(tmp_path) == []

    @pytest.mark.parametrize("count", [1, 3])
    def test_strokes_go_on(self, tiny, tmp_path, stopping, count):
        """Also in the middle of a shot: what steadies strokes is kept with each segment."""
        size, drawn = (64, 48), scenery(9, (96, 64), grain=4, wider=1)
        style = Style("painted", texture=read_texture([drawn], tiny.painter, tiny.eye, tiny.version))
        frames = pan(scenery(1, size), 18, width=64) + pan(scenery(2, size), 20, width=64)
        path = write_film(tmp_path / "film.mp4", frames)
        give(path, style, tmp_path / "whole.mp4")
        stopping(count)
        with pytest.raises(KeyboardInterrupt):
            give(path, style, tmp_path / "out.mp4")
        report = give(path, style, tmp_path / "out.mp4")
        assert report.resumed == [10, 18, 28][count - 1]
        assert np.array_equal(read_film(tmp_path / "out.mp4"), read_film(tmp_path / "whole.mp4"))

    def test_other_settings_start_anew(self, film, tmp_path, stopping):
        path, _ = film
        stopping(1)
        with pytest.raises(KeyboardInterrupt):
            give(path, SWAP, tmp_path / "out.mp4")
        report = give(path, SWAP, tmp_path / "out.mp4", strength=0.5)
        assert report.resumed == 0
        give(path, SWAP, tmp_path / "whole.mp4", strength=0.5)
        assert np.array_equal(read_film(tmp_path / "out.mp4"), read_film(tmp_path / "whole.mp4"))

    def test_changed_clip_starts_anew(self, film, tmp_path, stopping):
        path, _ = film
        stopping(1)
        with pytest.raises(KeyboardInterrupt):
            give(path, SWAP, tmp_path / "out.mp4")
        write_film(path, pan(scenery(5), 30))
        report = give(path, SWAP, tmp_path / "out.mp4")
        assert (report.resumed, report.frames) == (0, 30)

    def test_torn_segments_are_made_again(self, film, tmp_path, stopping):
        path, _ = film
        give(path, SWAP, tmp_path / "whole.mp4")
        for wound in ("cut", "state"):
            stopping(3)
            with pytest.raises(KeyboardInterrupt):
                give(path, SWAP, tmp_path / "out.mp4", strength=1.0)
            parts = sorted((tmp_path / ".pinxit-out.mp4.segments").glob("*.json"))[1:]
            part = parts[0] if wound == "cut" else parts[-1]
            if wound == "cut":
                part.with_suffix(module.SEGMENT_SUFFIX).write_bytes(b"torn")
            else:
                part.with_suffix(".npz").write_bytes(b"torn")
            give(path, SWAP, tmp_path / "out.mp4")
            assert np.array_equal(read_film(tmp_path / "out.mp4"), read_film(tmp_path / "whole.mp4"))
            (tmp_path / "out.mp4").unlink()

    def test_fault_of_the_input_leaves_nothing(self, film, tmp_path, stopping):
        path, _ = film
        stopping(2, InputError)
        with pytest.raises(InputError, match="stopped"):
            give(path, SWAP, tmp_path / "out.mp4")
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["film.mp4"]

    def test_two_runs_at_once(self, film, tmp_path):
        path, _ = film
        output = tmp_path / "out.mp4"

        def again(done, total, text):
            with pytest.raises(CapacityError, match="another pinxit is writing"):
                give(path, SWAP, output)

        transfer_video(path, SWAP, output, on_progress=again)
        assert len(read_film(output)) == 38


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"strength": -1.0}, "strength -1.0 came"),
        ({"strength": "auto"}, "strength auto came; a video wants a number, or keyframes"),
        ({"protect": "faces"}, "protect faces came; it is for single pictures, leave it out for a video"),
        ({"enhance": "auto"}, "enhance auto came; it is for single pictures"),
        ({"subject_strength": 0.5}, "subject_strength 0.5 came; it is for single pictures"),
        ({"preview": "9s-10s"}, "the part '9s-10s' holds no frame; .* is 1.52 s long"),
        ({"preview": "5"}, None),
        ({"preview": "-5"}, "the time '' came"),
        ({"codec": "mpeg9"}, "codec 'mpeg9' came"),
        ({"quality": 0}, "quality 0 came"),
        ({"rate": Fraction(0)}, "rate 0 came"),
    ],
)
def test_settings_that_are_wrong(film, tmp_path, settings, words):
    path, _ = film
    if words is None:
        assert give(path, SWAP, tmp_path / "out.mp4", **settings).frames == 38  # a preview longer than the clip is all
        return
    with pytest.raises(InputError, match=words) as caught:
        give(path, SWAP, tmp_path / "out.mp4", **settings)
    assert "\n" not in str(caught.value)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["film.mp4"]


def test_outputs_that_are_wrong(film, tmp_path):
    path, _ = film
    with pytest.raises(InputError, match="is the clip itself"):
        give(path, SWAP, path)
    (tmp_path / "there.mp4").write_bytes(b"mine")
    with pytest.raises(InputError, match="is there already; add --overwrite"):
        give(path, SWAP, tmp_path / "there.mp4")
    assert (tmp_path / "there.mp4").read_bytes() == b"mine"
    with pytest.raises(NotFoundError, match=r"the folder .* is not there"):
        give(path, SWAP, tmp_path / "none" / "out.mp4")
    with pytest.raises(InputError, match=r"cannot be saved as \.jpg"):
        give(path, SWAP, tmp_path / "out.jpg")


def test_blend_without_a_second_style(film, tmp_path):
    keys = parse_keyframes([{"time": 0, "blend": 0.5}])
    with pytest.raises(InputError, match='keyframes move "blend", and there is no second style; add --second STYLE'):
        give(film[0], SWAP, tmp_path / "out.mp4", keyframes=keys)


def test_cut_that_the_clip_does_not_have(film, tmp_path):
    keys = parse_keyframes([{"time": "cut 2", "strength": 0.5}])
    with pytest.raises(InputError, match=r"names cut 2; of cuts the clip has 1 \(0\.80 s\)"):
        give(film[0], SWAP, tmp_path / "out.mp4", keyframes=keys)


def test_progress_counts_frames(film, tmp_path):
    seen = []
    transfer_video(film[0], SWAP, tmp_path / "out.mp4", on_progress=lambda *args: seen.append(args))
    assert [done for done, total, text in seen if text == "transferring"] == list(range(1, 39))
    assert {total for _, total, _ in seen} == {38}


class TestPictures:
    def test_sequence_in_and_out(self, tmp_path):
        """Pictures without loss: exactly what the table makes of them."""
        frames = pan(scenery(1), 12)
        (tmp_path / "in").mkdir()
        (tmp_path / "out").mkdir()
        for n, frame in enumerate(frames, 7):
            Image.fromarray(frame).save(tmp_path / "in" / f"{n:04d}.png")
        report = give(tmp_path / "in" / "%04d.png", NEGATIVE, tmp_path / "out" / "%04d.png", rate=Fraction(12))
        assert (report.frames, report.codec) == (12, "frames")
        for n, frame in enumerate(frames, 7):
            assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / f"{n:04d}.png")), 255 - frame)
        with pytest.raises(InputError, match=r"0007\.png is there already; add --overwrite"):
            give(tmp_path / "in", NEGATIVE, tmp_path / "out" / "%04d.png")
        with pytest.raises(InputError, match=r"0007\.png is there already; add --overwrite"):
            give(tmp_path / "in", NEGATIVE, tmp_path / "out")
        assert hidden(tmp_path / "out") == hidden(tmp_path) == []

    def test_animation_goes_on(self, tmp_path, monkeypatch):
        stills = [Image.fromarray(frame) for frame in pan(scenery(2), 24)]
        stills[0].save(tmp_path / "a.png", save_all=True, append_images=stills[1:], duration=40)
        give(tmp_path / "a.png", NEGATIVE, tmp_path / "whole.png")
        keep = Segments.keep

        def keep_one(self, *args):
            monkeypatch.setattr(Segments, "keep", keep)
            keep(self, *args)
            raise KeyboardInterrupt

        monkeypatch.setattr(Segments, "keep", keep_one)
        with pytest.raises(KeyboardInterrupt):
            give(tmp_path / "a.png", NEGATIVE, tmp_path / "out.png")
        report = give(tmp_path / "a.png", NEGATIVE, tmp_path / "out.png")
        assert 0 < report.resumed < report.frames == 24
        assert (tmp_path / "out.png").read_bytes() == (tmp_path / "whole.png").read_bytes()
        for frame, found in zip(stills, read_film(tmp_path / "out.png"), strict=True):
            assert np.array_equal(found, 255 - np.asarray(frame))
