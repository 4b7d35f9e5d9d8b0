"""``pinxit bench models``: whether seams, tiles and sizes of strokes hold on textured models."""

from pathlib import Path
from typing import Annotated

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.opening import open_style


def models(
    models: Annotated[Path, typer.Option(help="Folder of models, .glb and .gltf.", show_default=False)],
    style: Annotated[str, typer.Option("--style", "-s", help="A style with a texture, or a painting.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Paint the pictures of models as one, and each by itself, and measure the steps at seams and tiles."""
    from pinxit.engines.engine import Engine
    from pinxit.models.gltf import models_in
    from pinxit.models.race import race_models, table_of

    found = models_in(models)
    engine = Engine(open_style(style))
    with progress("models", hidden=quiet or json) as update:
        rows = race_models(found, engine, update)
    if json:
        emit({"rows": [row.as_dict() for row in rows]})
    elif not quiet:
        say(table_of(rows))
