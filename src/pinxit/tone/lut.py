"""Lut: a three-dimensional lookup table of colours, and how it is applied, stretched, blended and composed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.errors import InputError, ShapeError, StyleError
from pinxit.tone.extrapolate import extrapolated
from pinxit.tone.threads import on_all_cores

PIECE = 1 << 18  # pixels per piece of work: small enough to share fairly, large enough to hide the cost of starting it
UNITS = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}


@dataclass(frozen=True, eq=False)
class Lut:
    """A lookup table over the sRGB cube.

    Args:
        table: (N, N, N, 3) float32, indexed [blue, green, red, channel] so that red runs fastest as in a .cube file;
            domain 0..1, values any finite number (never clamped); N in 2..256.

    Raises:
        StyleError: Another shape, or a value that is not finite.
    """

    table: np.ndarray

    def __post_init__(self) -> None:
        table = np.asarray(self.table)
        size = table.shape[0] if table.ndim else 0
        if table.shape != (size, size, size, 3) or not 2 <= size <= 256:
            raise StyleError(f"a lookup table of shape {table.shape} came; (N, N, N, 3) with N in 2..256 is wanted")
        table = np.array(table, np.float32, order="C")
        if not np.isfinite(table).all():
            raise StyleError("the lookup table holds values that are not finite (NaN or Inf); make it again")
        table.flags.writeable = False
        object.__setattr__(self, "table", table)

    @classmethod
    def identity(cls, size: int = 33) -> "Lut":
        """Return the table that changes nothing."""
        return cls(identity_table(size))

    @property
    def size(self) -> int:
        """Nodes per axis, N."""
        return self.table.shape[0]

    @property
    def is_identity(self) -> bool:
        """Whether no pixel of any picture would change."""
        return np.array_equal(self.table, identity_table(self.size))

    def apply(self, array: np.ndarray, strength: float = 1.0) -> np.ndarray:
        """Give the pixels the colours of the table by tetrahedral interpolation, on all cores of this process.

        Args:
            array: (..., 3), uint8 (0..255), uint16 (0..65535) or float (0..1 and beyond), sRGB. Not changed.
            strength: 0 returns a copy of the input, 1 the table, between them a mixture; more extrapolates: ``toward``.

        Returns:
            A new array of the same shape and dtype. Whole numbers are rounded and clipped; floats are not clipped, and
            outside 0..1 the change at the nearest edge of the cube is added, so the identity is exact everywhere.

        Raises:
            ShapeError: Another shape or dtype.
            InputError: ``strength`` is negative or not finite.
        """
        array = np.asarray(array)
        check_pixels(array)
        if strength == 0:
            return array.copy()
        lut = self if strength == 1 else self.toward(strength)
        return interpolate(lut.table, array)

    def toward(self, strength: float) -> "Lut":
        """Return the table at another strength: 0 is the identity, 1 this table, more extrapolates safely.

        Raises:
            InputError: ``strength`` is negative or not finite.
        """
        if not (np.isfinite(strength) and strength >= 0):
            raise InputError(f"strength {strength} came; a number from 0 on is wanted, 1 is the look as learned")
        if strength == 1:
            return self
        if strength > 1:
            return Lut(extrapolated(self.table, float(strength)))
        base = identity_table(self.size)
        return Lut(base + np.float32(strength) * (self.table - base))

    def resized(self, size: int) -> "Lut":
        """Return the same mapping sampled at ``size`` nodes per axis (2..256)."""
        return self if size == self.size else Lut(self.apply(identity_table(size)))

    def then(self, other: "Lut") -> "Lut":
        """Return one table that applies this one and afterwards ``other``, at the finer size of the two."""
        return Lut(other.apply(self.resized(max(self.size, other.size)).table))

    @staticmethod
    def blend(parts: Iterable[tuple["Lut", float]]) -> "Lut":
        """Mix tables by their shares, at the finest size among them.

        Args:
            parts: (table, share) pairs; shares are not negative and are divided by their sum.

        Raises:
            InputError: No parts, or shares that are negative, not finite or all 0.
        """
        parts = list(parts)
        shares = np.array([share for _, share in parts], float)
        if not parts or not np.isfinite(shares).all() or (shares < 0).any() or shares.sum() <= 0:
            raise InputError(f"shares {shares.tolist()} came; numbers from 0 on, one of them above 0, are wanted")
        size = max(lut.size for lut, _ in parts)
        weighted = (w * lut.resized(size).table for w, (lut, _) in zip(shares / shares.sum(), parts, strict=True))
        return Lut(sum(weighted))


def identity_table(size: int) -> np.ndarray:
    """Return the colours of the nodes themselves, (size, size, size, 3) float32, 0..1.

    Raises:
        StyleError: ``size`` is not a whole number in 2..256.
    """
    if size != int(size) or not 2 <= size <= 256:
        raise StyleError(f"a lookup table of size {size} was asked for; 2..256 is wanted")
    axis = np.linspace(0.0, 1.0, int(size), dtype=np.float32)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    return np.stack([red, green, blue], axis=-1)


def check_pixels(array: np.ndarray) -> None:
    """Raise ShapeError unless the array is (..., 3) of uint8, uint16 or a float type."""
    if array.ndim < 1 or array.shape[-1] != 3:
        raise ShapeError(f"pixels of shape {array.shape} came; (..., 3) red, green, blue is wanted")
    if array.dtype.newbyteorder("=") not in UNITS and array.dtype.kind != "f":
        raise ShapeError(f"pixels of type {array.dtype} came; uint8, uint16 or float is wanted")


def interpolate(table: np.ndarray, array: np.ndarray) -> np.ndarray:
    """Send every pixel through the table, piece by piece; checked arguments, see ``Lut.apply``."""
    work = array.dtype.newbyteorder("=")
    if work not in UNITS:
        work = np.dtype(np.float64 if work.itemsize > 4 else np.float32)
    kernel, settings = kernel_for(table, work)
    out = np.empty(array.shape, array.dtype)

    def run(piece: tuple[np.ndarray, np.ndarray]) -> None:
        source, target = piece
        if source.dtype == work and target.dtype == work and source.flags.c_contiguous:
            kernel(source.reshape(-1, 3), target.reshape(-1, 3), *settings)
            return
        pixels = np.ascontiguousarray(source, work).reshape(-1, 3)
        result = np.empty_like(pixels)
        kernel(pixels, result, *settings)
        target[...] = result.reshape(target.shape)

    on_all_cores(run, list(pieces(array, out)))
    return out


def pieces(array: np.ndarray, out: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Cut both arrays into matching views of about PIECE pixels, without copying."""
    if array.flags.c_contiguous or array.ndim == 1:
        array, out = array.reshape(-1, 3), out.reshape(-1, 3)
    rows = max(1, PIECE * 3 * array.shape[0] // max(array.size, 1))
    for start in range(0, array.shape[0], rows):
        yield array[start : start + rows], out[start : start + rows]


def kernel_for(table: np.ndarray, dtype: np.dtype) -> tuple[Any, tuple[Any, ...]]:
    """Choose the kernel for pixels of ``dtype`` and lay the table out as it wants it."""
    from pinxit.tone.kernels import compiled, packed_bytes, residual_floats

    packed = packed_nodes(table) if dtype == np.uint8 else None
    if packed is not None:
        return compiled(packed_bytes), packed
    unit = UNITS.get(dtype, 1.0)
    size = table.shape[0]
    nodes = np.zeros((padded(size), 4), np.float32)
    nodes[: size**3, :3] = ((table - identity_table(size)) * np.float32(unit)).reshape(-1, 3)
    number = np.float64 if dtype == np.float64 else np.float32
    return compiled(residual_floats), (nodes, np.int64(size), number(unit), dtype in UNITS)


def packed_nodes(table: np.ndarray) -> tuple[Any, ...] | None:
    """Lay the table out for ``kernels.packed_bytes``, or return None where its values span too much (more than 4)."""
    size = table.shape[0]
    values = table.reshape(-1, 3).astype(np.float64)
    lowest, span = values.min(axis=0), float(np.ptp(values, axis=0).max())
    shift = next((k for k in (13, 12, 11) if span * 2**k < (1 << 21) // 255 - 1), None)
    if shift is None or np.abs(lowest).max() > 1e6:
        return None
    codes = np.rint((values - lowest) * 2**shift).astype(np.uint64)
    nodes = np.zeros(padded(size), np.uint64)
    nodes[: size**3] = codes[:, 0] | codes[:, 1] << np.uint64(21) | codes[:, 2] << np.uint64(42)
    bias = np.rint(255 * lowest * 2**shift).astype(np.int64) + (1 << (shift - 1))
    return nodes, np.uint64(size), bias, np.int64(shift)


def padded(size: int) -> int:
    """Return the number of nodes with the tail that a pixel at the very end of an axis reaches past the table."""
    return size**3 + size * size + size + 1
