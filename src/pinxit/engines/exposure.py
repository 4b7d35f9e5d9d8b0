"""Exposure and white balance of one picture, without a style: how far off they are, and putting them right."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pinxit.color import ciede2000, linear_to_srgb, srgb_to_lab, srgb_to_linear
from pinxit.engines.strips import by_strips
from pinxit.picture.sampling import thumbnail, thumbnails

if TYPE_CHECKING:
    from torch import Tensor

_SIDE = 48  # of the thumbnail that differences are measured on


def exposure_gains(array: np.ndarray) -> np.ndarray:
    """Gains in linear light, (3,) float32, that bring exposure and white balance to those of ordinary photos.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1.

    The shipped ExposureCorrector is told that the wanted look is no look: its code is read from ordinary photos.
    """
    import torch

    from pinxit.networks.weights import exposure_corrector

    network = exposure_corrector()
    with torch.inference_mode():
        return network(torch.from_numpy(thumbnails([array], network.settings["side"])), _no_look())[0].numpy()


@cache
def _no_look() -> Tensor:
    """The look code of ordinary photos, (1, C); read once, not to be changed."""
    import torch

    from pinxit.networks.weights import look_predictor, ordinary_thumbnails

    with torch.inference_mode():
        return look_predictor()(torch.from_numpy(ordinary_thumbnails()[None, :40].copy()))["code"]


def exposure_error(array: np.ndarray) -> float:
    """How far exposure and white balance are off: mean CIEDE2000 that :func:`exposed` would move the picture."""
    pixels = thumbnail(array, _SIDE)
    return float(ciede2000(srgb_to_lab(pixels), srgb_to_lab(_given(pixels, exposure_gains(array)))).mean())


def exposed(array: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Put exposure and white balance right.

    Args:
        array: (H, W, 3) uint8, uint16 or float 0..1. Not changed.
        strength: 0 returns the array itself, 1 the whole correction; the exponent of the gains.

    Returns:
        Shape and dtype of ``array``.
    """
    if strength == 0:
        return array
    gains = exposure_gains(array) ** np.float32(strength)
    return by_strips(array, lambda strip, rows: _given(strip, gains))


def _given(pixels: np.ndarray, gains: np.ndarray) -> np.ndarray:
    return np.clip(linear_to_srgb(srgb_to_linear(pixels) * gains), 0, 1)
