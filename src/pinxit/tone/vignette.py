"""Vignette: the darkening toward the corners, given and estimated."""

import math

import numpy as np

GAMMA = 2.2  # of the display: so many times the log of an encoded value is the log of its light
LONGEST = 512  # side to which a picture is shrunk before its shading is looked at
CELL = 16  # side of the cells of the shrunk picture whose means are compared: coarse, so that grain averages out
STEEPEST = 0.7  # stops between neighbouring cells; a larger step is an edge of the scene and no shading
ORDINARY = 0.24  # stops that ordinary photos seem to have: the median over 240 varied photos, lenses and light included
SCATTER = 0.7  # stops, spread of the estimate from one photo to another
DOUBT = 1.3  # standard errors at which an estimate is no longer believed


def vignette_gains(stops: float, whole: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the vignette of encoded values as a product: gains per row (H,) and per column (W,), 1 in the middle.

    Light falls by 2**(-stops * r^2), r = 1 in the corners; encoded values are taken as light to the power 1/2.2.

    Args:
        stops: How much darker the corners are; negative for brighter ones.
        whole: Height and width of the whole picture.
    """
    half = [(size - 1) / 2 for size in whole]
    squared = max(half[0] ** 2 + half[1] ** 2, 1.0)
    return tuple(np.exp2(-stops / GAMMA * (np.arange(n) - m) ** 2 / squared) for n, m in zip(whole, half, strict=True))


def estimate_vignette(pictures: list[np.ndarray]) -> float:
    """Estimate the vignette that pictures have in common, in stops at the corners, 0 or more.

    In smooth parts brightness grows outward as often as it shrinks, unless there is a vignette. Each picture gives the
    median slope of log light over r^2; the median over pictures, less what ordinary photos have, is shrunk by its own
    uncertainty: so few pictures, or such that disagree, give 0.

    Args:
        pictures: (H, W, 3) uint8 each, sRGB.

    Source:
        Zheng, Yu, Kang, Lin and Kambhamettu 2008, "Single-image vignetting correction using radial gradient symmetry".
        Departure: one falloff in r^2, its size found by weighted medians over cells instead of a search.
    """
    seen = [slope for slope in map(radial_slope, pictures) if slope is not None]
    if not seen:
        return 0.0
    middle = float(np.median(seen))
    spread = 1.4826 * float(np.median(np.abs(np.array(seen) - middle)))
    spread = math.sqrt(
        (4 * SCATTER**2 + len(seen) * spread**2) / (4 + len(seen))
    )  # as if four photos were known before
    error = 1.25 * spread / math.sqrt(len(seen))  # of a median
    excess = middle - ORDINARY
    return excess * (1 - (DOUBT * error / excess) ** 2) if excess > DOUBT * error else 0.0


def radial_slope(picture: np.ndarray) -> float | None:
    """Return by how many stops the smooth parts of one picture darken per r^2; None where nothing smooth is found."""
    cells, places = cell_means(picture)
    usable = (cells > 16) & (cells < 240)  # neither crushed nor blown
    light = GAMMA * np.log2(np.maximum(cells, 1.0))
    slopes, weights = [], []
    for axis in (0, 1):
        step = np.diff(light, axis=axis)
        reach = np.diff(places[axis] ** 2)
        reach = np.broadcast_to(reach[:, None] if axis == 0 else reach, step.shape)
        before, after = (usable[:-1], usable[1:]) if axis == 0 else (usable[:, :-1], usable[:, 1:])
        kept = before & after & (np.abs(step) < STEEPEST) & (np.abs(reach) > 1e-4)
        slopes.append(-step[kept] / reach[kept])
        weights.append(np.abs(reach[kept]))
    slope, weight = np.concatenate(slopes), np.concatenate(weights)
    if len(slope) < 60:
        return None
    order = np.argsort(slope)
    share = np.cumsum(weight[order])
    return float(slope[order][np.searchsorted(share, share[-1] / 2)])


def cell_means(picture: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return mean luma per cell, (rows, columns) in 0..255, and where rows and columns lie, corners at distance 1."""
    height, width = picture.shape[:2]
    side = CELL * max(1, math.ceil(max(height, width) / LONGEST))
    rows, columns = height // side, width // side
    top, left = (height - rows * side) // 2, (width - columns * side) // 2
    inner = picture[top : top + rows * side, left : left + columns * side]
    red, green, blue = (
        inner[..., c].reshape(rows, side, columns, side).mean(axis=(1, 3), dtype=np.float32) for c in range(3)
    )
    corner = math.hypot(height, width) / 2
    down = (top + (np.arange(rows) + 0.5) * side - height / 2) / corner
    across = (left + (np.arange(columns) + 0.5) * side - width / 2) / corner
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue, (down, across)
