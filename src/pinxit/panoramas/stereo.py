"""Panoramas for two eyes in one picture: what is painted for the left eye follows into the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pinxit.color import LUMA, unit_float
from pinxit.engines.engine import mask_for
from pinxit.engines.strips import as_dtype, opencv
from pinxit.errors import InputError
from pinxit.panoramas.kernels import interpolate
from pinxit.panoramas.metadata import checked
from pinxit.panoramas.sphere import STRIP, Equirectangular, to_unit
from pinxit.panoramas.transfer import PanoramaPainter, Progress
from pinxit.picture import Picture
from pinxit.picture.shrink import shrink

Stereo = Literal["none", "top-bottom", "side-by-side"]
STEREO = ("none", "top-bottom", "side-by-side")
"""How two eyes lie in a picture; the left one is on top, or on the left."""
_WIDEST = 2048  # flow is found at most at this width
_AROUND = 16  # a share of the width that is repeated beyond both edges while flow is found
_SURE, _LOST = 0.5, 1.5  # pixels by which there and back may differ: all of the other eye's strokes, none of them
_ALIKE, _UNLIKE = 0.04, 0.12  # differences of lightness, 0..1, likewise


@dataclass(frozen=True)
class Flow:
    """Where the pixels of one eye are found in the other one, at the size at which it was measured.

    Args:
        moved: Columns and rows to go, (h, w, 2) float32, in pixels of that size.
        trust: How sure that is, (h, w) float32 0..1; 0 where the other eye does not see the place.
    """

    moved: np.ndarray
    trust: np.ndarray

    def at(self, rows: slice, surface: Equirectangular) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns in the other eye, (rows, W, 2) float32, and trust (rows, W, 1), at the size of a surface."""
        height, width = self.moved.shape[:2]
        down, across = surface.height / height, surface.width / width
        numbers = np.arange(*rows.indices(surface.height), dtype=np.float32)
        r, c = np.meshgrid(numbers, np.arange(surface.width, dtype=np.float32), indexing="ij")
        small = [((at + 0.5) / scale - 0.5).ravel() for at, scale in ((r, down), (c, across))]
        field = np.dstack([self.moved, self.trust])[None]
        found = interpolate(field, *small, around=True).reshape(*r.shape, 3)
        places = np.stack([r + found[..., 1] * down, c + found[..., 0] * across], -1)
        return places, found[..., 2:].clip(0, 1)


def eyes(array: np.ndarray, stereo: Stereo) -> tuple[np.ndarray, np.ndarray]:
    """The left and the right eye's halves of a picture, without copying."""
    middle = array.shape[0 if stereo == "top-bottom" else 1] // 2
    if stereo == "top-bottom":
        return array[:middle], array[middle:]
    return array[:, :middle], array[:, middle:]


def joined(left: np.ndarray, right: np.ndarray, stereo: Stereo) -> np.ndarray:
    """Undo :func:`eyes`."""
    return np.concatenate([left, right], 0 if stereo == "top-bottom" else 1)


def eye_surface(array: np.ndarray, stereo: str, name: str = "the picture") -> Equirectangular:
    """Which directions the pixels of one eye's half are: 2:1, or squeezed to half of that along the stack.

    Raises:
        InputError: Another arrangement, or sides that fit none.
    """
    if stereo not in STEREO[1:]:
        raise InputError(f"stereo {stereo!r} came; {', '.join(STEREO)} is wanted")
    height, width = array.shape[:2]
    down, across = (2, 1) if stereo == "top-bottom" else (1, 2)
    ratios = (2.0, 4.0) if stereo == "top-bottom" else (2.0, 1.0)
    ratio = (width / across) / (height / down)
    if height % down or width % across or min(abs(ratio / one - 1) for one in ratios) > 0.01:
        wanted = "1:1 or 2:1" if stereo == "top-bottom" else "4:1 or 2:1"
        raise InputError(f"{name} is {width}x{height}, and a {stereo} panorama has an even size of {wanted}")
    return checked(Equirectangular(height // down, width // across), name)


def painted_pair(
    painter: PanoramaPainter,
    left: np.ndarray,
    right: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    on_progress: Progress | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Paint both eyes' panoramas so that they can be looked at together.

    Where both eyes see the same place, the right one gets what was painted for the left one, along optical flow, and
    what was different between the eyes before is so again: lights, the right eye's own detail. What the left eye does
    not see is painted anew, in the same scene.

    Args:
        painter: For the size of one eye.
        left: (H, W, 3) uint8, uint16 or float 0..1.
        right: The same shape and dtype.
        mask: Where the style goes, the same in both eyes.
        on_progress: Called as (done, total, text).

    Raises:
        MissingExtraError: OpenCV is not installed.

    Source:
        Chen et al. 2018, "Stereoscopic neural style transfer" (arXiv:1802.10591), whose idea this is. Departure: flow
        by DIS (Kroeger et al. 2016, arXiv:1603.03590) instead of a network, and pixels instead of features.
    """
    painter.hold(left, right)
    if not painter.paints:
        strength = painter.strength_for(left, None)
        return painter.finished(left, None, strength, mask), painter.finished(right, None, strength, mask)
    flow = flow_between(right, left)
    first, second = painter.painted(left, on_progress), painter.painted(right, on_progress)
    strength = painter.strength_for(left, painter.strokes(first))
    done = painter.finished(left, painter.strokes(first), strength, mask)
    result = painter.finished(right, painter.strokes(second), strength, mask)
    amount = np.float32(min(strength, 1.0)) * (1 if mask is None else mask_for(Picture(right), mask)[..., None])
    amount = np.broadcast_to(amount, (*right.shape[:2], 1))
    for start in range(0, len(result), STRIP):
        rows = slice(start, min(start + STRIP, len(result)))
        places, trust = flow.at(rows, painter.surface)
        share = painter.read(first, painter.surface.looks(places[..., 0], places[..., 1]))[..., 3:]
        kept = 1 - amount[rows] * (1 - share)
        followed = _read(done, places) + kept * (unit_float(right[rows]) - _read(left, places))
        own = unit_float(result[rows])
        result[rows] = as_dtype(own + trust * (followed - own), right.dtype)
    return done, result


def _read(array: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A panorama between its pixels, at rows and columns (..., 2); (..., 3) float32."""
    rows, columns = (np.ascontiguousarray(places[..., at], np.float32).ravel() for at in (0, 1))
    found = interpolate(array[None], rows, columns, around=True)
    return to_unit(found, array.dtype).reshape(*places.shape[:2], 3)


def flow_between(one: np.ndarray, other: np.ndarray) -> Flow:
    """Where the places of one panorama are in another one; both (H, W, 3) uint8, uint16 or float 0..1."""
    a, b = (_lightness(array) for array in (one, other))
    there, back = _dis(a, b), _dis(b, a)
    rows, columns = (at.astype(np.float32) for at in np.indices(a.shape))
    places = ((rows + there[..., 1]).ravel(), (columns + there[..., 0]).ravel())
    met = interpolate(np.dstack([back, b])[None], *places, around=True).reshape(*a.shape, 3)
    astray = np.hypot(there[..., 0] + met[..., 0], there[..., 1] + met[..., 1])
    trust = _falling(astray, _SURE, _LOST) * _falling(np.abs(met[..., 2] - a), _ALIKE, _UNLIKE)
    cv2 = opencv("panorama")
    # Shrunk and then softened: what is beside a lost place is not to be believed either.
    trust = cv2.blur(cv2.erode(trust, np.ones((3, 3), np.uint8)), (5, 5))
    return Flow(there, trust)


def _lightness(array: np.ndarray) -> np.ndarray:
    return unit_float(shrink(array, _WIDEST)) @ np.asarray(LUMA, np.float32)


def _dis(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Dense inverse search from one to another lightness, (h, w) 0..1, around the sphere; (h, w, 2) float32."""
    cv2 = opencv("panorama")
    extra = max(8, one.shape[1] // _AROUND)
    wide = [np.rint(np.pad(x, ((0, 0), (extra, extra)), "wrap") * 255).astype(np.uint8) for x in (one, other)]
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # Down to single pixels and smoother than the preset: errors on known pairs fall by a fifth to a third.
    search.setFinestScale(0)
    search.setVariationalRefinementIterations(20)
    search.setVariationalRefinementAlpha(60)
    return search.calc(*wide, None)[:, extra:-extra]


def _falling(values: np.ndarray, first: float, last: float) -> np.ndarray:
    """1 up to ``first``, 0 from ``last`` on."""
    return ((last - values) / (last - first)).clip(0, 1).astype(np.float32)
