"""Opening a clip of any kind, and reading its frames."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from pinxit.errors import CapacityError
from pinxit.video.animation import animation_format, moves, open_animation, read_animation
from pinxit.video.demuxing import check_file
from pinxit.video.facts import MAX_PIXELS, Clip, Frame, Timeline
from pinxit.video.film import open_video, read_video
from pinxit.video.sequence import is_pattern, open_sequence, read_sequence

__all__ = ["MAX_PIXELS", "VIDEO_SUFFIXES", "Clip", "Frame", "Timeline", "is_clip", "open_clip", "read_frames"]

_WORDS = "mp4 m4v mov mkv webm avi ts mts m2ts mpg mpeg vob wmv asf flv ogv mxf 3gp 3g2 y4m dv ivf"
VIDEO_SUFFIXES = frozenset("." + word for word in _WORDS.split())
"""Suffixes that mark a video, lower case with the dot."""


def is_clip(path: str | Path) -> bool:
    """Whether something is a clip by its name and first bytes: a video's suffix, a pattern, or frames that move."""
    path = Path(path).expanduser()
    if path.suffix.lower() in VIDEO_SUFFIXES or (is_pattern(path) and not path.exists()):
        return True
    try:
        with path.open("rb") as file:
            format_name = animation_format(file.read(64))
        return format_name is not None and moves(path, format_name)
    except OSError:
        return False


def open_clip(
    path: str | Path, *, max_pixels: int = MAX_PIXELS, max_seconds: float | None = None, rate: Fraction | None = None
) -> Clip:
    """Read the facts of a video, an animation (GIF, WebP, APNG) or a sequence of pictures.

    Args:
        path: File; or a folder of numbered pictures, or a pattern such as ``frames/%04d.png``.
        max_pixels: Most pixels of a frame, checked from the header.
        max_seconds: Longest clip; None for any length.
        rate: Frames per second of a sequence, which does not say; 25 where nothing is given.

    Raises:
        NotFoundError: It is not there.
        PictureError: Empty, damaged, cut off, a playlist, without pictures, too large, or of no known kind.
        CapacityError: Longer than ``max_seconds``.
        MissingExtraError: A video without the extra ``video``.
    """
    path = Path(path).expanduser()
    if path.is_dir() or (is_pattern(path) and not path.exists()):
        clip = open_sequence(path, max_pixels, rate)
    else:
        format_name = animation_format(check_file(path))
        if format_name is None:
            return open_video(path, max_pixels, max_seconds)
        clip = open_animation(path, format_name, max_pixels)
    if max_seconds is not None and clip.duration > max_seconds:
        raise CapacityError(f"{path} is {float(clip.duration):.0f} s long, and the limit is {max_seconds:.0f} s")
    return clip


def read_frames(clip: Clip, *, first: int = 0, last: int | None = None) -> Iterator[Frame]:
    """Read frames ``first`` up to, not with, ``last`` (as a slice), upright, one after another.

    An index means the same frame wherever reading begins. Memory does not grow with the clip.

    Raises:
        PictureError: A frame is damaged.
    """
    last = clip.frames if last is None else min(last, clip.frames)
    if clip.kind == "animation":
        return read_animation(clip, first, last)
    if clip.kind == "sequence":
        return read_sequence(clip, first, last)
    return read_video(clip, first, last)
