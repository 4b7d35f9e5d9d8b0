"""Cubemaps: the sphere on six faces, in one picture or in six files."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pinxit.color import unit_float
from pinxit.engines.strips import as_dtype
from pinxit.errors import InputError
from pinxit.panoramas.kernels import interpolate
from pinxit.panoramas.metadata import SMALLEST
from pinxit.panoramas.sphere import Reader, to_unit
from pinxit.picture import Picture
from pinxit.picture.shrink import shrink

FACES = ("+x", "-x", "+y", "-y", "+z", "-z")
"""Right, left, up, down, ahead, behind: the order of OpenGL and Direct3D."""
_AXES = {
    # Ahead, right and down of the picture on each face (OpenGL 4.6, table 8.19, in whose axes z is ahead).
    "+x": ((1, 0, 0), (0, 0, -1), (0, -1, 0)),
    "-x": ((-1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "+y": ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
    "-y": ((0, -1, 0), (1, 0, 0), (0, 0, -1)),
    "+z": ((0, 0, 1), (1, 0, 0), (0, -1, 0)),
    "-z": ((0, 0, -1), (-1, 0, 0), (0, -1, 0)),
}
_ORDERS = (FACES, ("+z", "+x", "-z", "-x", "+y", "-y"))  # of strips; the second is front, right, back, left, up, down
_CROSSES = {
    (3, 4): {"+y": (0, 1), "-x": (1, 0), "+z": (1, 1), "+x": (1, 2), "-z": (1, 3), "-y": (2, 1)},
    (4, 3): {"+y": (0, 1), "-x": (1, 0), "+z": (1, 1), "+x": (1, 2), "-y": (2, 1), "-z": (3, 1)},
}
_NAMES = {
    "+x": ("px", "posx", "xp", "right", "r"),
    "-x": ("nx", "negx", "xn", "left", "l"),
    "+y": ("py", "posy", "yp", "up", "top", "u"),
    "-y": ("ny", "negy", "yn", "down", "bottom", "d"),
    "+z": ("pz", "posz", "zp", "front", "f"),
    "-z": ("nz", "negz", "zn", "back", "b"),
}
_BORDER = 2  # pixels of its neighbours around each face, for interpolation
_LOOKED = 64  # places along an edge where the fit of two faces is looked at


@dataclass(frozen=True)
class Cubemap:
    """Six square faces in a picture.

    Args:
        face: Pixels a side of a face.
        grid: Rows and columns of cells.
        cells: Row, column and quarter turns to the left of each face, in the order of ``FACES``.
    """

    face: int
    grid: tuple[int, int]
    cells: tuple[tuple[int, int, int], ...]

    @classmethod
    def strip(cls, face: int) -> Cubemap:
        """Faces one below the other, in the order of ``FACES``: what :func:`stacked` makes."""
        return cls(face, (6, 1), tuple((row, 0, 0) for row in range(6)))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        return self.grid[0] * self.face, self.grid[1] * self.face

    @property
    def density(self) -> float:
        """Pixels a radian on average: a face is a quarter turn."""
        return self.face / (np.pi / 2)

    def faces(self, array: np.ndarray) -> np.ndarray:
        """The six faces, upright, (6, S, S, C), cut from a picture."""
        size = self.face
        found = [array[r * size : (r + 1) * size, c * size : (c + 1) * size] for r, c, _ in self.cells]
        return np.stack([np.rot90(one, -turns) for one, (_, _, turns) in zip(found, self.cells, strict=True)])

    def directions(self, rows: slice) -> np.ndarray:
        """Where the pixels of these rows look, (rows, W, 3) float32; NaN in the empty cells of a cross."""
        numbers = np.arange(*rows.indices(self.shape[0]))
        out = np.full((len(numbers), self.shape[1], 3), np.nan, np.float32)
        across = np.arange(self.face)
        for name, (row, column, turns) in zip(FACES, self.cells, strict=True):
            own = np.flatnonzero(numbers // self.face == row)
            if len(own):
                r, c = np.meshgrid(numbers[own] - row * self.face, across, indexing="ij")
                for _ in range(turns):  # a face turned to the left is read by turning places to the right
                    r, c = c, self.face - 1 - r
                out[own, column * self.face : (column + 1) * self.face] = on_face(name, r, c, self.face)
        return out

    def empty(self, rows: slice) -> np.ndarray:
        """Which pixels of these rows lie in the empty cells of a cross, (rows, W)."""
        free = np.ones(self.grid, bool)
        for row, column, _ in self.cells:
            free[row, column] = False
        numbers = np.arange(*rows.indices(self.shape[0]))
        return np.repeat(free[numbers // self.face], self.face, axis=1)

    def reader(self, array: np.ndarray, density: float | None = None) -> Reader:
        """Such a picture made ready to be read at so many pixels a radian; what is finer is averaged."""
        faces = self.faces(array)
        if density and density < self.density:
            size = max(1, round(self.face * density / self.density))
            faces = np.stack([shrink(np.ascontiguousarray(face), size) for face in faces])
        stack = _bordered(faces)
        size, dtype = faces.shape[1], array.dtype

        def read(directions: np.ndarray) -> np.ndarray:
            which, rows, columns = place(directions, size)
            return to_unit(interpolate(stack, rows + _BORDER, columns + _BORDER, which), dtype)

        return read


def on_face(name: str, rows: np.ndarray, columns: np.ndarray, size: int) -> np.ndarray:
    """Directions, (..., 3) float32, of pixels of a face; rows and columns may lie beyond its edges."""
    ahead, right, down = (np.array(axis, np.float64) for axis in _AXES[name])
    x, y = (2 * (np.asarray(at)[..., None] + 0.5) / size - 1 for at in (columns, rows))
    found = ahead + x * right + y * down
    return (found / np.linalg.norm(found, axis=-1, keepdims=True)).astype(np.float32)


def place(directions: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Face (its number in ``FACES``, uint8), row and column (float32) of directions (P, 3)."""
    axis = np.abs(directions).argmax(1)
    behind = np.take_along_axis(directions, axis[:, None], 1)[:, 0] < 0
    which = (2 * axis + behind).astype(np.uint8)
    ahead, right, down = np.array([_AXES[name] for name in FACES], np.float32).transpose(1, 0, 2)
    depth = np.einsum("pi,pi->p", directions, ahead[which])
    columns, rows = (np.einsum("pi,pi->p", directions, side[which]) / depth for side in (right, down))
    return which, (rows + 1) * (size / 2) - 0.5, (columns + 1) * (size / 2) - 0.5


def layout_of(array: np.ndarray, name: str = "the picture") -> Cubemap:
    """How the faces of a cubemap lie in a picture (H, W, 3): a strip of 6x1 or 1x6, or a cross of 4x3 or 3x4.

    Of strips there are several conventions; the one in which the faces' edges fit together best is taken.

    Raises:
        InputError: Sides of another ratio, or too small.
    """
    height, width = array.shape[:2]
    for grid in ((1, 6), (6, 1), (3, 4), (4, 3)):
        face = height // grid[0]
        if (height, width) == (grid[0] * face, grid[1] * face):
            if face < SMALLEST:
                raise InputError(f"{name} has faces of {face}x{face}; {SMALLEST} pixels or more are wanted")
            layouts = list(_layouts(grid, face))
            return min(layouts, key=lambda one: misfit(array, one))
    raise InputError(
        f"{name} is {width}x{height}, and a cubemap has six square faces: 6x1 or 1x6 in a strip, 4x3 or 3x4 in a cross"
    )


def _layouts(grid: tuple[int, int], face: int) -> list[Cubemap]:
    """Conventions of a grid, the most common one first."""
    if grid in _CROSSES:
        # Below the face that looks down, the one behind stands on its head.
        turns = {"-z": 2} if grid == (4, 3) else {}
        cells = tuple((*_CROSSES[grid][name], turns.get(name, 0)) for name in FACES)
        return [Cubemap(face, grid, cells)]
    found = []
    for order, up, down in itertools.product(_ORDERS, range(4), range(4)):
        turns = {"+y": up, "-y": down}
        places = {name: (at, 0) if grid == (6, 1) else (0, at) for at, name in enumerate(order)}
        found.append(Cubemap(face, grid, tuple((*places[name], turns.get(name, 0)) for name in FACES)))
    return found


def misfit(array: np.ndarray, layout: Cubemap) -> float:
    """Mean difference, in units of the array, between pixels on the edges of faces and those across the edge."""
    size, faces = layout.face, layout.faces(array).astype(np.float32)
    along = np.linspace(0, size - 1, min(size, _LOOKED)).round().astype(int)
    total = 0.0
    for number, name in enumerate(FACES):
        for edge, beyond in ((0, -1), (size - 1, size)):
            for rows, columns, inner in (
                (np.full_like(along, beyond), along, (edge, along)),
                (along, np.full_like(along, beyond), (along, edge)),
            ):
                total += float(
                    np.abs(_nearest(faces, on_face(name, rows, columns, size)) - faces[number][inner]).mean()
                )
    return total / 24


def _nearest(faces: np.ndarray, directions: np.ndarray) -> np.ndarray:
    size = faces.shape[1]
    which, rows, columns = place(directions.reshape(-1, 3), size)
    rows, columns = (np.rint(at).astype(int).clip(0, size - 1) for at in (rows, columns))
    return faces[which, rows, columns].reshape(*directions.shape[:-1], -1)


def _bordered(faces: np.ndarray) -> np.ndarray:
    """Faces (6, S, S, 3) with a border of what their neighbours show there."""
    size = faces.shape[1]
    wide = size + 2 * _BORDER
    out = np.empty((6, wide, wide, faces.shape[3]), faces.dtype)
    out[:, _BORDER:-_BORDER, _BORDER:-_BORDER] = faces
    at = np.arange(wide) - _BORDER
    rows, columns = np.meshgrid(at, at, indexing="ij")
    outside = (np.minimum(rows, columns) < 0) | (np.maximum(rows, columns) >= size)
    for number, name in enumerate(FACES):
        looks = on_face(name, rows[outside], columns[outside], size)
        which, down, across = place(looks, size)
        values = interpolate(faces, down, across, which)
        if faces.dtype.kind == "u":
            values = np.rint(values).clip(0, np.iinfo(faces.dtype).max)
        out[number][outside] = values
    return out


def face_files(paths: Sequence[str | os.PathLike[str]]) -> dict[str, Path]:
    """Six files by the face that the last word of each one's name stands for: px, nx, ...; right, left, ...

    Raises:
        InputError: Not six, or names from which the faces cannot be told.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        words = re.findall(r"[a-z]+", path.stem.lower())
        face = next((face for face, names in _NAMES.items() if words and words[-1] in names), None)
        if face:
            found[face] = path
    if len(paths) != 6 or len(found) != 6:
        raise InputError(
            f"{len(paths)} files came, of which {len(found)} are named as different faces; a cubemap has six, whose "
            "names end in px, nx, py, ny, pz, nz, or in right, left, up, down, front, back"
        )
    return {face: found[face] for face in FACES}


def stacked(pictures: Sequence[Picture]) -> np.ndarray:
    """Six faces, in the order of ``FACES``, one below the other, (6 S, S, 3); :func:`unstacked` undoes it.

    Raises:
        InputError: They are not square, or not of one size.
    """
    sizes = {picture.size for picture in pictures}
    if len(sizes) > 1 or any(width != height for width, height in sizes):
        named = ", ".join(sorted(f"{width}x{height}" for width, height in sizes))
        raise InputError(f"faces of {named} came; all six faces of a cubemap are squares of one size")
    if sizes and min(next(iter(sizes))) < SMALLEST:
        raise InputError(f"faces of {pictures[0].width}x{pictures[0].width} came; {SMALLEST} pixels or more are wanted")
    arrays = [picture.array for picture in pictures]
    mixed = len({array.dtype for array in arrays}) > 1
    return np.concatenate([unit_float(array) for array in arrays] if mixed else arrays)


def unstacked(array: np.ndarray, pictures: Sequence[Picture]) -> list[Picture]:
    """The faces of a result, each as deep as its own picture, with that one's alpha, profile and metadata."""
    parts = zip(np.split(array, 6), pictures, strict=True)
    return [
        one.with_array(part if part.dtype == one.array.dtype else as_dtype(part, one.array.dtype))
        for part, one in parts
    ]
