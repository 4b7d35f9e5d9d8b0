"""Voice: one style along a clip."""

from collections.abc import Mapping

import numpy as np

from pinxit.color import unit_float
from pinxit.engines.adjust import ADJUSTMENTS, adjust
from pinxit.engines.batch import BatchSettings
from pinxit.engines.engine import Engine, mask_for
from pinxit.engines.scene import Scene
from pinxit.engines.strips import as_dtype
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.finish import apply_finish
from pinxit.tone.lut import Lut
from pinxit.video.facts import Clip, Frame
from pinxit.video.painters import FlatPainter, SpherePainter
from pinxit.video.scenes import ShotScenes
from pinxit.video.shots import Shot
from pinxit.video.steady import Steady

_NEXT = "next"


class Voice:
    """One style given to frame after frame of a clip.

    Args:
        style: The style.
        clip: The clip.
        dials: Settings; strength, tone and texture come with each frame instead.
        mask: Where the style goes, (h, w) 0..1, or None.
        steady: Whether strokes stay on what they paint.
        projection: "plain", or "equirectangular" for panoramas all around.
        state: What :meth:`state` said after the frame before, or None.
    """

    def __init__(
        self,
        style: Style,
        clip: Clip,
        dials: BatchSettings,
        mask: np.ndarray | None = None,
        *,
        steady: bool = True,
        projection: str = "plain",
        state: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self._style, self._dials, self._mask = style, dials, mask
        self._engine = Engine(style)
        around = projection == "equirectangular" and style.texture is not None
        self._painter = SpherePainter(self._engine, clip, dials) if around else FlatPainter(self._engine, dials)
        self._scenes = ShotScenes(clip, self._painter.scene) if needs_scenes(style, dials) else None
        state = dict(state or {})
        self._next = int(state.pop(_NEXT, -1))  # the frame that would go on from the last steadied one
        self._steady = None
        if steady and style.texture is not None:
            self._steady = Steady.resumed(state, around=around)
        self._table: tuple[object, Lut] | None = None

    def state(self) -> dict[str, np.ndarray]:
        """What the next frame goes on from."""
        if self._steady is None or self._next < 0:
            return {}
        return {**self._steady.state(), _NEXT: np.array(self._next)}

    def lut(self, shot: Shot, index: int, values: Mapping[str, float]) -> Lut:
        """The table of a frame, for a style without a texture; the same one as long as nothing changes."""
        scene = self._scene(shot, index)
        name = (values["strength"], values["tone"], scene)
        if self._table is None or self._table[0] != name:
            lut = self._engine.lut_for(
                None, strength=values["strength"], tone=values["tone"], correct=self._dials.correct, scene=scene
            )
            self._table = (name, lut)
        return self._table[1]

    def __call__(self, frame: Frame, shot: Shot, values: Mapping[str, float]) -> np.ndarray:
        """Give the style to a frame.

        Args:
            frame: The frame; they come in order, though not all of them need to.
            shot: The shot that it belongs to.
            values: "strength", "tone" and "texture" at this moment.

        Returns:
            Pixels of the frame's shape and dtype; the frame's own with strength 0.
        """
        if not values["strength"]:
            return frame.pixels
        content = unit_float(frame.pixels)
        if self._style.texture is None:
            result = self.lut(shot, frame.index, values).apply(content)
        else:
            result = self._painted(frame, shot, content, values)
        return as_dtype(self._finished(frame, content, result, values["strength"]), frame.pixels.dtype)

    def _scene(self, shot: Shot, index: int) -> Scene | None:
        return self._scenes.at(shot, index) if self._scenes else None

    def _painted(self, frame: Frame, shot: Shot, content: np.ndarray, values: Mapping[str, float]) -> np.ndarray:
        """The frame with colours and strokes, which stand still before the strength is counted in."""
        painted = self._painter.painted(
            content, self._scenes.at(shot, frame.index), tone=values["tone"], texture=values["texture"]
        )
        if self._steady is not None and values["texture"]:
            if frame.index == shot.first or frame.index != self._next:
                self._steady.cut()
            painted = self._steady(content, painted)
            self._next = frame.index + 1
        strength = np.float32(values["strength"])
        return painted if strength == 1 else (content + strength * (painted - content)).clip(0, 1)

    def _finished(self, frame: Frame, content: np.ndarray, result: np.ndarray, strength: float) -> np.ndarray:
        """Vignette and grain, which is another one on each frame as on film; then adjustments and the mask."""
        dials = self._dials
        if dials.finish and self._style.tone is not None:
            result = apply_finish(result, self._style.tone.finish, dials.finish * strength, dials.seed + frame.index)
        result = adjust(result, **{name: getattr(dials, name) * min(strength, 1.0) for name in ADJUSTMENTS})
        if self._mask is not None:
            result = content + mask_for(Picture(content), self._mask)[..., None] * (result - content)
        return result


def needs_scenes(style: Style, dials: BatchSettings) -> bool:
    """Whether anything is measured of the frames at all."""
    return style.texture is not None or bool(dials.correct and style.adaptive)
