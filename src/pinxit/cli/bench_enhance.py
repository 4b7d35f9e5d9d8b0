"""``pinxit bench enhance``: how well noise, blur and exposure are mended, and whether good photos are left alone."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say


def enhance(
    photos: Annotated[Path, typer.Option(help="Folder of good photos.", show_default=False)],
    count: Annotated[int, typer.Option(min=1, help="Photos to spoil in each way, a fixed choice.")] = 12,
    good: Annotated[int, typer.Option(min=1, help="Photos to leave as they are.")] = 100,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Spoil photos by noise, blur and exposure, mend them by ``--enhance``, and compare with the unspoiled ones."""
    from pinxit.engines.enhance import STEPS, enhanced
    from pinxit.measuring.enhance_race import race_enhancers
    from pinxit.picture import Picture

    def auto(photo: Any) -> Any:
        return enhanced(Picture.open(photo), "auto", lambda picture: picture)[0].array

    steps = {"noise": "denoise", "blur": "sharpen", "exposure": "exposure"}
    methods = {
        kind: {f"pinxit {step}": lambda photo, step=step: STEPS[step].work(photo, 1.0), "pinxit auto": auto}
        for kind, step in steps.items()
    }
    with progress("photos", hidden=quiet or json) as update:
        report = race_enhancers(
            photos, methods | {"none": {"pinxit auto": auto}}, count=count, good=good, on_progress=update
        )
    if json:
        emit(report.to_dict())
    elif not quiet:
        say(str(report))
