"""Sprites and pictures of user interfaces: transparency kept as it is, without a fringe of what lies under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pinxit.color import unit_float
from pinxit.engines.strips import as_dtype
from pinxit.models.bleeding import filled, grown
from pinxit.picture import Picture

LEAST = 64
"""Smaller pictures are painted with their mirror images around them, in pixels a side."""
_MARGIN = 4  # how far the new colours go under what is transparent, in pixels


def has_transparency(picture: Picture) -> bool:
    """Whether anything shows through the picture, and not all of it is nothing."""
    return picture.alpha is not None and bool((picture.alpha == 0).any()) and bool(picture.alpha.any())


def painted_sprite(picture: Picture, give: Callable[[Picture], Picture]) -> Picture:
    """Give a style to a picture with transparency.

    What shows depends on nothing that does not: before painting, the colours of visible pixels are carried under the
    transparent ones, and very small pictures are set among their mirror images. Afterwards pixels that are farther than
    a few from any visible one are the very same as before.

    Args:
        picture: With alpha; one without transparency is handed on as it is.
        give: Gives the style to an opaque picture of another size than this.

    Returns:
        Size, dtype, alpha and side data of ``picture``.
    """
    if not has_transparency(picture):
        return give(picture)
    visible = picture.alpha > 0
    bare = as_dtype(filled(unit_float(picture.array), visible), picture.array.dtype)
    lacks = [max(0, LEAST - n) for n in bare.shape[:2]]
    around = [(lack // 2, lack - lack // 2) for lack in lacks]
    padded = np.pad(bare, (*around, (0, 0)), "symmetric")
    result = give(replace(picture, array=padded, alpha=None)).array
    (top, _), (left, _) = around
    result = result[top : top + picture.height, left : left + picture.width]
    near = grown(visible, _MARGIN)[..., None]
    return picture.with_array(np.where(near, as_dtype(unit_float(result), picture.array.dtype), picture.array))
