"""What arguments of jobs name: styles and files, never paths."""

from collections.abc import Callable, Collection
from inspect import signature
from typing import Any

from pinxit.errors import InputError
from pinxit.library import Library


def check_style(name: str, library: Library, files: Collection[str]) -> None:
    """Raise NotFoundError unless a style is one of the job's files, or a name in the library."""
    if name not in files:
        library.entry(name)


def some(names: Collection[str], what: str) -> None:
    """Raise InputError when there is none."""
    if not names:
        raise InputError(f"no {what} came; name at least one file of the job")


def usual(function: Callable[..., Any], name: str) -> Any:
    """The default of a function's argument, so that jobs have no second opinion."""
    return signature(function).parameters[name].default
