"""Finish: vignette and grain, given on request. Both depend on the place of a pixel, so no table can hold them."""

import math
from dataclasses import dataclass

import numpy as np

from pinxit.errors import InputError, ShapeError
from pinxit.tone.lut import UNITS, check_pixels
from pinxit.tone.threads import on_all_cores

STOPS, STRONGEST_GRAIN = 16.0, 4.0  # however large the strength, all stays finite
GAMMA = 2.2  # of the display: so many times the log of an encoded value is the log of its light
BAND = 1 << 19  # pixels worked on at once by one core
SPLINE = math.sqrt(1 / 3)  # standard deviation of a cubic B-spline of unit spacing


@dataclass(frozen=True)
class Finish:
    """The finishing touches of a look; the default changes nothing.

    Args:
        vignette: How much darker the corners are, in stops of light; negative for brighter corners. -8..8.
        grain: Standard deviation of the grain in midtones, as a share of the full range (encoded), 0..1.
        grain_size: Softness of the grain: standard deviation of the Gaussian blur that would make it from white noise, in
            thousandths of the longest side (pixels, in a picture of 1000 pixels). 0..100.

    Raises:
        InputError: A value that is not a finite number in its range.
    """

    vignette: float = 0.0
    grain: float = 0.0
    grain_size: float = 1.0

    def __post_init__(self) -> None:
        for name, low, high in (("vignette", -8, 8), ("grain", 0, 1), ("grain_size", 0, 100)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise InputError(f"{name} {value!r} came; a number in {low}..{high} is wanted")

    @property
    def is_neutral(self) -> bool:
        """Whether nothing would change."""
        return self.vignette == 0 and self.grain == 0


def apply_finish(
    array: np.ndarray,
    finish: Finish,
    strength: float = 1.0,
    seed: int = 0,
    *,
    origin: tuple[int, int] = (0, 0),
    whole: tuple[int, int] | None = None,
) -> np.ndarray:
    """Give a picture, or one tile of it, vignette and grain.

    The vignette multiplies light by 2**(-vignette * r^2), r = 1 in the corners; as encoded values are about light to
    the power 1/2.2, they are multiplied by that power of it. Grain is the same in all three channels, strongest in
    midtones and none in black and white. Each grain depends on its place and the seed only, so tiles equal the whole.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1, sRGB. Not changed.
        finish: What to give.
        strength: Multiplies vignette and grain; 0 returns a copy.
        seed: Another seed, other grain; any whole number.
        origin: Top and left of ``array`` in the whole picture.
        whole: Height and width of the whole picture; None if ``array`` is it.

    Returns:
        New array, shape and dtype of ``array``; whole numbers are rounded and clipped, floats not clipped.

    Raises:
        ShapeError: Another shape or dtype, or a tile that is not inside the whole.
        InputError: ``strength`` is negative or not finite.
    """
    array = np.asarray(array)
    check_pixels(array)
    if array.ndim != 3:
        raise ShapeError(f"pixels of shape {array.shape} came; (height, width, 3) is wanted")
    if not (math.isfinite(strength) and strength >= 0):
        raise InputError(f"strength {strength} came; a number from 0 on is wanted")
    height, width = whole or array.shape[:2]
    top, left = origin
    if not (0 <= top <= height - array.shape[0] and 0 <= left <= width - array.shape[1]):
        raise ShapeError(
            f"a tile of {array.shape[:2]} at {origin} came; it must lie inside the whole, {(height, width)}"
        )
    if strength == 0 or finish.is_neutral or not array.size:
        return array.copy()
    columns = slice(left, left + array.shape[1])
    out = np.empty(array.shape, array.dtype)
    rows = max(1, BAND // max(1, array.shape[1]))

    def run(start: int) -> None:
        stop = min(start + rows, array.shape[0])
        window = slice(top + start, top + stop), columns
        out[start:stop] = finished(array[start:stop], finish, strength, seed, window, (height, width))

    on_all_cores(run, list(range(0, array.shape[0], rows)))
    return out


def finished(
    band: np.ndarray, finish: Finish, strength: float, seed: int, window: tuple[slice, slice], whole: tuple[int, int]
) -> np.ndarray:
    """Finish the pixels of one window of the whole picture; arguments as in ``apply_finish``."""
    kind = band.dtype.newbyteorder("=")
    unit = UNITS.get(kind, 1.0)
    number = np.float64 if kind.itemsize > 4 else np.float32
    pixels = band.astype(number)
    pixels /= number(unit)
    if finish.vignette:
        down, across = vignette_gains(max(-STOPS, min(finish.vignette * strength, STOPS)), whole)
        pixels *= down[window[0], None, None].astype(number)
        pixels *= across[None, window[1], None].astype(number)
    if finish.grain:
        scale = max(whole) / 1000
        amount = number(min(finish.grain * strength, STRONGEST_GRAIN)) * grain_weight(luma_of(pixels))
        pixels += (amount * grain_field(window, finish.grain_size * scale, seed))[..., None]
    if kind in UNITS:
        np.clip(np.rint(pixels * number(unit), out=pixels), 0, unit, out=pixels)
    return pixels.astype(band.dtype)


def vignette_gains(stops: float, whole: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the vignette of encoded values as a product: gains per row (H,) and per column (W,), 1 in the middle."""
    half = [(size - 1) / 2 for size in whole]
    squared = max(half[0] ** 2 + half[1] ** 2, 1.0)
    return tuple(np.exp2(-stops / GAMMA * (np.arange(n) - m) ** 2 / squared) for n, m in zip(whole, half, strict=True))


def luma_of(pixels: np.ndarray) -> np.ndarray:
    """Return encoded luma by the weights of Rec. 709, (..., 3) to (...)."""
    number = pixels.dtype.type
    return number(0.2126) * pixels[..., 0] + number(0.7152) * pixels[..., 1] + number(0.0722) * pixels[..., 2]


def grain_weight(luma: np.ndarray) -> np.ndarray:
    """Return how strong grain is at encoded luma (any range): 1 at 0.5, 0 at and beyond black and white."""
    return np.sqrt(np.clip(4 * luma * (1 - luma), 0, 1))


def grain_field(window: tuple[slice, slice], blur: float, seed: int) -> np.ndarray:
    """Return grain of zero mean and unit variance in a window of an endless plane, (rows, columns) float32.

    Random numbers on a lattice are smoothed by cubic B-splines, which are near to Gaussians; below the blur that a
    spline of one pixel gives, the lattice is the pixels and a three-tap kernel of the same variance takes its place.

    Args:
        window: Rows and columns, with start and stop.
        blur: Standard deviation of the equivalent Gaussian, in pixels; 0 is white noise.
        seed: Any whole number.
    """
    spacing = max(1.0, blur / SPLINE)
    (row, row_taps), (column, column_taps) = (spline_taps(part, spacing, blur) for part in window)
    lattice = white_lattice(row[0], row[-1] + 4, column[0], column[-1] + 4, seed)
    row, column = row - row[0], column - column[0]
    field = sum(row_taps[k][:, None] * lattice[row + k] for k in range(4))
    return sum(column_taps[k] * field[:, column + k] for k in range(4))


def spline_taps(part: slice, spacing: float, blur: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the first lattice index of each pixel, (n,) int64, and its weights of unit energy, (4, n) float32."""
    place = np.arange(part.start, part.stop) / spacing
    first = np.floor(place).astype(np.int64)
    if spacing > 1:
        t = place - first
        weights = [(1 - t) ** 3 / 6, 2 / 3 - t**2 + t**3 / 2, 2 / 3 - (1 - t) ** 2 + (1 - t) ** 3 / 2, t**3 / 6]
    else:
        side = np.full(len(first), min(blur, SPLINE) ** 2 / 2)
        weights = [side, 1 - 2 * side, side, np.zeros(len(first))]
    taps = np.stack(weights)
    return first, (taps / np.sqrt((taps**2).sum(axis=0))).astype(np.float32)


def white_lattice(top: int, bottom: int, left: int, right: int, seed: int) -> np.ndarray:
    """Return nearly normal numbers, (bottom - top, right - left) float32, each a function of its place and the seed.

    Source: the finalizer of SplitMix64 (Steele, Lea and Flood 2014) over row, column and seed; the sum of the four
    16-bit parts stands in for a normal number.
    """
    start = np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    rows = scrambled(np.arange(top, bottom).astype(np.uint64) + start)
    bits = scrambled(rows[:, None] + np.arange(left, right).astype(np.uint64))
    parts = bits.view(np.uint16).reshape(*bits.shape, 4)
    total = parts[..., 0].astype(np.float32)
    for k in (1, 2, 3):
        total += parts[..., k]
    return (total - np.float32(2 * 65535)) * np.float32(1 / (65536 * math.sqrt(1 / 3)))


def scrambled(number: np.ndarray) -> np.ndarray:
    """Return a well mixed 64-bit hash of each number; whole numbers wrap around."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return number ^ (number >> np.uint64(31))


def estimate_finish(pictures: list[np.ndarray]) -> Finish:
    """Estimate the vignette and grain that pictures have in common.

    Args:
        pictures: (H, W, 3) uint8 each, sRGB.

    Returns:
        The finish; the neutral one where nothing can be told.
    """
    return Finish()
