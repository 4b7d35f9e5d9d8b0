"""``pinxit transfer``: a style to pictures, panoramas, videos and models; what was named decides."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit import doors
from pinxit.cli.options import DryRun, Json, Overwrite, Quiet, User
from pinxit.cli.running import default_of, note
from pinxit.cli.transfer_model import named_models, transfer_models
from pinxit.cli.transfer_panorama import named_environment, transfer_cube, transfer_environment_map
from pinxit.cli.transfer_pictures import transfer_pictures
from pinxit.cli.transfer_video import transfer_videos, video_settings
from pinxit.engines.plan import WRITABLE_SUFFIXES
from pinxit.errors import InputError
from pinxit.picture import DEFAULT_MAX_PIXELS, Picture
from pinxit.video.finding import find_clips


def transfer(
    ctx: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(help="Pictures, videos or models: files, folders, patterns.", show_default=False),
    ],
    style: Annotated[
        str,
        typer.Option("--style", "-s", help="Name in the library, a .pinxit, .cube or HaldCLUT file, or a painting."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A file for one input, else a folder.", show_default=False)
    ],
    strength: Annotated[
        str,
        typer.Option(
            help="Of the whole style; 0 none, 1 as learned, more goes beyond; auto finds one for each picture.",
            metavar="NUMBER|auto",
        ),
    ] = str(default_of(doors.transfer, "strength")),
    keep: Annotated[
        float | None,
        typer.Option(help="Content that auto keeps at least, as SSIM 0 to 1; 0.6 unless named.", show_default=False),
    ] = None,
    tone: Annotated[float, typer.Option(help="Of the colours.")] = default_of(doors.transfer, "tone"),
    texture: Annotated[float, typer.Option(help="Of the strokes.")] = default_of(doors.transfer, "texture"),
    brush: Annotated[
        float | None, typer.Option(help="Size of strokes, 0.25 to 8; grows by itself with very large pictures.")
    ] = default_of(doors.transfer, "brush"),
    keep_colours: Annotated[bool, typer.Option("--keep-colours", help="Strokes change lightness alone.")] = False,
    variation: Annotated[float, typer.Option(help="Random variation of strokes, 0 to 2.")] = default_of(
        doors.transfer, "variation"
    ),
    seed: Annotated[int, typer.Option(help="Of variation and grain.")] = default_of(doors.transfer, "seed"),
    warmth: Annotated[float, typer.Option(help="Of the result, -1 to 1.")] = default_of(doors.transfer, "warmth"),
    contrast: Annotated[float, typer.Option(help="Of the result, -1 to 1.")] = default_of(doors.transfer, "contrast"),
    saturation: Annotated[float, typer.Option(help="Of the result, -1 grey to 1.")] = default_of(
        doors.transfer, "saturation"
    ),
    plain: Annotated[bool, typer.Option("--plain", help="Without your own setting from: pinxit rate")] = False,
    user: User = None,
    mask: Annotated[Path | None, typer.Option(help="Picture that is white where the style goes.")] = None,
    second: Annotated[str | None, typer.Option(help="A style that the first one turns into.")] = None,
    across: Annotated[str, typer.Option(help="How: left-right, top-bottom, or a mask picture.")] = default_of(
        doors.transfer, "across"
    ),
    protect: Annotated[str | None, typer.Option(help="What stays as it is.", metavar="faces")] = None,
    subject_strength: Annotated[float, typer.Option(help="Share of the style on the subject, 0 to 1.")] = default_of(
        doors.transfer, "subject_strength"
    ),
    background_strength: Annotated[float, typer.Option(help="Share of it on everything else.")] = default_of(
        doors.transfer, "background_strength"
    ),
    enhance: Annotated[
        str | None,
        typer.Option(
            help="Image processing around the transfer; auto does what the picture needs.",
            metavar="auto|suggest|denoise,exposure,sharpen,tonemap",
        ),
    ] = None,
    finish: Annotated[float, typer.Option(help="Of the vignette and grain.")] = default_of(doors.transfer, "finish"),
    correct: Annotated[float, typer.Option(help="Of the correction of exposure and white balance.")] = default_of(
        doors.transfer, "correct"
    ),
    projection: Annotated[
        str,
        typer.Option(
            help="Of pictures and videos all around; auto believes their metadata.",
            metavar="auto|equirectangular|cubemap|plain",
        ),
    ] = default_of(doors.transfer, "projection"),
    stereo: Annotated[
        str, typer.Option(help="Two eyes in one picture.", metavar="none|top-bottom|side-by-side")
    ] = default_of(doors.transfer, "stereo"),
    preview: Annotated[
        str | None, typer.Option(help="Part of a video, such as 5s or 10s-15s.", show_default=False)
    ] = None,
    keyframes: Annotated[
        Path | None, typer.Option(help="JSON of a video's dials and styles over time.", show_default=False)
    ] = None,
    steady: Annotated[
        bool, typer.Option("--steady/--no-steady", help="Keep strokes of a video on what they paint.")
    ] = True,
    codec: Annotated[str, typer.Option(help="Of a video.", metavar="auto|h264|hevc|vp9|av1|prores")] = "auto",
    rate: Annotated[float | None, typer.Option(help="Frames a second of a sequence of pictures.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Pictures in work at once.")] = 1,
    profile: Annotated[str, typer.Option(help="Colour profile of the results.", metavar="srgb|source")] = default_of(
        Picture.save, "profile"
    ),
    quality: Annotated[int, typer.Option(min=1, max=100, help="Of JPEG, WebP and AVIF.")] = default_of(
        Picture.save, "quality"
    ),
    suffix: Annotated[str | None, typer.Option(help="Suffix of all results in a folder, such as .png.")] = None,
    keep_private: Annotated[bool, typer.Option("--keep-private", help="Keep GPS places and serial numbers.")] = False,
    max_pixels: Annotated[int, typer.Option(min=1, help="Most pixels of one picture.")] = DEFAULT_MAX_PIXELS,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first picture that fails.")] = False,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Give a style to pictures, panoramas, videos and glTF models.

    A folder keeps its sub-folders, and what an earlier run has done is skipped; a video that was stopped is gone on
    with. Example: pinxit transfer holiday/ --style "golden hour" -o graded/
    """
    from pinxit.engines.batch import BatchSettings

    settings = BatchSettings(
        strength=_strength(strength, keep),
        tone=tone,
        texture=texture,
        finish=finish,
        correct=correct,
        brush=brush,
        keep_colours=keep_colours,
        variation=variation,
        seed=seed,
        warmth=warmth,
        contrast=contrast,
        saturation=saturation,
        protect=protect,
        subject_strength=subject_strength,
        background_strength=background_strength,
        enhance=enhance,
        quality=quality,
        profile=_checked_profile(profile),
        keep_private=keep_private,
        max_pixels=max_pixels,
        suffix=_checked_suffix(suffix),
        projection=projection,
        stereo=stereo,
    )
    settings.check()
    opened, settings = _own(ctx, style, settings, user, plain=plain, silent=quiet or json)
    more = {"mask": mask, "second": second, "across": across}
    output = output.expanduser()
    how = {"overwrite": overwrite, "dry_run": dry_run, "json": json, "quiet": quiet}
    if models := named_models(inputs):
        _refuse({"--mask": mask, "--second": second}, "pictures", "a model")
        transfer_models(models, opened, output, settings, **how)
        return
    if environment := named_environment(inputs):
        _refuse({"--mask": mask, "--second": second}, "pictures", "an environment map")
        transfer_environment_map(environment, opened, output, settings, **how)
        return
    if projection == "cubemap" and len(inputs) == 6 and not Path(inputs[0]).is_dir():
        _refuse({"--mask": mask, "--second": second}, "single pictures", "a cubemap of six files")
        transfer_cube([Path(item).expanduser() for item in inputs], opened, output, settings, **how)
        return
    if clips := find_clips(inputs, output):
        named = getattr(ctx.get_parameter_source("quality"), "name", "") == "COMMANDLINE"
        film = video_settings(
            settings, mask=mask, second=second, preview=preview, keyframes=keyframes, codec=codec, rate=rate,
            steady=steady, quality=quality if named else None, projection=None if projection == "auto" else projection,
        )  # fmt: skip
        transfer_videos(clips, opened, output, film, strict=strict, **how)
        return
    _refuse({"--preview": preview, "--keyframes": keyframes, "--rate": rate}, "videos", "a picture")
    transfer_pictures(inputs, opened, output, settings, more, jobs=jobs, strict=strict, **how)


def _refuse(given: dict[str, Any], what: str, came: str) -> None:
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} goes with {what}, and {came} came; leave it out")


def _strength(text: str, keep: float | None) -> float | str:
    """The number, or "auto:..." with what is to be kept."""
    from pinxit.engines.automatic import AUTO, read_strength

    if keep is None:
        found = read_strength(text)
        return found if isinstance(found, float) else text
    if text != AUTO:
        raise InputError(f"--keep {keep:g} came with the strength {text}; it goes with --strength {AUTO}")
    return f"{AUTO}:{keep}"


def _own(
    ctx: typer.Context, style: str, settings: Any, user: str | None, *, plain: bool, silent: bool
) -> tuple[Any, Any]:
    """The style and the settings, with the user's own dials where the command line names none."""
    from pinxit.personal.setting import personalized

    if plain and user is not None:
        raise InputError("--plain and --user came; one of them is wanted")
    given = {name for name in ctx.params if getattr(ctx.get_parameter_source(name), "name", "") == "COMMANDLINE"}
    own = personalized(style, settings, personal=False if plain else user, given=given)
    own.settings.check()
    if own.note:
        note(f"pinxit: {own.note}", silent)
    return own.style, own.settings


def _checked_profile(profile: str) -> Any:
    if profile not in ("srgb", "source"):
        raise InputError(f"--profile {profile} came; srgb or source is wanted")
    return profile


def _checked_suffix(suffix: str | None) -> str | None:
    if suffix is None:
        return None
    suffix = "." + suffix.lower().removeprefix(".")
    if suffix not in WRITABLE_SUFFIXES:
        raise InputError(f"--suffix {suffix} cannot be written; take one of {', '.join(WRITABLE_SUFFIXES)}")
    return suffix
