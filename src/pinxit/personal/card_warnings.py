"""Warnings of a style's card: plain words, each from one rule over facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pinxit.measuring.report import Report
from pinxit.measuring.skin_groups import SkinReport
from pinxit.provenance import Provenance
from pinxit.style import Style

FEW = 5
"""References below which there are few."""
MUCH_ERROR = 6.0
"""Expected CIEDE2000 from which on colours are visibly wrong; looks learned from five photos are off by 4.9."""
UNEVEN = 18.0
"""Standard deviation of the mean L* of references from which on their brightness differs very much.

Of 35 folders of drawings, paintings and photos the median was 12; above 18 lay three, of ink on white beside solid
black.
"""
LITTLE = 0.45
"""SSIM below which little content is kept; hands read in one pass had 0.39 to 0.77."""
_LONGEST = 400  # letters of what others wrote
# Mean CIEDE2000 to the true look, from one, five and more photos, without and with the originals (docs/benchmarks.md).
_ONE, _FIVE, _UNTOUCHED = (7.3, 2.8), (4.9, 1.5), 8.9


@dataclass(frozen=True)
class Warned:
    """A warning.

    Args:
        rule: Which rule gave it.
        text: What to know, in plain words.
    """

    rule: str
    text: str


def warnings_of(
    style: Style, report: Report, lightness: Sequence[float] = (), skin: SkinReport | None = None
) -> tuple[Warned, ...]:
    """What has to be known before a style is relied on.

    Args:
        style: The style.
        report: Its figures, "ssim" and "ciede2000" among them.
        lightness: Mean L* of its references, as far as they are known.
        skin: What it does to skin, where that was measured.
    """
    origin = style.provenance
    found = {
        "few references": _few(origin),
        "no gain": _no_gain(origin),
        "lost on test": _lost(origin),
        "cut references": _cut(origin),
        "expected error": _error(style, report),
        "uneven references": _uneven(lightness),
        "little content kept": _little(report),
        "whole layers": _whole(style),
        "imported": _imported(origin),
        "blended": _blended(origin),
        "not stated": _unstated(origin),
        "noted": _noted(origin),
    }
    flags = [Warned("skin", flag) for flag in (skin.flags if skin else ())]
    return (*flags, *(Warned(rule, text) for rule, text in found.items() if text))


def _few(origin: Provenance) -> str:
    count = origin.references
    if origin.kind not in ("photo", "art") or count >= FEW:
        return ""
    if count == 0:
        return "it does not say how many pictures it was learned from: expect anything"
    trained = f"trained on {count} picture{'s' if count > 1 else ''}: "
    unclear = "what is the look and what was the subject cannot be told apart"
    if origin.kind == "art":
        more = "; expect its colours on every photo" if count == 1 else "; expect their colours on every photo"
        return f"{trained}{unclear}{more}"
    paired = origin.method.startswith("fitted")
    near, far = _FIVE[paired], _ONE[paired]
    about = f"about {far:.0f}" if count == 1 else f"about {near:.0f} to {far:.0f}"
    told = f"; expect colours {about} CIEDE2000 off the true look, where an untouched photo was {_UNTOUCHED:.0f} off"
    return f"{trained}{'it was fitted to pairs' if paired else unclear}{told}"


def _no_gain(origin: Provenance) -> str:
    training = origin.training
    if training is None or training.best:
        return ""
    return f"adapting brought no gain in {training.steps} steps: this is the style as read in one pass"


def _lost(origin: Provenance) -> str:
    training = origin.training
    if training is None or not training.best:
        return ""
    before, after = training.before.get("score"), training.after.get("score")
    if before is None or after is None or after < before:
        return ""
    return f"adapting gained where it was stopped and chosen, and not on test references: {before:.3f} to {after:.3f}"


def _cut(origin: Provenance) -> str:
    if origin.training is None or "cut" not in origin.training.split.values():
        return ""
    return (
        "the references were too few to hold some out: parts of each one trained, stopped and tested, so the figures "
        "of training say little about other pictures of the same hand"
    )


def _error(style: Style, report: Report) -> str:
    error = style.tone.expected_error if style.tone else None
    if error is None or style.texture is not None:  # painting does not use the table
        return ""
    change = report["ciede2000"].value
    if error >= MUCH_ERROR:
        return f"high expected error ({error:.1f} CIEDE2000): expect colours that are visibly wrong"
    if change is not None and error >= change:
        return f"the expected error ({error:.1f} CIEDE2000) is as large as what the look changes ({change:.1f})"
    return ""


def _uneven(lightness: Sequence[float]) -> str:
    if len(lightness) < 3 or np.std(lightness, ddof=1) < UNEVEN:
        return ""
    low, high = min(lightness), max(lightness)
    return (
        f"references of very different brightness (mean L* {low:.0f} to {high:.0f}): they may be two styles in one; "
        "pinxit recognize --group sorts them"
    )


def _little(report: Report) -> str:
    kept = report["ssim"].value
    if kept is None or kept >= LITTLE:
        return ""
    return f"it keeps little of a photo (SSIM {kept:.2f}): try --strength 0.5, or --texture 0.5"


def _whole(style: Style) -> str:
    adapter = style.texture.adapter if style.texture else None
    if not any(key.endswith(".whole") for key in adapter or {}):
        return ""
    return "its adapter changes whole layers: it may have forgotten other hands, and it cannot be blended"


def _imported(origin: Provenance) -> str:
    if origin.kind != "table":
        return ""
    return "imported table: what it was made from is not known, and every picture gets the same change of colours"


def _blended(origin: Provenance) -> str:
    if origin.kind != "blend":
        return ""
    return "a blend: nobody made pictures that look like this, so there are none to compare it with"


def _unstated(origin: Provenance) -> str:
    missing = [what for what in ("licence", "consent") if not getattr(origin, what)]
    if not missing:
        return ""
    of = "the table" if origin.kind == "table" else "the references"
    stated = " and ".join(missing) + (" are" if len(missing) > 1 else " is")
    return f"{stated} not stated for {of}: know why you may use it before you publish results"


def _noted(origin: Provenance) -> str:
    notes = " ".join((origin.notes or "").split())
    if not notes:
        return ""
    return "noted when it was made: " + (notes if len(notes) <= _LONGEST else notes[:_LONGEST].rstrip() + " ...")
