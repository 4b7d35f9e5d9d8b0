"""What ``pinxit transfer`` does with glTF models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from pinxit.cli.running import emit, progress, say
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.errors import InputError
from pinxit.models.gltf import MODEL_SUFFIXES

if TYPE_CHECKING:
    from pinxit.engines.batch import BatchSettings
    from pinxit.style import Style

_DIALS = (
    "strength", "tone", "texture", "correct", "brush", "keep_colours", "variation", "seed",
    "warmth", "contrast", "saturation", "quality", "max_pixels",
)  # fmt: skip
_NO_MATTER = ("keep_private", "profile")  # a model's pictures have neither


def named_models(inputs: Sequence[str]) -> list[Path]:
    """The models among what was named; empty where pictures were.

    Raises:
        InputError: Both were.
    """
    found = [Path(item).expanduser() for item in inputs if item.lower().endswith(MODEL_SUFFIXES)]
    if found and len(found) < len(inputs):
        raise InputError(f"{found[0]} is a model and others are pictures; name one kind at a time")
    return found


def transfer_models(
    sources: Sequence[Path],
    style: Style,
    output: Path,
    settings: BatchSettings,
    *,
    overwrite: bool,
    dry_run: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Give a style to models: one to a file, or any number to a folder, each under its own name.

    Raises:
        InputError: A setting that is for pictures alone, or several models for one file.
    """
    from pinxit.models.transfer import transfer_model

    dials = _dials(settings)
    targets = _targets(sources, output)
    for target in targets:
        check_new_file(target, overwrite=overwrite)
    pairs = [{"source": source, "target": target} for source, target in zip(sources, targets, strict=True)]
    if dry_run:
        if json:
            emit({"dry_run": True, "results": pairs})
        else:
            say("\n".join(f"{pair['source']} -> {pair['target']}" for pair in pairs))
        return
    reports = []
    with progress("painting", hidden=quiet or json) as update:
        for pair in pairs:
            target = make_folder_of(pair["target"])
            reports.append(
                transfer_model(pair["source"], style, target, **dials, overwrite=overwrite, on_progress=update)
            )
    if json:
        emit({"results": [{**pair, **report.as_dict()} for pair, report in zip(pairs, reports, strict=True)]})
    elif not quiet:
        say("\n".join(map(str, reports)))


def _dials(settings: BatchSettings) -> dict[str, object]:
    """The settings that models have, as far as they are not the usual ones of pictures."""
    for field in fields(settings):
        if field.name not in (*_DIALS, *_NO_MATTER) and getattr(settings, field.name) != field.default:
            raise InputError(f"--{field.name.replace('_', '-')} goes with pictures, and a model came; leave it out")
    # A quality that nobody named is that of models, which is finer than that of single pictures.
    usual = {field.name: field.default for field in fields(settings)}
    return {name: value for name in _DIALS if (value := getattr(settings, name)) != usual[name]}


def _targets(sources: Sequence[Path], output: Path) -> list[Path]:
    if output.suffix.lower() not in MODEL_SUFFIXES or output.is_dir():
        if len({source.name for source in sources}) < len(sources):
            raise InputError(f"two models have the same name, and {output} has room for one; give each its own folder")
        return [output / source.name for source in sources]
    if len(sources) > 1:
        raise InputError(f"{output} names one file for {len(sources)} models; name a folder instead")
    return [output]
