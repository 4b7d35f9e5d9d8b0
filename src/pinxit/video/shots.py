"""Where a clip is cut: its shots."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pinxit.errors import InputError
from pinxit.video.clip import read_frames
from pinxit.video.demuxing import av_errors, video_package
from pinxit.video.facts import Clip
from pinxit.video.film import decode_frames

SIDE = (160, 90)
"""Width and height at which pictures are compared, as grey."""
SCORE = 7.0
"""Least score of FFmpeg's scdet, 0..100, of a picture that may begin a shot."""
ALIKE = 0.65
"""Correlation from which pictures before and after show the same thing: a flash, not a cut."""
NEAR = 3
"""Pictures on either side that are looked at; cuts closer than this are one."""
FLAT = 2.0
"""Standard deviation, in 255ths, under which a picture shows nothing: black between fades."""
TICK = Fraction(1, 1000)
_BLOCK = 5  # pixels of SIDE in one of a thumbnail


@dataclass(frozen=True)
class Shot:
    """Frames between two cuts.

    Args:
        first: Index of the first frame.
        stop: Index of the one after the last.
        start: Time of the first one, in seconds from the clip's start.
    """

    first: int
    stop: int
    start: Fraction

    def __len__(self) -> int:
        return self.stop - self.first


@dataclass(frozen=True)
class _Look:
    """What is kept of a frame: grey thumbnail (18, 32) float32 0..255, and how much it differs from the one before."""

    index: int
    thumbnail: np.ndarray
    score: float


def find_shots(
    clip: Clip, first: int = 0, stop: int | None = None, *, on_frame: Callable[[int], Any] | None = None
) -> list[Shot]:
    """Find the shots of a clip, in memory that does not grow with it.

    A shot begins where the picture changes more than the movement before explains (``scdet``), and what was seen just
    before does not come back at once, as it does after a flash. It also begins where a picture comes out of two or more
    flat ones, as between a fade to black and a fade in. Dissolves are not cuts: tone has no place there to change in.

    Args:
        clip: The clip.
        first: Index of the first frame to look at; it begins a shot.
        stop: Index of the one after the last; None looks at all.
        on_frame: Called with the index of every frame as it passes.

    Returns:
        Shots one after the other without a gap.

    Raises:
        InputError: There is no frame in the range.
        PictureError: The clip is damaged.
        MissingExtraError: PyAV is missing.

    Source:
        FFmpeg 8, libavfilter/scene_sad and vf_scdet: the smaller of the mean absolute difference to the frame before
        and of its change. Departure: a threshold under its 10, with the pictures around looked at.
    """
    begins: list[_Look] = []
    end = first
    for before, look, after in _windows(_looks(clip, first, stop, on_frame)):
        if not begins or (look.index - begins[-1].index >= NEAR and _begins(before, look, after)):
            begins.append(look)
        end = look.index + 1
    if not begins:
        raise InputError(f"{clip.path} has no frame from number {first} on; name an earlier part")
    stops = [look.index for look in begins[1:]] + [end]
    return [Shot(look.index, stop, clip.timeline.time(look.index)) for look, stop in zip(begins, stops, strict=True)]


def _begins(before: list[_Look], look: _Look, after: list[_Look]) -> bool:
    """Whether a shot begins with a frame, by the few around it."""
    flat = [_flat(other) for other in before[-2:]]
    if len(flat) == 2 and all(flat) and not _flat(look):
        return True
    coming = [look, *after][:NEAR]
    return look.score >= SCORE and not any(_correlation(a, b) >= ALIKE for a in before for b in coming)


def _flat(look: _Look) -> bool:
    return float(look.thumbnail.std()) < FLAT


def _correlation(a: _Look, b: _Look) -> float:
    """Of two thumbnails, -1..1; 0 with a flat one. Brightness and contrast do not count."""
    x, y = (look.thumbnail - look.thumbnail.mean() for look in (a, b))
    return float((x * y).sum() / max(1e-6, float(np.sqrt((x * x).sum() * (y * y).sum()))))


def _windows(looks: Iterator[_Look]) -> Iterator[tuple[list[_Look], _Look, list[_Look]]]:
    """Every look with up to ``NEAR`` before and after it."""
    before: deque[_Look] = deque(maxlen=NEAR)
    coming: deque[_Look] = deque()
    for look in looks:
        coming.append(look)
        if len(coming) > NEAR:
            yield list(before), coming[0], list(coming)[1:]
            before.append(coming.popleft())
    while coming:
        yield list(before), coming[0], list(coming)[1:]
        before.append(coming.popleft())


def _looks(clip: Clip, first: int, stop: int | None, on_frame: Callable[[int], Any] | None) -> Iterator[_Look]:
    """What scdet says of every frame. It gives one picture for each that comes in, at once."""
    graph, kind = None, None
    width, height = (side // _BLOCK for side in SIDE)
    with av_errors(str(clip.path)):
        for index, picture in _pictures(clip, first, stop):
            if (picture.format.name, picture.width, picture.height) != kind:
                kind = picture.format.name, picture.width, picture.height
                graph = _graph(picture)
            picture.pts, picture.time_base = index, TICK
            graph.vpush(picture)
            seen = graph.vpull()
            grey = seen.to_ndarray().reshape(height, _BLOCK, width, _BLOCK).mean((1, 3), dtype=np.float32)
            yield _Look(index, grey, float(seen.metadata.get("lavfi.scd.score", 0)))
            if on_frame:
                on_frame(index)


def _pictures(clip: Clip, first: int, stop: int | None) -> Iterator[tuple[int, Any]]:
    """PyAV's frames; those of a video as they are coded, which saves turning them into RGB."""
    if clip.kind == "video":
        yield from decode_frames(clip, first, stop)
        return
    make = video_package().VideoFrame.from_ndarray
    for frame in read_frames(clip, first=first, last=stop):
        yield frame.index, make(frame.pixels, "rgb24" if frame.pixels.dtype == np.uint8 else "rgb48")


def _graph(picture: Any) -> Any:
    graph = video_package().filter.Graph()
    source = graph.add_buffer(width=picture.width, height=picture.height, format=picture.format.name, time_base=TICK)
    width, height = SIDE
    chain = [source, graph.add("scale", f"{width}:{height}:flags=area"), graph.add("format", "gray")]
    graph.link_nodes(*chain, graph.add("scdet", f"threshold={SCORE}"), graph.add("buffersink")).configure()
    return graph
