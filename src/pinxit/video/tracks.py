"""Sound, subtitles and chapters of the source, copied packet by packet."""

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from pinxit.errors import PictureError
from pinxit.video.demuxing import av_errors, open_input, video_package
from pinxit.video.facts import Clip
from pinxit.video.tags import harmless


def check_sound(output: Path, kind: str, clip: Clip) -> None:
    """Refuse a container that cannot hold the source's sound, before any work is done.

    Raises:
        PictureError: It cannot; the line names what can.
    """
    if clip.kind != "video" or not clip.has_audio:
        return
    with open_input(clip.path) as source:
        for stream in source.streams.audio:
            problem = _refused(stream, kind)
            if problem:
                raise PictureError(
                    f"{clip.path.name}'s sound is {_name(stream)}, which {output.suffix} does not hold; "
                    "choose .mkv, or the source's own suffix"
                )


def _name(stream: Any) -> str:
    return stream.codec_context.name if stream.codec_context else "of an unknown kind"


def _refused(stream: Any, kind: str) -> str:
    """Why a container refuses a track, or nothing: its header is written to memory with this track alone."""
    av = video_package()
    try:
        with av.open(io.BytesIO(), "w", format=kind) as trial:
            trial.add_stream_from_template(stream, opaque=True)
            trial.start_encoding()
    except (av.error.FFmpegError, ValueError) as error:
        return str(error) or "refused"
    return ""


class Tracks:
    """Every track of a source but its pictures, set up in a result and read in step with it.

    Args:
        source: Open source; None for one without tracks.
        clip: Its facts.
        first: Seconds from the clip's start that become 0.
        last: Seconds at which the result ends, or None.
    """

    def __init__(self, source: Any, clip: Clip, first: Fraction, last: Fraction | None) -> None:
        self.source, self.clip, self.first, self.last = source, clip, first, last
        self.copies: dict[int, Any] = {}
        self.notes: list[str] = []

    def add_to(self, output: Any, kind: str) -> None:
        """Make the tracks that the container holds; the others are told in ``notes``."""
        for stream in self.source.streams if self.source else ():
            if stream.type not in ("audio", "subtitle"):
                if stream.type in ("data", "attachment"):
                    self.notes.append(f"track {stream.index} ({stream.type}) is left out")
                continue
            if _refused(stream, kind):
                self.notes.append(
                    f"track {stream.index} ({stream.type}, {_name(stream)}) is left out: {kind} cannot hold it"
                )
                continue
            copy = output.add_stream_from_template(stream, opaque=True)
            copy.metadata.update(harmless(stream.metadata))
            copy.disposition = stream.disposition
            self.copies[stream.index] = copy

    def packets(self) -> Iterator[tuple[Fraction, Any]]:
        """Their packets with new times, by decoding time in seconds; those that begin in the range."""
        if not self.copies:
            return
        origin = self.clip.timeline.origin * self.clip.timeline.base
        with av_errors(str(self.clip.path)):
            for packet in self.source.demux([self.source.streams[index] for index in self.copies]):
                tick = packet.pts if packet.pts is not None else packet.dts
                if packet.size == 0 or tick is None:
                    continue
                begins = tick * packet.time_base - origin
                if (self.first > 0 and begins < self.first) or (self.last is not None and begins >= self.last):
                    continue
                shift = round((origin + self.first) / packet.time_base)
                packet.pts = None if packet.pts is None else packet.pts - shift
                packet.dts = None if packet.dts is None else packet.dts - shift
                packet.stream = self.copies[packet.stream_index]
                time = packet.dts if packet.dts is not None else packet.pts
                yield time * packet.time_base, packet
