"""Making a picture smaller, every depth alike."""

import numpy as np
from PIL import Image


def shrink(array: np.ndarray, longest: int) -> np.ndarray:
    """Scale an (H, W) or (H, W, C) array down until its longest side is ``longest``; smaller ones stay as they are.

    Every source pixel counts (a box prefilter, then an antialiased triangle), so that colour statistics survive.
    """
    height, width = array.shape[:2]
    if max(height, width) <= longest:
        return array
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if array.dtype == np.uint8 and (array.ndim == 2 or array.shape[2] == 3):
        return np.asarray(_resize(Image.fromarray(array), size))
    planes = array.reshape(height, width, -1)
    out = np.empty((size[1], size[0], planes.shape[2]), array.dtype)
    for channel in range(planes.shape[2]):
        plane = np.asarray(_resize(Image.fromarray(planes[..., channel].astype(np.float32)), size))
        out[..., channel] = plane.round() if array.dtype.kind == "u" else plane
    return out.reshape(size[1], size[0], *array.shape[2:])


def _resize(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    return image.resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0)
