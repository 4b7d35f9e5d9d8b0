"""The page of an explanation: one HTML file that needs nothing else."""

from __future__ import annotations

from html import escape

import numpy as np

from pinxit.personal.card_chart import grey_chart
from pinxit.personal.card_svg import svg
from pinxit.personal.card_tone import tone_facts
from pinxit.personal.explain import MOST_REFERENCES, Explanation
from pinxit.personal.explain_judged import chance_of, liking_section, recognition_section
from pinxit.personal.heat import MARKS, map_heat, png_uri, region_marks
from pinxit.personal.page_parts import figure, own_text, paragraph, picture, row, section, table
from pinxit.personal.painted import Painted
from pinxit.personal.tone_picture import cube_png, hue_wheel_svg
from pinxit.personal.what_if import FULL, UNTOUCHED, Variant
from pinxit.style import Style
from pinxit.tone.tone import Tone

_CSS = """
:root{color-scheme:light dark;--line:#8886;--soft:#8881}
body{font:16px/1.55 system-ui,sans-serif;max-width:66rem;margin:0 auto;padding:1rem}
h1{line-height:1.2;overflow-wrap:anywhere}h2{margin-top:2.4rem;border-top:1px solid var(--line);padding-top:1rem}
.row{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}
figure{margin:0;flex:1 1 15rem;max-width:32rem;min-width:0}figure.small{flex:0 1 9rem}
img,svg{max-width:100%;height:auto;display:block;border-radius:4px}figure>img{width:100%}
svg{width:100%;max-width:28rem}
figcaption{font-size:.88rem;opacity:.85;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:middle}
td.n,th.n{text-align:right}td img{width:7.5rem;max-width:none}
.note{background:var(--soft);border-left:4px solid var(--line);padding:.5rem .9rem;flex:1 1 18rem;margin:0}
.key{display:inline-block;width:.9em;height:.9em;border-radius:2px;vertical-align:-.1em;margin-right:.3em}
"""


def explanation_page(found: Explanation, name: str, style: str) -> str:
    """Write an explanation down as one HTML file, without scripts and without anything from outside.

    Args:
        found: What :func:`~pinxit.personal.explain.explain` says.
        name: Of the picture; any text.
        style: What the style is called; any text.
    """
    parts = [_done(found, name, style)]
    if found.painted is not None:
        parts += [_attention(found, found.painted), _works(found, found.painted), _details(found.painted)]
    parts += [recognition_section(found), liking_section(found), _tone(found), _what_if(found), _limits(found)]
    title = f"Why {name} looks like this"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body><main>"
        f"<h1>Why {own_text(name)} looks like this</h1>{''.join(parts)}</main></body></html>\n"
    )


def _done(found: Explanation, name: str, style_name: str) -> str:
    style, facts = found.style, found.style.provenance
    halves = "colours and strokes" if style.texture is not None else "colours alone"
    height, width = found.photo.shape[:2]
    learned = f", learned from {facts.references} pictures" if facts.references > 1 else ""
    words = (
        f"The style <strong>{own_text(style_name)}</strong> ({halves}{learned}) was given to this "
        f"picture at full strength. Everything here is looked at with {width} x {height} pixels; the picture has "
        f"{found.size[0]} x {found.size[1]}."
    )
    figures = (
        figure(found.photo, "The photo", name),
        figure(found.result, "The result", "the photo in the style"),
    )
    return section("What was done", paragraph(words), row(figures))


def _attention(found: Explanation, painted: Painted) -> str:
    if painted.attention is None:
        return section(
            "Where the painter looked", paragraph("This painter has no attention, so there is no map of it.")
        )
    agree = found.moved or 0.0
    told = (
        "Here the two go together." if agree > 0.3 else
        "Here they go against each other: the map is not a map of where strokes are." if agree < -0.1 else
        "Here they have little to do with each other: the map is not a map of where strokes are."
    )  # fmt: skip
    words = (
        "The map shows where the features that the painter weighs for this style are strong (its class-activation "
        "map). It is what one layer in the middle of the painter passes on. It is no proof of a cause, and it does not "
        f"say where most paint went: its rank correlation with how much strokes changed each place is {agree:+.2f} "
        f"(1 is the same order, 0 none). {told} The same layer's verdict on whether the picture was in this style "
        f"already is {painted.logit:+.2f} (log-odds; low is to be expected of a photo)."
    )
    heat = figure(
        map_heat(found.photo, painted.attention), "Attention: strong in orange, weak in grey", "attention map"
    )
    return section("Where the painter looked", paragraph(words), row([heat]))


def _works(found: Explanation, painted: Painted) -> str:
    names = [str(work.number) for work in painted.works]
    areas = np.bincount(found.regions.ravel()) / found.regions.size
    given = [float(areas[painted.nearest == place].sum()) for place in range(len(names))]
    rows = []
    for place, (work, area) in enumerate(zip(painted.works, given, strict=True)):
        order = np.argsort(work.palette.mean(1))
        strip = (work.palette[order[np.linspace(0, len(order) - 1, 96).astype(int)]] * 255).round().astype(np.uint8)
        shown = (
            f"{own_text(work.name)}<br>{picture(work.array, 'the work', 160)}"
            if work.array is not None
            else "not at hand"
        )
        colours = picture(np.repeat(strip[None], 18, 0), f"colours of work {work.number}, dark to light")
        key = f'<span class="key" style="background:rgb{MARKS[place % len(MARKS)]}"></span>{work.number}'
        rows.append((key, shown, colours, f"{work.share:.0%}", f"{area:.0%}"))
    one = len(painted.works) == 1
    words = (
        "There is one work behind this style, so all colours come from it." if one else
        "A painting is brought to those works whose colours are nearest to the photo's own. "
        "The share is how much each had to say, over the whole picture. The works are blended before painting, so no "
        "region has one source: the map says to which work's palette the colours that came out are nearest, region by "
        "region, and nothing more."
    )  # fmt: skip
    heading = ("work", "picture", "its colours", "share", "nearest in")
    sheet = table(heading, rows, numbers=2)
    drawn = [] if one else [
        figure(region_marks(found.result, found.regions, painted.nearest, names),
                "Numbers are works: whose palette is nearest to what came out", "regions by nearest work"),
    ]  # fmt: skip
    return section("Which works gave the colours", paragraph(words), row(drawn), sheet)


def _details(painted: Painted) -> str:
    rows = [
        ("single pixels" if number == 0 else f"about {2**number} pixels", *(f"{1000 * value:.1f}" for value in column))
        for number, column in enumerate(painted.details.T)
    ]
    words = (
        "How strong details of each size are (mean amount, in thousandths of the range from black to white). Strokes, "
        "lines and grain are the first rows. What was aimed at are the works above, blended by their shares."
    )
    sheet = table(("details of", "photo", "result", "aim"), rows, numbers=3)
    return section("Which strokes: details by size", paragraph(words), sheet)


def _tone(found: Explanation) -> str:
    whose = (
        "A painting is brought to its works' palette, so these are the colours of this one picture."
        if found.painted is not None
        else "A look has one change of colours for all pictures."
    )
    words = (
        f"{whose} The curves show what becomes of greys. In the wheel, the outer ring has hues as they were and the "
        "inner one what they become; each line leads from a colour's old place to its new one (angle: hue, distance "
        "from the middle: colourfulness; the square is grey). The cubes hold the colours of the photo and of "
        "the result."
    )
    curves = svg(grey_chart(tone_facts(Style(tone=Tone(found.lut)))))
    figures = (
        f"<figure>{curves}<figcaption>Curves of greys: before across, after upward</figcaption></figure>",
        f"<figure>{hue_wheel_svg(found.lut)}<figcaption>Hue wheel</figcaption></figure>",
        *(
            f'<figure><img src="{png_uri(cube_png(array))}" alt="colours of the {name} in the RGB cube">'
            f"<figcaption>Colours of the {name}: black below, white above</figcaption></figure>"
            for name, array in (("photo", found.photo), ("result", found.result))
        ),
    )
    return section("What happens to colours", paragraph(words), row(figures))


def _what_if(found: Explanation) -> str:
    rows = [_variant(one) for one in found.variants]
    heading = ("picture", "variant", "left out", "SSIM", "colour", "texture", "in the style", "from full")
    count = 0 if found.references is None else len(found.references.arrays)
    against = f"Colour and texture are measured against {_pictures(found, count)}" if count else (
        "Colour and texture are not measured: no picture that has the style is at hand; name some with --references"
    )  # fmt: skip
    own = f" ({found.own_references} of them are known to be what the style was learned from)" if count else ""
    words = (
        "SSIM: content kept, 1 is all. Colour, texture: the way left to the style, 1 for the untouched photo, 0 none, "
        "more than 1 farther away than before (protocol style-pairs-1). In the style: the recognizer's log-odds. "
        f"From full: mean visible difference from the full result (CIEDE2000). {against}{own}."
    )
    sheet = table(heading, rows, numbers=5)
    return section("What if a part were left out", sheet, paragraph(words), paragraph(_losses(found)))


def _pictures(found: Explanation, count: int) -> str:
    named = "1 picture" if count == 1 else f"{count} pictures"
    return f"{MOST_REFERENCES} of {named}, evenly chosen" if count > MOST_REFERENCES else named


def _variant(one: Variant) -> tuple[str, ...]:
    style = "" if one.style is None else f"{one.style:+.2f} ({chance_of(one.style)})"
    figures = ("" if value is None else f"{value:.2f}" for value in (one.colour, one.texture))
    name = f"<strong>{one.name}</strong>" if one.name in (FULL, UNTOUCHED) else one.name
    return (picture(one.array, one.name, 180), name, one.what, f"{one.ssim:.2f}", *figures, style, f"{one.away:.1f}")


def _losses(found: Explanation) -> str:
    training = found.style.provenance.training
    if training is None:
        return (
            "No loss is dropped here: this style was not adapted by one, and to drop a loss of the shipped networks "
            "they would have to be trained again."
        )
    figures = ", ".join(
        f"{escape(name)} {value:.3f} to {training.after[name]:.3f}"
        for name, value in training.before.items()
        if name in training.after
    )
    return (
        "No single loss is dropped here: the style would have to be adapted again without it. What adapting as a whole "
        f"changed, against references it was not steered by (score: lower is better): {figures}."
    )


def _limits(found: Explanation) -> str:
    points = (
        "Everything was tried at 512 pixels or fewer; in a larger picture, strokes are finer.",
        "A region is a patch of like colour, cut by SLIC. What lies across several regions is shared out among them.",
        "Half-transferred pictures have seams that no real picture has, and a judge may answer to these.",
        f"KernelSHAP and LIME tried {found.samples} combinations each, drawn with seed {found.seed}: small "
        "differences between regions are chance.",
        "Explanations are about the recognizer and the classifier, and these can be wrong. They do not say what a "
        "person sees or what a painter meant.",
    )
    return section("Limits", "<ul>" + "".join(f"<li>{point}</li>" for point in points) + "</ul>")
