"""Sheets: a model's pictures of colours, each with the triangles that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pinxit.errors import CapacityError, PictureError
from pinxit.models.geometry import Surface, read_surfaces
from pinxit.models.gltf import Model
from pinxit.models.islands import shown
from pinxit.models.materials import REPEAT, SURFACES, Use, picture_uses
from pinxit.models.seams import Part
from pinxit.picture import Picture
from pinxit.picture.decoded import Decoded
from pinxit.picture.metadata import Metadata
from pinxit.picture.reading import read_bytes

MAX_TOTAL = 100_000_000
"""Most pixels of all pictures of a model together: they are held at once, so that seams between them can meet."""
KEPT = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp", "AVIF": ".avif"}
"""Formats of pictures in models that are painted, and their suffixes."""
_FOREIGN = {b"\xabKTX 20\xbb": "KTX2", b"\xabKTX 11\xbb": "KTX", b"DDS ": "DDS"}


@dataclass(frozen=True, eq=False)
class Sheet:
    """One picture of a model.

    Args:
        images: Its numbers in the model: several where they name the same bytes.
        name: For people.
        slots: What it colours, values of ``materials.COLOURS``.
        picture: Its pixels as they are stored: a model's pictures have no orientation and no profile.
        parts: Triangles that show it; where a surface has several materials, those of its first one.
        triangles: Corners of all that show it, in texels, (T, 3, 2).
        areas: Of the same triangles in the world, (T,).
        wrap: What goes on beyond it, across and down.
        cutout: Whether its alpha makes surfaces transparent.
        whole: Whether all of it may show: its triangles are not known, or move over it.
    """

    images: tuple[int, ...]
    name: str
    slots: tuple[str, ...]
    picture: Picture
    parts: tuple[Part, ...]
    triangles: np.ndarray
    areas: np.ndarray
    wrap: tuple[int, int]
    cutout: bool
    whole: bool

    @property
    def light(self) -> bool:
        """Whether it holds amounts of light, which never grow."""
        return not set(self.slots) & set(SURFACES)

    @cached_property
    def known(self) -> np.ndarray:
        """Texels whose colour counts: shown by a triangle and not fully transparent, (H, W) bool."""
        height, width = self.picture.height, self.picture.width
        mask = np.ones((height, width), bool) if self.whole else shown(height, width, self.triangles, self.wrap)
        return mask & (self.picture.alpha > 0) if self.cutout and self.picture.alpha is not None else mask


def read_sheets(model: Model, max_pixels: int) -> tuple[list[Sheet], list[str]]:
    """All pictures of colours, and a line for each that stays as it is.

    Raises:
        PictureError: A picture is damaged.
        CapacityError: They are too large.
    """
    surfaces, compressed = read_surfaces(model)
    moving = "KHR_texture_transform" in str(model.json.get("animations", ""))
    uses: dict[object, list[Use]] = {}
    for use in picture_uses(model):
        uses.setdefault(_place(model, use.image), []).append(use)
    sheets, notes, total = [], [], 0
    for own in uses.values():
        if not any(use.slot for use in own):
            continue
        name, data = _name(model, own[0].image), model.picture_bytes(model.item("images", own[0].image))
        reason = _foreign(data) or ("it is data as well as colour" if not all(use.slot for use in own) else "")
        if reason:
            notes.append(f"{name} is left as it is: {reason}")
            continue
        picture = _opened(data, f"{model.path}: {name}", max_pixels)
        total += picture.width * picture.height
        if total > MAX_TOTAL:
            most = MAX_TOTAL / 1e6
            raise CapacityError(
                f"{model.path} has more than {most:.0f} million pixels of colour; make its pictures smaller"
            )
        whole = moving or bool(compressed & {use.material for use in own})
        sheets.append(_sheet(len(sheets), name, own, picture, surfaces, whole))
    return sheets, notes


def _sheet(
    number: int, name: str, uses: Sequence[Use], picture: Picture, surfaces: Sequence[Surface], whole: bool
) -> Sheet:
    parts, triangles, areas = [], [np.zeros((0, 3, 2))], [np.zeros(0)]
    for use in uses:
        for surface in surfaces:
            corners = surface.on_picture(use) if use.material in surface.materials else None
            if corners is None:
                continue
            texels = corners * picture.size
            triangles.append(texels)
            areas.append(surface.areas)
            if surface.materials[0] == use.material:
                parts.append(Part((surface.mesh, use.slot, use.choice), number, surface.positions, texels))
    wraps = [use.wrap for use in uses]
    return Sheet(
        images=tuple(dict.fromkeys(use.image for use in uses)),
        name=name,
        slots=tuple(dict.fromkeys(use.slot for use in uses)),
        picture=picture,
        parts=tuple(parts),
        triangles=np.concatenate(triangles),
        areas=np.concatenate(areas),
        wrap=tuple(REPEAT if any(w[axis] == REPEAT for w in wraps) else wraps[0][axis] for axis in (0, 1)),
        cutout=any(use.cutout for use in uses),
        whole=whole or len(triangles) == 1,
    )


def _place(model: Model, number: int) -> object:
    """What tells the bytes of a picture from those of others."""
    image = model.item("images", number)
    return (image["uri"],) if image.get("uri") is not None else image.get("bufferView")


def _name(model: Model, number: int) -> str:
    image = model.item("images", number)
    uri = image.get("uri", "")
    name = image.get("name") or ("" if uri.startswith("data:") else uri)
    return f"picture {number}" + (f" ({name})" if name else "")


def _foreign(data: bytes) -> str:
    kind = next((kind for start, kind in _FOREIGN.items() if data.startswith(start)), None)
    return f"{kind} is not read or written here; give PNG, JPEG or WebP" if kind else ""


def _opened(data: bytes, name: str, max_pixels: int) -> Picture:
    """A picture as a renderer reads it.

    Source:
        glTF 2.0 specification, section 3.9.1: orientation, profiles and other metadata are ignored.
    """
    try:
        decoded = read_bytes(data, max_pixels=max_pixels)
        if decoded.format not in KEPT:
            raise PictureError(f"it is {decoded.format}; PNG, JPEG or WebP is wanted in a model")
        if decoded.space not in ("gray", "rgb"):
            decoded = _as_rgb(data, decoded, max_pixels)
        array, alpha = decoded.array, decoded.alpha
        array = np.repeat(array, 3, axis=2) if array.shape[2] == 1 else array
        return Picture(array, alpha, None, Metadata(format=decoded.format, lossless=decoded.lossless))
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from error


def _as_rgb(data: bytes, decoded: Decoded, max_pixels: int) -> Decoded:
    picture = Picture.open(data, max_pixels=max_pixels)
    return replace(decoded, array=picture.array, alpha=picture.alpha)
