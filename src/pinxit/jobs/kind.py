"""Kind: a sort of job: arguments that are checked, a function that does the work in a worker, and its limits."""

import dataclasses
import importlib
import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pinxit.errors import InputError

if TYPE_CHECKING:
    from pinxit.jobs.task import Task

Form = TypeVar("Form")
Input = Annotated[str, "input"]
"""In the arguments of a kind: the name of one of the job's own files."""
MOST_TEXT = 2000
"""Characters of one argument."""
_MOST = 2.0**63


@dataclass(frozen=True)
class Limits:
    """What one attempt at a job may take; more ends it.

    Args:
        memory: Bytes of memory of its own, the interpreter and torch among them (``RLIMIT_DATA``).
        processor: Seconds of processor time, of all threads together (``RLIMIT_CPU``).
        file: Bytes of one file (``RLIMIT_FSIZE``).
        silence: Seconds without a sign of progress.
    """

    memory: int = 6 << 30
    processor: float = 3600.0
    file: int = 2 << 30
    silence: float = 1800.0


@dataclass(frozen=True)
class Kind:
    """A sort of job.

    Args:
        arguments: A frozen dataclass with keyword arguments; one with a method ``check(library, files)`` is asked
            before a job is taken, and may raise InputError or NotFoundError.
        work: Does the job, in a worker; returns what came of it, for JSON. It may be killed at any moment and is then
            called again with the same folder, and so goes on from what it kept there.
        limits: Of one attempt.
        at_once: How many may run at once, of all users and supervisors; None is any number.
        long: It takes minutes, and so never gets a supervisor's last free worker.
        warm: Modules that workers import before there is work, or ``module:function`` to call one without arguments,
            which must start no thread. What is not installed is passed over.
    """

    arguments: type
    work: "Callable[[Task], Mapping[str, Any]]"
    limits: Limits = field(default_factory=Limits)
    at_once: int | None = None
    long: bool = False
    warm: tuple[str, ...] = ()


def open_kinds(module: str) -> Mapping[str, Kind]:
    """The kinds that a module has under the name ``KINDS``."""
    return importlib.import_module(module).KINDS


def checked(form: type[Form], values: object, files: Collection[str], name: str = "arguments") -> Form:
    """Make a dataclass of values that came as JSON.

    Args:
        form: The dataclass; its annotations say what is wanted.
        values: What came.
        files: Names of the job's files.
        name: What to call the values in errors.

    Raises:
        InputError: A name is not known or missing, or a value is of another kind; the text says which.
    """
    if not isinstance(values, Mapping):
        raise InputError(f"the {name} are {_shown(values)}; an object with names and values is wanted")
    known = {one.name: one for one in dataclasses.fields(form)}
    for wrong in [key for key in values if key not in known]:
        raise InputError(f"the {name} have an unknown {_shown(wrong)}; known are {', '.join(sorted(known))}")
    for key, one in known.items():
        if key not in values and one.default is one.default_factory is dataclasses.MISSING:
            raise InputError(f"the {name} lack {key!r}")
    hints = get_type_hints(form, include_extras=True)
    return form(**{key: _value(value, hints[key], files, key) for key, value in values.items()})


def _value(value: object, hint: Any, files: Collection[str], name: str) -> Any:
    """A value as its annotation wants it."""
    origin = get_origin(hint)
    if dataclasses.is_dataclass(hint):
        return checked(hint, value, files, name)
    if origin in (Union, types.UnionType):
        return _one_of(value, get_args(hint), files, name)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise InputError(f"{name} is {_shown(value)}; a list is wanted")
        return tuple(_value(item, get_args(hint)[0], files, name) for item in value)
    if origin is Literal:
        if value not in get_args(hint):
            raise InputError(f"{name} is {_shown(value)}; one of {', '.join(map(repr, get_args(hint)))} is wanted")
        return value
    if hint == Input and not (isinstance(value, str) and value in files):
        raise InputError(f"{name} names {_shown(value)}, which is no file of the job; its files are {_listed(files)}")
    return _plain(value, str if hint == Input else hint, name)


def _one_of(value: object, hints: tuple[Any, ...], files: Collection[str], name: str) -> Any:
    if value is None and type(None) in hints:
        return None
    # A number comes first, so that 1 is a number where text is possible too.
    wanted = sorted((hint for hint in hints if hint is not type(None)), key=lambda hint: hint is str)
    for hint in wanted[:-1]:
        try:
            return _value(value, hint, files, name)
        except InputError:
            continue
    return _value(value, wanted[-1], files, name)


def _plain(value: object, hint: Any, name: str) -> Any:
    number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _MOST  # not so NaN
    if hint is float and number:
        return float(value)
    if hint is int and number and value == int(value):
        return int(value)
    if hint is bool and isinstance(value, bool):
        return value
    if hint is str and isinstance(value, str):
        if len(value) > MOST_TEXT:
            raise InputError(f"{name} has {len(value)} characters; {MOST_TEXT} are the most")
        return value
    words = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}
    raise InputError(f"{name} is {_shown(value)}; {words.get(hint, 'something else')} is wanted")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _listed(names: Collection[str]) -> str:
    return ", ".join(map(repr, sorted(names)[:5])) + (", ..." if len(names) > 5 else "") if names else "none"
