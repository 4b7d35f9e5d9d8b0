"""Videos through FFmpeg: their facts, and frames by exact index."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.errors import CapacityError, PictureError
from pinxit.video.colour import resolve
from pinxit.video.demuxing import av_errors, check_file, open_input
from pinxit.video.facts import Clip, Frame, Timeline
from pinxit.video.planes import depth, frame_pixels, to_planar

_GAP = Fraction(1, 2)  # seconds that may be missing at the end before a file counts as cut off
_HIGHEST_RATE = 1000


def open_video(path: Path, max_pixels: int, max_seconds: float | None) -> Clip:
    """Read the facts of a video: all packets are looked at, one frame is decoded."""
    check_file(path)
    with open_input(path, max_pixels) as container, av_errors(str(path)):
        stream = video_stream(container, path)
        context = stream.codec_context
        _check_size(path, context.width, context.height, max_pixels)
        if max_seconds and container.duration and container.duration > max_seconds * 1_000_000:
            raise CapacityError(
                f"{path} is {container.duration / 1e6:.0f} s long, and the limit is {max_seconds:.0f} s; cut it shorter"
            )
        timeline, rate = _scan(path, container, stream)
        clip = Clip(
            path=path,
            kind="video",
            width=context.width,
            height=context.height,
            rate=rate,
            timeline=timeline,
            has_audio=any(other.type == "audio" for other in container.streams),
            pixel_aspect=stream.sample_aspect_ratio or Fraction(1),
            codec=context.codec.canonical_name,
        )
    return _seen(clip, _first_frame(path, max_pixels))


def _seen(clip: Clip, frame: Any) -> Clip:
    """Add what only a decoded frame tells."""
    rotation, mirrored = _orientation(frame)
    turned = rotation in (90, 270)
    size = (frame.width, frame.height)
    shape = to_planar(frame).format.name
    range_code = 2 if frame.format.name.startswith("yuvj") else frame.color_range
    return replace(
        clip,
        width=size[turned],
        height=size[not turned],
        bits=depth(frame),
        colour=resolve(frame.colorspace, range_code, frame.color_primaries, frame.color_trc, size),
        rotation=rotation,
        mirrored=mirrored,
        has_alpha=any(part.is_alpha for part in frame.format.components),
        subsampling=next((kind for kind in ("420", "422", "444") if kind in shape), "420"),
        pixel_aspect=1 / clip.pixel_aspect if turned else clip.pixel_aspect,
    )


def video_stream(container: Any, path: Path) -> Any:
    """The first track of moving pictures; a cover picture is none."""
    streams = [s for s in container.streams.video if "attached_pic" not in str(s.disposition)]
    if not streams:
        what = "only sound" if container.streams.audio else "no track of pictures"
        raise PictureError(f"{path} holds {what}, and a video was wanted")
    if streams[0].codec_context is None:
        raise PictureError(f"{path} is coded in a way that is not known here; save it again as H.264 in .mp4")
    return streams[0]


def decode_frames(clip: Clip, first: int = 0, last: int | None = None) -> Iterator[tuple[int, Any]]:
    """Decode frames ``first`` up to, not with, ``last`` as PyAV's, with their indices, not turned upright.

    Decoding begins at the key frame before ``first``, so an index always means the same frame.

    Raises:
        PictureError: A frame is damaged.
    """
    last = clip.frames if last is None else min(last, clip.frames)
    if first >= last:
        return
    keys = clip.timeline.keys
    at = int(np.searchsorted(keys, clip.timeline.ticks[first], side="right")) - 1
    while True:
        start = int(keys[at]) if at > 0 else None
        found = False
        for index, frame in _decoded(clip, start):
            if not found and index > first and at > 0:
                break  # the file was entered too late
            found = found or index >= first
            if index >= last:
                return
            if index >= first:
                yield index, frame
        else:
            return
        at = max(0, at - max(1, len(keys) // 8))


def read_video(clip: Clip, first: int = 0, last: int | None = None) -> Iterator[Frame]:
    """Read frames as pixels, upright."""
    size = (clip.height, clip.width) if clip.rotation in (90, 270) else (clip.width, clip.height)
    for index, frame in decode_frames(clip, first, last):
        with av_errors(str(clip.path)):
            if (frame.width, frame.height) != size:
                frame = frame.reformat(width=size[0], height=size[1])
            pixels, alpha = frame_pixels(frame, clip.colour, clip.has_alpha)
        time = clip.timeline.time(index)
        length = clip.timeline.time(index + 1) - time
        yield Frame(index, time, length, upright(pixels, clip), None if alpha is None else upright(alpha, clip))


def upright(array: np.ndarray, clip: Clip) -> np.ndarray:
    """Mirror and turn stored rows and columns as the clip is shown."""
    if clip.mirrored:
        array = array[:, ::-1]
    return np.ascontiguousarray(np.rot90(array, -clip.rotation // 90))


def _decoded(clip: Clip, start: int | None) -> Iterator[tuple[int, Any]]:
    """Decode to the end from the key frame at tick ``start``, or from the beginning."""
    ticks = clip.timeline.ticks
    counted = not len(clip.timeline.keys)
    with open_input(clip.path) as container, av_errors(str(clip.path)):
        stream = video_stream(container, clip.path)
        stream.thread_type = "AUTO"
        if start is not None:
            container.seek(start, stream=stream)
        for number, frame in enumerate(container.decode(stream)):
            if counted:
                yield number, frame
                continue
            index = len(ticks) if frame.pts is None else int(np.searchsorted(ticks, frame.pts))
            if index < len(ticks) and ticks[index] == frame.pts:
                yield index, frame


def _scan(path: Path, container: Any, stream: Any) -> tuple[Timeline, Fraction]:
    """Look at all packets: times and key frames of the pictures, and whether the file is whole."""
    times: list[tuple[int, bool, int]] = []
    unsure, end, count = False, Fraction(0), 0
    for packet in container.demux():
        if packet.size == 0 or packet.time_base is None:
            continue
        tick = packet.pts if packet.pts is not None else packet.dts
        if tick is not None:
            end = max(end, (tick + (packet.duration or 0)) * packet.time_base)
        if packet.stream_index != stream.index:
            continue
        count += 1
        if packet.is_discard or _hidden(packet, stream):
            continue
        unsure = unsure or packet.pts is None
        times.append((tick if tick is not None else -1, packet.is_keyframe, packet.duration or 0))
    _check_whole(path, container, stream, count, end)
    if not times:
        raise PictureError(f"{path} holds no frame, and a video needs at least one")
    return _timeline(times, stream, container, unsure)


def _timeline(
    times: list[tuple[int, bool, int]], stream: Any, container: Any, unsure: bool
) -> tuple[Timeline, Fraction]:
    base, rate = stream.time_base, stream.average_rate or stream.guessed_rate
    if not rate or rate > _HIGHEST_RATE:
        span = (max(t for t, _, _ in times) - min(t for t, _, _ in times)) * base
        rate = (len(times) - 1) / span if span > 0 else Fraction(25)
    rate = Fraction(rate).limit_denominator(100_000)
    times.sort()
    ticks = np.array([tick for tick, _, _ in times], np.int64)
    if unsure or (np.diff(ticks) <= 0).any():  # times are missing or twice there: frames are counted
        ticks = np.arange(len(times), dtype=np.int64)
        return Timeline(ticks, len(times), ticks[:0], 1 / rate, 0), rate
    keys = np.array([tick for tick, key, _ in times if key], np.int64)
    ends = int(ticks[-1]) + (times[-1][2] or max(1, round(1 / rate / base)))
    return Timeline(ticks, ends, keys, base, _origin(int(ticks[0]), base, container)), rate


def _origin(first: int, base: Fraction, container: Any) -> int:
    """The tick that counts as 0: where picture or sound begins, unless that is close to 0 by itself."""
    starts = [first * base]
    starts += [s.start_time * s.time_base for s in container.streams.audio if s.start_time is not None]
    earliest = min(starts)
    if earliest <= 0:
        return min(first, 0)
    return int(earliest / base)


def _hidden(packet: Any, stream: Any) -> bool:
    """Whether a packet of VP8 is a picture that is never shown (RFC 6386, 9.1)."""
    return stream.codec_context.name == "vp8" and not bytes(packet)[0] >> 4 & 1


def _check_whole(path: Path, container: Any, stream: Any, count: int, end: Fraction) -> None:
    """Refuse a file that ends before its header says."""
    length = Fraction(container.duration or 0, 1_000_000)
    start = Fraction(container.start_time or 0, 1_000_000)
    missing = start + length - end
    kinds = container.format.name.split(",")
    if ("mp4" in kinds and count < len(stream.index_entries)) or (
        ("mp4" in kinds or "matroska" in kinds) and missing > _GAP
    ):
        raise PictureError(
            f"{path} breaks off after {float(end - start):.1f} s of {float(length):.1f} s; get the whole file, "
            "or save what is there as a new one"
        )


def _first_frame(path: Path, max_pixels: int) -> Any:
    with open_input(path, max_pixels) as container, av_errors(str(path)):
        stream = video_stream(container, path)
        for frame in container.decode(stream):
            _check_size(path, frame.width, frame.height, max_pixels)
            return frame
    raise PictureError(f"{path} holds no frame that can be decoded; it is damaged, save it again")


def _check_size(path: Path, width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise PictureError(
            f"{path} states no size of its frames, or more than {max_pixels / 1e6:.0f} million pixels, which is the "
            "limit; make it smaller or save it again"
        )
    if width * height > max_pixels:
        raise PictureError(
            f"{path} has frames of {width}x{height} pixels, {width * height / 1e6:.0f} million, and the limit is "
            f"{max_pixels / 1e6:.0f} million; make it smaller"
        )


def _orientation(frame: Any) -> tuple[int, bool]:
    """Clockwise turn and mirroring that the display matrix states, as far as it keeps rows and columns."""
    for side in frame.side_data:
        if side.type.name == "DISPLAYMATRIX":
            a, b, _, c, d = np.frombuffer(bytes(side), np.int32)[:5].tolist()
            mirrored = a * d - b * c < 0
            if mirrored:
                a, b = -a, -b
            if abs(a) < abs(b):
                return (90 if b > 0 else 270), mirrored
            return (180 if a < 0 else 0), mirrored
    return 0, False
