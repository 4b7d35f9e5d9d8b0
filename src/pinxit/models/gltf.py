"""A glTF model: its JSON and its buffers, read from .glb or .gltf without leaving the model's folder."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pinxit.errors import CapacityError, InputError, NotFoundError, PinxitError

MODEL_SUFFIXES = (".glb", ".gltf")
"""Suffixes of models, lower case with the dot."""
MAX_BYTES = 2 * 2**30
"""Largest model with everything that belongs to it."""
MAX_JSON = 256 * 2**20
"""Largest JSON of a model, in bytes."""
MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")

MAGIC, JSON_CHUNK, BIN_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942


@dataclass(frozen=True, eq=False)
class Model:
    """One model in memory.

    Args:
        path: The file that it came from.
        json: The document; changed only by whoever copied it.
        buffers: Bytes of each buffer; None for one that only compressed geometry stands for.
        files: Bytes of the files beside a .gltf that it names, by their place relative to its folder.
        chunks: Further chunks of a .glb, type and bytes, as they came.
    """

    path: Path
    json: dict[str, Any]
    buffers: tuple[bytes | None, ...]
    files: dict[str, bytes]
    chunks: tuple[tuple[int, bytes], ...] = ()

    @property
    def binary(self) -> bool:
        """Whether it is a .glb."""
        return self.path.suffix.lower() == ".glb"

    def items(self, kind: str) -> list[dict[str, Any]]:
        """All "textures", "meshes" and so on; empty where there are none.

        Raises:
            InputError: It is no list of objects.
        """
        found = self.json.get(kind, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise InputError(f"{self.path} is damaged: its {kind!r} is no list of objects; export it again")
        return found

    def item(self, kind: str, number: object) -> dict[str, Any]:
        """One of them by its number.

        Raises:
            InputError: There is none of this number.
        """
        found = self.items(kind)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(found):
            raise InputError(f"{self.path} is damaged: it names {kind} {number!r} of {len(found)}; export it again")
        return found[number]

    def view(self, number: object) -> bytes | None:
        """Bytes of a buffer view; None where only compressed geometry stands for them.

        Raises:
            InputError: It reaches beyond its buffer.
        """
        view = self.item("bufferViews", number)
        self.item("buffers", view.get("buffer"))
        if any(name in view.get("extensions", {}) for name in MESHOPT):
            return None
        buffer = self.buffers[view["buffer"]]
        start, length = view.get("byteOffset", 0), view.get("byteLength")
        if buffer is None:
            return None
        if not all(isinstance(n, int) and n >= 0 for n in (start, length)) or start + length > len(buffer):
            raise InputError(f"{self.path} is damaged: bufferViews {number} reaches beyond its buffer; export it again")
        return buffer[start : start + length]

    def picture_bytes(self, image: dict[str, Any]) -> bytes:
        """The file of one of ``images``, wherever it lies."""
        uri = image.get("uri")
        data = self.view(image.get("bufferView")) if uri is None else self.by_uri(uri)
        if data is None:
            raise InputError(f"{self.path} is damaged: a picture lies in compressed geometry; export it again")
        return data

    def by_uri(self, uri: str) -> bytes:
        """What a data URI or the name of a file beside the model stands for."""
        return _decoded(uri, self.path) if uri.startswith("data:") else self.files[relative_name(uri, self.path)]


def read_model(path: Path) -> Model:
    """Read a model and all that belongs to it. Nothing outside its own folder is opened, and no network is used.

    Raises:
        NotFoundError: The model, or a file that it names, is not there.
        InputError: It is no glTF 2.0, is damaged, or names something outside its folder.
        CapacityError: It is larger than ``MAX_BYTES``.
    """
    path = path.expanduser()
    data = _read(path, MAX_BYTES)
    with understanding(path):
        glb = data[:4] == b"glTF"
        if glb != (path.suffix.lower() == ".glb"):
            raise InputError(f"{path} is {'a' if glb else 'no'} binary glTF; name it .{'glb' if glb else 'gltf'}")
        text, chunks = _chunks(data, path) if glb else (data, [])
        document = _document(text, path)
        own = next((body for kind, body in chunks if kind == BIN_CHUNK), None)
        model = Model(path, document, (), _files(document, path, MAX_BYTES - len(data)))
        buffers = tuple(_buffer(model, number, own) for number in range(len(model.items("buffers"))))
        return Model(path, document, buffers, model.files, tuple(one for one in chunks if one[0] != BIN_CHUNK))


def models_in(folder: Path) -> list[Path]:
    """The models of a folder and the folders in it, by name.

    Raises:
        NotFoundError: The folder is not there, or holds no model.
    """
    found = sorted(path for path in folder.expanduser().rglob("*") if path.suffix.lower() in MODEL_SUFFIXES)
    if not found:
        raise NotFoundError(f"{folder} is no folder with models in it; known are {', '.join(MODEL_SUFFIXES)}")
    return found


@contextlib.contextmanager
def understanding(path: Path) -> Iterator[None]:
    """Turn whatever a malformed document raises into one InputError; errors of pinxit itself pass unchanged."""
    try:
        yield
    except PinxitError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, struct.error) as error:
        reason = " ".join(f"{type(error).__name__} {error}".split())[:120]
        raise InputError(f"{path} is damaged or no glTF 2.0 ({reason}); export it again") from error


def relative_name(uri: object, path: Path) -> str:
    """The place of a file that a model names, relative to the model's folder.

    Raises:
        InputError: It is an address, absolute, or leads out of the folder.
    """
    name = unquote(uri) if isinstance(uri, str) else ""
    parts = name.split("/")
    inside = name and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|/", name) and not re.search(r"[\\\0]", name)
    if not inside or ".." in parts:
        shown = str(uri)[:80]
        raise InputError(
            f"{path} names {shown!r}, and only files in its own folder are opened; put it there or use .glb"
        )
    folder = path.parent.resolve()
    if not (folder / name).resolve().is_relative_to(folder):
        raise InputError(f"{path} names {name!r}, a link that leads out of its folder; put the file itself there")
    return "/".join(part for part in parts if part not in ("", "."))


def _read(path: Path, most: int) -> bytes:
    try:
        if not path.is_file():
            if path.exists():
                raise InputError(f"{path} is no file, and a model (.glb, .gltf) was wanted")
            raise NotFoundError(f"{path} is not there; check the name")
        if path.stat().st_size > most:
            raise CapacityError(f"{path} has {path.stat().st_size / 1e6:.0f} MB, and {most / 1e6:.0f} are read at most")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, PinxitError):
            raise
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _chunks(data: bytes, path: Path) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The JSON of a .glb, and its other chunks.

    Source:
        glTF 2.0 specification, section 4.4 (binary glTF layout).
    """
    _, version, length = struct.unpack_from("<III", data)
    if version != 2 or length > len(data) or length < 20:
        raise InputError(f"{path} is glTF {version} of {length} bytes in a file of {len(data)}; a whole 2.0 is wanted")
    at, found = 12, []
    while at + 8 <= length:
        size, kind = struct.unpack_from("<II", data, at)
        if at + 8 + size > length:
            raise InputError(f"{path} is cut off: a part of {size} bytes does not fit in it; export it again")
        found.append((kind, data[at + 8 : at + 8 + size]))
        at += 8 + size
    if not found or found[0][0] != JSON_CHUNK:
        raise InputError(f"{path} holds no JSON; export it again")
    return found[0][1], found[1:]


def _document(text: bytes, path: Path) -> dict[str, Any]:
    if len(text) > MAX_JSON:
        raise CapacityError(f"{path} has {len(text) / 1e6:.0f} MB of JSON, and {MAX_JSON / 1e6:.0f} are read at most")

    def refuse(word: str) -> None:
        raise ValueError(f"{word} in its JSON")

    document = json.loads(text, parse_constant=refuse)
    asset = document.get("asset") if isinstance(document, dict) else None
    if not isinstance(asset, dict) or not str(asset.get("version", "")).startswith("2."):
        version = asset.get("version") if isinstance(asset, dict) else None
        raise InputError(f"{path} is no glTF 2.0 (its version is {version!r}); export it as glTF 2.0")
    return document


def _files(document: dict[str, Any], path: Path, room: int) -> dict[str, bytes]:
    """Every file that buffers and pictures name; all names are judged before the first file is opened."""
    holders = [*document.get("buffers", []), *document.get("images", [])]
    uris = [one["uri"] for one in holders if one.get("uri") is not None]
    names = {relative_name(uri, path) for uri in uris if not str(uri).startswith("data:")}
    found = {}
    for name in sorted(names):
        found[name] = _read(path.parent / name, room)
        room -= len(found[name])
    return found


def _buffer(model: Model, number: int, own: bytes | None) -> bytes | None:
    buffer = model.items("buffers")[number]
    length, uri = buffer["byteLength"], buffer.get("uri")
    if uri is None and (number or own is None):
        if any(buffer.get("extensions", {}).get(name, {}).get("fallback") for name in MESHOPT):
            return None
        raise InputError(f"{model.path} is damaged: the bytes of buffers {number} are missing; export it again")
    data = own if uri is None else model.by_uri(uri)
    if not isinstance(length, int) or len(data) < length:
        raise InputError(
            f"{model.path} is cut off: buffers {number} has {len(data)} of {length} bytes; export it again"
        )
    return data[:length]


def _decoded(uri: str, path: Path) -> bytes:
    head, comma, body = uri.partition(",")
    try:
        if not comma or not head.endswith(";base64"):
            raise binascii.Error("not base64")
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError(f"{path} is damaged: a data URI cannot be read ({error}); export it again") from error
