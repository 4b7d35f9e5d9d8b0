"""Which result of a folder goes where."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pinxit.errors import InputError, NotFoundError
from pinxit.files import RAW_SUFFIXES, find_pictures

WRITABLE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".avif", ".bmp")


@dataclass(frozen=True)
class Task:
    """One picture to do.

    Args:
        source: The picture.
        target: Where its result goes, relative to the output folder.
    """

    source: Path
    target: Path


def plan_tasks(
    inputs: Iterable[str | Path],
    out: Path,
    *,
    suffix: str | None = None,
    earlier: Mapping[str, str] | None = None,
) -> list[Task]:
    """Find the pictures and give every result a name of its own.

    What lies in a folder keeps its place below that folder; with several folders each becomes a sub-folder. Results
    keep their picture's suffix where it can be written; HEIC becomes JPEG, RAW becomes TIFF, anything else PNG. Where
    two results would meet (``a.heic`` beside ``a.jpg``), the one with another suffix becomes ``a-heic.jpg``.

    Args:
        inputs: Files, folders and patterns.
        out: Output folder; pictures inside it are not taken as input when it lies in an input folder.
        suffix: Suffix of all results, such as ".png", or None.
        earlier: Targets of an earlier run by source; they stay as they were.

    Raises:
        NotFoundError: A path is not there, or a pattern matches no picture.
        InputError: There is no picture, or a result would replace one of the pictures themselves.
    """
    wanted = {source: place for source, place in _places(inputs, out)}
    if not wanted:
        raise InputError(f"all pictures lie in the output folder {out} itself; name another input or output folder")
    kept = {
        source: _kept(place, suffix, (earlier or {}).get(str(source.absolute()))) for source, place in wanted.items()
    }
    # Names that need no change come first, so that a newcomer never pushes them aside.
    plain = [source for source, place in wanted.items() if _result(place, suffix) == place]
    taken: set[str] = set()
    chosen: dict[Path, Path] = {}
    for source in dict.fromkeys([*(source for source in wanted if kept[source]), *plain, *wanted]):
        choices = itertools.chain(filter(None, [kept[source]]), _choices(wanted[source], suffix))
        chosen[source] = next(choice for choice in choices if str(choice).casefold() not in taken)
        taken.add(str(chosen[source]).casefold())
    _refuse_own(chosen, out)
    return [Task(source, chosen[source]) for source in wanted]


def result_suffix(suffix: str) -> str:
    """The suffix of a result whose picture has this one, kept where it can be written."""
    small = suffix.lower()
    if small in WRITABLE_SUFFIXES:
        return suffix
    if small in RAW_SUFFIXES:
        return ".tif"
    return ".jpg" if small in (".heic", ".heif", ".hif", ".jpe", ".jfif", ".mpo") else ".png"


def _places(inputs: Iterable[str | Path], out: Path) -> Iterator[tuple[Path, Path]]:
    """Every picture once, with its place relative to the output folder."""
    inputs = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    folders = [folder for folder in map(_folder, inputs) if folder]
    seen: set[Path] = set()
    output = out.resolve()
    if not inputs:
        find_pictures([])  # says what is missing
    for item in inputs:
        folder = _folder(item)
        for source in find_pictures([item]):
            real = source.resolve()
            inside = folder is not None and output != folder.resolve() and real.is_relative_to(output)
            if real in seen or inside:
                continue
            seen.add(real)
            if folder is None:
                yield source, Path(source.name)
            else:
                prefix = Path(folder.resolve().name) if len(folders) > 1 else Path()
                yield source, prefix / source.relative_to(folder)


def _folder(item: str | Path) -> Path | None:
    path = Path(item).expanduser()
    try:
        return path if str(item) and path.is_dir() else None
    except (OSError, ValueError) as error:
        raise NotFoundError(f"{str(item)!r} is not the name of a file or folder") from error


def _result(place: Path, suffix: str | None) -> Path:
    return place.with_suffix(suffix or result_suffix(place.suffix))


def _kept(place: Path, suffix: str | None, before: str | None) -> Path | None:
    """The name of an earlier run. The journal is only a file: its names are taken where they could be given today."""
    result = _result(place, suffix)
    sound = before is not None and (Path(before).parent, Path(before).suffix) == (result.parent, result.suffix)
    return Path(before) if sound else None


def _choices(place: Path, suffix: str | None) -> Iterator[Path]:
    """Names for a result, the best first."""
    result = _result(place, suffix)
    yield result
    stem = f"{place.stem}-{place.suffix[1:].lower()}" if result.suffix != place.suffix else place.stem
    if stem != place.stem:
        yield result.with_name(stem + result.suffix)
    for number in itertools.count(2):
        yield result.with_name(f"{stem}-{number}{result.suffix}")


def _refuse_own(chosen: Mapping[Path, Path], out: Path) -> None:
    """A result never replaces one of the pictures, even under another name of the same file."""
    sources = {source.resolve() for source in chosen}
    for target in chosen.values():
        if (out / target).resolve() in sources:
            raise InputError(f"{out / target} is one of your own pictures; choose another output folder")
