"""Small videos written code by code, so that what a reader has to find is known."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def to_codes(rgb, matrix: int, full: bool, bits: int) -> np.ndarray:
    """R'G'B' 0..1 as codes of Y', Cb and Cr, not rounded: the formulas of ITU-T H.273, 8.3."""
    red, blue = WEIGHTS[matrix]
    r, g, b = np.moveaxis(np.asarray(rgb, float), -1, 0)
    y = red * r + (1 - red - blue) * g + blue * b
    u, v = (b - y) / (2 * (1 - blue)), (r - y) / (2 * (1 - red))
    if full:
        top = 2**bits - 1
        return np.stack([top * y, top * u + 2 ** (bits - 1), top * v + 2 ** (bits - 1)])
    step = 2 ** (bits - 8)
    return np.stack([step * (219 * y + 16), step * (224 * u + 128), step * (224 * v + 128)])


def to_rgb(codes, matrix: int, full: bool, bits: int) -> np.ndarray:
    """The reverse: codes (3, ...) to R'G'B' (..., 3), not clipped."""
    red, blue = WEIGHTS[matrix]
    y, u, v = np.asarray(codes, float)
    if full:
        top = 2**bits - 1
        y, u, v = y / top, (u - 2 ** (bits - 1)) / top, (v - 2 ** (bits - 1)) / top
    else:
        step = 2 ** (bits - 8)
        y, u, v = (y / step - 16) / 219, (u / step - 128) / 224, (v / step - 128) / 224
    r, b = y + 2 * (1 - red) * v, y + 2 * (1 - blue) * u
    return np.stack([r, (y - red * r - blue * b) / (1 - red - blue), b], -1)


def planes(frame) -> list[np.ndarray]:
    """Copies of a PyAV frame's planes."""
    dtype = np.dtype(np.uint16 if "le" in frame.format.name else np.uint8)
    rows = [np.frombuffer(p, dtype).reshape(p.height, -1)[:, : p.width] for p in frame.planes]
    return [np.array(plane) for plane in rows]


def frame_of(values: Sequence[np.ndarray], pixel_format: str) -> av.VideoFrame:
    """A frame of three planes."""
    height, width = values[0].shape
    frame = av.VideoFrame(width, height, pixel_format)
    for plane, value in zip(frame.planes, values, strict=True):
        dtype = np.dtype(np.uint16 if "le" in pixel_format else np.uint8)
        np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width] = value
    return frame


def flat(codes, size=(64, 48), pixel_format="yuv420p") -> av.VideoFrame:
    """A frame of one colour."""
    frame = av.VideoFrame(*size, pixel_format)
    for plane, code in zip(frame.planes, codes, strict=True):
        np.frombuffer(plane, np.uint16 if "le" in pixel_format else np.uint8)[:] = code
    return frame


def counting(count: int, size=(64, 48)) -> list[av.VideoFrame]:
    """Frames whose luma is 20 and 8 more with each."""
    return [flat((20 + 8 * n, 128, 128), size) for n in range(count)]


def number_of(pixels: np.ndarray) -> int:
    """Which frame of ``counting`` this is, from its R'G'B' codes of limited range."""
    return round((float(pixels.mean()) * 219 / np.iinfo(pixels.dtype).max + 16 - 20) / 8)


def write_video(
    path: Path,
    frames: Sequence[av.VideoFrame],
    *,
    ticks: Sequence[int] | None = None,
    base: Fraction = Fraction(1, 25),
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    tags: tuple[int, int, int, int] | None = None,
    rotation: tuple[float, bool] | None = None,
    sound: Sequence[str] = (),
    metadata: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    seconds: float | None = None,
) -> Path:
    """Write frames without loss (H.264) at the ticks of a base of time, with tones beside them."""
    ticks = range(len(frames)) if ticks is None else ticks
    options = {"qp": "0", "bf": "2", "g": "5"} if options is None else options
    with av.open(str(path), "w", options=container_options or {}) as container:
        rate = 1 / base if base > Fraction(1, 100) else Fraction(25)
        stream = container.add_stream(codec, rate=rate, options=dict(options))
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
        stream.codec_context.time_base = base
        if tags:
            context = stream.codec_context
            context.colorspace, context.color_range, context.color_primaries, context.color_trc = tags
        if rotation:
            stream.set_display_rotation(rotation[0], hflip=rotation[1])
        tracks = [container.add_stream(name, rate=8000, layout="mono") for name in sound]
        container.metadata.update(metadata or {})
        for tick, frame in zip(ticks, frames, strict=True):
            frame.pts, frame.time_base = tick, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for number, track in enumerate(tracks):
            write_tone(container, track, seconds or float((ticks[-1] + 1) * base), 300 + 200 * number)
    return path


def write_tone(container, track, seconds: float, pitch: float) -> None:
    """A sine as sound."""
    format_name = track.codec_context.format.name
    wave = np.sin(np.arange(int(8000 * seconds)) * 2 * np.pi * pitch / 8000)
    samples = wave.astype(np.float32) if "flt" in format_name else np.int16(wave * 20000)
    samples = samples.astype(np.int32) * 65536 if format_name in ("s32", "s32p") else samples
    at = 0
    size = track.codec_context.frame_size or 1024
    while at < len(samples):
        frame = av.AudioFrame.from_ndarray(samples[None, at : at + size], format=format_name, layout="mono")
        frame.pts, frame.sample_rate, frame.time_base = at, 8000, Fraction(1, 8000)
        container.mux(track.encode(frame))
        at += size
    container.mux(track.encode(None))


def packets(path: Path, kind: str, number: int = 0) -> list[tuple[Fraction, bytes]]:
    """Times and payloads of a track."""
    with av.open(str(path)) as container:
        stream = [s for s in container.streams if s.type == kind][number]
        return [(p.pts * p.time_base, bytes(p)) for p in container.demux(stream) if p.size]
