"""Mixing several styles: their tones and their textures."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from pinxit.errors import StyleError
from pinxit.provenance import Provenance
from pinxit.style import Style
from pinxit.texture import Texture
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone


def blend_styles(parts: Sequence[tuple[Style, float]], name: str | None = None) -> Style:
    """Mix several styles.

    Tables are brought to the largest size among them and averaged, finishes too. The correction of every single
    picture, which a learned tone may have, has no mixture and is left out. Of textures, codes are averaged and
    adapters added; every mixed work has colours and strokes of one work of each, by weight.

    Args:
        parts: Styles with their weights, not negative; they are scaled to a sum of 1.
        name: Name of the mixture.

    Raises:
        InputError: No part, a negative or not finite weight, or weights that are all 0.
        StyleError: A style without a tone, textures for different painters, or an adapter of whole layers.
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
    texture = _blended(
        [(style.texture, w) for (style, _), w in zip(parts, weights, strict=True) if style.texture and w]
    )
    return Style(name=name, tone=Tone(lut=lut, finish=Finish(**finish)), texture=texture, provenance=provenance)


def _blended(parts: Sequence[tuple[Texture, float]]) -> Texture | None:
    """Textures mixed by weights, which are brought to a sum of 1; None of no part."""
    if not parts:
        return None
    weights = np.array([w for _, w in parts]) / sum(w for _, w in parts)
    textures = [t for t, _ in parts]
    if len({t.painter for t in textures}) > 1 or len({t.bands.shape[1:] for t in textures}) > 1:
        raise StyleError("the styles' textures were learned for different painters; learn them again with this version")
    works = [_mixed_work(textures, weights, number) for number in range(max(len(t.palettes) for t in textures))]
    return Texture(
        code=np.sum([np.float32(w) * t.code for t, w in _pairs(textures, weights)], 0, dtype=np.float32),
        palettes=np.stack([palette for palette, _ in works]),
        bands=np.stack([bands for _, bands in works]),
        painter=textures[0].painter,
        adapter=_adapters(textures, weights) or None,
    )


def _mixed_work(textures: Sequence[Texture], weights: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Palette and bands of one work of every texture, in turn where they have fewer, drawn together by weights."""
    size = min(t.palettes.shape[1] for t in textures)
    ends = (weights.cumsum() * size).round().astype(int)
    parts, bands = [], np.zeros_like(textures[0].bands[0])
    for texture, weight, count in zip(textures, weights, np.diff(ends, prepend=0), strict=True):
        work = number % len(texture.palettes)
        parts.append(texture.palettes[work][np.linspace(0, texture.palettes.shape[1] - 1, count).round().astype(int)])
        bands += np.float32(weight) * texture.bands[work]
    return np.concatenate(parts), np.maximum.accumulate(bands, axis=2)


def _adapters(textures: Sequence[Texture], weights: np.ndarray) -> dict[str, np.ndarray]:
    """Low-rank changes side by side, each scaled by its weight: their sum is the weighted sum of the changes."""
    found: dict[str, np.ndarray] = {}
    for texture, weight in _pairs(textures, weights):
        for key, value in (texture.adapter or {}).items():
            if key.endswith(".whole") and len(textures) > 1:
                raise StyleError(
                    "a style adapted in whole layers (head, full) cannot be mixed; learn it with low ranks"
                )
            axis = 1 if key.endswith(".up") else 0
            scaled = value * np.float32(weight) if key.endswith(".up") else value
            found[key] = np.concatenate([found[key], scaled], axis) if key in found else scaled
    return found


def _pairs(textures: Sequence[Texture], weights: np.ndarray) -> list[tuple[Texture, float]]:
    return list(zip(textures, weights.tolist(), strict=True))


def _joined(parts: Sequence[tuple[Style, float]], key: str) -> str | None:
    stated = {style.name or "unnamed": getattr(style.provenance, key) for style, _ in parts}
    texts = [f"{name}: {text}" for name, text in stated.items() if text]
    return "; ".join(texts) or None
