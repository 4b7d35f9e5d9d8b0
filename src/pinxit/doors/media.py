"""The doors ``transfer_video`` and ``transfer_model``: a style to what is no single picture."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pinxit.opening import open_mask, open_style

if TYPE_CHECKING:
    from pinxit.doors.sources import Source
    from pinxit.models.transfer import ModelReport
    from pinxit.style import Style
    from pinxit.video.report import VideoReport


def transfer_video(
    source: str | os.PathLike[str],
    style: "Style | str | os.PathLike[str]",
    output: str | os.PathLike[str],
    *,
    second: "Style | str | os.PathLike[str] | None" = None,
    mask: "Source | None" = None,
    keyframes: str | os.PathLike[str] | None = None,
    preview: str | None = None,
    codec: str = "auto",
    quality: int | None = None,
    rate: float | None = None,
    steady: bool = True,
    projection: str | None = None,
    overwrite: bool = False,
    on_progress: Callable[[int, int, str], Any] | None = None,
    home: str | os.PathLike[str] | None = None,
    **dials: Any,
) -> "VideoReport":
    """Give a style to a video, an animation or a sequence of pictures; a run that was stopped is gone on with.

    Args:
        source: A video, a GIF, WebP or APNG that moves, or numbered pictures such as ``frames/%04d.png``.
        style: As :func:`~pinxit.transfer` takes it.
        output: The result; its suffix says of what kind.
        second: A style that the first one turns into along the clip, or as keyframes say.
        mask: White where the style goes, on every frame.
        keyframes: JSON file of dials and styles over time.
        preview: Part to make, such as "5s" or "10s-15s".
        codec: "auto", "h264", "hevc", "vp9", "av1" or "prores", as far as the container has it.
        quality: 1..100; None takes the usual.
        rate: Frames a second of a sequence of pictures.
        steady: Keep strokes on what they paint.
        projection: "equirectangular" for videos all around, "plain", or None for what the file says.
        overwrite: Replace a file that is there.
        on_progress: Called with frames done, of how many, and what is going on.
        home: Folder of the library.
        dials: ``strength``, ``tone``, ``texture``, ``brush`` and the others of :func:`~pinxit.transfer`.

    Raises:
        InputError: A wrong setting or keyframe, or a result that is there already.
        PictureError: The clip is damaged or refused, or the result's kind cannot hold it.
        NotFoundError: Clip, style or folder is not there.
        CapacityError: No room, or no right to write.
        MissingExtraError: The extra ``video`` is not installed.
    """
    from fractions import Fraction

    from pinxit.engines.batch import BatchSettings
    from pinxit.video.keyframes import read_keyframes
    from pinxit.video.settings import VideoSettings
    from pinxit.video.transfer import transfer_video as transfer

    settings = VideoSettings(
        dials=BatchSettings(**dials),
        second=None if second is None else open_style(second, home),
        mask=None if mask is None else open_mask(mask),
        keyframes=read_keyframes(keyframes) if keyframes else (),
        preview=preview,
        codec=codec,
        quality=quality,
        rate=None if rate is None else Fraction(str(rate)),
        steady=steady,
        projection=projection,
    )
    return transfer(
        source,
        open_style(style, home),
        output,
        settings=settings,
        open_style=lambda name: open_style(name, home),
        overwrite=overwrite,
        on_progress=on_progress,
    )


def transfer_model(
    source: str | os.PathLike[str],
    style: "Style | str | os.PathLike[str]",
    output: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    on_progress: Callable[[int, int, str], Any] | None = None,
    home: str | os.PathLike[str] | None = None,
    **dials: Any,
) -> "ModelReport":
    """Give a style to the colours of a glTF model; normals, roughness, geometry and motion stay byte for byte.

    Args:
        source: .glb or .gltf.
        style: As :func:`~pinxit.transfer` takes it.
        output: The result, .glb or .gltf as the source.
        overwrite: Replace a file that is there.
        on_progress: Called with pictures done, of how many, and what is going on.
        home: Folder of the library.
        dials: ``strength``, ``tone``, ``texture``, ``brush`` and others, as
            :func:`pinxit.models.transfer.transfer_model` has them.

    Raises:
        InputError: A wrong setting, a damaged model, or a result that is there already.
        NotFoundError: Model or style is not there.
        CapacityError: No room, or no right to write.
    """
    from pinxit.models.transfer import transfer_model as transfer

    opened = open_style(style, home)
    return transfer(source, opened, output, **dials, overwrite=overwrite, on_progress=on_progress)
