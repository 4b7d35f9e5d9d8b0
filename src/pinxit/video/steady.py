"""Steady: strokes that stay on what they paint from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pinxit.engines.strips import opencv
from pinxit.errors import ShapeError
from pinxit.video.flow import CHECKED, flow_to, grey, moved, trust

FINE, COARSE = 0.07, 0.5
"""Shares of a new frame's painting that go into what was carried there, where that can be believed."""
WIDE = 4.0
"""Standard deviation, in pixels, of the blur that parts coarse from fine."""
CRISP = 1.15
"""Most by which the detail of single pixels is raised to what the frame's own painting has."""
_AROUND = 64  # columns beyond the seam of a panorama that are looked at


class Steady:
    """Carries the painting of a clip along with its content, frame by frame.

    A painter looks at every frame for itself: noise and shifts by parts of a pixel give other strokes. Here the last
    result is moved along the flow of the content and takes up only a little of the new frame's painting; all of it
    where the flow cannot be believed, such as behind something that moved away. Coarse differences are taken up
    quickly, so that light, colours and what the flow got wrong are followed within frames; fine ones slowly, so that
    strokes stay. Bicubic reading keeps what can be kept between pixels, and what is lost of the finest detail is raised
    again in what is given out, not in what is carried on.

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
        seen, painted = grey(content), painted.astype(np.float32)
        carried = painted if self._seen is None else self._carried(seen, painted)
        result = painted.copy() if self._seen is None else crisp(carried, painted)
        self._seen, self._steadied = seen, carried
        return result

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
        sure = trust(seen, before, flow, flow_to(before, seen, CHECKED))
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


def crisp(picture: np.ndarray, painted: np.ndarray) -> np.ndarray:
    """A picture with its detail of single pixels as strong as a painting's, or :data:`CRISP` times as strong as it was.

    Args:
        picture: (H, W, 3) float32 0..1.
        painted: The same.

    Returns:
        (H, W, 3) float32, 0..1.
    """
    fine = _fine(picture)
    own, wanted = (float(np.sqrt(np.square(one, dtype=np.float64).mean())) for one in (fine, _fine(painted)))
    gain = min(max(wanted / max(own, 1e-9), 1.0), CRISP)
    return (picture + np.float32(gain - 1) * fine).clip(0, 1)


def _fine(picture: np.ndarray) -> np.ndarray:
    """The finest band: what is lost in means of 2 x 2 pixels."""
    cv2 = opencv("video")
    height, width = picture.shape[:2]
    small = cv2.resize(picture, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    return picture - cv2.resize(small, (width, height))
