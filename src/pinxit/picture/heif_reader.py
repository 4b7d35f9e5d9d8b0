"""Decoding of HEIC through pi-heif; reading only, as its free encoder is not free enough to ship."""

from typing import BinaryIO

import numpy as np

from pinxit.errors import MissingExtraError
from pinxit.picture.decoded import Decoded, Limits, check_size, decoding


def read_heif(file: BinaryIO, limits: Limits) -> Decoded:
    """Decode the primary picture of a HEIC file: 8 bits as they are, 10 and 12 bits as 16; already upright.

    Raises:
        MissingExtraError: The extra ``photo`` is not installed.
        PictureError: The file is damaged, too large or coded in a way that is not known.
    """
    try:
        import pi_heif
    except ImportError as error:
        raise MissingExtraError("pi-heif", "photo") from error
    with decoding(limits.name):
        heif = pi_heif.open_heif(file, convert_hdr_to_8bit=False)
        picture = heif[heif.primary_index]
        check_size(*picture.size, limits)
        # A copy at once: pi-heif's array points into memory that goes with the file, and its rows may be padded.
        array = np.array(np.asarray(picture)[:, : picture.size[0]], order="C")
        array = array.reshape(*array.shape[:2], -1)
        if array.dtype == np.uint16:
            array = _full_range(array, int(picture.info.get("bit_depth", 16)))
        info = picture.info
        alpha = np.ascontiguousarray(array[..., -1]) if array.shape[2] in (2, 4) else None
        color = np.ascontiguousarray(array[..., : array.shape[2] - (alpha is not None)])
        stated = (info.get("nclx_profile") or {}).get("color_primaries")
        return Decoded(
            color,
            "gray" if color.shape[2] == 1 else "rgb",
            "HEIF",
            alpha,
            icc=info.get("icc_profile") or None,
            exif=(info.get("exif") or b"").removeprefix(b"Exif\0\0") or None,
            xmp=info.get("xmp") or None,
            lossless=False,
            primaries=stated,
        )


def _full_range(array: np.ndarray, bits: int) -> np.ndarray:
    """Let the largest of 10 or 12 bits, which arrives shifted up, mean the largest of 16."""
    if not 8 < bits < 16:
        return array
    repeated = array >> bits
    return array | repeated
