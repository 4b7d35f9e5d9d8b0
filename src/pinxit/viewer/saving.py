"""A page as files: a folder for any web host, or one file that opens with a double click."""

import base64
import hashlib
import io
import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pinxit.errors import CapacityError, InputError
from pinxit.files import write_whole, writing_error
from pinxit.picture import Picture
from pinxit.viewer.media import Content, Media
from pinxit.viewer.page import MODULES, View, page_contents, page_text, scripts, shown_contents, static

LARGEST = 64 * 2**20
"""Most bytes of pictures, videos and models in one file, all of which browsers keep in memory."""


def save_folder(view: View, folder: str | os.PathLike[str]) -> Path:
    """Write a page as a folder that any web host can serve; it has to be served, a double click does not do.

    Pictures that say where they were taken are written anew without that; videos and models are copied as they are.

    Raises:
        CapacityError: The disk is full or the folder cannot be written.
        InputError: A file that is shown has gone.
    """
    folder = Path(folder)
    contents = page_contents(without_places(view))
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(contents, key="index.html".__eq__):  # the page last: without it there is no half a folder
            with write_whole(folder / name) as file:
                _write(contents[name], file)
    except BaseException as error:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise writing_error(error, folder) from error
        raise
    return folder


def save_file(view: View, path: str | os.PathLike[str]) -> Path:
    """Write a page as one HTML file with everything inside; see :func:`save_folder` for places.

    Raises:
        CapacityError: More than ``LARGEST`` bytes are shown, or the disk is full.
    """
    view = without_places(view)
    shown = shown_contents(view)
    size = sum(len(one.data) if one.path is None else one.path.stat().st_size for one in shown.values())
    if size > LARGEST:
        raise CapacityError(
            f"{size / 2**20:.0f} MiB are more than the {LARGEST >> 20} that one file may hold; save to a folder"
        )
    addresses = {name: f"data:{one.mime};base64,{_in_letters(one)}" for name, one in shown.items()}
    sheet = static("view.css").decode()
    codes = [static(name).decode() for name in scripts(view) if name not in MODULES]
    kinds = [""] * len(codes) + [' type="module"']
    codes.append(joined_modules())
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_digest, codes))}; style-src {_digest(sheet)}; "
        "img-src blob: data:; media-src blob: data:; connect-src blob: data:; base-uri 'none'; form-action 'none'"
    )
    inline = "\n".join(f"<script{kind}>{code}</script>" for kind, code in zip(kinds, codes, strict=True))
    text = page_text(view, addresses, policy=policy, style=f"<style>{sheet}</style>", scripts=inline)
    with write_whole(path) as file:
        file.write_text(text, encoding="utf-8", newline="")
    return Path(path)


def joined_modules() -> str:
    """The page's own scripts as one: without imports and exports, as they share one scope."""
    whole = "\n".join(static(name).decode() for name in MODULES)
    return re.sub(r"^export ", "", re.sub(r"^import [^;]*;\n", "", whole, flags=re.M), flags=re.M)


def without_places(view: View) -> View:
    """The same page with pictures that no longer say where they were taken."""
    before = None if view.before is None else _placeless(view.before)
    return replace(view, after=_placeless(view.after), before=before)


def _placeless(media: Media) -> Media:
    if not media.tells_place:
        return media
    with tempfile.TemporaryDirectory() as folder:
        clean = Picture.open(media.content.path).save(Path(folder) / f"clean{media.suffix}", label=None)
        return replace(media, content=Content(media.content.mime, clean.read_bytes()), tells_place=False)


def _digest(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def _in_letters(content: Content) -> str:
    with _opened(content) as source:
        return base64.b64encode(source.read()).decode()


def _write(content: Content, path: Path) -> None:
    with _opened(content) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


def _opened(content: Content) -> BinaryIO:
    if content.path is None:
        return io.BytesIO(content.data)
    try:
        return content.path.open("rb")
    except OSError as error:
        raise InputError(f"{content.path} cannot be read any more ({error.strerror})") from error
