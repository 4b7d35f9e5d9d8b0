"""A small CMYK profile made by hand, for a press that prints gray whatever the ink."""

import itertools
import struct

import pytest


def _lut(inputs: int, outputs: int, corners: list[list[int]]) -> bytes:
    """An ICC "mft1" table with straight curves and two grid points an axis; ``corners`` has the first input slowest."""
    identity = b"".join(struct.pack(">i", value) for value in (65536, 0, 0, 0, 65536, 0, 0, 0, 65536))
    straight = bytes(range(256))
    grid = bytes(value for corner in corners for value in corner)
    return b"mft1\0\0\0\0" + bytes([inputs, outputs, 2, 0]) + identity + straight * inputs + grid + straight * outputs


@pytest.fixture(scope="session")
def ink_profile() -> bytes:
    """Lightness L* = 100 (1 - K) (1 - (C + M + Y) / 3); back, only black ink is used."""
    forward = [
        [round(255 * (1 - black) * (1 - (cyan + magenta + yellow) / 3)), 128, 128]
        for cyan, magenta, yellow, black in itertools.product((0, 1), repeat=4)
    ]
    back = [[0, 0, 0, 255 * (1 - light)] for light, _, _ in itertools.product((0, 1), repeat=3)]
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    text = b"text\0\0\0\0test\0\0\0\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + b"\0" * 78
    tags = [(b"desc", description), (b"cprt", text), (b"wtpt", white)]
    tags += [(b"A2B0", _lut(4, 3, forward)), (b"B2A0", _lut(3, 4, back))]
    table, body, at = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, data in tags:
        data += b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    header = struct.pack(">I4sI4s4s4s", 128 + len(table) + len(body), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body
