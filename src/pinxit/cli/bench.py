"""``pinxit bench``: how good and how quick."""

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinxit import doors
from pinxit.cli.bench_ablation import ablation
from pinxit.cli.bench_adapt import adapt
from pinxit.cli.bench_enhance import enhance
from pinxit.cli.bench_models import models
from pinxit.cli.bench_paint import paint
from pinxit.cli.bench_panorama import panorama
from pinxit.cli.bench_personal import personal
from pinxit.cli.bench_recognize import recognize
from pinxit.cli.bench_video import video
from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.errors import InputError

if TYPE_CHECKING:
    from pinxit.style import Style

_PINXIT = (sys.executable, "-m", "pinxit")

bench = typer.Typer(help="Measure how well looks are recovered, and how quick everything is.", no_args_is_help=True)

WAYS = {"pinxit": {}, "amortized": {"refine": "off"}, "adapted": {"refine": "on"}, "neutral": {}}
"""How a look can be learned, as arguments of ``learn_look``; "neutral" is also given photos without any look."""


@bench.command()
def look(
    looks: Annotated[Path, typer.Option(help="Folder of looks, .cube files.", show_default=False)],
    photos: Annotated[Path, typer.Option(help="Folder of photos to grade with them.", show_default=False)],
    methods: Annotated[
        str, typer.Option(help=f"Ways of learning ({', '.join(WAYS)}) and peers.")
    ] = "pinxit,linear-map-shrunk",
    references: Annotated[str, typer.Option(help="Numbers of references.")] = "1,5,20",
    kind: Annotated[str, typer.Option(help="Which looks.", metavar="colour|bw|all")] = "colour",
    limit: Annotated[int, typer.Option(min=0, help="This many looks, a fixed choice; 0 takes all.")] = 0,
    photos_per_look: Annotated[int, typer.Option(min=1, max=100, help="Photos to grade for each look.")] = 10,
    jpeg: Annotated[int, typer.Option(min=0, max=100, help="Save references as JPEG of this quality first.")] = 0,
    subject: Annotated[str, typer.Option(help="Only references whose path holds this word.")] = "",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn hidden looks from a few graded photos; mean CIEDE2000 to the truth on other photos."""
    from pinxit.exporting.cube import read_cube
    from pinxit.measuring.look_recovery import Protocol, looks_in, measure_looks

    chosen = _ways(methods)
    protocol = Protocol(
        references=_counts(references),
        photos_per_look=photos_per_look,
        kind=_kind(kind),
        looks=limit,
        jpeg=jpeg,
        subject=subject,
    )
    tables = looks_in(looks, lambda path: read_cube(path).table, kind)
    with progress("looks", hidden=quiet or json) as update:
        report = measure_looks(tables, photos, chosen, protocol, on_progress=update)
    if json:
        emit(report.to_dict())
    else:
        say(str(report))


@bench.command()
def texture(
    contents: Annotated[Path, typer.Option(help="Folder of photos to paint.", show_default=False)],
    references: Annotated[Path, typer.Option(help="Folder of pictures with styles.", show_default=False)],
    count: Annotated[int, typer.Option(min=1, help="This many photos, a fixed choice.")] = 20,
    per_content: Annotated[int, typer.Option(min=1, help="References that each photo meets.")] = 2,
    strengths: Annotated[str, typer.Option(help="Strengths of the methods that have one.")] = "0.5,1",
    size: Annotated[int, typer.Option(min=32, help="Pixels a side; the protocol's is 512.")] = 512,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Paint photos in the styles of pictures; content kept and style reached, beside methods that cost nothing."""
    from pinxit.measuring.texture_race import TexturePairs, at_strengths, race_textures
    from pinxit.measuring.texture_rivals import RIVALS, pyramid_matching

    wanted = _strengths(strengths)
    methods = {**RIVALS}
    del methods["pyramid matching"]
    methods |= at_strengths("pyramid matching", pyramid_matching, wanted)
    methods |= at_strengths("pinxit", _in_one_pass, wanted)
    with progress("pairs", hidden=quiet or json) as update:
        report = race_textures(
            contents, references, methods, TexturePairs(count, per_content, size), on_progress=update
        )
    if json:
        emit(report.to_dict())
    else:
        say(str(report))


bench.command()(paint)
bench.command()(video)
bench.command()(panorama)
bench.command()(models)
bench.command()(adapt)
bench.command()(ablation)
bench.command()(recognize)
bench.command()(enhance)
bench.command()(personal)


@bench.command()
def speed(json: Json = False, quiet: Quiet = False) -> None:
    """Time this machine: applying a tone, learning a look, opening and saving."""
    from pinxit.measuring.speed import measure_speed

    with TemporaryDirectory() as folder, progress("speed", hidden=quiet or json) as update:
        style = Path(folder) / "bench.pinxit"
        _middling_style().save(style)
        report = measure_speed(
            learn=lambda files, refine: doors.learn(files, refine="on" if refine else "off"),
            transfer=lambda source, out: [*_PINXIT, "transfer", str(source), "--style", str(style), "-o", str(out)],
            on_progress=update,
        )
    if json:
        emit(report.to_dict())
    else:
        say(str(report))


def _in_one_pass(content: Any, reference: Any, strength: float) -> Any:
    """Pinxit's own painting of an array in the style of another, without adapting."""
    style = doors.learn(reference, kind="art", minutes=0)
    return doors.transfer(content, style, strength=strength).array


def _middling_style() -> "Style":
    """A style that moves every colour, for the clock."""
    from pinxit.style import Style
    from pinxit.tone.lut import Lut
    from pinxit.tone.tone import Tone

    table = Lut.identity(33).table
    return Style(tone=Tone(Lut(0.05 + 0.85 * table + 0.08 * table[..., ::-1] * table)))


def _ways(text: str) -> dict[str, Callable[..., Any]]:
    from pinxit.measuring.peers import PEERS

    names = [name.strip() for name in text.split(",")]
    known = {**{way: _learner(way) for way in WAYS}, **PEERS, "ceiling": _ceiling}
    for name in names:
        if name not in known:
            raise InputError(f"--methods {name} came; wanted are {', '.join(known)}, with commas between them")
    return {name: known[name] for name in names}


def _learner(name: str) -> Callable[..., Any]:
    def method(references: list[Any], neutral: list[Any]) -> Callable[[Any], Any]:
        from pinxit.learning.look import learn_look

        style = learn_look(references, neutral=neutral if name == "neutral" else None, **WAYS[name])
        return style.tone.lut.apply

    return method


def _ceiling(references: list[Any], originals: list[Any]) -> Callable[[Any], Any]:
    """Fitted to the references beside their originals, which no other method sees."""
    from pinxit.learning.paired import fit_pairs

    return fit_pairs(list(zip(originals, references, strict=True)))[0].apply


_ceiling.wants_originals = True


def _counts(text: str) -> tuple[int, ...]:
    words = text.split(",")
    if not all(word.strip().isdecimal() and 1 <= int(word) <= 200 for word in words):
        raise InputError(f"--references {text} came; numbers from 1 to 200 with commas between them are wanted")
    return tuple(int(word) for word in words)


def _strengths(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(word) for word in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 <= strength <= 10 for strength in found):
        raise InputError(f"--strengths {text} came; numbers from 0 to 10 with commas between them are wanted")
    return found


def _kind(kind: str) -> str:
    if kind not in ("colour", "bw", "all"):
        raise InputError(f"--kind {kind} came; colour, bw or all is wanted")
    return kind
