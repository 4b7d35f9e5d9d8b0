"""Where faces are in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import LUMA, unit_float
from pinxit.errors import MissingExtraError
from pinxit.picture.shrink import shrink

if TYPE_CHECKING:
    from pinxit.picture import Picture

LONGEST = 640
"""Faces are looked for at this longest side, in pixels."""
_SMALLEST = 32  # pixels of a face there


def faces(picture: Picture) -> list[tuple[int, int, int, int]]:
    """Upright faces seen from the front: (top, left, height, width) in the picture's pixels.

    Raises:
        MissingExtraError: scikit-image, which carries the detector, is not installed.

    Source:
        The local-binary-pattern cascade that scikit-image carries (Liao et al. 2007). It misses faces in profile and
        finds some where there are none.
    """
    try:
        from skimage.data import lbp_frontal_face_cascade_filename
        from skimage.feature import Cascade
    except ImportError as error:
        raise MissingExtraError("scikit-image", "faces") from error
    small = shrink(picture.array, LONGEST)
    scale = picture.height / small.shape[0]
    grey = unit_float(small) @ np.asarray(LUMA, np.float32)
    most = min(grey.shape)
    if most < _SMALLEST:
        return []
    detector = Cascade(lbp_frontal_face_cascade_filename())
    found = detector.detect_multi_scale(
        img=(grey * 255).astype(np.uint8),
        scale_factor=1.2,
        step_ratio=1,
        min_size=(_SMALLEST,) * 2,
        max_size=(most,) * 2,
    )
    return [tuple(round(f[key] * scale) for key in ("r", "c", "height", "width")) for f in found]
