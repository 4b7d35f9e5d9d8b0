"""``pinxit bench ablation``: what each part of the training, and each way of adapting, is worth."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.errors import InputError, LearningError

Paints = dict[str, Callable[[Any, Any], Any]]


@dataclass(frozen=True)
class _Part:
    """One part of the table.

    Args:
        names: Of its variants.
        exam: Judges them.
        terms: What has to be the same for all of them.
        learn: Takes a name and a folder for a checkpoint; gives what paints, by part of the table, and facts.
    """

    names: tuple[str, ...]
    exam: Any
    terms: dict[str, Any]
    learn: Callable[[str, Path], tuple[Paints, dict[str, Any]]]


def ablation(
    recipe: Annotated[
        Path | None, typer.Argument(help="A recipe with the table [texture].", show_default=False)
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of results, one a variant.", show_default=False)
    ] = Path("ablation"),
    photos: Annotated[Path | None, typer.Option(help="With a recipe: folder of photos.", show_default=False)] = None,
    art: Annotated[Path | None, typer.Option(help="With a recipe: folder of hands.", show_default=False)] = None,
    leave_out: Annotated[
        list[Path] | None,
        typer.Option(help="Text file of photos and works not to train on but to judge by.", show_default=False),
    ] = None,
    contents: Annotated[
        Path | None, typer.Option(help="Folder of photos, to paint and to practise on.", show_default=False)
    ] = None,
    references: Annotated[
        Path | None, typer.Option(help="Folder of works of one hand, to adapt to.", show_default=False)
    ] = None,
    held_out: Annotated[
        Path | None, typer.Option(help="Folder of other works of the hand, to compare with.", show_default=False)
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.001, help="Of every training.")] = 6.0,
    cpu: Annotated[bool, typer.Option("--cpu", help="Minutes of processor time, not by the clock.")] = False,
    only: Annotated[str, typer.Option(help="Variants by name, with commas between; else all.")] = "",
    count: Annotated[int, typer.Option(min=1, help="This many photos are painted, a fixed choice.")] = 12,
    per_content: Annotated[int, typer.Option(min=1, help="Works that each painted photo is compared with.")] = 2,
    size: Annotated[int, typer.Option(min=64, help="Pixels a side; the protocol's is 512.")] = 512,
    level: Annotated[float, typer.Option(min=0, max=1, help="SSIM at which texture is compared.")] = 0.8,
    seed: Annotated[int, typer.Option(min=0, help="Of the adaptations; a recipe has its own.")] = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Leave out one part at a time, in equal minutes: of a training by a recipe, of the adapting to one hand, of both.

    Results that are in the folder already are not made again; without recipe and references its table is shown.
    """
    from pinxit.learning.ablation import ADAPTATIONS, AGAIN, TRAININGS, WHOLE
    from pinxit.learning.sources import Sources, read_names
    from pinxit.measuring.ablation import Shelf
    from pinxit.measuring.texture_race import TexturePairs

    pairs = TexturePairs(count, per_content, size)
    parts = []
    if recipe is not None:
        _all_there("a recipe", photos=photos, art=art, leave_out=leave_out)
        sources = Sources(photos=photos, art=art, leave_out=read_names(leave_out))
        parts.append(_training(recipe, sources, minutes, cpu, pairs, level))
    if references is not None:
        _all_there("--references", contents=contents, held_out=held_out)
        parts.append(_adapting((contents, references, held_out), (minutes, cpu, seed), pairs, level))
    wanted = _words(only, [name for part in parts for name in part.names])
    if parts:
        _make(output)
    with progress("variants", hidden=quiet or json) as update:
        for part in parts:
            _fill(part, output, [name for name in part.names if name in wanted], update)
    shown = (("training", TRAININGS, WHOLE), ("painter alone", TRAININGS, WHOLE), ("adapting", ADAPTATIONS, "lora"))
    reports = [Shelf(output, part).report(names, (base, AGAIN)) for part, names, base in shown]
    reports = [report for report in reports if report is not None]
    if not reports:
        raise InputError(
            f"{output} holds no results; give a recipe with --photos, --art and --leave-out, or references"
        )
    if json:
        emit({"parts": [report.to_dict() for report in reports]})
    else:
        say("\n\n".join(str(report) for report in reports))


def _all_there(what: str, **options: Any) -> None:
    if lacking := [f"--{name.replace('_', '-')}" for name, value in options.items() if not value]:
        raise InputError(f"{what} came without {' and '.join(lacking)}; add it")


def _words(text: str, known: list[str]) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()] or known
    if unknown := [word for word in words if word not in known]:
        names = ", ".join(dict.fromkeys(known)) or "none without a recipe or --references"
        raise InputError(f"--only {unknown[0]} came; wanted are {names}, with commas between them")
    return words


def _make(folder: Path) -> None:
    from pinxit.files import writing_error

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise writing_error(error, folder) from error


def _fill(part: _Part, folder: Path, names: list[str], update: Callable[[int, int, str], None]) -> None:
    """Make what is lacking, and keep each result as soon as it is there."""
    import shutil

    from pinxit.measuring.ablation import Shelf

    main = part.terms["part"]
    for number, name in enumerate(names):
        update(number, len(names), name)
        if Shelf(folder, main).has(name, part.terms):
            continue
        place = folder / f"{main}-{name}"
        try:
            paints, facts = part.learn(name, place)
        except LearningError as error:
            Shelf(folder, main).keep(name, part.terms, {"failed": str(error)})
            continue
        for of, paint in reversed(paints.items()):  # the one that is asked for comes last
            _save(part.exam.strip(paint), Shelf(folder, of).path(name, ".png"))
            Shelf(folder, of).keep(name, part.terms, facts | part.exam.take(paint))
        shutil.rmtree(place, ignore_errors=True)
    for name, strip in (("contents", part.exam.strip()), ("goals", part.exam.strip(lambda content, goal: goal))):
        _save(strip, Shelf(folder, main).path(name, ".png"))


def _save(strip: Any, path: Path) -> None:
    from PIL import Image

    from pinxit.files import write_whole

    with write_whole(path) as target:
        Image.fromarray(strip).save(target)


def _training(recipe: Path, sources: Any, minutes: float, cpu: bool, pairs: Any, level: float) -> _Part:
    """The whole recipe and it without its parts, each from nothing."""
    from pinxit.learning.ablation import TRAININGS, WHOLE, Workshop
    from pinxit.measuring.ablation import Exam
    from pinxit.measuring.texture_race import pairs_of

    shop = Workshop(recipe, sources, minutes, cpu)
    exam = Exam.read(pairs_of(*shop.held_out, pairs), pairs.size, level)
    terms = {"part": "training", "minutes": minutes, "cpu": cpu, "recipe": asdict(shop.recipes[WHOLE]), **exam.facts()}

    def learn(name: str, folder: Path) -> tuple[Paints, dict[str, Any]]:
        painter, done = shop.train(name, folder)
        facts = {"steps": done["steps"], "minutes": done["minutes"]}
        return {"training": _in_one_pass(painter), "painter alone": _in_one_pass(painter, settled=False)}, facts

    return _Part(TRAININGS, exam, terms, learn)


def _in_one_pass(painter: Any, *, settled: bool = True) -> Callable[[Any, Any], Any]:
    """A painter at work, as users get it, or without what is settled in closed form afterwards."""

    def paint(content: Any, goal: Any) -> Any:
        from pinxit.color import unit_float
        from pinxit.engines.aim import Aim, array_of, cloud_of, tensor_of
        from pinxit.engines.painting import Painting
        from pinxit.learning.texture import read_texture
        from pinxit.networks.weights import eye, painter_version

        painting = Painting(read_texture([goal], painter, eye(), painter_version()), painter.generator)
        if settled:
            return painting.apply(content)
        pixels = unit_float(content)
        aim = Aim(*painting.works.suited(cloud_of(pixels)))
        return array_of(painting.paint(aim.matched(tensor_of(pixels)), painting.code)).clip(0, 1)

    return paint


def _adapting(folders: tuple[Path, Path, Path], how: tuple[float, bool, int], pairs: Any, level: float) -> _Part:
    """The shipped painter carried over to one hand by every policy and adversarial loss."""
    from pinxit.learning.ablation import ADAPTATIONS, adaptations
    from pinxit.learning.adapt import choose
    from pinxit.measuring.ablation import Exam
    from pinxit.measuring.adapt_race import AdaptPictures
    from pinxit.networks.weights import eye, painter, painter_version

    minutes, cpu, seed = how
    pictures = AdaptPictures.read(*folders, pairs)
    exam = Exam(pictures.contents, pictures.goals, pictures.met, pairs.size, level)
    facts = {"seed": seed, "painter": painter_version(), "pictures": sorted(pictures.digests)}
    terms = {"part": "adapting", "minutes": minutes, "cpu": cpu, **facts, **exam.facts()}

    def learn(name: str, folder: Path) -> tuple[Paints, dict[str, Any]]:
        from pinxit.engines.painting import Painting
        from pinxit.learning.texture import adapted_texture, read_texture

        options = replace(choose(len(pictures.references), minutes), seed=seed, clock="cpu" if cpu else "wall")
        options = adaptations(options)[name]
        texture, told = read_texture(pictures.references, painter(), eye(), painter_version()), {}
        if options is not None:
            texture, found = adapted_texture(texture, pictures.references, pictures.practice, options, folder=folder)
            told = {"steps": found.steps, "best": found.best, "minutes": found.minutes}
        painting = Painting(texture)
        return {"adapting": lambda content, goal: painting.apply(content)}, told

    return _Part(ADAPTATIONS, exam, terms, learn)
