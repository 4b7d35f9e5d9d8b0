"""Learn a style: decide what kind of pictures the references are, and learn the halves that such a style has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from pinxit.errors import InputError
from pinxit.learning.look import Refine, provenance_of, tone_of
from pinxit.learning.recognizer import signed
from pinxit.learning.references import Progress, References, read_references
from pinxit.style import Style
from pinxit.thumbnail import thumbnail_of

Kind = Literal["auto", "photo", "art"]
MINUTES = 2.0
"""How long a painter is adapted unless told otherwise."""


def learn_style(
    pictures: Sequence[Any],
    *,
    kind: Kind = "auto",
    minutes: float = MINUTES,
    neutral: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
    contents: Sequence[Any] | None = None,
    refine: Refine = "auto",
    encoder: str = "eye",
    steady: float = 0.0,
    more_of: Style | None = None,
    seed: int = 0,
    strict: bool = False,
    liked: Sequence[Any] | None = None,
    disliked: Sequence[Any] | None = None,
    auto: bool = False,
    resume: Path | None = None,
    on_progress: Progress | None = None,
    on_decision: Callable[[str], Any] | None = None,
) -> Style:
    """Learn a style from pictures that have it.

    Args:
        pictures: Whatever ``Picture.open`` takes.
        kind: "photo" learns a look (tone), "art" tone and texture; "auto" asks the eye.
        minutes: Longest time for adapting the painter to art; 0 reads the style in one pass.
        neutral: As of :func:`~pinxit.learning.look.learn_look`.
        before: As there; such references are photos.
        contents: Photos to practise on while adapting; None takes those that come with the package.
        refine: As there.
        encoder: Who judges strokes while adapting: "eye", "vgg19", or a .safetensors or .pth file with its weights.
        steady: How much it counts while adapting that strokes move with the picture and not on their own, for films
            and panoramas; 0 leaves it out.
        more_of: A style that these pictures continue.
        seed: Same pictures, seed and steps, same style.
        strict: Fail at the first picture that cannot be read.
        liked: Pictures that one person likes, such as earlier results: an adaptation is steered toward them.
        disliked: Pictures that the same person does not like; wanted where there are liked ones.
        auto: Search for the settings of the adaptation within the minutes, see :mod:`pinxit.learning.search`.
        resume: Folder in which an interrupted adaptation waits to be gone on with; None keeps none.
        on_progress: Called as (done, total, text).
        on_decision: Told in one sentence what "auto" decided and which policy was chosen.

    Raises:
        InputError: No pictures, or a wrong setting.
        PictureError: No picture can be read, or one cannot with ``strict``.
        LearningError: There is nothing to learn from, or learning failed again and again.
        NotFoundError: The weights of the encoder are not there.
    """
    if kind not in ("auto", "photo", "art"):
        raise InputError(f"the kind {kind!r} came; 'auto', 'photo' or 'art' is wanted")
    if not 0 <= minutes <= 24 * 60:
        raise InputError(f"{minutes} minutes came; 0 to 1440 are wanted, 0 reads the style in one pass")
    if not 0 <= steady <= 100:
        raise InputError(f"steady {steady} came; 0 to 100 are wanted, and 0 leaves it out")
    if steady and not minutes:
        raise InputError("0 minutes came for strokes that are steady, which have to be learned; give some, such as 3")
    if auto and not minutes:
        raise InputError("0 minutes came for a search for settings; give it some, such as 10")
    from pinxit.networks.vgg import check_encoder

    check_encoder(encoder)
    if more_of is not None:
        _check_more(more_of, kind, before)
    references = read_references(pictures, strict=strict, on_progress=on_progress)
    tell = on_decision or (lambda _: None)
    if kind == "auto":
        kind = _decided(references, before, more_of, tell)
    tone, method = tone_of(references, neutral, before, refine, seed, None if kind == "art" else on_progress)
    style = Style(
        tone=tone,
        provenance=provenance_of(references, method),
        thumbnail=thumbnail_of(references.arrays),
        signature=signed(references.arrays, kind, more_of.signature if more_of else None),
    )
    if kind == "photo":
        if auto:
            tell("a look has no settings to search for; it was learned as ever")
        return style
    from pinxit.learning.art import Practice, with_texture

    practice = Practice(minutes, contents, seed, encoder, resume, liked, disliked, auto, steady)
    return with_texture(style, references, practice, more_of, on_progress=on_progress, tell=tell)


def _check_more(style: Style, kind: Kind, before: Sequence[Any] | None) -> None:
    """Refuse before the work what cannot be continued."""
    if kind == "photo" or (kind == "auto" and (style.texture is None or before is not None)):
        raise InputError("a photographer's look is continued by learning it again from all pictures; leave out --more")
    if style.texture is None:
        raise InputError(f"the style {style.name!r} has no texture to continue; learn it anew with --kind art")
    from pinxit.networks.weights import painter_with

    painter_with(style.texture.painter, {})  # refuses one that was learned for another painter


def _decided(
    references: References, before: Sequence[Any] | None, more_of: Style | None, tell: Callable[[str], Any]
) -> Literal["photo", "art"]:
    if before is not None:
        return "photo"
    if more_of is not None:
        return "art"
    from pinxit.learning.texture import kind_of
    from pinxit.networks.weights import eye

    kind, sure = kind_of(references.arrays, eye())
    what = "photos: learning their look" if kind == "photo" else "drawn or painted: learning colours and strokes"
    other = "art" if kind == "photo" else "photo"
    tell(f"the references look {what} ({sure:.0%} sure; --kind {other} overrides)")
    return kind
