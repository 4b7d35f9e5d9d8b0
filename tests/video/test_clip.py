"""Clips: what is known of them, and that their frames are what the codes say."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from reels import counting, flat, frame_of, number_of, to_codes, to_rgb, write_video

from pinxit.errors import CapacityError, NotFoundError, PictureError
from pinxit.video.clip import is_clip, open_clip, read_frames


def test_facts(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(12), sound=["aac"]))
    assert (clip.kind, clip.width, clip.height, clip.rate, clip.frames, clip.bits) == ("video", 64, 48, 25, 12, 8)
    assert (clip.duration, clip.has_audio, clip.has_alpha, clip.codec) == (Fraction(12, 25), True, False, "h264")
    assert is_clip(clip.path)
    frames = list(read_frames(clip))
    assert [number_of(frame.pixels) for frame in frames] == [frame.index for frame in frames] == list(range(12))
    assert {frame.length for frame in frames} == {Fraction(1, 25)}


COLOURS = [(0, 0, 0), (1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0.2, 0.5, 0.9), (0.7, 0.3, 0.1)]


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_colours(tmp_path, matrix, full, bits):
    codes = [np.rint(to_codes(rgb, matrix, full, bits)).clip(0, 2**bits - 1) for rgb in COLOURS]
    name = "yuv420p" + ("10le" if bits == 10 else "")
    tags = (matrix, 2 if full else 1, matrix, matrix)
    path = write_video(tmp_path / "a.mp4", [flat(code, pixel_format=name) for code in codes], tags=tags)
    clip = open_clip(path)
    assert (clip.colour.matrix, clip.colour.full, clip.colour.primaries, clip.bits) == (matrix, full, matrix, bits)
    unit = 255 if bits == 8 else 65535
    for code, frame in zip(codes, read_frames(clip), strict=True):
        assert frame.pixels.dtype == (np.uint8 if bits == 8 else np.uint16)
        want = unit * to_rgb(code, matrix, full, bits).clip(0, 1)
        assert np.abs(frame.pixels - want).max() < (0.51 if bits == 8 else 1)


@pytest.mark.parametrize(("size", "matrix"), [((64, 48), 6), ((1280, 16), 1), ((64, 578), 1)])
def test_untagged_colours(tmp_path, size, matrix):
    assert open_clip(write_video(tmp_path / "a.mp4", counting(2, size))).colour.matrix == matrix


def test_chroma_between_samples(tmp_path):
    """Chroma of 4:2:0 lies on the left column and between two rows; columns in between have the mean of both."""
    u = np.full((4, 4), 100, np.uint8)
    u[:, 2:], u[2:] = 140, 60
    y = np.full((8, 8), 160, np.uint8)
    frame = frame_of([y, u, np.full((4, 4), 128, np.uint8)], "yuv420p")
    clip = open_clip(write_video(tmp_path / "a.mp4", [frame], tags=(1, 1, 1, 1)))
    (read,) = read_frames(clip)
    blue = {code: to_rgb((160, code, 128), 1, False, 8)[2] * 255 for code in (60, 70, 90, 100, 120, 140)}
    want = [blue[code] for code in (100, 100, 100, 120, 140, 140, 140, 140)]
    assert np.abs(read.pixels[0, :, 2] - want).max() <= 0.51
    want = [blue[code] for code in (100, 100, 100, 90, 70, 60, 60, 60)]
    assert np.abs(read.pixels[:, 0, 2] - want).max() <= 0.51


def test_variable_rate(tmp_path):
    ticks = [0, 10, 43, 44, 100, 133, 500, 501, 520]
    path = write_video(tmp_path / "a.mp4", counting(9), ticks=ticks, base=Fraction(1, 1000))
    clip = open_clip(path)
    frames = list(read_frames(clip))
    assert [frame.time for frame in frames] == [Fraction(tick, 1000) for tick in ticks]
    assert [frame.length for frame in frames][:8] == [Fraction(int(n), 1000) for n in np.diff(ticks)]
    assert clip.timeline.index_at(Fraction(44, 1000)) == 3
    assert clip.timeline.index_at(0.0441) == 4
    assert clip.timeline.index_at(9) == 9


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts", ".flv"])
def test_index_after_a_jump(tmp_path, suffix):
    clip = open_clip(write_video(tmp_path / f"a{suffix}", counting(23)))
    assert clip.frames == 23
    for first in range(23):
        frames = list(read_frames(clip, first=first, last=first + 2))
        assert [number_of(frame.pixels) for frame in frames] == [frame.index for frame in frames]
        assert [frame.index for frame in frames] == [n for n in (first, first + 1) if n < 23]


def test_open_groups_of_pictures(tmp_path):
    options = {"qp": "0", "bf": "3", "g": "8", "x264-params": "open-gop=1:scenecut=0"}
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(28), options=options))
    for first in range(28):
        assert number_of(next(read_frames(clip, first=first)).pixels) == first


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation(tmp_path, degrees, mirrored):
    y = np.full((16, 32), 60, np.uint8)
    y[:8, :8] = 200  # a bright corner, above left
    y[:8, 24:] = 120
    frame = frame_of([y, np.full((8, 16), 128, np.uint8), np.full((8, 16), 128, np.uint8)], "yuv420p")
    clip = open_clip(write_video(tmp_path / "a.mp4", [frame], rotation=(degrees, mirrored)))
    (read,) = read_frames(clip)
    want = np.rot90(y, degrees // 90)  # the tag turns against the clock
    want = want[:, ::-1] if mirrored else want
    assert (clip.height, clip.width) == want.shape == read.pixels.shape[:2]
    assert np.abs(to_codes(read.pixels / 255, 6, False, 8)[0] - want).max() < 1.5


@pytest.mark.parametrize(
    ("size", "base"), [((1, 1), Fraction(1, 25)), ((49, 37), Fraction(1, 25)), ((64, 48), Fraction(1))]
)
def test_small_odd_and_slow(tmp_path, size, base):
    path = write_video(tmp_path / "a.mkv", counting(3, size), codec="ffv1", options={}, base=base)
    clip = open_clip(path)
    assert (clip.width, clip.height, clip.rate) == (*size, 1 / base)
    assert [number_of(frame.pixels) for frame in read_frames(clip)] == [0, 1, 2]


@pytest.mark.parametrize("name", ["yuv422p", "yuv444p", "nv12", "gray", "yuv444p10le", "yuv422p10le"])
def test_other_planes(tmp_path, name):
    frame = flat((100,), pixel_format=name) if name == "gray" else flat((100, 128, 128), pixel_format="yuv444p")
    frame = frame.reformat(format=name)
    clip = open_clip(write_video(tmp_path / "a.mkv", [frame], tags=(6, 1, 6, 6)))
    (read,) = read_frames(clip)
    assert np.abs(read.pixels / np.iinfo(read.pixels.dtype).max - 84 / 219).max() < 1 / 255


def test_pixels_without_luma(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=25, options={"qp": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    (read,) = read_frames(open_clip(path))
    assert np.array_equal(read.pixels, picture)


TEXTS = {
    "a.m3u8": "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/a.ts\n",
    "b.mp4": "\n#EXTM3U\nc.mp4\n",
    "c.txt": "ffconcat version 1.0\nfile 'c.mp4'\n",
    "d.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5000 RTP/AVP 96\n",
    "e.mpd": "<?xml version='1.0'?><MPD></MPD>",
}


@pytest.mark.parametrize("name", TEXTS)
def test_playlists(tmp_path, name):
    path = tmp_path / name
    path.write_text(TEXTS[name])
    with pytest.raises(PictureError, match="playlist or text that names other files; name the video file itself"):
        open_clip(path)


@pytest.mark.parametrize(
    "name", ["concat:a.mp4|b.mp4", "http://127.0.0.1/a.mp4", "subfile,,start,0,end,9,,:a.mp4", "-"]
)
def test_addresses(name):
    with pytest.raises(NotFoundError, match="is not there"):
        open_clip(name)


def test_not_a_video(tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(PictureError, match="is empty"):
        open_clip(tmp_path / "empty.mp4")
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(0).bytes(5000))
    with pytest.raises(
        PictureError, match=r"noise.mp4 cannot be read .*: it is damaged or of an unknown kind; save it"
    ):
        open_clip(tmp_path / "noise.mp4")
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        from reels import write_tone

        write_tone(container, container.add_stream("aac", rate=8000, layout="mono"), 0.5, 300)
    with pytest.raises(PictureError, match="holds only sound"):
        open_clip(tmp_path / "sound.mp4")
    (tmp_path / "none.y4m").write_bytes(b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420\n")
    with pytest.raises(PictureError, match="holds no frame"):
        open_clip(tmp_path / "none.y4m")


def test_too_large(tmp_path):
    huge = write_video(tmp_path / "huge.mkv", counting(2, (300, 300)), codec="ffv1", options={})
    data = huge.read_bytes()
    for element in (b"\xb0\x82", b"\xba\x82"):  # width and height in the header
        data = data.replace(element + (300).to_bytes(2), element + (20_000).to_bytes(2), 1)
    huge.write_bytes(data)
    with pytest.raises(PictureError, match="more than 134 million pixels, which is the limit; make it smaller"):
        open_clip(huge)
    path = write_video(tmp_path / "a.mp4", counting(3))
    with pytest.raises(PictureError, match="64x48"):
        open_clip(path, max_pixels=3000)
    with pytest.raises(CapacityError, match="the limit is 0 s"):
        open_clip(path, max_seconds=0.1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
def test_cut_off(tmp_path, suffix, share):
    rng = np.random.default_rng(0)
    frames = []
    for _ in range(40):
        noise = [rng.integers(16, 235, shape, np.uint8) for shape in ((48, 64), (24, 32), (24, 32))]
        frames.append(frame_of(noise, "yuv420p"))
    early = {"movflags": "faststart"} if suffix == ".mp4" else {}
    path = write_video(tmp_path / f"a{suffix}", frames, base=Fraction(1, 5), container_options=early)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(PictureError, match=r"breaks off after \d\.\d s of \d\.\d s; get the whole file"):
        open_clip(path)


def test_trimmed(tmp_path):
    """An edit list shows a part only: the frames outside it are no frames, and nothing is missing."""
    path = write_video(tmp_path / "a.mp4", counting(24), base=Fraction(1, 5), options={"qp": "0", "g": "3", "bf": "0"})
    data = bytearray(path.read_bytes())
    at = data.find(b"elst") + 12
    length, start = struct.unpack(">Ii", data[at : at + 8])
    data[at : at + 8] = struct.pack(">Ii", length // 2, start + 5120)  # from 0.5 s on, 2.4 s long
    path.write_bytes(data)
    clip = open_clip(path)
    frames = list(read_frames(clip))
    assert [number_of(frame.pixels) for frame in frames] == list(range(3, 3 + clip.frames))
    assert clip.frames in (12, 13)
    assert [number_of(frame.pixels) for frame in read_frames(clip, first=5)] == list(range(8, 3 + clip.frames))


def test_index_at_the_end_is_missing(tmp_path):
    path = write_video(tmp_path / "a.mp4", counting(5))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(PictureError, match="damaged"):
        open_clip(path)


def test_damaged_inside(tmp_path):
    rng = np.random.default_rng(1)
    noise = [rng.integers(16, 235, shape, np.uint8) for shape in ((48, 64), (24, 32), (24, 32))]
    path = write_video(tmp_path / "a.mp4", [frame_of(noise, "yuv420p")] * 3, options={"qp": "0", "g": "1"})
    data = bytearray(path.read_bytes())
    at = data.find(b"mdat") + 3000
    data[at : at + 2000] = rng.bytes(2000)
    path.write_bytes(data)
    try:
        frames = list(read_frames(open_clip(path)))
    except PictureError as error:
        assert "damaged" in str(error)
    else:
        assert len(frames) == 3  # the decoder hid it
