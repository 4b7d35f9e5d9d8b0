"""Pictures of ``pinxit transfer``: one to a file, or many to a folder."""

from pathlib import Path
from typing import Any

import typer

from pinxit import doors
from pinxit.cli.running import emit, note, progress, say
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.engines.plan import WRITABLE_SUFFIXES, plan_tasks
from pinxit.errors import InputError
from pinxit.files import PICTURE_SUFFIXES, find_pictures
from pinxit.picture import Picture


def transfer_pictures(
    inputs: list[str],
    style: Any,
    output: Path,
    settings: Any,
    more: dict[str, Any],
    *,
    jobs: int,
    overwrite: bool,
    strict: bool,
    dry_run: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Give a style to pictures; ``more`` is what goes with one picture alone: mask, second style, across."""
    source = _single(inputs, output)
    if (more["mask"] or more["second"]) is not None and source is None:
        raise InputError("--mask and --second are for one picture with one result; name a file after -o")
    if source is not None:
        target = check_new_file(output, overwrite=overwrite)
        _one(source, style, target, settings, more, dry_run=dry_run, json=json, quiet=quiet)
    elif dry_run:
        tasks = plan_tasks(inputs, output, suffix=settings.suffix)
        pairs = [{"source": task.source, "target": output / task.target} for task in tasks]
        _show({"dry_run": True, "results": pairs}, [f"{p['source']} -> {p['target']}" for p in pairs], json)
    else:
        _many(inputs, style, output, settings, jobs, overwrite, strict, json, quiet)


def _single(inputs: list[str], output: Path) -> Path | None:
    """The one picture when the output is to be one file, or None when it is a folder."""
    suffix = output.suffix.lower()
    if output.is_dir() or suffix not in PICTURE_SUFFIXES:
        return None
    if suffix not in WRITABLE_SUFFIXES:
        raise InputError(f"{output.name}: {suffix} files are read only; take {', '.join(WRITABLE_SUFFIXES)}")
    found = find_pictures(inputs)
    if len(found) > 1 or any(Path(item).expanduser().is_dir() for item in inputs):
        raise InputError(f"{output} names one file for {len(found)} pictures; name a folder instead")
    if output.exists() and output.samefile(found[0]):
        raise InputError(f"{output} is the picture itself; choose another name")
    return found[0]


def _one(
    source: Path,
    style: Any,
    target: Path,
    settings: Any,
    more: dict[str, Any],
    *,
    dry_run: bool,
    json: bool,
    quiet: bool,
) -> None:
    if dry_run:
        return _show(
            {"dry_run": True, "results": [{"source": source, "target": target}]}, [f"{source} -> {target}"], json
        )
    picture = Picture.open(source, max_pixels=settings.max_pixels, keep_private=settings.keep_private)
    from pinxit.engines.automatic import read_strength
    from pinxit.engines.batch import DIALS

    reports: list[Any] = []
    strengths: list[float] = []
    names = (*DIALS, "protect", "subject_strength", "background_strength", "enhance", "projection", "stereo")
    chosen = {name: getattr(settings, name) for name in names}
    chosen["strength"] = read_strength(settings.strength, strengths.append)
    result = doors.transfer(picture, style, **more, **chosen, on_enhance=reports.append)
    result.save(make_folder_of(target), quality=settings.quality, profile=settings.profile)
    facts, lines = {"source": source, "target": target, "state": "done"}, [f"{target}"]
    if reports:
        facts["enhance"] = reports[0].as_dict()
        lines.append(f"{source}: {reports[0]}")
    if strengths:
        facts["strength"] = strengths[0]
        lines.append(f"{source}: strength {strengths[0]:.2f}")
    _show({"results": [facts]}, [] if quiet else lines, json)


def _many(
    inputs: list[str],
    style: Any,
    output: Path,
    settings: Any,
    jobs: int,
    overwrite: bool,
    strict: bool,
    json: bool,
    quiet: bool,
) -> None:
    from pinxit.engines.batch import transfer_batch
    from pinxit.stills import transfer_still

    with progress("transferring", hidden=quiet or json) as update:
        report = transfer_batch(
            inputs,
            style,
            output,
            settings=settings,
            workers=jobs,
            overwrite=overwrite,
            strict=strict,
            give=transfer_still,
            on_progress=lambda outcome, done, total: update(done, total, outcome.source.name),
        )
    counts = {state: report.count(state) for state in ("done", "skipped", "failed")}
    if json:
        keys = ("source", "target", "state", "error")
        results = [
            {key: getattr(outcome, key) for key in keys}
            | ({"enhance": outcome.enhance.as_dict()} if outcome.enhance else {})
            | ({"strength": outcome.strength} if outcome.strength is not None else {})
            for outcome in report.outcomes
        ]
        emit({**counts, "seconds": round(report.seconds, 2), "results": results})
    for failure in report.failures:
        note(f"pinxit: {failure.error}")
    sentence = (
        f"{counts['done']} done, {counts['skipped']} done before, {counts['failed']} failed, in {report.seconds:.1f} s"
    )
    if not json and not quiet:
        for outcome in report.outcomes:
            if outcome.enhance:
                say(f"{outcome.source}: {outcome.enhance}")
            if outcome.strength is not None:
                say(f"{outcome.source}: strength {outcome.strength:.2f}")
        say(f"{sentence}: {output}")
    if report.outcomes and counts["failed"] == len(report.outcomes):
        raise typer.Exit(InputError.exit_code)


def _show(facts: dict[str, Any], lines: list[str], json: bool) -> None:
    if json:
        emit(facts)
    else:
        for line in lines:
            say(line)
