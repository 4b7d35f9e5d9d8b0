"""Animated GIF, WebP and PNG through Pillow, in and out."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from pinxit.errors import CapacityError, PictureError
from pinxit.picture.decoded import Limits, check_size, decoding
from pinxit.picture.label import EditLabel
from pinxit.picture.pillow_reader import plugin_of
from pinxit.picture.writing import to_bits
from pinxit.picture.xmp import labelled
from pinxit.video.colour import Colour
from pinxit.video.facts import Clip, Frame, Timeline

MOST_FRAMES = 10_000
MOST_SAMPLES = 4_000_000_000
"""Most pixels of all frames together of an animation that is read; a video has no such limit."""
MOST_WRITTEN = 500_000_000
"""The same for one that is written: Pillow holds all its frames."""
_TICKS = 1000  # a second
_UNSAID = 100  # milliseconds that a frame without a time is shown, as browsers do
_STARTS = {b"GIF8": "GIF", b"\x89PNG": "PNG"}


def animation_format(head: bytes) -> str | None:
    """ "GIF", "PNG" or "WEBP" for a file that begins so and may be an animation."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return _STARTS.get(head[:4])


def moves(path: Path, format_name: str) -> bool:
    """Whether a file of such a format has more than one frame, by its header."""
    try:
        with decoding(str(path)), path.open("rb") as file:
            _check_canvas(file.read(32), format_name, Limits(str(path)))
            file.seek(0)
            with plugin_of(format_name)(file) as image:
                return bool(getattr(image, "is_animated", False))
    except PictureError:
        return False


def open_animation(path: Path, format_name: str, max_pixels: int) -> Clip:
    """Read the facts of an animation; its frames are walked through once for their times.

    Raises:
        PictureError: A single picture, damaged, or too large.
        CapacityError: More frames than are taken.
    """
    limits = Limits(str(path), max_pixels)
    with decoding(str(path)), path.open("rb") as file:
        _check_canvas(file.read(32), format_name, limits)
        file.seek(0)
        with plugin_of(format_name)(file) as image:
            check_size(*image.size, limits)
            count = int(getattr(image, "n_frames", 1))
            if count < 2:
                raise PictureError(f"{path} holds a single picture, and an animation was wanted")
            check_amount(path.name, count, image.size)
            times, alpha = [0], False
            for index in range(count):
                image.seek(index)
                image.load()
                alpha = alpha or bool(image.has_transparency_data)
                times.append(times[-1] + max(1, round(image.info.get("duration") or _UNSAID)))
            loop = image.info.get("loop")
            width, height = image.size
    timeline = Timeline(np.array(times[:-1], np.int64), times[-1], np.zeros(0, np.int64), Fraction(1, _TICKS))
    return Clip(
        path=path,
        kind="animation",
        width=width,
        height=height,
        rate=(Fraction(count * _TICKS, times[-1])).limit_denominator(1000),
        timeline=timeline,
        colour=Colour(),
        has_alpha=alpha,
        codec=format_name.lower(),
        loop=loop if isinstance(loop, int) else (1 if format_name == "GIF" else 0),
    )


def read_animation(clip: Clip, first: int, last: int) -> Iterator[Frame]:
    """Read frames; those before ``first`` are walked through, because each builds on the one before."""
    with decoding(str(clip.path)), clip.path.open("rb") as file, plugin_of(clip.codec.upper())(file) as image:
        for index in range(last):
            image.seek(index)
            image.load()
            if index < first:
                continue
            array = np.asarray(image.convert("RGBA"))
            if array.shape[:2] != (clip.height, clip.width):
                raise PictureError(f"{clip.path} changes its size at frame {index + 1}; save it again with one size")
            time = clip.timeline.time(index)
            alpha = np.ascontiguousarray(array[..., 3]) if clip.has_alpha else None
            pixels = np.ascontiguousarray(array[..., :3])
            yield Frame(index, time, clip.timeline.time(index + 1) - time, pixels, alpha)


def write_animation(
    path: Path,
    suffix: str,
    frames: Callable[[], Iterator[Frame]],
    lengths: list[Fraction],
    clip: Clip,
    label: EditLabel | None,
    produce_id: str,
) -> None:
    """Write frames one after another into a file that the caller has made; Pillow puts equal ones together.

    Args:
        path: The file.
        suffix: ".gif", ".webp", ".apng" or ".png".
        frames: Gives them from the first on; asked again where a format goes over them twice.
        lengths: Seconds that each is shown.
        clip: The source: how often it is shown, and whether there is alpha.
        label: The AI label, or None.
        produce_id: Number of this result.
    """
    reel = _Reel(frames, len(lengths), clip.has_alpha)
    packet = labelled(None, label, produce_id)
    options: dict[str, Any] = {"save_all": True, "loop": clip.loop or 0}
    if suffix == ".gif":
        note = f"{label.source_type} {label.aigc(produce_id)}".encode() if label else b""
        options |= {"comment": note, "disposal": 2 if clip.has_alpha else 1, "duration": milliseconds(lengths, 10)}
        if clip.loop == 1:
            del options["loop"]  # a GIF that says nothing is shown once
    elif suffix == ".webp":
        options |= {"xmp": packet or b"", "quality": 90, "method": 4, "duration": milliseconds(lengths, 1)}
    else:
        note = PngImagePlugin.PngInfo()
        if packet:
            note.add_itxt("XML:com.adobe.xmp", packet.decode())
        options |= {"pnginfo": note, "duration": milliseconds(lengths, 1)}
    with decoding(path.name, "written"):
        reel.save(path, {".gif": "GIF", ".webp": "WEBP"}.get(suffix, "PNG"), **options)


def milliseconds(lengths: list[Fraction], step: int) -> list[int]:
    """Lengths in whole steps of milliseconds, rounded so that their sum does not drift."""
    ends = np.cumsum([0.0, *map(float, lengths)]) * 1000 / step
    return [max(step, int(value) * step) for value in np.diff(np.rint(ends))]


def check_amount(name: str, frames: int, size: tuple[int, int], most: int = MOST_SAMPLES) -> None:
    """Refuse an animation that would take hours or all memory.

    Raises:
        CapacityError: Too many frames, or too many pixels in all.
    """
    if frames > MOST_FRAMES or frames * size[0] * size[1] > most:
        raise CapacityError(
            f"{name} has {frames} frames of {size[0]}x{size[1]} pixels, and an animation has at most {MOST_FRAMES} "
            f"and {most / 1e6:.0f} million pixels in all; use a video, such as .mp4 or .webm"
        )


def _check_canvas(head: bytes, format_name: str, limits: Limits) -> None:
    """Hold a WebP's canvas against the limit: its decoder takes memory before it can be asked."""
    if format_name == "WEBP":
        if head[12:16] != b"VP8X" or not head[20] & 2:
            raise PictureError(f"{limits.name} holds a single picture, and an animation was wanted")
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
        check_size(width, height, limits)


class _Reel(Image.Image):
    """Frames as Pillow's writers ask for them, one at a time."""

    def __init__(self, frames: Callable[[], Iterator[Frame]], count: int, alpha: bool) -> None:
        super().__init__()
        self._frames, self._alpha, self.n_frames = frames, alpha, count
        self._start()

    def _start(self) -> None:
        self._line, self._at = self._frames(), -1
        self._turn()

    def _turn(self) -> None:
        frame = next(self._line)
        pixels = to_bits(frame.pixels, np.uint8)
        if self._alpha:
            alpha = np.full(pixels.shape[:2], 255, np.uint8) if frame.alpha is None else to_bits(frame.alpha, np.uint8)
            pixels = np.dstack([pixels, alpha])
        image = Image.fromarray(pixels)
        self.im, self._mode, self._size = image.im, image.mode, image.size
        self._at += 1

    def tell(self) -> int:
        return self._at

    def seek(self, frame: int) -> None:
        if frame >= self.n_frames:
            raise EOFError
        if frame < self._at:
            self._start()
        while self._at < frame:
            self._turn()
