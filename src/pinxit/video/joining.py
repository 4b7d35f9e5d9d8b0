"""Finished segments, the source's sound and tags, as one file."""

import contextlib
import hashlib
import heapq
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.errors import PictureError
from pinxit.files import write_whole
from pinxit.picture.label import EDITED, EditLabel
from pinxit.video.animation import write_animation
from pinxit.video.codecs import FRAMES, choose_codec, container_of, container_options
from pinxit.video.demuxing import av_errors, check_file, open_input, video_package
from pinxit.video.facts import Clip, Frame
from pinxit.video.film import open_video, read_video
from pinxit.video.sequence import write_sequence
from pinxit.video.tags import harmless, label_entries
from pinxit.video.tracks import Tracks


def join_segments(
    parts: list[Path],
    clip: Clip,
    output: str | Path,
    *,
    codec: str = "auto",
    first: Fraction | float = 0,
    last: Fraction | float | None = None,
    label: EditLabel | None = EDITED,
) -> list[str]:
    """Put segments one after another, with the source's sound copied bit for bit.

    Nothing is coded again: packets are copied, so a seam is neither seen nor heard. Each segment begins with a key
    frame; decoding times are counted anew over the whole.

    Args:
        parts: Files of ``ClipWriter`` in the order of time, of one codec and setting.
        clip: The source.
        output: File to write or replace.
        codec: What the segments are coded with, as ``choose_codec`` said.
        first: Seconds from the clip's start at which the result begins; frames before are not in the segments.
        last: Seconds at which it ends; None for the clip's end. Sound is cut where packets end.
        label: The AI label among the tags; None adds none.

    Returns:
        Notes: what of the source the container could not hold.

    Raises:
        PictureError: Segments do not fit together, or the container refuses them.
        CapacityError: The disk is full.
    """
    path, first = Path(output), Fraction(first)
    last = None if last is None else Fraction(last)
    codec = choose_codec(path, clip, codec)
    segments = [Segment(part) for part in parts]
    _check_alike(segments, path)
    if codec == FRAMES:
        _write_pictures(path, segments, clip, first, last, label)
        return ["sound is left out: pictures hold none"] if clip.has_audio else []
    kind = container_of(path, codec)
    with contextlib.ExitStack() as stack:
        temporary = stack.enter_context(write_whole(path))
        stack.enter_context(av_errors(path.name, "written"))
        source = stack.enter_context(open_input(clip.path)) if clip.kind == "video" else None
        target = stack.enter_context(
            video_package().open(str(temporary), "w", format=kind, options=container_options(kind, segments[0].base))
        )
        tracks = Tracks(source, clip, first, last)
        stream = _add_pictures(target, segments[0], clip)
        tracks.add_to(target, kind)
        target.metadata.update(_tags(source, segments, label))
        if source is not None and first == 0 and last is None:
            target.set_chapters(source.chapters())
        pictures = _pictures(segments, stream, clip, first, last)
        for _, packet in heapq.merge(pictures, tracks.packets(), key=lambda entry: entry[0]):
            target.mux(packet)
    if abs(clip.pixel_aspect - 1) > 0.01 and kind not in ("mp4", "mov"):  # PyAV has no way to say it to the others
        aspect = f"{clip.pixel_aspect.numerator}:{clip.pixel_aspect.denominator}"
        tracks.notes.append(f"pixels of {aspect} are stored as square ones: only .mp4 and .mov can tell")
    return tracks.notes


class Segment:
    """A finished file of pictures.

    Args:
        path: The file.

    Raises:
        PictureError: It cannot be read or is empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_file(path)
        digest = hashlib.blake2b(digest_size=16)
        times = []
        with self.open() as (_, packets):
            for packet in packets:
                times.append(packet.pts)
                digest.update(packet)
        if not times:
            raise PictureError(f"the segment {path} holds no frame; make it again")
        self.digest = digest.digest()
        self.ticks = np.array(times, np.int64)
        with open_input(path) as container:
            stream = container.streams.video[0]
            self.base = stream.time_base
            self.facts = (stream.codec_context.name, stream.width, stream.height, stream.codec_context.extradata)

    @property
    def delay(self) -> int:
        """How many frames decoding is ahead of showing."""
        ranks = np.argsort(np.argsort(self.ticks))
        return int((np.arange(len(ranks)) - ranks).max())

    @contextlib.contextmanager
    def open(self) -> Iterator[tuple[Any, Iterator[Any]]]:
        """Its stream and packets, in the order of decoding."""
        with open_input(self.path) as container, av_errors(str(self.path)):
            stream = container.streams.video[0]
            yield stream, (packet for packet in container.demux(stream) if packet.size)


def _check_alike(segments: list[Segment], path: Path) -> None:
    if not segments:
        raise PictureError(f"{path.name} has no segment; at least one is wanted")
    for before, after in pairwise(segments):
        if before.facts != after.facts:
            raise PictureError(f"{after.path} was coded in another way than {before.path}; make the segments again")
        if after.ticks.min() * after.base <= before.ticks.max() * before.base:
            raise PictureError(f"{after.path} begins before {before.path} ends; make the segments again")


def _add_pictures(target: Any, segment: Segment, clip: Clip) -> Any:
    with segment.open() as (template, _):
        stream = target.add_stream_from_template(template, opaque=True)
        if template.codec_context.name == "hevc" and target.format.name in ("mp4", "mov"):
            stream.codec_tag = "hvc1"  # the only one that Apple's players take
    stream.time_base = segment.base
    stream.codec_context.framerate = clip.rate
    return stream


def _pictures(
    segments: list[Segment], stream: Any, clip: Clip, first: Fraction, last: Fraction | None
) -> Iterator[tuple[Fraction, Any]]:
    """All packets of the pictures with times that go on from segment to segment."""
    base = segments[0].base
    begin = round(first / base)
    shown = np.sort(np.concatenate([segment.ticks for segment in segments])) - begin
    lengths = _lengths(shown, round(_end(clip, last) / base) - begin)
    delay = max(segment.delay for segment in segments)
    step = max(1, round(1 / clip.rate / base))
    early = shown[0] - step * np.arange(delay, 0, -1)
    decoded = np.concatenate([early, shown])
    at = 0
    for segment in segments:
        with segment.open() as (_, packets):
            for packet in packets:
                packet.pts -= begin
                packet.dts = int(decoded[at])
                packet.duration = int(lengths[np.searchsorted(shown, packet.pts)])
                packet.stream = stream
                at += 1
                yield packet.dts * base, packet


def _lengths(shown: np.ndarray, end: int) -> np.ndarray:
    """How long each frame is shown, in ticks, when the last one ends at ``end``."""
    return np.diff(shown, append=max(int(shown[-1]) + 1, end))


def _end(clip: Clip, last: Fraction | None) -> Fraction:
    return clip.duration if last is None else min(last, clip.duration)


def _number(segments: list[Segment]) -> str:
    """A number for this result: the same packets give the same one."""
    return hashlib.blake2b(b"".join(segment.digest for segment in segments), digest_size=16).hexdigest()


def _write_pictures(
    path: Path, segments: list[Segment], clip: Clip, first: Fraction, last: Fraction | None, label: EditLabel | None
) -> None:
    """Segments kept without loss as an animation or a sequence."""

    def frames() -> Iterator[Frame]:
        for segment in segments:
            part = open_video(segment.path, clip.width * clip.height, None)
            for frame in read_video(replace(part, timeline=replace(part.timeline, origin=0))):
                yield replace(frame, index=clip.timeline.index_at(frame.time))

    if path.is_dir() or "%" in path.name:
        write_sequence(path, frames(), clip, label)
        return
    base = segments[0].base
    shown = np.sort(np.concatenate([segment.ticks for segment in segments]))
    lengths = [int(ticks) * base for ticks in _lengths(shown, round(_end(clip, last) / base))]
    with write_whole(path) as temporary:
        write_animation(temporary, path.suffix.lower(), frames, lengths, clip, label, _number(segments))


def _tags(source: Any, segments: list[Segment], label: EditLabel | None) -> dict[str, str]:
    entries = harmless(source.metadata) if source is not None else {}
    if label is not None:
        entries |= label_entries(label, _number(segments), source.metadata if source is not None else {})
    return entries
