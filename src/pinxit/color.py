"""Colour spaces and the visible difference between two colours: sRGB, linear light, CIE Lab (D65), CIEDE2000.

Arrays may be of any shape that ends in 3. Everything is float32 numpy.
"""

from __future__ import annotations

import numpy as np

# IEC 61966-2-1 primaries, rows scaled by the D65 white so that white is (1, 1, 1) in the Lab cube roots.
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)
_RGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    np.float32,
)
LUMA = (0.2126, 0.7152, 0.0722)
"""Weights of red, green and blue in the luma of encoded values (Rec. 709)."""

RGB_TO_WHITE_XYZ = _RGB_TO_XYZ / _WHITE[:, None]


def srgb_to_linear(rgb: np.ndarray) -> np.ndarray:
    """Undo the sRGB transfer curve; (..., 3), 0..1 to 0..1 (IEC 61966-2-1)."""
    rgb = np.asarray(rgb, np.float32)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0.0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def linear_to_srgb(linear: np.ndarray) -> np.ndarray:
    """Apply the sRGB transfer curve; (..., 3), 0..1 to 0..1 (IEC 61966-2-1)."""
    linear = np.asarray(linear, np.float32)
    curved = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, curved).astype(np.float32)


def unit_float(array: np.ndarray) -> np.ndarray:
    """Bring uint8 or uint16 pixels to float32 0..1; floats pass as they are."""
    array = np.asarray(array)
    if array.dtype.kind == "u":
        return array.astype(np.float32) / np.float32(np.iinfo(array.dtype).max)
    return array.astype(np.float32, copy=False)


def srgb_to_lab(rgb: np.ndarray) -> np.ndarray:
    """sRGB (uint8, uint16 or float 0..1) to CIE Lab, white point D65.

    Args:
        rgb: Colours, (..., 3).

    Returns:
        Lab, (..., 3) float32; L 0..100.
    """
    xyz = srgb_to_linear(unit_float(rgb)) @ RGB_TO_WHITE_XYZ.T
    f = np.where(xyz > 0.008856452, np.cbrt(xyz), xyz * 7.787037 + 16 / 116).astype(np.float32)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def ciede2000(lab1: np.ndarray, lab2: np.ndarray) -> np.ndarray:
    """Visible difference of each colour pair; about 1 is just noticeable.

    Args:
        lab1: CIE Lab, (..., 3).
        lab2: CIE Lab, same shape.

    Returns:
        CIEDE2000 with kL = kC = kH = 1, shape (...).

    Source:
        Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes".
    """
    (l1, a1, b1), (l2, a2, b2) = np.moveaxis(np.asarray(lab1), -1, 0), np.moveaxis(np.asarray(lab2), -1, 0)
    c7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    g = 1 + 0.5 * (1 - np.sqrt(c7 / (c7 + 25.0**7)))
    c1, c2 = np.hypot(a1 * g, b1), np.hypot(a2 * g, b2)
    turn = 2 * np.pi
    h1, h2 = np.arctan2(b1, a1 * g) % turn, np.arctan2(b2, a2 * g) % turn
    grey = c1 * c2 == 0
    dh = h2 - h1
    dh = np.where(grey, 0, np.where(dh > np.pi, dh - turn, np.where(dh < -np.pi, dh + turn, dh)))
    hue_sum = h1 + h2
    far = np.where(hue_sum < turn, hue_sum + turn, hue_sum - turn) / 2
    hue = np.where(grey, hue_sum, np.where(np.abs(h1 - h2) > np.pi, far, hue_sum / 2))
    dl, dc, dhh = l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(dh / 2)
    lightness, chroma = (l1 + l2) / 2 - 50, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(hue - np.pi / 6)
        + 0.24 * np.cos(2 * hue)
        + 0.32 * np.cos(3 * hue + np.pi / 30)
        - 0.20 * np.cos(4 * hue - np.radians(63))
    )
    sl = 1 + 0.015 * lightness**2 / np.sqrt(20 + lightness**2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    c7 = chroma**7
    turn_blue = np.sin(np.pi / 3 * np.exp(-(((np.degrees(hue) - 275) / 25) ** 2)))
    rt = -2 * np.sqrt(c7 / (c7 + 25.0**7)) * turn_blue
    squared = (dl / sl) ** 2 + (dc / sc) ** 2 + (dhh / sh) ** 2 + rt * (dc / sc) * (dhh / sh)
    return np.sqrt(np.maximum(squared, 0))
