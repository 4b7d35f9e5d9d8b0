"""The sections of an explanation's page about judges: the recognizer, and the classifier of likes."""

from __future__ import annotations

from html import escape

import numpy as np

from pinxit.measuring.attribution import METHODS, Faithfulness
from pinxit.personal.card_chart import Chart, Line
from pinxit.personal.card_svg import svg
from pinxit.personal.explain import Explanation
from pinxit.personal.heat import place_of, region_heat
from pinxit.personal.judges import Judged
from pinxit.personal.page_parts import figure, paragraph, row, section, table

_SHOWN = 5  # regions in a table
_SURE = 0.9  # share of random orders that a trustworthy order beats


def recognition_section(found: Explanation) -> str:
    """Why the result looks like the style, or why that cannot be told."""
    title = "What makes it look like this style"
    if found.recognized is None:
        return section(title, paragraph(escape(f"This cannot be told: {found.unknown}.")))
    before, after = found.recognized.before, found.recognized.after
    weak = " It took the untouched photo for the style already, so it says little here." if before > 0 else ""
    weak += " The transfer made it less sure." if after < before else ""
    words = (
        f"The recognizer was asked whether the picture is in this style or in no known one. Log-odds (0 is even): "
        f"{before:+.2f} before ({chance_of(before)}), {after:+.2f} after ({chance_of(after)}).{weak} Of the change "
        f"of {after - before:+.2f}, the half of the signature that is made for strokes brings "
        f"{found.halves['strokes']:+.2f} and the half for colours {found.halves['colours']:+.2f}. (The eye behind the "
        "first half sees colours too, so the two are not cleanly apart.)"
    )
    return section(title, paragraph(words), _judged(found, found.recognized, "looks like the style"))


def liking_section(found: Explanation) -> str:
    """Why one person would like it; empty where nobody's likes came."""
    if found.liking is None:
        return ""
    before, after = found.liking.before, found.liking.after
    words = (
        f"A classifier of what was liked and disliked gives {before:+.2f} before ({chance_of(before)}) and "
        f"{after:+.2f} after ({chance_of(after)}), as log-odds of being liked. It has seen "
        "only the pictures that were given to it."
    )
    return section("What makes it likable", paragraph(words), _judged(found, found.liking, "is liked"))


def _judged(found: Explanation, told: Judged, what: str) -> str:
    gain = told.gain["KernelSHAP"]
    best = np.argsort(-np.abs(gain), kind="stable")[:_SHOWN]
    shown, brought = (max(float(np.abs(x).max()) for x in each) for each in ((told.photo, told.result), (gain,)))
    figures = [
        figure(region_heat(array, found.regions, values, most, marked), f"{words} (strongest: {most:.2f})", words)
        for words, array, values, most, marked in (
            ("The photo: what each region shows", found.photo, told.photo, shown, ()),
            ("The result: what each region shows", found.result, told.result, shown, ()),
            ("What the transfer brought there", found.result, gain, brought, best),
        )
    ]
    rows = [
        (str(place + 1), place_of(found.regions, region), *(f"{told.gain[name][region]:+.3f}" for name in METHODS))
        for place, region in enumerate(best)
    ]
    agree = ", ".join(f"{pair} {value:+.2f}" for pair, value in told.agreement().items())
    words = (
        f"Orange speaks for it, blue against it. The first two maps, on one scale, paint over one region "
        f"at a time with the picture's mean colour (occlusion): how much less it then {what}. The third and the table "
        f"set regions of the result into the photo, and share the whole change out among them: KernelSHAP's values "
        f"sum to {gain.sum():+.2f}, the whole change is {told.after - told.before:+.2f}. The ranks of regions agree "
        f"between methods: {agree} (1 is the same order, 0 none)."
    )
    best_ones = table(("", "region", *METHODS), rows, numbers=len(METHODS))
    return row(figures) + paragraph(words) + best_ones + _trust(told.faithfulness)


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
    chart = _deletion(trust)
    drawn = f"<figure>{svg(chart)}<figcaption>{chart.title}</figcaption></figure>"
    return row([drawn, f'<p class="note">{words}</p>'])


def _deletion(trust: Faithfulness) -> Chart:
    """Score as regions are taken back, by the map and in random orders."""
    own, chance = trust.deletion, trust.random_deletion
    low, high = float(min(own.min(), chance.min())), float(max(own.max(), chance.max()))

    def points(curve: np.ndarray) -> list[tuple[float, float]]:
        return list(zip(trust.hidden.tolist(), curve.tolist(), strict=True))

    lines = [
        Line("by this map", "#d95f02", points(own)),
        Line("random", "#808080", points(chance.mean(0)), (6, 3)),
        Line("its range", "#808080", [*points(chance.min(0)), None, *points(chance.max(0))], (1, 3)),
    ]
    return Chart(
        title="Score as regions are taken back",
        about="the lower the line of this map against random orders, the better the map",
        x="share of regions taken back",
        across=(0, 1),
        up=(low, max(high, low + 1e-6)),
        x_ticks=[(0, "none"), (0.5, "half"), (1, "all")],
        y_ticks=[(low, f"{low:+.1f}"), (high, f"{high:+.1f}")],
        lines=lines,
    )


def chance_of(odds: float) -> str:
    """Log-odds as a probability in words."""
    share = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
    return f"{share:.0%}" if 0.005 <= share <= 0.995 else ("under 1 %" if share < 0.5 else "over 99 %")
