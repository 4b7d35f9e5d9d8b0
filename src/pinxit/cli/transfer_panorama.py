"""What ``pinxit transfer`` does with environment maps, and with cubemaps of six files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinxit.cli.running import emit, progress, say
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.errors import InputError

if TYPE_CHECKING:
    from pinxit.engines.batch import BatchSettings
    from pinxit.style import Style

ENVIRONMENTS = (".hdr", ".exr")
_PLAIN = ("protect", "subject_strength", "background_strength", "enhance", "suffix")


def named_environment(inputs: Sequence[str]) -> Path | None:
    """The environment map that was named, or None where none was.

    Raises:
        InputError: One came together with something else.
    """
    found = [Path(item).expanduser() for item in inputs if item.lower().endswith(ENVIRONMENTS)]
    if found and len(inputs) > 1:
        raise InputError(f"{found[0]} came together with others; environment maps are given one at a time")
    return found[0] if found else None


def transfer_environment_map(
    source: Path,
    style: Style,
    output: Path,
    settings: BatchSettings,
    *,
    overwrite: bool,
    dry_run: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Give a style to a .hdr or .exr file, and write another one.

    Raises:
        InputError: Another suffix of the result, or a setting for flat pictures.
    """
    from pinxit.engines.engine import Engine
    from pinxit.panoramas.still import transfer_environment

    target = output / source.name if output.is_dir() else output
    if target.suffix.lower() not in ENVIRONMENTS:
        raise InputError(f"{target.name} came for an environment map; {' or '.join(ENVIRONMENTS)} is wanted")
    check_new_file(target, overwrite=overwrite)
    controls = _controls(settings)
    if not dry_run:
        projection = "equirectangular" if settings.projection == "auto" else settings.projection
        with progress("painting", hidden=quiet or json) as update:
            how = {"projection": projection, "on_progress": update}
            transfer_environment(source, make_folder_of(target), Engine(style), **how, **controls)
    _tell([(source, target)], dry_run=dry_run, json=json, quiet=quiet)


def transfer_cube(
    sources: Sequence[Path],
    style: Style,
    folder: Path,
    settings: BatchSettings,
    *,
    overwrite: bool,
    dry_run: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Give a style to the six files of a cubemap; results have their names in a folder.

    Raises:
        InputError: The files are not six faces, or a setting for flat pictures.
    """
    from pinxit.engines.engine import Engine
    from pinxit.panoramas.still import transfer_faces

    targets = {source: check_new_file(folder / source.name, overwrite=overwrite) for source in sources}
    controls = _controls(settings)
    if not dry_run:
        opening = {"max_pixels": settings.max_pixels, "keep_private": settings.keep_private}
        with progress("painting", hidden=quiet or json) as update:
            results = transfer_faces(sources, Engine(style), on_progress=update, opening=opening, **controls)
        for source, result in results.items():
            result.save(make_folder_of(targets[source]), quality=settings.quality, profile=settings.profile)
    _tell(list(targets.items()), dry_run=dry_run, json=json, quiet=quiet)


def _controls(settings: BatchSettings) -> dict[str, Any]:
    """The settings that a panorama has; InputError for one that it has not."""
    from pinxit.engines.batch import DIALS, BatchSettings

    plain = BatchSettings()
    for name in _PLAIN:
        if getattr(settings, name) != getattr(plain, name):
            raise InputError(f"--{name.replace('_', '-')} goes with single pictures; leave it out for a panorama")
    return {name: getattr(settings, name) for name in DIALS}


def _tell(pairs: list[tuple[Path, Path]], *, dry_run: bool, json: bool, quiet: bool) -> None:
    if json:
        results = {"results": [{"source": a, "target": b} for a, b in pairs]}
        emit({"dry_run": True} | results if dry_run else results)
    elif not quiet:
        for source, target in pairs:
            say(f"{source} -> {target}" if dry_run else f"{target}")
