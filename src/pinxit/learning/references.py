"""References: the pictures a style is learned from, read, checked and made small."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.errors import InputError, LearningError, MissingExtraError, PictureError, PinxitError
from pinxit.picture import Picture
from pinxit.picture.sampling import clouds, thumbnails
from pinxit.picture.writing import to_bits
from pinxit.tone.threads import cores

SIDE = 512  # references are read at this longest side: colours need no more, and a draft of a JPEG is quick
DETAILS = 2  # this many references are read whole, for their grain

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class References:
    """Pictures ready to be learned from.

    Args:
        arrays: (H, W, 3) uint8 sRGB, longest side ``SIDE`` or less, no two the same.
        hashes: SHA-256 of each file (or of the pixels, for arrays), hex.
        sources: Where each came from.
        skipped: Names of pictures that could not be read, with the reason.
        repeated: How many were copies of another.
    """

    arrays: tuple[np.ndarray, ...]
    hashes: tuple[str, ...]
    sources: tuple[Any, ...]
    skipped: tuple[str, ...] = ()
    repeated: int = 0

    def thumbnails(self, side: int) -> np.ndarray:
        """(K, 3, side, side) float32, 0..1."""
        return thumbnails(self.arrays, side)

    def clouds(self, side: int) -> np.ndarray:
        """(K, side * side, 3) float32, 0..1."""
        return clouds(self.arrays, side)


def read_references(
    pictures: Sequence[Any], *, strict: bool = False, on_progress: Progress | None = None
) -> References:
    """Read pictures, pass over what cannot be read and what came twice.

    Args:
        pictures: Whatever ``Picture.open`` takes.
        strict: Fail at the first picture that cannot be read.
        on_progress: Called as (done, total, name).

    Raises:
        InputError: No picture came.
        PictureError: None can be read, or one cannot with ``strict``.
        LearningError: All are one flat colour, such as black.
    """
    if not pictures:
        raise InputError("no picture came; give at least one finished picture that has the look")
    kept: dict[str, tuple[np.ndarray, Any]] = {}
    skipped: list[str] = []
    repeated = 0
    with ThreadPoolExecutor(min(cores(), len(pictures))) as pool:  # decoders release Python's lock
        for index, (source, read) in enumerate(zip(pictures, pool.map(_read, pictures), strict=True)):
            if isinstance(read, PinxitError):
                if strict:
                    raise read
                skipped.append(f"{_name(source, index)}: {read}")
            else:
                digest, array = read
                repeated += digest in kept
                kept.setdefault(digest, (array, source))
            if on_progress:
                on_progress(index + 1, len(pictures), _name(source, index))
    if not kept:
        raise PictureError(f"none of {len(pictures)} pictures can be read; the first: {skipped[0]}")
    arrays = tuple(array for array, _ in kept.values())
    if all(np.ptp(array.reshape(-1, 3), 0).max() < 8 for array in arrays):
        raise LearningError("every reference is one flat colour; give finished pictures with light and shade in them")
    return References(arrays, tuple(kept), tuple(s for _, s in kept.values()), tuple(skipped), repeated)


def _read(source: Any) -> tuple[str, np.ndarray] | PinxitError:
    try:
        picture = Picture.open(source, shrink_to=SIDE)
    except (PictureError, MissingExtraError) as error:
        return error
    return _digest(source, picture), to_bits(picture.array, np.uint8)


def open_small(source: Any) -> np.ndarray:
    """A picture's pixels at the size that learning uses, (H, W, 3) uint8."""
    return to_bits(Picture.open(source, shrink_to=SIDE).array, np.uint8)


def _digest(source: Any, picture: Picture) -> str:
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(np.ascontiguousarray(picture.array).tobytes()).hexdigest()


def _name(source: Any, index: int) -> str:
    return Path(source).name if isinstance(source, str | os.PathLike) else f"picture {index + 1}"
