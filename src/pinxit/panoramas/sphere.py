"""The sphere around a viewer, and its equirectangular picture.

A direction is a unit vector (right, up, ahead). Longitude 0 is ahead and grows to the right, latitude grows upwards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pinxit.panoramas.kernels import interpolate
from pinxit.picture.shrink import shrink

STRIP = 64
"""Rows of a picture that are worked on at once."""


Reader = Callable[[np.ndarray], np.ndarray]
"""Colours in directions: (P, 3) float32 to (P, 3) float32, 0..1 (of float pictures also beyond)."""


class Surface(Protocol):
    """A picture whose pixels are directions."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    @property
    def density(self) -> float:
        """Pixels a radian where the picture is as fine as it means to be: at the equator, in the middle of a face."""

    def directions(self, rows: slice) -> np.ndarray:
        """Where the pixels of these rows look, (rows, W, 3) float32; NaN for pixels that are no part of the sphere."""

    def empty(self, rows: slice) -> np.ndarray:
        """Which pixels of these rows are no part of the sphere: a mask that fits their shape, (rows, W)."""

    def reader(self, array: np.ndarray, density: float) -> Reader:
        """A picture of this kind made ready to be read at so many pixels a radian; what is finer is averaged."""


@dataclass(frozen=True)
class Equirectangular:
    """Rows of one latitude and columns of one longitude; the whole sphere or a rectangle of it.

    Args:
        height: Rows of the picture.
        width: Columns.
        full: Rows and columns that the whole sphere would have; None for a picture that is whole. They may stand in
            another ratio than 1:2: a squeezed picture.
        top: Rows of the whole above the picture.
        left: Columns of the whole left of it.
    """

    height: int
    width: int
    full: tuple[int, int] | None = None
    top: int = 0
    left: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def whole(self) -> tuple[int, int]:
        """Rows and columns of the whole sphere."""
        return self.full or self.shape

    @property
    def density(self) -> float:
        """Pixels a radian at the equator."""
        height, width = self.whole
        return max(width / (2 * np.pi), height / np.pi)

    def directions(self, rows: slice) -> np.ndarray:
        """Where the pixels of these rows look, (rows, W, 3) float32."""
        numbers = np.arange(*rows.indices(self.height))
        return self.looks(numbers[:, None], np.arange(self.width)[None])

    def looks(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Directions, (..., 3) float32, of places between pixels, whose shapes fit together."""
        height, width = self.whole
        latitude = np.pi / 2 - np.pi * (rows + self.top + 0.5) / height
        longitude = 2 * np.pi * (columns + self.left + 0.5) / width - np.pi
        level, up = np.cos(latitude), np.sin(latitude)
        ahead, right = level * np.cos(longitude), level * np.sin(longitude)
        return np.stack([right, np.broadcast_to(up, right.shape), ahead], -1).astype(np.float32)

    def empty(self, rows: slice) -> np.ndarray:
        """No pixel is."""
        return np.zeros((len(range(*rows.indices(self.height))), self.width), bool)

    def places(self, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns, (P,) float32 each, at which directions (P, 3) stand."""
        height, width = self.whole
        right, up, ahead = directions.T
        latitude, longitude = np.arctan2(up, np.hypot(right, ahead)), np.arctan2(right, ahead)
        rows = (0.5 - latitude / np.pi) * height - 0.5 - self.top
        columns = (0.5 + longitude / (2 * np.pi)) * width - 0.5
        # A rectangle that crosses the back of the sphere has its columns beyond the last one of the whole.
        middle = self.left + (self.width - 1) / 2
        columns += np.round((middle - columns) / width) * width - self.left
        return rows.astype(np.float32, copy=False), columns.astype(np.float32, copy=False)

    def reader(self, array: np.ndarray, density: float | None = None) -> Reader:
        """Such a picture, (H, W, 3), made ready to be read at so many pixels a radian; what is finer is averaged."""
        height, width = self.whole
        around = self.width == width
        poles = (around and self.top == 0, around and self.top + self.height == height)
        if density and density < self.density:
            array = shrink(array, max(1, round(max(self.shape) * density / self.density)))
        down, across = array.shape[0] / self.height, array.shape[1] / self.width

        def read(directions: np.ndarray) -> np.ndarray:
            rows, columns = self.places(directions)
            if array.shape[:2] != self.shape:
                rows, columns = (rows + 0.5) * down - 0.5, (columns + 0.5) * across - 0.5
            return to_unit(interpolate(array[None], rows, columns, around=around, poles=poles), array.dtype)

        return read


def to_unit(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Interpolated samples of a kind of picture as float32 0..1; floats keep what is beyond 1."""
    if dtype.kind == "u":
        values *= 1 / np.float32(np.iinfo(dtype).max)
        return values.clip(0, 1, out=values)
    return values


def rotation(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """The turn that brings "ahead" to a longitude (yaw) and a latitude (pitch), after a roll; (3, 3), degrees."""
    a, b, c = np.radians([yaw, pitch, roll])
    about_up = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_right = np.array([[1, 0, 0], [0, np.cos(b), np.sin(b)], [0, -np.sin(b), np.cos(b)]])
    about_ahead = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return about_up @ about_right @ about_ahead


def turned(array: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """A whole equirectangular picture seen by a viewer who has turned: what stood at ``turn @ d`` now stands at ``d``.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1.
        turn: Rotation, (3, 3).

    Returns:
        (H, W, 3) float32 0..1.
    """
    surface = Equirectangular(*array.shape[:2])
    return resampled(array, surface, surface, turn)


def resampled(array: np.ndarray, source: Surface, target: Surface, turn: np.ndarray | None = None) -> np.ndarray:
    """A picture of one surface drawn on another one, strip by strip; float32 0..1, black where there is no sphere."""
    out, read = np.zeros((*target.shape, 3), np.float32), source.reader(array, target.density)
    for start in range(0, len(out), STRIP):
        rows = slice(start, min(start + STRIP, len(out)))
        looks = target.directions(rows)
        known = ~target.empty(rows)
        found = looks[known] if turn is None else looks[known] @ turn.T.astype(np.float32)
        out[rows][known] = read(found)
    return out


def even_directions(count: int) -> np.ndarray:
    """Directions that are spread evenly over the sphere, (count, 3) float32: a Fibonacci lattice (Gonzalez 2010)."""
    steps = np.arange(count)
    up = 1 - (2 * steps + 1) / count
    turn = steps * np.pi * (3 - np.sqrt(5))
    level = np.sqrt(1 - up**2)
    return np.stack([level * np.sin(turn), up, level * np.cos(turn)], -1).astype(np.float32)


def solid_angles(surface: Surface) -> np.ndarray:
    """Share of the sphere of each row's pixels, (H,), of a whole equirectangular picture; the picture's sum is 1."""
    height, width = surface.shape
    edges = np.sin(np.pi / 2 - np.pi * np.arange(height + 1) / height)
    return (edges[:-1] - edges[1:]) / 2 / width
