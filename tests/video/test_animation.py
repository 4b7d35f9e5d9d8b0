"""Animations and sequences of pictures come and go through the same doors as videos."""

from fractions import Fraction

import numpy as np
import pytest
from PIL import Image
from reels import counting, number_of, write_video

from pinxit.errors import CapacityError, InputError, NotFoundError, PictureError
from pinxit.picture import Picture
from pinxit.picture.xmp import read_label
from pinxit.video import animation
from pinxit.video.clip import is_clip, open_clip, read_frames
from pinxit.video.codecs import SEGMENT_SUFFIX, choose_codec
from pinxit.video.joining import join_segments
from pinxit.video.writing import ClipWriter

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (250, 250, 0), (0, 0, 0), (255, 255, 255)]


def pictures(alpha=False, size=(33, 21)):
    """One picture of each colour; with alpha, the left half is clear."""
    found = []
    for colour in COLOURS:
        array = np.full((size[1], size[0], 4), (*colour, 255), np.uint8)
        array[:, : size[0] // 2, 3] = 0 if alpha else 255
        found.append(Image.fromarray(array if alpha else array[..., :3]))
    return found


def animated(path, alpha=False, times=(100, 50, 30, 250, 40, 100), **options):
    first, *rest = pictures(alpha)
    options = {"lossless": True, **options} if path.suffix == ".webp" else options
    options = {"disposal": 2, **options} if path.suffix == ".gif" else options
    first.save(path, save_all=True, append_images=rest, duration=list(times), **options)
    return path


def restyled(clip, output, change=lambda pixels: pixels, **options):
    """Through two segments to the output, as a transfer does."""
    folder = output.parent / "parts"
    folder.mkdir(exist_ok=True)
    codec = choose_codec(output, clip)
    parts = [folder / f"{n}{SEGMENT_SUFFIX}" for n in range(2)]
    for part, (first, last) in zip(parts, ((0, 2), (2, None)), strict=True):
        with ClipWriter(part, clip, codec=codec) as writer:
            for frame in read_frames(clip, first=first, last=last):
                frame.pixels[:] = change(frame.pixels)
                writer.write(frame)
    return join_segments(parts, clip, output, codec=codec, **options)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_facts_and_frames(tmp_path, suffix):
    clip = open_clip(animated(tmp_path / f"a{suffix}", loop=3))
    assert is_clip(clip.path)
    assert (clip.kind, clip.width, clip.height, clip.frames, clip.has_alpha) == ("animation", 33, 21, 6, False)
    assert clip.duration == Fraction(57, 100)
    assert clip.loop == 3
    for frame, colour, time in zip(read_frames(clip), COLOURS, (0, 100, 150, 180, 430, 470), strict=True):
        assert frame.time == Fraction(time, 1000)
        assert (frame.pixels == colour).all()
        assert frame.alpha is None
    assert [frame.index for frame in read_frames(clip, first=2, last=4)] == [2, 3]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_alpha(tmp_path, suffix):
    clip = open_clip(animated(tmp_path / f"a{suffix}", alpha=True))
    assert clip.has_alpha
    restyled(clip, tmp_path / f"b{suffix}")
    for path in (clip.path, tmp_path / f"b{suffix}"):
        for frame in read_frames(open_clip(path)):
            assert (frame.alpha[:, :16] == 0).all()
            assert (frame.alpha[:, 16:] == 255).all()


@pytest.mark.parametrize("source", [".gif", ".webp", ".png"])
@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".apng"])
def test_from_one_to_the_other(tmp_path, source, suffix):
    clip = open_clip(animated(tmp_path / f"a{source}", loop=2))
    output = tmp_path / f"b{suffix}"
    assert restyled(clip, output, lambda pixels: 255 - pixels) == []
    result = open_clip(output)
    assert result.loop == 2
    assert np.array_equal(result.timeline.ticks, clip.timeline.ticks)
    assert result.duration == clip.duration
    for frame, colour in zip(read_frames(result), COLOURS, strict=True):
        assert np.abs(frame.pixels - (255.0 - np.array(colour))).max() <= (4 if suffix == ".webp" else 0)


def test_label(tmp_path):
    clip = open_clip(animated(tmp_path / "a.gif"))
    for suffix in (".gif", ".webp", ".png"):
        restyled(clip, tmp_path / f"b{suffix}")
        with Image.open(tmp_path / f"b{suffix}") as image:
            if suffix == ".gif":
                assert b"compositeWithTrainedAlgorithmicMedia" in image.info["comment"]
            else:
                packet = image.info["xmp"]
                packet = packet.encode() if isinstance(packet, str) else packet
                assert read_label(packet)[0].endswith("/compositeWithTrainedAlgorithmicMedia")
    restyled(clip, tmp_path / "c.gif", label=None)
    assert b"Trained" not in (tmp_path / "c.gif").read_bytes()


def test_times_do_not_drift(tmp_path):
    """A GIF counts hundredths of a second; 30 frames a second do not fit, their sum does."""
    assert animation.milliseconds([Fraction(1, 30)] * 90, 10).count(30) == 60
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(25), base=Fraction(1, 30)))
    restyled(clip, tmp_path / "b.gif")
    result = open_clip(tmp_path / "b.gif")
    assert (result.frames, result.duration) == (25, Fraction(83, 100))


def test_video_to_animation_and_back(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(7), sound=["aac"]))
    assert restyled(clip, tmp_path / "b.webp") == ["sound is left out: pictures hold none"]
    back = open_clip(tmp_path / "b.webp")
    restyled(back, tmp_path / "c.mp4")
    result = open_clip(tmp_path / "c.mp4")
    assert [number_of(frame.pixels) for frame in read_frames(result)] == list(range(7))
    assert np.array_equal(result.timeline.ticks * result.timeline.base, back.timeline.ticks * back.timeline.base)


def test_preview_of_an_animation(tmp_path):
    clip = open_clip(animated(tmp_path / "a.gif"))
    part = tmp_path / f"a{SEGMENT_SUFFIX}"
    with ClipWriter(part, clip, codec="frames") as writer:
        for frame in read_frames(clip, first=1, last=3):
            writer.write(frame)
    join_segments([part], clip, tmp_path / "b.gif", codec="frames", first=Fraction(1, 10), last=Fraction(18, 100))
    result = open_clip(tmp_path / "b.gif")
    assert (result.frames, result.duration) == (2, Fraction(8, 100))


def test_not_an_animation(tmp_path):
    for suffix in (".gif", ".webp", ".png"):
        pictures()[0].save(tmp_path / f"a{suffix}")
        assert not is_clip(tmp_path / f"a{suffix}")
        with pytest.raises(PictureError, match="holds a single picture"):
            open_clip(tmp_path / f"a{suffix}")
    data = animated(tmp_path / "b.gif").read_bytes()
    for suffix in (".gif", ".webp", ".png"):
        data = animated(tmp_path / f"c{suffix}").read_bytes()
        (tmp_path / f"c{suffix}").write_bytes(data[: len(data) * 6 // 10])
        with pytest.raises(PictureError):
            list(read_frames(open_clip(tmp_path / f"c{suffix}")))


def test_too_much(tmp_path, monkeypatch):
    path = animated(tmp_path / "a.webp")
    with pytest.raises(PictureError, match="33x21"):
        open_clip(path, max_pixels=600)
    with pytest.raises(CapacityError, match="the limit is 0 s"):
        open_clip(path, max_seconds=0.3)
    clip = open_clip(path)
    monkeypatch.setattr(animation, "MOST_FRAMES", 5)
    with pytest.raises(CapacityError, match=r"has 6 frames .* use a video"):
        open_clip(path)
    with pytest.raises(CapacityError, match=r"has 6 frames .* use a video"):
        choose_codec(tmp_path / "b.gif", clip)


def test_huge_canvas(tmp_path):
    data = bytearray(animated(tmp_path / "a.webp", alpha=True).read_bytes())
    assert data[12:16] == b"VP8X"
    data[24:30] = (16_000).to_bytes(3, "little") * 2
    (tmp_path / "a.webp").write_bytes(data)
    with pytest.raises(PictureError, match="16001x16001"):
        open_clip(tmp_path / "a.webp")


def numbered(folder, count=4, deep=False, first=7):
    folder.mkdir()
    for n in range(count):
        array = np.full((10, 14, 3), 5000 * n if deep else 20 * n, np.uint16 if deep else np.uint8)
        Picture.open(array).save(folder / f"img_{first + n:04d}.png")
    return folder


def test_sequence(tmp_path):
    folder = numbered(tmp_path / "in", deep=True)
    for path in (folder, folder / "img_%04d.png"):
        clip = open_clip(path, rate=Fraction(12))
        assert (clip.kind, clip.width, clip.height, clip.frames, clip.bits) == ("sequence", 14, 10, 4, 16)
        assert clip.duration == Fraction(1, 3)
        frames = list(read_frames(clip, first=1))
        assert [(frame.index, frame.time) for frame in frames] == [(n, Fraction(n, 12)) for n in (1, 2, 3)]
        assert [int(frame.pixels[0, 0, 0]) for frame in frames] == [5000, 10000, 15000]
    assert is_clip(folder / "img_%04d.png")
    assert open_clip(folder).rate == 25
    (tmp_path / "out").mkdir()
    restyled(clip, tmp_path / "out", lambda pixels: pixels + 1)
    for n in range(4):
        picture = Picture.open(tmp_path / "out" / f"img_{7 + n:04d}.png")
        assert (picture.array == 5000 * n + 1).all()
        assert picture.array.dtype == np.uint16
        assert read_label(picture.metadata.xmp)[0]


def test_sequence_out(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(3)))
    (tmp_path / "one").mkdir()
    restyled(clip, tmp_path / "one")
    assert [path.name for path in sorted((tmp_path / "one").iterdir())] == ["000001.png", "000002.png", "000003.png"]
    restyled(clip, tmp_path / "f%d.jpg")
    assert [number_of(Picture.open(tmp_path / f"f{n}.jpg").array) for n in (1, 2, 3)] == [0, 1, 2]


def test_wrong_sequences(tmp_path):
    folder = numbered(tmp_path / "in")
    with pytest.raises(NotFoundError, match="matches no picture"):
        open_clip(folder / "x%d.png")
    with pytest.raises(NotFoundError, match="is not there"):
        open_clip(tmp_path / "no" / "x%d.png")
    with pytest.raises(InputError, match=r"a rate of 0 came"):
        open_clip(folder, rate=Fraction(0))
    (folder / "img_0008.png").unlink()
    with pytest.raises(PictureError, match="has no number 8"):
        open_clip(folder / "img_%04d.png")
    Picture.open(np.zeros((10, 15, 3), np.uint8)).save(folder / "img_0008.png")
    with pytest.raises(PictureError, match=r"img_0008.png is 15x10 pixels, and 14x10 was wanted"):
        list(read_frames(open_clip(folder)))
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(3)))
    for name, reason in (("%d%d.png", "no pattern"), ("%x.png", "no pattern"), ("%d.mp4", "cannot be saved as .mp4")):
        with pytest.raises(PictureError, match=reason):
            choose_codec(tmp_path / name, clip)
    with pytest.raises(NotFoundError, match="make it first"):
        choose_codec(tmp_path / "no" / "%d.png", clip)
    with pytest.raises(PictureError, match="holds pictures, not h264"):
        choose_codec(tmp_path / "a.gif", clip, "h264")


def test_nothing_half_written(tmp_path, monkeypatch):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(3)))
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "000002.png").write_bytes(b"old")
    save, calls = Picture.save, []

    def failing(self, path, **options):
        calls.append(path)
        if len(calls) == 3:
            raise CapacityError("full")
        return save(self, path, **options)

    monkeypatch.setattr(Picture, "save", failing)
    with pytest.raises(CapacityError, match="full"):
        restyled(clip, folder)
    assert [path.name for path in folder.iterdir()] == ["000002.png"]
    sequence = open_clip(numbered(tmp_path / "in"))
    monkeypatch.undo()
    with pytest.raises(PictureError, match="is one of the pictures themselves"):
        restyled(sequence, tmp_path / "in")
    assert len(list((tmp_path / "in").iterdir())) == 4
    monkeypatch.setattr(animation, "milliseconds", lambda *_: [])
    with pytest.raises(PictureError, match="cannot be written"):
        restyled(clip, tmp_path / "b.webp")
    assert not (tmp_path / "b.webp").exists()
    assert not list(tmp_path.glob(".pinxit*"))
