"""Seams: edges of the surface whose two sides lie apart in the pictures, levelled so that they meet in colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pinxit.color import unit_float
from pinxit.models.bleeding import filled, grown
from pinxit.models.islands import wrapped

INSIDE = 0.5
"""How far from the edge both sides are looked at, in texels."""
SIMILAR = 0.12
"""Sides that differ by more than about this in the picture itself, sRGB 0..1, are an edge of the content."""
ROUNDS = 6
_MOST_SAMPLES = 256  # along one edge
_WELD = 1e-5  # corners are one where they are so near, in sizes of the mesh


@dataclass(frozen=True, eq=False)
class Part:
    """Triangles that show a picture.

    Args:
        group: Triangles of one group may touch: a mesh, and what of it is shown, such as its base colour.
        sheet: Number of the picture.
        positions: Corners in the mesh, (T, 3, 3).
        texels: Corners in the picture, (T, 3, 2), in texels.
    """

    group: object
    sheet: int
    positions: np.ndarray
    texels: np.ndarray


@dataclass(frozen=True, eq=False)
class Seams:
    """Places along all seams, one of either side each.

    Args:
        sheets: Numbers of the pictures of both sides, (N, 2).
        places: Where in them, ``INSIDE`` the island, (N, 2, 2), in texels, x first.
        lengths: Of the surface's edge that each stands for, (N,).
        edges: How many edges there are.
    """

    sheets: np.ndarray
    places: np.ndarray
    lengths: np.ndarray
    edges: int

    def looked_up(self, pictures: Sequence[np.ndarray], wraps: Sequence[tuple[int, int]]) -> np.ndarray:
        """Colours of both sides as a sampler blends them, (N, 2, 3) float32."""
        found = np.zeros((*self.sheets.shape, 3), np.float32)
        for number, picture in enumerate(pictures):
            own = self.sheets == number
            if own.any():
                rows, columns, shares = _blended(self.places[own], picture.shape, wraps[number])
                found[own] = (unit_float(picture[rows, columns]) * shares[..., None]).sum(axis=1)
        return found

    def step(self, pictures: Sequence[np.ndarray], wraps: Sequence[tuple[int, int]]) -> float | None:
        """Mean distance between the colours of both sides, by length: root mean square over the channels, 0..255.

        None without seams.
        """
        if not self.lengths.sum():
            return None
        sides = self.looked_up(pictures, wraps)
        return float(255 * np.average(np.sqrt(((sides[:, 0] - sides[:, 1]) ** 2).mean(axis=1)), weights=self.lengths))


def find_seams(parts: Sequence[Part]) -> Seams:
    """All edges that two triangles share on the surface and not in the pictures.

    Args:
        parts: Triangles that show pictures.
    """
    sheets, places, lengths, edges = [], [], [], 0
    for group in dict.fromkeys(part.group for part in parts):
        own = [part for part in parts if part.group == group]
        sides, texels, world = _sides(own)
        edges += len(sides)
        count = np.linalg.norm(np.diff(texels[:, :, :2], axis=2)[:, :, 0], axis=-1).max(axis=1, initial=0)
        count = np.ceil(count).clip(1, _MOST_SAMPLES).astype(int)
        edge = np.repeat(np.arange(len(sides)), count)
        step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
        share = ((step + 0.5) / count[edge])[:, None, None]
        line = (1 - share) * texels[edge, :, 0] + share * texels[edge, :, 1]
        sheets.append(sides[edge])
        places.append(line + INSIDE * _inward(texels)[edge])
        lengths.append(world[edge] / count[edge])
    if not sheets:
        return Seams(np.zeros((0, 2), int), np.zeros((0, 2, 2)), np.zeros(0), 0)
    return Seams(np.concatenate(sheets), np.concatenate(places), np.concatenate(lengths), edges)


def _sides(parts: list[Part]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both sides of every seam: numbers of pictures (E, 2), texels of begin, end and the triangle's third corner
    (E, 2, 3, 2), and lengths (E,)."""
    positions = np.concatenate([part.positions for part in parts])
    texels = np.concatenate([part.texels for part in parts])
    sheet = np.concatenate([np.full(len(part.texels), part.sheet) for part in parts])
    size = max(float(np.ptp(positions.reshape(-1, 3), axis=0).max(initial=0)), 1e-30)
    corners = np.rint(positions.reshape(-1, 3) / (size * _WELD)).astype(np.int64)
    corner = np.unique(corners, axis=0, return_inverse=True)[1].reshape(-1, 3)
    turns = np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]])
    ends, triangle = corner[:, turns].reshape(-1, 3), np.repeat(np.arange(len(corner)), 3)
    ordered = np.where((ends[:, 0] <= ends[:, 1])[:, None], turns[None].repeat(len(corner), 0).reshape(-1, 3),
                       turns[None, :, [1, 0, 2]].repeat(len(corner), 0).reshape(-1, 3))  # fmt: skip
    key = np.sort(ends[:, :2], axis=1)
    order = np.lexsort((key[:, 1], key[:, 0]))
    order = order[key[order, 0] != key[order, 1]]
    new = np.ones(len(order), bool)
    new[1:] = (key[order[1:]] != key[order[:-1]]).any(axis=1)
    rank = np.arange(len(order)) - np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))
    second = np.flatnonzero(rank % 2 == 1)  # of each pair; an edge without a partner is a border, not a seam
    pairs = np.stack([order[second - 1], order[second]], 1)
    uv = texels[triangle[pairs][..., None], ordered[pairs]]
    apart = np.abs(uv[:, 0, :2] - uv[:, 1, :2]).max(axis=(1, 2)) > 1e-3
    apart |= sheet[triangle[pairs[:, 0]]] != sheet[triangle[pairs[:, 1]]]
    pairs, uv = pairs[apart], uv[apart]
    first = positions[triangle[pairs[:, 0]]]
    line = ordered[pairs[:, 0]]
    rows = np.arange(len(line))
    world = np.linalg.norm(first[rows, line[:, 0]] - first[rows, line[:, 1]], axis=1)
    return sheet[triangle[pairs]], uv, world


def _inward(texels: np.ndarray) -> np.ndarray:
    """Unit vectors from an edge toward its triangle's third corner, square to the edge; (E, 2, 2)."""
    along = texels[:, :, 1] - texels[:, :, 0]
    toward = texels[:, :, 2] - texels[:, :, 0]
    square = (along**2).sum(axis=-1, keepdims=True)
    away = toward - along * (toward * along).sum(axis=-1, keepdims=True) / np.maximum(square, 1e-12)
    return away / np.maximum(np.linalg.norm(away, axis=-1, keepdims=True), 1e-12)


def _blended(
    places: np.ndarray, shape: tuple[int, ...], wrap: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and shares, (N, 4) each, of the texels that a linear sampler mixes."""
    x, y = places[:, 0] - 0.5, places[:, 1] - 0.5
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    columns = wrapped(np.stack([left, left + 1, left, left + 1], 1), shape[1], wrap[0])
    rows = wrapped(np.stack([top, top, top + 1, top + 1], 1), shape[0], wrap[1])
    right, low = (x - left)[:, None], (y - top)[:, None]
    across, down = np.hstack([1 - right, right, 1 - right, right]), np.hstack([1 - low, 1 - low, low, low])
    return rows, columns, (across * down).astype(np.float32)


def level(
    seams: Seams,
    before: Sequence[np.ndarray],
    after: Sequence[np.ndarray],
    wraps: Sequence[tuple[int, int]],
    reach: int,
) -> None:
    """Give both sides of every seam the same change, so that they meet as well as they did before.

    Both move half of what is wanted, which fades out over ``reach`` texels: first broadly, then near the edge alone
    until little is left. Sides that differed before (``SIMILAR``) are an edge of the content: their difference may
    turn and shrink with the style, and does not grow.

    Args:
        seams: Of all pictures.
        before: The pictures, (H, W, 3) uint8, uint16 or float32 0..1.
        after: The same with the style, float32; changed, and not clipped.
        wraps: How they go on beyond their borders, across and down.
        reach: How far from a seam colours are moved, in texels.
    """
    first = -np.diff(seams.looked_up(before, wraps), axis=1)
    size = np.linalg.norm(first, axis=2, keepdims=True)
    alike = np.exp(-(size**2) / (3 * SIMILAR**2))
    for done in range(ROUNDS if len(first) else 0):
        now = -np.diff(seams.looked_up(after, wraps), axis=1)
        held = now * np.minimum(1, size / np.maximum(np.linalg.norm(now, axis=2, keepdims=True), 1e-6))
        more = (alike * first + (1 - alike) * held - now) / 2
        wanted = np.concatenate([more, -more], axis=1)
        near = reach if done < ROUNDS // 2 else 1
        for number, picture in enumerate(after):
            own = seams.sheets == number
            if own.any():
                picture += _spread(seams.places[own], wanted[own], picture.shape, wraps[number], near)


def _spread(
    places: np.ndarray, wanted: np.ndarray, shape: tuple[int, ...], wrap: tuple[int, int], reach: int
) -> np.ndarray:
    """Changes wanted at single places as a field that fades out around them, (H, W, 3)."""
    rows, columns, shares = _blended(places, shape, wrap)
    flat, weights = (rows * shape[1] + columns).ravel(), shares.ravel().astype(np.float64)
    size = shape[0] * shape[1]
    total = np.bincount(flat, weights, size)
    known = total > 0
    sums = [np.bincount(flat, weights * np.repeat(wanted[:, c], 4), size) for c in range(3)]
    field = np.stack([np.divide(s, total, out=np.zeros(size), where=known) for s in sums], -1).astype(np.float32)
    known = known.reshape(shape[:2])
    fading = sum(grown(known, step).astype(np.float32) for step in range(reach)) / reach
    return filled(field.reshape(shape), known) * fading[..., None]
