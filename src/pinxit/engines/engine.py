"""Engine: a style made ready, given to pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import linear_to_srgb, srgb_to_linear
from pinxit.errors import InputError, StyleError
from pinxit.picture.sampling import thumbnails
from pinxit.tone.lut import Lut

if TYPE_CHECKING:
    from pinxit.picture import Picture
    from pinxit.style import Style

MOST = 8.0  # strengths beyond this are a slip of the hand


class Engine:
    """A style ready to be given to any number of pictures.

    Args:
        style: A style with a tone.

    Raises:
        StyleError: The style holds nothing that this version can give.
    """

    def __init__(self, style: Style) -> None:
        if style.tone is None:
            raise StyleError(
                f"the style {style.name!r} holds no tone; learn it again: pinxit learn PICTURES --name NAME"
            )
        self.style = style
        self._ready: tuple[float, Lut] = (1.0, style.tone.lut)

    @property
    def adaptive(self) -> bool:
        """Whether pictures can be corrected one by one."""
        return self.style.adaptive

    def transfer(
        self,
        picture: Picture,
        *,
        strength: float = 1.0,
        tone: float = 1.0,
        finish: float = 0.0,
        correct: float = 0.0,
        seed: int = 0,
    ) -> Picture:
        """Give the style to a picture.

        Args:
            picture: Any size and depth; the result has the same.
            strength: Of the whole style: 0 returns the picture, 1 the style, more goes beyond it safely.
            tone: Of the tone half, beside ``strength``.
            finish: Of the vignette and grain found in the references.
            correct: Of the correction of this picture's exposure and white balance before the look.
            seed: Seed of the grain.

        Returns:
            A new picture with the same alpha, profile and metadata.

        Raises:
            InputError: A strength that is negative, not finite or above 8.
        """
        _check(strength=strength, tone=tone, finish=finish, correct=correct)
        if strength * tone == 0 and finish * strength == 0:
            return picture
        lut = self.lut_for(picture, strength=strength, tone=tone, correct=correct)
        tone_ready = self.style.tone.with_lut(lut)
        return picture.with_array(tone_ready.apply(picture.array, finish=finish * strength, seed=seed))

    def lut_for(self, picture: Picture, *, strength: float = 1.0, tone: float = 1.0, correct: float = 0.0) -> Lut:
        """The one table that this picture gets; with ``correct`` it differs from picture to picture."""
        _check(strength=strength, tone=tone, correct=correct)
        if self._ready[0] != strength * tone:
            self._ready = (strength * tone, self.style.tone.lut.toward(strength * tone))
        lut = self._ready[1]
        if not (correct and self.adaptive and strength * tone):
            return lut
        gains = self.correction(picture) ** np.float32(correct * min(strength * tone, 1.0))
        nodes = Lut.identity(lut.size).table
        return Lut(lut.apply(np.clip(linear_to_srgb(srgb_to_linear(nodes) * gains), 0, 1)))

    def correction(self, picture: Picture) -> np.ndarray:
        """Gains in linear light, (3,) float32, that bring exposure and white balance to what the look expects.

        Ones for a style without a look code.
        """
        if not self.adaptive:
            return np.ones(3, np.float32)
        import torch

        from pinxit.networks.weights import exposure_corrector

        network = exposure_corrector()
        pixels = torch.from_numpy(thumbnails([picture.array], network.settings["side"]))
        code = torch.from_numpy(self.style.tone.code.copy())[None]
        with torch.inference_mode():
            return network(pixels, code)[0].numpy()


def _check(**strengths: float) -> None:
    for name, value in strengths.items():
        if not (np.isfinite(value) and 0 <= value <= MOST):
            raise InputError(f"{name} {value} came; a number from 0 to {MOST:g} is wanted, 1 is the style as learned")
