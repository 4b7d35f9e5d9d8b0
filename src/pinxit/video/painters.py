"""How frames are painted: flat, or as a panorama all around."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pinxit.engines.batch import BatchSettings
from pinxit.engines.engine import Engine
from pinxit.engines.scene import Scene
from pinxit.errors import InputError
from pinxit.picture import Picture
from pinxit.video.facts import Clip
from pinxit.video.spherical import is_spherical

if TYPE_CHECKING:
    from pinxit.panoramas.sphere import Equirectangular


PROJECTIONS = ("plain", "equirectangular")
"""What the frames of a clip may be."""


def projection_of(clip: Clip, wanted: str | None) -> str:
    """The projection of a clip's frames: the wanted one, or what its tags say.

    Raises:
        InputError: It is unknown, or frames of this size cannot have it.
    """
    if wanted not in (None, *PROJECTIONS):
        raise InputError(f"projection {wanted} came; for a video {' or '.join(PROJECTIONS)} is wanted")
    projection = wanted or ("equirectangular" if is_spherical(clip) else "plain")
    if projection == "equirectangular":
        _surface(clip)
    return projection


def _surface(clip: Clip) -> "Equirectangular":
    from pinxit.panoramas.metadata import surface_of

    return surface_of(Picture(np.zeros((clip.height, clip.width, 3), np.uint8)), str(clip.path))


class FramePainter(Protocol):
    """Colours and strokes of one style for frames of one kind."""

    def scene(self, frames: Sequence[np.ndarray]) -> Scene:
        """Measure frames, (H, W, 3) uint8 or uint16 each."""

    def painted(self, content: np.ndarray, scene: Scene, *, tone: float, texture: float) -> np.ndarray:
        """A frame, (H, W, 3) float32 0..1, with its style; the same shape and range."""


class FlatPainter:
    """Frames as they are.

    Args:
        engine: The style.
        dials: Of its strokes.
    """

    def __init__(self, engine: Engine, dials: BatchSettings) -> None:
        self._engine, self._keep_colours = engine, dials.keep_colours
        self._strokes = {name: getattr(dials, name) for name in ("brush", "variation", "seed")}

    def scene(self, frames: Sequence[np.ndarray]) -> Scene:
        """As :class:`FramePainter` has it."""
        return self._engine.scene([Picture(frame) for frame in frames], **self._strokes)

    def painted(self, content: np.ndarray, scene: Scene, *, tone: float, texture: float) -> np.ndarray:
        """As :class:`FramePainter` has it."""
        more = {"keep_colours": self._keep_colours, "scene": scene, **self._strokes}
        return self._engine.transfer(Picture(content), tone=tone, texture=texture, **more).array


class SpherePainter:
    """Frames that are equirectangular panoramas, painted in views that look at the sphere evenly.

    Args:
        engine: The style.
        clip: The clip.
        dials: Of its strokes.

    Raises:
        InputError: Frames are not twice as wide as high, or too small.
    """

    def __init__(self, engine: Engine, clip: Clip, dials: BatchSettings) -> None:
        from pinxit.panoramas.transfer import PanoramaPainter

        controls = {name: getattr(dials, name) for name in ("keep_colours", "variation", "seed")}
        self._painter = PanoramaPainter(engine, _surface(clip), brush=dials.brush, **controls)

    def scene(self, frames: Sequence[np.ndarray]) -> Scene:
        """As :class:`FramePainter` has it."""
        self._painter.scene = None
        return self._painter.hold(*frames)

    def painted(self, content: np.ndarray, scene: Scene, *, tone: float, texture: float) -> np.ndarray:
        """As :class:`FramePainter` has it."""
        self._painter.scene = scene
        self._painter.controls |= {"tone": tone, "texture": texture}
        return self._painter(content)
