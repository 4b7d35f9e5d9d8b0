"""The jobs ``transfer`` and ``video``: a style to pictures and clips."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from time import monotonic
from typing import Any

from pinxit.engines.batch import BatchSettings, transfer_batch
from pinxit.engines.engine import ACROSS
from pinxit.engines.plan import WRITABLE_SUFFIXES, result_suffix
from pinxit.errors import InputError, PinxitError
from pinxit.files import write_whole
from pinxit.jobs.kind import Input
from pinxit.jobs.naming import check_style, some
from pinxit.jobs.task import Task

_PREVIEW = 512  # longest side of a preview, in pixels
_OFTEN = 2.0  # seconds between two previews
_OF_FILES = ("quality", "profile", "keep_private", "max_pixels", "suffix")


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """A style to one picture or many.

    Args:
        pictures: At least one.
        style: A name in the library, or one of the job's files: a .pinxit, a table, a painting.
        settings: How results are made.
        personal: Let the user's own setting of the style count for dials that stand at their defaults.
        mask: For one picture: a picture that is white where the style goes.
        second: For one picture: a style that the first one turns into.
        across: How it does: "left-right", "top-bottom", or a picture that is white where the second style goes.
    """

    pictures: tuple[Input, ...]
    style: str
    settings: BatchSettings = field(default_factory=BatchSettings)
    personal: bool = True
    mask: Input | None = None
    second: str | None = None
    across: Input | str = "left-right"

    def check(self, library: Any, files: Collection[str]) -> None:
        """Refuse before the work what would fail in it."""
        some(self.pictures, "picture")
        check_settings(self.settings)
        for name in filter(None, (self.style, self.second)):
            check_style(name, library, files)
        if (self.mask or self.second) and len(self.pictures) > 1:
            raise InputError(f"a mask or a second style came for {len(self.pictures)} pictures; they are for one")
        if self.across not in (*ACROSS, *files):
            raise InputError(f"across {self.across!r} came; {', '.join(ACROSS)} or a file of the job is wanted")


@dataclass(frozen=True, kw_only=True)
class Video:
    """A style to a video or an animation; names and meanings are those of ``VideoSettings``.

    Args:
        clip: The clip.
        style: A name in the library, or one of the job's files.
        suffix: Kind of the result, such as ".mp4"; None keeps the clip's.
        settings: The dials.
        second: A style that the first one turns into.
        keyframes: A JSON file with keyframes.
        mask: A picture that is white where the style goes.
    """

    clip: Input
    style: str
    suffix: str | None = None
    settings: BatchSettings = field(default_factory=BatchSettings)
    second: str | None = None
    keyframes: Input | None = None
    mask: Input | None = None
    preview: str | None = None
    codec: str = "auto"
    quality: int | None = None
    steady: bool = True

    def check(self, library: Any, files: Collection[str]) -> None:
        """Refuse before the work what would fail in it."""
        from pinxit.video.settings import VideoSettings

        check_settings(self.settings)
        for name in filter(None, (self.style, self.second)):
            check_style(name, library, files)
        VideoSettings(dials=self.settings, preview=self.preview, quality=self.quality).check()
        if self.suffix is not None and not (self.suffix.startswith(".") and self.suffix[1:].isalnum()):
            raise InputError(f"suffix {self.suffix!r} came; one such as '.mp4' is wanted")


def check_settings(settings: BatchSettings) -> None:
    """Raise InputError for settings that are out of range."""
    settings.check()
    if settings.suffix is not None and settings.suffix not in WRITABLE_SUFFIXES:
        raise InputError(f"suffix {settings.suffix!r} cannot be written; take one of {', '.join(WRITABLE_SUFFIXES)}")
    if settings.max_pixels < 1:
        raise InputError(f"max_pixels {settings.max_pixels} came; 1 or more is wanted")


def transfer(task: Task) -> dict[str, Any]:
    """Give the style to the pictures; what an earlier attempt did is skipped.

    Raises:
        PinxitError: Every picture failed; the first one's failure.
    """
    from pinxit.opening import is_name
    from pinxit.personal.setting import personalized

    wanted: Transfer = task.arguments
    style, settings, note = task.style(wanted.style), wanted.settings, None
    if wanted.personal and is_name(wanted.style) and not task.has(wanted.style):
        own = personalized(wanted.style, settings, personal=task.user, home=task.home)
        style, settings, note = own.style, own.settings, own.note
    single = wanted.mask or wanted.second
    results = [_single(task, style, settings)] if single else _batch(task, style, settings)
    if all(one["state"] == "failed" for one in results):
        raise InputError(results[0]["error"])
    return {"files": [one["file"] for one in results if one["state"] != "failed"], "results": results, "note": note}


def _batch(task: Task, style: Any, settings: BatchSettings) -> list[dict[str, Any]]:
    last = -_OFTEN

    def passed(outcome: Any, done: int, total: int) -> None:
        nonlocal last
        due = outcome.state == "done" and (monotonic() - last > _OFTEN or done == total)
        if due and show(outcome.target, task.preview):
            last = monotonic()
        task.progress(done, total, outcome.source.name, preview=due)

    report = transfer_batch(task.files(task.arguments.pictures), style, task.out, settings=settings, on_progress=passed)
    return [
        {
            "picture": one.source.name,
            "file": one.target.relative_to(task.out),
            "state": "failed" if one.state == "failed" else "done",
            "error": one.error,
            "strength": one.strength,
            "enhance": one.enhance.as_dict() if one.enhance else None,
        }
        for one in report.outcomes
    ]


def _single(task: Task, style: Any, settings: BatchSettings) -> dict[str, Any]:
    """One picture with a mask or a second style."""
    from pinxit import doors
    from pinxit.picture import Picture

    wanted: Transfer = task.arguments
    source = task.file(wanted.pictures[0])
    target = task.out / Path(source.name).with_suffix(settings.suffix or result_suffix(source.suffix))
    if not target.exists():
        dials = {one.name: getattr(settings, one.name) for one in fields(settings) if one.name not in _OF_FILES}
        picture = Picture.open(source, max_pixels=settings.max_pixels, keep_private=settings.keep_private)
        more = {
            "mask": wanted.mask and task.file(wanted.mask),
            "second": wanted.second and task.style(wanted.second),
            "across": wanted.across if wanted.across in ACROSS else task.file(wanted.across),
        }
        result = doors.transfer(picture, style, **dials, **more)
        result.save(target, quality=settings.quality, profile=settings.profile)
    task.progress(1, 1, source.name, preview=show(target, task.preview))
    return {"picture": source.name, "file": target.name, "state": "done", "error": None}


def video(task: Task) -> dict[str, Any]:
    """Give the style to the clip; finished segments wait beside the result for the next attempt."""
    from pinxit.opening import open_mask
    from pinxit.video.keyframes import read_keyframes
    from pinxit.video.settings import VideoSettings
    from pinxit.video.transfer import transfer_video

    wanted: Video = task.arguments
    source = task.file(wanted.clip)
    target = task.out / Path(source.name).with_suffix(wanted.suffix or source.suffix)
    if target.exists():  # written whole by an attempt that was killed right after
        return {"files": [target.name], "report": None}
    settings = VideoSettings(
        dials=wanted.settings,
        second=wanted.second and task.style(wanted.second),
        keyframes=read_keyframes(task.file(wanted.keyframes)) if wanted.keyframes else (),
        mask=open_mask(task.file(wanted.mask)) if wanted.mask else None,
        preview=wanted.preview,
        codec=wanted.codec,
        quality=wanted.quality,
        steady=wanted.steady,
    )
    report = transfer_video(
        source, task.style(wanted.style), target, settings=settings, open_style=task.style, on_progress=task.progress
    )
    facts = report.as_dict() | {"source": source.name, "target": target.name}
    return {"files": [target.name], "report": facts}


def show(result: Path, preview: Path) -> bool:
    """Make a small JPEG of a result; False where it cannot be shown so."""
    from pinxit.picture import Picture

    with suppress(PinxitError):
        small = Picture.open(result, shrink_to=_PREVIEW)
        with write_whole(preview) as file:
            small.to_pil().convert("RGB").save(file, "JPEG", quality=80)
        return True
    return False


def warm_up() -> None:
    """Give a style to a tiny picture, so that everything that this needs is imported and its kernels are loaded."""
    from tempfile import TemporaryDirectory

    from PIL import Image

    from pinxit import doors
    from pinxit.style import Style
    from pinxit.tone.lut import Lut
    from pinxit.tone.tone import Tone

    Image.init()
    style = Style(tone=Tone(lut=Lut(1 - Lut.identity(3).table)))
    with TemporaryDirectory() as folder, suppress(PinxitError, OSError):  # what has no room is done without
        source, target = Path(folder, "source.jpg"), Path(folder, "target.jpg")
        Image.new("RGB", (16, 16), "red").save(source)
        doors.transfer(source, style).save(target)
        show(target, source)
