"""Steady: strokes that stay on what they paint from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pinxit.color import unit_float
from pinxit.engines.strips import opencv
from pinxit.errors import ShapeError
from pinxit.video.flow import CHECKED, flow_to, grey, moved, trust

FINE, COARSE = 0.07, 0.5
"""Shares of a new frame's painting that go into what was carried there, where that can be believed."""
BRISK = 0.4
"""The same of what is fine, where the painting has come to show something else."""
WIDE = 4.0
"""Standard deviation, in pixels, of the blur that parts coarse from fine."""
_NEAR = 3.0  # standard deviation, in pixels, over which differences are compared
_AROUND = 64  # columns beyond the seam of a panorama that are looked at


class Steady:
    """Carries the painting of a clip along with its content, frame by frame.

    A painter looks at every frame for itself: noise and shifts by parts of a pixel give other strokes. Here the last
    result is moved along the flow of the content and takes up some of the new frame's painting; all of it where the
    flow cannot be believed, such as behind something that moved away. Coarse differences are taken up quickly, so that
    light, colours and what the flow got wrong are followed within frames. Fine ones are taken up slowly, so that
    strokes stay, but faster where the result has drifted further from its painting than paintings differ from frame to
    frame: there a mouth opened or a hat turned. Bicubic reading keeps what can be kept between pixels.

    Everything depends on the frame and on :meth:`state` alone, bit for bit, on any number of threads.

    Args:
        around: Frames are panoramas whose left and right edges meet.

    Source:
        Ruder, Dosovitskiy and Brox 2016, "Artistic style transfer for videos", arXiv:1604.08610, carry a start for
        their optimization along the flow. Departures: results themselves are carried, in two bands with rates of their
        own, for painters that are networks.
    """

    def __init__(self, *, around: bool = False) -> None:
        self._around = around
        self._last: dict[str, np.ndarray] | None = None

    def __call__(self, content: np.ndarray, painted: np.ndarray) -> np.ndarray:
        """Steady the next frame.

        Args:
            content: The frame, (H, W, 3) float 0..1.
            painted: Its painting, the same shape and range, with the whole strength of the style: what is mixed with
                the content afterwards stays as steady.

        Returns:
            (H, W, 3) float32, 0..1; the painting itself on the first frame and after :meth:`cut`.

        Raises:
            ShapeError: The shapes differ, from each other or from the frame before.
            MissingExtraError: OpenCV is not installed.
        """
        if content.ndim != 3 or content.shape[2] != 3 or content.shape != painted.shape:
            raise ShapeError(f"a frame of {content.shape} came with a painting of {painted.shape}; both (H, W, 3)")
        if self._last is not None and self._last["steadied"].shape != content.shape:
            last = self._last["seen"].shape
            raise ShapeError(
                f"a frame of {content.shape[:2]} came after one of {last}; the same size or cut() is wanted"
            )
        seen, painted = grey(content), painted.astype(np.float32)
        result = painted.copy() if self._last is None else self._carried(seen, painted)
        self._last = {"seen": seen, "painted": np.rint(painted * 255).astype(np.uint8), "steadied": result}
        return result.copy()

    def cut(self) -> None:
        """The next frame begins a new shot: nothing is carried there."""
        self._last = None

    def state(self) -> dict[str, np.ndarray]:
        """All that the next frame depends on; empty at a cut.

        Returns:
            "seen", (H, W) uint8: luma of the last frame; "painted", (H, W, 3) uint8: its painting; "steadied",
            (H, W, 3) float32: what was made of it.
        """
        return {name: array.copy() for name, array in (self._last or {}).items()}

    @classmethod
    def resumed(cls, state: Mapping[str, np.ndarray], *, around: bool = False) -> Steady:
        """Go on from a :meth:`state`.

        Raises:
            ShapeError: It is not one.
        """
        steady = cls(around=around)
        if not state:
            return steady
        arrays = {name: np.array(state.get(name)) for name in ("seen", "painted", "steadied")}
        shapes = {array.shape[:2] for array in arrays.values()}
        kinds = [(array.ndim, array.dtype) for array in arrays.values()]
        if len(shapes) > 1 or kinds != [(2, np.uint8), (3, np.uint8), (3, np.float32)]:
            raise ShapeError(f"a state of {sorted(state)} came; one that state() gave is wanted")
        steady._last = arrays
        return steady

    def _carried(self, seen: np.ndarray, painted: np.ndarray) -> np.ndarray:
        """The last result moved to this frame, with as much of the new painting as it takes."""
        arrays = [seen, painted, *(self._last[name] for name in ("seen", "painted", "steadied"))]
        width = seen.shape[1]
        more = min(_AROUND, width) if self._around else 0
        if more:
            arrays = [np.pad(one, ((0, 0), (more, more), (0, 0))[: one.ndim], "wrap") for one in arrays]
        seen, painted, before, last_painted, last = arrays
        flow = flow_to(seen, before)
        sure = trust(seen, before, flow, flow_to(before, seen, CHECKED))
        other = painted - moved(unit_float(last_painted), flow)
        result = mixed(moved(last, flow), painted, other, sure)
        return result[:, more : more + width].copy() if more else result


def mixed(carried: np.ndarray, painted: np.ndarray, other: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """A result carried to a frame, brought some of the way to the frame's own painting.

    Args:
        carried: (H, W, 3) float32.
        painted: The same.
        other: How the painting differs from that of the frame before, carried here, (H, W, 3).
        sure: How far the carrying can be believed, (H, W) 0..1; 0 takes the frame's own.

    Returns:
        (H, W, 3) float32, 0..1.
    """
    change = painted - carried
    coarse = _blurred(change, WIDE)
    change -= coarse
    sure = sure[..., None]
    change *= 1 - (1 - pace(change, other - _blurred(other, WIDE))[..., None]) * sure
    coarse *= 1 - (1 - np.float32(COARSE)) * sure
    change += coarse
    change += carried
    return change.clip(0, 1)


def pace(change: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Share of fine differences that is taken up.

    A result that is the mean of paintings with noise of their own differs from the next one by the mean square of that
    noise, and two paintings differ by twice as much. So as long as the first is not above twice the second, all is
    noise. What is more than that is news; its share is taken up, like the gain of a Kalman filter.

    Args:
        change: Painting minus result, (H, W, 3), fine part.
        other: Painting minus the painting before, the same.

    Returns:
        (H, W) float32, :data:`FINE` to :data:`BRISK`.
    """
    drift, noise = (_blurred(np.square(one).mean(2), _NEAR) for one in (change, other))
    return (1 - 2 * noise / np.maximum(drift, 1e-6)).clip(FINE, BRISK)


def _blurred(values: np.ndarray, spread: float) -> np.ndarray:
    return opencv("video").GaussianBlur(values, (0, 0), spread)
