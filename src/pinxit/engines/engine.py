"""Engine: a style made ready, given to pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import linear_to_srgb, srgb_to_linear, unit_float
from pinxit.engines.adjust import adjust, check_adjustments
from pinxit.engines.automatic import Strongest, read_strength
from pinxit.engines.scene import Scene
from pinxit.errors import InputError, StyleError
from pinxit.picture.sampling import thumbnails
from pinxit.picture.writing import to_bits
from pinxit.tone.finish import apply_finish
from pinxit.tone.lut import Lut

if TYPE_CHECKING:
    from pinxit.engines.painting import Painting
    from pinxit.picture import Picture
    from pinxit.style import Style

ACROSS = ("left-right", "top-bottom")
"""Directions in which one style can turn into another."""
MOST = 8.0  # strengths beyond this are a slip of the hand


class Engine:
    """A style ready to be given to any number of pictures.

    Args:
        style: A style with a tone or a texture.

    Raises:
        StyleError: The style holds nothing that this version can give, or was learned for another generator.
    """

    def __init__(self, style: Style) -> None:
        if style.tone is None and style.texture is None:
            raise StyleError(
                f"the style {style.name!r} holds no tone and no texture; "
                "learn it again: pinxit learn PICTURES --name NAME"
            )
        self.style = style
        self._painting: Painting | None = None
        if style.texture is not None:
            from pinxit.engines.painting import Painting

            self._painting = Painting(style.texture)
        self._ready: tuple[float, Lut] = (1.0, style.tone.lut if style.tone else Lut.identity())

    @property
    def adaptive(self) -> bool:
        """Whether pictures can be corrected one by one."""
        return self.style.adaptive

    def transfer(
        self,
        picture: Picture,
        *,
        strength: float | str | Strongest = 1.0,
        tone: float = 1.0,
        texture: float = 1.0,
        finish: float = 0.0,
        correct: float = 0.0,
        brush: float | None = None,
        keep_colours: bool = False,
        variation: float = 0.0,
        seed: int = 0,
        warmth: float = 0.0,
        contrast: float = 0.0,
        saturation: float = 0.0,
        mask: np.ndarray | None = None,
        scene: Scene | None = None,
    ) -> Picture:
        """Give the style to a picture.

        Args:
            picture: Any size and depth; the result has the same.
            strength: Of the whole style: 0 returns the picture, 1 the style, more goes beyond it safely; "auto" and
                such as "auto:0.7" the most that keeps so much of the content, see ``engines.automatic``.
            tone: Of the tone half, beside ``strength``. A style with a texture brings the colours of every picture to
                the references' palette; one without has one table for all.
            texture: Of the texture half, beside ``strength``.
            finish: Of the vignette and grain found in the references.
            correct: Of the correction of this picture's exposure and white balance before the look; without texture.
            brush: Size of strokes in those of the references, 0.25 to 8; None makes them grow with pictures whose
                longest side is over 2048 pixels.
            keep_colours: Let the strokes change lightness alone.
            variation: How far strokes are moved at random from the learned ones, 0 to 2.
            seed: Seed of the variation and of the grain; any whole number, counted modulo 2**64.
            warmth: Of the result, -1..1, beside ``strength`` up to 1; see ``engines.adjust``.
            contrast: The same.
            saturation: The same.
            mask: Where the style goes, (h, w) 0..1, brought to the picture's size; None is everywhere.
            scene: Measured on pictures that this one belongs to; None measures this one.

        Returns:
            A new picture with the same alpha, profile and metadata.

        Raises:
            InputError: A strength that is negative, not finite or above 8, or another setting out of range.
        """
        strength = read_strength(strength)
        automatic = strength if isinstance(strength, Strongest) else None
        strength = 1.0 if automatic else strength
        _check(strength=strength, tone=tone, texture=texture, finish=finish, correct=correct)
        check_strokes(brush, variation)
        adjustments = {"warmth": warmth, "contrast": contrast, "saturation": saturation}
        check_adjustments(**adjustments)
        plain = tone == 0 and finish == 0 and (self._painting is None or texture == 0)
        if strength == 0 or (plain and not any(adjustments.values())):
            return picture
        if plain:
            array = picture.array
        elif self._painting is None:
            if automatic:
                lut = self.lut_for(picture, tone=tone, correct=correct, scene=scene)
                strength = automatic.share(picture.array, lut.apply(picture.array, 1.0))
            lut = self.lut_for(picture, strength=strength, tone=tone, correct=correct, scene=scene)
            array = self.style.tone.with_lut(lut).apply(picture.array, finish=finish * strength, seed=seed)
        else:
            painted = self._painting.apply(
                picture.array, tone=tone, texture=texture, brush=brush,
                keep_colours=keep_colours, variation=variation, seed=seed % 2**64, held=scene and scene.held,
            )  # fmt: skip
            strength = automatic.share(picture.array, painted) if automatic else strength
            array = _mixed(picture.array, painted, np.float32(strength))
            if finish and self.style.tone is not None:
                array = apply_finish(array, self.style.tone.finish, finish * strength, seed)
        adjustments = {name: value * min(strength, 1.0) for name, value in adjustments.items()}
        array = adjust(array, **adjustments)
        if mask is not None:
            array = _mixed(picture.array, unit_float(array), mask_for(picture, mask)[..., None])
        return picture.with_array(array)

    def scene(
        self, pictures: Sequence[Picture], *, brush: float | None = None, variation: float = 0.0, seed: int = 0
    ) -> Scene:
        """Measure pictures that belong together, such as some frames of a shot, the views of a panorama.

        Args:
            pictures: Typical ones, of any sizes; up to six are enough.
            brush: As given to :meth:`transfer` later.
            variation: The same.
            seed: The same.

        Raises:
            InputError: No picture, or settings out of range.
        """
        if not pictures:
            raise InputError("no picture came; a scene is measured on one at least")
        check_strokes(brush, variation)
        gains = np.exp(np.mean([np.log(self.correction(picture)) for picture in pictures], axis=0)).astype(np.float32)
        if self._painting is None:
            return Scene(gains)
        arrays = [picture.array for picture in pictures]
        return Scene(gains, self._painting.hold(arrays, brush=brush, variation=variation, seed=seed % 2**64))

    def lut_for(
        self,
        picture: Picture,
        *,
        strength: float = 1.0,
        tone: float = 1.0,
        correct: float = 0.0,
        scene: Scene | None = None,
    ) -> Lut:
        """The one table that this picture gets; with ``correct`` it differs from one to the next."""
        _check(strength=strength, tone=tone, correct=correct)
        if self._ready[0] != strength * tone:
            self._ready = (strength * tone, self.style.tone.lut.toward(strength * tone))
        lut = self._ready[1]
        if not (correct and self.adaptive and strength * tone):
            return lut
        gains = (scene.gains if scene else self.correction(picture)) ** np.float32(correct * min(strength * tone, 1.0))
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


def _mixed(array: np.ndarray, result: np.ndarray, share: np.ndarray | np.float32) -> np.ndarray:
    """The share of the result, float, in a picture's pixels, exact where it is 0 or 1; dtype of the picture."""
    mixed = result if np.ndim(share) == 0 and share == 1 else (1 - share) * unit_float(array) + share * result
    if np.ndim(share) == 0 and share > 1:
        mixed = mixed.clip(0, 1)
    return to_bits(mixed, array.dtype.type) if array.dtype.kind == "u" else mixed.astype(array.dtype)


def gradient(picture: Picture, across: str) -> np.ndarray:
    """A mask that rises across a picture from 0 to 1: "left-right" or "top-bottom".

    Raises:
        InputError: Another name.
    """
    if across not in ACROSS:
        raise InputError(f"across {across!r} came; {' or '.join(ACROSS)} or a mask is wanted")
    along = across == "left-right"
    rising = np.linspace(0, 1, picture.width if along else picture.height, dtype=np.float32)
    return np.broadcast_to(rising[None] if along else rising[:, None], (picture.height, picture.width))


def mixed_pictures(first: Picture, second: Picture, mask: np.ndarray) -> Picture:
    """Two results of one picture, the second where the mask is 1; dtype of the first."""
    share = mask_for(first, mask)[..., None]
    return first.with_array(_mixed(first.array, unit_float(second.array), share))


def mask_for(picture: Picture, mask: np.ndarray) -> np.ndarray:
    """A mask at a picture's size, (H, W) float32 0..1.

    Raises:
        InputError: It is not (h, w), or holds values outside 0..1.
    """
    from PIL import Image

    values = unit_float(np.asarray(mask))
    if values.ndim != 2 or not values.size or not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
        raise InputError(f"a mask of shape {values.shape} came; one channel (H, W) of values 0 to 1 is wanted")
    if values.shape != (picture.height, picture.width):
        scaled = Image.fromarray(values).resize((picture.width, picture.height), Image.Resampling.BILINEAR)
        values = np.asarray(scaled, np.float32).clip(0, 1)
    return values


def check_strokes(brush: float | None, variation: float) -> None:
    """Refuse settings of strokes that are out of range.

    Raises:
        InputError: With what is wanted.
    """
    if brush is not None and not 0.25 <= brush <= 8:
        raise InputError(f"brush {brush} came; 0.25 to 8 is wanted, 1 is the references' own size of strokes")
    if not 0 <= variation <= 2:
        raise InputError(f"variation {variation} came; 0 to 2 is wanted, 0 paints as learned")


def _check(**strengths: float) -> None:
    for name, value in strengths.items():
        if not (np.isfinite(value) and 0 <= value <= MOST):
            raise InputError(f"{name} {value} came; a number from 0 to {MOST:g} is wanted, 1 is the style as learned")
