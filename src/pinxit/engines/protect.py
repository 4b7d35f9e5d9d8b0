"""Masks that keep a style off what it would spoil."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinxit.picture.faces import faces

if TYPE_CHECKING:
    from pinxit.picture import Picture


def faces_left_out(picture: Picture) -> np.ndarray:
    """A mask, (H, W) float32: 1 where the style goes, 0 on faces, with soft borders."""
    mask = np.ones((picture.height, picture.width), np.float32)
    for top, left, height, width in faces(picture):
        middle, centre = top + height / 2, left + width / 2
        reach_y, reach_x = 0.85 * height, 0.7 * width  # from the brow-to-chin square to the whole head
        first, last = max(0, int(middle - 2 * reach_y)), min(picture.height, int(middle + 2 * reach_y) + 1)
        begin, end = max(0, int(centre - 2 * reach_x)), min(picture.width, int(centre + 2 * reach_x) + 1)
        down = (np.arange(first, last, dtype=np.float32) - middle)[:, None] / reach_y
        across = (np.arange(begin, end, dtype=np.float32) - centre)[None] / reach_x
        far = np.sqrt(down**2 + across**2)
        part = mask[first:last, begin:end]
        np.minimum(part, np.clip((far - 0.8) / 0.4, 0, 1), out=part)
    return mask
