"""The page of an explanation: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from pinxit.measuring.attribution import METHODS, Faithfulness
from pinxit.personal.explain import Explanation
from pinxit.personal.heat import MARKS, jpeg_uri, map_heat, place_of, png_uri, region_heat, region_marks
from pinxit.personal.judges import Judged
from pinxit.personal.painted import Painted
from pinxit.personal.tone_picture import cube_png, curves_svg, hue_wheel_svg
from pinxit.personal.what_if import FULL, UNTOUCHED, Variant

_SHOWN = 5  # regions in a table
_SURE = 0.9  # share of random orders that a trustworthy order beats
_CSS = """
:root{color-scheme:light dark;--line:#8886;--soft:#8881}
body{font:16px/1.55 system-ui,sans-serif;max-width:66rem;margin:0 auto;padding:1rem}
h1{line-height:1.2;overflow-wrap:anywhere}h2{margin-top:2.4rem;border-top:1px solid var(--line);padding-top:1rem}
.row{display:flex;flex-wrap:wrap;gap:1rem;align-items:flex-start}
figure{margin:0;flex:1 1 15rem;max-width:32rem;min-width:0}figure.small{flex:0 1 9rem}
img,svg{max-width:100%;height:auto;display:block;border-radius:4px}figure>img{width:100%}
svg{width:100%;max-width:24rem;font-size:11px}svg text{fill:currentColor}svg .axis{stroke:currentColor;fill:none}
figcaption{font-size:.88rem;opacity:.85;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line);vertical-align:middle}
td.n,th.n{text-align:right}td img{width:7.5rem;max-width:none}
.note{background:var(--soft);border-left:4px solid var(--line);padding:.5rem .9rem}
.key{display:inline-block;width:.9em;height:.9em;border-radius:2px;vertical-align:-.1em;margin-right:.3em}
"""


def explanation_page(found: Explanation, picture: str, style: str) -> str:
    """Write an explanation down as one HTML file, without scripts and without anything from outside.

    Args:
        found: What :func:`~pinxit.personal.explain.explain` says.
        picture: Name of the picture; any text.
        style: What the style is called; any text.
    """
    parts = [_done(found, picture, style)]
    if found.painted is not None:
        parts += [_attention(found, found.painted), _works(found, found.painted), _details(found.painted)]
    parts += [_recognition(found), _liking(found), _tone(found), _what_if(found), _limits(found)]
    title = f"Why {picture} looks like this"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{_CSS}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{''.join(parts)}</main></body></html>\n"
    )


def _done(found: Explanation, picture: str, named: str) -> str:
    style, facts = found.style, found.style.provenance
    halves = "colours and strokes" if style.texture is not None else "colours alone"
    height, width = found.photo.shape[:2]
    learned = f", learned from {facts.references} pictures" if facts.references > 1 else ""
    words = (
        f"The style <strong>{escape(named)}</strong> ({halves}{learned}) was given to this "
        f"picture at full strength. Everything here is looked at with {width} x {height} pixels; the picture has "
        f"{found.size[0]} x {found.size[1]}."
    )
    figures = (_figure(found.photo, "The photo", picture), _figure(found.result, "The result", "the photo in the style"))
    return _section("What was done", _p(words), _row(figures))


def _attention(found: Explanation, painted: Painted) -> str:
    if painted.attention is None:
        return _section("Where the painter looked", _p("This painter has no attention, so there is no map of it."))
    agree = found.moved or 0.0
    told = (
        "Here the two go together." if agree > 0.3 else
        "Here they go against each other: the map is not a map of where strokes are." if agree < -0.1 else
        "Here they have little to do with each other: the map is not a map of where strokes are."
    )  # fmt: skip
    words = (
        "The map shows where the features that the painter weighs for this style are strong (its class-activation map). "
        "It is what one layer in the middle of the painter passes on. It is no proof of a cause, and it does not say "
        f"where most paint went: its rank correlation with how much strokes changed each place is {agree:+.2f} "
        f"(1 is the same order, 0 none). {told} The same layer's own verdict on whether these features are of this "
        f"style is {painted.logit:+.2f} (0 is undecided)."
    )
    heat = _figure(map_heat(found.photo, painted.attention), "Attention: strong in orange, weak in grey", "attention map")
    return _section("Where the painter looked", _p(words), _row([heat]))


def _works(found: Explanation, painted: Painted) -> str:
    names = [str(work.number) for work in painted.works]
    areas = np.bincount(found.regions.ravel()) / found.regions.size
    given = [float(areas[painted.nearest == place].sum()) for place in range(len(names))]
    rows = []
    for place, (work, area) in enumerate(zip(painted.works, given, strict=True)):
        order = np.argsort(work.palette.mean(1))
        strip = (work.palette[order[np.linspace(0, len(order) - 1, 96).astype(int)]] * 255).round().astype(np.uint8)
        shown = f"{escape(work.name)}<br>{_img(work.array, 'the work', 160)}" if work.array is not None else "not at hand"
        colours = _img(np.repeat(strip[None], 18, 0), f"colours of work {work.number}, dark to light")
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
    table = _table(heading, rows, numbers=2)
    drawn = [] if one else [
        _figure(region_marks(found.result, found.regions, painted.nearest, names),
                "Numbers are works: whose palette is nearest to what came out", "regions by nearest work"),
    ]  # fmt: skip
    return _section("Which works gave the colours", _p(words), _row(drawn), table)


def _details(painted: Painted) -> str:
    rows = [
        (f"about {2**number} pixels", *(f"{1000 * value:.1f}" for value in column))
        for number, column in enumerate(painted.details.T)
    ]
    words = (
        "How strong details of each size are (mean amount, in thousandths of the range from black to white). Strokes, "
        "lines and grain are the first rows. What was aimed at are the works above, blended by their shares."
    )
    table = _table(("details of", "photo", "result", "aim"), rows, numbers=3)
    return _section("Which strokes: details by size", _p(words), table)


def _recognition(found: Explanation) -> str:
    title = "What makes it look like this style"
    if found.recognized is None:
        return _section(title, _p(escape(f"This cannot be told: {found.unknown}.")))
    before, after = found.recognized.before, found.recognized.after
    words = (
        f"The recognizer was asked whether the picture is in this style or in no known one. Log-odds (0 is even): "
        f"{before:+.2f} before ({_chance(before)}), {after:+.2f} after ({_chance(after)}). Of the change of "
        f"{after - before:+.2f}, the half of the signature that is made for strokes brings "
        f"{found.halves['strokes']:+.2f} and the half for colours {found.halves['colours']:+.2f}. (The eye behind the "
        "first half sees colours too, so the two are not cleanly apart.)"
    )
    return _section(title, _p(words), _judged(found, found.recognized, "looks like the style"))


def _liking(found: Explanation) -> str:
    if found.liking is None:
        return ""
    before, after = found.liking.before, found.liking.after
    words = (
        f"A classifier of what was liked and disliked gives {before:+.2f} before ({_chance(before)}) and {after:+.2f} "
        f"after ({_chance(after)}), as log-odds of being liked. It has seen only the pictures that were given to it."
    )
    return _section("What makes it likable", _p(words), _judged(found, found.liking, "is liked"))


def _judged(found: Explanation, told: Judged, what: str) -> str:
    gain = told.gain["KernelSHAP"]
    best = np.argsort(-np.abs(gain), kind="stable")[:_SHOWN]
    figures = (
        _figure(region_heat(found.photo, found.regions, told.photo), "The photo: what each region shows", "photo, regions"),
        _figure(region_heat(found.result, found.regions, told.result), "The result: what each region shows", "result, regions"),
        _figure(region_heat(found.result, found.regions, gain, best), "What the transfer brought there", "gain, regions"),
    )  # fmt: skip
    rows = [
        (str(place + 1), place_of(found.regions, region), *(f"{told.gain[name][region]:+.3f}" for name in METHODS))
        for place, region in enumerate(best)
    ]
    agree = ", ".join(f"{pair} {value:+.2f}" for pair, value in told.agreement().items())
    words = (
        f"Orange speaks for it, blue against it; each map has its own scale. The first two maps paint over one region "
        f"at a time with the picture's mean colour (occlusion): how much less it then {what}. The third and the table "
        f"set regions of the result into the photo, and share the whole change out among them: KernelSHAP's values "
        f"sum to {gain.sum():+.2f}, the whole change is {told.after - told.before:+.2f}. The ranks of regions agree "
        f"between methods: {agree} (1 is the same order, 0 none)."
    )
    table = _table(("", "region", *METHODS), rows, numbers=len(METHODS))
    return _row(figures) + _p(words) + table + _trust(told.faithfulness)


def _trust(trust: Faithfulness) -> str:
    areas, orders = trust.areas(), len(trust.random_deletion)
    beaten = round(trust.beaten * orders)
    verdict = (
        "The map finds what matters better than chance." if trust.beaten >= _SURE else
        "That is hardly better than chance: do not rely on this map."
    )  # fmt: skip
    words = (
        "<strong>Can this map be trusted?</strong> Regions of the result were taken back, the most important first. "
        f"The score then lies at {areas['deletion']:+.2f} on average, and at {areas['random deletion']:+.2f} for "
        f"regions in random order (lower is better); it is lower than in {beaten} of {orders} random orders. Set in "
        f"first, they lift it to {areas['insertion']:+.2f} on average, in random order to "
        f"{areas['random insertion']:+.2f} (higher is better). {verdict}"
    )
    return f'<div class="row"><figure>{_curve_svg(trust)}</figure><p class="note" style="flex:1 1 18rem">{words}</p></div>'


def _tone(found: Explanation) -> str:
    whose = (
        "A painting is brought to its works' palette, so these are the colours of this one picture."
        if found.painted is not None
        else "A look has one change of colours for all pictures."
    )
    words = (
        f"{whose} The curves show what becomes of greys. In the wheel, the outer ring has hues as they were and the inner "
        "one what they become; each line leads from a colour's old place to its new one (angle: hue, distance from the "
        "middle: colourfulness; the square is grey). The cubes hold the colours of the photo and of the result."
    )
    figures = (
        f"<figure>{curves_svg(found.lut)}<figcaption>Curves</figcaption></figure>",
        f"<figure>{hue_wheel_svg(found.lut)}<figcaption>Hue wheel</figcaption></figure>",
        *(
            f'<figure><img src="{png_uri(cube_png(array))}" alt="colours of the {name} in the RGB cube">'
            f"<figcaption>Colours of the {name}: black below, white above</figcaption></figure>"
            for name, array in (("photo", found.photo), ("result", found.result))
        ),
    )
    return _section("What happens to colours", _p(words), _row(figures))


def _what_if(found: Explanation) -> str:
    rows = [_variant(one) for one in found.variants]
    heading = ("picture", "variant", "left out", "SSIM", "colour", "texture", "in the style", "from full")
    count = 0 if found.references is None else len(found.references.arrays)
    against = f"Colour and texture are measured against {count} pictures" if count else (
        "Colour and texture are not measured: no picture that has the style is at hand; name some with --references"
    )  # fmt: skip
    own = f", {found.own_references} of them known as those that the style was learned from" if count else ""
    words = (
        "SSIM: content kept, 1 is all. Colour, texture: the way left to the style, 1 for the untouched photo, 0 none, "
        "more than 1 farther away than before (protocol style-pairs-1). In the style: the recognizer's log-odds. From full: mean "
        f"visible difference from the full result (CIEDE2000). {against}{own}."
    )
    table = _table(heading, rows, numbers=5)
    return _section("What if a part were left out", table, _p(words), _p(_losses(found)))


def _variant(one: Variant) -> tuple[str, ...]:
    style = "" if one.style is None else f"{one.style:+.2f} ({_chance(one.style)})"
    figures = ("" if value is None else f"{value:.2f}" for value in (one.colour, one.texture))
    name = f"<strong>{one.name}</strong>" if one.name in (FULL, UNTOUCHED) else one.name
    return (_img(one.array, one.name, 180), name, one.what, f"{one.ssim:.2f}", *figures, style, f"{one.away:.1f}")


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
        "Everything was tried at 512 pixels or fewer. On the full picture, strokes are finer.",
        "A region is a patch of like colour, cut by SLIC. What lies across several regions is shared out among them.",
        "Half-transferred pictures have seams that no real picture has, and a judge may answer to these.",
        f"KernelSHAP and LIME tried {found.samples} combinations each, drawn with seed {found.seed}: small "
        "differences between regions are chance.",
        "Explanations are about the recognizer and the classifier, and these can be wrong. They do not say what a "
        "person sees or what a painter meant.",
    )
    return _section("Limits", "<ul>" + "".join(f"<li>{point}</li>" for point in points) + "</ul>")


def _curve_svg(trust: Faithfulness) -> str:
    chance = trust.random_deletion
    low, high = min(chance.min(), trust.deletion.min()), max(chance.max(), trust.deletion.max())

    def points(values: np.ndarray, shares: np.ndarray = trust.hidden) -> str:
        heights = 200 - 180 * (values - low) / max(high - low, 1e-9)
        return " ".join(f"{40 + 190 * x:.1f},{y:.1f}" for x, y in zip(shares, heights, strict=True))

    band = f"{points(chance.max(0))} {points(chance.min(0)[::-1], trust.hidden[::-1])}"
    title = "Deletion curve: score as regions are taken back, against random orders"
    return (
        f'<svg viewBox="0 0 240 240" role="img" aria-label="{title}"><title>{title}</title>'
        f'<path class="axis" d="M40 15V205H232"/><polygon points="{band}" fill="#888" fill-opacity=".3"/>'
        f'<polyline points="{points(chance.mean(0))}" class="axis" stroke-dasharray="4 3"/>'
        f'<polyline points="{points(trust.deletion)}" fill="none" stroke="#d95f02" stroke-width="2.5"/>'
        f'<text x="2" y="24">{high:+.1f}</text><text x="2" y="203">{low:+.1f}</text>'
        '<text x="40" y="218">none taken back</text><text x="200" y="218">all</text>'
        '<text x="40" y="234">orange: by this map; dashed, grey: random, and its range</text></svg>'
    )


def _chance(odds: float) -> str:
    share = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
    return f"{share:.0%}" if 0.005 <= share <= 0.995 else ("under 1 %" if share < 0.5 else "over 99 %")


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{title}</h2>{''.join(parts)}</section>"


def _p(words: str) -> str:
    return f"<p>{words}</p>"


def _row(figures: Iterable[str]) -> str:
    return f'<div class="row">{"".join(figures)}</div>'


def _img(array: np.ndarray, alt: str, longest: int | None = None) -> str:
    return f'<img src="{jpeg_uri(array, longest)}" alt="{escape(alt)}">'


def _figure(array: np.ndarray, caption: str, alt: str) -> str:
    return f"<figure>{_img(array, alt)}<figcaption>{caption}</figcaption></figure>"


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> str:
    """A table whose last columns are numbers; cells are HTML."""
    first = len(heading) - numbers

    def line(cells: Sequence[str], tag: str, scope: str) -> str:
        return "".join(f"<{tag}{scope}{' class=n' * (i >= first)}>{c}</{tag}>" for i, c in enumerate(cells))

    body = "".join(f"<tr>{line(row, 'td', '')}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{line(heading, "th", " scope=col")}</tr>{body}</table></div>'
