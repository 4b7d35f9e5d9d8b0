"""Refresh: a style learned again from what it was learned from and what is new, and the ratings with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.errors import InputError, LearningError
from pinxit.library import Library
from pinxit.library.personal_settings import PersonalSetting
from pinxit.library.ratings import Rating, check_user
from pinxit.library.sources import REFERENCE, Learning, digest_of
from pinxit.personal.setting import relearn, space_for, told
from pinxit.settings import pinxit_version
from pinxit.style import Style

_CONTENTS = 4  # photos that versions are compared on


@dataclass(frozen=True)
class News:
    """What is new about a style since it was last learned.

    Args:
        pictures: New pictures, paths.
        ratings: Ratings since the user's last refresh, or all of them.
        kept: References that are still there as they were.
        lost: Paths of those that are missing or were changed, with what became of them.
    """

    pictures: tuple[Path, ...]
    ratings: int
    kept: tuple[Path, ...]
    lost: dict[Path, str]

    @property
    def count(self) -> int:
        """New pictures and new ratings."""
        return len(self.pictures) + self.ratings


@dataclass(frozen=True)
class Refreshed:
    """What became of it.

    Args:
        news: What was new.
        style: "new" when the style was learned again and came out different, else "unchanged".
        old_name: Name of the old version in the trash, or None.
        setting: The user's setting, learned again; None without any rating.
        figures: Version ("old", "new") to its figures on held-out pictures, empty without such.
        foretold: Version to the share of ratings foretold right that it was not learned from, and their number.
    """

    news: News
    style: str
    old_name: str | None = None
    setting: PersonalSetting | None = None
    figures: dict[str, dict[str, float]] = field(default_factory=dict)
    foretold: dict[str, tuple[float, int]] = field(default_factory=dict)


def news_of(library: Library, name: str, pictures: Iterable[Path] = (), user: str | None = None) -> News:
    """What is new about a style.

    Args:
        library: Where it is.
        name: Its name.
        pictures: Paths; those that it was learned from already, by SHA-256, are not new.
        user: Whose ratings count; None for the operating system's user.

    Raises:
        InputError: It is not known what the style was learned from.
    """
    learning = _learning(library, name)
    known = {source.sha256 for source in learning.of_role()}
    fresh = {digest_of(path): path for path in pictures}
    states = {source.path: source.state for source in learning.of_role()}
    since = _last_refresh(library, name, check_user(user))
    return News(
        pictures=tuple(path for digest, path in fresh.items() if digest not in known),
        ratings=sum(rating.rated_at > since for rating in library.ratings.list(name, check_user(user))),
        kept=tuple(path for path, state in states.items() if state == "there"),
        lost={path: state for path, state in states.items() if state != "there"},
    )


def refresh(
    library: Library,
    name: str,
    news: News,
    *,
    user: str | None = None,
    held_out: Sequence[Path] = (),
    on_progress: Callable[..., Any] | None = None,
    on_decision: Callable[[str], Any] | None = None,
) -> Refreshed:
    """Learn a style again from all known references and the new pictures, and the user's setting from all ratings.

    The same way of learning as before, options included. The style is learned when there are new pictures, or when it
    was made by another pinxit. The old version then goes to the trash under its number and date, and ratings go on
    counting; a style that comes out the same is left as it is.

    Args:
        library: Where it is.
        name: Its name.
        news: Of :func:`news_of`.
        user: Whose setting; None for the operating system's user.
        held_out: Pictures that have the style; those that a version was learned from are passed over.
        on_progress: As of ``learning.style.learn_style``.
        on_decision: The same.

    Raises:
        LearningError: No reference is left.
        InputError: It is not known what the style was learned from.
    """
    user = check_user(user)
    learning, old = _learning(library, name), library.get(name)
    found, given = old, {}
    if news.pictures or old.provenance.pinxit != pinxit_version() or _foreign(old):
        found, given = _learned(old, learning, news, on_progress, on_decision)
    changed = found.fingerprint != old.fingerprint
    figures = _compared({"old": old, "new": found}, held_out)
    old_name = None
    if changed:
        library.add(found, name, continues=True)
        library.sources.record(name, given, learning.options)
        old_name = next(entry.name for entry in library.list(trash=True))
    ratings = library.ratings.list(name, user)
    foretold = _foretold(library, name, user, ratings)
    setting = relearn(library, name, user, refreshed=True) if ratings else None
    return Refreshed(news, "new" if changed else "unchanged", old_name, setting, figures, foretold)


def _learning(library: Library, name: str) -> Learning:
    learning = library.sources.of(name)
    if learning is None or not learning.of_role():
        raise InputError(
            f"nothing says what {name!r} was learned from; learn it again: pinxit learn PICTURES --name NAME --replace"
        )
    return learning


def _foreign(style: Style) -> bool:
    """Whether its texture is for another painter, so that this pinxit cannot give it."""
    from pinxit.networks.weights import painter_version

    return style.texture is not None and style.texture.painter != painter_version()


def _last_refresh(library: Library, name: str, user: str) -> str:
    """ISO time of the user's last refresh of a style, or ""."""
    times = [version.created for version in library.personal.versions(name, user) if version.facts.get("refreshed")]
    return times[-1] if times else ""


def _learned(
    old: Style, learning: Learning, news: News, on_progress: Any, on_decision: Any
) -> tuple[Style, dict[str, list[Path]]]:
    """The style learned again, and the files that it was learned from, by role."""
    from pinxit.learning.style import learn_style

    roles = {source.role for source in learning.sources}
    given = {role: [s.path for s in learning.of_role(role) if s.state == "there"] for role in roles}
    given[REFERENCE] = [*news.kept, *news.pictures]
    if not given[REFERENCE]:
        raise LearningError(
            f"none of the {len(news.lost)} references of {old.name!r} is there any more; name new pictures"
        )
    others = {role: paths for role, paths in given.items() if role != REFERENCE and paths}
    style = learn_style(
        given[REFERENCE], **learning.options, **others, on_progress=on_progress, on_decision=on_decision
    )
    stated = {"licence": old.provenance.licence, "consent": old.provenance.consent}
    return replace(style, provenance=replace(style.provenance, **stated)).renamed(old.name), given


def _compared(versions: dict[str, Style], held_out: Sequence[Path]) -> dict[str, dict[str, float]]:
    """Figures of each version on pictures that none of them was learned from; empty without such pictures."""
    seen = {digest for style in versions.values() for digest in style.provenance.hashes}
    fair = [path for path in held_out if digest_of(path) not in seen]
    if not fair:
        return {}
    from pinxit.engines.engine import Engine
    from pinxit.measuring.style_pairs import measure_pair
    from pinxit.networks.weights import packaged_contents
    from pinxit.picture import Picture

    references = [Picture.open(path, shrink_to=1024).array for path in fair]
    found = {}
    for version, style in versions.items():
        if _foreign(style):
            continue
        engine = Engine(style)
        scores = [
            measure_pair(content, engine.transfer(Picture.open(content)).array, references)
            for content in packaged_contents()[:_CONTENTS]
        ]
        found[version] = {
            figure: float(np.mean([getattr(score, figure) for score in scores]))
            for figure in ("ssim", "colour", "texture")
        }
    return found


def _foretold(library: Library, name: str, user: str, ratings: Sequence[Rating]) -> dict[str, tuple[float, int]]:
    """How well the new ratings are foretold by what was known before them, and all ratings each from the others."""
    from pinxit.learning.taste import Taste

    since = _last_refresh(library, name, user)
    told_apart = [rating for rating in ratings if rating.said != 0.5 and rating.right is not None]
    space = space_for(library.get(name), ratings)

    def right(known: Sequence[Rating], asked: Sequence[Rating]) -> int:
        taste = told(Taste(space), known)
        left, other = (taste.features(space.points([getattr(r, side) for r in asked])) for side in ("left", "right"))
        values = taste.model.utility(left)[0] - taste.model.utility(other)[0]
        return int(((values > 0) == np.array([r.said > 0.5 for r in asked])).sum())

    found = {}
    later = [rating for rating in told_apart if rating.rated_at > since]
    if since and later:
        known = [rating for rating in ratings if rating.rated_at <= since]
        found["old"] = right(known, later) / len(later), len(later)
    if len(told_apart) > 1:
        hits = sum(right([r for r in ratings if r is not one], [one]) for one in told_apart)
        found["new"] = hits / len(told_apart), len(told_apart)
    return found
