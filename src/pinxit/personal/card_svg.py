"""Drawings of a style's card as SVG inside HTML; lines and letters take the page's colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby

from pinxit.personal.card_chart import Chart, Line
from pinxit.personal.card_tone import Change, Colour
from pinxit.personal.tone_picture import hexadecimal

_WIDE, _HIGH = 350, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 12, 26, 42  # around the frame
_CELL, _ROW = 40, 34


def svg(chart: Chart) -> str:
    """A chart."""
    wide, high = _WIDE - _LEFT - _RIGHT, _HIGH - _TOP - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        across, down = chart.place(x, y)
        return round(_LEFT + across * wide, 1), round(_TOP + down * high, 1)

    (low, left) = chart.up[0], chart.across[0]
    parts = [
        f'<rect x="{_LEFT}" y="{_TOP}" width="{wide}" height="{high}" fill="none" stroke="currentColor" opacity=".35"/>'
    ]
    parts += [_text(at(x, low)[0], _HIGH - _BOTTOM + 16, words, "middle") for x, words in chart.x_ticks]
    parts += [_text(_LEFT - 6, at(left, y)[1] + 4, words, "end") for y, words in chart.y_ticks]
    parts += [_text(_LEFT + wide / 2, _HIGH - 8, chart.x, "middle")]
    if chart.level is not None:
        parts.append(_line([at(left, chart.level), at(chart.across[1], chart.level)], "currentColor", (1, 4)))
    if chart.mark is not None:
        x = at(chart.mark[0], low)[0]
        parts.append(_line([(x, _TOP), (x, _TOP + high)], "currentColor", (4, 4)))
        near_end = x > _LEFT + wide / 2
        parts.append(_text(x - 5 if near_end else x + 5, _TOP + 14, chart.mark[1], "end" if near_end else "start"))
    for line in chart.lines:
        parts += _drawn(line, at)
    parts += _legend(chart)
    about = escape(f"{chart.title}: {chart.about}")
    return f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{about}">{"".join(parts)}</svg>'


def patches_svg(changes: Sequence[Change], about: str) -> str:
    """Colours side by side, before above and after below."""
    parts = []
    for number, one in enumerate(changes):
        x = number * _CELL
        title = f"<title>{escape(one.label)}: {hexadecimal(one.before)} becomes {hexadecimal(one.after)}</title>"
        pair = _box(x, 0, _CELL - 2, _ROW, one.before) + _box(x, _ROW, _CELL - 2, _ROW, one.after)
        parts.append(f"<g>{title}{pair}</g>")
    size = f"0 0 {len(changes) * _CELL - 2} {2 * _ROW}"
    return f'<svg viewBox="{size}" role="img" aria-label="{escape(about)}">{"".join(parts)}</svg>'


def palette_svg(palette: Sequence[tuple[float, Colour]], about: str) -> str:
    """Colours side by side, as wide as their shares."""
    parts, x = [], 0.0
    for share, colour in palette:
        parts.append(_box(round(x, 2), 0, round(480 * share + 0.3, 2), 22, colour))
        x += 480 * share
    colours = ", ".join(f"{hexadecimal(colour)} {share:.0%}" for share, colour in palette)
    return f'<svg viewBox="0 0 480 24" role="img" aria-label="{escape(f"{about}: {colours}")}">{"".join(parts)}</svg>'


def _drawn(line: Line, at: Callable[[float, float], tuple[float, float]]) -> list[str]:
    """The unbroken parts of a line; a part of one point is a dot."""
    found = []
    for known, part in groupby(line.points, key=lambda point: point is not None):
        places = [at(*point) for point in part] if known else []
        if len(places) == 1:
            found.append(f'<circle cx="{places[0][0]}" cy="{places[0][1]}" r="2.5" fill="{line.colour}"/>')
        elif places:
            found.append(_line(places, line.colour, line.dash, 2))
    return found


def _legend(chart: Chart) -> list[str]:
    """Names of the lines above the frame, where there are several."""
    parts, x = [], float(_LEFT)
    for line in chart.lines if len(chart.lines) > 1 else ():
        parts.append(_line([(x, _TOP - 15), (x + 20, _TOP - 15)], line.colour, line.dash, 2))
        parts.append(_text(x + 25, _TOP - 11, line.label, "start"))
        x += 40 + 7 * len(line.label)
    return parts


def _line(places: Sequence[tuple[float, float]], colour: str, dash: tuple[int, ...], width: float = 1) -> str:
    points = " ".join(f"{x:g},{y:g}" for x, y in places)
    broken = f' stroke-dasharray="{" ".join(map(str, dash))}"' if dash else ""
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width:g}"{broken}/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    place = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}"'
    return f'<text {place} font-size="12" font-family="sans-serif" fill="currentColor">{escape(words)}</text>'


def _box(x: float, y: float, width: float, height: float, colour: Colour) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{hexadecimal(colour)}"/>'
