"""Which of the things that a user names are clips, and where their results go."""

import glob
from collections.abc import Iterable
from pathlib import Path

from pinxit.engines.plan import Task
from pinxit.errors import InputError
from pinxit.files import PICTURE_SUFFIXES
from pinxit.video.clip import VIDEO_SUFFIXES, is_clip
from pinxit.video.codecs import CONTAINERS
from pinxit.video.sequence import is_pattern

_ANIMATIONS = (".gif", ".apng")  # which a picture never is
_ALSO = (".webp", ".png")  # one picture, or several that move


def is_clip_name(path: Path) -> bool:
    """Whether a result of this name is a clip: a film, an animation that cannot be a single picture, or a sequence."""
    return path.suffix.lower() in {*VIDEO_SUFFIXES, *_ANIMATIONS} or is_pattern(path)


def find_clips(inputs: Iterable[str | Path], output: Path) -> list[tuple[Path, Path]]:
    """Find the clips among what a user names.

    A folder or a pattern such as ``*`` counts when it holds films and no picture; a folder of pictures, when the
    result is a clip: it is a sequence then.

    Args:
        inputs: Files, folders, patterns, and sequences such as ``frames/%04d.png``.
        output: Where the result goes, or the results.

    Returns:
        Clips, each with its place in an output folder; empty when pictures were named.

    Raises:
        InputError: Clips and pictures came together.
    """
    items = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    found = [_clips(Path(item).expanduser(), is_clip_name(output)) for item in items]
    if any(found) and not all(found):
        other = items[[bool(clips) for clips in found].index(False)]
        raise InputError(f"clips came together with {other}, which is none; give them one after the other")
    return list(dict.fromkeys(clip for clips in found for clip in clips))


def plan_clips(clips: Iterable[tuple[Path, Path]], out: Path) -> list[Task]:
    """Give the result of each clip a name of its own in an output folder.

    What can be written keeps its suffix; everything else becomes .mp4.

    Args:
        clips: From :func:`find_clips`.
        out: The folder.

    Raises:
        InputError: A result would replace one of the clips.
    """
    clips = list(clips)
    sources = {source.resolve() for source, _ in clips}
    taken: set[str] = set()
    tasks = []
    for source, place in clips:
        known = place.suffix.lower() in {*CONTAINERS, *_ANIMATIONS, *_ALSO} and not is_pattern(place)
        stem, suffix = (place.stem, place.suffix) if known else (place.stem.partition("%")[0] or "frames", ".mp4")
        names = [f"{stem}{suffix}", f"{stem}-{place.suffix[1:].lower()}{suffix}"]
        names += [f"{stem}-{number}{suffix}" for number in range(2, len(clips) + 2)]
        target = next(place.with_name(n) for n in names if str(place.with_name(n)).casefold() not in taken)
        taken.add(str(target).casefold())
        if (out / target).resolve() in sources:
            raise InputError(f"{out / target} is one of your own clips; choose another output folder")
        tasks.append(Task(source, target))
    return tasks


def _clips(path: Path, makes_clip: bool) -> list[tuple[Path, Path]]:
    if path.is_dir():
        films = _films([path / "**" / "*"], path)
        return [(path, Path(path.name))] if makes_clip and not films else films
    if path.exists() or not glob.has_magic(str(path)):
        return [(path, Path(path.name))] if is_clip(path) or path.suffix.lower() in _ANIMATIONS else []
    return _films([path], None)


def _films(patterns: list[Path], folder: Path | None) -> list[tuple[Path, Path]]:
    """The clips that patterns match, unless pictures are among the matches."""
    matches = [Path(text) for pattern in patterns for text in sorted(glob.glob(str(pattern), recursive=True))]  # noqa: PTH207
    files = [path for path in matches if path.is_file()]
    if any(path.suffix.lower() in PICTURE_SUFFIXES for path in files):
        return []
    films = [path for path in files if path.suffix.lower() in {*VIDEO_SUFFIXES, *_ANIMATIONS}]
    return [(path, path.relative_to(folder) if folder else Path(path.name)) for path in films]
