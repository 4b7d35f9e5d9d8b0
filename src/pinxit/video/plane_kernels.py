"""Inner loops between planes of luma and chroma and R'G'B' pixels, compiled on first use."""

from typing import Any

import numpy as np


def unfold(y: Any, u: Any, v: Any, out: Any, k: Any, halves: Any, rows: Any) -> None:
    """Planes to pixels. Chroma lies on the left one of two luma columns and between two rows, and is interpolated.

    Args:
        y: (H, W) uint8 or uint16 codes; ``u`` and ``v``: (H >> halves[1], W >> halves[0]), rounded up.
        out: (H, W, 3) uint8 or uint16, written.
        k: float32: offset of luma, its factor, offset of chroma, factors red by v, green by u, green by v, blue by u,
            and the largest value of ``out``; factors lead to 0..that value.
        halves: 1 or 0 for columns and rows: whether chroma has half of them.
        rows: First row and the one behind the last.
    """
    width, columns, lines = y.shape[1], u.shape[1], u.shape[0]
    across, down = halves[0], halves[1]
    unit, half, zero = k[7], np.float32(0.5), np.float32(0)
    near, far = np.float32(0.75), np.float32(0.25)
    blue, red = np.empty(columns + 1, np.float32), np.empty(columns + 1, np.float32)
    for row in range(rows[0], rows[1]):
        line = row >> down
        other = min(max(line + (row & 1) * 2 - 1, 0), lines - 1) if down else line
        for c in range(columns):
            blue[c] = near * np.float32(u[line, c]) + far * np.float32(u[other, c]) - k[2]
            red[c] = near * np.float32(v[line, c]) + far * np.float32(v[other, c]) - k[2]
        blue[columns], red[columns] = blue[columns - 1], red[columns - 1]
        for x in range(width):
            c = x >> across
            step = c + (x & across)
            b, r = (blue[c] + blue[step]) * half, (red[c] + red[step]) * half
            light = (np.float32(y[row, x]) - k[0]) * k[1] + half
            out[row, x, 0] = min(max(light + k[3] * r, zero), unit)
            out[row, x, 1] = min(max(light + k[4] * b + k[5] * r, zero), unit)
            out[row, x, 2] = min(max(light + k[6] * b, zero), unit)


def fold(pixels: Any, y: Any, u: Any, v: Any, k: Any, halves: Any, rows: Any) -> None:
    """Pixels to planes; the reverse of ``unfold``, chroma by the weights 1 2 1 across and 1 1 down.

    Args:
        pixels: (H, W, 3) uint8 or uint16.
        y: (H, W), written; ``u`` and ``v`` likewise.
        k: float32: luma by red, green, blue; offset of luma; blue-luma to u; red-luma to v; offset of chroma; largest
            code. The first and the two of chroma take 0..255 or 0..65535 to codes.
        halves: As ``unfold``.
        rows: First row, even, and the one behind the last.
    """
    height, width = y.shape[0], y.shape[1]
    across, down = halves[0], halves[1]
    half, zero, top = np.float32(0.5), np.float32(0), k[7]
    blue, red = np.empty(width, np.float32), np.empty(width, np.float32)
    for line in range(rows[0] >> down, (rows[1] + down) >> down):
        first = line << down
        last = min(first + down, height - 1)
        share = np.float32(1) / np.float32(last - first + 1)
        blue[:] = zero
        red[:] = zero
        for row in range(first, last + 1):
            for x in range(width):
                r, g = np.float32(pixels[row, x, 0]), np.float32(pixels[row, x, 1])
                b = np.float32(pixels[row, x, 2])
                light = k[0] * r + k[1] * g + k[2] * b
                y[row, x] = min(max(light + k[3] + half, zero), top)
                blue[x] += (b * (k[0] + k[1] + k[2]) - light) * share
                red[x] += (r * (k[0] + k[1] + k[2]) - light) * share
        for c in range(u.shape[1]):
            x = c << across
            left, right = max(x - across, 0), min(x + across, width - 1)
            b = (blue[left] + blue[x] + blue[x] + blue[right]) * np.float32(0.25)
            r = (red[left] + red[x] + red[x] + red[right]) * np.float32(0.25)
            u[line, c] = min(max(b * k[4] + k[6] + half, zero), top)
            v[line, c] = min(max(r * k[5] + k[6] + half, zero), top)
