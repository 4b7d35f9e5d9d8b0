"""``pinxit export``: a style's tone as a lookup table for other programs."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit import doors
from pinxit.cli.options import DryRun, Json, Output, Overwrite, Quiet
from pinxit.cli.running import default_of, emit, note, say
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.exporting.engines import StripEngine, usage
from pinxit.exporting.notes import export_notes
from pinxit.opening import open_style


def export(
    style: Annotated[str, typer.Argument(help="Name in the library, or a .pinxit, .cube or HaldCLUT file.")],
    output: Output,
    size: Annotated[int, typer.Option(help="Nodes a side of a .cube: 17, 33 or 65.")] = default_of(
        doors.export, "size"
    ),
    level: Annotated[int, typer.Option(help="Level of a HaldCLUT .png: 8 or 12.")] = default_of(doors.export, "level"),
    to: Annotated[
        StripEngine | None,
        typer.Option(help="Write the .png that this engine takes; size and level are its own.", show_default=False),
    ] = None,
    picture: Annotated[
        list[str] | None, typer.Option(help="Write the table for this picture; may come several times.")
    ] = None,
    strength: Annotated[float, typer.Option(help="Of the style in the table.")] = default_of(doors.export, "strength"),
    correct: Annotated[float, typer.Option(help="Of the picture's correction, with --picture.")] = default_of(
        doors.export, "correct"
    ),
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a style as .cube, as HaldCLUT .png, as .png for a game engine, or as .pinxit.

    Several pictures give several files, named after output and picture. Example:
    pinxit export "golden hour" -o golden.cube --size 65
    """
    from pinxit.exporting.hald import clipped_share

    opened = open_style(style)
    targets = [(source, check_new_file(path, overwrite=overwrite)) for source, path in _targets(output, picture)]
    notes = export_notes(opened, for_picture=bool(picture))
    if output.suffix.lower() == ".png" and opened.tone and (share := clipped_share(opened.tone.lut)):
        notes.append(f"{share:.1%} of the table lies outside 0..1, which a picture cannot hold; a .cube can")
    if to is not None:
        notes.append(f"{to}: {usage(to)}")
    if not dry_run:
        for source, path in targets:
            dials = {"level": level, "strength": strength, "correct": correct}
            doors.export(opened, make_folder_of(path), size, source, to=to, **dials)
    files = [path for _, path in targets]
    if json:
        expected = opened.tone.expected_error if opened.tone else None
        return emit({"files": files, "notes": notes, "expected_error": expected, "dry_run": dry_run})
    for line in notes:
        note(line, quiet)
    for path in () if quiet else files:
        say(f"would write {path}" if dry_run else str(path))


def _targets(output: Path, pictures: list[str] | None) -> list[tuple[Any, Path]]:
    from pinxit.files import find_pictures

    if not pictures:
        return [(None, output)]
    found = find_pictures(pictures)
    if len(found) == 1:
        return [(found[0], output)]
    # Two pictures of one name in different folders each get a file of their own.
    stems = [
        path.stem if [p.stem for p in found].count(path.stem) == 1 else f"{path.stem}-{i + 1}"
        for i, path in enumerate(found)
    ]
    return [
        (path, output.with_name(f"{output.stem}-{stem}{output.suffix}"))
        for path, stem in zip(found, stems, strict=True)
    ]
