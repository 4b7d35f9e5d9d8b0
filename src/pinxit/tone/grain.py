"""Grain: noise with a place and a seed, given and estimated."""

import math

import numpy as np

SPLINE = math.sqrt(1 / 3)  # standard deviation of a cubic B-spline of unit spacing
BLOCK = 32  # side of the blocks that are looked at, pixels
BLOCKS = 400  # blocks looked at in one picture, at most
SMOOTH = 0.15  # share of them, the smoothest, that is believed to show noise
LAGS = np.array([1, 2, 3, 4, 6, 8])
# How the energy of second differences grows with the lag in the smooth parts of ordinary photos, lag 1 = 1: the
# median over 240 varied photos.
TEXTURE = np.array([1.0, 3.6, 6.4, 7.7, 10.4, 15.1])
BLURS = np.concatenate([[0.0], np.geomspace(0.25, 3.0, 24)])  # pixels; what is softer cannot be told from texture
FLOOR = 1.5  # codes of 255: noise of ordinary photos, not yet a look


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


def estimate_grain(pictures: list[np.ndarray]) -> tuple[float, float]:
    """Estimate the grain that pictures have in common.

    In the smoothest blocks the energy of second differences at several lags is grain plus texture. Grain levels off
    where the lag passes its size, texture goes on growing; pictures share the grain, not the texture, so the lower ones
    count. What is not well above the noise of ordinary photos, or rests on few pictures, is shrunk toward 0.

    Args:
        pictures: (H, W, 3) uint8 each, sRGB.

    Returns:
        Standard deviation in midtones as a share of the full range, and blur in thousandths of the longest side: never
        finer than the pixels of the pictures, as nothing finer can be seen in them. (0.0, 1.0) where there is none.
    """
    seen = [(energy, max(picture.shape)) for picture in pictures if (energy := smooth_energy(picture)) is not None]
    if not seen:
        return 0.0, 1.0
    sigma, blur = fit_grain(np.percentile([energy for energy, _ in seen], 15, axis=0))
    doubt = FLOOR * (1 + 2 / len(seen))
    if sigma <= doubt:
        return 0.0, 1.0
    longest = float(np.median([side for _, side in seen]))
    return sigma * (1 - (doubt / sigma) ** 4) / 255, max(blur, 0.3) * 1000 / longest


def smooth_energy(picture: np.ndarray) -> np.ndarray | None:
    """Return the mean square of second differences per lag in the smoothest blocks, (L,) in squared codes of midtones.

    None where the picture has fewer than four blocks that are neither dark, bright nor clipped.
    """
    rows, columns = picture.shape[0] // BLOCK, picture.shape[1] // BLOCK
    chosen = range(0, rows * columns, max(1, rows * columns // BLOCKS))
    corners = [(n // columns * BLOCK, n % columns * BLOCK) for n in chosen]
    if len(corners) < 4:
        return None
    blocks = np.stack([picture[y : y + BLOCK, x : x + BLOCK] for y, x in corners]).astype(np.float32)
    luma = luma_of(blocks)
    mean, low, high = luma.mean((1, 2)), luma.min((1, 2)), luma.max((1, 2))
    kept = (mean > 50) & (mean < 205) & (low > 4) & (high < 251)
    if kept.sum() < 4:
        return None
    luma, mean = luma[kept], mean[kept]
    coarse = luma.reshape(-1, BLOCK // 4, 4, BLOCK // 4, 4).mean((2, 4))
    roughness = sum((np.diff(coarse, n=2, axis=axis) ** 2).mean((1, 2)) for axis in (1, 2))
    smoothest = np.argsort(roughness)[: max(4, int(SMOOTH * len(luma)))]
    return np.median(lag_energy(luma[smoothest]) / grain_weight(mean[smoothest] / 255)[:, None] ** 2, axis=0)


def lag_energy(blocks: np.ndarray) -> np.ndarray:
    """Return the mean square of second differences along both axes, (B, side, side) to (B, L); linear slopes give 0."""
    energies = []
    for lag in LAGS:
        down = blocks[:, 2 * lag :] - 2 * blocks[:, lag:-lag] + blocks[:, : -2 * lag]
        across = blocks[:, :, 2 * lag :] - 2 * blocks[:, :, lag:-lag] + blocks[:, :, : -2 * lag]
        energies.append(((down**2).mean((1, 2)) + (across**2).mean((1, 2))) / 2)
    return np.stack(energies, axis=1)


def fit_grain(energy: np.ndarray) -> tuple[float, float]:
    """Split energies per lag (L,) into grain and texture; return the grain's deviation (codes) and blur (pixels).

    Noise of variance s^2 made by a Gaussian blur b has the correlation rho(d) = exp(-d^2 / 4b^2), and its second
    differences the energy s^2 (6 - 8 rho(d) + 2 rho(2d)). For each blur both parts are fitted in relative least
    squares, none of them negative.
    """
    best = (math.inf, 0.0, 0.0)
    energy = np.maximum(energy, 1e-3)
    texture = TEXTURE / energy
    for blur in BLURS:
        grain = (6 - 8 * correlation(LAGS, blur) + 2 * correlation(2 * LAGS, blur)) / energy
        for share in nonnegative_pairs(grain, texture):
            misfit = float(((share[0] * grain + share[1] * texture - 1) ** 2).sum())
            if misfit < best[0]:
                best = (misfit, math.sqrt(share[0]), float(blur))
    return best[1], best[2]


def nonnegative_pairs(first: np.ndarray, second: np.ndarray) -> list[tuple[float, float]]:
    """Return the candidates for the best a*first + b*second = 1 with a, b >= 0: each alone, and both if they can."""
    aa, ab, bb, a, b = first @ first, first @ second, second @ second, first.sum(), second.sum()
    pairs = [(float(a / aa), 0.0), (0.0, float(b / bb))]
    determinant = aa * bb - ab * ab
    if determinant > 1e-9 * aa * bb:
        both = (float((a * bb - b * ab) / determinant), float((b * aa - a * ab) / determinant))
        pairs += [both] if min(both) >= 0 else []
    return pairs


def correlation(distance: np.ndarray, blur: float) -> np.ndarray:
    """Return the correlation of blurred white noise at distances in pixels."""
    return np.exp(-(distance**2) / (4 * max(blur, 1e-3) ** 2))
