"""The quick way for a tone alone: planes through lookup tables, while others are decoded and encoded."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from pinxit.tone.kernels import compiled
from pinxit.tone.lut import Lut, padded
from pinxit.video.ahead import ahead
from pinxit.video.colour import Colour
from pinxit.video.facts import Clip, Frame
from pinxit.video.film import decode_frames, upright
from pinxit.video.planes import PLANAR, frame_pixels, halves, offsets, planes_of, run
from pinxit.video.table_kernels import toned_planes
from pinxit.video.writing import ClipWriter

_FEWEST, _MOST = 17, 129  # nodes per axis: positions count 256 between two, and 10 bits want 1024 in all


@dataclass(frozen=True, eq=False)
class PlaneTable:
    """A lookup table laid out for the planes of one kind of video.

    Args:
        nodes: As the kernel wants them.
        whole: Its whole numbers.
        real: Its others.
        halves: Which of columns and rows chroma has half of.
    """

    nodes: np.ndarray
    whole: np.ndarray
    real: np.ndarray
    halves: np.ndarray

    @classmethod
    def of(cls, lut: Lut, subsampling: str, bits: int, colour: Colour) -> "PlaneTable":
        """Lay a table out.

        Args:
            lut: The table over R'G'B'.
            subsampling: "420", "422" or "444".
            bits: Of a sample, 8..12.
            colour: Matrix and range.
        """
        lut = lut.resized(min(max(lut.size, _FEWEST), _MOST))
        values = lut.table.reshape(-1, 3).astype(np.float64)
        lowest = values.min()
        scale = 8191 / max(values.max() - lowest, 1e-6)
        codes = np.rint((values - lowest) * scale).astype(np.uint64)
        nodes = np.zeros(padded(lut.size), np.uint64)
        nodes[: lut.size**3] = codes[:, 0] | codes[:, 1] << np.uint64(21) | codes[:, 2] << np.uint64(42)
        black, span, middle, reach = offsets(colour, bits)
        red, blue = colour.weights
        green = 1 - red - blue
        cell = (lut.size - 1) * 2**20
        by_v, by_u = 2 * (1 - red) * cell / reach, 2 * (1 - blue) * cell / reach
        whole = [lut.size, cell / span, black, by_v, -by_u * blue / green, -by_v * red / green, by_u, middle]
        unit = 256 * scale
        luma = np.array([red, green, blue, 1.0]) * span / unit
        to_u, to_v = reach / span / (2 * (1 - blue)), reach / span / (2 * (1 - red))
        real = [unit * lowest, unit, *luma, to_u, to_v, (1 << bits) - 1]
        return cls(nodes, np.rint(whole).astype(np.int32), np.array(real, np.float32), halves(subsampling))

    def apply(self, planes: list[np.ndarray], outs: list[np.ndarray]) -> None:
        """Send three planes through the table into three others of the same shapes and dtype."""
        kernel = compiled(toned_planes)
        height, width = planes[0].shape
        run(
            lambda rows: kernel(tuple(planes), tuple(outs), self.nodes, self.whole, self.real, self.halves, rows),
            height,
            width,
        )


def tone_frames(
    clip: Clip,
    lut_of: Callable[[int, Fraction], Lut],
    writer: ClipWriter,
    *,
    first: int = 0,
    last: int | None = None,
    on_frame: Callable[[int], object] | None = None,
) -> None:
    """Write frames ``first`` up to, not with, ``last`` of a video with the colours of tables.

    Where the result has the clip's own kind of planes, they go through the table without becoming pixels in between:
    colours are those of ``Lut.apply`` within rounding, and pixels that share chroma share its mean change. Else frames
    become pixels and planes again. Decoding, tables and encoding run in three threads.

    Args:
        clip: The source, of kind "video".
        lut_of: The table for a frame, by its index and its time in seconds; give the same object again where it has not
            changed.
        writer: Where the frames go; the caller closes it.
        first: Index of the first frame.
        last: Index behind the last; None for all.
        on_frame: Called with the index of each frame that is written.
    """
    toning = _Toning(clip, lut_of, writer)
    with closing(ahead(decode_frames(clip, first, last))) as decoded, closing(ahead(toning.frames(decoded))) as toned:
        for index, raw in toned:
            if isinstance(raw, Frame):
                writer.write(raw)
            else:
                writer.write_raw(raw, clip.timeline.time(index))
            if on_frame is not None:
                on_frame(index)


class _Toning:
    """Tables for one writer; the last one is kept ready."""

    def __init__(self, clip: Clip, lut_of: Callable[[int, Fraction], Lut], writer: ClipWriter) -> None:
        self.clip, self.lut_of, self.writer = clip, lut_of, writer
        self.match = PLANAR.match(writer.encoding.pixel_format)
        self.ready: tuple[Lut, PlaneTable] | None = None

    def frames(self, decoded: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Any]]:
        """Each frame, toned, as the writer wants it."""
        for index, frame in decoded:
            time = self.clip.timeline.time(index)
            lut = self.lut_of(index, time)
            yield index, self.quick(frame, lut) if self.is_quick(frame) else self.slow(index, time, frame, lut)

    def is_quick(self, frame: Any) -> bool:
        """Whether the planes can stay planes: the same kind in and out, the same size, no half columns to turn."""
        clip, source = self.clip, PLANAR.match(frame.format.name)
        if self.match is None or source is None or source[1] == "a" or source.groups()[1:] != self.match.groups()[1:]:
            return False
        if (self.writer.width, self.writer.height) != (clip.width, clip.height):
            return False
        turned = clip.rotation in (90, 270)
        if (frame.width, frame.height) != ((clip.height, clip.width) if turned else (clip.width, clip.height)):
            return False
        still = not clip.rotation and not clip.mirrored
        return still or (source[2] != "422" and frame.width % 2 == 0 and frame.height % 2 == 0)

    def quick(self, frame: Any, lut: Lut) -> Any:
        if self.ready is None or self.ready[0] is not lut:
            self.ready = lut, PlaneTable.of(lut, self.match[2], self.writer.bits, self.clip.colour)
        planes = planes_of(frame)
        if self.clip.rotation or self.clip.mirrored:
            planes = [upright(plane, self.clip) for plane in planes]
        result = self.writer.empty_frame()
        self.ready[1].apply(planes, planes_of(result))
        return result

    def slow(self, index: int, time: Fraction, frame: Any, lut: Lut) -> Frame:
        clip = self.clip
        pixels, alpha = frame_pixels(frame, clip.colour, clip.has_alpha)
        alpha = None if alpha is None else upright(alpha, clip)
        length = clip.timeline.time(index + 1) - time
        return Frame(index, time, length, lut.apply(upright(pixels, clip)), alpha)
