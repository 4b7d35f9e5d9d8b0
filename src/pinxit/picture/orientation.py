"""Standing a picture upright."""

import numpy as np


def upright(array: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation (1..8) to an (H, W) or (H, W, C) array; the result is contiguous.

    Source:
        EXIF 2.32, tag 0x0112: where the stored row 0 and column 0 belong.
    """
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)
