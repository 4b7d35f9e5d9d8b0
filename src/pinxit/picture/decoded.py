"""What every decoder hands back, the limits it obeys, and how its failures are told."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pinxit.errors import CapacityError, PictureError, PinxitError

DEFAULT_MAX_PIXELS = 200_000_000
"""Largest picture that is opened, in pixels, unless the caller says otherwise."""

Space = Literal["gray", "rgb", "cmyk", "lab"]
CHANNELS: dict[str, int] = {"gray": 1, "rgb": 3, "cmyk": 4, "lab": 3}


@dataclass(frozen=True)
class Limits:
    """What a decoder may spend.

    Args:
        name: The picture's name for error messages.
        max_pixels: Most pixels, checked from the header before anything is decoded.
        shrink_to: Wanted longest side in pixels; a decoder may use it to decode less, never below it.
    """

    name: str
    max_pixels: int = DEFAULT_MAX_PIXELS
    shrink_to: int | None = None


@dataclass(frozen=True, eq=False)
class Decoded:
    """Samples and side data as the file has them: not upright, not sRGB yet.

    Args:
        array: (H, W, C) uint8, uint16 or float32 (0..1); C is 1, 3 or 4 by ``space``. CMYK counts ink (0 is paper).
        space: The meaning of the channels.
        format: "JPEG", "PNG", ...
        alpha: (H, W), same dtype, straight (not multiplied in), or None.
        icc: Embedded profile as it came, or None.
        exif: EXIF block beginning with its TIFF header, or None.
        xmp: XMP packet, or None.
        dpi: Dots per inch, horizontal and vertical, or None.
        orientation: EXIF orientation 1..8 that is still to be applied.
        lossless: True when the file's coding keeps every value.
        primaries: CICP colour primaries code where the container states one beside or instead of a profile.
    """

    array: np.ndarray
    space: Space
    format: str
    alpha: np.ndarray | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    orientation: int = 1
    lossless: bool = True
    primaries: int | None = None


@contextlib.contextmanager
def decoding(name: str, doing: str = "read") -> Iterator[None]:
    """Turn whatever a decoder or encoder raises into one PictureError that says what to do.

    Decoders of damaged files raise nearly everything (SyntaxError, struct.error, ValueError, EOFError, ...), hence
    the wide net; errors of pinxit itself and exhausted disks pass unchanged.
    """
    try:
        yield
    except (PinxitError, FileNotFoundError, PermissionError):
        raise
    except MemoryError as error:
        raise CapacityError(f"{name} needs more memory than there is; make the picture smaller") from error
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        advice = "it is damaged or of an unknown kind; save it again as JPEG, PNG or TIFF and use that file"
        if doing != "read":
            advice = "choose another format, such as .png or .tif"
            if isinstance(error, OSError) and error.errno is not None:
                raise
        raise PictureError(f"{name} cannot be {doing} ({reason}): {advice}") from error


def check_size(width: int, height: int, limits: Limits) -> None:
    """Refuse an empty or too large picture by the size that its header states, before it is decoded."""
    if width < 1 or height < 1:
        raise PictureError(f"{limits.name} is {width}x{height} pixels, and a picture needs at least 1x1")
    if width * height > limits.max_pixels:
        raise PictureError(
            f"{limits.name} has {width}x{height} pixels, {width * height / 1e6:.0f} million, and the limit is "
            f"{limits.max_pixels / 1e6:.0f} million; make it smaller or raise max_pixels"
        )


def check_frames(frames: int, limits: Limits) -> None:
    """Refuse an animation: a style for moving pictures is another engine's work."""
    if frames > 1:
        raise PictureError(
            f"{limits.name} holds {frames} frames or pages, and a single picture was wanted; save the one that you mean"
        )


def unit(array: np.ndarray) -> float:
    """The sample value that means 1.0 in an array of this dtype."""
    return float(np.iinfo(array.dtype).max) if array.dtype.kind == "u" else 1.0
