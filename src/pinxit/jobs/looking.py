"""The jobs ``measure``, ``recognize`` and ``explain``: what pictures show."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from pinxit.errors import InputError, PictureError, ShapeError
from pinxit.files import write_whole
from pinxit.jobs.kind import Input
from pinxit.jobs.naming import check_style, some
from pinxit.jobs.task import Task

_READ = 512  # longest side at which pictures are recognized
_SAMPLES = range(50, 10_001)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What transfers kept and how far they came.

    Args:
        contents: Pictures before.
        results: As many after, in the same order.
        references: Pictures that have the style; none measures only what was kept.
    """

    contents: tuple[Input, ...]
    results: tuple[Input, ...]
    references: tuple[Input, ...] = ()

    def check(self, library: Any, files: Collection[str]) -> None:
        """Refuse before the work what would fail in it."""
        some(self.contents, "content")
        if len(self.contents) != len(self.results):
            raise InputError(f"{len(self.contents)} contents and {len(self.results)} results came; give one for one")


@dataclass(frozen=True, kw_only=True)
class Recognize:
    """Which style pictures are in, or which styles suit them.

    Args:
        pictures: At least one.
        suit: Tell which styles of the library suit each picture instead.
    """

    pictures: tuple[Input, ...]
    suit: bool = False

    def check(self, library: Any, files: Collection[str]) -> None:
        """Refuse before the work what would fail in it."""
        some(self.pictures, "picture")


@dataclass(frozen=True, kw_only=True)
class Explain:
    """Why a picture looks as it does in a style, as a page.

    Args:
        picture: The picture.
        style: A name in the library, or one of the job's files.
        references: Pictures that have the style; none takes those that a style of the library was learned from.
        liked: Pictures that the user likes; goes with ``disliked``.
        disliked: Pictures that the user does not like.
        samples: Combinations of regions that are tried, 50 to 10000.
        seed: Of what is drawn at random.
    """

    picture: Input
    style: str
    references: tuple[Input, ...] = ()
    liked: tuple[Input, ...] = ()
    disliked: tuple[Input, ...] = ()
    samples: int = 200
    seed: int = 0

    def check(self, library: Any, files: Collection[str]) -> None:
        """Refuse before the work what would fail in it."""
        check_style(self.style, library, files)
        if self.samples not in _SAMPLES:
            raise InputError(f"{self.samples} samples came; {_SAMPLES[0]} to {_SAMPLES[-1]} are wanted")


def measure(task: Task) -> dict[str, Any]:
    """Measure, as by ``pinxit measure``."""
    from pinxit import doors

    wanted: Measure = task.arguments
    references = task.files(wanted.references) or None
    contents, results = task.files(wanted.contents), task.files(wanted.results)
    return doors.measure(content=contents, result=results, references=references, on_progress=task.progress).to_dict()


def recognize(task: Task) -> dict[str, Any]:
    """Recognize, as by ``pinxit recognize``; pictures that cannot be read are named.

    Raises:
        PictureError: None of them can be.
    """
    from pinxit.personal.recognize import LibraryRecognizer
    from pinxit.picture import Picture

    wanted: Recognize = task.arguments
    recognizer = LibraryRecognizer(task.home)
    told, skipped = [], {}
    for number, name in enumerate(wanted.pictures, 1):
        try:
            picture = Picture.open(task.file(name), shrink_to=_READ)
            if wanted.suit:
                found: Any = [asdict(one) for one in recognizer.suited(picture)]
            else:
                found = asdict(recognizer.recognize(picture.array))
            told.append({"picture": name, "suited" if wanted.suit else "recognized": found})
        except (PictureError, ShapeError) as error:
            skipped[name] = str(error)
        task.progress(number, len(wanted.pictures), name)
    if not told:
        raise PictureError(next(iter(skipped.values())))
    return {"pictures": told, "left_out": recognizer.left_out, "skipped": skipped}


def explain(task: Task) -> dict[str, Any]:
    """Explain, as by ``pinxit explain``; the page is the result."""
    from pinxit.personal.explain import explain as explained
    from pinxit.personal.explain import references_of
    from pinxit.personal.explain_page import explanation_page

    wanted: Explain = task.arguments
    known = task.files(wanted.references) or ([] if task.has(wanted.style) else references_of(wanted.style))
    style = task.style(wanted.style)
    found = explained(
        task.file(wanted.picture),
        style,
        references=known,
        liked=task.files(wanted.liked),
        disliked=task.files(wanted.disliked),
        samples=wanted.samples,
        seed=wanted.seed,
        on_progress=task.progress,
    )
    page = explanation_page(found, wanted.picture, style.name or wanted.style)
    with write_whole(task.out / "why.html") as file:
        file.write_text(page, encoding="utf-8", errors="backslashreplace")
    return {"files": ["why.html"], **found.to_dict()}
