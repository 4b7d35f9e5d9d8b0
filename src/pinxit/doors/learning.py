"""The door ``learn``: a style from finished pictures."""

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from pinxit.opening import expanded

if TYPE_CHECKING:
    from pinxit.doors.sources import Source
    from pinxit.style import Style


def learn(
    pictures: "Source | Iterable[Source]",
    name: str | None = None,
    kind: Literal["auto", "photo", "art"] = "auto",
    *,
    minutes: float = 2.0,
    neutral: "str | os.PathLike[str] | Iterable[Source] | None" = None,
    before: "str | os.PathLike[str] | Iterable[Source] | None" = None,
    contents: "str | os.PathLike[str] | Iterable[Source] | None" = None,
    liked: "str | os.PathLike[str] | Iterable[Source] | None" = None,
    disliked: "str | os.PathLike[str] | Iterable[Source] | None" = None,
    refine: Literal["auto", "on", "off"] = "auto",
    encoder: str = "eye",
    steady: float = 0.0,
    more: bool = False,
    seed: int = 0,
    strict: bool = False,
    on_progress: Callable[..., Any] | None = None,
    on_decision: Callable[[str], Any] | None = None,
    home: str | os.PathLike[str] | None = None,
    replace: bool = False,
) -> "Style":
    """Learn a style from finished pictures that have it.

    Args:
        pictures: One or more: paths, folders, patterns, PIL images, arrays or Pictures.
        name: Name to keep the style under in the library; None keeps nothing there.
        kind: "photo" learns a look, "art" colours and strokes; "auto" looks whether the pictures are drawn or painted.
        minutes: Longest time for learning strokes; 0 reads them in one pass. A look takes a second.
        neutral: The user's own pictures without a look, if there are any: a folder or pictures.
        before: The pictures as they were before they got the look: a folder with the same file names, or as many
            pictures in the same order. The look is then fitted to the pairs.
        contents: The user's own photos to practise strokes on; None takes those that come with the package.
        liked: Results that the user likes; strokes are learned toward them.
        disliked: Results that the user does not like; wanted beside ``liked``.
        refine: What follows the prediction: "off" nothing; "auto" reconciles it with the references in closed form;
            "on" also refines it adversarially, which takes half a minute.
        encoder: Who judges strokes while they are learned: "eye" comes with the package; "vgg19" is VGG-19, whose
            weights torch's cache holds or the network gives (548 MB); or a .safetensors or .pth file with those.
        steady: How much it counts in learning that strokes move with the picture, for films; 0 leaves it out.
        more: Continue the style ``name`` of the library, which is replaced, with these pictures.
        seed: The same seed, pictures and number of steps give the same style.
        strict: Fail at the first picture that cannot be read, instead of passing it over.
        on_progress: Called while learning goes on, as (done, total, text).
        on_decision: Told in a sentence what was decided by itself.
        home: Folder of the library; None takes ``PINXIT_HOME`` or the user's data folder.
        replace: A style of this name in the library goes to the trash instead of being an error.

    Returns:
        The style, with ``name``.

    Raises:
        InputError: No picture, a wrong setting, or a name that is not allowed or taken.
        NotFoundError: A path is not there, or the weights of the encoder are not.
        PictureError: No picture can be read, or one cannot with ``strict``.
        LearningError: There is nothing to learn from.
        CapacityError: The library cannot be written.
    """
    from pinxit.errors import InputError
    from pinxit.learning.style import learn_style
    from pinxit.library import Library
    from pinxit.settings import LEARNING

    library = Library(home) if name is not None else None
    if more and library is None:
        raise InputError("more pictures came without the name of the style that they continue")
    if library and not (replace or more):
        library.check_free(name)  # before the work, not after it
    style = learn_style(
        expanded(pictures),
        kind=kind,
        minutes=minutes,
        neutral=expanded(neutral) if neutral is not None else None,
        before=expanded(before) if before is not None else None,
        contents=expanded(contents) if contents is not None else None,
        liked=expanded(liked) if liked is not None else None,
        disliked=expanded(disliked) if disliked is not None else None,
        refine=refine,
        encoder=encoder,
        steady=steady,
        more_of=library.get(name) if more else None,
        seed=seed,
        strict=strict,
        resume=library.home / LEARNING if library else None,
        on_progress=on_progress,
        on_decision=on_decision,
    )
    if library is None:
        return style
    library.add(style, name, replace=replace, continues=more)
    files = {"reference": expanded(pictures), "neutral": neutral, "before": before, "contents": contents}
    files = {role: expanded(given) for role, given in files.items() if given is not None}
    options = {"kind": kind, "minutes": minutes, "refine": refine, "encoder": encoder, "seed": seed}
    library.sources.record(name, files, options | ({"steady": steady} if steady else {}), more=more)
    return style.renamed(name)
