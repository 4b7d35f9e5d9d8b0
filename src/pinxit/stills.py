"""A style given to one still picture, as the picture wants it: flat, with parts that are see-through, or all around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinxit.engines.engine import mixed_pictures
from pinxit.models.sprites import has_transparency, painted_sprite
from pinxit.panoramas.metadata import is_panorama

if TYPE_CHECKING:
    import numpy as np

    from pinxit.engines.engine import Engine
    from pinxit.picture import Picture


def transfer_still(
    engine: Engine,
    picture: Picture,
    *,
    projection: str = "auto",
    stereo: str = "none",
    mask: np.ndarray | None = None,
    **controls: Any,
) -> Picture:
    """Give a style to a picture.

    Args:
        engine: The style.
        picture: Any. What is see-through in it has no say in what shows.
        projection: "equirectangular" or "cubemap" for a picture of the whole sphere, "plain" for a flat one; "auto"
            believes the picture's own metadata.
        stereo: "top-bottom" or "side-by-side" for two equirectangular eyes in one picture, else "none".
        mask: Where the style goes, (h, w) 0..1.
        controls: As :meth:`~pinxit.engines.engine.Engine.transfer` has them.

    Raises:
        InputError: A projection or sides that do not fit, or a setting out of range.
    """
    if projection == "auto":
        around = stereo != "none" or is_panorama(picture)
        projection = "equirectangular" if around else "plain"
    if projection != "plain" or stereo != "none":
        from pinxit.panoramas.still import transfer_panorama

        return transfer_panorama(picture, engine, projection=projection, stereo=stereo, mask=mask, **controls)
    if not has_transparency(picture):
        return engine.transfer(picture, mask=mask, **controls)
    result = painted_sprite(picture, lambda opaque: engine.transfer(opaque, **controls))
    return result if mask is None else mixed_pictures(picture, result, mask)
