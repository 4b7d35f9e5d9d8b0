"""The program ``pinxit`` and its commands."""

import os
import warnings
from typing import Annotated

import typer

from pinxit.cli.bench import bench
from pinxit.cli.card import card
from pinxit.cli.explain import explain
from pinxit.cli.export import export
from pinxit.cli.jobs import jobs
from pinxit.cli.learn import learn
from pinxit.cli.measure import measure
from pinxit.cli.pretrain import pretrain
from pinxit.cli.rate import rate
from pinxit.cli.recognize import recognize
from pinxit.cli.refresh import refresh
from pinxit.cli.running import CarefulGroup, say
from pinxit.cli.styles import styles
from pinxit.cli.transfer import transfer
from pinxit.cli.tune import tune
from pinxit.cli.view import view

app = typer.Typer(
    name="pinxit",
    cls=CarefulGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(learn)
app.command()(transfer)
app.add_typer(styles, name="styles")
app.command()(card)
app.command()(rate)
app.command()(refresh)
app.command()(tune)
app.command()(export)
app.command()(measure)
app.command()(recognize)
app.command()(explain)
app.add_typer(jobs, name="jobs")
app.command()(view)
app.add_typer(bench, name="bench")
app.command()(pretrain)


def _version(wanted: bool) -> None:
    if wanted:
        from pinxit.settings import pinxit_version

        say(f"pinxit {pinxit_version()}")
        raise typer.Exit()


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Learn a visual style from a handful of pictures and give it to any picture.

    Exit codes: 0 done, 2 wrong input, 3 not found, 4 no room or no right to write, 5 learning failed, 6 an extra is
    missing, 130 stopped by Ctrl-C.
    """


def main() -> None:
    """Run the program."""
    # OpenMP threads that spin at barriers starve each other on shared cores; it must be said before torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    warnings.filterwarnings("ignore", module="PIL")  # of damaged EXIF, which is dropped anyway
    app()
