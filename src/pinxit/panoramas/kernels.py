"""The inner loops of resampling: which view counts where, and cubic interpolation; compiled on first use."""

from typing import Any

import numpy as np

from pinxit.tone.kernels import compiled
from pinxit.tone.threads import on_all_cores

MOST = 3
"""Most views that count in one direction: three meet at a corner."""
_PIECE = 1 << 15  # places per piece of work


def interpolate(
    images: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    which: np.ndarray | None = None,
    *,
    around: bool = False,
    poles: tuple[bool, bool] = (False, False),
) -> np.ndarray:
    """Read pictures of one size at places between their pixels.

    Args:
        images: (V, H, W, C), any kind of number.
        rows: (P,) float32, 0 at the middle of the first row.
        columns: (P,) float32, 0 at the middle of the first column.
        which: Picture to read at each place, (P,) uint8; None is the first.
        around: The first column follows the last one; else the outermost pixels stand for what is beyond them.
        poles: Whether what is above the first row, and below the last one, is the same row half a turn away.

    Returns:
        (P, C) float32, in the numbers of ``images``; a cubic may leave their range by a little.

    Source:
        Keys 1981, "Cubic convolution interpolation for digital image processing", with a = -1/2: exact for parabolas.
    """
    out = np.zeros((len(rows), images.shape[3]), np.float32)
    which = np.zeros(len(rows), np.uint8) if which is None else which
    kernel = compiled(cubic)

    def run(part: slice) -> None:
        kernel(images, which[part], rows[part], columns[part], out[part], around, *poles)

    on_all_cores(run, [slice(start, start + _PIECE) for start in range(0, len(rows), _PIECE)])
    return out


def cubic(images: Any, which: Any, rows: Any, columns: Any, out: Any, around: Any, north: Any, south: Any) -> None:
    """The loop of :func:`interpolate`; ``out`` (P, C) float32, zeros, is written."""
    height, width = images.shape[1], images.shape[2]
    one, two, half = np.float32(1), np.float32(2), np.float32(0.5)
    three, five = np.float32(3), np.float32(5)
    for i in range(rows.shape[0]):
        top, left, image = np.int64(np.floor(rows[i])), np.int64(np.floor(columns[i])), which[i]
        y, x = rows[i] - np.float32(top), columns[i] - np.float32(left)
        x0, x3 = half * x * (x * (two - x) - one), half * x * x * (x - one)
        x1 = half * (x * x * (three * x - five) + two)
        x2 = one - x0 - x1 - x3
        y0, y3 = half * y * (y * (two - y) - one), half * y * y * (y - one)
        y1 = half * (y * y * (three * y - five) + two)
        y2 = one - y0 - y1 - y3
        for j in range(4):
            row, turn = top - 1 + j, 0
            if row < 0:
                row, turn = (-1 - row, width // 2) if north else (0, 0)
            elif row >= height:
                row, turn = (2 * height - 1 - row, width // 2) if south else (height - 1, 0)
            row = min(max(row, 0), height - 1)
            down = y0 if j == 0 else y1 if j == 1 else y2 if j == 2 else y3
            for k in range(4):
                column = left - 1 + k + turn
                column = column % width if around else min(max(column, 0), width - 1)
                weight = down * (x0 if k == 0 else x1 if k == 1 else x2 if k == 2 else x3)
                for channel in range(out.shape[1]):
                    out[i, channel] += weight * np.float32(images[image, row, column, channel])


def nearest_views(
    directions: np.ndarray, turns: np.ndarray, feather: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which views count in directions, and how much.

    Args:
        directions: (P, 3) float32, unit vectors.
        turns: Right, up and ahead of each view as columns, (V, 3, 3).
        feather: A view counts while its cosine to the direction is at most so much less than the nearest one's.

    Returns:
        View (MOST, P) uint8, its share (MOST, P) float32 with sums 1, and the direction in its axes divided by one
        plus its part ahead, (MOST, P, 2) float32: half the stereographic place. Where the share is 0, nothing is said.
    """
    count = len(directions)
    which = np.zeros((MOST, count), np.uint8)
    shares, places = np.zeros((MOST, count), np.float32), np.zeros((MOST, count, 2), np.float32)
    axes = np.ascontiguousarray(turns.transpose(0, 2, 1), np.float32)
    kernel = compiled(nearest)

    def run(part: slice) -> None:
        kernel(directions[part], axes, np.float32(feather), which[:, part], shares[:, part], places[:, part])

    on_all_cores(run, [slice(start, start + _PIECE) for start in range(0, count, _PIECE)])
    return which, shares, places


def nearest(directions: Any, axes: Any, feather: Any, which: Any, shares: Any, places: Any) -> None:
    """The loop of :func:`nearest_views`; the last three are written."""
    zero, one, two, three = np.float32(0), np.float32(1), np.float32(2), np.float32(3)
    for i in range(directions.shape[0]):
        x, y, z = directions[i, 0], directions[i, 1], directions[i, 2]
        best = -one
        for view in range(axes.shape[0]):
            best = max(best, x * axes[view, 2, 0] + y * axes[view, 2, 1] + z * axes[view, 2, 2])
        found, total = 0, zero
        for view in range(axes.shape[0]):
            ahead = x * axes[view, 2, 0] + y * axes[view, 2, 1] + z * axes[view, 2, 2]
            near = one - (best - ahead) / feather
            if near > zero and found < which.shape[0]:
                which[found, i] = view
                shares[found, i] = near * near * (three - two * near)
                total += shares[found, i]
                places[found, i, 0] = (x * axes[view, 0, 0] + y * axes[view, 0, 1] + z * axes[view, 0, 2]) / (
                    one + ahead
                )
                places[found, i, 1] = (x * axes[view, 1, 0] + y * axes[view, 1, 1] + z * axes[view, 1, 2]) / (
                    one + ahead
                )
                found += 1
        for slot in range(found):
            shares[slot, i] /= total
