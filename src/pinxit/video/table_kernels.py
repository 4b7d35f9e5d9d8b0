"""The inner loop of a lookup table over luma and chroma, compiled on first use."""

from typing import Any

import numpy as np


def toned_planes(planes: Any, outs: Any, nodes: Any, whole: Any, real: Any, halves: Any, rows: Any) -> None:
    """Send planes through a table over R'G'B' by tetrahedral interpolation, and add what changes to the codes.

    An identity changes no code, also none outside the cube of colours. Pixels that share chroma share its mean change.
    Loops run over a row at a time and hand on through buffers, so that all but the one with the table's look-ups become
    vector instructions. Three values of a node sit in one 64-bit word, 13 bits in fields of 21, as in
    ``tone.kernels.packed_bytes``; a fraction and the step of its axis sit in one number, so that sorting three numbers
    picks the tetrahedron.

    Args:
        planes: Luma (H, W) and two of chroma (H >> halves[1], W >> halves[0]), rounded up; uint8 or uint16.
        outs: The same, written.
        nodes: (N^3 + N^2 + N + 1,) uint64, red fastest; what is behind node N^3 is read with weight 0 only.
        whole: int32: N; factor of luma, code of black; factors red by v, green by u, green by v, blue by u; code of no
            colour. Factors lead from codes to 2^20ths of a step between nodes.
        real: float32: what is added to 256 times a node's code to get its value, and the value of 1.0; codes of luma
            for red, green and blue of one unit of value; codes of luma for one unit of any; factors to codes of u and
            of v; the largest code.
        halves: 1 or 0 for columns and rows: whether chroma has half of them.
        rows: First row, even, and the one behind the last.
    """
    luma, plane_u, plane_v = planes
    out_luma, out_u, out_v = outs
    height, width = luma.shape
    across, down = halves[0], halves[1]
    none, one, eight, twelve, seventeen = np.int32(0), np.int32(1), np.int32(8), np.int32(12), np.int32(17)
    byte, step = np.int32(255), np.int32((1 << 17) - 1)
    size = whole[0]
    square, last = size * size, (size - one) << eight
    zero, half, lift, unit, top = np.float32(0), np.float32(0.5), real[0], real[1], real[8]
    identity = unit / np.float32(last)
    field, u21, u42 = np.uint64((1 << 21) - 1), np.uint64(21), np.uint64(42)
    u10, u20, tens, full = np.uint64(10), np.uint64(20), np.uint64(1023), np.uint64(256)
    by_red, by_green, by_blue = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    red, green, blue = np.empty(width, np.int32), np.empty(width, np.int32), np.empty(width, np.int32)
    n1, n2, n3, n4 = (
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int32),
        np.empty(width, np.int32),
    )
    parts, sums = np.empty(width, np.int32), np.empty(width, np.uint64)
    more_u, more_v = np.empty(width + 1, np.float32), np.empty(width + 1, np.float32)
    for line in range(rows[0] >> down, (rows[1] + down) >> down):
        for x in range(width):
            u, v = np.int32(plane_u[line, x >> across]) - whole[7], np.int32(plane_v[line, x >> across]) - whole[7]
            by_red[x], by_green[x], by_blue[x] = whole[3] * v, whole[4] * u + whole[5] * v, whole[6] * u
        more_u[:] = zero
        more_v[:] = zero
        first = line << down
        stop = min(first + down + 1, height)
        for row in range(first, stop):
            source, target = luma[row], out_luma[row]
            for x in range(width):
                light = (np.int32(source[x]) - whole[2]) * whole[1] + np.int32(2048)
                r = min(max((light + by_red[x]) >> twelve, none), last)
                g = min(max((light + by_green[x]) >> twelve, none), last)
                b = min(max((light + by_blue[x]) >> twelve, none), last)
                red[x], green[x], blue[x] = r, g, b
                p, q, s = (
                    ((r & byte) << seventeen) + one,
                    ((g & byte) << seventeen) + size,
                    ((b & byte) << seventeen) + square,
                )
                high, low = max(p, q), min(p, q)
                middle = max(low, min(high, s))
                high, low = max(high, s), min(low, s)
                node = (r >> eight) + (g >> eight) * size + (b >> eight) * square
                n1[x] = node
                node += high & step
                n2[x] = node
                node += middle & step
                n3[x], n4[x] = node, node + (low & step)
                parts[x] = (
                    (high >> seventeen) | (middle >> seventeen) << np.int32(10) | (low >> seventeen) << np.int32(20)
                )
            for x in range(width):
                part = np.uint64(parts[x])
                high_part, middle_part, low_part = part & tens, (part >> u10) & tens, part >> u20
                sums[x] = (
                    nodes[n1[x]] * (full - high_part)
                    + nodes[n2[x]] * (high_part - middle_part)
                    + nodes[n3[x]] * (middle_part - low_part)
                    + nodes[n4[x]] * low_part
                )
            for x in range(width):
                total = sums[x]
                r = min(max(np.float32(np.int32(total & field)) + lift, zero), unit) - np.float32(red[x]) * identity
                g = (
                    min(max(np.float32(np.int32((total >> u21) & field)) + lift, zero), unit)
                    - np.float32(green[x]) * identity
                )
                b = min(max(np.float32(np.int32(total >> u42)) + lift, zero), unit) - np.float32(blue[x]) * identity
                more = real[2] * r + real[3] * g + real[4] * b
                target[x] = np.int32(min(max(np.float32(source[x]) + more + half, zero), top))
                more_u[x] += b * real[5] - more
                more_v[x] += r * real[5] - more
        more_u[width], more_v[width] = more_u[width - 1], more_v[width - 1]
        share = np.float32((stop - first) << across)
        to_u, to_v = real[6] / share, real[7] / share
        for c in range(plane_u.shape[1]):
            x = c << across
            u, v = more_u[x] + more_u[x + 1] * np.float32(across), more_v[x] + more_v[x + 1] * np.float32(across)
            out_u[line, c] = np.int32(min(max(np.float32(plane_u[line, c]) + u * to_u + half, zero), top))
            out_v[line, c] = np.int32(min(max(np.float32(plane_v[line, c]) + v * to_v + half, zero), top))
