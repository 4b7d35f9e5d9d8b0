"""Metrics of one pair of pictures: what a result kept of its content."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pinxit.color import unit_float
from pinxit.errors import InputError, MissingExtraError, ShapeError
from pinxit.losses.content import LUMA, feature_content_loss
from pinxit.measuring.features import FeatureNetwork, small_squares, tensor
from pinxit.networks.encoder import SIDE
from pinxit.picture import Picture
from pinxit.picture.faces import faces
from pinxit.picture.shrink import shrink

LONGEST = 512
"""Pixels are compared at this longest side, or as they are where the content is smaller."""
MOST_PSNR = 10 * np.log10(12 * 255**2)
"""Of an error that is no larger than that of rounding to 8 bits, 58.9 dB."""
TOLERANCE = 2
"""Pixels that an edge may move."""
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the five scales of MS-SSIM
_WINDOW, _SIGMA = 11, 1.5
_EDGE_SIGMA, _EDGE_SHARES = 2.0, (0.8, 0.9)
_SAME_FACE = 0.5  # of a face's width


def aligned(content: Picture, result: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Both pictures at the content's shape with a longest side of 512 or less, (H, W, 3) float32 0..1."""
    a, b = (unit_float(shrink(one.array, LONGEST)) for one in (content, result))
    if a.shape != b.shape:
        fitted = F.interpolate(tensor(b), a.shape[:2], mode="bicubic", antialias=True).clamp(0, 1)
        b = fitted[0].permute(1, 2, 0).numpy()
    return a, b


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Peak signal to noise ratio of two pictures (H, W, 3), 0..1, in dB over all channels.

    Departure: at most 58.9, which an error as large as that of rounding to 8 bits has, so that equal pictures have a
    number and means over pairs stay finite.
    """
    error = np.square(a.astype(np.float64) - b).mean()
    return min(MOST_PSNR, -10 * np.log10(max(error, 1e-12)))


def multiscale_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """MS-SSIM of the luma of two pictures (H, W, 3), 0..1: five scales, window 11 x 11 with sigma 1.5.

    Raises:
        ShapeError: A side is under 176 pixels: at the fifth scale, the window has no room.

    Source:
        Wang, Simoncelli and Bovik 2003. Departures: luma is Rec. 601 of the encoded values; a negative mean of a scale
        counts as 0. Only windows that lie inside count, at the last scale too, where torchmetrics mirrors the border.
    """
    least = _WINDOW * 2 ** (len(_WEIGHTS) - 1)
    if min(a.shape[:2]) < least:
        raise ShapeError(f"the picture is {a.shape[1]} x {a.shape[0]} here; five scales want {least} pixels a side")
    weights = torch.tensor(LUMA, dtype=torch.float64).view(1, 3, 1, 1)
    x, y = ((tensor(one).double() * weights).sum(1, True) for one in (a, b))
    value = 1.0
    for number, weight in enumerate(_WEIGHTS):
        whole, structure = _similarity(x, y)
        last = number == len(_WEIGHTS) - 1
        value *= max(0.0, whole if last else structure) ** weight
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return value


def _similarity(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Mean SSIM of two planes, and the mean of its part without brightness."""
    place = torch.arange(_WINDOW, dtype=x.dtype) - _WINDOW // 2
    bell = torch.exp(-(place**2) / (2 * _SIGMA**2))
    bell = bell / bell.sum()

    def blur(z: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(z, bell.view(1, 1, 1, -1)), bell.view(1, 1, -1, 1))

    mx, my = blur(x), blur(y)
    vx, vy, cov = blur(x * x) - mx**2, blur(y * y) - my**2, blur(x * y) - mx * my
    structure = (2 * cov + 9e-4) / (vx + vy + 9e-4)
    return float(((2 * mx * my + 1e-4) / (mx**2 + my**2 + 1e-4) * structure).mean()), float(structure.mean())


def edge_agreement(a: np.ndarray, b: np.ndarray) -> float:
    """F1 of the edges of two pictures (H, W, 3), 0..1: an edge agrees when one of the other lies within two pixels.

    Edges are Canny's with sigma 2; thresholds are the upper fifth and tenth of each picture's own gradients, so that
    neither contrast nor the number of edges decides. Photos with nothing in common have about 0.2.

    Raises:
        InputError: A picture has no edges at all.
        MissingExtraError: scikit-image is not installed.

    Source:
        Canny 1986; boundary F-measure of Martin, Fowlkes and Malik 2004. Departures: pixels are matched by a distance
        transform, not one to one; two pixels of tolerance instead of 0.75 % of the diagonal.
    """
    try:
        from scipy.ndimage import distance_transform_edt
        from skimage.feature import canny
    except ImportError as error:
        raise MissingExtraError("scikit-image", "personal") from error
    low, high = _EDGE_SHARES
    lumas = [(one @ np.asarray(LUMA, np.float32)).astype(np.float64) for one in (a, b)]
    edges = [canny(one, _EDGE_SIGMA, low, high, use_quantiles=True, mode="nearest") for one in lumas]
    if not all(one.any() for one in edges):
        raise InputError("there are no edges in the content or in the result; pictures that show something are wanted")
    found, kept = (
        float((distance_transform_edt(~other)[own] <= TOLERANCE).mean()) for own, other in (edges, edges[::-1])
    )
    return 2 * found * kept / max(found + kept, 1e-12)


def feature_distance(a: np.ndarray, b: np.ndarray, network: FeatureNetwork) -> float:
    """Mean squared difference of features, every channel with mean 0 and spread 1; mean over the four scales.

    Twice one minus the correlation of what is where: 0 for equal pictures, 2 for pictures with nothing in common.
    Contrast and colour cast of a channel drop out.
    """
    pairs = zip(network.maps(a), network.maps(b), strict=True)
    return float(np.mean([feature_content_loss(one, other).item() for one, other in pairs]))


def recognition(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Does the eye still name the same things? Two pictures (H, W, 3), 0..1, in ten views each.

    The eye is a weak recogniser: what it names first is mostly wrong. What is measured is whether it stays with it.

    Returns:
        Share of views with the same first name, and one minus the total variation between the believed classes, mean
        over the views; both 0..1.

    Raises:
        ShapeError: The pictures are smaller than 64 pixels.
    """
    from pinxit.networks.weights import eye

    with torch.no_grad():
        before, after = (eye().name_objects(small_squares(one, SIDE)).softmax(1) for one in (a, b))
    same = before.argmax(1) == after.argmax(1)
    return same.float().mean().item(), torch.minimum(before, after).sum(1).mean().item()


def face_shifts(content: Picture, result: Picture) -> list[float | None]:
    """How far each face of the content is away in the result, in widths of the face; None for one that is not found.

    A face further than half its width away is another one. Where one picture is larger, places are scaled.

    Raises:
        InputError: No face is found in the content.
        MissingExtraError: scikit-image is not installed.

    Source:
        Faces are those of :func:`~pinxit.picture.faces.faces`, which misses some and finds some where there are none.
    """
    before = faces(content)
    if not before:
        raise InputError("no face is found in the content")
    scale = np.divide((content.height, content.width), (result.height, result.width))
    centres = [(np.array(place[:2]) + np.array(place[2:]) / 2) * scale for place in faces(result)]
    shifts: list[float | None] = []
    for top, left, height, width in before:
        far = [float(np.hypot(*(centre - (top + height / 2, left + width / 2)))) / width for centre in centres]
        shifts.append(min(far) if far and min(far) <= _SAME_FACE else None)
    return shifts
