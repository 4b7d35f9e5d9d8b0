"""``pinxit bench panorama``: seams, poles, turns and two eyes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.errors import InputError

if TYPE_CHECKING:
    import numpy as np


def panorama(
    panoramas: Annotated[Path, typer.Option(help="Folder of equirectangular panoramas.", show_default=False)],
    style: Annotated[str, typer.Option("--style", "-s", help="A style with a texture, or a painting.")],
    width: Annotated[int, typer.Option(min=256, max=8192, help="They are measured at this width.")] = 1024,
    count: Annotated[int, typer.Option(min=0, help="This many of them; 0 takes all.")] = 0,
    methods: Annotated[str, typer.Option(help="Ways of painting, with commas between them; all unless named.")] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure seams, poles, turns and two eyes of painted panoramas, beside flat and wrapped painting and a cube."""
    from pinxit.engines.engine import Engine
    from pinxit.files import find_pictures
    from pinxit.opening import open_style
    from pinxit.panoramas.race import race_panoramas, ways

    racers = ways(Engine(open_style(style)))
    named = [name.strip() for name in methods.split(",")] if methods else list(racers)
    if not set(named) <= set(racers):
        raise InputError(f"--methods {methods} came; wanted are {', '.join(racers)}, with commas between them")
    found = find_pictures([panoramas])
    chosen = found[:: max(1, len(found) // count)][:count] if count else found
    arrays = [_opened(path, width) for path in chosen]
    with progress("painting", hidden=quiet or json) as update:
        report = race_panoramas(arrays, {name: racers[name] for name in named}, update)
    if json:
        emit({"style": style, "width": width} | report.to_dict())
    elif not quiet:
        say(str(report))


def _opened(path: Path, width: int) -> "np.ndarray":
    import numpy as np

    from pinxit.panoramas.metadata import surface_of
    from pinxit.picture import Picture

    picture = Picture.open(path, shrink_to=width)
    surface = surface_of(picture, str(path))
    if picture.width != width or surface.full:
        raise InputError(f"{path} is {picture.width} pixels wide; whole panoramas of {width} or more are wanted")
    return np.asarray(picture.to_pil().convert("RGB"))
