"""Twelve flat views that look at the sphere evenly, and how what is done in them comes back together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pinxit.panoramas.kernels import interpolate, nearest_views
from pinxit.panoramas.sphere import STRIP, Reader, Surface

COUNT = 12
FEATHER = 0.1
"""Half the width of the bands in which neighbouring views are mixed, about in radians."""
MARGIN = 16
"""Pixels that a view sees beyond what is taken from it: there it is painted as if the world ended."""
EVEN = 1.04  # how much finer than in its middle a view is on average where it counts
_REACH = np.arccos(np.sqrt((5 + 2 * np.sqrt(5)) / 15))  # from a corner of an icosahedron to the middle of a face
_UNIT = 16384.0  # what is painted is kept in whole numbers: 1.0 is this
_STRIDE = 8
_COARSE = 256  # rows and columns of a picture that are looked at to know which views it needs


@dataclass(frozen=True)
class Views:
    """Stereographic views around the corners of an icosahedron, two of which are the poles.

    A stereographic picture keeps angles, and its scale grows by 15 % from the middle to the farthest place that counts:
    a stroke has the same shape and size wherever it stands.

    Args:
        density: Pixels a radian that the views have on average.

    Source:
        Snyder 1987, "Map projections: a working manual", page 154.
    """

    density: float

    @property
    def scale(self) -> float:
        """Pixels a radian in the middle of a view."""
        return self.density / EVEN

    @property
    def side(self) -> int:
        """Pixels a side of a view, a multiple of what the painter's grid is."""
        radius = 2 * np.tan((_REACH + FEATHER) / 2) * self.scale + MARGIN
        return _STRIDE * int(np.ceil(2 * radius / _STRIDE))

    @cached_property
    def turns(self) -> np.ndarray:
        """Right, up and ahead of each view as columns, (12, 3, 3); up is north."""
        return np.stack([_facing(corner) for corner in corners()])

    def directions(self, number: int, rows: slice) -> np.ndarray:
        """Where the pixels of these rows of a view look, (rows, S, 3) float32."""
        return stereographic(self.side, self.scale, self.turns[number], rows)

    def seen(self, number: int, read: Reader, part: slice = slice(None)) -> np.ndarray:
        """A view of a picture that is read like this, (S, S, 3) float32 0..1; or these rows and columns of it."""
        rows = range(*part.indices(self.side))
        out = np.empty((len(rows), len(rows), 3), np.float32)
        for start in range(0, len(rows), STRIP):
            some = rows[start : start + STRIP]
            looks = self.directions(number, slice(some.start, some.stop))[:, part]
            out[start : start + STRIP] = read(looks.reshape(-1, 3)).reshape(looks.shape)
        return out

    def needed(self, surface: Surface) -> list[int]:
        """Numbers of the views that a picture asks for."""
        asked = np.zeros(len(self.turns), bool)
        height, width = surface.shape
        steps = max(1, height // _COARSE), max(1, width // _COARSE)
        for row in {*range(0, height, steps[0]), height - 1}:
            looks = surface.directions(slice(row, row + 1))[0]
            looks = np.concatenate([looks[:: steps[1]], looks[-1:]])
            # Between the pixels looked at a view may begin to count, hence the wider feather.
            which, shares, _ = nearest_views(looks[np.isfinite(looks[:, 0])], self.turns, 2 * FEATHER)
            asked[which[shares > 0]] = True
        return np.flatnonzero(asked).tolist()

    def gathered(self, stack: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """What was :func:`kept` of all views, (12, S, S, C), read in directions (P, 3); (P, C) float32."""
        out = np.zeros((len(directions), stack.shape[3]), np.float32)
        middle, stretch = np.float32((self.side - 1) / 2), np.float32(2 * self.scale)
        for which, shares, places in zip(*nearest_views(directions, self.turns, FEATHER), strict=True):
            mine = np.flatnonzero(shares)
            columns, rows = middle + stretch * places[mine, 0], middle - stretch * places[mine, 1]
            found = interpolate(stack, rows, columns, which[mine])
            out[mine] += found * (shares[mine, None] / np.float32(_UNIT))
        return out


def stereographic(side: int, scale: float, turn: np.ndarray, rows: slice = slice(None)) -> np.ndarray:
    """Where rows of a stereographic picture look, (rows, side, 3) float32.

    Args:
        side: Pixels a side.
        scale: Pixels a radian in the middle.
        turn: Right, up and ahead as columns, (3, 3).
        rows: Which.
    """
    axis = ((np.arange(side) + 0.5 - side / 2) / scale).astype(np.float32)
    across, down = np.broadcast_arrays(axis[None], axis[rows, None])
    squared = across**2 + down**2
    return np.stack([4 * across, -4 * down, 4 - squared], -1) / (4 + squared)[..., None] @ turn.T.astype(np.float32)


def kept(values: np.ndarray) -> np.ndarray:
    """Floats -1..1 in half the room: int16."""
    return np.rint(values * np.float32(_UNIT)).clip(-32768, 32767).astype(np.int16)


def corners() -> np.ndarray:
    """Middles of the views, (12, 3): the poles and two rings of five."""
    latitude = np.arctan(0.5)
    found = [(0.0, 1.0, 0.0)]
    for ring, first in ((latitude, 0.0), (-latitude, np.pi / 5)):
        for step in range(5):
            longitude = first + 2 * np.pi * step / 5
            found.append((np.cos(ring) * np.sin(longitude), np.sin(ring), np.cos(ring) * np.cos(longitude)))
    return np.array([*found, (0.0, -1.0, 0.0)])


def _facing(ahead: np.ndarray) -> np.ndarray:
    """Axes of a view with north up; at a pole, up is away from the middle of the panorama."""
    pole = abs(ahead[1]) > 1 - 1e-9
    north = np.array([0.0, 0.0, -np.sign(ahead[1])]) if pole else np.array([0.0, 1.0, 0.0])
    right = np.cross(north, ahead)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(ahead, right), ahead], 1)
