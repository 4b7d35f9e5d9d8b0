"""What goes into one file."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Page:
    """Everything that goes into one file.

    Args:
        array: (H, W, C) uint8, uint16 or float32 (0..1); C is 1 gray, 3 RGB or 4 CMYK (0 is paper).
        alpha: (H, W) of the same dtype, or None.
        icc, exif, xmp, dpi: Side data, ready to be written, or None.
        quality: 1..100 of the lossy formats.
        lossless: WebP without loss.
    """

    array: np.ndarray
    alpha: np.ndarray | None = None
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    quality: int = 95
    lossless: bool = False
