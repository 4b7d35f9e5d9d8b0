"""Sources: the folders that a pretraining is made from, and what in them it must not see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pinxit.errors import InputError, LearningError, NotFoundError
from pinxit.tone.lut import Lut

RESEARCH_ONLY = "research-only"
"""Name of folders whose pictures no training for a release may see."""
_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Sources:
    """What a pretraining is given.

    Args:
        photos: Folder of photos; its sub-folders are the domains.
        art: Folder of works; its sub-folders are the hands.
        recognition: Folder with ``train.tar`` and ``val.tar``, see ``learning.labelled``.
        looks: Known looks by name.
        leave_out: File names of photos, and ``hand/name.jpg`` of works, that are never trained on.
    """

    photos: Path | None = None
    art: Path | None = None
    recognition: Path | None = None
    looks: Mapping[str, Lut] = field(default_factory=dict)
    leave_out: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Found:
    """Pictures of a folder in groups.

    Args:
        groups: Names of all groups, sorted; also of those that are left out altogether.
        seen: Pictures to train on, and the number of each one's group.
        held_out: Pictures that are left out, likewise.
    """

    groups: tuple[str, ...]
    seen: tuple[tuple[Path, int], ...]
    held_out: tuple[tuple[Path, int], ...]

    @property
    def paths(self) -> list[Path]:
        """Of the pictures to train on."""
        return [path for path, _ in self.seen]

    @property
    def numbers(self) -> list[int]:
        """Of the groups of the pictures to train on."""
        return [number for _, number in self.seen]


def find_photos(folder: Path, leave_out: frozenset[str]) -> Found:
    """Photos of a folder by domain, without any in folders named ``research-only``.

    ``scenes/food`` is one domain; ``clothing/shirts`` and ``clothing/hats`` are one; photos beside the folders are one
    more.

    Raises:
        NotFoundError: There is no such folder.
        LearningError: It holds no photo to train on.
    """

    def domain(path: Path) -> str:
        parts = path.relative_to(folder).parts
        few = parts[:2] if parts[0] == "scenes" and len(parts) > 2 else parts[: min(1, len(parts) - 1)]
        return "/".join(few)

    paths = [path for path in _pictures(folder) if RESEARCH_ONLY not in path.parts]
    return _found([(path, domain(path)) for path in paths], lambda path, _: path.name in leave_out, "photo", folder)


def find_works(folder: Path, leave_out: frozenset[str]) -> Found:
    """Works of a folder whose sub-folders are hands; what lies beside these, and ``research-only``, is passed over.

    Raises:
        NotFoundError: There is no such folder.
        LearningError: It holds no work to train on.
    """
    pairs = [(path, path.relative_to(folder).parts) for path in _pictures(folder)]
    works = [(path, parts[0]) for path, parts in pairs if len(parts) > 1 and RESEARCH_ONLY not in path.parts]
    return _found(works, lambda path, hand: f"{hand}/{path.name}" in leave_out, "work", folder)


def read_names(files: Iterable[Path]) -> frozenset[str]:
    """Names in text files, one a line; empty lines and those that begin with ``#`` count for nothing.

    Raises:
        NotFoundError: A file is not there.
        InputError: A file cannot be read as text.
    """
    names: set[str] = set()
    for file in files:
        try:
            lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
        except FileNotFoundError as error:
            raise NotFoundError(f"{file} is not there; name a text file with a name a line") from error
        except (OSError, ValueError) as error:
            raise InputError(f"{file} cannot be read as text ({error}); name a text file with a name a line") from error
        names |= {line for line in lines if line and not line.startswith("#")}
    return frozenset(names)


def _pictures(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotFoundError(f"the folder {folder} is not there; check the name")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _SUFFIXES and path.is_file()]
    return [path for path in paths if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def _found(pairs: list[tuple[Path, str]], left_out: Callable[[Path, str], bool], word: str, folder: Path) -> Found:
    groups = sorted({group for _, group in pairs})
    seen, held_out = [], []
    for path, group in pairs:
        (held_out if left_out(path, group) else seen).append((path, groups.index(group)))
    if not seen:
        why = f"all {len(held_out)} are left out" if held_out else "give a folder with .jpg or .png files"
        raise LearningError(f"no {word}s to train on were found in {folder}; {why}")
    return Found(tuple(groups), tuple(seen), tuple(held_out))
