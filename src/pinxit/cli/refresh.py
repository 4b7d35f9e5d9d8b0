"""``pinxit refresh``: learn a style again from what is new."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet, StyleName, User
from pinxit.cli.running import emit, note, progress, say, table


def refresh(
    name: StyleName,
    pictures: Annotated[
        list[str] | None, typer.Argument(help="New pictures: files, folders, patterns.", show_default=False)
    ] = None,
    if_new: Annotated[int, typer.Option(min=0, help="Only when so many new pictures and ratings are there.")] = 0,
    held_out: Annotated[
        str | None, typer.Option(help="Folder of other pictures with the style, to compare with.", show_default=False)
    ] = None,
    user: User = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn a style again from all that it was learned from and new pictures, and your setting from all ratings.

    The old version goes to the trash under its number and date. A schedule may call it every night:
    pinxit refresh "golden hour" inbox/ --if-new 8
    """
    from pinxit.files import find_pictures
    from pinxit.library import Library
    from pinxit.personal.refresh import news_of
    from pinxit.personal.refresh import refresh as learn_again

    library = Library()
    found = find_pictures(pictures) if pictures else []
    news = news_of(library, name, found, user)
    facts = {"new_pictures": len(news.pictures), "new_ratings": news.ratings, "lost": {**news.lost}}
    for path, state in news.lost.items():
        note(f"pinxit: {path} is {state}; it is left out", quiet or json)
    if news.count < if_new:
        return _report(facts | {"done": False}, [f"{news.count} new of {if_new}; nothing was done"], json, quiet)
    others = find_pictures([held_out]) if held_out else []
    with progress("learning", hidden=quiet or json) as update:
        done = learn_again(
            library,
            name,
            news,
            user=user,
            held_out=others,
            on_progress=lambda done, total, *rest: update(done, total, str(rest[0]) if rest else ""),
            on_decision=lambda text: note(f"pinxit: {text}", quiet or json),
        )
    if others and not done.figures:
        note("pinxit: all held-out pictures were learned from; they say nothing", quiet or json)
    facts |= {"done": True, "style": done.style, "old": done.old_name, "figures": done.figures}
    facts |= {"foretold": {key: {"share": share, "of": count} for key, (share, count) in done.foretold.items()}}
    facts |= {"setting": done.setting and asdict(done.setting)}
    _report(facts, _lines(name, done), json, quiet)
    if done.figures and not (json or quiet):
        heads = ["held-out figure", *done.figures]
        table(heads, [(key, *(f"{one[key]:.3f}" for one in done.figures.values())) for key in done.figures["old"]])
    return None


def _lines(name: str, done: Any) -> list[str]:
    news = done.news
    learned = f"{len(news.kept)} known and {len(news.pictures)} new pictures"
    if done.style == "unchanged":
        lines = [f"{name}: {learned}; the style stays as it is"]
    else:
        lines = [f"{name}: learned again from {learned}; the old version is in the trash as {done.old_name!r}"]
    if done.setting:
        lines.append(f"your setting: version {done.setting.version}, from {done.setting.facts['answers']} ratings")
    what = {"old": "before, of the new ratings", "new": "now, each rating from the others"}
    lines += [f"foretold right {what[key]}: {share:.0%} of {count}" for key, (share, count) in done.foretold.items()]
    return lines


def _report(facts: dict[str, Any], lines: list[str], json: bool, quiet: bool) -> None:
    if json:
        emit(facts)
    for line in () if json or quiet else lines:
        say(line)
