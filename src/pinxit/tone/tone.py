"""Tone: the colour half of a style, a lookup table with what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from pinxit.errors import StyleError
from pinxit.tone.finish import Finish, apply_finish
from pinxit.tone.lut import Lut


@dataclass(frozen=True, eq=False)
class Tone:
    """What a photographer does, as one lookup table and two finishing touches.

    Args:
        lut: The colours.
        finish: Vignette and grain seen in the references; applied on request only.
        code: Look code, (C,) float32, from which the exposure and white balance of a picture are corrected; or None.
        expected_error: Predicted mean CIEDE2000 between this tone and the true look; None where nothing predicted it.

    Raises:
        StyleError: The code is not a finite vector.
    """

    lut: Lut
    finish: Finish = field(default_factory=Finish)
    code: np.ndarray | None = None
    expected_error: float | None = None

    def __post_init__(self) -> None:
        if self.code is not None:
            code = np.array(self.code, np.float32)
            if code.ndim != 1 or not np.isfinite(code).all():
                raise StyleError(f"a look code of shape {code.shape} came; a vector of finite numbers is wanted")
            code.flags.writeable = False
            object.__setattr__(self, "code", code)

    def apply(self, array: np.ndarray, strength: float = 1.0, finish: float = 0.0, seed: int = 0) -> np.ndarray:
        """Give pixels this tone.

        Args:
            array: (H, W, 3) uint8, uint16 or float 0..1, sRGB; without a finish also (..., 3).
            strength: 0 returns a copy of the input, 1 the look; more extrapolates safely.
            finish: Share of the vignette and grain, 0..1 or a little more.
            seed: Seed of the grain.

        Returns:
            New pixels of the same shape and dtype.
        """
        toned = self.lut.apply(array, strength)
        return apply_finish(toned, self.finish, finish, seed) if finish else toned

    def with_lut(self, lut: Lut) -> Tone:
        """Return this tone with another table."""
        return replace(self, lut=lut)
