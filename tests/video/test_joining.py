"""Joining: no frame lost or doubled, sound bit for bit, tags without places."""

import json
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from reels import counting, number_of, packets, write_tone, write_video

from pinxit.errors import NotFoundError, PictureError
from pinxit.picture.label import EditLabel
from pinxit.video.clip import open_clip, read_frames
from pinxit.video.codecs import SEGMENT_SUFFIX, choose_codec
from pinxit.video.joining import join_segments
from pinxit.video.writing import ClipWriter


def segments(clip, folder, cuts, codec="h264", **options):
    """Segments of the clip's own frames between the cuts."""
    parts = []
    for first, last in pairwise(cuts):
        parts.append(folder / f"part{first}{SEGMENT_SUFFIX}")
        with ClipWriter(parts[-1], clip, codec=codec, fast=True, **options) as writer:
            for frame in read_frames(clip, first=first, last=last):
                writer.write(frame)
    return parts


def joined(clip, output, cuts=None, **options):
    codec = choose_codec(output, clip)
    cuts = cuts or [0, 5, clip.frames]
    join_segments(segments(clip, output.parent, cuts, codec), clip, output, codec=codec, **options)
    return output


def times(path):
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


TICKS = [0, 10, 43, 44, 100, 133, 500, 501, 520, 530, 700, 701, 900, 930, 931, 960, 1000, 1100, 1111, 1200, 1300]


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [
        ("h264", ".mp4"),
        ("hevc", ".mov"),
        ("vp9", ".mp4"),
        ("av1", ".mkv"),
        ("prores", ".mov"),
        ("h264", ".mkv"),
        ("vp9", ".webm"),
    ],
)
@pytest.mark.parametrize("ticks", [TICKS, [40 * n for n in range(21)]], ids=["variable", "constant"])
def test_joined_is_as_coded_at_once(tmp_path, codec, suffix, ticks):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(21), ticks=ticks, base=Fraction(1, 1000)))
    output = tmp_path / f"b{suffix}"
    notes = join_segments(segments(clip, tmp_path, [0, 1, 9, 20, 21], codec), clip, output, codec=codec)
    assert notes == []
    assert times(output) == [Fraction(tick, 1000) for tick in ticks]
    result = open_clip(output)
    assert [number_of(frame.pixels) for frame in read_frames(result)] == list(range(21))
    with av.open(str(output)) as container:
        decoding = [packet.dts for packet in container.demux(video=0) if packet.size]
    known = [dts for dts in decoding if dts is not None]
    assert (np.diff(known) > 0).all()
    whole = tmp_path / f"whole{suffix}"
    with ClipWriter(whole, clip, codec=codec, fast=True) as writer:
        for frame in read_frames(clip):
            writer.write(frame)
    assert times(whole) == times(output)


@pytest.mark.parametrize(
    "rate", [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60), Fraction(1), Fraction(25, 2)]
)
def test_rates(tmp_path, rate):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(9), base=1 / rate))
    assert clip.rate == rate
    result = open_clip(joined(clip, tmp_path / "b.mp4"))
    assert (result.rate, result.duration, result.frames) == (rate, 9 / rate, 9)
    assert times(result.path) == [n / rate for n in range(9)]


@pytest.mark.parametrize(
    ("codec", "source", "suffix"),
    [
        ("aac", ".mp4", ".mp4"),
        ("aac", ".mkv", ".mov"),
        ("libopus", ".mkv", ".webm"),
        ("libmp3lame", ".mp4", ".mkv"),
        ("flac", ".mkv", ".mp4"),
        ("pcm_s16le", ".mov", ".mov"),
    ],
)
def test_sound_bit_for_bit(tmp_path, codec, source, suffix):
    path = tmp_path / f"a{source}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        rate = 48000 if codec in ("libopus", "libmp3lame") else 8000
        tracks = [container.add_stream(codec, rate=rate, layout="mono") for _ in range(2)]
        for track, language in zip(tracks, ("ger", "eng"), strict=True):
            track.metadata["language"] = language
        for n, frame in enumerate(counting(12)):
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for n, track in enumerate(tracks):
            write_tone(container, track, 0.5, 200 + 100 * n)
    clip = open_clip(path)
    output = joined(clip, tmp_path / f"b{suffix}")
    for number in range(2):
        before, after = packets(path, "audio", number), packets(output, "audio", number)
        assert len(before) > 3 or codec == "flac"
        assert [data for _, data in before] == [data for _, data in after]
        shift = times(output)[0] - times(path)[0]  # .mkv knows no time before 0 and moves all tracks
        assert max(abs(a + shift - b) for (a, _), (b, _) in zip(before, after, strict=True)) <= Fraction(1, 1000)
        if source == suffix == ".mp4":
            assert [time for time, _ in before] == [time for time, _ in after]
    with av.open(str(output)) as container:
        assert [stream.metadata["language"] for stream in container.streams.audio] == ["ger", "eng"]
    assert packets(path, "audio", 0) != packets(path, "audio", 1)


def test_sound_that_begins_elsewhere(tmp_path):
    """A file whose clock does not begin at 0: picture and sound keep their distance."""
    path = write_video(tmp_path / "a.ts", counting(12), sound=["aac"])
    clip = open_clip(path)
    assert clip.timeline.ticks[0] > 0  # MPEG-TS begins late by itself
    output = joined(clip, tmp_path / "b.mkv")
    pictures, sound = times(path)[0], packets(path, "audio")[0][0]
    assert abs((times(output)[0] - packets(output, "audio")[0][0]) - (pictures - sound)) <= Fraction(1, 1000)
    assert min(times(output)[0], packets(output, "audio")[0][0]) < Fraction(1, 20)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_preview(tmp_path, suffix):
    path = write_video(tmp_path / "a.mp4", counting(24), sound=["aac"], options={"qp": "0", "g": "7"})
    clip = open_clip(path)
    first, last = Fraction(1, 4), Fraction(3, 4)
    begin, end = clip.timeline.index_at(first), clip.timeline.index_at(last)
    assert (begin, end) == (7, 19)
    output = tmp_path / f"b{suffix}"
    parts = segments(clip, tmp_path, [begin, 11, end])
    join_segments(parts, clip, output, codec="h264", first=first, last=last)
    result = open_clip(output)
    assert [number_of(frame.pixels) for frame in read_frames(result)] == list(range(7, 19))
    shown = zip(times(output), range(7, 19), strict=True)
    assert max(abs(time - (Fraction(n, 25) - first)) for time, n in shown) <= Fraction(1, 2000)
    before = {data: time for time, data in packets(path, "audio")}
    after = packets(output, "audio")
    assert {data for _, data in after} == {data for data, time in before.items() if first <= time < last}
    assert all(abs(time - (before[data] - first)) <= Fraction(1, 1000) for time, data in after)


def test_tags(tmp_path):
    private = {
        "title": "Garden",
        "comment": "hello",
        "location": "+47.3769+008.5417/",
        "location-eng": "+47.3769+008.5417/",
        "com.apple.quicktime.location.ISO6709": "+47.3769+008.5417+400/",
        "com.apple.quicktime.make": "Maker",
        "serial_number": "123456",
    }
    options = {"movflags": "use_metadata_tags"}
    path = write_video(tmp_path / "a.mov", counting(6), metadata=private, container_options=options)
    assert b"+47.3769" in path.read_bytes()
    for suffix in (".mp4", ".mkv", ".webm"):
        output = joined(open_clip(path), tmp_path / f"b{suffix}")
        data = output.read_bytes()
        assert b"47.3769" not in data
        assert b"123456" not in data
        with av.open(str(output)) as container:
            found = {name.lower(): text for name, text in container.metadata.items()}
        assert (found["title"], found["comment"], found["com.apple.quicktime.make"]) == ("Garden", "hello", "Maker")
        assert found["digitalsourcetype"].endswith("/compositeWithTrainedAlgorithmicMedia")
        label = json.loads(found["aigc"])
        assert (label["Label"], label["ContentProducer"]) == ("1", "pinxit")
        assert len(label["ProduceID"]) == 32
    joined(open_clip(path), tmp_path / "c.mp4", label=None)
    assert b"AIGC" not in (tmp_path / "c.mp4").read_bytes()


def test_label_of_the_source_stays(tmp_path):
    made = EditLabel(kind="generated", producer="somebody")
    entries = {"DigitalSourceType": made.source_type, "AIGC": made.aigc("77")}
    path = write_video(tmp_path / "a.mkv", counting(6), metadata=entries)
    with av.open(str(joined(open_clip(path), tmp_path / "b.mp4"))) as container:
        assert container.metadata["DigitalSourceType"] == made.source_type
        label = json.loads(container.metadata["AIGC"])
    assert (label["ContentProducer"], label["ProduceID"], label["ContentPropagator"]) == ("somebody", "77", "pinxit")


def test_chapters_and_subtitles(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        text = container.add_mux_stream("subrip")
        base = Fraction(1, 1000)
        container.set_chapters(
            [
                {"id": n, "start": 200 * n, "end": 200 * n + 200, "time_base": base, "metadata": {"title": f"c{n}"}}
                for n in range(2)
            ]
        )
        for n, frame in enumerate(counting(10)):
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        packet = av.Packet(b"Hello")
        packet.pts = packet.dts = 100
        packet.duration, packet.time_base, packet.stream = 150, base, text
        container.mux(packet)
    clip = open_clip(path)
    output = joined(clip, tmp_path / "b.mkv")
    assert packets(output, "subtitle") == [(Fraction(1, 10), b"Hello")]
    with av.open(str(output)) as container:
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["c0", "c1"]
    notes = join_segments(segments(clip, tmp_path, [0, 10]), clip, tmp_path / "c.mp4", codec="h264")
    assert notes == ["track 1 (subtitle, srt) is left out: mp4 cannot hold it"]
    assert open_clip(tmp_path / "c.mp4").frames == 10


def test_sound_that_a_container_cannot_hold(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(6), sound=["aac"]))
    reason = r"a.mp4's sound is aac, which .webm does not hold; choose .mkv, or the source's own suffix"
    with pytest.raises(PictureError, match=reason):
        choose_codec(tmp_path / "b.webm", clip)
    assert choose_codec(tmp_path / "b.mkv", clip) == "h264"


def test_rotation_is_applied(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(6), rotation=(90, False)))
    result = open_clip(joined(clip, tmp_path / "b.mp4"))
    assert (result.width, result.height, result.rotation) == (48, 64, 0)


def test_pixels_that_are_not_square(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for n, frame in enumerate(counting(6)):
            frame.pts, frame.time_base = n, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    clip = open_clip(path)
    for suffix in (".mp4", ".mov"):
        assert open_clip(joined(clip, tmp_path / f"b{suffix}")).pixel_aspect == Fraction(4, 3)
    notes = join_segments(segments(clip, tmp_path, [0, 6]), clip, tmp_path / "b.mkv", codec="h264")
    assert notes == ["pixels of 4:3 are stored as square ones: only .mp4 and .mov can tell"]


def test_segments_that_do_not_fit(tmp_path):
    clip = open_clip(write_video(tmp_path / "a.mp4", counting(12)))
    output = tmp_path / "b.mp4"
    parts = segments(clip, tmp_path, [0, 5, 12])
    with pytest.raises(
        PictureError, match=r"part0.segment begins before .*part5.segment ends; make the segments again"
    ):
        join_segments(parts[::-1], clip, output, codec="h264")
    (other,) = segments(clip, tmp_path, [11, 12], "hevc")
    with pytest.raises(PictureError, match="was coded in another way"):
        join_segments([parts[0], other], clip, output, codec="h264")
    with pytest.raises(PictureError, match="has no segment"):
        join_segments([], clip, output, codec="h264")
    with pytest.raises(NotFoundError, match="is not there"):
        join_segments([tmp_path / "no"], clip, output, codec="h264")
    parts[1].write_bytes(parts[1].read_bytes()[:200])
    with pytest.raises(PictureError):
        join_segments(parts, clip, output, codec="h264")
    assert not output.exists()
    assert not list(tmp_path.glob(".pinxit*"))
