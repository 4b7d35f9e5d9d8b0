"""Which frames of a clip are made, and in which segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pinxit.errors import InputError
from pinxit.video.facts import Clip
from pinxit.video.keyframes import Automation, Key
from pinxit.video.settings import VideoSettings
from pinxit.video.shots import Shot
from pinxit.video.times import parse_span


@dataclass(frozen=True)
class Span:
    """A part of a clip.

    Args:
        first: Index of its first frame.
        stop: Index of the one after its last.
        start: Its beginning in seconds from the clip's.
        end: Its end; None is the clip's.
    """

    first: int
    stop: int
    start: Fraction = Fraction(0)
    end: Fraction | None = None

    def __len__(self) -> int:
        return self.stop - self.first


def span_of(clip: Clip, preview: str | None) -> Span:
    """The part that a preview names; None is the whole clip.

    Raises:
        InputError: The part holds no frame.
    """
    if preview is None:
        return Span(0, clip.frames)
    start, end = parse_span(preview)
    span = Span(clip.timeline.index_at(start), clip.timeline.index_at(end), start, end)
    if not len(span):
        raise InputError(f"the part {preview!r} holds no frame; {clip.path} is {float(clip.duration):.2f} s long")
    return span


def automation_of(clip: Clip, settings: VideoSettings, shots: Sequence[Shot]) -> Automation:
    """Keyframes at their times; a second style without any turns up evenly from the clip's start to its end.

    Raises:
        InputError: A keyframe names a cut that the clip does not have.
    """
    keys = list(settings.keyframes)
    if settings.turns and not any("blend" in key.dials for key in keys):
        ends = {Fraction(0): 0.0, clip.duration: 1.0}
        keys += [Key("blend", time, None, {"blend": value}, {}, "linear") for time, value in ends.items()]
    return Automation(keys, shots)


def key_frames(clip: Clip) -> list[int]:
    """Indices of the frames from which decoding can begin."""
    return np.searchsorted(clip.timeline.ticks, clip.timeline.keys).tolist()


def segments_of(span: Span, length: int, good: Sequence[int]) -> list[tuple[int, int]]:
    """Cut a part into segments of about a length, at good places where there are some.

    Args:
        span: The part.
        length: Frames that a segment should have, from 1; half as many more or less will do.
        good: Rising indices at which cutting is good, such as the beginnings of shots.

    Returns:
        First frame and stop of each segment, one after the other.
    """
    found = [span.first]
    while span.stop - found[-1] > length + length // 2:
        wanted = found[-1] + length
        near = [place for place in good if abs(place - wanted) <= length // 2]
        found.append(min(near, key=lambda place: abs(place - wanted)) if near else wanted)
    return list(zip(found, [*found[1:], span.stop], strict=True))
