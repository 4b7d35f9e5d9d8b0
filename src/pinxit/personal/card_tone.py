"""What a style's table does to colours: curves of the grey axis, hues around the wheel, patches that many know."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from pinxit.color import srgb_to_lab
from pinxit.style import Style

Colour = tuple[float, float, float]
"""Red, green, blue, sRGB 0..1."""

LEVELS = 33
"""Points of a curve."""
HUES = 24
"""Hues around the wheel, 15 degrees apart."""
GREYED = 5.0
"""Chroma in Lab below which a colour has no hue to speak of."""
PATCHES = {
    "dark skin": (115, 82, 68), "light skin": (194, 150, 130), "blue sky": (98, 122, 157),
    "foliage": (87, 108, 67), "blue flower": (133, 128, 177), "bluish green": (103, 189, 170),
    "orange": (214, 126, 44), "purplish blue": (80, 91, 166), "moderate red": (193, 90, 99),
    "purple": (94, 60, 108), "yellow green": (157, 188, 64), "orange yellow": (224, 163, 46),
    "blue": (56, 61, 150), "green": (70, 148, 73), "red": (175, 54, 60),
    "yellow": (231, 199, 31), "magenta": (187, 86, 149), "cyan": (8, 133, 161),
    "white": (243, 243, 242), "light grey": (200, 200, 200), "medium light grey": (160, 160, 160),
    "medium grey": (122, 122, 121), "dark grey": (85, 85, 85), "black": (52, 52, 52),
}  # fmt: skip
"""Colours of the ColorChecker chart in 8-bit sRGB (McCamy, Marcus and Davidson 1976; sRGB values as in common use)."""

_SATURATION, _VALUE = 0.5, 0.75  # of the hues, as HSV
_UNPREDICTED = "No error is foretold for this table."
_PAINTED = (
    "Painting does not use this table: it brings every picture to the palettes below. It is what pinxit export writes."
)


@dataclass(frozen=True)
class Change:
    """One colour before and after.

    Args:
        label: Its name, or its hue in degrees.
        before: What it was.
        after: What the table makes of it, clipped to 0..1.
        turn: By how many degrees its hue in Lab turns, from red toward yellow positive; None where no hue is left.
        chroma: How much of its chroma in Lab is left; 1 all, more than 1 is more colourful; None for a grey.
        lightness: Shift of L*.
    """

    label: str
    before: Colour
    after: Colour
    turn: float | None
    chroma: float | None
    lightness: float


@dataclass(frozen=True)
class ToneFacts:
    """What a style's table does.

    Args:
        curves: (grey, red, green, blue) for each of :data:`LEVELS` greys, 0..1, not clipped.
        hues: :data:`HUES` hues of one saturation.
        patches: Known colours.
        expected_error: Predicted mean CIEDE2000 from the true look; None where nothing predicted it.
        expects: The same in a sentence.
        use: What the table is for where transfers do not use it; else empty.
        corrects: Whether exposure and white balance of single pictures can be corrected too.
        vignette: Found in the references; 0 none.
        grain: The same.
    """

    curves: tuple[tuple[float, float, float, float], ...]
    hues: tuple[Change, ...]
    patches: tuple[Change, ...]
    expected_error: float | None
    expects: str
    use: str
    corrects: bool
    vignette: float
    grain: float


def tone_facts(style: Style) -> ToneFacts | None:
    """Facts about the table of a style; None for a style without one."""
    if style.tone is None:
        return None
    lut, error = style.tone.lut, style.tone.expected_error
    greys = np.linspace(0, 1, LEVELS, dtype=np.float32)
    curves = lut.apply(np.repeat(greys[:, None], 3, 1))
    wheel = {f"{n * 360 // HUES}°": colorsys.hsv_to_rgb(n / HUES, _SATURATION, _VALUE) for n in range(HUES)}
    known = {name: tuple(value / 255 for value in rgb) for name, rgb in PATCHES.items()}
    return ToneFacts(
        curves=tuple((_near(grey), *map(_near, rgb)) for grey, rgb in zip(greys, curves, strict=True)),
        hues=_changes(style, wheel),
        patches=_changes(style, known),
        expected_error=error,
        expects=_UNPREDICTED if error is None else _expects(error),
        use=_PAINTED if style.texture is not None else "",
        corrects=style.adaptive and style.texture is None,
        vignette=style.tone.finish.vignette,
        grain=style.tone.finish.grain,
    )


def _expects(error: float) -> str:
    return f"Colours are expected to be {error:.1f} (CIEDE2000) off the true look on average; about 1 is just visible."


def _changes(style: Style, colours: dict[str, Colour]) -> tuple[Change, ...]:
    before = np.array(list(colours.values()), np.float32)
    after = style.tone.lut.apply(before).clip(0, 1)
    lab, new = srgb_to_lab(before), srgb_to_lab(after)
    chroma, left = (np.hypot(one[:, 1], one[:, 2]) for one in (lab, new))
    hue, turned = (np.degrees(np.arctan2(one[:, 2], one[:, 1])) for one in (lab, new))
    turn = (turned - hue + 180) % 360 - 180
    return tuple(
        Change(
            label,
            tuple(map(_near, before[n])),
            tuple(map(_near, after[n])),
            _near(turn[n]) if min(chroma[n], left[n]) >= GREYED else None,
            _near(left[n] / chroma[n]) if chroma[n] >= GREYED else None,
            _near(new[n, 0] - lab[n, 0]),
        )
        for n, label in enumerate(colours)
    )


def _near(value: float) -> float:
    return round(float(value), 4)
