"""``pinxit measure``: what a transfer kept and what it reached."""

from pathlib import Path
from typing import Annotated

import typer

from pinxit import doors
from pinxit.cli.options import Json
from pinxit.cli.running import emit, say, table


def measure(
    content: Annotated[Path, typer.Option(help="The picture before.", show_default=False)],
    result: Annotated[Path, typer.Option(help="The picture after.", show_default=False)],
    reference: Annotated[
        list[str],
        typer.Option(
            help="Picture with the style; a folder or pattern too; may come several times.", show_default=False
        ),
    ],
    json: Json = False,
) -> None:
    """Measure how much of a content a result keeps, and how far it came toward its references.

    Three figures that need no trained network; with several references, their means. Example:
    pinxit measure --content street.jpg --result painted.png --reference a.jpg --reference b.jpg
    """
    from pinxit.measuring.style_pairs import MEANING

    figures = doors.measure(content=content, result=result, references=reference)
    if json:
        facts = {**figures.as_dict(), "untouched": dict.fromkeys(MEANING, 1.0), "meaning": MEANING}
        return emit({**facts, "content": content, "result": result, "references": reference})
    rows = [(name, f"{getattr(figures, name):.3f}", "1", what) for name, what in MEANING.items()]
    say(f"{content} -> {result}, toward {', '.join(reference)}")
    table(["figure", "value", "untouched", "meaning"], rows)
