"""Learn a photographer's look: read the references, predict the tone, fit or refine it, and say where it came from."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np

from pinxit.errors import InputError, MissingExtraError, PictureError
from pinxit.learning.monochrome import as_monochrome, tint_by_lightness
from pinxit.learning.references import DETAILS, Progress, References, open_small, read_references
from pinxit.picture import Picture
from pinxit.picture.sampling import clouds, thumbnails
from pinxit.picture.writing import to_bits
from pinxit.provenance import Provenance
from pinxit.style import Style
from pinxit.thumbnail import thumbnail_of
from pinxit.tone.finish import Finish, estimate_finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

Refine = Literal["auto", "on", "off"]
ENOUGH_NEUTRAL = 20  # of the user's own photos without a look; fewer say too little about what is ordinary


def learn_look(
    pictures: Sequence[Any],
    *,
    neutral: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    refine: Refine = "auto",
    seed: int = 0,
    strict: bool = False,
    on_progress: Progress | None = None,
) -> Style:
    """Learn a look from finished photos.

    Args:
        pictures: Finished photos with the look: whatever ``Picture.open`` takes.
        neutral: The user's own photos without it, if there are any.
        before: The same photos before they got the look; pairs are matched by file name, or by order for arrays.
        refine: What follows the prediction: "off" nothing; "auto" reconciles it with the references in closed form;
            "on" also refines it adversarially, which does not help after a good prediction (docs/benchmarks.md).
        seed: Same pictures and seed, same style.
        strict: Fail at the first picture that cannot be read.
        on_progress: Called as (done, total, text).

    Returns:
        A style without a name.

    Raises:
        InputError: No pictures, or a wrong setting.
        PictureError: No picture can be read, or one cannot with ``strict``.
        LearningError: There is nothing to learn from.
    """
    if refine not in ("auto", "on", "off"):
        raise InputError(f"refine {refine!r} came; 'auto', 'on' or 'off' is wanted")
    with ThreadPoolExecutor(1) as beside:
        beside.submit(_warm_up)  # the network is loaded while pictures are decoded
        references = read_references(pictures, strict=strict, on_progress=on_progress)
    tone, method = tone_of(references, neutral, before, refine, seed, on_progress)
    return Style(tone=tone, provenance=provenance_of(references, method), thumbnail=thumbnail_of(references.arrays))


def tone_of(
    references: References,
    neutral: Sequence[Any] | None,
    before: Sequence[Any] | None,
    refine: Refine,
    seed: int,
    on_progress: Progress | None,
) -> tuple[Tone, str]:
    """The tone of references that are read already, and how it was found; arguments as of :func:`learn_look`."""
    plain = _readable(neutral) if neutral else None
    if before is not None:
        return _from_pairs(references, before, plain)
    return _from_references(references, plain, refine, seed, on_progress)


def provenance_of(references: References, method: str, kind: str = "photo") -> Provenance:
    """Where a style that was learned from references comes from."""
    notes = [f"skipped {line}" for line in references.skipped]
    if references.repeated:
        notes.append(f"{references.repeated} copies of other references were passed over")
    return Provenance(
        references=len(references.arrays),
        hashes=references.hashes,
        kind=kind,
        method=method,
        notes="; ".join(notes) or None,
    )


def _warm_up() -> None:
    from pinxit.networks.weights import look_predictor

    look_predictor()


def _from_references(
    references: References, plain: list[np.ndarray] | None, refine: Refine, seed: int, on_progress: Progress | None
) -> tuple[Tone, str]:
    from pinxit.learning.predict import predict_look
    from pinxit.networks.weights import look_predictor

    network = look_predictor()
    predicted = predict_look(network, list(references.arrays), plain)
    lut, method = predicted.lut, "predicted"
    if refine != "off":
        lut, method = _reconciled(lut, references, plain)
    if refine == "on":
        lut, more = _refined(lut, references, plain, network.settings["side"], seed, on_progress)
        method = f"{method}, {more}"
    tint = tint_by_lightness(references.clouds(64).reshape(-1, 3))
    if tint is not None:
        lut, method = as_monochrome(lut, tint), f"{method}, monochrome"
    return Tone(lut, _finish(references), predicted.code, predicted.error), method


def _reconciled(lut: Lut, references: References, plain: list[np.ndarray] | None) -> tuple[Lut, str]:
    from pinxit.learning.reconcile import CAUTION, CAUTION_OWN, OrdinaryColours, reconcile
    from pinxit.networks.weights import ordinary_colours

    own = plain is not None and len(plain) >= ENOUGH_NEUTRAL
    if own:
        ordinary = OrdinaryColours(clouds(plain, 16), np.zeros(len(plain), int))
    else:
        ordinary = OrdinaryColours(*ordinary_colours())
    lut, share = reconcile(lut, references.clouds(24), ordinary, caution=CAUTION_OWN if own else CAUTION)
    return lut, f"predicted, reconciled ({share:.0%})" if share else "predicted"


def _refined(
    lut: Lut, references: References, plain: list[np.ndarray] | None, side: int, seed: int, on_progress: Progress | None
) -> tuple[Lut, str]:
    from pinxit.learning.refine import refine_tone
    from pinxit.networks.weights import ordinary_thumbnails

    content = thumbnails(plain, side) if plain else ordinary_thumbnails()
    result = refine_tone(lut, references.thumbnails(side), content, seed=seed, on_progress=on_progress)
    if not result.kept:
        return lut, "not refined (no gain on held-out references)"
    return result.lut, f"refined (held-out distance {result.before:.4f} to {result.after:.4f})"


def _from_pairs(references: References, before: Sequence[Any], plain: list[np.ndarray] | None) -> tuple[Tone, str]:
    from pinxit.learning.paired import fit_pairs, match_pairs
    from pinxit.learning.predict import predict_look
    from pinxit.networks.weights import look_predictor

    pairs = match_pairs(before, references.sources)
    after = {id(source): array for source, array in zip(references.sources, references.arrays, strict=True)}
    small = [(open_small(first), after[id(second)]) for first, second in pairs]
    predicted = predict_look(look_predictor(), list(references.arrays), plain)
    lut, residual = fit_pairs(small, prior=predicted.lut)
    return Tone(lut, _finish(references)), f"fitted to {len(small)} pairs (rms residual {residual:.4f})"


def _readable(pictures: Sequence[Any]) -> list[np.ndarray]:
    """Pictures that only help; what cannot be read is left out."""
    arrays = []
    for source in pictures:
        try:
            arrays.append(open_small(source))
        except (PictureError, MissingExtraError):
            continue
    return arrays


def _finish(references: References) -> Finish:
    """Vignette from all references; grain from the middle of a few read whole, since making small removes it."""
    vignette = estimate_finish(list(references.arrays)).vignette
    middles, scale = [], 1.0
    for source in references.sources[:DETAILS]:
        whole = to_bits(Picture.open(source).array, np.uint8)
        middles.append(_middle(whole))
        scale = max(middles[-1].shape) / max(whole.shape)  # grain size is told in shares of the longest side
    grain = estimate_finish(middles)
    return Finish(vignette=vignette, grain=grain.grain, grain_size=grain.grain_size * scale)


def _middle(array: np.ndarray, side: int = 1024) -> np.ndarray:
    top, left = (max(0, (n - side) // 2) for n in array.shape[:2])
    return array[top : top + side, left : left + side]
