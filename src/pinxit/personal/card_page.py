"""A style's card as one HTML file: no script, nothing from outside, light and dark, on paper too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from pinxit.measuring.report import HEADINGS
from pinxit.personal.card import SKIN_HEADINGS, Card, Sample
from pinxit.personal.card_chart import grey_chart, history_chart, hue_charts
from pinxit.personal.card_svg import palette_svg, patches_svg, svg
from pinxit.personal.card_tone import ToneFacts
from pinxit.personal.heat import jpeg_uri
from pinxit.personal.page_parts import own_text, paragraph, section

_STYLE = """
:root { color-scheme: light dark; --back: #fff; --ink: #1d1d1f; --soft: #5c5c63; --rule: #d8d8dd; --box: #f5f5f7;
  --warn: #fff6dd; --edge: #b98500; --flag: #b3001b; }
@media (prefers-color-scheme: dark) { :root { --back: #17171a; --ink: #ececef; --soft: #a9a9b2; --rule: #3a3a41;
  --box: #222227; --warn: #332b12; --edge: #d9a92f; --flag: #ff7a85; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.5rem 3rem; background: var(--back); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
header > div { flex: 1 1 24rem; }
h1 { margin: 0 0 .6rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 2.4rem 0 .6rem; padding-bottom: .3rem; font-size: 1.25rem; border-bottom: 1px solid var(--rule); }
p { margin: .5rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt, .soft, figcaption { color: var(--soft); }
dd { margin: 0; }
img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
figure { margin: 0; }
figcaption { font-size: .875rem; }
.thumbnail { flex: 0 0 12rem; }
.warnings { margin: 1.5rem 0 0; padding: .8rem 1.2rem; background: var(--warn); border-left: 4px solid var(--edge); }
.warnings h2 { margin: 0 0 .3rem; border: 0; padding: 0; }
.warnings ul { margin: 0; padding-left: 1.2rem; }
.flag { color: var(--flag); font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); gap: 1.5rem; }
section > figure { margin: 1rem 0; }
svg { display: block; width: 100%; height: auto; color: var(--ink); }
.wide { margin-top: .8rem; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; overflow-wrap: normal; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
td:last-child { min-width: 11rem; }
th, td { padding: .3rem .6rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.samples td, .samples th { border: 0; padding: .25rem; }
.samples td, .samples td:last-child { width: 30%; min-width: 0; }
.samples tbody th { width: 10%; font-size: .8rem; font-weight: normal; color: var(--soft);
  overflow-wrap: anywhere; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } h2 { break-after: avoid; }
  figure, tr, .warnings { break-inside: avoid; } * { print-color-adjust: exact; } }
"""
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
"""


def card_page(card: Card) -> str:
    """The card as HTML; everything that others may have written is escaped."""
    parts = [
        _HEAD.format(title=escape(f"{card.name}: style card"), style=_STYLE),
        _header(card),
        _warnings(card),
        "<main>",
        _samples(card.samples),
        _tone(card.tone),
        _texture(card),
        _figures(card),
        _training(card),
        _skin(card),
        _skipped(card),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _header(card: Card) -> str:
    rows = "".join(f"<dt>{label}</dt><dd>{own_text(text)}</dd>" for label, text in card.identity())
    picture = "" if card.thumbnail is None else _image(card.thumbnail, "what the style was learned from, in small")
    shown = f'<figure class="thumbnail">{picture}</figure>' if picture else ""
    return f"<header>{shown}<div><h1>{own_text(card.name)}</h1><dl>{rows}</dl></div></header>"


def _warnings(card: Card) -> str:
    if not card.warnings:
        return ""
    items = "".join(
        f'<li class="flag">flagged: {own_text(one.text)}</li>'
        if one.rule == "skin"
        else f"<li>{own_text(one.text)}</li>"
        for one in card.warnings
    )
    return f'<section class="warnings"><h2>Before you rely on it</h2><ul>{items}</ul></section>'


def _samples(samples: Sequence[Sample]) -> str:
    columns = (("before", "before"), ("half", "half strength"), ("full", "full strength"))
    rows = [
        [own_text(one.label), *(_image(getattr(one, key), f"{one.label}, {words}") for key, words in columns)]
        for one in samples
    ]
    table = _table(("photo", *(words for _, words in columns)), rows, "Photos before and after.", "samples")
    return section("What it does", table)


def _tone(tone: ToneFacts | None) -> str:
    if tone is None:
        return ""
    charts = [grey_chart(tone), *hue_charts(tone)]
    figures = "".join(_figure(svg(chart), f"{chart.title}. {chart.about}") for chart in charts)
    patches = _figure(
        patches_svg(tone.patches, "known colours before (above) and after (below)"),
        "Known colours: before above, after below. " + ", ".join(one.label for one in tone.patches) + ".",
    )
    more = [tone.expects, tone.use, "Exposure and white balance can be corrected too (--correct)." * tone.corrects]
    more.append(f"On request (--finish): vignette {tone.vignette:.2f} stops, grain {tone.grain:.3f}.")
    strip = _figure(patches_svg(tone.hues, "hues before (above) and after (below)"), "Hues: before above, after below.")
    words = " ".join(filter(None, more))
    return section("Tone", paragraph(escape(words)), f'<div class="charts">{figures}</div>', strip, patches)


def _texture(card: Card) -> str:
    texture = card.texture
    if texture is None:
        return ""
    strips = [palette_svg(palette, f"palette of work {n}") for n, palette in enumerate(texture.palettes, 1)]
    count = len(texture.palettes)
    which = f"{count} of {texture.works} references" if count < texture.works else "all references"
    drawn = _figure("".join(strips), f"Palettes of {which}, dark to light; width is share.")
    return section("Texture", paragraph(f"It {escape(texture.adapter)}."), drawn)


def _figures(card: Card) -> str:
    rows = [[escape(cell) for cell in figure.cells()] for figure in card.report]
    words = "Means at full strength; only figures of one protocol compare."
    return section("Figures", paragraph(escape(card.measured_on)), _table(HEADINGS, rows, words))


def _training(card: Card) -> str:
    if card.training is None:
        return ""
    rows = [
        [own_text(name), f"{before:.3f}", "" if after is None else f"{after:.3f}", escape(means)]
        for name, before, after, means in card.training.rows
    ]
    chart = history_chart(card.origin.training)
    drawn = f'<div class="charts">{_figure(svg(chart), f"{chart.title}. {chart.about}")}</div>' if chart else ""
    table = _table(("figure", "before", "after", "meaning"), rows, "Against the test references.")
    return section("Training", paragraph(escape(f"{card.training.validations} {card.training.meaning}")), drawn, table)


def _skin(card: Card) -> str:
    words = paragraph(escape(card.skin_words))
    if card.skin is None:
        return section("Skin tones", words)
    rows = [[escape(cell) for cell in row] for row in card.skin_rows()]
    flags = "".join(f'<p class="flag">flagged: {escape(flag)}</p>' for flag in card.skin.flags)
    return section("Skin tones", words, flags, _table(SKIN_HEADINGS, rows, ""))


def _skipped(card: Card) -> str:
    if not card.skipped:
        return ""
    items = "".join(f"<li>{own_text(path)}: {own_text(why)}</li>" for path, why in card.skipped.items())
    return section("Not read", f"<ul>{items}</ul>")


def _figure(drawn: str, caption: str) -> str:
    return f"<figure>{drawn}<figcaption>{escape(caption)}</figcaption></figure>"


def _table(headings: Iterable[str], rows: Sequence[Sequence[str]], caption: str, kind: str = "") -> str:
    """Cells are HTML; the first of a row is its heading."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in headings)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td{_aligned(cell)}>{cell}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    whole = f"{told}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide" tabindex="0"><table class="{kind}">{whole}</table></div>'


def _aligned(cell: str) -> str:
    return ' class="number"' if cell[:1].isdigit() or cell[:1] in "+-" else ""


def _image(array: np.ndarray, alt: str) -> str:
    height, width = array.shape[:2]
    return f'<img src="{jpeg_uri(array)}" width="{width}" height="{height}" alt="{escape(alt)}">'
