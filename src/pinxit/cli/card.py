"""``pinxit card``: what a style is, what it does, and what to know before it is relied on."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Overwrite, Quiet
from pinxit.cli.running import emit, note, progress, say
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.opening import open_style


def card(
    style: Annotated[
        str, typer.Argument(help="Name in the library, or a .pinxit, .cube or HaldCLUT file.", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the card's three files.", show_default=False)
    ],
    contents: Annotated[
        str | None, typer.Option(help="Folder of photos to show and measure it on.", show_default=False)
    ] = None,
    references: Annotated[
        str | None, typer.Option(help="Folder of pictures that have the style.", show_default=False)
    ] = None,
    portraits: Annotated[
        str | None, typer.Option(help="Folder of portraits of light and dark skin.", show_default=False)
    ] = None,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a style's card as NAME.card.png, .json and .html: samples, curves, figures, training, warnings.

    Example: pinxit card "golden hour" -o cards/ --references more-photos/ --portraits portraits/
    """
    from pinxit.files import find_pictures
    from pinxit.library.library import name_from
    from pinxit.personal.card import make_card
    from pinxit.personal.card_file import card_paths, write_card

    opened = open_style(style)
    name = opened.name or name_from(Path(style))
    paths = [check_new_file(path, overwrite=overwrite) for path in card_paths(output.expanduser(), name)]
    folders = {"contents": contents, "references": references, "portraits": portraits}
    found: dict[str, Any] = {key: find_pictures([folder]) for key, folder in folders.items() if folder}
    with progress("measuring", hidden=quiet or json) as update:
        made = make_card(opened, name, **found, on_progress=update)
    write_card(made, make_folder_of(paths[0]).parent)
    if json:
        return emit({"files": paths, **made.as_dict()})
    for path, why in made.skipped.items():
        note(f"skipped {path}: {why}", quiet)
    for one in () if quiet else made.warnings:
        note(f"pinxit: {one.text}")
    for path in () if quiet else paths:
        say(str(path))
