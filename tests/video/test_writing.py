"""Writing: colours, times and sizes as the source's, and nothing half written."""

import resource
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from reels import counting, flat, number_of, planes, to_codes, write_video

from pinxit.errors import CapacityError, InputError, PictureError, ShapeError
from pinxit.video import codecs
from pinxit.video.clip import Frame, open_clip, read_frames
from pinxit.video.colour import Colour
from pinxit.video.writing import ClipWriter

COLOURS = [(1, 1, 1), (0, 0, 0), (0.9, 0.1, 0.1), (0.1, 0.8, 0.2), (0.2, 0.5, 0.9)]


@pytest.fixture
def clip(tmp_path):
    return open_clip(write_video(tmp_path / "source.mp4", counting(12)))


def frame_at(index, pixels, clip):
    return Frame(index, clip.timeline.time(index), 1 / clip.rate, pixels)


def decoded(path):
    with av.open(str(path)) as container:
        return [(frame, planes(frame)) for frame in container.decode(video=0)]


@pytest.mark.parametrize(
    ("codec", "suffix", "bits"),
    [
        ("h264", ".mp4", 8),
        ("hevc", ".mkv", 8),
        ("vp9", ".webm", 8),
        ("av1", ".mp4", 8),
        ("h264", ".mkv", 10),
        ("hevc", ".mp4", 10),
        ("av1", ".webm", 10),
        ("prores", ".mov", 10),
    ],
)
@pytest.mark.parametrize(("matrix", "full"), [(1, False), (6, False), (9, False), (1, True)])
def test_colours(tmp_path, clip, codec, suffix, bits, matrix, full):
    if codec == "prores" and full:
        pytest.skip("ProRes is of limited range")
    clip = replace(clip, bits=bits, colour=Colour(matrix, full, matrix, matrix))
    unit = 255 if bits == 8 else 65535
    path = tmp_path / f"a{suffix}"
    with ClipWriter(path, clip, codec=codec, quality=100, fast=True) as writer:
        for index, rgb in enumerate(COLOURS):
            pixels = np.rint(np.full((48, 64, 3), rgb) * unit).astype(np.uint8 if bits == 8 else np.uint16)
            writer.write(frame_at(index, pixels, clip))
    found = decoded(path)
    assert len(found) == len(COLOURS)
    for rgb, (frame, values) in zip(COLOURS, found, strict=True):
        assert frame.format.components[0].bits == bits
        assert (frame.colorspace, frame.color_range) == (matrix, 2 if full else 1)
        want = to_codes(rgb, matrix, full, bits).clip(0, 2**bits - 1)
        for value, code in zip(values, want, strict=True):
            assert abs(float(value.mean()) - code) <= (1.1 if bits == 8 else 3)
    read = open_clip(path)
    assert (read.colour.matrix, read.colour.full, read.colour.primaries, read.bits) == (matrix, full, matrix, bits)


def test_chroma_is_filtered(tmp_path, clip):
    """Chroma of 4:2:0 is the mean of two rows, with the weights 1 2 1 over columns."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(60, 190, (48, 64, 3), np.uint8)
    clip = replace(clip, colour=Colour(6, False, 6, 6))
    with ClipWriter(tmp_path / "a.mp4", clip) as writer:
        raw = writer.empty_frame()
        from pinxit.video.planes import folded, planes_of

        folded(pixels, planes_of(raw), "420", 8, clip.colour)
        writer.write_raw(raw, Fraction(0))
    y, u, v = to_codes(pixels / 255, 6, False, 8)
    for plane, want in zip(planes(raw), (y, u, v), strict=True):
        if want is not y:
            want = (want[::2] + want[1::2]) / 2
            padded = np.pad(want, ((0, 0), (1, 1)), mode="edge")
            want = ((padded[:, :-2] + 2 * want + padded[:, 2:]) / 4)[:, ::2]
        assert np.abs(plane - want).max() < 0.51


def test_deep_samples_stay_deep(tmp_path, clip):
    """A ramp of 10 bits keeps its steps; through 8 bits it would have every fourth."""
    clip = replace(clip, bits=10)
    ramp = np.broadcast_to(np.linspace(20000, 24000, 64), (48, 64))
    pixels = np.repeat(np.rint(ramp)[..., None], 3, axis=2).astype(np.uint16)
    with ClipWriter(tmp_path / "a.mov", clip, codec="prores") as writer:
        writer.write(frame_at(0, pixels, clip))
    (frame,) = read_frames(open_clip(tmp_path / "a.mov"))
    assert frame.pixels.dtype == np.uint16
    assert np.abs(frame.pixels[..., 1] - ramp).mean() < 40  # a step of 8 bits is 257


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov", codecs.SEGMENT_SUFFIX])
def test_times(tmp_path, suffix):
    ticks = [0, 10, 43, 44, 100, 133, 500, 501]
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(8), ticks=ticks, base=Fraction(1, 1000)))
    codec = "auto" if suffix != codecs.SEGMENT_SUFFIX else "h264"
    with ClipWriter(tmp_path / f"b{suffix}", clip, codec=codec, fast=True) as writer:
        for frame in read_frames(clip):
            writer.write(frame)
    with av.open(str(tmp_path / f"b{suffix}")) as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
    assert times == [Fraction(tick, 1000) for tick in ticks]


@pytest.mark.parametrize("size", [(1, 1), (49, 37), (2, 2), (50, 37)])
def test_odd_sizes(tmp_path, size):
    path = write_video(tmp_path / "a.mkv", counting(3, size), codec="ffv1", options={})
    clip = open_clip(path)
    for codec, suffix in (("h264", ".mp4"), ("hevc", ".mp4"), ("vp9", ".webm"), ("prores", ".mov")):
        if codec == "hevc":
            with pytest.raises(PictureError, match=r"pixels wide are too narrow for hevc, which wants 64; choose"):
                ClipWriter(tmp_path / "b.mp4", clip, codec=codec)
            continue
        with ClipWriter(tmp_path / f"b{suffix}", clip, codec=codec, fast=True) as writer:
            for frame in read_frames(clip):
                writer.write(frame)
        result = open_clip(tmp_path / f"b{suffix}")
        even = tuple(-(-side // 2) * 2 for side in size)
        assert (result.width, result.height) == (size if codec == "vp9" else even)
        assert [number_of(frame.pixels) for frame in read_frames(result)] == [0, 1, 2]


def test_alpha(tmp_path, clip):
    clip = replace(clip, has_alpha=True)
    alpha = np.zeros((48, 64), np.uint8)
    alpha[:, 32:] = 255
    with ClipWriter(tmp_path / "a.mov", clip, codec="prores") as writer:
        for frame in read_frames(clip, last=2):
            writer.write(replace(frame, alpha=alpha))
    result = open_clip(tmp_path / "a.mov")
    assert result.has_alpha
    for frame in read_frames(result):
        assert np.abs(frame.alpha / 65535 - alpha / 255).max() < 0.01


def test_quality_counts(tmp_path, clip):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (48, 64, 3), np.uint8)
    for codec, suffix in (("h264", ".mp4"), ("hevc", ".mp4"), ("vp9", ".webm"), ("av1", ".mkv")):
        sizes = []
        for quality in (20, 60, 95):
            path = tmp_path / f"{quality}{suffix}"
            with ClipWriter(path, clip, codec=codec, quality=quality, fast=True) as writer:
                writer.write(frame_at(0, pixels, clip))
            sizes.append(path.stat().st_size)
        assert sizes == sorted(sizes)
        assert sizes[0] < 0.8 * sizes[2]


def test_what_can_be_encoded():
    assert codecs.codecs()["h264"] == "libx264"
    assert set(codecs.codecs()) <= {"h264", "hevc", "vp9", "av1", "prores"}


@pytest.mark.parametrize(
    ("name", "codec", "want"),
    [
        ("a.mp4", "auto", "h264"),
        ("a.MP4", "hevc", "hevc"),
        ("a.webm", "auto", "vp9"),
        ("a.mov", "prores", "prores"),
        ("a.gif", "auto", "frames"),
    ],
)
def test_codec_by_suffix(clip, name, codec, want):
    assert codecs.choose_codec(name, clip, codec) == want


def test_deep_clips_become_hevc(clip):
    assert codecs.choose_codec("a.mp4", replace(clip, bits=10)) == "hevc"
    assert codecs.choose_codec("a.mp4", replace(clip, bits=10), bits=8) == "h264"
    assert codecs.choose_codec("a.mp4", replace(clip, bits=10, width=60)) == "h264"


@pytest.mark.parametrize(
    ("name", "codec", "reason"),
    [
        ("a.xyz", "auto", r"cannot be saved as .xyz; choose one of .mp4, .*\.gif"),
        ("a", "auto", "a has no suffix; choose"),
        ("a.mp4", "prores", r"\.mp4 does not hold prores; choose one of h264, hevc"),
        ("a.webm", "h264", r"\.webm does not hold h264"),
        ("a.mp4", "x264", "one of auto, h264"),
    ],
)
def test_refused(clip, name, codec, reason):
    with pytest.raises(InputError, match=reason):
        codecs.choose_codec(name, clip, codec)


def test_encoders_that_are_not_here(clip, monkeypatch):
    monkeypatch.setitem(codecs._LIBRARIES, "av1", ("libnothing",))
    assert "av1" not in codecs.codecs()
    with pytest.raises(PictureError, match="this PyAV has no encoder for av1; choose one of h264"):
        codecs.choose_codec("a.mp4", clip, "av1")


def test_wrong_settings(tmp_path, clip):
    for options, reason in (({"quality": 0}, "1..100"), ({"quality": 101}, "1..100"), ({"bits": 9}, "8 or 10")):
        with pytest.raises(InputError, match=reason):
            ClipWriter(tmp_path / "a.mp4", clip, **options)
    with pytest.raises(PictureError, match="has no 10 bits"):
        ClipWriter(tmp_path / "a.webm", clip, codec="vp9", bits=10)
    assert list(tmp_path.iterdir()) == [clip.path]


@pytest.mark.parametrize("shape", [(48, 65, 3), (48, 64), (48, 64, 4)])
def test_wrong_frames(tmp_path, clip, shape):
    reason = r"uint8 or uint16 \(48, 64, 3\) is wanted"
    with pytest.raises(ShapeError, match=reason), ClipWriter(tmp_path / "a.mp4", clip) as writer:
        writer.write(frame_at(0, np.zeros(shape, np.uint8), clip))
    assert list(tmp_path.iterdir()) == [clip.path]


def test_nothing_half_written(tmp_path, clip):
    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="stop"), ClipWriter(tmp_path / "a.mp4", clip) as writer:
        writer.write(next(read_frames(clip)))
        raise RuntimeError("stop")
    assert (tmp_path / "a.mp4").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "source.mp4"]


def test_no_frame_at_all(tmp_path, clip):
    with ClipWriter(tmp_path / "a.mkv", clip):
        pass
    with pytest.raises(PictureError):
        open_clip(tmp_path / "a.mkv")


def test_full_disk(tmp_path, clip):
    rng = np.random.default_rng(0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(CapacityError, match="no room"), ClipWriter(tmp_path / "a.mkv", clip, quality=100) as writer:
            for index in range(60):
                pixels = rng.integers(0, 256, (48, 64, 3), np.uint8)
                writer.write(Frame(index, Fraction(index, 25), Fraction(1, 25), pixels))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == [clip.path]


def test_times_have_to_rise(tmp_path, clip):
    frame = next(read_frames(clip))
    with pytest.raises(InputError, match="times have to rise"), ClipWriter(tmp_path / "a.mp4", clip) as writer:
        for _ in range(3):
            writer.write(frame)
    assert list(tmp_path.iterdir()) == [clip.path]


def test_flat_frames_know_their_code():
    """The test's own material: a flat frame has one code."""
    assert [int(plane.min()) for plane in planes(flat((30, 40, 50)))] == [30, 40, 50]
