"""Warmth, contrast and saturation of a result, as one lookup table in a space where lightness and hue stand still."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pinxit.color import RGB_TO_WHITE_XYZ, linear_to_srgb, srgb_to_linear
from pinxit.errors import InputError
from pinxit.tone.lut import Lut, identity_table

ADJUSTMENTS = ("warmth", "contrast", "saturation")
MIREDS = 45.0
"""How far warmth 1 moves the white: from 6504 K to about 5030 K, and -1 to about 9200 K."""
BEND = 0.6
"""Steepness that contrast 1 adds at mid lightness is half of this; below 1, so that no two tones change places."""

_SIZE = 33
# Ottosson 2020: linear sRGB to cone responses, and their cube roots to lightness and two opponents.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_OPPONENTS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_D65 = np.array([0.95047, 1.0, 1.08883])


def adjust(array: np.ndarray, *, warmth: float = 0.0, contrast: float = 0.0, saturation: float = 0.0) -> np.ndarray:
    """Change the warmth, contrast and saturation of pixels.

    Hue and lightness are OKLab's. Black, white and, but for warmth, all greys stay grey; lightness changes with
    contrast alone, along a curve that keeps black, white and the order of all tones. What would leave sRGB keeps
    lightness and hue and loses as much chroma as it must, so that nothing is clipped.

    Args:
        array: (..., 3) uint8, uint16 or float 0..1, sRGB. Not changed.
        warmth: -1..1; 1 is the same scene under a white 45 mired warmer, by Bradford adaptation along the daylight
            locus.
        contrast: -1..1; 1 is 1.3 times as steep at mid lightness, -1 0.7 times.
        saturation: -1..1; -1 is grey, 1 twice the chroma of pale colours and none more than sRGB has.

    Returns:
        A new array of the same shape and dtype, or ``array`` itself where all three are 0.

    Raises:
        InputError: A value outside -1..1.

    Source:
        OKLab: Ottosson 2020. Daylight locus: CIE 15. Bradford: Lam 1985. Departure: lightness stands still under
        warmth, which a white that is really warmer would lower in blues.
    """
    check_adjustments(warmth=warmth, contrast=contrast, saturation=saturation)
    if not (warmth or contrast or saturation):
        return array
    return _table(float(warmth), float(contrast), float(saturation)).apply(array)


def check_adjustments(**values: float) -> None:
    """Refuse values outside -1..1.

    Raises:
        InputError: With what is wanted.
    """
    for name, value in values.items():
        if not (np.isfinite(value) and -1 <= value <= 1):
            raise InputError(f"{name} {value} came; -1 to 1 is wanted, 0 changes nothing")


@lru_cache(maxsize=8)
def _table(warmth: float, contrast: float, saturation: float) -> Lut:
    linear = srgb_to_linear(identity_table(_SIZE)).astype(np.float64)
    lab = _to_oklab(linear)
    if warmth:
        lab[..., 1:] = _to_oklab(np.maximum(linear @ _warming(warmth).T, 0))[..., 1:]
    lightness, chroma = lab[..., 0].copy(), np.hypot(lab[..., 1], lab[..., 2])
    hue = lab[..., 1:] / np.maximum(chroma, 1e-9)[..., None]
    lightness += BEND * contrast * lightness * (1 - lightness) * (2 * lightness - 1)
    most = _most_chroma(lightness, hue)
    share = np.minimum(chroma / np.maximum(most, 1e-9), 1)
    # For more saturation a Moebius curve: (1 + s) times as much near grey, and the rim of sRGB stays where it is.
    share = (1 + saturation) * share / (1 + max(saturation, 0) * share)
    lab = np.concatenate([lightness[..., None], (share * most)[..., None] * hue], -1)
    return Lut(linear_to_srgb(np.clip(_to_linear(lab), 0, 1)))


def _to_oklab(linear: np.ndarray) -> np.ndarray:
    return np.cbrt(linear @ _CONES.T) @ _OPPONENTS.T


def _to_linear(lab: np.ndarray) -> np.ndarray:
    return (lab @ np.linalg.inv(_OPPONENTS).T) ** 3 @ np.linalg.inv(_CONES).T


def _most_chroma(lightness: np.ndarray, hue: np.ndarray) -> np.ndarray:
    """The largest chroma that sRGB has at a lightness and hue, by halving."""
    low, high = np.zeros_like(lightness), np.full_like(lightness, 0.5)
    for _ in range(24):
        tried = (low + high) / 2
        colour = _to_linear(np.concatenate([lightness[..., None], tried[..., None] * hue], -1))
        inside = ((colour >= -1e-4) & (colour <= 1 + 1e-4)).all(-1)
        low, high = np.where(inside, tried, low), np.where(inside, high, tried)
    return low


def _warming(warmth: float) -> np.ndarray:
    """Linear sRGB under D65 to linear sRGB under another daylight, (3, 3)."""
    to_xyz = RGB_TO_WHITE_XYZ.astype(np.float64) * _D65[:, None]
    gains = (_BRADFORD @ _daylight(1e6 / (1e6 / 6504 + MIREDS * warmth))) / (_BRADFORD @ _daylight(6504))
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD
    return np.linalg.inv(to_xyz) @ adapted @ to_xyz


def _daylight(kelvin: float) -> np.ndarray:
    """XYZ, with Y = 1, of daylight of 4000 to 25000 K."""
    t = 1e3 / kelvin
    if kelvin <= 7000:
        x = -4.6070 * t**3 + 2.9678 * t**2 + 0.09911 * t + 0.244063
    else:
        x = -2.0064 * t**3 + 1.9018 * t**2 + 0.24748 * t + 0.237040
    y = -3.0 * x**2 + 2.87 * x - 0.275
    return np.array([x / y, 1.0, (1 - x - y) / y])
