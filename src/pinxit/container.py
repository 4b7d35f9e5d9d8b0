"""The file under a style: safetensors with one JSON header, checked before anything in it is believed."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.errors import NotFoundError, StyleError

MAX_BYTES = 64 * 2**20
"""Largest file that is read or written, in bytes."""
MAX_HEADER_BYTES = 2**20
"""Largest header that is read, in bytes."""

_KEY = "pinxit"
_DTYPES = {"F32": np.dtype("<f4"), "U8": np.dtype("u1")}


def pack(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray], name: str) -> bytes:
    """Put a header and tensors into the bytes of one file; the same input gives the same bytes.

    Args:
        header: JSON values, finite numbers only.
        tensors: float32 or uint8 arrays.
        name: What to call the file in errors.

    Raises:
        StyleError: The file would be larger than ``MAX_BYTES``.
    """
    from safetensors.numpy import save

    text = json.dumps(header, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    size = sum(array.nbytes for array in tensors.values())
    if size > MAX_BYTES - MAX_HEADER_BYTES or len(text.encode()) > MAX_HEADER_BYTES // 2:
        raise StyleError(
            f"{name} would take {size / 2**20:.0f} MiB, and {MAX_BYTES >> 20} MiB is the most; use a smaller table"
        )
    return save({key: np.ascontiguousarray(array) for key, array in tensors.items()}, metadata={_KEY: text})


def unpack(data: bytes, name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Take the bytes of a file apart; the reverse of :func:`pack`.

    Args:
        data: The whole file.
        name: What to call the file in errors.

    Returns:
        The header and the tensors, each a copy of its own, float32 or uint8, finite.

    Raises:
        StyleError: Truncated, damaged, too large, of another kind, or with NaN or infinite values.
    """
    from safetensors import SafetensorError, deserialize

    if len(data) > MAX_BYTES:
        raise StyleError(
            f"{name} has over {MAX_BYTES >> 20} MiB, and no style is that large; check that it is a .pinxit file"
        )
    header = _header(data, name)
    try:
        parts = deserialize(data)
    except (SafetensorError, ValueError) as error:
        raise _damaged(name) from error
    return header, {key: _tensor(key, part, name) for key, part in parts}


def read_capped(path: str | os.PathLike[str]) -> bytes:
    """Read a whole file, refused when it has more than ``MAX_BYTES``.

    Raises:
        NotFoundError: The path is not there.
        StyleError: A folder, too large, or not to be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} is not there; check the name") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no file"
        raise StyleError(f"{path} cannot be read ({reason}); a .pinxit file was wanted") from error
    if size > MAX_BYTES or len(data) > MAX_BYTES:
        raise StyleError(
            f"{path} has {size / 2**20:.0f} MiB, and {MAX_BYTES >> 20} MiB is the most; check that it is a .pinxit file"
        )
    return data


def _header(data: bytes, name: str) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 10 or length > min(MAX_HEADER_BYTES, len(data) - 8) or data[8:9] != b"{":
        raise _damaged(name)
    outer = _json_object(data[8 : 8 + length], name)
    metadata = outer.get("__metadata__")
    text = metadata.get(_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise StyleError(f"{name} is a safetensors file but not a style of pinxit; make one with: pinxit learn")
    return _json_object(text.encode(errors="replace"), name)


def _json_object(text: bytes, name: str) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    try:
        value = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise _damaged(name) from error
    if not isinstance(value, dict):
        raise _damaged(name)
    return value


def _tensor(key: str, part: Mapping[str, Any], name: str) -> np.ndarray:
    dtype = _DTYPES.get(part["dtype"])
    if dtype is None:
        raise StyleError(f"{name}: {key} is {part['dtype']}, and F32 or U8 was wanted; learn or import the style again")
    array = np.frombuffer(bytes(part["data"]), dtype).reshape(part["shape"]).astype(dtype.newbyteorder("="))
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise StyleError(f"{name}: {key} holds NaN or infinite values; learn or import the style again")
    return array


def _damaged(name: str) -> StyleError:
    return StyleError(f"{name} is damaged, cut short or not a .pinxit file; copy it again or learn the style again")
