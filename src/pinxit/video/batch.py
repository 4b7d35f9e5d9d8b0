"""Giving a style to several clips, one after another, into a folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pinxit.engines.journal import Journal, identity, locked_journal
from pinxit.engines.plan import Task
from pinxit.errors import CapacityError, InputError, PinxitError
from pinxit.files import writing_error
from pinxit.style import Style
from pinxit.video.report import VideoReport
from pinxit.video.settings import VideoSettings
from pinxit.video.transfer import Progress, transfer_video


@dataclass(frozen=True)
class ClipOutcome:
    """What became of one of several clips.

    Args:
        source: The clip.
        target: Where its result is, or would be.
        state: "done", "skipped" (was done before) or "failed".
        report: Of the transfer, when it was done.
        error: Why it failed, one line.
    """

    source: Path
    target: Path
    state: Literal["done", "skipped", "failed"]
    report: VideoReport | None = None
    error: str | None = None


def transfer_clips(
    tasks: Sequence[Task],
    style: Style,
    out: Path,
    *,
    settings: VideoSettings,
    open_style: Callable[[str], Style] | None = None,
    overwrite: bool = False,
    strict: bool = False,
    on_progress: Progress | None = None,
) -> list[ClipOutcome]:
    """Give a style to clips; those that an earlier run has done with the same settings are skipped.

    Args:
        tasks: Clips with the places of their results in ``out``.
        style: The style.
        out: Output folder; it is there.
        settings: How they are made.
        open_style: As :func:`~pinxit.video.transfer.transfer_video` takes it.
        overwrite: Replace files that no earlier run made, and make again what is done.
        strict: Stop at the first clip that fails.
        on_progress: As there; the text begins with the clip's name.

    Raises:
        CapacityError: The disk is full, the folder cannot be written or is in use by another run.
        PinxitError: The first clip's failure when ``strict`` is set.
    """
    made_with = settings.made_with(settings.cast(style, open_style))
    outcomes: list[ClipOutcome] = []
    with locked_journal(out) as journal:
        for task in tasks:
            target = out / task.target
            try:
                source = _begin(task, target, journal, made_with, overwrite)
                if source is None:
                    outcomes.append(ClipOutcome(task.source, target, "skipped"))
                    continue
                report = transfer_video(
                    task.source,
                    style,
                    target,
                    settings=settings,
                    open_style=open_style,
                    overwrite=True,
                    on_progress=_named(task.source.name, on_progress),
                )
                journal.add("done", task.target, source, made_with, result_size=target.stat().st_size)
                outcomes.append(ClipOutcome(task.source, target, "done", report))
            except PinxitError as error:
                if strict or isinstance(error, CapacityError):  # without room the next clip would fare no better
                    raise
                outcomes.append(ClipOutcome(task.source, target, "failed", error=str(error)))
    return outcomes


def _begin(task: Task, target: Path, journal: Journal, made_with: str, overwrite: bool) -> dict[str, Any] | None:
    """Note that a clip is begun; None when there is nothing to do."""
    there = task.source if task.source.exists() else task.source.parent  # a pattern stands for its folder
    try:
        source = identity(there) | {"source": str(task.source.absolute())}
    except OSError as error:
        raise InputError(f"{task.source} cannot be read ({error.strerror})") from error
    if not overwrite and journal.done(task.target, source, made_with, target):
        return None
    if target.exists() and not overwrite and not journal.ours(task.target, target):
        raise InputError(f"{target} is there already and was not made by this; add --overwrite to replace it")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise writing_error(error, target) from error
    journal.add("started", task.target, source, made_with)
    return source


def _named(name: str, on_progress: Progress | None) -> Progress | None:
    return on_progress and (lambda done, total, text: on_progress(done, total, f"{name}: {text}"))
