"""Writing a model: new bytes put in the place of old ones, everything else as it was."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from pinxit.errors import CapacityError, InputError
from pinxit.files import write_whole, writing_error
from pinxit.models.gltf import BIN_CHUNK, JSON_CHUNK, MAGIC, MESHOPT, Model, relative_name


def check_output(model: Model, output: Path, *, overwrite: bool) -> None:
    """Refuse an output before the work starts.

    Raises:
        InputError: It has another suffix, is the model itself, or something is there already; or the pictures and
            buffers beside a .gltf would take the place of the model's own.
    """
    suffix = model.path.suffix.lower()
    if output.suffix.lower() != suffix:
        raise InputError(f"{output} came for the result of {model.path.name}; it is written as {suffix}: name it so")
    if output.resolve() == model.path.resolve():
        raise InputError(f"{output} is the model itself; choose another name")
    beside = [output.parent / name for name in model.files]
    if beside and output.parent.resolve() == model.path.parent.resolve():
        raise InputError(
            f"{output} lies in the model's own folder, whose {next(iter(model.files))} would be replaced; "
            "choose another folder"
        )
    there = [path for path in [output, *beside] if path.exists()]
    if there and not overwrite:
        raise InputError(f"{there[0]} is there already; choose another name, or allow that it is replaced")


def write_model(
    model: Model,
    document: dict[str, Any],
    buffers: Sequence[bytes | bytearray | None],
    pictures: Mapping[int, bytes],
    output: Path,
) -> None:
    """Write a model with other pictures; what lies beside a .gltf is written before it.

    Args:
        model: What came; not changed.
        document: Its JSON with what else is new in it; not changed.
        buffers: Its buffers, of the same lengths.
        pictures: New files of pictures by their numbers.
        output: The .glb or .gltf.

    Raises:
        CapacityError: The disk is full or the folder cannot be written.
    """
    document = deepcopy(document)
    files = dict(model.files)
    views: dict[int, bytes] = {}
    for number, data in pictures.items():
        image = document["images"][number]
        if image.get("uri") is None:
            views[image["bufferView"]] = data
        elif image["uri"].startswith("data:"):
            image["uri"] = _data_uri(image["uri"], data)
        else:
            files[relative_name(image["uri"], model.path)] = data
    whole = [
        None if old is None else _spliced(document, number, bytes(buffers[number]), views)
        for number, old in enumerate(model.buffers)
    ]
    for number, data in enumerate(whole):
        buffer = document["buffers"][number]
        uri = buffer.get("uri")
        if data is not None and uri is not None and data != model.buffers[number]:
            if uri.startswith("data:"):
                buffer["uri"] = _data_uri(uri, data)
            else:
                files[relative_name(uri, model.path)] = data
    _write_files(output, files, _binary(document, whole, model) if model.binary else _text(document, indent=2))


def _spliced(document: dict[str, Any], number: int, buffer: bytes, new: Mapping[int, bytes]) -> bytes:
    """A buffer with other bytes in some of its views; the views of ``document`` are moved along.

    Lengths change by multiples of 4 bytes, so that what follows keeps its alignment. A view that shares bytes with
    others is put at the end instead.
    """
    views = document.get("bufferViews", [])
    packed = [view.get("extensions", {}).get(name) for view in views for name in MESHOPT]
    holders = [one for one in [*views, *packed] if one and one["buffer"] == number]
    ranges = {id(one): (one.get("byteOffset", 0), one.get("byteOffset", 0) + one["byteLength"]) for one in holders}
    own = sorted((v for v in new if views[v]["buffer"] == number), key=lambda v: ranges[id(views[v])])
    pieces, at, moves, last = [], 0, [], []
    for view in own:
        start, end = ranges[id(views[view])]
        others = (span for key, span in ranges.items() if key != id(views[view]))
        if any(first < end and start < stop for first, stop in others):
            last.append(view)
            continue
        data = new[view] + bytes((end - start - len(new[view])) % 4)
        pieces += [buffer[at:start], data]
        moves.append((end, len(data) - (end - start)))
        at = end
    result = b"".join([*pieces, buffer[at:]])
    for one in holders:
        shift = sum(change for end, change in moves if end <= ranges[id(one)][0])
        if shift:
            one["byteOffset"] = ranges[id(one)][0] + shift
    for view in last:
        result += bytes(-len(result) % 4)
        views[view]["byteOffset"] = len(result)
        result += new[view]
    for view in own:
        views[view]["byteLength"] = len(new[view])
    if own:
        document["buffers"][number]["byteLength"] = len(result)
    return result


def _data_uri(old: str, data: bytes) -> str:
    return old.partition(",")[0] + "," + base64.b64encode(data).decode("ascii")


def _text(document: dict[str, Any], indent: int | None = None) -> bytes:
    separators = None if indent else (",", ":")
    return json.dumps(document, ensure_ascii=False, indent=indent, separators=separators).encode(
        "utf-8", "surrogatepass"
    )


def _binary(document: dict[str, Any], buffers: Sequence[bytes | None], model: Model) -> bytes:
    """A .glb of a document and its first buffer, where that lies in the file."""
    text = _text(document)
    parts = [(JSON_CHUNK, text + b" " * (-len(text) % 4))]
    if buffers and buffers[0] is not None and "uri" not in document["buffers"][0]:
        parts.append((BIN_CHUNK, buffers[0] + bytes(-len(buffers[0]) % 4)))
    parts += model.chunks
    body = b"".join(struct.pack("<II", len(data), kind) + data for kind, data in parts)
    if 12 + len(body) >= 2**32:
        raise CapacityError(
            f"the result of {model.path} is larger than a .glb can be (4 GB); make its pictures smaller"
        )
    return struct.pack("<III", MAGIC, 2, 12 + len(body)) + body


def _write_files(output: Path, files: Mapping[str, bytes], model: bytes) -> None:
    try:
        for name in files:
            (output.parent / name).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise writing_error(error, output) from error
    for path, data in [*((output.parent / name, data) for name, data in files.items()), (output, model)]:
        with write_whole(path) as file:
            file.write_bytes(data)
