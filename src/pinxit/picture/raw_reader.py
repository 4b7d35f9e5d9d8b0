"""Developing camera RAW through rawpy (LibRaw)."""

import contextlib
from typing import BinaryIO

import numpy as np

from pinxit.errors import MissingExtraError, PictureError
from pinxit.picture.decoded import Decoded, Limits, check_size, decoding
from pinxit.picture.exif import exif_of_tiff


def read_raw(file: BinaryIO, limits: Limits) -> Decoded:
    """Develop a RAW file to 16-bit sRGB, upright: the camera's white balance, LibRaw's automatic brightness.

    Raises:
        MissingExtraError: The extra ``photo`` is not installed.
        PictureError: The file is damaged, too large or from an unknown camera.
    """
    try:
        import rawpy
    except ImportError as error:
        raise MissingExtraError("rawpy", "photo") from error
    with decoding(limits.name):
        with rawpy.imread(file) as raw:
            sizes = raw.sizes
            check_size(int(sizes.raw_width), int(sizes.raw_height), limits)
            check_size(int(sizes.width), int(sizes.height), limits)
            if raw.raw_type == rawpy.RawType.Stack and raw.num_colors not in (3, 4):
                raise PictureError(f"{limits.name} has {raw.num_colors} colours a pixel, which is not understood")
            half = bool(limits.shrink_to) and max(sizes.width, sizes.height) >= 2 * (limits.shrink_to or 0)
            array = raw.postprocess(
                output_bps=16,
                use_camera_wb=True,
                output_color=rawpy.ColorSpace.sRGB,
                gamma=(2.4, 12.92),
                half_size=half,
            )
        exif = None
        with contextlib.suppress(Exception):  # side data never costs the picture
            exif = exif_of_tiff(file)
        array = np.ascontiguousarray(array)
        return Decoded(array, "gray" if array.shape[2] == 1 else "rgb", "RAW", exif=exif, lossless=False)
