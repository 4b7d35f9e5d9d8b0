"""``pinxit transfer`` of videos, animations and sequences."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import typer

from pinxit.cli.running import emit, note, progress, say
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.engines.batch import BatchSettings
from pinxit.errors import InputError
from pinxit.opening import open_mask, open_style
from pinxit.video.batch import ClipOutcome, transfer_clips
from pinxit.video.finding import is_clip_name, plan_clips
from pinxit.video.keyframes import read_keyframes
from pinxit.video.report import VideoReport
from pinxit.video.settings import VideoSettings
from pinxit.video.transfer import transfer_video


def video_settings(
    dials: BatchSettings,
    *,
    mask: Path | None = None,
    second: str | None = None,
    preview: str | None = None,
    keyframes: Path | None = None,
    codec: str = "auto",
    quality: int | None = None,
    rate: float | None = None,
    steady: bool = True,
    projection: str | None = None,
) -> VideoSettings:
    """Open what the command line names.

    Args:
        dials: The settings that pictures have too.
        mask: Picture that is white where the style goes.
        second: Name or file of a style that the first one turns into.
        preview: As :class:`VideoSettings` has it, like those that follow.
        keyframes: JSON file.
        codec: "auto" or a name.
        quality: 1..100; None where none was named, as that of pictures has another default.
        rate: Frames a second of a sequence of pictures.
        steady: Keep strokes on what they paint.
        projection: "plain", "equirectangular", or None.
    """
    if rate is not None and not 0 < rate <= 1000:
        raise InputError(f"--rate {rate} came; a number of frames a second up to 1000 is wanted")
    return VideoSettings(
        dials=dials,
        mask=open_mask(mask) if mask else None,
        second=open_style(second) if second else None,
        preview=preview,
        keyframes=read_keyframes(keyframes) if keyframes else (),
        codec=codec,
        quality=quality,
        rate=None if rate is None else Fraction(str(rate)),
        steady=steady,
        projection=projection,
    )


def transfer_videos(
    clips: list[tuple[Path, Path]],
    style: Any,
    output: Path,
    settings: VideoSettings,
    *,
    strict: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
    json: bool = False,
    quiet: bool = False,
) -> None:
    """Give a style to clips, as the command line names them.

    Args:
        clips: From :func:`~pinxit.video.finding.find_clips`; at least one.
        style: The style, open.
        output: A file for one clip, else a folder.
        settings: How they are made.
        strict: Stop at the first clip that fails.
        overwrite: Replace files.
        dry_run: Write nothing.
        json: Print one JSON document.
        quiet: Print nothing but errors.
    """
    settings.check()
    output = output.expanduser()
    single = not output.is_dir() and (bool(output.suffix) or is_clip_name(output))
    if single and len(clips) > 1:
        raise InputError(f"{output} names one file for {len(clips)} clips; name a folder instead")
    common = {"settings": settings, "open_style": open_style}
    if not single and not dry_run:
        tasks = plan_clips(clips, output)
        make_folder_of(output / tasks[0].target)
        with progress("transferring", hidden=quiet or json) as update:
            more = {"overwrite": overwrite, "strict": strict, "on_progress": update}
            outcomes = transfer_clips(tasks, style, output, **common, **more)
        _show_outcomes(outcomes, output, json=json, quiet=quiet)
        return
    if single:
        pairs = [(clips[0][0], check_new_file(output, overwrite=overwrite))]
    else:
        pairs = [(task.source, output / task.target) for task in plan_clips(clips, output)]
    reports = []
    for source, target in pairs:
        with progress("transferring", hidden=quiet or json) as update:
            more = {"overwrite": overwrite or dry_run, "dry_run": dry_run, "on_progress": update}
            target = target if dry_run else make_folder_of(target)
            reports.append(transfer_video(source, style, target, **common, **more))
    _show_reports(reports, dry_run=dry_run, json=json, quiet=quiet)


def _show_reports(reports: list[VideoReport], *, dry_run: bool, json: bool, quiet: bool) -> None:
    if json:
        emit(({"dry_run": True} if dry_run else {}) | {"results": [report.as_dict() for report in reports]})
        return
    for report in reports:
        if dry_run:
            say(f"{report.source} -> {report.target}: {report}")
        elif not quiet:
            say(f"{report.target}: {report}")
        for text in report.notes:
            note(f"pinxit: {report.source.name}: {text}", quiet)
        if dry_run and report.cuts:
            say("cuts: " + ", ".join(f"{number} at {cut:.2f} s" for number, cut in enumerate(report.cuts, 1)))


def _show_outcomes(outcomes: list[ClipOutcome], output: Path, *, json: bool, quiet: bool) -> None:
    counts = {state: sum(outcome.state == state for outcome in outcomes) for state in ("done", "skipped", "failed")}
    failed = [outcome for outcome in outcomes if outcome.state == "failed"]
    if json:
        plain = [{"source": o.source, "target": o.target, "state": o.state, "error": o.error} for o in outcomes]
        emit(
            counts | {"results": [o.report.as_dict() if o.report else p for o, p in zip(outcomes, plain, strict=True)]}
        )
    for outcome in failed:
        note(f"pinxit: {outcome.error}")
    if not json:
        _show_reports(
            [outcome.report for outcome in outcomes if outcome.report], dry_run=False, json=False, quiet=quiet
        )
        if not quiet:
            say(f"{counts['done']} done, {counts['skipped']} done before, {counts['failed']} failed: {output}")
    if failed and len(failed) == len(outcomes):
        raise typer.Exit(InputError.exit_code)
