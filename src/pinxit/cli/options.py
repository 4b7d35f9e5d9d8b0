"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, for scripts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, say what would be done, and write nothing.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks; errors still show.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")]
Replace = Annotated[bool, typer.Option("--replace", help="A style of this name goes to the trash instead.")]
StyleName = Annotated[str, typer.Argument(help="Name in the library.", show_default=False)]
User = Annotated[
    str | None,
    typer.Option("--user", help="Whose setting; else that of the operating system's user.", show_default=False),
]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where the result goes.", show_default=False)]
