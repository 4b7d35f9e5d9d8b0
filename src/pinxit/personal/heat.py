"""Heat: maps laid over a picture, regions numbered on it, and everything else that a page shows, as data URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from pinxit.color import LUMA, unit_float

FOR, AGAINST = (217, 95, 2), (45, 110, 180)
"""Colours of what speaks for and against; told apart with any colour vision."""
MARKS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (204, 121, 167), (240, 228, 66), (0, 114, 178), (213, 94, 0))
"""Colours of works: Okabe and Ito 2008."""
_STRONGEST = 0.8  # opacity of the largest value
_TINT = 0.25  # opacity of a work's colour
_CLIP = 98.0  # percentile of a map that is drawn full


def jpeg_uri(array: np.ndarray, longest: int | None = None) -> str:
    """A picture (H, W, 3) uint8 as a data URI, its longest side ``longest`` at most."""
    image = Image.fromarray(np.ascontiguousarray(array))
    if longest:
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return _uri(file.getvalue(), "jpeg")


def png_uri(data: bytes) -> str:
    """A PNG file as a data URI."""
    return _uri(data, "png")


def region_heat(
    array: np.ndarray, regions: np.ndarray, values: np.ndarray, most: float, marked: Sequence[int] = ()
) -> np.ndarray:
    """Regions in orange where they speak for and in blue where they speak against, over the picture in grey.

    Args:
        array: (H, W, 3) uint8.
        regions: Number of each pixel's region, (H, W).
        values: Of each region, (M,).
        most: The amount that is drawn strongest.
        marked: Regions that are numbered, from 1.
    """
    share = (values / (most or 1.0)).clip(-1, 1)[regions]
    colour = np.where(share[..., None] > 0, np.array(FOR), np.array(AGAINST))
    drawn = _edged(_mixed(_grey(array), colour, np.abs(share) * _STRONGEST), regions)
    return _numbered(drawn, regions, {region: str(place + 1) for place, region in enumerate(marked)})


def region_marks(array: np.ndarray, regions: np.ndarray, groups: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Every region tinted and named by its group, (M,), over the picture."""
    tints = np.array([MARKS[group % len(MARKS)] for group in groups])[regions]
    drawn = _edged(_mixed(unit_float(array) * 255, tints, np.full(regions.shape, _TINT)), regions)
    return _numbered(drawn, regions, {region: names[group] for region, group in enumerate(groups)})


def map_heat(array: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A map (h, w), one value for 8 x 8 pixels, in orange over the picture in grey; its lowest places stay grey."""
    low, high = np.percentile(values, [100 - _CLIP, _CLIP])
    share = ((values - low) / max(high - low, 1e-9)).clip(0, 1).astype(np.float32)
    large = Image.fromarray(share).resize((share.shape[1] * 8, share.shape[0] * 8), Image.Resampling.BILINEAR)
    share = np.asarray(large)[: array.shape[0], : array.shape[1]]
    return _mixed(_grey(array), np.array(FOR), share * _STRONGEST).round().astype(np.uint8)


def place_of(regions: np.ndarray, number: int) -> str:
    """Where a region lies, in words such as "upper left"."""
    rows, columns = np.nonzero(regions == number)
    down, across = (rows.mean() / regions.shape[0], columns.mean() / regions.shape[1])
    words = (("upper", "middle", "lower")[int(3 * down)], ("left", "centre", "right")[int(3 * across)])
    return "centre" if words == ("middle", "centre") else " ".join(words)


def _grey(array: np.ndarray) -> np.ndarray:
    return np.repeat((unit_float(array) @ np.asarray(LUMA, np.float32))[..., None] * 215 + 30, 3, 2)


def _mixed(pixels: np.ndarray, colour: np.ndarray, share: np.ndarray) -> np.ndarray:
    return pixels + share[..., None] * (colour - pixels)


def _edged(pixels: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Thin white lines between regions, (H, W, 3) uint8."""
    edge = np.zeros(regions.shape, bool)
    edge[:, 1:] |= regions[:, 1:] != regions[:, :-1]
    edge[1:] |= regions[1:] != regions[:-1]
    return np.where(edge[..., None], 0.4 * pixels + 0.6 * 255, pixels).round().astype(np.uint8)


def _numbered(pixels: np.ndarray, regions: np.ndarray, names: dict[int, str]) -> np.ndarray:
    """Names in discs, each at the pixel of its region that is nearest to the region's middle."""
    image = Image.fromarray(pixels)
    draw = ImageDraw.Draw(image)
    for region, name in names.items():
        places = np.argwhere(regions == region)
        y, x = places[((places - places.mean(0)) ** 2).sum(1).argmin()]
        draw.ellipse([x - 10, y - 10, x + 10, y + 10], fill=(20, 20, 20), outline=(255, 255, 255))
        draw.text((x, y), name, fill=(255, 255, 255), anchor="mm", font_size=13)
    return np.asarray(image)


def _uri(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
