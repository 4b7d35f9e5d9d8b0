"""Numbered pictures as a clip, in and out."""

import contextlib
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np

from pinxit.errors import InputError, NotFoundError, PictureError
from pinxit.files import find_pictures
from pinxit.picture import EditLabel, Picture
from pinxit.picture.writing import FORMATS, to_bits
from pinxit.video.facts import Clip, Frame, Timeline

DEFAULT_RATE = Fraction(25)
"""Frames per second of pictures, which do not say."""
_NUMBER = re.compile(r"%0?(\d*)d")


def is_pattern(path: Path) -> bool:
    """Whether a name stands for numbered files: ``frames/%04d.png``."""
    return _NUMBER.search(path.name) is not None


def open_sequence(path: Path, max_pixels: int, rate: Fraction | None) -> Clip:
    """Read the facts of a sequence from its first picture.

    Args:
        path: Folder, whose pictures come in natural order; or a pattern with one ``%d`` or ``%04d``.
        max_pixels: Most pixels of one.
        rate: Frames per second; None is 25.

    Raises:
        NotFoundError: No picture fits.
        PictureError: A number between the first and the last is missing.
    """
    files = _numbered(path) if is_pattern(path) else find_pictures([path])
    first = Picture.open(files[0], max_pixels=max_pixels)
    rate = DEFAULT_RATE if rate is None else Fraction(rate).limit_denominator(100_000)
    if rate <= 0:
        raise InputError(f"a rate of {rate} came; frames per second above 0 are wanted")
    count = len(files)
    return Clip(
        path=path,
        kind="sequence",
        width=first.width,
        height=first.height,
        rate=rate,
        timeline=Timeline(np.arange(count, dtype=np.int64), count, np.zeros(0, np.int64), 1 / rate),
        bits=8 if first.array.dtype == np.uint8 else 16,
        has_alpha=first.alpha is not None,
        codec=(first.metadata.format or "").lower(),
        files=tuple(files),
    )


def read_sequence(clip: Clip, first: int, last: int) -> Iterator[Frame]:
    """Read frames.

    Raises:
        PictureError: A picture is damaged, or of another size than the first.
    """
    sample = np.uint8 if clip.bits == 8 else np.uint16
    for index, path in enumerate(clip.files[first:last], first):
        picture = Picture.open(path, max_pixels=clip.width * clip.height * 2)
        if picture.size != (clip.width, clip.height):
            raise PictureError(
                f"{path} is {picture.width}x{picture.height} pixels, and {clip.width}x{clip.height} was wanted, as "
                f"{clip.files[0].name} is; bring all pictures to one size"
            )
        alpha = picture.alpha
        if clip.has_alpha:
            alpha = np.full(picture.array.shape[:2], np.iinfo(sample).max, sample) if alpha is None else alpha
            alpha = to_bits(alpha, sample)
        else:
            alpha = None
        yield Frame(index, clip.timeline.time(index), 1 / clip.rate, to_bits(picture.array, sample), alpha)


def check_sequence(output: Path) -> None:
    """Refuse a pattern that is none, or whose pictures are of no written kind.

    Raises:
        PictureError: It is not right.
        NotFoundError: The folder is not there.
    """
    if output.is_dir():
        return
    if output.name.count("%") != 1 or not is_pattern(output):
        raise PictureError(f"{output.name} is no pattern of numbered pictures; wanted one like frames/%04d.png")
    if output.suffix.lower() not in FORMATS:
        raise PictureError(f"pictures cannot be saved as {output.suffix or output.name}; choose {', '.join(FORMATS)}")
    if not output.parent.is_dir():
        raise NotFoundError(f"the folder {output.parent} is not there; make it first or choose another one")


def write_sequence(output: Path, frames: Iterator[Frame], clip: Clip, label: EditLabel | None) -> None:
    """Write each frame as a picture; all of them or, of new files, none.

    Args:
        output: An existing folder, or a pattern. Names in a folder are the source's or numbers; a pattern counts on
            from the source's first number, else from 1.
        frames: What to write.
        clip: The source.
        label: The AI label, or None.
    """
    new: list[Path] = []
    try:
        for frame in frames:
            path = _name(output, frame.index, clip)
            if clip.files and path.exists() and path.samefile(clip.files[frame.index]):
                raise PictureError(f"{path} is one of the pictures themselves; write to another folder")
            if not path.exists():
                new.append(path)
            _picture(frame).save(path, label=label)
    except BaseException:
        for path in new:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        raise


def _picture(frame: Frame) -> Picture:
    array = frame.pixels if frame.alpha is None else np.dstack([frame.pixels, frame.alpha])
    return Picture.open(array, max_pixels=array.shape[0] * array.shape[1])


def _name(output: Path, index: int, clip: Clip) -> Path:
    if not output.is_dir():
        start = _number_of(clip.files[0]) if clip.files else 1
        return output.with_name(output.name % (start + index))
    if not clip.files:
        return output / f"{index + 1:06d}.png"
    name = clip.files[index].name
    return output / (name if Path(name).suffix.lower() in FORMATS else f"{Path(name).stem}.png")


def _number_of(path: Path) -> int:
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else 1


def _numbered(pattern: Path) -> list[Path]:
    """The files of a pattern in the order of their numbers, without a gap."""
    place = _NUMBER.search(pattern.name)
    if place is None or pattern.name.count("%") != 1:
        raise InputError(f"{pattern.name} is no pattern of numbered pictures; wanted one like frames/%04d.png")
    digits = rf"\d{{{int(place[1])},}}" if place[1] else r"\d+"
    fits = re.compile(re.escape(pattern.name[: place.start()]) + f"({digits})" + re.escape(pattern.name[place.end() :]))
    try:
        found = {int(match[1]): path for path in pattern.parent.iterdir() if (match := fits.fullmatch(path.name))}
    except OSError as error:
        raise NotFoundError(f"the folder {pattern.parent} is not there or cannot be read; check the name") from error
    if not found:
        raise NotFoundError(f"the pattern {pattern} matches no picture; check the name")
    numbers = sorted(found)
    missing = next((a + 1 for a, b in pairwise(numbers) if b != a + 1), None)
    if missing is not None:
        raise PictureError(f"{pattern} has no number {missing}, between others; add the picture or number them anew")
    return [found[number] for number in numbers]
