"""``pinxit explain``: why a picture looks as it does in a style, on one page."""

from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Output, Overwrite, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.errors import InputError


def explain(
    picture: Annotated[Path, typer.Argument(help="The picture.", show_default=False)],
    style: Annotated[
        str, typer.Option(help="Name in the library, or a .pinxit, .cube, HaldCLUT or painting.", show_default=False)
    ],
    output: Output,
    references: Annotated[
        str | None,
        typer.Option(
            help="Folder of pictures that have the style; else those it was learned from.", show_default=False
        ),
    ] = None,
    liked: Annotated[
        str | None, typer.Option(help="Folder of pictures that you like; goes with --disliked.", show_default=False)
    ] = None,
    disliked: Annotated[
        str | None, typer.Option(help="Folder of pictures that you do not like.", show_default=False)
    ] = None,
    samples: Annotated[int, typer.Option(help="Combinations of regions that are tried, 50 to 10000.")] = 200,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    overwrite: Overwrite = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Explain what a style does to a picture: regions, works, colours, and what each part of the style changes.

    Example: pinxit explain street.jpg --style dulac -o why.html
    """
    from pinxit.files import find_pictures, write_whole
    from pinxit.opening import open_style

    if output.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{output.name} does not end in .html; name the page {output.stem or 'why'}.html")
    target = check_new_file(output, overwrite=overwrite)
    sides = {
        "liked": find_pictures([liked]) if liked else [],
        "disliked": find_pictures([disliked]) if disliked else [],
    }
    known = find_pictures([references]) if references else _known(style)
    opened = open_style(style)
    from pinxit.personal.explain import explain as explained
    from pinxit.personal.explain_page import explanation_page

    with progress("looking", hidden=quiet or json) as update:
        found = explained(picture, opened, references=known, **sides, samples=samples, seed=seed, on_progress=update)
    page = explanation_page(found, picture.name, opened.name or Path(style).name)
    with write_whole(make_folder_of(target)) as file:
        file.write_text(page, encoding="utf-8", errors="backslashreplace")
    if json:
        return emit({"picture": picture, "target": target, **found.to_dict()})
    if not quiet:
        say(f"{target}")


def _known(style: str) -> list[Any]:
    """Pictures that have the style, as far as it is known where they are."""
    from pinxit.files import PICTURE_SUFFIXES
    from pinxit.opening import is_name
    from pinxit.personal.explain import references_of

    if is_name(style):
        return references_of(style)
    from pinxit.exporting.importing import STYLE_FILE_SUFFIXES, is_table

    path = Path(style).expanduser()
    suffix = path.suffix.lower()
    painting = suffix in PICTURE_SUFFIXES and (suffix not in STYLE_FILE_SUFFIXES or not is_table(path))
    return [path] if painting else []
