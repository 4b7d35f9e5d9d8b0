"""``pinxit bench video``: how steady a style is on moving pictures."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say


def video(
    style: Annotated[str, typer.Option("--style", "-s", help="A style, or a painting.")],
    clips: Annotated[
        Path | None, typer.Option(help="Folder of videos; their first shots are taken.", show_default=False)
    ] = None,
    photos: Annotated[
        Path | None, typer.Option(help="Folder of photos to make clips of known motion of.", show_default=False)
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Clips made of photos, a fixed choice.")] = 8,
    times: Annotated[bool, typer.Option("--times", help="Time the parts of a painted frame as well.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure how much a style flickers: frame by frame, with a held scene, steadied, and by simple rivals."""
    from pinxit.engines.engine import Engine
    from pinxit.errors import InputError
    from pinxit.opening import open_style
    from pinxit.video.race import race_videos
    from pinxit.video.steady_speed import steady_times

    engine = Engine(open_style(style))
    if times and engine.style.texture is None:
        raise InputError(f"the style {engine.style.name!r} has no texture to time; leave --times out")
    with progress("clips", hidden=quiet or json) as update:
        report = race_videos(engine, photos=photos, clips=clips, count=count, on_progress=update)
    if times:
        report = replace(report, seconds=steady_times(engine))
    if json:
        emit(report.to_dict())
    elif not quiet:
        say(str(report))
