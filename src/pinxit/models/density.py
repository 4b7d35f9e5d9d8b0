"""Texel density: how many texels of a picture lie on a unit of the world, and the brush that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST, MOST = 0.25, 8.0
"""Smallest and largest brush of one picture, as in ``Engine.transfer``."""
_LEAST_SIDE, _MOST_SIDE = 32, 4096  # of a picture at the size at which it is painted
_LONGEST = 2048  # pictures with longer sides get larger strokes, as in painting
_POINT = 3.0  # a triangle that spans fewer texels shows one colour
_SMALL = 0.01  # share of a picture, below which coordinates pick colours from it


@dataclass(frozen=True)
class Density:
    """How densely texels lie.

    Args:
        texels: A unit of length in the world, by root mean square over the surface; 0 where nothing is known.
        area: Of the surface, in square units of the world.
        spread: Standard deviation over the surface of its binary logarithm: 1 means by a factor of two either way.
        palette: Whether the surface only picks single colours from the picture.
    """

    texels: float = 0.0
    area: float = 0.0
    spread: float = 0.0
    palette: bool = False


def texel_density(triangles: np.ndarray, areas: np.ndarray, size: tuple[int, int]) -> Density:
    """Measure how a picture lies on the surface.

    Args:
        triangles: Corners in texels, (T, 3, 2).
        areas: Of the same triangles in the world, (T,).
        size: Width and height of the picture.
    """
    edges = triangles[:, 1:] - triangles[:, :1]
    texels = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]) / 2
    world = float(areas.sum())
    if not world > 0:
        return Density()
    points = np.ptp(triangles, axis=1).max(axis=1) < _POINT
    palette = areas[points].sum() > world / 2 and texels.sum() < _SMALL * size[0] * size[1]
    sound = (texels > 0) & (areas > 0)
    if palette or not sound.any():
        return Density(area=world, palette=True)
    logs, weights = np.log2(texels[sound] / areas[sound]) / 2, areas[sound] / areas[sound].sum()
    spread = np.sqrt(weights @ (logs - weights @ logs) ** 2)
    return Density(float(np.sqrt(texels[sound].sum() / areas[sound].sum())), world, float(spread))


def brushes(densities: Sequence[Density], sizes: Sequence[tuple[int, int]], brush: float | None) -> list[float]:
    """The brush of every picture, so that strokes have one size in the world.

    Where texels lie at the mean density, the geometric one by area, pictures get ``brush`` itself. All are bounded,
    and so that a picture is painted at 32 to 4096 texels a side.

    Args:
        densities: Of the pictures; those of which nothing is known get ``brush`` itself.
        sizes: Width and height of each.
        brush: Size of strokes in those of the references; None makes them grow where most of the surface shows a
            picture of more than 2048 texels a side.
    """
    known = [one for one in densities if one.texels]
    if brush is None:
        at = max(range(len(sizes)), key=lambda i: densities[i].area)
        brush = max(1.0, max(sizes[at]) / _LONGEST)
    mean = np.exp(np.average(np.log([d.texels for d in known]), weights=[d.area for d in known])) if known else 1.0
    found = []
    for density, size in zip(densities, sizes, strict=True):
        wanted = brush * (density.texels / mean if density.texels else 1.0)
        least, most = max(LEAST, max(size) / _MOST_SIDE), min(MOST, max(1.0, min(size) / _LEAST_SIDE))
        found.append(round(float(min(max(wanted, least), max(least, most))), 6))
    return found
