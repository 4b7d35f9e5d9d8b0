"""``pinxit styles``: the library."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Output, Overwrite, Quiet, Replace, StyleName
from pinxit.cli.running import emit, say, table
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.errors import InputError

styles = typer.Typer(help="Look after the styles in the library.", invoke_without_command=True, no_args_is_help=False)


def _library() -> Any:
    from pinxit.library import Library

    return Library()


@styles.callback()
def _without_command(ctx: typer.Context) -> None:
    """Look after the styles in the library; without a command, list them."""
    if ctx.invoked_subcommand is None:
        list_styles()


@styles.command("list")
def list_styles(
    trash: Annotated[bool, typer.Option("--trash", help="List what was deleted.")] = False, json: Json = False
) -> None:
    """List the styles."""
    entries = _library().list(trash=trash)
    if json:
        return emit([asdict(entry) for entry in entries])
    if not entries:
        return say("the trash is empty" if trash else "no styles yet; make one with: pinxit learn PICTURES --name NAME")
    rows = [(e.name, e.kind, e.references or "", e.created, (e.deleted_at or "")[:16]) for e in entries]
    heads = ("name", "kind", "pictures", "created", "deleted")
    table(heads if trash else heads[:4], rows if trash else [row[:4] for row in rows])


@styles.command()
def show(name: StyleName, json: Json = False) -> None:
    """Show what a style holds and where it comes from."""
    library = _library()
    style = library.get(name)
    facts: dict[str, Any] = {"name": style.name, **asdict(style.provenance), "file": library.file(name)}
    facts["fingerprint"] = style.fingerprint
    if style.tone:
        facts |= {"table": f"{style.tone.lut.size} nodes a side", "adaptive": style.adaptive}
        facts |= {"expected_error": style.tone.expected_error, **asdict(style.tone.finish)}
    if json:
        return emit(facts)
    shown = {key: value for key, value in facts.items() if value not in (None, "", ())}
    shown["hashes"] = f"{len(style.provenance.hashes)} files"
    for key, value in shown.items():
        say(f"{key.replace('_', ' ') + ':':16} {value}")


@styles.command()
def rename(
    name: StyleName,
    new_name: Annotated[str, typer.Argument(help="Its new name.", show_default=False)],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Give a style another name."""
    _done(_library().rename(name, new_name), f"{name} is now {new_name}", json, quiet)


@styles.command()
def delete(name: StyleName, json: Json = False, quiet: Quiet = False) -> None:
    """Move a style to the trash."""
    entry = _library().delete(name)
    _done(
        entry, f"{entry.name} is in the trash; bring it back with: pinxit styles undelete '{entry.name}'", json, quiet
    )


@styles.command()
def undelete(
    name: StyleName,
    new_name: Annotated[str | None, typer.Option("--as", help="Bring it back under another name.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Bring a style back from the trash."""
    entry = _library().undelete(name, new_name)
    _done(entry, f"{entry.name} is back", json, quiet)


@styles.command()
def purge(
    names: Annotated[list[str] | None, typer.Argument(help="Only these; else the whole trash.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Empty the trash for good."""
    library = _library()
    count = len(names) if names else len(library.list(trash=True))
    if count and not yes and not typer.confirm(f"Remove {count} deleted styles for good?", err=True):
        raise typer.Exit(InputError.exit_code)
    gone = library.purge(names or None)
    if json:
        emit({"purged": gone})
    elif not quiet:
        say(f"{gone} gone for good")


@styles.command()
def blend(
    parts: Annotated[list[str], typer.Argument(help="Styles with weights, such as a:0.7 b:0.3.", show_default=False)],
    name: Annotated[str, typer.Option("--name", "-n", help="Name of the mixture.", show_default=False)],
    replace_old: Replace = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Mix styles into a new one. Example: pinxit styles blend "golden hour:0.7" "cold:0.3" --name mixed"""
    weights = _weights(parts)
    library = _library()
    style = library.blend(weights, name, replace=replace_old)
    _done(library.entry(name), f"{style.name}: {style.provenance.method}", json, quiet)


@styles.command("import")
def import_style(
    files: Annotated[list[Path], typer.Argument(help=".pinxit, .cube or HaldCLUT .png files.", show_default=False)],
    name: Annotated[str | None, typer.Option("--name", "-n", help="Name to keep it under, for one file.")] = None,
    replace_old: Replace = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take styles and lookup tables into the library."""
    if name is not None and len(files) > 1:
        raise InputError(f"--name {name} came for {len(files)} files; import them one by one to name them")
    library = _library()
    entries = [library.import_file(file, name, replace=replace_old) for file in files]
    if json:
        return emit([asdict(entry) for entry in entries])
    for entry in () if quiet else entries:
        say(f"imported {entry.name}")


@styles.command("export")
def export_style(
    name: StyleName, output: Output, overwrite: Overwrite = False, json: Json = False, quiet: Quiet = False
) -> None:
    """Write a style as .pinxit file, to pass it on. For .cube and HaldCLUT see: pinxit export"""
    library = _library()
    style = library.get(name)
    path = style.save(make_folder_of(check_new_file(output, overwrite=overwrite)))
    if json:
        emit({"name": style.name, "file": path})
    elif not quiet:
        say(str(path))


def _weights(parts: list[str]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in parts:
        name, colon, text = part.rpartition(":")
        try:
            weight = float(text)
        except ValueError:
            weight = float("nan")
        if not colon or not name or weight != weight:
            raise InputError(f"{part!r} came, and a style with its weight was wanted, such as 'golden hour:0.7'")
        if name in weights:
            raise InputError(f"the style {name!r} came twice; give it one weight")
        weights[name] = weight
    return weights


def _done(entry: Any, sentence: str, json: bool, quiet: bool) -> None:
    if json:
        emit(asdict(entry))
    elif not quiet:
        say(sentence)
