"""Optical flow: where what a frame shows was in the frame before, and where that can be believed."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinxit.engines.strips import opencv

LONGEST, CHECKED = 1536, 768
"""Frames are halved until no side is longer, in pixels: for flow that carries, and for flow that checks another."""
_LEAST = 64  # pixels a side below which OpenCV's search leaves its arrays
_STRAY = 1.5  # pixels by which there and back may differ; beside a share of the way itself
_SHARE = 0.14  # of the way
_LEVELS = 10.0  # 8-bit levels by which two frames may differ
_SLOPE = 0.7  # pixels of a slope in brightness that interpolation may miss
_SPREAD = 1.5  # standard deviation, in pixels, over which differences are judged


def grey(frame: np.ndarray) -> np.ndarray:
    """Luma of a frame (H, W, 3) float 0..1, (H, W) uint8: what flow is searched in."""
    cv2 = opencv("video")
    return cv2.convertScaleAbs(cv2.cvtColor(np.ascontiguousarray(frame, np.float32), cv2.COLOR_RGB2GRAY), alpha=255)


def flow_to(frame: np.ndarray, other: np.ndarray, longest: int = LONGEST) -> np.ndarray:
    """Where each pixel of a frame is in another.

    Args:
        frame: (H, W) uint8.
        other: The same.
        longest: Longest side at which is searched.

    Returns:
        (H, W, 2) float32, in pixels: what pixel p shows is at p + flow in the other frame; x, then y. The same on any
        number of threads.

    Source:
        Kroeger et al. 2016 (DIS, arXiv:1603.03590), by OpenCV, from its preset "medium". Departures, found on photos
        with known motion: down to single pixels, larger patches, brightness not evened out, smoother refinement.
    """
    cv2 = opencv("video")
    height, width = frame.shape
    small = height, width
    while max(small) > longest:
        small = (small[0] + 1) // 2, (small[1] + 1) // 2
    pair = [frame, other]
    if small != (height, width):
        pair = [cv2.resize(one, small[::-1], interpolation=cv2.INTER_AREA) for one in pair]
    room = [max(0, _LEAST - n) for n in small]
    if any(room):
        pair = [cv2.copyMakeBorder(one, 0, room[0], 0, room[1], cv2.BORDER_REPLICATE) for one in pair]
    found = _search().calc(*pair, None)[: small[0], : small[1]]
    if small != (height, width):
        found = cv2.resize(found, (width, height)) * np.float32([width / small[1], height / small[0]])
    return np.ascontiguousarray(found)


def _search() -> Any:
    cv2 = opencv("video")
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    search.setPatchSize(12)
    search.setPatchStride(6)
    search.setUseMeanNormalization(False)
    search.setVariationalRefinementAlpha(40)
    return search


def moved(picture: np.ndarray, flow: np.ndarray, *, bicubic: bool = True) -> np.ndarray:
    """Read a picture (H, W) or (H, W, C) float32 where a flow (H, W, 2) points; beyond the border its last pixel.

    Bicubic reading (a = -0.75) keeps strokes sharp and may leave the picture's range by a little.
    """
    cv2 = opencv("video")
    places = flow.copy()
    places[..., 0] += np.arange(flow.shape[1], dtype=np.float32)
    places[..., 1] += np.arange(flow.shape[0], dtype=np.float32)[:, None]
    way = cv2.INTER_CUBIC if bicubic else cv2.INTER_LINEAR
    return cv2.remap(picture, places, None, way, borderMode=cv2.BORDER_REPLICATE)


def trust(frame: np.ndarray, before: np.ndarray, flow: np.ndarray, forth: np.ndarray) -> np.ndarray:
    """How far a flow can be believed, pixel by pixel.

    Three things have to hold: what is pointed at lies inside the frame before; the flow from there comes back; and both
    frames look alike there, up to noise and to what interpolation makes of edges.

    Args:
        frame: (H, W) uint8.
        before: The frame before.
        flow: From ``frame`` to ``before``, (H, W, 2).
        forth: From ``before`` to ``frame``.

    Returns:
        (H, W) float32, 0..1.

    Source:
        Sundaram, Brox and Keutzer 2010, "Dense point trajectories by GPU-accelerated large displacement optical flow",
        equation 5. Departures: soft instead of yes or no; wider, because strokes that stay a little off are seen less
        than strokes that come anew; differences of brightness instead of edges of the flow.
    """
    cv2 = opencv("video")
    height, width = frame.shape
    back = np.square(moved(forth, flow, bicubic=False) + flow).sum(2)
    far = back / (_STRAY**2 + _SHARE**2 * np.square(flow).sum(2))
    now, then = frame.astype(np.float32), moved(before.astype(np.float32), flow)
    slopes = cv2.magnitude(cv2.Sobel(now, -1, 1, 0, scale=1 / 8), cv2.Sobel(now, -1, 0, 1, scale=1 / 8))
    unlike = _blurred(np.abs(now - then)) / (_LEVELS + _SLOPE * _blurred(slopes))
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    inside = (x > -0.5) & (x < width - 0.5) & (y > -0.5) & (y < height - 0.5)
    return inside * np.exp(-0.5 * (far + np.square(unlike)))


def _blurred(values: np.ndarray) -> np.ndarray:
    return opencv("video").GaussianBlur(values, (0, 0), _SPREAD)
