"""The quick way for tones: tables on planes give what tables on pixels give, and no code is lost."""

import threading
from fractions import Fraction

import numpy as np
import pytest
from reels import counting, frame_of, planes, to_codes, to_rgb, write_video

from pinxit.tone.lut import Lut, identity_table
from pinxit.video.ahead import ahead
from pinxit.video.clip import open_clip, read_frames
from pinxit.video.codecs import SEGMENT_SUFFIX
from pinxit.video.colour import Colour
from pinxit.video.tables import PlaneTable, tone_frames
from pinxit.video.tone_speed import tone_race
from pinxit.video.writing import ClipWriter

SHAPES = {"420": (2, 2), "422": (1, 2), "444": (1, 1)}


def noise(shape, subsampling="444", bits=8, seed=0, low=0.0, high=1.0):
    rng = np.random.default_rng(seed)
    down, across = SHAPES[subsampling]
    small = (-(-shape[0] // down), -(-shape[1] // across))
    dtype = np.uint8 if bits == 8 else np.uint16
    bounds = int(low * 2**bits), int(high * 2**bits)
    return [rng.integers(*bounds, size, dtype) for size in (shape, small, small)]


def applied(lut, values, subsampling="444", bits=8, colour=Colour()):  # noqa: B008
    outs = [np.zeros_like(value) for value in values]
    PlaneTable.of(lut, subsampling, bits, colour).apply(values, outs)
    return outs


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("subsampling", SHAPES)
@pytest.mark.parametrize("size", [2, 33, 64])
def test_identity_changes_no_code(subsampling, bits, size):
    """Not even codes that no colour has."""
    values = noise((37, 51), subsampling, bits)
    for colour in (Colour(), Colour(9, True)):
        for before, after in zip(values, applied(Lut.identity(size), values, subsampling, bits, colour), strict=True):
            assert np.array_equal(before, after)


MIX = np.array([[0.6, 0.2, 0.1], [0.15, 0.7, 0.05], [0.1, 0.1, 0.65]], np.float32)


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_straight_table(matrix, full, bits):
    """Interpolation is exact for a table that is a matrix and an offset: the result is known in closed form."""
    lut = Lut(identity_table(17) @ MIX.T + np.float32(0.03))
    colours = np.random.default_rng(1).random((40, 50, 3))
    dtype = np.uint8 if bits == 8 else np.uint16
    codes = np.rint(to_codes(colours, matrix, full, bits)).clip(0, 2**bits - 1).astype(dtype)
    outs = applied(lut, list(codes), bits=bits, colour=Colour(matrix, full))
    rgb = to_rgb(codes, matrix, full, bits)
    inside = ((rgb >= 0) & (rgb <= 1)).all(axis=-1)
    want = to_codes(rgb @ MIX.T + 0.03, matrix, full, bits)
    for out, code in zip(outs, want, strict=True):
        assert np.abs(out - code)[inside].max() < (0.6 if bits == 8 else 0.8)


@pytest.mark.parametrize("shape", [(48, 64), (37, 49), (1, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("subsampling", SHAPES)
def test_as_pixels(subsampling, shape):
    """A curved table that leaves the cube: as ``Lut.apply`` on floats, chroma with the mean change of its pixels."""
    nodes = identity_table(33)
    lut = Lut(nodes**0.8 * np.array([1.1, 1, 0.9], np.float32) + 0.03 * np.sin(6 * nodes[..., ::-1]) - 0.05)
    values = noise(shape, subsampling, low=0.25, high=0.7)
    outs = applied(lut, values, subsampling, colour=Colour(6))
    down, across = SHAPES[subsampling]
    wide = [value.repeat(down, 0).repeat(across, 1)[: shape[0], : shape[1]] for value in values[1:]]
    rgb = to_rgb([values[0], *wide], 6, False, 8).clip(0, 1)
    change = to_codes(lut.apply(rgb).clip(0, 1) - rgb, 6, False, 8) - np.array([16, 128, 128])[:, None, None]
    assert np.abs(outs[0] - (values[0] + change[0])).max() < 0.8
    for out, value, more in zip(outs[1:], values[1:], change[1:], strict=True):
        sums = np.add.reduceat(np.add.reduceat(more, range(0, shape[0], down), 0), range(0, shape[1], across), 1)
        counts = np.add.reduceat(
            np.add.reduceat(np.ones(shape), range(0, shape[0], down), 0), range(0, shape[1], across), 1
        )
        assert np.abs(out - (value + sums / counts)).max() < 0.8


def warm(size=33):
    return Lut((identity_table(size) * np.array([0.9, 0.8, 0.6], np.float32) + np.float32(0.05)).astype(np.float32))


def toned(clip, path, lut_of, codec="h264", **options):
    with ClipWriter(path, clip, codec=codec, quality=100, fast=True) as writer:
        tone_frames(clip, lut_of, writer, **options)
    return open_clip(path)


def slowly(clip, lut):
    return [lut.apply(frame.pixels).astype(float) for frame in read_frames(clip)]


@pytest.mark.parametrize("rotation", [None, (90, False), (180, True), (270, False)])
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("yuv420p", (64, 48)),
        ("yuv444p", (64, 48)),
        ("yuv422p", (64, 48)),
        ("nv12", (64, 48)),
        ("yuv420p10le", (80, 64)),
    ],
)
def test_film(tmp_path, name, size, rotation):
    """A toned film is the film with toned pixels, whatever way its frames take, within what encoding loses."""
    y, x = np.mgrid[: size[1], : size[0]]
    colours = np.stack([0.3 + x / 160, 0.2 + y / 100, 0.8 - x / 200], -1)
    deep = "10" in name
    kind = "yuv444p10le" if deep else "yuv444p"
    codes = np.rint(to_codes(colours, 6, False, 10 if deep else 8)).astype(np.uint16 if deep else np.uint8)
    frames = [frame_of(list(codes), kind).reformat(format=name) for _ in range(4)]
    clip = open_clip(write_video(tmp_path / "a.mp4", frames, tags=(6, 1, 6, 6), rotation=rotation))
    result = toned(clip, tmp_path / "b.mkv", lambda *_: warm(), codec="hevc" if deep else "h264")
    assert (result.width, result.height, result.bits) == (clip.width, clip.height, 10 if deep else 8)
    for frame, want in zip(read_frames(result), slowly(clip, warm()), strict=True):
        assert np.abs(frame.pixels - want).mean() < (2.5 * 257 if deep else 2.5)
        shift = np.abs(frame.pixels.mean((0, 1)) - want.mean((0, 1))).max()
        assert shift < (1.5 * 257 if deep else 1.5)  # chroma turns with its planes


def test_odd_frames_become_pixels(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mkv", counting(3, (49, 37)), codec="ffv1", options={}))
    result = toned(clip, tmp_path / "b.mp4", lambda *_: warm())
    assert (result.width, result.height) == (50, 38)
    for frame, want in zip(read_frames(result), slowly(clip, warm()), strict=True):
        assert np.abs(frame.pixels[:37, :49] - want).mean() < 2.5


def test_range_times_and_tables_that_change(tmp_path):
    """Every frame gets the table for its index and time, once, in turn."""
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(16)))
    asked, written = [], []
    luts = [Lut.identity(), warm()]

    def lut_of(index, time):
        asked.append((index, time))
        return luts[index % 2]

    result = toned(clip, tmp_path / "b.mkv", lut_of, first=3, last=11, on_frame=written.append)
    assert asked == [(n, Fraction(n, 25)) for n in range(3, 11)]
    assert written == list(range(3, 11))
    want = slowly(clip, warm()), slowly(clip, Lut.identity())
    for n, frame in zip(range(3, 11), read_frames(result), strict=True):
        assert np.abs(frame.pixels - want[(n + 1) % 2][n]).mean() < 2.5


def test_lossless_segment(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(3)))
    result = toned(clip, tmp_path / f"b{SEGMENT_SUFFIX}", lambda *_: warm(), codec="frames")
    for frame, want in zip(read_frames(result), slowly(clip, warm()), strict=True):
        assert np.array_equal(frame.pixels, want)


def test_errors_come_out(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(16)))

    def lut_of(index, time):
        if index == 5:
            raise RuntimeError("no table")
        return warm()

    threads = threading.active_count()
    with pytest.raises(RuntimeError, match="no table"):
        toned(clip, tmp_path / "b.mp4", lut_of)
    assert not (tmp_path / "b.mp4").exists()
    assert threading.active_count() == threads


def test_ahead():
    threads = threading.active_count()
    assert list(ahead(range(100), 3)) == list(range(100))
    made = []
    items = ahead((made.append(n) or n for n in range(100)), 2)
    assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    items.close()
    assert len(made) <= 9  # two in the line, one on offer, one in the making
    assert threading.active_count() == threads

    def failing():
        yield 1
        raise ValueError("broken")

    items = ahead(failing())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)
    assert threading.active_count() == threads


def test_race(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(6)))
    figures = tone_race(clip, warm(), frames=4, rounds=1)
    assert set(figures) == {
        "frames_per_second",
        "lut3d_frames_per_second",
        "ratio",
        "processor_seconds_per_frame",
        "lut3d_processor_seconds_per_frame",
        "ratio_processor",
    }
    assert all(value > 0 for value in figures.values())
    assert planes(counting(1)[0])[0].shape == (48, 64)
