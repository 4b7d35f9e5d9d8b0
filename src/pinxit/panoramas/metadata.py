"""What a file says about its projection: GPano, the metadata that cameras and viewers of panoramas agree on."""

from __future__ import annotations

import contextlib
import math
import os
from pathlib import Path

from pinxit.errors import InputError
from pinxit.panoramas.sphere import Equirectangular
from pinxit.picture import Picture
from pinxit.picture.xmp import read_entries

PROJECTIONS = ("equirectangular", "cubemap", "plain")
SMALLEST = 32
"""Least rows of a whole panorama: below, nothing is left to paint."""
_GPANO = "http://ns.google.com/photos/1.0/panorama/"
_TOLERANCE = 0.01  # of a ratio of sides


def is_panorama(source: Picture | str | os.PathLike[str]) -> bool:
    """Whether a picture or file says that it is equirectangular, and is: the whole sphere has sides of 2:1.

    Of a file only the header is read. What cannot be read, or says something impossible, is none.
    """
    with contextlib.suppress(Exception):  # odd files are judged where they are opened
        size, xmp = (source.size, source.metadata.xmp) if isinstance(source, Picture) else _header(Path(source))
        return _stated(read_entries(xmp, _GPANO), *size) is not None
    return False


def surface_of(picture: Picture, name: str = "the picture") -> Equirectangular:
    """Which directions the pixels of an equirectangular picture are: the whole sphere, or what GPano says of a part.

    Raises:
        InputError: It is not 2:1 and no metadata tells which part of the sphere it shows, or it is too small.
    """
    width, height = picture.size
    surface = _stated(read_entries(picture.metadata.xmp, _GPANO), width, height)
    if surface is None and _doubled(width, height):
        surface = Equirectangular(height, width)
    if surface is None:
        raise InputError(
            f"{name} is {width}x{height}, and an equirectangular panorama is twice as wide as high, or says in GPano "
            "metadata which part it shows; use --projection plain, or --stereo for two eyes in one picture"
        )
    return checked(surface, name)


def checked(surface: Equirectangular, name: str = "the picture") -> Equirectangular:
    """The surface, if it is large enough to be painted.

    Raises:
        InputError: It is not.
    """
    height, width = surface.whole
    if min(height, width) < SMALLEST:
        raise InputError(f"{name} is a panorama of {width}x{height}; {SMALLEST} pixels or more a side are wanted")
    return surface


def _stated(entries: dict[str, str], width: int, height: int) -> Equirectangular | None:
    """The surface that GPano states for a picture of this size; None where it states none, or what cannot be."""
    if entries.get("ProjectionType", "").lower() != "equirectangular":
        return None
    names = ("FullPanoWidthPixels", "FullPanoHeightPixels", "CroppedAreaImageWidthPixels")
    names += ("CroppedAreaImageHeightPixels", "CroppedAreaLeftPixels", "CroppedAreaTopPixels")
    if not any(name in entries for name in names):
        return Equirectangular(height, width) if _doubled(width, height) else None
    full_width, full_height, own_width, own_height, left, top = (_number(entries.get(name)) for name in names)
    if full_width is None or full_height is None or not _doubled(full_width, full_height):
        return None
    own_width, own_height = own_width or full_width, own_height or full_height
    left, top = left or 0.0, top or 0.0
    # A picture that was scaled after its metadata was written is that part still.
    across, down = width / own_width, height / own_height
    inside = top + own_height <= full_height * (1 + _TOLERANCE) and own_width <= full_width * (1 + _TOLERANCE)
    if abs(across / down - 1) > _TOLERANCE or not inside:
        return None
    full = round(full_height * down), round(full_width * across)
    if full == (height, width):
        return Equirectangular(height, width)
    return Equirectangular(height, width, full, round(top * down), round(left * across))


def _number(text: str | None) -> float | None:
    try:
        value = float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) and 0 <= value < 1e7 else None


def _doubled(width: float, height: float) -> bool:
    return height > 0 and abs(width / (2 * height) - 1) <= _TOLERANCE


def _header(path: Path) -> tuple[tuple[int, int], bytes | None]:
    """Size and XMP packet of a file that Pillow reads."""
    from pinxit.picture.formats import format_of
    from pinxit.picture.pillow_reader import plugin_of, side_data

    with path.expanduser().open("rb") as file:
        head = file.read(64)
        file.seek(0)
        with plugin_of(format_of(head, path.suffix.lower(), path.name))(file) as image:
            return image.size, side_data(image)["xmp"]
