"""The inner loops of the lookup table: tetrahedral interpolation of flat pixels, compiled on first use.

Every kernel is serial and lets go of Python's lock; lut.py runs one per core over pieces of the picture.
numba's own parallel loops are not used: its default threading layer may not be entered from several Python threads, nor
after a fork. Plain numbers are typed by NumPy scalars: numba would make float64 of uint64 and int64.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

U0, U1, U8, U21, U32, U42 = (np.uint64(n) for n in (0, 1, 8, 21, 32, 42))
U255, FIELD, STEP = np.uint64(255), np.uint64((1 << 21) - 1), np.uint64((1 << 32) - 1)


def packed_bytes(pixels: Any, out: Any, nodes: Any, size: Any, bias: Any, shift: Any) -> None:
    """Interpolate 8-bit pixels in whole numbers, the three channels side by side in one 64-bit word.

    A position v*(N-1)/255 has a whole part and a fraction in 255ths, so four weights that sum to 255 are exact. Each
    node holds three codes of 13 bits in fields of 21 bits: no weighted sum runs into its neighbour. Fraction and step
    of an axis sit in one word too, so that sorting three numbers picks the tetrahedron without a branch.

    Args:
        pixels: (P, 3) uint8, contiguous.
        out: (P, 3) uint8, contiguous, written.
        nodes: (N^3 + N^2 + N + 1,) uint64, red fastest; what is behind node N^3 is read with weight 0 only.
        size: N as uint64.
        bias: int64 per channel, (3,); a value is (sum + bias) >> shift, clipped to 0..255.
        shift: int64.
    """
    last, plane = size - U1, size * size
    bias_red, bias_green, bias_blue = bias[0], bias[1], bias[2]
    for i in range(pixels.shape[0]):
        r, g, b = np.uint64(pixels[i, 0]) * last, np.uint64(pixels[i, 1]) * last, np.uint64(pixels[i, 2]) * last
        # (p + 1 + (p >> 8)) >> 8 is p // 255 for every p below 65535
        ri, gi, bi = (r + U1 + (r >> U8)) >> U8, (g + U1 + (g >> U8)) >> U8, (b + U1 + (b >> U8)) >> U8
        red = ((r - ri * U255) << U32) + U1
        green = ((g - gi * U255) << U32) + size
        blue = ((b - bi * U255) << U32) + plane
        high, low = max(red, green), min(red, green)
        high, middle = max(high, blue), max(low, min(high, blue))
        low = min(low, blue)
        first = ri + gi * size + bi * plane
        second = first + (high & STEP)
        third = second + (middle & STEP)
        high_part, middle_part, low_part = high >> U32, middle >> U32, low >> U32
        total = (
            nodes[first] * (U255 - high_part)
            + nodes[second] * (high_part - middle_part)
            + nodes[third] * (middle_part - low_part)
            + nodes[third + (low & STEP)] * low_part
        )
        out[i, 0] = min(max((np.int64(total & FIELD) + bias_red) >> shift, 0), 255)
        out[i, 1] = min(max((np.int64((total >> U21) & FIELD) + bias_green) >> shift, 0), 255)
        out[i, 2] = min(max((np.int64(total >> U42) + bias_blue) >> shift, 0), 255)


def residual_floats(pixels: Any, out: Any, nodes: Any, size: Any, unit: Any, whole: Any) -> None:
    """Add the interpolated change to each pixel: exact for the identity; outside 0..1 the edge's change is added.

    Args:
        pixels: (P, 3) uint8, uint16, float32 or float64, contiguous.
        out: (P, 3), dtype of ``pixels``, written.
        nodes: (N^3 + N^2 + N + 1, 4) float32, table minus identity, times ``unit``. Channel 3 pads a node to 16 bytes;
            what is behind node N^3 must be finite and is read with weight 0 only.
        size: N as int64.
        unit: What stands for 1.0 (255, 65535 or 1), float32 or float64: the type that sums are made in.
        whole: True to round and clip to 0..unit, False for float pixels.
    """
    zero, half = unit - unit, unit / (unit + unit)
    plane, step = size * size, 1 + size + size * size
    last = zero + np.float32(size - 1)
    scale = last / unit
    for i in range(pixels.shape[0]):
        x, y, z = zero + pixels[i, 0], zero + pixels[i, 1], zero + pixels[i, 2]
        r, g, b = x * scale, y * scale, z * scale
        r, g, b = (r if r > zero else zero), (g if g > zero else zero), (b if b > zero else zero)  # NaN becomes 0
        r, g, b = (r if r < last else last), (g if g < last else last), (b if b < last else last)
        ri, gi, bi = np.int64(r), np.int64(g), np.int64(b)
        r, g, b = r - zero - np.float32(ri), g - zero - np.float32(gi), b - zero - np.float32(bi)
        high, low = max(max(r, g), b), min(min(r, g), b)
        middle = max(min(r, g), min(max(r, g), b))
        # of equal fractions both axes step at once; the node between them has weight 0
        first = ri + gi * size + bi * plane
        second = first + (1 if r >= high else 0) + (size if g >= high else 0) + (plane if b >= high else 0)
        third = first + (1 if r >= middle else 0) + (size if g >= middle else 0) + (plane if b >= middle else 0)
        fourth = first + step
        w1, w2, w3 = unit / unit - high, high - middle, middle - low
        x += nodes[first, 0] * w1 + nodes[second, 0] * w2 + nodes[third, 0] * w3 + nodes[fourth, 0] * low
        y += nodes[first, 1] * w1 + nodes[second, 1] * w2 + nodes[third, 1] * w3 + nodes[fourth, 1] * low
        z += nodes[first, 2] * w1 + nodes[second, 2] * w2 + nodes[third, 2] * w3 + nodes[fourth, 2] * low
        if whole:
            x, y, z = min(max(x + half, zero), unit), min(max(y + half, zero), unit), min(max(z + half, zero), unit)
        out[i, 0], out[i, 1], out[i, 2] = x, y, z


@cache
def compiled(function: Callable[..., None]) -> Callable[..., None]:
    """Compile a kernel of this file, kept beside it or in the user's cache folder, else for this process only."""
    from numba import njit

    options = {"nogil": True, "error_model": "numpy"}
    plain = njit(**options)(function)
    try:
        kept = njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in can be written
        return plain

    def run(*arguments: Any) -> None:
        try:
            kept(*arguments)
        except OSError:  # the folder is full or was taken away; the kernel itself opens no file
            plain(*arguments)

    return run
