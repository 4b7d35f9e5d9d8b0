"""Sheet: the canvas of a style's card as a picture, filled from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from pinxit.personal.card_chart import Chart, Line
from pinxit.personal.card_tone import Change, Colour

WIDTH, MARGIN = 1200, 48
"""Of the sheet, in pixels."""
INNER = WIDTH - 2 * MARGIN
"""Pixels between the margins."""
INK, SOFT, RULE, FLAG = "#1d1d1f", "#5c5c63", "#d8d8dd", "#b3001b"
WARNING = ("#fff6dd", "#b98500")
"""Ground and edge of the box of warnings."""
_LONGEST = 400  # letters of one text
_LOWEST = 8000  # of the sheet
_FONTS = (
    "DejaVuSans{}.ttf", "LiberationSans{}.ttf", "Arial{}.ttf", "NotoSansCJK-Regular.ttc", "wqy-microhei.ttc",
    "PingFang.ttc", "msyh.ttc",
)  # fmt: skip


class Sheet:
    """A white sheet on which each thing stands below the one before; ``y`` is where the next one goes."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH, _LOWEST), "white")
        self.pen = ImageDraw.Draw(self.image)
        self.y = MARGIN

    def finished(self) -> Image.Image:
        """The sheet, cut below what stands on it."""
        return self.image.crop((0, 0, WIDTH, min(self.y + MARGIN // 2, _LOWEST)))

    def heading(self, words: str) -> None:
        """A heading over a rule."""
        self.y += 26
        self.text(words, size=24, bold=True)
        self.pen.line([(MARGIN, self.y + 2), (WIDTH - MARGIN, self.y + 2)], RULE)
        self.y += 14

    def text(
        self, words: str, *, x: int = MARGIN, width: int = INNER, size: int = 18, colour: str = INK, bold: bool = False
    ) -> None:
        """A paragraph, wrapped at a width; what is very long ends in dots."""
        for line in wrapped(words, width, size, bold):
            self.label(line, x, self.y, size=size, colour=colour, bold=bold)
            self.y += round(size * 1.4)

    def label(
        self,
        words: str,
        x: float,
        y: float,
        *,
        size: int = 15,
        colour: str = INK,
        bold: bool = False,
        anchor: str = "la",
    ) -> None:
        """One line, where it is told; ``anchor`` as in Pillow."""
        words = readable(words)
        self.pen.text((x, y), words, colour, font(words, size, bold), anchor)

    def picture(self, array: np.ndarray, x: int, y: int, size: tuple[int, int], *, whole: bool = False) -> None:
        """A picture cut to fill a size, or whole inside it."""
        image = Image.fromarray(np.ascontiguousarray(array))
        place = ImageOps.contain if whole else ImageOps.fit
        self.image.paste(place(image, size, Image.Resampling.LANCZOS), (x, y))

    def table(self, rows: Sequence[Sequence[str]], widths: Sequence[int], size: int = 15) -> None:
        """Rows of wrapped cells under a first row of headings."""
        for number, row in enumerate(rows):
            top, x, low = self.y, MARGIN, self.y
            for words, width in zip(row, widths, strict=True):
                self.y = top
                self.text(words, x=x, width=width - 16, size=size, bold=number == 0, colour=INK)
                x, low = x + width, max(low, self.y)
            self.y = low + 5
            self.pen.line([(MARGIN, self.y), (MARGIN + sum(widths), self.y)], RULE)
            self.y += 5

    def patches(self, changes: Sequence[Change]) -> None:
        """Colours side by side, before above and after below."""
        cell, row = INNER / len(changes), 28
        for number, one in enumerate(changes):
            left = MARGIN + number * cell
            for colour, y in ((one.before, self.y), (one.after, self.y + row)):
                self.pen.rectangle([left, y, left + cell - 3, y + row - 1], rgb(colour))
        self.y += 2 * row + 6

    def strip(self, palette: Sequence[tuple[float, Colour]]) -> None:
        """Colours side by side, as wide as their shares."""
        x = float(MARGIN)
        for share, colour in palette:
            self.pen.rectangle([x, self.y, x + share * INNER, self.y + 25], rgb(colour))
            x += share * INNER
        self.y += 30

    def chart(self, chart: Chart, x: int, y: int, size: tuple[int, int]) -> None:
        """A chart in a box, which has to have room for its labels."""
        left, top, right, bottom = x + 52, y + 52, x + size[0] - 12, y + size[1] - 44

        def at(across: float, up: float) -> tuple[float, float]:
            one, down = chart.place(across, up)
            return left + one * (right - left), top + down * (bottom - top)

        self.label(chart.title, x, y, size=16, bold=True)
        self.pen.rectangle([left, top, right, bottom], outline=RULE)
        for place, words in chart.x_ticks:
            self.label(words, at(place, 0)[0], bottom + 4, size=13, colour=SOFT, anchor="ma")
        for place, words in chart.y_ticks:
            self.label(words, left - 6, at(0, place)[1], colour=SOFT, anchor="rm")
        self.label(chart.x, (left + right) / 2, bottom + 23, colour=SOFT, anchor="ma")
        if chart.level is not None:
            self._line([at(chart.across[0], chart.level), at(chart.across[1], chart.level)], "#888888", (2, 5), 1)
        if chart.mark is not None:
            place = at(chart.mark[0], 0)[0]
            self._line([(place, top), (place, bottom)], "#888888", (5, 5), 1)
            near_end = place > (left + right) / 2
            self.label(chart.mark[1], place + (-6 if near_end else 6), top + 4, anchor="ra" if near_end else "la")
        for line in chart.lines:
            self._drawn(line, at)
        self._legend(chart, left, top)

    def _legend(self, chart: Chart, x: float, top: float) -> None:
        for line in chart.lines if len(chart.lines) > 1 else ():
            self._line([(x, top - 12), (x + 24, top - 12)], line.colour, line.dash, 2)
            self.label(line.label, x + 30, top - 12, anchor="lm")
            x += 42 + font(line.label, 15).getlength(line.label)

    def _drawn(self, line: Line, at: Callable[[float, float], tuple[float, float]]) -> None:
        for known, part in groupby(line.points, key=lambda point: point is not None):
            places = [at(*point) for point in part] if known else []
            if len(places) == 1:
                (x, y), r = places[0], 3
                self.pen.ellipse([x - r, y - r, x + r, y + r], line.colour)
            elif places:
                self._line(places, line.colour, line.dash, 2)

    def _line(self, places: Sequence[tuple[float, float]], colour: str, dash: tuple[int, ...], width: int) -> None:
        """A line through places, in dashes where they are asked for."""
        if not dash:
            self.pen.line(list(places), colour, width, joint="curve")
            return
        points = np.array(places, float)
        far = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        for start in np.arange(0, far[-1], sum(dash)):
            along = np.linspace(start, min(start + dash[0], far[-1]), 4)
            piece = [(np.interp(a, far, points[:, 0]), np.interp(a, far, points[:, 1])) for a in along]
            self.pen.line(piece, colour, width)


def wrapped(words: str, width: int, size: int, bold: bool = False) -> list[str]:
    """Words in lines of a width in pixels; words wider than that are broken."""
    text = " ".join(readable(words).split())
    text = text if len(text) <= _LONGEST else text[:_LONGEST].rstrip() + "..."
    face, lines = font(text, size, bold), [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if face.getlength(longer) <= width:
            lines[-1] = longer
            continue
        lines += [""] if lines[-1] else []
        for letter in word:
            if lines[-1] and face.getlength(lines[-1] + letter) > width:
                lines.append("")
            lines[-1] += letter
    return lines


def readable(text: str) -> str:
    """The text with backslashes for halves of letters, which no font takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def font(words: str, size: int, bold: bool = False) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """The first font of this computer that has all letters of the words; Pillow's own where none has."""
    found = [face for name in _FONTS if (face := _face(name.format("-Bold" if bold else ""), size))]
    return next((face for face in found if _has(face, words)), found[0] if found else ImageFont.load_default(size))


@cache
def _face(name: str, size: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(name, size)
    except OSError:
        return None


def _has(face: ImageFont.FreeTypeFont, words: str) -> bool:
    missing = bytes(face.getmask("\U0010fffe"))
    return not any(bytes(face.getmask(letter)) == missing for letter in set(words) - {" "})


def rgb(colour: Colour) -> tuple[int, int, int]:
    """Sixteen million colours."""
    red, green, blue = (round(255 * value) for value in colour)
    return red, green, blue
