"""What the codes of a video mean: matrix, range, primaries and transfer."""

from dataclasses import dataclass

WEIGHTS = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}
"""Share of red and of blue in luma, by matrix code: BT.709, FCC, BT.470BG, BT.601, SMPTE 240M, BT.2020."""
_UNKNOWN = (0, 2, 3)
_PLAIN = {1: (1, 1), 5: (5, 6), 6: (6, 6), 9: (9, 14)}  # primaries and transfer that usually go with a matrix


@dataclass(frozen=True)
class Colour:
    """Colour tags, as codes of ITU-T H.273.

    Args:
        matrix: Of luma and chroma; always one of WEIGHTS.
        full: Codes fill 0..255 (full range) instead of 16..235 (limited).
        primaries: Of red, green and blue; carried along, pixels are not converted.
        transfer: The curve; carried along too.
    """

    matrix: int = 1
    full: bool = False
    primaries: int = 1
    transfer: int = 13

    @property
    def weights(self) -> tuple[float, float]:
        """Share of red and of blue in luma."""
        return WEIGHTS[self.matrix]

    @property
    def hdr(self) -> bool:
        """Whether the curve is PQ or HLG: codes that a style for sRGB does not know."""
        return self.transfer in (16, 18)


def resolve(matrix: int, range_code: int, primaries: int, transfer: int, size: tuple[int, int]) -> Colour:
    """Fill in what a file leaves open, as players do.

    Args:
        matrix: H.273 code; where it says nothing, BT.709 for pictures larger than standard definition, else BT.601.
        range_code: FFmpeg's: 1 limited, 2 full, 0 unknown, which is limited.
        primaries: H.273 code; unknown (0, 2) becomes what goes with the matrix.
        transfer: The same.
        size: Width and height.
    """
    if matrix == 10:
        matrix = 9  # BT.2020 of constant luminance, which nothing writes; read as the other one
    if matrix not in WEIGHTS:
        matrix = 1 if size[0] >= 1280 or size[1] > 576 else 6
    usual = _PLAIN.get(matrix, (1, 1))
    return Colour(
        matrix=matrix,
        full=range_code == 2,
        primaries=usual[0] if primaries in _UNKNOWN else primaries,
        transfer=usual[1] if transfer in _UNKNOWN else transfer,
    )
