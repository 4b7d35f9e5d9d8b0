"""Tuning: settings searched for a style of the library, which is learned again with them where that is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pinxit.errors import InputError, LearningError
from pinxit.library import Library
from pinxit.library.sources import REFERENCE, Learning
from pinxit.settings import LEARNING
from pinxit.style import Style

_MOST = 24 * 60  # minutes


@dataclass(frozen=True)
class TuningPlan:
    """What a style is tuned with.

    Args:
        name: Of the style.
        references: Pictures that have it.
        contents: Photos to practise on, empty for those of the package.
        lost: References that are missing or were changed, with what became of them.
        minutes: For everything.
        options: Of ``learning.style.learn_style``, as it is learned again.
    """

    name: str
    references: tuple[Path, ...]
    contents: tuple[Path, ...]
    lost: Mapping[Path, str]
    minutes: float
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Tuned:
    """What became of it.

    Args:
        gained: Whether the tuned style is better on the validation references and took the name.
        old_name: Name of the old version in the trash, or None.
        search: As of ``learning.search.Searched``.
        scores: Version ("old", "new") to its score against the validation references, lower is better; the old one
            is left out where it was learned for another painter.
        tested: The same against the test references, by which nothing was chosen: all figures.
    """

    gained: bool
    old_name: str | None
    search: Mapping[str, Any]
    scores: Mapping[str, float] = field(default_factory=dict)
    tested: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def plan_tuning(
    library: Library,
    name: str,
    minutes: float,
    references: Sequence[Path] | None = None,
    contents: Sequence[Path] | None = None,
) -> TuningPlan:
    """Find what a style can be tuned with; changes nothing.

    Args:
        library: Where it is.
        name: Its name.
        minutes: For everything, above 0.
        references: Pictures that have the style; None takes those that it was learned from.
        contents: Photos to practise on; None takes those that it was learned with.

    Raises:
        NotFoundError: There is no such style.
        InputError: It has no strokes, the minutes are out of range, or nothing says what it was learned from.
        LearningError: No reference is there any more.
    """
    style = library.get(name)
    if style.texture is None:
        raise InputError(f"{name!r} is a look; it is learned in a second and has no settings to search for")
    if not 0 < minutes <= _MOST:
        raise InputError(f"{minutes:g} minutes came; more than 0 and up to {_MOST} are wanted, such as 10")
    learning = library.sources.of(name) or Learning((), {}, "")
    if references is None and not learning.of_role():
        raise InputError(f"nothing says what {name!r} was learned from; name its pictures: --references FOLDER")
    states = {source.path: source.state for source in learning.of_role()} if references is None else {}
    there = [path for path, state in states.items() if state == "there"] if references is None else list(references)
    if not there:
        raise LearningError(f"none of the {len(states)} references of {name!r} is there any more; name others")
    if contents is None:
        contents = [source.path for source in learning.of_role("contents") if source.state == "there"]
    return TuningPlan(
        name=name,
        references=tuple(there),
        contents=tuple(contents),
        lost={path: state for path, state in states.items() if state != "there"},
        minutes=minutes,
        options={**learning.options, "kind": "art", "minutes": minutes, "auto": True},
    )


def tune(
    library: Library,
    plan: TuningPlan,
    *,
    on_progress: Callable[..., Any] | None = None,
    on_decision: Callable[[str], Any] | None = None,
) -> Tuned:
    """Learn a style anew with settings that are searched for, and keep the better version under its name.

    The better one has the lower score against the validation references. The old version then goes to the trash under
    its number and date, and its ratings go on counting. A search that was stopped goes on with the same plan.

    Args:
        library: Where it is.
        plan: Of :func:`plan_tuning`.
        on_progress: As of ``learning.style.learn_style``.
        on_decision: The same.
    """
    from pinxit.learning.style import learn_style

    old = library.get(plan.name)
    new = learn_style(
        plan.references, contents=plan.contents or None, resume=library.home / LEARNING,
        on_progress=on_progress, on_decision=on_decision, **plan.options,
    )  # fmt: skip
    figures = _compared({"old": old, "new": new}, plan)
    scores = {version: validated["score"] for version, (validated, _) in figures.items()}
    gained = scores["new"] < scores.get("old", float("inf"))
    old_name = _exchanged(library, old, new, plan) if gained else None
    tested = {version: test for version, (_, test) in figures.items()}
    return Tuned(gained, old_name, new.provenance.training.search, scores, tested)


def _compared(versions: Mapping[str, Style], plan: TuningPlan) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
    """Figures of the versions against validation and test references, all by one yardstick."""
    from pinxit.learning.adapt_task import AdaptOptions
    from pinxit.learning.references import open_small, read_references
    from pinxit.learning.texture import figures_of
    from pinxit.networks.weights import packaged_contents, painter_version

    arrays = read_references(plan.references).arrays
    photos = [open_small(path) for path in plan.contents] or packaged_contents()
    judge = AdaptOptions(encoder=plan.options.get("encoder", "eye"))
    return {
        version: figures_of(style.texture, arrays, photos, judge)
        for version, style in versions.items()
        if style.texture.painter == painter_version()
    }


def _exchanged(library: Library, old: Style, new: Style, plan: TuningPlan) -> str:
    """Put the new version in the old one's place; the name of the old one in the trash."""
    stated = {"licence": old.provenance.licence, "consent": old.provenance.consent}
    library.add(replace(new, provenance=replace(new.provenance, **stated)), plan.name, continues=True)
    files = {REFERENCE: plan.references} | ({"contents": plan.contents} if plan.contents else {})
    library.sources.record(plan.name, files, plan.options)
    return next(entry.name for entry in library.list(trash=True))
