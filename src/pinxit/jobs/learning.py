"""The jobs ``learn`` and ``search``: styles for the library."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pinxit import doors
from pinxit.errors import InputError, NotFoundError
from pinxit.jobs.kind import Input
from pinxit.jobs.naming import some, usual
from pinxit.jobs.task import Task
from pinxit.library import Library
from pinxit.style import STYLE_SUFFIX, check_name

if TYPE_CHECKING:
    from pinxit.style import Style

_OTHERS = ("neutral", "before", "contents", "liked", "disliked")
_MOST_MINUTES = 24 * 60
_NOTED = ("neutral", "before", "contents")  # what the library notes beside the references


@dataclass(frozen=True, kw_only=True)
class Learn:
    """A style from finished pictures; names and meanings are those of :func:`pinxit.learn`.

    Args:
        auto: Search for the settings of the strokes within the minutes.
        licence: Of the pictures, kept in the style.
        consent: Who agreed to the learning, kept in the style.
    """

    name: str
    pictures: tuple[Input, ...]
    kind: Literal["auto", "photo", "art"] = usual(doors.learn, "kind")
    minutes: float = usual(doors.learn, "minutes")
    refine: Literal["auto", "on", "off"] = usual(doors.learn, "refine")
    neutral: tuple[Input, ...] = ()
    before: tuple[Input, ...] = ()
    contents: tuple[Input, ...] = ()
    liked: tuple[Input, ...] = ()
    disliked: tuple[Input, ...] = ()
    auto: bool = False
    more: bool = usual(doors.learn, "more")
    replace: bool = usual(doors.learn, "replace")
    seed: int = usual(doors.learn, "seed")
    licence: str | None = None
    consent: str | None = None

    def check(self, library: Library, files: Collection[str]) -> None:
        """Refuse before the work what would fail after it."""
        some(self.pictures, "picture")
        if not 0 <= self.minutes <= _MOST_MINUTES:
            raise InputError(f"{self.minutes:g} minutes came; 0 to {_MOST_MINUTES} are wanted")
        if self.more:
            library.entry(self.name)
        elif not self.replace:
            library.check_free(self.name)
        check_name(self.name)


@dataclass(frozen=True, kw_only=True)
class Search:
    """Settings that suit a style of the library, as by ``pinxit tune``.

    Args:
        name: Of the style.
        minutes: For everything.
        references: Pictures that have the style; none takes those that it was learned from.
        contents: Photos to practise on; none takes those that it was learned with.
    """

    name: str
    minutes: float = 10.0
    references: tuple[Input, ...] = ()
    contents: tuple[Input, ...] = ()

    def check(self, library: Library, files: Collection[str]) -> None:
        """Refuse before the work what would fail after it."""
        library.entry(self.name)
        if not 0 < self.minutes <= _MOST_MINUTES:
            raise InputError(f"{self.minutes:g} minutes came; more than 0 and up to {_MOST_MINUTES} are wanted")


def learn(task: Task) -> dict[str, Any]:
    """Learn a style and keep it in the library; its file is a result too.

    The file is written first. An attempt that finds it has only to keep it, and one that was killed after that finds
    the very same style in the library and leaves it there.
    """
    wanted: Learn = task.arguments
    place = task.out / f"{check_name(wanted.name)}{STYLE_SUFFIX}"
    if not place.exists():
        _learned(task, wanted).save(place)
    from pinxit.style import Style

    style = Style.load(place)
    _keep(task, wanted, style, hashlib.sha256(place.read_bytes()).hexdigest())
    facts = style.provenance
    return {
        "style": style.name,
        "files": [place.name],
        "expected_error": style.tone.expected_error if style.tone else None,
        "provenance": asdict(facts) | {"hashes": len(facts.hashes)},
    }


def _learned(task: Task, wanted: Learn) -> "Style":
    from pinxit.learning.style import learn_style

    library = Library(task.home)
    style = learn_style(
        task.files(wanted.pictures),
        kind=wanted.kind,
        minutes=wanted.minutes,
        refine=wanted.refine,
        auto=wanted.auto,
        more_of=library.get(wanted.name) if wanted.more else None,
        seed=wanted.seed,
        resume=task.kept,
        on_progress=lambda *told: task.progress(*told, losses=last_figures(task.kept)),
        on_decision=lambda text: task.progress(0, 0, text),
        **{name: task.files(getattr(wanted, name)) or None for name in _OTHERS},
    )
    told = style.provenance
    stated = {name: _both(getattr(told, name), getattr(wanted, name)) for name in ("licence", "consent")}
    return replace(style, name=wanted.name, provenance=replace(told, **stated))


def _keep(task: Task, wanted: Learn, style: "Style", digest: str) -> None:
    library = Library(task.home)
    with suppress(NotFoundError):
        if library.entry(style.name).digest == digest:
            return
    library.add(style, replace=wanted.replace, continues=wanted.more)
    files = {"reference": task.files(wanted.pictures)}
    files |= {name: task.files(getattr(wanted, name)) for name in _NOTED if getattr(wanted, name)}
    options = {name: getattr(wanted, name) for name in ("kind", "minutes", "refine", "seed")} | {"encoder": "eye"}
    library.sources.record(style.name, files, options | ({"auto": True} if wanted.auto else {}), more=wanted.more)


def search(task: Task) -> dict[str, Any]:
    """Search for settings and keep the better version of the style.

    The version at the first attempt is noted. One that finds another there, which came of a search, is the attempt
    after one that was killed when all was done.
    """
    from pinxit.personal.tuning import plan_tuning, tune

    wanted: Search = task.arguments
    library = Library(task.home)
    version, noted = library.entry(wanted.name).digest, task.kept / "version"
    if not noted.exists():
        noted.write_text(version)
    elif noted.read_text() != version:
        training = library.get(wanted.name).provenance.training
        if training is not None and training.search:
            return {"style": wanted.name, "gained": True, "search": training.search}
    given = {name: task.files(getattr(wanted, name)) or None for name in ("references", "contents")}
    plan = plan_tuning(library, wanted.name, wanted.minutes, **given)
    found = tune(library, plan, on_progress=task.progress, on_decision=lambda text: task.progress(0, 0, text))
    return {"style": wanted.name, "lost": {str(path): state for path, state in plan.lost.items()}, **asdict(found)}


def last_figures(folder: Path) -> Mapping[str, float] | None:
    """The last line of the log that a learner keeps in a folder, or in one below it."""
    logs = sorted(folder.rglob("log.jsonl"), key=lambda path: path.stat().st_mtime)
    with suppress(OSError, IndexError, ValueError):
        return json.loads(list(_lines(logs[-1]))[-1])
    return None


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines at the end of a file."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 8192))
        yield from (line for line in file.read().splitlines(keepends=True) if line.endswith(b"\n"))


def _both(known: str | None, text: str | None) -> str | None:
    """What was stated for the pictures of a continued style, and what is stated for those that are added."""
    return "; ".join(dict.fromkeys(filter(None, (known, text)))) or None
