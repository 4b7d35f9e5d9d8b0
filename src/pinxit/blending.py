"""Mixing the tones of several styles."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from pinxit.errors import StyleError
from pinxit.provenance import Provenance
from pinxit.style import Style
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def blend_styles(parts: Sequence[tuple[Style, float]], name: str | None = None) -> Style:
    """Mix the tones of several styles.

    Tables are brought to the largest size among them and averaged, finishes too. The correction of every single
    picture, which a learned tone may have, has no mixture and is left out.

    Args:
        parts: Styles with their weights, not negative; they are scaled to a sum of 1.
        name: Name of the mixture.

    Raises:
        InputError: No part, a negative or not finite weight, or weights that are all 0.
        StyleError: A style without a tone.
    """
    for style, _ in parts:
        if style.tone is None:
            raise StyleError(f"the style {style.name!r} has no tone to blend; leave it out")
    tones = [style.tone for style, _ in parts]
    lut = Lut.blend([(tone.lut, weight) for tone, (_, weight) in zip(tones, parts, strict=True)])
    weights = np.array([weight for _, weight in parts], np.float64)
    weights = weights / weights.sum()
    finish = {
        item.name: float(sum(w * getattr(tone.finish, item.name) for tone, w in zip(tones, weights, strict=True)))
        for item in fields(Finish)
    }
    recipe = " + ".join(f"{w:.4g} x {style.name or 'unnamed'}" for (style, _), w in zip(parts, weights, strict=True))
    left_out = any(style.adaptive for style, _ in parts)
    provenance = Provenance(
        references=sum(style.provenance.references for style, _ in parts),
        hashes=tuple(dict.fromkeys(item for style, _ in parts for item in style.provenance.hashes)),
        kind="blend",
        method=f"blend of {recipe}",
        licence=_joined(parts, "licence"),
        consent=_joined(parts, "consent"),
        notes="correction of single pictures left out" if left_out else None,
    )
    return Style(name=name, tone=Tone(lut=lut, finish=Finish(**finish)), provenance=provenance)


def _joined(parts: Sequence[tuple[Style, float]], key: str) -> str | None:
    stated = {style.name or "unnamed": getattr(style.provenance, key) for style, _ in parts}
    texts = [f"{name}: {text}" for name, text in stated.items() if text]
    return "; ".join(texts) or None
