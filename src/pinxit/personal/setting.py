"""A person's own setting of a style: learned from their ratings, applied where they say nothing else."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from pinxit.blending import blend_styles
from pinxit.engines.batch import BatchSettings
from pinxit.errors import InputError, NotFoundError
from pinxit.learning.dial_space import BLEND, DialSpace
from pinxit.learning.taste import LIKELY, Choice, Taste
from pinxit.library import Library
from pinxit.library.personal_settings import PersonalSetting
from pinxit.library.ratings import Rating, check_user
from pinxit.opening import is_name, open_style
from pinxit.style import Style

_NEXT_TO_ONE = (0.93, 1.07)  # a brush in here stays the style's own, which also grows with very large pictures


def space_for(style: Style, ratings: Iterable[Rating] = (), others: Iterable[str] = ()) -> DialSpace:
    """The dials of a style, those for blending in ``others`` and whatever was rated before included.

    Raises:
        InputError: A rating names a dial that the style does not have.
    """
    ratings = list(ratings)
    sides = [side for rating in ratings for side in (rating.left, rating.right or {})]
    rated = [dial.removeprefix(BLEND) for side in sides for dial in side if dial.startswith(BLEND)]
    blends = dict.fromkeys([*others, *sorted(rated)])
    space = DialSpace.of(texture=style.texture is not None, tone=style.tone is not None, blends=blends)
    for side in sides:
        space.check(side, "a rating")
    return space


def told(taste: Taste, ratings: Iterable[Rating]) -> Taste:
    """Tell a taste what was rated, and let it learn."""
    for rating in ratings:
        points = taste.space.points([rating.left] if rating.right is None else [rating.left, rating.right])
        taste.tell(points[0], points[1] if rating.right is not None else None, rating.said)
    return taste.learn()


def taste_of(library: Library, name: str, user: str | None = None) -> Taste:
    """What a user's ratings of a style say, without the eye."""
    ratings = library.ratings.list(name, check_user(user))
    return told(Taste(space_for(library.get(name), ratings)), ratings)


def keep_choice(library: Library, name: str, user: str, choice: Choice, **more: Any) -> PersonalSetting:
    """Keep a choice as a new version of the user's setting, with more facts about it."""
    facts = asdict(choice) | more
    settings = facts.pop("settings")
    return library.personal.add(name, user, settings, facts)


def relearn(library: Library, name: str, user: str | None = None, **facts: Any) -> PersonalSetting:
    """Learn a user's setting again from all their ratings, as a new version with these facts too; empty without any."""
    user = check_user(user)
    taste = taste_of(library, name, user)
    if not taste.answers:
        return library.personal.add(name, user, {}, {"answers": 0, **facts})
    return keep_choice(library, name, user, taste.choose(), **facts)


def reset(library: Library, name: str, user: str | None = None) -> PersonalSetting:
    """Take all ratings of a style back and return to its defaults; old versions of the setting stay.

    Raises:
        InputError: There is nothing to take back.
    """
    user = check_user(user)
    library.ratings.undo(name, user, all=True)
    return relearn(library, name, user)


@dataclass(frozen=True)
class Personalized:
    """What a user gets.

    Args:
        style: The style, others blended in.
        settings: The settings, the user's own dials among them.
        note: What was done, in one sentence; None when the user has no setting.
    """

    style: Style
    settings: BatchSettings
    note: str | None = None


def personalized(
    style: Any,
    settings: BatchSettings,
    *,
    personal: bool | str | None = None,
    given: Collection[str] | None = None,
    home: str | os.PathLike[str] | None = None,
) -> Personalized:
    """Open a style, and apply the user's own setting of it to every dial that was not given.

    Args:
        style: As of ``opening.open_style``.
        settings: As they were given.
        personal: A user's name; True for the one of the operating system; None for that one, and for nothing with a
            style that is no name in the library; False for nothing.
        given: Dials that stay as they are; None for those that differ from their defaults.
        home: Folder of the library.

    Raises:
        InputError: A user was named for a style that is not in the library.
    """
    if personal is None:
        personal = is_name(style) and _known_user()
    elif personal and not is_name(style):
        raise InputError("a personal setting belongs to a style of the library; name one, or leave the user out")
    opened = open_style(style, home)
    if not personal:
        return Personalized(opened, settings)
    library = Library(home)
    user = check_user(personal if isinstance(personal, str) else None)
    setting = library.personal.current(style, user)
    if setting is None or not setting.settings:
        return Personalized(opened, settings)
    likely = setting.facts["likely_better"]
    if not likely:
        return Personalized(opened, settings)
    if likely < LIKELY:
        note = f"the setting of {user} is left out: {likely:.0%} sure to be better than the defaults; rate more pairs"
        return Personalized(opened, settings, note)
    if given is None:
        plain = BatchSettings()
        given = {item.name for item in fields(plain) if getattr(settings, item.name) != getattr(plain, item.name)}
    dials, shares = parted({name: value for name, value in setting.settings.items() if name not in given})
    opened, missing = with_blended(library, opened, shares)
    applied = {*dials, *(BLEND + other for other in shares)}
    words = ", ".join(f"{dial} {value:g}" for dial, value in setting.settings.items() if dial in applied)
    note = f"with the setting of {user} (version {setting.version}): {words or 'all dials were given'}; --plain without"
    return Personalized(opened, replace(settings, **dials), "; ".join([note, *missing]))


def parted(settings: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Settings of a space as dials of an engine, and the shares of styles to blend in, by name."""
    dials = {name: value for name, value in settings.items() if not name.startswith(BLEND)}
    if _NEXT_TO_ONE[0] <= dials.get("brush", 0) <= _NEXT_TO_ONE[1]:
        del dials["brush"]
    shares = {name.removeprefix(BLEND): value for name, value in settings.items() if name.startswith(BLEND)}
    return dials, {name: value for name, value in shares.items() if value > 0.01}


def with_blended(library: Library, style: Style, shares: Mapping[str, float]) -> tuple[Style, list[str]]:
    """A style with shares of others in it, each of which counts beside the style alone; and what is missing, told."""
    parts, missing = [(style, 1.0)], []
    for name, share in shares.items():
        try:
            parts.append((library.get(name), share / (1 - share)))
        except NotFoundError as error:
            missing.append(f"left out: {error}")
    return (blend_styles(parts, style.name) if len(parts) > 1 else style), missing


def _known_user() -> bool:
    try:
        check_user(None)
    except InputError:
        return False
    return True
