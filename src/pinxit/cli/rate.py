"""``pinxit rate``: two results side by side, and which is better?"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet, StyleName, User
from pinxit.cli.running import emit, note, say, table
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.errors import InputError

RATINGS = 16
_SIMULATED = 20  # users of a simulation
_WORDS = {"l": "left", "r": "right", "s": "same", "q": "quit"}


def rate(
    name: StyleName,
    content: Annotated[
        str | None, typer.Option(help="Folder of your photos to show the style on.", show_default=False)
    ] = None,
    ratings: Annotated[int, typer.Option(min=1, max=1000, help="Most questions.")] = RATINGS,
    user: User = None,
    with_styles: Annotated[
        list[str] | None, typer.Option("--with", help="A style that may be blended in.", show_default=False)
    ] = None,
    eye: Annotated[bool, typer.Option("--eye", help="Let the eye look at the results too; takes a while.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for what is shown.", show_default=False)
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last rating back.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show your setting and its versions.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Take all ratings back.")] = False,
    export: Annotated[Path | None, typer.Option(help="Write your ratings to a .json file.", show_default=False)] = None,
    merge: Annotated[Path | None, typer.Option(help="Add the ratings of such a file.", show_default=False)] = None,
    make_set: Annotated[int, typer.Option("--set", min=0, max=100, help="Make so many results to like.")] = 0,
    like: Annotated[list[Path] | None, typer.Option(help="A result of the set that you like.")] = None,
    dislike: Annotated[list[Path] | None, typer.Option(help="One that you do not like.")] = None,
    simulate: Annotated[
        str | None,
        typer.Option(help="Let made-up users answer; nothing is kept.", metavar="linear|nonlinear|noisy|drifting"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of the questions.", show_default=False)] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Rate results of a style; your own setting of it is learned and used by: pinxit transfer

    Answers are left, right, same or quit (l, r, s, q), from the terminal or line by line from a script.
    Example: pinxit rate "golden hour" --ratings 16
    """
    from pinxit.library import Library
    from pinxit.library.ratings import check_user

    wishes = {
        "--undo": undo, "--show": show, "--reset": reset, "--export": export, "--merge": merge, "--set": make_set,
        "--like or --dislike": like or dislike, "--simulate": simulate,
    }  # fmt: skip
    chosen = [wish for wish, given in wishes.items() if given]
    if len(chosen) > 1:
        raise InputError(f"{' and '.join(chosen)} came; one of them at a time is wanted")
    library = Library()
    user = None if simulate else check_user(user)
    options = {"user": user, "contents": _contents(content), "others": with_styles or (), "eye": eye, "seed": seed}
    if simulate:
        _simulated(library, name, simulate, ratings, seed or 0, json)
    elif show:
        _show(library, name, user, json)
    elif undo or reset or merge:
        _changed(library, name, user, merge, whole=reset, json=json, quiet=quiet)
    elif export:
        _exported(library, name, user, export, json, quiet)
    elif make_set:
        _made(library, name, make_set, output, options, json, quiet)
    elif like or dislike:
        _liked(library, name, like or [], dislike or [], options, json, quiet)
    else:
        _asked(library, name, ratings, output, options, json, quiet)


def _contents(content: str | None) -> list[Path] | None:
    from pinxit.files import find_pictures

    return None if content is None else find_pictures([content])


def _asked(
    library: Any, name: str, most: int, output: Path | None, options: dict[str, Any], json: bool, quiet: bool
) -> None:
    """Questions until there is an end: the most, sure, "quit", or no more lines."""
    from pinxit.personal.rating import RatingSession

    session = RatingSession(library, name, **options)
    folder = output or library.home / "rating" / session.user
    done = 0
    try:
        for number in range(1, most + 1):
            pair = session.ask()
            file = folder / f"{session.style.name}-{session.taste.answers + 1}.jpg"
            place = make_folder_of(check_new_file(file, overwrite=output is None))
            session.sheet(pair).save(place)
            note(f"{place}\n{number} of at most {most}: left, right, same or quit?")
            answer = next(_answers(), "quit")
            if answer == "quit":
                break
            session.tell(pair, answer)
            done += 1
            if session.sure:
                note("pinxit: sure enough; more ratings would hardly change your setting", quiet or json)
                break
    finally:
        setting = session.finish() if done else library.personal.current(name, session.user)
    _told(setting, {"ratings": done}, f"{done} ratings kept", json, quiet)


def _answers() -> Iterator[str]:
    """Answers from stdin; a word that is none is told, and the next line counts."""
    while line := sys.stdin.readline():
        word = line.strip().lower()
        word = _WORDS.get(word, word)
        if word in _WORDS.values():
            yield word
        else:
            note(f"pinxit: {line.strip()!r} came; left, right, same or quit is wanted")


def _changed(library: Any, name: str, user: str, merge: Path | None, *, whole: bool, json: bool, quiet: bool) -> None:
    """Undo, reset or merge; the setting is learned again from what is left."""
    from pinxit.personal.rating_file import merge_ratings
    from pinxit.personal.setting import relearn

    if merge is None:
        count = library.ratings.undo(name, user, all=whole)
        said = f"{count} ratings taken back"
    else:
        count = merge_ratings(library, name, merge, user)
        said = f"{count} ratings added from {merge}"
    _told(relearn(library, name, user), {"changed": count}, said, json, quiet)


def _exported(library: Any, name: str, user: str, path: Path, json: bool, quiet: bool) -> None:
    from pinxit.personal.rating_file import export_ratings

    count = export_ratings(library, name, make_folder_of(check_new_file(path, overwrite=False)), user)
    if json:
        emit({"file": path, "ratings": count})
    elif not quiet:
        say(f"{count} ratings of {user}: {path}")


def _made(
    library: Any, name: str, count: int, output: Path | None, options: dict[str, Any], json: bool, quiet: bool
) -> None:
    """A set of results to be liked or disliked."""
    from pinxit.personal.rating import RatingSession
    from pinxit.personal.rating_file import SET_FILE, write_set

    if output is None:
        raise InputError("--set came without a folder; add -o FOLDER")
    check_new_file(output / SET_FILE, overwrite=False)
    session = RatingSession(library, name, **options)
    results = {f"{number}.jpg": settings for number, settings in enumerate(session.variety(count), 1)}
    for file in results:
        check_new_file(output / file, overwrite=False)
    for file, settings in results.items():
        session.result(settings).save(make_folder_of(output / file))
    write_set(output, results, library.entry(name).name)
    if json:
        emit({"results": {str(output / file): settings for file, settings in results.items()}})
    elif not quiet:
        say(f"{output}: {len(results)} results; then: pinxit rate {name!r} --like FILE --dislike FILE")


def _liked(
    library: Any, name: str, likes: list[Path], dislikes: list[Path], options: dict[str, Any], json: bool, quiet: bool
) -> None:
    from pinxit.library.ratings import Rating
    from pinxit.personal.rating_file import settings_of
    from pinxit.personal.setting import relearn

    found = [(settings_of(library, name, path), "like") for path in likes]
    found += [(settings_of(library, name, path), "dislike") for path in dislikes]
    user = options["user"]
    library.ratings.add(name, user, [Rating(settings, None, choice) for settings, choice in found])
    _told(relearn(library, name, user), {"ratings": len(found)}, f"{len(found)} ratings kept", json, quiet)


def _show(library: Any, name: str, user: str, json: bool) -> None:
    from dataclasses import asdict

    versions = library.personal.versions(name, user)
    count = len(library.ratings.list(name, user))
    if json:
        return emit({"user": user, "ratings": count, "versions": [asdict(version) for version in versions]})
    say(f"{user}, {name}: {count} ratings, {len(versions)} versions of the setting")
    for version in versions:
        dials = ", ".join(f"{dial} {value:g}" for dial, value in version.settings.items()) or "the defaults"
        say(f"version {version.version} of {version.created[:16]}, {version.facts.get('answers', 0)} ratings: {dials}")
    if versions:
        _table(versions[-1])


def _told(setting: Any, facts: dict[str, Any], sentence: str, json: bool, quiet: bool) -> None:
    """What is known about the user after something was rated."""
    from dataclasses import asdict

    if json:
        return emit(facts | {"setting": setting and asdict(setting)})
    if quiet:
        return None
    say(sentence)
    return _table(setting) if setting else None


def _table(setting: Any) -> None:
    """The setting with its intervals."""
    from pinxit.learning.taste import LIKELY

    facts = setting.facts
    if not setting.settings:
        return say("no ratings: the style's defaults count")
    rows = [
        (dial, f"{value:g}", "{:g} to {:g}".format(*facts["interval"][dial]))
        for dial, value in setting.settings.items()
    ]
    table(["dial", "your setting", "95 % interval"], rows)
    if facts["likely_better"]:
        applied = "applied" if facts["likely_better"] >= LIKELY else "not applied yet, rate more pairs"
        say(f"{facts['likely_better']:.0%} sure that this is better for you than the defaults: {applied}")
    else:
        say("by what is known, nothing is better for you than the defaults")
    if facts["agreeing"] is not None:
        say(f"{facts['agreeing']:.0%} of your {facts['answers']} answers fit it")
    return None


def _simulated(library: Any, name: str, kind: str, ratings: int, seed: int, json: bool) -> None:
    from pinxit.learning.simulated_users import KINDS
    from pinxit.personal.preference_race import PreferenceRace, race_preferences
    from pinxit.personal.setting import space_for

    if kind not in KINDS:
        raise InputError(f"--simulate {kind} came; {', '.join(KINDS)} are wanted")
    space = space_for(library.get(name))
    counts = tuple(sorted({*(count for count in (1, 2, 4, 8, 16, 32, 64) if count < ratings), ratings}))
    kinds = ("noisy 15 %" if kind == "noisy" else kind,)
    report = race_preferences(space, PreferenceRace(users=_SIMULATED, ratings=counts, kinds=kinds, seed=seed))
    if json:
        return emit({"style": library.entry(name).name, "dials": space.names, **report.to_dict()})
    return say(str(report))
