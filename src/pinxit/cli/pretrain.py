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
        Path, typer.Option("--output", "-o", help="Folder for weights and checkpoints.", show_default=False)
    ],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the networks that pinxit ships; takes hours. A second run goes on where the first one stopped."""
    from pinxit.learning.pretrain import pretrain as train

    with progress("training", hidden=quiet or json) as update:
        result = train(
            recipe, photos=photos, out=output, on_progress=lambda done, total, text="": update(done, total, text)
        )
    if json:
        emit({"result": result})
    elif not quiet:
        say(f"{result}")
