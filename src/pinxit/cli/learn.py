"""``pinxit learn``: a style from pictures."""

import re
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit import doors
from pinxit.cli.options import DryRun, Json, Overwrite, Quiet, Replace
from pinxit.cli.running import default_of, emit, note, progress, say
from pinxit.cli.tune import search_lines
from pinxit.cli.writing import check_new_file, make_folder_of
from pinxit.errors import InputError, PinxitError


def learn(
    pictures: Annotated[
        list[str], typer.Argument(help="Finished pictures: files, folders, patterns.", show_default=False)
    ],
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Keep the style in the library by this name.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the style to this .pinxit file.")] = None,
    kind: Annotated[
        str, typer.Option(help="What the pictures are; auto looks for itself.", metavar="auto|photo|art")
    ] = default_of(doors.learn, "kind"),
    minutes: Annotated[
        float, typer.Option(min=0, help="For learning strokes; 0 reads them in one pass. A look takes a second.")
    ] = default_of(doors.learn, "minutes"),
    auto: Annotated[
        bool, typer.Option("--auto", help="Search for the settings of the strokes, within the minutes.")
    ] = False,
    more: Annotated[bool, typer.Option("--more", help="Continue the style NAME with these pictures.")] = False,
    neutral: Annotated[
        str | None, typer.Option(help="Folder of your own pictures without any look.", show_default=False)
    ] = None,
    before: Annotated[
        str | None, typer.Option(help="Folder of the same pictures before they got the look.", show_default=False)
    ] = None,
    contents: Annotated[
        str | None, typer.Option(help="Folder of your photos to practise strokes on.", show_default=False)
    ] = None,
    liked: Annotated[
        str | None,
        typer.Option(help="Folder of results that you like; strokes are learned toward them.", show_default=False),
    ] = None,
    disliked: Annotated[
        str | None, typer.Option(help="Folder of results that you do not like; goes with --liked.", show_default=False)
    ] = None,
    refine: Annotated[
        str,
        typer.Option(help="After the prediction: off nothing, auto reconcile, on refine too.", metavar="auto|on|off"),
    ] = default_of(doors.learn, "refine"),
    encoder: Annotated[
        str, typer.Option(help="Who judges strokes; VGG-19 needs its weights.", metavar="eye|vgg19|FILE")
    ] = default_of(doors.learn, "encoder"),
    steady: Annotated[
        float,
        typer.Option(min=0, help="How much it counts that strokes move with the picture, for films; 0 leaves it out."),
    ] = default_of(doors.learn, "steady"),
    seed: Annotated[int, typer.Option(help="Same seed, same style.")] = default_of(doors.learn, "seed"),
    licence: Annotated[str | None, typer.Option(help="Licence of the pictures, kept in the style.")] = None,
    consent: Annotated[str | None, typer.Option(help="Who agreed to the learning, kept in the style.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail when one picture cannot be read.")] = False,
    replace_old: Replace = False,
    overwrite: Overwrite = False,
    dry_run: DryRun = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn a style from finished pictures that have it, and keep it under a name, in a file, or both.

    Example: pinxit learn holiday/ --name "golden hour"
    """
    from pinxit.files import find_pictures

    _check_refine(refine)
    if kind not in ("auto", "photo", "art"):
        raise InputError(f"--kind {kind} came; auto, photo or art is wanted")
    known = _known(name, more)
    name, output = _check_places(name, output, replace_old=replace_old or more, overwrite=overwrite)
    found = find_pictures(pictures)
    folders = {"neutral": neutral, "before": before, "contents": contents, "liked": liked, "disliked": disliked}
    others = {key: find_pictures([folder]) for key, folder in folders.items() if folder}
    facts: dict[str, Any] = {"name": name, "file": output, "pictures": len(found)}
    facts |= {key: len(paths) for key, paths in others.items()}
    if dry_run:
        return _report(facts | {"dry_run": True}, f"would learn from {len(found)} pictures", json)
    from pinxit.learning.style import learn_style
    from pinxit.settings import LEARNING, pinxit_home

    start = time.monotonic()
    with progress("learning", hidden=quiet or json) as update:
        style = learn_style(
            found,
            kind=kind,
            minutes=minutes,
            refine=refine,
            encoder=encoder,
            steady=steady,
            auto=auto,
            more_of=known,
            seed=seed,
            strict=strict,
            resume=pinxit_home() / LEARNING,
            on_progress=lambda *values: update(*_readable(values)),
            on_decision=lambda text: note(f"pinxit: {text}", quiet or json),
            **{key: others.get(key) for key in folders},
        )
    stated = {"licence": licence, "consent": consent}
    stated = {key: _both(getattr(style.provenance, key), text) for key, text in stated.items()}
    style = replace(style, name=name, provenance=replace(style.provenance, **stated))
    learning = (
        {"reference": found} | others,
        {"kind": kind, "minutes": minutes, "refine": refine, "encoder": encoder, "seed": seed}
        | ({"auto": True} if auto else {})
        | ({"steady": steady} if steady else {}),
    )
    _keep(style, output, learning, replace_old=replace_old, more=more)
    facts |= {"seconds": round(time.monotonic() - start, 2), "provenance": asdict(style.provenance)}
    facts |= {"expected_error": style.tone.expected_error if style.tone else None, "skipped": _skipped(style)}
    for line in () if json else facts["skipped"]:
        note(f"pinxit: {line}")
    _report(facts, _sentence(style, output, facts["seconds"]), json, quiet)
    if style.provenance.training and style.provenance.training.search:
        for line in () if json or quiet else search_lines(style.provenance.training.search):
            say(line)


def _known(name: str | None, more: bool) -> Any:
    """The style that ``--more`` continues."""
    from pinxit.library import Library

    if more and name is None:
        raise InputError("--more continues a style of the library; add its --name")
    return Library().get(name) if more else None


def _both(known: str | None, text: str | None) -> str | None:
    """What was stated for the pictures of a continued style, and what is stated for those that are added."""
    return "; ".join(dict.fromkeys(filter(None, (known, text)))) or None


def _readable(values: tuple[Any, ...]) -> tuple[int, int, str]:
    done, total, *rest = values
    return done, total, str(rest[0]) if rest else ""


def _check_refine(refine: str) -> None:
    if refine not in ("auto", "on", "off"):
        raise InputError(f"--refine {refine} came; auto, on or off is wanted")


def _check_places(
    name: str | None, output: Path | None, *, replace_old: bool, overwrite: bool
) -> tuple[str | None, Path | None]:
    """Refuse before the work what would fail after it."""
    from pinxit.library import Library
    from pinxit.style import STYLE_SUFFIX, check_name

    if name is None and output is None:
        raise InputError("nothing says where the style goes; add --name NAME, or -o FILE.pinxit")
    if name is not None:
        name = check_name(name) if replace_old else Library().check_free(name)
    if output is not None:
        if output.suffix.lower() != STYLE_SUFFIX:
            raise InputError(f"{output} does not end in {STYLE_SUFFIX}; other formats come from: pinxit export")
        output = check_new_file(output, overwrite=overwrite)
    return name, output


def _keep(style: Any, output: Path | None, learning: tuple[Any, Any], *, replace_old: bool, more: bool) -> None:
    """Save the style; the library also notes what it was learned from."""
    from pinxit.library import Library

    if output is not None:
        style.save(make_folder_of(output))
    if style.name is None:
        return
    try:
        library = Library()
        library.add(style, replace=replace_old, continues=more)
        library.sources.record(style.name, *learning, more=more)
    except PinxitError as error:
        if output is None:
            # Minutes of work are not thrown away because the library does not take the style.
            rescued = _rescue(style)
            raise type(error)(f"{error}. The style was saved as {rescued}") from error
        raise


def _rescue(style: Any) -> Path:
    import tempfile

    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        path = next(
            folder / f"{style.name}{n or ''}.pinxit"
            for n in range(1000)
            if not (folder / f"{style.name}{n or ''}.pinxit").exists()
        )
        try:
            return style.save(path)
        except PinxitError:
            continue
    raise PinxitError("and it could not be saved elsewhere")


def _skipped(style: Any) -> list[str]:
    """The pictures that could not be read, one line each, as the style's notes have them."""
    lines = re.split(r"; (?=skipped )", style.provenance.notes or "")
    return [line for line in lines if line.startswith("skipped ")]


def _sentence(style: Any, output: Path | None, seconds: float) -> str:
    places = [f"as {style.name!r} in the library"] if style.name else []
    places += [f"in {output}"] if output else []
    error = style.tone.expected_error if style.tone else None
    skipped = len(_skipped(style))
    left_out = f", {skipped} skipped" if skipped else ""
    expected = f"; expected error {error:.1f} (CIEDE2000)" if error is not None else ""
    learned = f"learned from {style.provenance.references} pictures in {seconds:.1f} s{left_out}{expected}"
    return f"{learned}; kept {' and '.join(places)}"


def _report(facts: dict[str, Any], sentence: str, json: bool, quiet: bool = False) -> None:
    if json:
        emit(facts)
    elif not quiet:
        say(sentence)
