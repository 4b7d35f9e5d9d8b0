"""How fast a tone goes over a video, beside FFmpeg's own filter for tables."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

from pinxit.exporting.cube import write_cube
from pinxit.tone.lut import Lut
from pinxit.video.ahead import ahead
from pinxit.video.demuxing import av_errors, video_package
from pinxit.video.facts import Clip
from pinxit.video.film import decode_frames
from pinxit.video.tables import tone_frames
from pinxit.video.writing import ClipWriter


def tone_race(clip: Clip, lut: Lut, *, frames: int | None = None, rounds: int = 3) -> dict[str, float]:
    """Time ``tone_frames`` and FFmpeg's ``lut3d`` over the same frames: decoding, table and x264 veryfast, in turns.

    Both decode ahead and encode in threads of their own, with the same encoder and settings; the rival's frames go
    through a graph of ``lut3d`` (tetrahedral, its default among the exact ones) and ``format``, as on FFmpeg's command
    line. The first round of each, which compiles and fills caches, does not count.

    Args:
        clip: A video of 8 bits.
        lut: The table.
        frames: How many of its frames; None for all.
        rounds: How often each runs.

    Returns:
        Frames a second by the clock and seconds of processor a frame, best of the rounds; and "ratio" and
        "ratio_processor", ours by the rival's, above 1 where ours is faster.
    """
    count = min(frames or clip.frames, clip.frames)
    best = {"ours": [float("inf")] * 2, "lut3d": [float("inf")] * 2}
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "table.cube")
        write_cube(lut, table)
        runs: dict[str, Callable[[ClipWriter], None]] = {
            "ours": lambda writer: tone_frames(clip, lambda *_: lut, writer, last=count),
            "lut3d": lambda writer: _filtered(clip, table, writer, count),
        }
        for turn in range(rounds + 1):
            for name, run in runs.items():
                took = _timed(run, Path(folder, f"{name}.mkv"), clip)
                if turn:
                    best[name] = [min(pair) for pair in zip(best[name], took, strict=True)]
    ours, rival = best["ours"], best["lut3d"]
    return {
        "frames_per_second": count / ours[0],
        "lut3d_frames_per_second": count / rival[0],
        "ratio": rival[0] / ours[0],
        "processor_seconds_per_frame": ours[1] / count,
        "lut3d_processor_seconds_per_frame": rival[1] / count,
        "ratio_processor": rival[1] / ours[1],
    }


def _timed(run: Callable[[ClipWriter], None], path: Path, clip: Clip) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.process_time()
    with ClipWriter(path, clip, codec="h264", fast=True) as writer:
        run(writer)
    return time.perf_counter() - clock, time.process_time() - processor


def _filtered(clip: Clip, table: Path, writer: ClipWriter, count: int) -> None:
    """The rival: frames through FFmpeg's filters."""
    with (
        closing(ahead(decode_frames(clip, 0, count))) as decoded,
        closing(ahead(_pulled(decoded, table, writer))) as out,
    ):
        for index, frame in out:
            writer.write_raw(frame, clip.timeline.time(index))


def _pulled(decoded: Iterator[tuple[int, Any]], table: Path, writer: ClipWriter) -> Iterator[tuple[int, Any]]:
    graph = None
    with av_errors("FFmpeg's filter"):
        for index, frame in decoded:
            graph = graph or _graph(frame, table, writer)
            graph.push(frame)
            yield index, graph.pull()


def _graph(frame: Any, table: Path, writer: ClipWriter) -> Any:
    graph = video_package().filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1, 1000)
    )
    steps = [
        graph.add("lut3d", file=str(table), interp="tetrahedral"),
        graph.add("format", f"pix_fmts={writer.encoding.pixel_format}"),
        graph.add("buffersink"),
    ]
    for before, after in zip([source, *steps], steps, strict=False):
        before.link_to(after)
    graph.configure()
    return graph
