"""``pinxit bench personal``: how soon a person's taste is known."""

from typing import Annotated

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.errors import InputError


def personal(
    users: Annotated[int, typer.Option(min=2, max=10000, help="Simulated users of each kind.")] = 100,
    ratings: Annotated[str, typer.Option(help="After how many ratings, rising.")] = "4,8,16,32",
    dials: Annotated[int, typer.Option(help="Of the style: 6 with strokes, 4 without.", metavar="4|6")] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Of users and questions.")] = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Let simulated users with a known taste rate pairs; how many of their other answers are then foretold right?

    Chosen questions stand beside random ones and beside no personal setting at all.
    """
    from pinxit.learning.dial_space import DialSpace
    from pinxit.personal.preference_race import PreferenceRace, race_preferences

    words = ratings.split(",")
    counts = [int(word) for word in words if word.strip().isdecimal()]
    if len(counts) != len(words) or counts != sorted(set(counts)) or not 1 <= counts[0] <= counts[-1] <= 512:
        raise InputError(f"--ratings {ratings} came; rising numbers from 1 to 512 with commas between them are wanted")
    if dials not in (4, 6):
        raise InputError(f"--dials {dials} came; 4 or 6 is wanted")
    race = PreferenceRace(users=users, ratings=tuple(counts), seed=seed)
    with progress("users", hidden=quiet or json) as update:
        report = race_preferences(DialSpace.of(texture=dials == 6), race, update)
    if json:
        emit(report.to_dict())
    elif not quiet:
        say(str(report))
