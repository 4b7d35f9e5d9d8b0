"""``pinxit tune``: settings that suit a style, searched for."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from pinxit.cli.options import DryRun, Json, Quiet, StyleName
from pinxit.cli.running import emit, note, progress, say, table

_FEW = 24  # trials below which what mattered is little more than a guess


def tune(
    name: StyleName,
    minutes: Annotated[float, typer.Option(help="For everything; more minutes are more and longer trials.")] = 10.0,
    references: Annotated[
        str | None,
        typer.Option(help="Folder of its pictures; else those that it was learned from.", show_default=False),
    ] = None,
    contents: Annotated[
        str | None, typer.Option(help="Folder of your photos to practise strokes on.", show_default=False)
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Search for the settings by which a style's strokes are learned best, and keep the better version.

    The old version goes to the trash under its number and date; where nothing is gained it stays. A search that was
    stopped goes on with the same command. Example: pinxit tune "golden hour" --minutes 20
    """
    from pinxit.files import find_pictures
    from pinxit.library import Library
    from pinxit.personal.tuning import plan_tuning
    from pinxit.personal.tuning import tune as search

    library = Library()
    given = {"references": references, "contents": contents}
    given = {key: find_pictures([folder]) for key, folder in given.items() if folder is not None}
    plan = plan_tuning(library, name, minutes, **given)
    for path, state in plan.lost.items():
        note(f"pinxit: {path} is {state}; it is left out", quiet or json)
    facts = {"name": name, "minutes": minutes, "references": len(plan.references), "contents": len(plan.contents)}
    facts["lost"] = dict(plan.lost)
    if dry_run:
        words = f"would search for {minutes:g} minutes with {len(plan.references)} references"
        return emit(facts | {"dry_run": True}) if json else say(words)
    with progress("searching", hidden=quiet or json) as update:
        done = search(
            library,
            plan,
            on_progress=lambda done, total, *rest: update(done, total, str(rest[0]) if rest else ""),
            on_decision=lambda text: note(f"pinxit: {text}", quiet or json),
        )
    if json:
        return emit(facts | asdict(done))
    if not quiet:
        _tell(name, done)
    return None


def _tell(name: str, done: Any) -> None:
    scores = " to ".join(f"{done.scores[version]:.3f}" for version in ("old", "new") if version in done.scores)
    became = f"the old version is in the trash as {done.old_name!r}" if done.gained else "nothing gained, it stays"
    say(f"{name}: validation score {scores} (lower is better); {became}")
    for line in search_lines(done.search):
        say(line)
    rows = {
        "default, after a trial": done.search["tested_default"],
        "found, after a trial": done.search["tested_found"],
    }
    rows |= {f"{version} version": figures for version, figures in done.tested.items()}
    table_of_tests(rows)


def search_lines(search: Mapping[str, Any]) -> list[str]:
    """What a search found, in sentences; ``search`` as in a style's provenance."""
    settings = ", ".join(
        f"{key} {value if isinstance(value, str) else f'{value:.4g}'}" for key, value in search["settings"].items()
    )
    left = ", ".join(
        f"{search[key]} {word}" for key, word in (("pruned", "given up"), ("failed", "failed")) if search[key]
    )
    tried = f"{search['trials']} trial{'s' * (search['trials'] > 1)}"
    lines = [
        f"settings: {settings}",
        f"{tried} of {60 * search['minutes']:.0f} s{f' ({left})' if left else ''}: "
        f"validation score {search['default']:.3f} with the defaults, {search['found']:.3f} with these",
    ]
    if search["mattered"]:
        first = [f"{key} {share:.0%}" for key, share in list(search["mattered"].items())[:4]]
        guess = "; from so few trials little more than a guess" if search["trials"] < _FEW else ""
        lines.append(f"what mattered: {', '.join(first)}{guess}")
    else:
        lines.append("what mattered: too few trials to say; give more minutes")
    return lines


def table_of_tests(rows: Mapping[str, Mapping[str, float]]) -> None:
    """Figures against the test references, which noise too when there are few."""
    figures = ("score", "ssim", "colour", "texture")
    table(
        ("against test references", *figures), [(key, *(f"{one[f]:.3f}" for f in figures)) for key, one in rows.items()]
    )
    say("nothing was chosen by the test references; where they are few, differences of some hundredths are noise")
