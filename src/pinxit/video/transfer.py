"""Giving a style to a video: shot by shot, segment by segment, going on where a stopped run ended."""

import os
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.engines.journal import identity
from pinxit.engines.strips import opencv
from pinxit.errors import InputError, PictureError
from pinxit.files import write_whole, writing_error
from pinxit.style import Style
from pinxit.video.ahead import ahead
from pinxit.video.clip import open_clip, read_frames
from pinxit.video.codecs import SEGMENT_SUFFIX, choose_codec
from pinxit.video.facts import Clip, Frame
from pinxit.video.joining import join_segments
from pinxit.video.painters import projection_of
from pinxit.video.plan import Span, automation_of, key_frames, segments_of, span_of
from pinxit.video.report import VideoReport
from pinxit.video.restyle import Cast, Restyle, needs_shots, only_tables
from pinxit.video.segments import Segments, kept_segments
from pinxit.video.sequence import is_pattern
from pinxit.video.settings import VideoSettings
from pinxit.video.shots import Shot, find_shots
from pinxit.video.spherical import MARKED, mark_spherical
from pinxit.video.tables import tone_frames
from pinxit.video.writing import ClipWriter

PAINTED = Fraction(1)
"""Seconds of a segment of painted frames, which take long."""
TONED = Fraction(20)
"""Seconds of one of frames through a table, which pass quickly."""

Progress = Callable[[int, int, str], Any]


def transfer_video(
    source: str | os.PathLike[str],
    style: Style,
    output: str | os.PathLike[str],
    *,
    settings: VideoSettings | None = None,
    open_style: Callable[[str], Style] | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    on_progress: Progress | None = None,
) -> VideoReport:
    """Give a style to a video, an animation or a sequence of pictures.

    Colours and strokes are measured once a shot and held, so that nothing pumps; strokes are kept on what they paint.
    The result grows segment by segment in a hidden folder beside it. A run that is stopped or killed at any moment is
    gone on with by the next one with the same clip, style and settings, and what comes out is what one run would have
    made, frame for frame. Sound is copied as it is. Memory does not grow with the clip.

    Args:
        source: The clip; as :func:`~pinxit.video.clip.open_clip` takes it.
        style: The style.
        output: The result; its suffix names the kind. Its folder is there.
        settings: How it is made.
        open_style: Opens the styles that keyframes name.
        overwrite: Replace a file that is there.
        dry_run: Check everything, find the cuts where they count, and write nothing.
        on_progress: Called with frames done, of how many, and what is going on.

    Raises:
        InputError: A wrong setting or keyframe, or a result that is there already.
        PictureError: The clip is damaged or refused, or the result's kind cannot hold it.
        NotFoundError: The clip or the output's folder is not there.
        CapacityError: No room, no right to write, or another run makes the same result.
        MissingExtraError: The extra ``video`` is not installed.
    """
    start = time.monotonic()
    settings = settings or VideoSettings()
    settings.check()
    cast = settings.cast(style, open_style)
    clip = open_clip(source, max_pixels=settings.dials.max_pixels, rate=settings.rate)
    output = Path(output).expanduser()
    check_output(clip, output, overwrite=overwrite)
    codec = choose_codec(output, clip, settings.codec)
    projection = projection_of(clip, settings.projection)
    if settings.steady and any(style.texture is not None for style in cast.all):
        opencv("video")  # now rather than hours later
    job = _Job(clip, output, cast, settings, codec, projection, on_progress or (lambda done, total, text: None))
    facts = job.copied() if job.changes_nothing and not dry_run else job.made(dry_run=dry_run)
    return VideoReport(
        source=clip.path,
        target=output,
        codec=codec,
        width=clip.width,
        height=clip.height,
        seconds=round(time.monotonic() - start, 3),
        **facts,
    )


def check_output(clip: Clip, output: Path, *, overwrite: bool) -> None:
    """Refuse a result that would replace something unasked, or the clip itself.

    Raises:
        InputError: With the reason.
    """
    if output.is_file() and clip.path.exists() and output.samefile(clip.path):
        raise InputError(f"{output} is the clip itself; choose another name")
    there = [output] if output.is_file() else []
    if is_pattern(output):
        there = sorted(output.parent.glob(f"{output.name.partition('%')[0]}[0-9]*{output.suffix}"))
    elif output.is_dir():
        there = [path for path in sorted(output.iterdir()) if not path.name.startswith(".")]
    if there and not overwrite:
        raise InputError(f"{there[0]} is there already; add --overwrite to replace it, or choose another name")


@dataclass(frozen=True)
class _Job:
    """One clip on its way."""

    clip: Clip
    output: Path
    cast: Cast
    settings: VideoSettings
    codec: str
    projection: str
    on_progress: Progress

    @property
    def changes_nothing(self) -> bool:
        """Whether the result is the very file."""
        chosen = self.settings
        same = self.clip.kind != "sequence" and self.clip.path.suffix.lower() == self.output.suffix.lower()
        plain = not (chosen.keyframes or chosen.second or chosen.preview) and chosen.codec == "auto"
        return same and plain and not chosen.dials.strength

    def copied(self) -> dict[str, Any]:
        """Copy the file."""
        with write_whole(self.output) as file:
            shutil.copyfile(self.clip.path, file)
        return {"state": "done", "frames": self.clip.frames, "notes": ("strength 0: the file is copied",)}

    def made(self, *, dry_run: bool) -> dict[str, Any]:
        """Make the result; what is to be reported of it."""
        span = span_of(self.clip, self.settings.preview)
        shots = self._shots(span)
        facts: dict[str, Any] = {"state": "planned", "frames": len(span)}
        if shots is not None:
            facts["cuts"] = tuple(float(shot.start) for shot in shots[1:] if shot.first > span.first)
        shots = shots or [Shot(span.first, span.stop, self.clip.timeline.time(span.first))]
        automation = automation_of(self.clip, self.settings, shots)
        if dry_run:
            return facts
        made_with = f"{self.settings.made_with(self.cast)} {self.codec} {self.projection} {_sources(self.clip)}"
        with kept_segments(self.output, made_with, SEGMENT_SUFFIX) as kept:
            parts, state = kept.finished(span.first)
            at = parts[-1].stop if parts else span.first
            more = {"mask": self.settings.mask, "steady": self.settings.steady, "projection": self.projection}
            restyle = Restyle(self.clip, self.cast, shots, automation, self.settings.dials, state=state, **more)
            self._make(kept, restyle, self._segments(span, shots), at)
            notes = self._join(kept, span)
        if self.clip.colour.hdr:
            notes.append("the clip is HDR; its codes got the style as they are")
        return {**facts, "state": "done", "resumed": at - span.first, "notes": tuple(notes)}

    def _join(self, kept: Segments, span: Span) -> list[str]:
        """Make one file of the segments; what is to be told of it."""
        paths = [part.path for part in kept.finished(span.first)[0]]
        more = {"codec": self.codec, "first": span.start, "last": span.end}
        around, marked = self.projection == "equirectangular", self.output.suffix.lower() in MARKED
        told = ["the result does not say that it is a panorama; .mp4 and .mov can"] if around and not marked else []
        if is_pattern(self.output) or not self.output.suffix:  # many files
            return join_segments(paths, self.clip, self.output, **more) + told
        # In the hidden folder, so that a run that is killed here leaves nothing that the next one does not clear away.
        joined = kept.path(span.stop).with_suffix(self.output.suffix)
        notes = join_segments(paths, self.clip, joined, **more)
        if around and marked:
            mark_spherical(joined)
        try:
            joined.replace(self.output)
        except OSError as error:
            raise writing_error(error, self.output) from error
        return notes + told

    def _shots(self, span: Span) -> list[Shot] | None:
        """The shots of the part, or from the clip's start where keyframes count cuts; None where none are needed."""
        counted = any(key.cut is not None for key in self.settings.keyframes)
        if not counted and not needs_shots(self.cast, self.settings.dials):
            return None
        first = 0 if counted else span.first

        def passed(index: int) -> None:
            self.on_progress(index - first, span.stop - first, "finding cuts")

        return find_shots(self.clip, first, span.stop, on_frame=passed)

    @property
    def _quick(self) -> bool:
        return self.clip.kind == "video" and only_tables(self.cast, self.settings.dials, self.settings.mask)

    def _segments(self, span: Span, shots: list[Shot]) -> list[tuple[int, int]]:
        length = max(1, round(self.clip.rate * (TONED if self._quick else PAINTED)))
        return segments_of(span, length, key_frames(self.clip) if self._quick else [shot.first for shot in shots])

    def _make(self, kept: Segments, restyle: Restyle, segments: list[tuple[int, int]], at: int) -> None:
        """Make the segments from a frame on."""
        first, stop = segments[0][0], segments[-1][1]
        coming = [segment for segment in segments if segment[0] >= at]

        def passed(index: int) -> None:
            self.on_progress(index + 1 - first, stop - first, "transferring")

        if self._quick:
            for begin, end in coming:
                with self._writer(kept, begin, end) as writer:
                    tone_frames(self.clip, restyle.lut, writer, first=begin, last=end, on_frame=passed)
                kept.keep(begin, end, {})
            return
        with closing(ahead(self._frames(restyle, at, stop, {end for _, end in coming}))) as frames:
            for begin, end in coming:
                state: dict[str, np.ndarray] = {}
                with self._writer(kept, begin, end) as writer:
                    for frame, after in islice(frames, end - begin):
                        writer.write(frame)
                        passed(frame.index)
                        state = after
                kept.keep(begin, end, state)

    @contextmanager
    def _writer(self, kept: Segments, begin: int, end: int) -> Iterator[ClipWriter]:
        """A writer of a segment, which is not kept unless all of its frames came."""
        chosen = {"codec": self.codec, "quality": self.settings.quality, "fast": self._quick}
        with ClipWriter(kept.path(begin), self.clip, **chosen) as writer:
            yield writer
            if writer.frames != end - begin:
                raise PictureError(
                    f"{self.clip.path} breaks off at frame {begin + writer.frames} of {self.clip.frames}; "
                    "save it again as a new file and use that"
                )

    def _frames(self, restyle: Restyle, at: int, stop: int, ends: set[int]) -> Generator[tuple[Frame, dict[str, Any]]]:
        """Frames with their style, and at the end of a segment what goes on from there."""
        with closing(ahead(read_frames(self.clip, first=at, last=stop))) as frames:
            for frame in frames:
                made = restyle(frame)
                yield made, restyle.state() if frame.index + 1 in ends else {}


def _sources(clip: Clip) -> str:
    """What tells a clip from another one, or from itself after a change; of a sequence for every picture."""
    facts = [identity(path) for path in clip.files or (clip.path,)]
    return repr([tuple(fact.values()) for fact in facts])
