"""``pinxit bench recognize``: are hands and looks recognized on pictures that no training saw?"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, progress, say
from pinxit.errors import InputError

if TYPE_CHECKING:
    import numpy as np


def recognize(
    art: Annotated[Path, typer.Option(help="Folder of works, a sub-folder for each hand.", show_default=False)],
    leave_out: Annotated[
        list[Path],
        typer.Option(help="Text file with works (hand/name.jpg) and photos that no training saw.", show_default=False),
    ],
    looks: Annotated[
        Path | None, typer.Option(help="Folder of .cube looks that no training saw.", show_default=False)
    ] = None,
    photos: Annotated[
        Path | None, typer.Option(help="With --looks: folder of photos; those left out are graded.", show_default=False)
    ] = None,
    per_look: Annotated[int, typer.Option(min=4, help="Photos graded with each look, a fixed choice.")] = 20,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Name hands on works kept back, styles from 1, 3 and 10 references, and what is none of them; sort mixed sets.

    Example: pinxit bench recognize --art art/ --leave-out held-out-art.txt
    """
    if (looks is None) != (photos is None):
        raise InputError("--looks and --photos came one without the other; give both or none")
    import numpy as np

    from pinxit.learning.sources import find_works, read_names
    from pinxit.personal.recognition_race import Described, lab_histogram, race_hands, race_looks

    names = read_names(leave_out)
    works = find_works(art, names)
    with progress("works", hidden=quiet or json) as update:
        graded = _graded(looks, photos, names, per_look) if looks and photos else []
        total, done = len(works.seen) + len(works.held_out) + len(graded), 0

        def read(items: Sequence[Any]) -> "Iterator[np.ndarray]":
            nonlocal done
            for path, look in items:
                yield _array(path, look)
                done += 1
                update(done, total, path.name)

        seen = [lab_histogram(array) for array in read([(path, None) for path in works.paths])]
        hands = [[works.groups[number] for _, number in each] for each in (works.seen, works.held_out)]
        if not hands[1]:
            raise InputError(f"none of the works in {art} is left out; --leave-out names those that no training saw")
        held = Described.of(read([(path, None) for path, _ in works.held_out]), hands[1], ask_eye=True)
        report = race_hands(np.stack(seen), hands[0], held, works.groups)
        if graded:
            described = Described.of(read(graded), [look.stem for _, look in graded])
            report.rows += race_looks(described).rows
    if json:
        emit(report.to_dict())
    else:
        say(str(report))


def _graded(looks: Path, photos: Path, names: frozenset[str], each: int) -> list[tuple[Path, Path]]:
    """Photos with the looks that they get."""
    from pinxit.files import find_pictures
    from pinxit.learning.sources import RESEARCH_ONLY
    from pinxit.measuring.look_recovery import fixed_order

    cubes = sorted(looks.glob("*.cube"))
    found = {p.name: p for p in find_pictures([photos]) if p.name in names and RESEARCH_ONLY not in p.parts}
    if len(cubes) < 2 or len(found) < each:
        raise InputError(
            f"{len(cubes)} .cube looks and {len(found)} photos left out came; two or more and {each} or more are wanted"
        )
    return [(found[name], cube) for cube in cubes for name in fixed_order(found, "recognize", cube.stem)[:each]]


def _array(path: Path, look: Path | None) -> "np.ndarray":
    import numpy as np

    from pinxit.exporting.cube import read_cube
    from pinxit.picture import Picture
    from pinxit.picture.writing import to_bits

    array = to_bits(Picture.open(path, shrink_to=512).array, np.uint8)
    return array if look is None else to_bits(read_cube(look).apply(array), np.uint8)
