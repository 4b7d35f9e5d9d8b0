"""``pinxit pretrain``: the training of the shipped weights, by its recipe."""

import os
from pathlib import Path
from typing import Annotated

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.errors import NotFoundError


def pretrain(
    recipe: Annotated[Path, typer.Argument(help="A recipe, such as recipes/look.toml.", show_default=False)],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for weights, checkpoint and log.", show_default=False)
    ],
    photos: Annotated[Path | None, typer.Option(help="Folder of photos to train on.", show_default=False)] = None,
    art: Annotated[
        Path | None, typer.Option(help="Folder of works to train on; its sub-folders are hands.", show_default=False)
    ] = None,
    recognition: Annotated[
        Path | None,
        typer.Option(help="Folder with train.tar and val.tar of CLASS/NAME.jpg, 64 x 64 pixels.", show_default=False),
    ] = None,
    looks: Annotated[
        Path | None, typer.Option(help="Folder of known looks, .cube files, to train near.", show_default=False)
    ] = None,
    leave_out: Annotated[
        list[Path] | None,
        typer.Option(
            help="Text file of photos (name.jpg) and works (hand/name.jpg) never to train on; may come more than once.",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps, instead of the recipe's.", show_default=False)
    ] = None,
    board: Annotated[bool, typer.Option("--board", help="Figures for TensorBoard too, in the folder's board.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the networks that pinxit ships; takes hours. A second run goes on where the first one stopped.

    Recipes: look.toml wants --photos, and --looks if there are any; eye.toml --recognition, --art and --photos;
    texture.toml --art and --photos.
    """
    from pinxit.exporting.cube import read_cube
    from pinxit.learning.pretrain import pretrain as train
    from pinxit.learning.sources import Sources, read_names

    tables = {path.stem: read_cube(path) for path in sorted(looks.glob("*.cube"))} if looks else {}
    if looks is not None and not tables:
        raise NotFoundError(f"no .cube file is in {looks}; check the name of the folder")
    sources = Sources(
        photos=photos, art=art, recognition=recognition, looks=tables, leave_out=read_names(leave_out or ())
    )
    alone = os.environ.get("RANK", "0") == "0"  # of several processes the first one speaks
    with progress("training", hidden=quiet or json or not alone) as update:
        result = train(recipe, sources, output, steps=steps, board=board, on_progress=update)
    if json and alone:
        emit(result)
    elif not quiet and alone:
        say(f"trained {result['steps']} steps; the weights are {result['weights']}")
