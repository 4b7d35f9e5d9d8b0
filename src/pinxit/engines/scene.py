"""Scene: what is measured of pictures once and held for all that belong together, such as the frames of a shot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pinxit.engines.aim import Held


@dataclass(frozen=True, eq=False)
class Scene:
    """Measured by :meth:`~pinxit.engines.engine.Engine.scene`, held by :meth:`~pinxit.engines.engine.Engine.transfer`.

    Without it every picture is brought to the style for itself, and what moves through a clip would pump: a bright
    thing comes into view and everything else turns darker. With it a result depends on its own pixels alone.

    Args:
        gains: Correction of exposure and white balance, (3,) float32, in linear light.
        held: Maps of a style with a texture; None for one without.
    """

    gains: np.ndarray
    held: Held | None = None

    def toward(self, other: Scene, share: float) -> Scene:
        """The scene some way, 0..1, between this and another of the same style: for slow changes along a shot."""
        gains = np.exp((1 - share) * np.log(self.gains) + share * np.log(other.gains)).astype(np.float32)
        return Scene(gains, self.held.toward(other.held, share) if self.held else None)
