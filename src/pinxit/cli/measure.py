"""``pinxit measure``: what a transfer kept and what it reached."""

from pathlib import Path
from typing import Annotated

import typer

from pinxit import doors
from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import default_of, emit, progress, say, table


def measure(
    content: Annotated[Path, typer.Option(help="The picture before, or a folder of them.", show_default=False)],
    result: Annotated[
        Path, typer.Option(help="The picture after, or a folder with the same file names.", show_default=False)
    ],
    reference: Annotated[
        list[str] | None,
        typer.Option(
            help="Picture with the style; a folder or pattern too; may come several times.", show_default=False
        ),
    ] = None,
    encoder: Annotated[
        str, typer.Option(help="Network for features: eye, vgg19, or a file with the weights of VGG-19.")
    ] = default_of(doors.measure, "encoder"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure how much of a content a result keeps, and how far it came toward its references.

    Of two folders: means over the pictures with 95 % intervals, and how the results as a set compare with the
    references. Every figure names its protocol; only figures with the same one compare. Example:
    pinxit measure --content street.jpg --result painted.png --reference a.jpg --reference b.jpg
    """
    from pinxit.measuring.report import HEADINGS

    with progress("measuring", hidden=quiet or json) as update:
        report = doors.measure(
            content=content, result=result, references=reference, encoder=encoder, on_progress=update
        )
    if json:
        return emit({**report.to_dict(), "content": content, "result": result, "references": reference or []})
    toward = f", toward {', '.join(reference)}" if reference else ""
    pairs = f" ({report.pairs} pairs)" if report.pairs > 1 else ""
    say(f"{content} -> {result}{toward}{pairs}")
    table(HEADINGS, [figure.cells() for figure in report])
