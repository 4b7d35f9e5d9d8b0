"""Art: the texture half of a style, read from references and adapted to them, stopped and gone on with at will."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.learning.adapt import Adapted, AdaptOptions
from pinxit.learning.references import Progress, References, open_small
from pinxit.learning.search import Searched
from pinxit.provenance import Provenance, Training
from pinxit.style import Style

KEPT = 30.0
"""Days that an interrupted learning waits to be gone on with."""


@dataclass(frozen=True)
class Practice:
    """How strokes are practised.

    Args:
        minutes: Longest time; 0 reads the references in one pass.
        contents: Photos to practise on; None takes those that come with the package.
        seed: Of everything.
        encoder: Who judges: "eye", "vgg19" or a file.
        folder: Where an interrupted learning is kept, to be gone on with by the same references and settings; None
            keeps none.
        liked: Pictures that one person likes, such as earlier results; the learning is steered toward them.
        disliked: Pictures that the same person does not like.
        auto: Search for the settings within the minutes, see ``learning.search``.
        steady: Weight of the temporal loss, see ``TextureWeights``.
    """

    minutes: float
    contents: Sequence[Any] | None = None
    seed: int = 0
    encoder: str = "eye"
    folder: Path | None = None
    liked: Sequence[Any] | None = None
    disliked: Sequence[Any] | None = None
    auto: bool = False
    steady: float = 0.0


def with_texture(
    style: Style,
    references: References,
    practice: Practice,
    more_of: Style | None = None,
    *,
    on_progress: Progress | None = None,
    tell: Callable[[str], Any] = lambda _: None,
) -> Style:
    """A style with the texture of its references, adapted if there is time for it.

    Args:
        style: With tone and provenance.
        references: What it is learned from.
        practice: Time and material.
        more_of: A style that these references continue.
        on_progress: Called as (done, total, text).
        tell: Told in a sentence which policy was chosen.

    Raises:
        LearningError: The references are too small, or learning failed again and again.
        InputError: No such encoder.
        NotFoundError: Its weights are not there.
    """
    from pinxit.learning.adapt import choose
    from pinxit.learning.texture import continued, read_texture
    from pinxit.networks.weights import eye, painter, painter_version

    texture = read_texture(references.arrays, painter(), eye(), painter_version())
    provenance = replace(style.provenance, kind="art", method="texture read in one pass")
    if more_of is not None:
        texture = continued(more_of.texture, texture)
        provenance = _both(more_of.provenance, provenance)
    style = replace(style, texture=texture, provenance=provenance)
    if not practice.minutes:
        return style
    options = choose(len(references.arrays), practice.minutes)
    weights = replace(options.weights, temporal=practice.steady)
    options = replace(options, seed=practice.seed, encoder=practice.encoder, weights=weights)
    what = "searching for settings, beginning with" if practice.auto else "adapting by"
    tell(f"{what} the policy {options.policy} for up to {practice.minutes:g} minutes")
    return _adapted(style, references, practice, options, on_progress)


def _adapted(
    style: Style, references: References, practice: Practice, options: AdaptOptions, on_progress: Progress | None
) -> Style:
    from pinxit.learning.search import searched_texture
    from pinxit.learning.texture import adapted_texture
    from pinxit.networks.weights import packaged_contents

    photos = [open_small(c) for c in practice.contents] if practice.contents else packaged_contents()
    folder = _folder(practice, style, references, photos, options)
    texture, found, *searched = (searched_texture if practice.auto else adapted_texture)(
        style.texture, references.arrays, photos, options,
        liking=_liking(practice, options), folder=folder, on_progress=on_progress,
    )  # fmt: skip
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
    return replace(style, texture=texture, provenance=_told(style.provenance, references, options, found, *searched))


def _liking(practice: Practice, options: AdaptOptions) -> Any:
    """The classifier of what one person likes; None where nothing was said."""
    if not practice.liked and not practice.disliked:
        return None
    from pinxit.learning.liking import learn_liking
    from pinxit.networks.weights import eye

    sides = [[open_small(picture) for picture in side or ()] for side in (practice.liked, practice.disliked)]
    return learn_liking(*sides, eye(), options.seed)


def _told(
    provenance: Provenance,
    references: References,
    options: AdaptOptions,
    found: Adapted,
    searched: Searched | None = None,
) -> Provenance:
    """What the provenance says of an adaptation."""
    from pinxit.learning.texture import LEAST

    kept = f"kept step {found.best} of {found.steps}" if found.best else "no gain, read in one pass"
    score = f"held-out score {found.before:.3f} to {found.after:.3f}"
    judge = "" if options.encoder == "eye" else "; judged by VGG-19"
    earlier = provenance.training.split if provenance.training else {}
    seen = [h for h, a in zip(references.hashes, references.arrays, strict=True) if min(a.shape[:2]) >= LEAST]
    training = Training(
        split={**earlier, **dict(zip(seen, found.parts, strict=True))},
        before=dict(found.untrained),
        after=dict(found.tested),
        history=tuple(dict(figures) for figures in found.history),
        steps=found.steps,
        best=found.best,
        minutes=round(found.minutes, 2),
        search=asdict(searched) if searched else {},
    )
    notes = "; ".join(filter(None, (provenance.notes, *found.events))) or None
    policy = f"{searched.settings['policy']}, searched" if searched else options.policy
    method = f"adapted ({policy}; {score}; {kept}{judge})"
    return replace(provenance, method=method, notes=notes, training=training)


def _both(old: Provenance, new: Provenance) -> Provenance:
    """Of a style that is continued."""
    hashes = tuple(dict.fromkeys((*old.hashes, *new.hashes)))
    count = old.references + len(hashes) - len(set(old.hashes))
    return replace(
        new, references=count, hashes=hashes, licence=old.licence, consent=old.consent, training=old.training
    )


def _folder(
    practice: Practice, style: Style, references: References, photos: Sequence[np.ndarray], options: AdaptOptions
) -> Path | None:
    """Where this very learning keeps its checkpoint; those that nobody went on with are removed."""
    home = practice.folder
    if home is None or practice.liked or practice.disliked:
        return None
    if home.is_dir():
        for old in home.iterdir():
            if time.time() - old.stat().st_mtime > KEPT * 86400:
                shutil.rmtree(old, ignore_errors=True)
    pixels = hashlib.sha256(b"".join(np.ascontiguousarray(photo).tobytes() for photo in photos)).hexdigest()
    facts = [style.fingerprint, references.hashes, pixels, asdict(options), practice.auto]
    return home / hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
