"""Tone pictures: what a table does to colours, drawn as a wheel of hues and as a cube of colours."""

from __future__ import annotations

import colorsys
import io

import numpy as np
from PIL import Image, ImageDraw

from pinxit.picture.sampling import thumbnail
from pinxit.tone.lut import Lut

_HUES = 24
_CHROMA, _VALUE = 0.45, 0.75  # of the wheel's colours before
_REACH = 140  # from the middle of the wheel to a full colour; it ends at 80
_CLOUD = 48  # colours of a picture are read at a grid of so many pixels a side


def hue_wheel_svg(lut: Lut) -> str:
    """Where hues go, as an inline SVG: outer ring before, inner ring after, lines from the old to the new place.

    Angles are hues and the distance from the middle is colourfulness (largest minus smallest channel).

    Args:
        lut: The tone.
    """
    hues = np.arange(_HUES) / _HUES
    before = np.array([colorsys.hsv_to_rgb(hue, _CHROMA / _VALUE, _VALUE) for hue in hues], np.float32)
    after = lut.apply(before).clip(0, 1)
    grey = lut.apply(np.full((1, 3), _VALUE - _CHROMA / 2, np.float32)).clip(0, 1)
    parts = []
    for old, new, hue in zip(before, after, hues, strict=True):
        parts += [_sector(hue, 101, 117, old), _sector(hue, 84, 100, new)]
        (x, y), (u, v) = _place(old), _place(new)
        parts.append(f'<line stroke="currentColor" x1="{x:.1f}" y1="{y:.1f}" x2="{u:.1f}" y2="{v:.1f}"/>')
        parts.append(f'<circle cx="{u:.1f}" cy="{v:.1f}" r="3.4" fill="{hexadecimal(new)}" stroke="currentColor"/>')
    (u, v), shade = _place(grey[0]), hexadecimal(grey[0])
    radius = _CHROMA * _REACH
    parts.append(
        f'<circle cx="120" cy="120" r="{radius:.1f}" fill="none" stroke="currentColor" stroke-dasharray="1 4"/>'
    )
    parts.append(f'<rect x="{u - 3:.1f}" y="{v - 3:.1f}" width="6" height="6" fill="{shade}" stroke="currentColor"/>')
    title = "Hue wheel: where hues and grey go, before and after"
    return f'<svg viewBox="0 0 240 240" role="img" aria-label="{title}">{"".join(parts)}</svg>'


def cube_png(array: np.ndarray, side: int = 260) -> bytes:
    """The colours of a picture inside the cube of all colours, black below and white above, as a PNG.

    Args:
        array: (H, W, 3), uint8, uint16 or float 0..1.
        side: Of the PNG, in pixels; its ground is transparent.
    """
    scale = 2 * side
    image = Image.new("RGBA", (scale, scale), (128, 128, 128, 0))
    draw = ImageDraw.Draw(image)
    corners = np.array([[i & 1, i >> 1 & 1, i >> 2] for i in range(8)], np.float32)
    places = _projected(corners)[:, :2] * scale
    for i in range(8):
        for j in (i | 1, i | 2, i | 4):
            if i != j:
                draw.line([*places[i], *places[j]], fill=(128, 128, 128, 255), width=2)
    colours = thumbnail(array, _CLOUD).reshape(-1, 3)
    spots = _projected(colours)
    for number in np.argsort(spots[:, 2]):
        x, y = spots[number, :2] * scale
        draw.ellipse([x - 5, y - 5, x + 5, y + 5], fill=(*(colours[number] * 255).round().astype(int).tolist(), 255))
    file = io.BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS).save(file, "PNG", optimize=True)
    return file.getvalue()


def hexadecimal(colour: np.ndarray) -> str:
    """A colour (3,), 0..1, as CSS has it."""
    return "#" + "".join(f"{round(float(value) * 255):02x}" for value in np.clip(colour, 0, 1))


def _place(colour: np.ndarray) -> tuple[float, float]:
    """Where a colour stands in the wheel."""
    hue = colorsys.rgb_to_hsv(*map(float, colour))[0]
    return _polar(hue, min(_REACH * float(np.ptp(colour)), 80.0))


def _polar(hue: float, radius: float) -> tuple[float, float]:
    turn = 2 * np.pi * (hue - 0.25)  # red on top
    return 120 + radius * float(np.cos(turn)), 120 + radius * float(np.sin(turn))


def _sector(hue: float, inner: float, outer: float, colour: np.ndarray) -> str:
    half = 0.5 / _HUES
    corners = [_polar(hue + turn, r) for r, turn in ((inner, -half), (outer, -half), (outer, half), (inner, half))]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polygon points="{points}" fill="{hexadecimal(colour)}"/>'


def _projected(colours: np.ndarray) -> np.ndarray:
    """Colours (N, 3) to places across, down and in depth, (N, 3); the first two 0..1. Greys stand one above another."""
    red, green, blue = colours.T
    light, warm, cool = (red + green + blue) / 3, red - (green + blue) / 2, (green - blue) * 0.866
    turn = np.radians(25)
    across, depth = warm * np.cos(turn) - cool * np.sin(turn), warm * np.sin(turn) + cool * np.cos(turn)
    return np.stack([0.5 + 0.42 * across, 0.88 - 0.76 * light - 0.1 * depth, -depth], 1)
