"""``pinxit recognize``: which style a picture is in, which styles suit it, and sorting a folder by style."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, note, progress, say, table
from pinxit.errors import InputError, PictureError, ShapeError

if TYPE_CHECKING:
    from pinxit.personal.recognize import LibraryRecognizer

_READ = 512  # longest side at which pictures are opened


def recognize(
    pictures: Annotated[list[str], typer.Argument(help="Pictures: files, folders, patterns.", show_default=False)],
    group: Annotated[
        bool, typer.Option("--group", help="Sort the pictures into styles, however many there are.")
    ] = False,
    into: Annotated[
        Path | None, typer.Option(help="With --group: copy them into a sub-folder for each style.", show_default=False)
    ] = None,
    suit: Annotated[bool, typer.Option("--suit", help="Which styles of the library suit each picture.")] = False,
    top: Annotated[int, typer.Option(min=1, help="Name this many.")] = 3,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Name the styles of the library, and the hands that pinxit knows, that pictures are in; or none of these.

    Example: pinxit recognize inbox/ --group --into sorted/
    """
    from pinxit.files import find_pictures

    if into is not None and not group:
        raise InputError(f"--into {into} came without --group; add --group to sort the pictures into styles")
    if group and suit:
        raise InputError("--group and --suit came together; ask one after the other")
    paths = find_pictures(pictures)
    if group:
        return _group(paths, into, json=json, quiet=quiet)
    from pinxit.personal.recognize import LibraryRecognizer

    recognizer = LibraryRecognizer()
    for name, why in {} if json else recognizer.left_out.items():
        note(f"{name} cannot be recognized: {why}", quiet)
    told, skipped = [], {}
    with progress("looking", hidden=quiet or json) as update:
        for number, path in enumerate(paths):
            try:
                told.append((path, _suited(recognizer, path) if suit else _recognized(recognizer, path)))
            except (PictureError, ShapeError) as error:
                skipped[str(path)] = str(error)
            update(number + 1, len(paths), path.name)
    _refuse_nothing(told, skipped)
    if json:
        facts = [{"picture": path, ("suited" if suit else "recognized"): one} for path, one in told]
        return emit({"pictures": facts, "left_out": recognizer.left_out, "skipped": skipped})
    for path, one in told:
        (_say_suited if suit else _say_recognized)(path, one, top)
    _note_skipped(skipped, quiet)


def _open(path: Path) -> Any:
    from pinxit.picture import Picture

    return Picture.open(path, shrink_to=_READ)


def _recognized(recognizer: "LibraryRecognizer", path: Path) -> dict[str, Any]:
    return asdict(recognizer.recognize(_open(path).array))


def _suited(recognizer: "LibraryRecognizer", path: Path) -> list[dict[str, Any]]:
    return [asdict(one) for one in recognizer.suited(_open(path))]


def _say_recognized(path: Path, found: dict[str, Any], top: int) -> None:
    say(f"{path}")
    for title, shares, none in (
        ("your styles", found["styles"], found["none"]),
        ("known hands", found["hands"], found["no_hand"]),
    ):
        named = sorted([*shares.items(), ("none of these", none)], key=lambda item: -item[1])[:top]
        say(f"  {title}: " + ", ".join(f"{name} {share:.0%}" for name, share in named))


def _say_suited(path: Path, found: list[dict[str, Any]], top: int) -> None:
    say(f"{path}")
    rows = [(one["name"], *(f"{one[key]:.2f}" for key in ("score", "keep", "reach", "before"))) for one in found[:top]]
    table(["style", "suits", "content kept", "style reached", "before"], rows)


def _group(paths: list[Path], into: Path | None, *, json: bool, quiet: bool) -> None:
    from pinxit.personal.sorting import copy_groups, group_pictures

    with progress("looking", hidden=quiet or json) as update:
        groups, skipped = group_pictures(paths, on_progress=update)
    copied = copy_groups(groups, into) if into is not None else []
    if json:
        return emit({"groups": groups, "copied": copied, "skipped": skipped})
    count = sum(len(each) for each in groups)
    say(f"these {count} pictures hold {len(groups)} {'style' if len(groups) == 1 else 'styles'}")
    for number, each in enumerate(groups, 1):
        say(f"  {number}: {len(each)} {'picture' if len(each) == 1 else 'pictures'}: {_listed(each)}")
    if into is not None:
        say(f"copied into {into}; learn one with: pinxit learn {copied[0].parent} --name NAME")
    _note_skipped(skipped, quiet)


def _listed(paths: Sequence[Path], most: int = 6) -> str:
    names = [path.name for path in paths[:most]]
    return ", ".join(names) + (f" and {len(paths) - most} more" if len(paths) > most else "")


def _refuse_nothing(told: Sequence[Any], skipped: dict[str, str]) -> None:
    if not told:
        raise PictureError(
            f"none of {len(skipped)} pictures can be recognized; the first: {next(iter(skipped.values()))}"
        )


def _note_skipped(skipped: dict[str, str], quiet: bool) -> None:
    for path, why in skipped.items():
        note(f"skipped {path}: {why}", quiet)
