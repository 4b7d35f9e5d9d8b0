"""The front doors: learn, transfer, measure and export in one call each."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pinxit.exporting.notes import export_notes
from pinxit.opening import both_masks, expanded, open_mask, open_style

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from pinxit.engines.enhance import EnhanceReport
    from pinxit.measuring.report import Report
    from pinxit.picture import Picture
    from pinxit.style import Style

    Source = str | os.PathLike[str] | bytes | Image.Image | np.ndarray | Picture


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
    library.sources.record(name, files, options, more=more)
    return style.renamed(name)


def transfer(
    source: "Source",
    style: "Style | str | os.PathLike[str]",
    *,
    strength: float | str = 1.0,
    tone: float = 1.0,
    texture: float = 1.0,
    finish: float = 0.0,
    correct: float = 0.0,
    brush: float | None = None,
    keep_colours: bool = False,
    variation: float = 0.0,
    seed: int = 0,
    warmth: float = 0.0,
    contrast: float = 0.0,
    saturation: float = 0.0,
    mask: "Source | None" = None,
    protect: Literal["faces"] | None = None,
    second: "Style | str | os.PathLike[str] | None" = None,
    across: "str | Source" = "left-right",
    subject_strength: float = 1.0,
    background_strength: float = 1.0,
    enhance: str | None = None,
    on_enhance: "Callable[[EnhanceReport], Any] | None" = None,
    personal: bool | str | None = None,
    home: str | os.PathLike[str] | None = None,
) -> "Picture":
    """Give a style to a picture.

    Args:
        source: Path, bytes, PIL image, array (H, W, 3) of uint8, uint16 or float 0..1, or Picture.
        style: A style, a ``.pinxit``, ``.cube`` or HaldCLUT file, a name in the library, or a picture of a
            painting: its colours and strokes are then read in one pass.
        strength: 0 returns the picture, 1 the style, more goes beyond; "auto:0.7" the most that keeps an SSIM of 0.7.
        tone: Of the tone half, beside ``strength``.
        texture: Of the texture half, beside ``strength``.
        finish: Of the vignette and grain found in the references; 0 leaves them out.
        correct: Of the correction of this picture's exposure and white balance toward the style's; 0 leaves it out.
        brush: Size of strokes in those of the references, 0.25 to 8; None makes them grow with very large pictures.
        keep_colours: Let strokes change lightness alone.
        variation: How far strokes are moved at random from the learned ones, 0 to 2.
        seed: Of the variation and the grain.
        warmth: Of the result, -1..1; lightness stays.
        contrast: Of the result, -1..1.
        saturation: Of the result, -1..1; -1 is grey.
        mask: A picture that is white where the style goes and black where it does not.
        protect: "faces" keeps the style off faces.
        second: A style that the first one turns into.
        across: How it does: "left-right", "top-bottom", or a picture that is white where the second style goes.
        subject_strength: Share of the style on the subject, 0..1: people, or what stands out.
        background_strength: Share of it on everything else, 0..1.
        enhance: Image processing around the transfer, of the whole picture: "denoise", "exposure" and "sharpen" before
            it and "tonemap" after it, with commas between them and strengths such as "denoise:0.5"; "auto" does
            what measurements of the picture ask for, "suggest" tries that and leaves the picture as it is.
        on_enhance: Told what was measured and done.
        personal: Whose own setting (``pinxit rate``) counts for dials that stand at their defaults: a user's name, or
            True for the operating system's. None is True for a name in the library, else False.
        home: Folder of the library.

    Returns:
        The picture with the style; ``numpy.asarray`` of it has the dtype and shape of an array that came in.

    Raises:
        PictureError: The picture is damaged or refused.
        NotFoundError: The picture or the style is not there.
        InputError: A strength that is negative or not finite.
    """
    from pinxit.engines.batch import BatchSettings
    from pinxit.engines.engine import ACROSS, Engine, gradient, mixed_pictures
    from pinxit.engines.enhance import enhanced
    from pinxit.personal.setting import personalized
    from pinxit.picture import Picture

    settings = BatchSettings(
        strength=strength, tone=tone, texture=texture, finish=finish, correct=correct, brush=brush,
        keep_colours=keep_colours, variation=variation, seed=seed, protect=protect,
        warmth=warmth, contrast=contrast, saturation=saturation,
        subject_strength=subject_strength, background_strength=background_strength, enhance=enhance,
    )  # fmt: skip
    settings.check()
    own = personalized(style, settings, personal=personal, home=home)

    def give(picture: Picture) -> Picture:
        controls = own.settings.controls(picture)
        if mask is not None:
            controls["mask"] = both_masks(open_mask(mask), controls["mask"], picture)
        result = Engine(own.style).transfer(picture, **controls)
        if second is None:
            return result
        named = isinstance(across, str) and across in ACROSS
        where = gradient(picture, across) if named else open_mask(across)
        return mixed_pictures(result, Engine(open_style(second, home)).transfer(picture, **controls), where)

    result, report = enhanced(Picture.open(source), enhance, give)
    if report is not None and on_enhance:
        on_enhance(report)
    return result


def measure(
    *,
    content: "Source | Iterable[Source]",
    result: "Source | Iterable[Source]",
    references: "Source | Iterable[Source] | None" = None,
    encoder: str = "eye",
    on_progress: Callable[..., Any] | None = None,
) -> "Report":
    """Measure what a transfer kept of its content and how far it came toward its references.

    Args:
        content: The picture before, as in :func:`transfer`; or many: a folder, a pattern or a list.
        result: The picture after, of any size. Of many: files with the same names, or else as many in the same order.
        references: Pictures that have the style, or folders of them; None measures only what was kept.
        encoder: The feature network: "eye", "vgg19" or a file, as in :func:`learn`.
        on_progress: Called as (done, total, text).

    Returns:
        Figures by name, such as ``report["ssim"].value``; of many pictures means, and figures of the results as a set.

    Raises:
        InputError: Contents and results do not belong together, an empty list, or another encoder.
        NotFoundError, PictureError: A picture is not there, or damaged or refused.
    """
    from pinxit.errors import InputError
    from pinxit.learning.paired import match_pairs
    from pinxit.measuring.pictures import measure_pictures

    contents, results = expanded(content), expanded(result)
    several = len(contents) > 1 or len(results) > 1
    pairs = match_pairs(contents, results) if several else [(contents[0], results[0])]
    if not len({id(before) for before, _ in pairs}) == len(contents) == len(results) == len(pairs):
        count = f"{len(contents)} contents and {len(results)} results"
        raise InputError(f"{count} came, not one for one; give two folders in which the file names agree")
    wanted = [] if references is None else expanded(references)
    return measure_pictures(pairs, wanted, as_sets=several, encoder=encoder, on_progress=on_progress)


def export(
    style: "Style | str | os.PathLike[str]",
    path: str | os.PathLike[str],
    size: int = 33,
    picture: "Source | None" = None,
    *,
    level: int = 8,
    strength: float = 1.0,
    correct: float = 1.0,
    home: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a style's tone as a lookup table for other programs.

    Args:
        style: A style, a file or a name in the library, as in :func:`transfer`.
        path: ``.cube``, or ``.png`` for a HaldCLUT; ``.pinxit`` writes the style itself.
        size: Nodes a side of a .cube: 17, 33 or 65.
        picture: A picture to write the table for, with the correction that it gets; None writes the style's mean table.
        level: Level of a HaldCLUT, 8 or 12.
        strength: Of the style in the table.
        correct: Of the picture's correction; counts with ``picture`` only.
        home: Folder of the library.

    Raises:
        InputError: Another suffix, size or level.
        StyleError: The style has no tone.
        CapacityError: The disk is full or the folder cannot be written.
    """
    from pinxit.errors import StyleError
    from pinxit.exporting.table_file import check_table_path, write_table
    from pinxit.style import STYLE_SUFFIX

    style = open_style(style, home)
    if Path(path).suffix.lower() == STYLE_SUFFIX:
        return style.save(path)
    check_table_path(path)
    if style.tone is None:
        raise StyleError(f"the style {style.name!r} has no tone, and a table holds nothing else")
    if picture is None:
        lut = style.tone.lut.toward(strength)
    else:
        from pinxit.engines.engine import Engine
        from pinxit.picture import Picture

        lut = Engine(style).lut_for(Picture.open(picture), strength=strength, tone=1.0, correct=correct)
    notes = export_notes(style, for_picture=picture is not None)
    return write_table(lut, path, size=size, level=level, title=style.name or "pinxit", notes=notes)
