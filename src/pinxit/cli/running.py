"""How every command runs: errors to exit codes, words to the terminal, JSON to scripts."""

import contextlib
import inspect
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from pinxit.errors import PinxitError

INTERRUPTED = 130


class CarefulGroup(TyperGroup):
    """Commands whose errors end in one line on stderr and the error's exit code; with ``--json`` also on stdout."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Remember whether a script is listening."""
        ctx.meta["pinxit.json"] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PinxitError as error:
            _fail(ctx, type(error).__name__, str(error), error.exit_code)
        except KeyboardInterrupt:
            words = "stopped; nothing is half written, and transfers and trainings go on with the same command"
            _fail(ctx, "Interrupted", words, INTERRUPTED)
        except BrokenPipeError:
            # The reader of our output (head, less) has gone; nobody is left to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None


def _fail(ctx: Any, kind: str, message: str, code: int) -> None:
    message = _printable(" ".join(message.split()))
    if ctx.meta["pinxit.json"]:
        emit({"error": {"type": kind, "message": message, "exit_code": code}})
    typer.echo(f"pinxit: {message}", err=True)
    raise typer.Exit(code)


def emit(value: Any) -> None:
    """Print one JSON document on stdout."""
    typer.echo(json.dumps(_plain(value), indent=2, allow_nan=False))


def _plain(value: Any) -> Any:
    """Only what JSON has: numbers of numpy become plain ones, NaN and infinity null, paths text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | int | bool) else str(value)


def say(text: str) -> None:
    """Print a result on stdout."""
    typer.echo(_printable(text))


def note(text: str, quiet: bool = False) -> None:
    """Print a remark on stderr."""
    if not quiet:
        typer.echo(_printable(text), err=True)


def _printable(text: str) -> str:
    """The text with \\x.. for bytes of a file name that are no text."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows as a table on stdout."""
    from rich.console import Console
    from rich.table import Table

    sheet = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        sheet.add_row(*("" if cell is None else str(cell) for cell in row))
    Console(soft_wrap=not sys.stdout.isatty(), markup=False).print(sheet)


def default_of(function: Callable[..., Any], name: str) -> Any:
    """The default of a function's argument, so that the command line has no second opinion."""
    return inspect.signature(function).parameters[name].default


@contextlib.contextmanager
def progress(what: str, *, hidden: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar with the time left on stderr when that is a terminal.

    Yields:
        A function to call with how much is done, of how much, and what is going on.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def update(done: int, total: int, text: str = "") -> None:
            bar.update(task, completed=done, total=total, description=text or what)

        yield update
