"""Panoramas that move: their tags, and frames that are painted as a still panorama is."""

import av
import numpy as np
import pytest
from films import pan, scenery, sound_of, write_film

from pinxit.color import unit_float
from pinxit.engines.batch import BatchSettings
from pinxit.engines.engine import Engine
from pinxit.errors import InputError, PictureError
from pinxit.learning.texture import read_texture
from pinxit.panoramas.sphere import Equirectangular
from pinxit.panoramas.transfer import PanoramaPainter
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone
from pinxit.video.clip import open_clip, read_frames
from pinxit.video.keyframes import Automation
from pinxit.video.restyle import Cast, Restyle
from pinxit.video.settings import VideoSettings
from pinxit.video.shots import find_shots
from pinxit.video.spherical import is_spherical, mark_spherical
from pinxit.video.transfer import transfer_video

AROUND = (64, 32)
NEGATIVE = Style("negative", Tone(Lut(1 - Lut.identity(17).table)))


def frames_around(count=2):
    return pan(scenery(4, AROUND, grain=8), count, width=AROUND[0])


def packets(path):
    with av.open(str(path)) as container:
        return [(packet.stream_index, packet.pts, packet.dts, bytes(packet)) for packet in container.demux()]


@pytest.mark.parametrize("first", ["moov", "mdat"])
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_mark(tmp_path, first, suffix):
    """FFmpeg finds the tag, and every packet of picture and sound where it was."""
    path = write_film(tmp_path / f"plain{suffix}", frames_around(20), sound=True)
    if first == "moov":
        with (
            av.open(str(path)) as source,
            av.open(str(tmp_path / f"fast{suffix}"), "w", options={"movflags": "faststart"}) as target,
        ):
            streams = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream_index]
                    target.mux(packet)
        path = tmp_path / f"fast{suffix}"
    data = path.read_bytes()
    assert (data.find(b"moov") < data.find(b"mdat")) == (first == "moov")
    before = packets(path)
    assert not is_spherical(open_clip(path))
    mark_spherical(path)
    assert is_spherical(open_clip(path))
    assert packets(path) == before and len(path.read_bytes()) > len(data)


def test_what_cannot_be_marked(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0")
    with pytest.raises(PictureError, match="it is no whole MP4 or MOV file"):
        mark_spherical(path)


@pytest.fixture
def painted(tiny):
    drawn = scenery(9, (96, 64), grain=4, wider=1)
    return Style("painted", texture=read_texture([drawn], tiny.painter, tiny.eye, tiny.version))


def test_tag_of_the_source_counts_and_is_kept(tmp_path):
    path = write_film(tmp_path / "around.mp4", frames_around(), rate=5, sound=True)
    mark_spherical(path)
    transfer_video(path, NEGATIVE, tmp_path / "out.mp4", settings=VideoSettings(steady=False, quality=100))
    assert is_spherical(open_clip(tmp_path / "out.mp4"))
    assert sound_of(tmp_path / "out.mp4") == sound_of(path)
    plain = VideoSettings(steady=False, quality=100, projection="plain")
    transfer_video(path, NEGATIVE, tmp_path / "flat.mp4", settings=plain)
    assert not is_spherical(open_clip(tmp_path / "flat.mp4"))


def test_frames_are_painted_as_panoramas_are(tmp_path, painted):
    """Both frames are what the scene of the shot is measured on."""
    clip = open_clip(write_film(tmp_path / "a.mkv", frames_around()))
    painter = PanoramaPainter(Engine(painted), Equirectangular(*AROUND[::-1]))
    painter.hold(*frames_around())
    more = {"steady": False, "projection": "equirectangular"}
    restyle = Restyle(clip, Cast(painted), find_shots(clip), Automation(()), BatchSettings(), **more)
    for frame in read_frames(clip):
        wanted = 255 * painter(unit_float(frame.pixels))
        assert np.abs(wanted - restyle(frame).pixels).max() <= 0.51


def test_container_that_cannot_say_it(tmp_path):
    path = write_film(tmp_path / "around.mp4", frames_around())
    settings = VideoSettings(projection="equirectangular")
    report = transfer_video(path, NEGATIVE, tmp_path / "out.mkv", settings=settings)
    assert report.notes == ("the result does not say that it is a panorama; .mp4 and .mov can",)


def test_wrong_projections(tmp_path):
    path = write_film(tmp_path / "a.mp4", pan(scenery(1), 2))
    style = Style("same", Tone(Lut.identity(17)))
    for projection, words in (
        ("cubemap", "for a video plain or equirectangular is wanted"),
        ("equirectangular", "160x96"),
    ):
        with pytest.raises(InputError, match=words):
            transfer_video(path, style, tmp_path / "out.mp4", settings=VideoSettings(projection=projection))
    assert not (tmp_path / "out.mp4").exists()
