"""ClipWriter: frames into a video file, whole or not at all."""

import contextlib
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from pinxit.errors import InputError, ShapeError
from pinxit.files import write_whole, writing_error
from pinxit.video.codecs import choose_codec, container_of, container_options, encoding
from pinxit.video.demuxing import av_errors, video_package
from pinxit.video.facts import Clip, Frame
from pinxit.video.planes import PLANAR, folded, planes_of, scaled


class ClipWriter:
    """Encodes frames into one file without sound: a segment of a result, or a film of its own.

    Use it in a ``with`` statement: the file takes its name when the block ends well, else nothing is left.

    Args:
        path: .mp4, .mov, .mkv, .webm, or SEGMENT_SUFFIX for a piece that ``join_segments`` will take.
        clip: The source: rate, ticks of time, colour tags; its size is that of the frames, rounded up to even numbers
            where the encoder wants that.
        codec: "auto", or what ``choose_codec`` said.
        quality: 1..100, None for 85.
        bits: 8 or 10; None keeps the clip's where the encoder can.
        fast: Prefer speed to a small file.

    Raises:
        PictureError: The codec is not here or not for this file.
        CapacityError: The disk is full.
    """

    def __init__(
        self,
        path: str | Path,
        clip: Clip,
        *,
        codec: str = "auto",
        quality: int | None = None,
        bits: int | None = None,
        fast: bool = False,
    ) -> None:
        av = video_package()
        self.path, self.clip, self.frames = Path(path), clip, 0
        name = choose_codec(path, clip, codec, bits)
        self.encoding = encoding(name, clip, quality, bits, fast)
        self.bits = max(part.bits for part in av.VideoFormat(self.encoding.pixel_format).components)
        step = 2 if "420" in self.encoding.pixel_format or "422" in self.encoding.pixel_format else 1
        step = step if self.encoding.library in ("libx264", "libx265", "libsvtav1", "prores_ks") else 1
        self.width, self.height = -(-clip.width // step) * step, -(-clip.height // step) * step
        self._base, self._last = clip.timeline.base, None
        self._whole = contextlib.ExitStack()
        temporary = self._whole.enter_context(write_whole(self.path))
        try:
            with self._guarded():
                kind = container_of(self.path, name)
                options = container_options(kind, self._base)
                self._container = av.open(str(temporary), "w", format=kind, options=options)
                self._stream = self._add_stream()
                self._container.start_encoding()
        except BaseException as error:
            self._abort(error)
            raise

    def _add_stream(self) -> Any:
        if self.encoding.library == "libsvtav1":
            os.environ.setdefault("SVT_LOG", "1")  # errors only; it knows no other way
        stream = self._container.add_stream(
            self.encoding.library, rate=self.clip.rate, options=dict(self.encoding.options)
        )
        context, colour = stream.codec_context, self.clip.colour
        context.width, context.height = self.width, self.height
        context.pix_fmt = self.encoding.pixel_format
        context.time_base = self._base
        context.sample_aspect_ratio = self.clip.pixel_aspect
        context.thread_type = "AUTO"
        if PLANAR.match(self.encoding.pixel_format):
            context.color_range, context.colorspace = 2 if colour.full else 1, colour.matrix
            context.color_primaries, context.color_trc = colour.primaries, colour.transfer
        return stream

    def empty_frame(self) -> Any:
        """A PyAV frame as the encoder wants it, tags set, samples not."""
        frame = video_package().VideoFrame(self.width, self.height, self.encoding.pixel_format)
        if PLANAR.match(self.encoding.pixel_format):
            colour = self.clip.colour
            frame.color_range, frame.colorspace = 2 if colour.full else 1, colour.matrix
            frame.color_primaries, frame.color_trc = colour.primaries, colour.transfer
        return frame

    def write(self, frame: Frame) -> None:
        """Encode one frame; times have to rise.

        Raises:
            ShapeError: It has another size than the clip.
        """
        pixels = np.asarray(frame.pixels)
        if pixels.shape != (self.clip.height, self.clip.width, 3) or pixels.dtype not in (np.uint8, np.uint16):
            raise ShapeError(
                f"a frame {pixels.dtype} {pixels.shape} came; uint8 or uint16 "
                f"({self.clip.height}, {self.clip.width}, 3) is wanted"
            )
        raw = self.empty_frame()
        match = PLANAR.match(self.encoding.pixel_format)
        if match:
            planes = planes_of(raw)
            folded(self._padded(pixels), planes[:3], match[2], self.bits, self.clip.colour)
            if match[1] == "a":
                alpha = np.full(pixels.shape[:2], 255, np.uint8) if frame.alpha is None else frame.alpha
                planes[3][:] = self._padded(scaled(alpha, 8 * alpha.itemsize, self.bits))
        else:
            self._fill(raw, pixels, frame.alpha)
        self.write_raw(raw, frame.time)

    def write_raw(self, frame: Any, time: Fraction) -> None:
        """Encode a filled ``empty_frame``, shown from ``time`` on."""
        tick = round(time / self._base)
        if self._last is not None and tick <= self._last:
            raise InputError(f"a frame at {float(time):.3f} s came after one at or behind it; times have to rise")
        self._last = tick
        frame.pts, frame.time_base = tick, self._base
        with self._guarded():
            self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def close(self) -> None:
        """Finish the file and give it its name."""
        try:
            with self._guarded():
                packets = self._stream.encode(None)
                for packet in packets if self.frames == 1 else ():
                    packet.dts = packet.pts  # x265 leaves it open
                self._container.mux(packets)
                self._container.close()
        except BaseException as error:
            self._abort(error)
            raise
        self._whole.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._abort(error)

    def _abort(self, error: BaseException) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(Exception):
            self._container.close()
        with contextlib.suppress(BaseException):
            self._whole.__exit__(type(error), error, error.__traceback__)

    def _padded(self, pixels: np.ndarray) -> np.ndarray:
        """Repeat the last row and column where the encoder wants even numbers of them."""
        down, across = self.height - pixels.shape[0], self.width - pixels.shape[1]
        if down or across:
            pixels = np.pad(pixels, ((0, down), (0, across), (0, 0))[: pixels.ndim], mode="edge")
        return np.ascontiguousarray(pixels)

    def _fill(self, raw: Any, pixels: np.ndarray, alpha: np.ndarray | None) -> None:
        """Red, green, blue and alpha as the lossless coder wants them, side by side."""
        name = raw.format.name
        plane = raw.planes[0]
        dtype = np.uint16 if "48" in name or "64" in name else np.uint8
        bits = 8 * np.dtype(dtype).itemsize
        channels = 3 if name == "rgb48le" else 4
        row = plane.line_size // np.dtype(dtype).itemsize
        view = np.frombuffer(plane, dtype).reshape(self.height, row)[:, : self.width * channels]
        view = view.reshape(self.height, self.width, channels)
        colours = scaled(pixels, 8 * pixels.itemsize, bits)
        view[..., :3] = colours[..., ::-1] if name.startswith("bgr") else colours
        if channels == 4:
            view[..., 3] = (1 << bits) - 1 if alpha is None else scaled(alpha, 8 * alpha.itemsize, bits)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with av_errors(self.path.name, "written"):
                yield
        except OSError as error:
            raise writing_error(error, self.path) from error
