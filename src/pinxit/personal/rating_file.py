"""Ratings as a file, to take them to another library; and sets of results that can be liked by file name."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pinxit.errors import InputError, NotFoundError
from pinxit.files import write_whole
from pinxit.learning.dial_space import DialSpace
from pinxit.library import Library
from pinxit.library.ratings import Rating, check_user
from pinxit.library.sources import digest_of
from pinxit.personal.setting import space_for

FORMAT = 1
SET_FILE = "pinxit-set.json"
"""Beside results that can be liked: file name to settings and SHA-256."""
_MOST_BYTES, _MOST = 32 * 2**20, 100_000  # of a file of ratings
_FIELDS = ("left", "right", "choice", "content", "rated_at", "token")


def export_ratings(library: Library, name: str, path: str | os.PathLike[str], user: str | None = None) -> int:
    """Write a user's ratings of a style and the current setting as a JSON file.

    Returns:
        How many ratings it holds.

    Raises:
        CapacityError: The file cannot be written.
    """
    user = check_user(user)
    ratings = library.ratings.list(name, user)
    setting = library.personal.current(name, user)
    document = {
        "pinxit": "ratings",
        "format": FORMAT,
        "style": library.entry(name).name,
        "user": user,
        "setting": None if setting is None else asdict(setting),
        "ratings": [asdict(rating) for rating in ratings],
    }
    write_json(Path(path), document)
    return len(ratings)


def merge_ratings(library: Library, name: str, path: str | os.PathLike[str], user: str | None = None) -> int:
    """Add the ratings of a file to a user's; all of them or, when one is wrong, none.

    Returns:
        How many count that did not before; what was taken back counts again.

    Raises:
        InputError: The file is no such file, or a rating does not fit the style.
        NotFoundError: It is not there.
    """
    path = Path(path)
    document = read_json(path)
    if not isinstance(document, dict) or document.get("pinxit") != "ratings":
        raise InputError(f"{path} holds no ratings; a file from pinxit rate NAME --export is wanted")
    if document.get("format") != FORMAT:
        raise InputError(f"{path} has format {document.get('format')!r}; this pinxit reads {FORMAT}, update it")
    found = document.get("ratings")
    if not isinstance(found, list) or len(found) > _MOST:
        raise InputError(f"{path} has no list of at most {_MOST} ratings; export it again")
    ratings = [_read(values, f"{path}, rating {number}") for number, values in enumerate(found, 1)]
    others = [entry.name for entry in library.list()]
    space = DialSpace.of(**_halves(library, name), blends=others)
    for number, rating in enumerate(ratings, 1):
        for side in filter(None, (rating.left, rating.right)):
            space.check(side, f"{path}, rating {number}")
    return library.ratings.add(name, check_user(user), ratings)


def write_set(folder: Path, results: Mapping[str, Mapping[str, float]], style: str) -> None:
    """Note the settings of results beside them, so that they can be liked by file name."""
    files = {name: {"settings": dict(one), "sha256": digest_of(folder / name)} for name, one in results.items()}
    write_json(folder / SET_FILE, {"pinxit": "set", "format": FORMAT, "style": style, "results": files})


def settings_of(library: Library, name: str, path: Path) -> dict[str, float]:
    """The settings that a result of a set was made with.

    Raises:
        NotFoundError: The file, or the note beside it, is not there.
        InputError: It was made for another style, was changed since, or is not of the set.
    """
    if not path.is_file():
        raise NotFoundError(f"{path} is not there; name a result of: pinxit rate {name!r} --set 8 -o FOLDER")
    note = path.parent / SET_FILE
    if not note.is_file():
        raise InputError(f"{path} is not from a set; make one with: pinxit rate {name!r} --set 8 -o FOLDER")
    document = read_json(note)
    results = document.get("results") if isinstance(document, dict) else None
    one = results.get(path.name) if isinstance(results, dict) else None
    if not isinstance(one, dict) or document.get("style") != library.entry(name).name:
        raise InputError(f"{path} is not of a set of the style {name!r}; see {note}")
    if one.get("sha256") != digest_of(path):
        raise InputError(f"{path} was changed since it was made; rate results as they are")
    return space_for(library.get(name), others=_blends(one.get("settings"))).check(one.get("settings"), str(note))


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file, whole or not at all."""
    with write_whole(path) as target:
        target.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file of at most 32 MiB.

    Raises:
        NotFoundError: It is not there.
        InputError: It is no JSON, too large, or cannot be read.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is larger than 32 MiB; a file of ratings is not")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} is not there; check the name") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as JSON; a file from pinxit rate NAME --export is wanted") from error


def _read(values: Any, what: str) -> Rating:
    if not isinstance(values, dict) or set(values) != set(_FIELDS):
        raise InputError(f"{what}: the entries {', '.join(_FIELDS)} are wanted")
    texts = [values["choice"], values["rated_at"], values["token"], values["content"] or ""]
    sound = all(isinstance(text, str) and len(text) <= 64 for text in texts)
    if not sound or not re.fullmatch(r"[0-9a-f]{32}", values["token"]):
        raise InputError(f"{what}: texts of at most 64 letters and a token of 32 hex digits are wanted")
    try:
        return Rating(**values)
    except InputError as error:
        raise InputError(f"{what}: {error}") from error


def _halves(library: Library, name: str) -> dict[str, bool]:
    style = library.get(name)
    return {"texture": style.texture is not None, "tone": style.tone is not None}


def _blends(settings: Any) -> list[str]:
    from pinxit.learning.dial_space import BLEND

    names = [dial for dial in settings if isinstance(dial, str)] if isinstance(settings, dict) else []
    return [dial.removeprefix(BLEND) for dial in names if dial.startswith(BLEND)]
