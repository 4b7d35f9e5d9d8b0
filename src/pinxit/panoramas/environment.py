"""Environment maps: a style given to light that has no upper end, whose range stays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pinxit.color import LUMA, linear_to_srgb, srgb_to_linear
from pinxit.panoramas.sphere import Surface, even_directions

KEY = 0.18
"""What the mean light of the sphere is shown as, linear."""
KNEE = 0.6
"""Light up to here is shown as it is; above, it is bent to end at 1."""
_LOOKS, _COARSE = 4096, 20.0  # directions in which light is measured, and at how many pixels a radian
_DARK = 1e-9  # of the brightest: what counts as no light in a geometric mean


def exposure_of(light: np.ndarray, surface: Surface) -> float:
    """The factor that brings the mean light of the sphere to ``KEY``; 1 where there is no light.

    The mean is geometric, and every solid angle counts alike (Reinhard et al. 2002, equation 1).

    Args:
        light: (H, W, 3) float32, linear, from 0 on.
        surface: Which directions its pixels are.
    """
    luminance = light @ np.asarray(LUMA, np.float32)
    most = float(luminance.max())
    if most <= 0:
        return 1.0
    # Of logarithms, since a cubic between very bright and dark pixels would go below none.
    logarithms = np.log(luminance.clip(most * _DARK))[..., None]
    return KEY / float(np.exp(surface.reader(logarithms, _COARSE)(even_directions(_LOOKS)).mean()))


def shown(light: np.ndarray, exposure: float) -> tuple[np.ndarray, np.ndarray]:
    """A picture of light, and what its linear light has to be multiplied by to be that light again.

    The largest channel is bent and the others go with it, so that hues stay and nothing is clipped.

    Args:
        light: (H, W, 3) float32, linear, from 0 on.
        exposure: Of :func:`exposure_of`.

    Returns:
        Picture (H, W, 3) float32, sRGB 0..1, and gain (H, W, 1) float32, above 0.
    """
    most = light.max(2, keepdims=True) * np.float32(exposure)
    over = np.maximum(most - KNEE, 0)
    bent = np.minimum(most, KNEE) + (1 - KNEE) * over / (over + (1 - KNEE))
    gain = np.where(most > 0, most / np.maximum(bent, np.float32(1e-30)), 1) / np.float32(exposure)
    return linear_to_srgb(light / gain).clip(0, 1), gain.astype(np.float32)


def styled_light(light: np.ndarray, surface: Surface, style: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Give a style to light: to a picture of it, whose change is given back as a ratio in linear light.

    What is a thousand times as bright as white stays about that: where the style leaves white white, not a bit is lost.

    Args:
        light: (H, W, 3) float32, linear, from 0 on.
        surface: Which directions its pixels are.
        style: Takes and gives a picture (H, W, 3) float32, sRGB 0..1, such as a ``PanoramaPainter``.

    Returns:
        (H, W, 3) float32, linear, from 0 on.
    """
    picture, gain = shown(light, exposure_of(light, surface))
    return srgb_to_linear(style(picture)) * gain
