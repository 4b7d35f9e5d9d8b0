"""``pinxit bench adapt``: what a minute of learning one hand is worth, beside methods that begin with nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.errors import InputError

METHODS = ("one pass", "read", "adapted", "cut", "fastcut", "cyclegan")
"""One pass sees one work at a time; "read" all of them, without learning."""
POLICIES = ("auto", "code", "lora", "adaptive-rank", "head", "full")
"""What adapts; "auto" is what ``pinxit learn`` would choose."""
RATE = 2e-4
"""Learning rate of the rivals, as in their papers."""
_ENDLESS = 10**7  # steps, of a learner that the clock stops

Paint = Callable[[Any], Any]
Learn = Callable[[list[Any], list[Any], float], Paint]


def adapt(
    contents: Annotated[Path, typer.Option(help="Folder of photos, to paint and to practise on.", show_default=False)],
    references: Annotated[
        Path, typer.Option(help="Folder of works of one hand to learn from, all of them.", show_default=False)
    ],
    held_out: Annotated[
        Path, typer.Option(help="Folder of other works of the hand to compare with.", show_default=False)
    ],
    minutes: Annotated[float, typer.Option(min=0.001, help="For each method to learn in.")] = 1.0,
    cpu: Annotated[bool, typer.Option("--cpu", help="Minutes of processor time, not by the clock.")] = False,
    methods: Annotated[str, typer.Option(help=f"Which of {', '.join(METHODS)}.")] = ",".join(METHODS),
    policies: Annotated[str, typer.Option(help=f"Of the adapted method: {', '.join(POLICIES)}.")] = "auto",
    others: Annotated[
        Path | None,
        typer.Option(help="Folder of hands, a sub-folder each, to learn recognition from.", show_default=False),
    ] = None,
    hand: Annotated[
        str | None, typer.Option(help="Sub-folder of the hand; else that named as --references.", show_default=False)
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="This many photos are painted, a fixed choice.")] = 8,
    per_content: Annotated[int, typer.Option(min=1, help="Works that each painted photo is compared with.")] = 2,
    practice: Annotated[int, typer.Option(min=1, help="Most photos to practise on, others than those.")] = 24,
    size: Annotated[int, typer.Option(min=64, help="Pixels a side; the protocol's is 512.")] = 512,
    rival_rate: Annotated[float, typer.Option(min=1e-6, max=1, help="Learning rate of the rivals.")] = RATE,
    encoder: Annotated[str, typer.Option(help="Who judges the adapting.", metavar="eye|vgg19|FILE")] = "eye",
    works: Annotated[
        bool, typer.Option("--works", help="Compare with single works kept back, not with mosaics of all.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of all learning.")] = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn one hand from a few works in equal minutes; content kept, style reached, and is the hand recognized?

    Nothing that is scored is learned from. The rivals learn from nothing, with the same blocks.
    """
    options = {"encoder": encoder, "seed": seed, "clock": "cpu" if cpu else "wall"}
    chosen = _methods(methods, policies, options, rival_rate)
    from pinxit.measuring.adapt_race import AdaptPictures, race_adapting
    from pinxit.measuring.hand_recognition import recognizer_of
    from pinxit.measuring.texture_race import TexturePairs
    from pinxit.networks.vgg import check_encoder

    check_encoder(encoder)
    pairs = TexturePairs(count, per_content, size)
    pictures = AdaptPictures.read(contents, references, held_out, pairs, practice, mosaics=not works)
    name = hand or references.resolve().name
    with progress("race", hidden=quiet or json) as update:
        judge = None
        if others is not None:
            update(0, 1, "learning to tell hands")
            judge = recognizer_of(others, name, never=pictures.digests, photos=pictures.practice)
        report = race_adapting(pictures, chosen, minutes, recognizer=judge, hand=name, on_progress=update)
    if json:
        emit(report.to_dict())
    else:
        say(str(report))


def _methods(methods: str, policies: str, options: dict[str, Any], rate: float) -> dict[str, Learn]:
    """Method to function of references, photos and minutes."""
    names, ways = _words("--methods", methods, METHODS), _words("--policies", policies, POLICIES)
    found: dict[str, Learn] = {}
    for name in names:
        if name in ("one pass", "read"):
            found[name] = _one_pass if name == "one pass" else _all_read
        elif name == "adapted":
            found |= {name if way == "auto" else f"adapted {way}": _adapted(way, options) for way in ways}
        else:
            found[name] = _rival(name, rate, options["seed"], options["clock"])
    return found


def _words(option: str, text: str, known: tuple[str, ...]) -> list[str]:
    words = list(dict.fromkeys(word.strip() for word in text.split(",")))
    if unknown := [word for word in words if word not in known]:
        raise InputError(f"{option} {unknown[0]} came; wanted are {', '.join(known)}, with commas between them")
    return words


def _one_pass(references: list[Any], contents: list[Any], minutes: float) -> Paint:
    """Every photo in the hand of one work, the works in turn: what there is without learning."""
    from itertools import cycle

    from pinxit.engines.painting import Painting

    turns = cycle([Painting(_read([reference])) for reference in references])
    return lambda content: next(turns).apply(content)


def _all_read(references: list[Any], contents: list[Any], minutes: float) -> Paint:
    from pinxit.engines.painting import Painting

    return Painting(_read(references)).apply


def _read(references: list[Any]) -> Any:
    from pinxit.learning.texture import read_texture
    from pinxit.networks.weights import eye, painter, painter_version

    return read_texture(references, painter(), eye(), painter_version())


def _adapted(policy: str, given: dict[str, Any]) -> Learn:
    def learn(references: list[Any], contents: list[Any], minutes: float) -> Paint:
        from dataclasses import replace

        from pinxit.engines.painting import Painting
        from pinxit.learning.ablation import with_policy
        from pinxit.learning.adapt import choose
        from pinxit.learning.texture import adapted_texture

        options = replace(choose(len(references), minutes), **given)
        if policy not in ("auto", options.policy):
            options = with_policy(options, policy)
        return Painting(adapted_texture(_read(references), references, contents, options)[0]).apply

    return learn


def _rival(name: str, rate: float, seed: int, clock: str) -> Learn:
    def learn(references: list[Any], contents: list[Any], minutes: float) -> Paint:
        from dataclasses import replace
        from functools import partial

        from pinxit.learning.crops import CropBank
        from pinxit.learning.rivals import OPTIONS, cut, cycle, repaint

        options = replace(OPTIONS, steps=_ENDLESS, minutes=minutes, rate=rate, critic_rate=rate, seed=seed, clock=clock)
        photos, art = CropBank(contents), CropBank(references)
        if name == "cyclegan":
            learner = cycle(photos, art, options=options)
        else:
            learner = cut(photos, art, options=options, fast=name == "fastcut")
        learner.run()
        return partial(repaint, learner)

    return learn
