"""A style's card as one picture, 1200 pixels wide."""

from __future__ import annotations

from PIL import Image

from pinxit.measuring.report import HEADINGS
from pinxit.personal.card import SKIN_HEADINGS, Card
from pinxit.personal.card_chart import grey_chart, history_chart, hue_charts
from pinxit.personal.card_sheet import FLAG, INNER, MARGIN, SOFT, WARNING, WIDTH, Sheet, wrapped

_THUMBNAIL = 240
_SIDE = 66  # column of labels beside the samples


def card_picture(card: Card) -> Image.Image:
    """The card, drawn; letters need a font of this computer, and look different with another one.

    Very long texts are shortened, which the page and the JSON are not.
    """
    sheet = Sheet()
    _header(sheet, card)
    _warnings(sheet, card)
    _samples(sheet, card)
    _tone(sheet, card)
    _texture(sheet, card)
    _figures(sheet, card)
    _training(sheet, card)
    _skin(sheet, card)
    return sheet.finished()


def _header(sheet: Sheet, card: Card) -> None:
    x, top = MARGIN, sheet.y
    if card.thumbnail is not None:
        sheet.picture(card.thumbnail, x, top, (_THUMBNAIL, _THUMBNAIL), whole=True)
        x += _THUMBNAIL + 30
    sheet.text(card.name, x=x, width=WIDTH - MARGIN - x, size=38, bold=True)
    sheet.y += 6
    for label, text in card.identity():
        sheet.label(label, x, sheet.y, size=17, colour=SOFT)
        sheet.text(text, x=x + 120, width=WIDTH - MARGIN - x - 120, size=17)
    sheet.y = max(sheet.y, top + (_THUMBNAIL if card.thumbnail is not None else 0))


def _warnings(sheet: Sheet, card: Card) -> None:
    if not card.warnings:
        return
    told = [(f"flagged: {one.text}" if one.rule == "skin" else one.text, one.rule == "skin") for one in card.warnings]
    lines = sum(len(wrapped(text, INNER - 60, 17, flag)) for text, flag in told)
    sheet.y += 22
    ground, edge = WARNING
    low = sheet.y + 52 + 24 * lines + 4 * len(told)
    sheet.pen.rectangle([MARGIN, sheet.y, WIDTH - MARGIN, low], ground)
    sheet.pen.rectangle([MARGIN, sheet.y, MARGIN + 5, low], edge)
    sheet.y += 12
    sheet.text("Before you rely on it", x=MARGIN + 22, size=20, bold=True)
    sheet.y += 4
    for text, flag in told:
        colour = {"colour": FLAG, "bold": True} if flag else {}
        sheet.label("-", MARGIN + 22, sheet.y, size=17)
        sheet.text(text, x=MARGIN + 38, width=INNER - 60, size=17, **colour)
        sheet.y += 4
    sheet.y = low


def _samples(sheet: Sheet, card: Card) -> None:
    sheet.heading("What it does")
    across = max(4, len(card.samples))
    cell = (INNER - _SIDE) // across
    size = cell - 8, (cell - 8) * 3 // 4
    for column, one in enumerate(card.samples):
        label = wrapped(one.label, cell - 8, 15)[0]
        sheet.label(label, MARGIN + _SIDE + column * cell, sheet.y, colour=SOFT)
    sheet.y += 24
    for words, key in (("before", "before"), ("half", "half"), ("full", "full")):
        sheet.label(words, MARGIN, sheet.y, colour=SOFT)
        for column, one in enumerate(card.samples):
            sheet.picture(getattr(one, key), MARGIN + _SIDE + column * cell, sheet.y, size)
        sheet.y += size[1] + 8


def _tone(sheet: Sheet, card: Card) -> None:
    tone = card.tone
    if tone is None:
        return
    sheet.heading("Tone")
    sheet.text(" ".join(filter(None, (tone.expects, tone.use))), size=17)
    sheet.y += 10
    wide = INNER // 3
    charts = [grey_chart(tone), *hue_charts(tone)]
    for column, chart in enumerate(charts):
        sheet.chart(chart, MARGIN + column * wide, sheet.y, (wide - 10, 330))
    sheet.y += 340
    sheet.text("hues: before above, after below", size=15, colour=SOFT)
    sheet.patches(tone.hues)
    sheet.y += 8
    sheet.text("known colours, skin, sky and leaves to greys: before above, after below", size=15, colour=SOFT)
    sheet.patches(tone.patches)


def _texture(sheet: Sheet, card: Card) -> None:
    if card.texture is None:
        return
    sheet.heading("Texture")
    shown, works = len(card.texture.palettes), card.texture.works
    which = f"{shown} of {works} references" if shown < works else "all references"
    sheet.text(f"It {card.texture.adapter}. Palettes of {which}, dark to light; width is share.", size=17)
    sheet.y += 8
    for palette in card.texture.palettes:
        sheet.strip(palette)


def _figures(sheet: Sheet, card: Card) -> None:
    sheet.heading("Figures")
    sheet.text(f"{card.measured_on} Means at full strength; only figures of one protocol compare.", size=17)
    sheet.y += 8
    sheet.table([HEADINGS, *(figure.cells() for figure in card.report)], (150, 75, 135, 115, 275, INNER - 750))


def _training(sheet: Sheet, card: Card) -> None:
    if card.training is None:
        return
    sheet.heading("Training")
    sheet.text(f"{card.training.validations} {card.training.meaning}", size=17)
    sheet.y += 10
    chart = history_chart(card.origin.training)
    if chart:
        sheet.chart(chart, MARGIN, sheet.y, (INNER, 260))
        sheet.y += 270
    rows = [
        (name, f"{before:.3f}", "" if after is None else f"{after:.3f}", means)
        for name, before, after, means in card.training.rows
    ]
    sheet.table([("figure", "before", "after", "meaning"), *rows], (150, 110, 110, INNER - 370))


def _skin(sheet: Sheet, card: Card) -> None:
    sheet.heading("Skin tones")
    sheet.text(card.skin_words, size=17)
    if card.skin is None:
        return
    for flag in card.skin.flags:
        sheet.text(f"flagged: {flag}", size=17, colour=FLAG, bold=True)
    sheet.y += 8
    sheet.table([SKIN_HEADINGS, *card.skin_rows()], (240, 110, 340, INNER - 690))
