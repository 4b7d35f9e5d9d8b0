"""HEIC: the parts that need no HEIC file, which nothing free to ship can write."""

import numpy as np

from pinxit.picture.heif_reader import _full_range


def test_ten_and_twelve_bits_reach_the_ends_of_sixteen() -> None:
    for bits in (10, 12):
        top = (1 << bits) - 1
        shifted = (np.array([0, top // 2, top]) << (16 - bits)).astype(np.uint16)
        result = _full_range(shifted, bits)
        assert result[0] == 0 and result[2] == 65535
        assert abs(result[1] / 65535 - (top // 2) / top) < 1e-4
    assert _full_range(np.array([7], np.uint16), 16)[0] == 7
