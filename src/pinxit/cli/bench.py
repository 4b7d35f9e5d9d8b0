"""``pinxit bench``: how good and how quick."""

from pathlib import Path
from typing import Annotated

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say

bench = typer.Typer(help="Measure how well looks are recovered, and how quick everything is.", no_args_is_help=True)


@bench.command()
def look(
    looks: Annotated[
        Path, typer.Option(help="Folder of looks: .cube files or HaldCLUT .png files.", show_default=False)
    ],
    photos: Annotated[Path, typer.Option(help="Folder of photos to grade with them.", show_default=False)],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn hidden looks from 1, 5 and 20 graded photos; mean CIEDE2000 to the truth on other photos."""
    from pinxit.measuring.look_recovery import measure_looks

    with progress("looks", hidden=quiet or json) as update:
        report = measure_looks(looks, photos, on_progress=lambda done, total, text="": update(done, total, text))
    emit(report.to_dict()) if json else say(str(report))


@bench.command()
def speed(json: Json = False, quiet: Quiet = False) -> None:
    """Time this machine: applying a tone, learning a look, opening and saving."""
    from pinxit.measuring.speed import measure_speed

    with progress("speed", hidden=quiet or json) as update:
        report = measure_speed(on_progress=lambda done, total, text="": update(done, total, text))
    emit(report.to_dict()) if json else say(str(report))
