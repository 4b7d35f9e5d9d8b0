"""What is known of a picture beside its pixels."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Metadata:
    """Side data of a picture; nothing in it repeats what the pixels already obey (orientation, profile).

    Args:
        format: Format that the picture came in ("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF", "BMP", "RAW", ...), or
            "ARRAY" when it came from memory.
        exif: EXIF block that starts with its TIFF header, or None.
        xmp: XMP packet, UTF-8, or None.
        dpi: Dots per inch (horizontal, vertical), or None.
        cleaned: True when places, serial numbers and other private entries were removed.
        lossless: True when the source coding kept every value; a lossless WebP is then saved as such again.
        dtype: dtype of the array that came in when it was of another float width than the kept float32.
    """

    format: str = "ARRAY"
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    cleaned: bool = True
    lossless: bool = True
    dtype: str | None = None


def checked_dpi(value: object) -> tuple[float, float] | None:
    """Dots per inch as two plausible floats, or None for whatever else a file may claim."""
    try:
        across, down = (float(item) for item in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    if all(math.isfinite(item) and 0.5 <= item <= 100_000 for item in (across, down)):
        return across, down
    return None
