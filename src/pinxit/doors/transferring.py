"""The door ``transfer``: a style to a picture."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from pinxit.opening import both_masks, open_mask, open_style

if TYPE_CHECKING:
    from pinxit.doors.sources import Source
    from pinxit.engines.enhance import EnhanceReport
    from pinxit.picture import Picture
    from pinxit.style import Style


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
    projection: str = "auto",
    stereo: str = "none",
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
        projection: "equirectangular" or "cubemap" for a picture of the whole sphere, "plain" for a flat one; "auto"
            believes the picture's own metadata.
        stereo: "top-bottom" or "side-by-side" for two equirectangular eyes in one picture.
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
    from pinxit.stills import transfer_still

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
        shape = {"projection": projection, "stereo": stereo}
        result = transfer_still(Engine(own.style), picture, **shape, **controls)
        if second is None:
            return result
        named = isinstance(across, str) and across in ACROSS
        where = gradient(picture, across) if named else open_mask(across)
        other = transfer_still(Engine(open_style(second, home)), picture, **shape, **controls)
        return mixed_pictures(result, other, where)

    result, report = enhanced(Picture.open(source), enhance, give)
    if report is not None and on_enhance:
        on_enhance(report)
    return result
