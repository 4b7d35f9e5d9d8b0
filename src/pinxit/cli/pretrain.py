"""``pinxit pretrain``: the training of the shipped weights, by its recipe."""

from pathlib import Path
from typing import Annotated

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say


def pretrain(
    recipe: Annotated[Path, typer.Argument(help="A recipe, such as recipes/look.toml.", show_default=False)],
    photos: Annotated[Path, typer.Option(help="Folder of photos to train on.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for weights, checkpoint and log.", show_default=False)
    ],
    looks: Annotated[
        Path | None, typer.Option(help="Folder of known looks, .cube files, to train near.", show_default=False)
    ] = None,
    leave_out: Annotated[
        Path | None, typer.Option(help="Text file of photo names never to train on.", show_default=False)
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the networks that pinxit ships; takes hours. A second run goes on where the first one stopped."""
    from pinxit.exporting.cube import read_cube
    from pinxit.learning.pretrain import pretrain as train

    tables = {path.stem: read_cube(path) for path in sorted(looks.glob("*.cube"))} if looks else {}
    names = frozenset(leave_out.read_text(encoding="utf-8").split()) if leave_out else frozenset()
    with progress("training", hidden=quiet or json) as update:
        result = train(recipe, photos=photos, out=output, looks=tables, leave_out=names, on_progress=update)
    if json:
        emit(result)
    elif not quiet:
        say(f"trained {result['steps']} steps; the weights are {result['weights']}")
