"""``pinxit bench paint``: speed, memory and calm of painting."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.opening import open_style

_LONGEST = 512  # photos are measured at this longest side


def paint(
    style: Annotated[str, typer.Option("--style", "-s", help="A style with a texture, or a painting.")],
    contents: Annotated[
        Path | None, typer.Option(help="Folder of photos for shifts and noise.", show_default=False)
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="This many of them.")] = 10,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time painting on this machine, watch its memory, and see how calm it is under shifts and noise."""
    import sys

    from pinxit.engines.engine import Engine
    from pinxit.files import find_pictures
    from pinxit.measuring.paint_speed import paint_memory, paint_times, report, stability
    from pinxit.picture import Picture

    engine = Engine(open_style(style))

    def painted(photo: Any) -> Any:
        return engine.transfer(Picture.open(photo)).array

    with progress("painting", hidden=quiet or json) as update:
        update(0, 3, "times")
        times = paint_times(painted)
        update(1, 3, "memory")
        command = [sys.executable, "-m", "pinxit", "transfer"]
        memory = paint_memory(lambda source, out: [*command, str(source), "--style", style, "-o", str(out)])
        update(2, 3, "shifts and noise")
        calm = None
        if contents is not None:
            found = find_pictures([contents])
            chosen = found[:: max(1, len(found) // count)][:count]
            photos = [Picture.open(path, shrink_to=_LONGEST).to_array()[..., :3] for path in chosen]
            calm = stability(painted, photos)
    if json:
        emit({"times": times, "memory_gb": memory, "stability": calm})
    elif not quiet:
        say(report(times, memory, calm))
