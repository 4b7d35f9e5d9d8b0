"""Steady: strokes that stay on what they paint from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pinxit.engines.strips import opencv
from pinxit.errors import ShapeError
from pinxit.video.flow import flow_to, grey, moved, trust

FINE, COARSE = 0.07, 0.5
"""Shares of a new frame's painting that go into what was carried there, where that can be believed."""
WIDE = 4.0
"""Standard deviation, in pixels, of the blur that parts coarse from fine."""
_AROUND = 64  # columns beyond the seam of a panorama that are looked at


class Steady:
    """Carries the painting of a clip along with its content, frame by frame.

    A painter looks at every frame for itself: noise and shifts by parts of a pixel give other strokes. Here the last
    result is moved along the flow of the content and takes up only a little of the new frame's painting; all of it
    where the flow cannot be believed, such as behind something that moved away. Coarse differences are taken up
    quickly, so that light, colours and what the flow got wrong are followed within frames; fine ones slowly, so that
    strokes stay. In between nothing is blurred on purpose: bicubic reading keeps what can be kept between pixels.

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
        self._seen: np.ndarray | None = None
        self._steadied: np.ndarray | None = None

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
        if self._seen is not None and self._seen.shape != content.shape[:2]:
            raise ShapeError(
                f"a frame of {content.shape[:2]} came after one of {self._seen.shape}; the same size or cut() is wanted"
            )
        seen, result = grey(content), painted.astype(np.float32)
        if self._seen is not None:
            result = self._carried(seen, result)
        self._seen, self._steadied = seen, result
        return result.copy()

    def cut(self) -> None:
        """The next frame begins a new shot: nothing is carried there."""
        self._seen = self._steadied = None

    def state(self) -> dict[str, np.ndarray]:
        """All that the next frame depends on: "seen", (H, W) uint8, "steadied", (H, W, 3) float32; empty at a cut."""
        return {} if self._seen is None else {"seen": self._seen.copy(), "steadied": self._steadied.copy()}

    @classmethod
    def resumed(cls, state: Mapping[str, np.ndarray], *, around: bool = False) -> Steady:
        """Go on from a :meth:`state`.

        Raises:
            ShapeError: It is not one.
        """
        steady = cls(around=around)
        if not state:
            return steady
        seen, steadied = (np.asarray(state.get(key)) for key in ("seen", "steadied"))
        if seen.ndim != 2 or seen.dtype != np.uint8 or steadied.shape != (*seen.shape, 3):
            raise ShapeError(f"a state of {sorted(state)} came; one that state() gave is wanted")
        steady._seen, steady._steadied = seen.copy(), steadied.astype(np.float32)
        return steady

    def _carried(self, seen: np.ndarray, painted: np.ndarray) -> np.ndarray:
        """The last result moved to this frame, with as much of the new painting as it takes."""
        before, last = self._seen, self._steadied
        width = seen.shape[1]
        more = min(_AROUND, width) if self._around else 0
        if more:
            seen, before, last, painted = (
                np.pad(one, ((0, 0), (more, more), (0, 0))[: one.ndim], "wrap") for one in (seen, before, last, painted)
            )
        flow = flow_to(seen, before)
        sure = trust(seen, before, flow, flow_to(before, seen))
        result = mixed(moved(last, flow), painted, sure)
        return result[:, more : more + width] if more else result


def mixed(carried: np.ndarray, painted: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """A painting carried to a frame, brought some of the way to the frame's own.

    Args:
        carried: (H, W, 3) float32.
        painted: The same.
        sure: How far the carrying can be believed, (H, W) 0..1; 0 takes the frame's own.

    Returns:
        (H, W, 3) float32, 0..1.
    """
    change = painted - carried
    coarse = opencv("video").GaussianBlur(change, (0, 0), WIDE)
    sure = sure[..., None]
    change -= coarse
    change *= 1 - (1 - np.float32(FINE)) * sure
    coarse *= 1 - (1 - np.float32(COARSE)) * sure
    change += coarse
    change += carried
    return change.clip(0, 1)
