"""The style: what was learned, where it came from, and its one file."""

import hashlib
import math
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.container import pack, read_capped, unpack
from pinxit.errors import InputError, StyleError
from pinxit.files import write_whole
from pinxit.provenance import Provenance
from pinxit.texture import Texture, check_code, check_floats
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

FORMAT = 4
"""Version of the file. Earlier ones are read too, but for textures, whose bands lay on other axes before the fourth."""
STYLE_SUFFIX = ".pinxit"
MAX_LUT_SIZE = 129
"""Largest side of a table in a style file; 129 nodes take 25 MiB."""

MAX_SIGNATURES = 64
"""Most signatures of references in a style."""

_MAX_NAME = 80
_MAX_THUMBNAIL = 2**20
_TEXTURE = "texture."
# Entries of a header, by the format that they came with.
_PARTS = ({"format", "name", "provenance", "tone"}, {"texture"}, {"signature"})


def check_name(name: str) -> str:
    """Return the name of a style in its one spelling (NFC).

    Args:
        name: 1 to 80 letters and digits of any script, spaces and ``- _ . ,``; it starts with a letter or digit and
            does not end with a space or a dot, so that it is also a safe file name.

    Raises:
        InputError: The name is not allowed.
    """
    clean = unicodedata.normalize("NFC", name) if isinstance(name, str) else ""
    letters = all(character in " -_.," or unicodedata.category(character)[0] in "LNM" for character in clean)
    if not clean or len(clean) > _MAX_NAME or not letters or not clean[0].isalnum() or clean[-1] in " .":
        raise InputError(
            f"{name!r} cannot name a style; take 1 to {_MAX_NAME} letters, digits, spaces, - _ . or , "
            "that start with a letter or digit"
        )
    return clean


@dataclass(frozen=True, eq=False)
class Signatures:
    """What a style is recognized by: signatures of its references.

    Args:
        vectors: (K, D) float32, K to 64.
        version: Which network made them: the first 16 hex digits of its weights' SHA-256.

    Raises:
        StyleError: A part has a wrong shape or type, or holds NaN or infinite values.
    """

    vectors: np.ndarray
    version: str

    def __post_init__(self) -> None:
        check_floats("signature", self.vectors)
        if self.vectors.ndim != 2 or not 1 <= len(self.vectors) <= MAX_SIGNATURES:
            raise StyleError(f"signature has the shape {self.vectors.shape}; (K, D), K to {MAX_SIGNATURES}, is wanted")
        check_code("signature", self.vectors[0])
        if not isinstance(self.version, str) or len(self.version) != 16:
            raise StyleError(f"the signature's version is {self.version!r}; 16 hex digits are wanted")


@dataclass(frozen=True, eq=False)
class Style:
    """A learned style.

    Args:
        name: Its name, or None while it has none; see :func:`check_name`.
        tone: The tone half, or None.
        texture: The texture half, or None.
        provenance: Where it comes from.
        thumbnail: A small JPEG, or None.
        signature: What it is recognized by, or None.

    Raises:
        InputError: The name is not allowed.
        StyleError: A part has a wrong shape or type, or holds NaN or infinite values.
    """

    name: str | None = None
    tone: Tone | None = None
    texture: Texture | None = None
    provenance: Provenance = field(default_factory=Provenance)
    thumbnail: bytes | None = None
    signature: Signatures | None = None

    def __post_init__(self) -> None:
        if self.name is not None:
            object.__setattr__(self, "name", check_name(self.name))
        if self.tone is not None and self.tone.code is not None:
            check_code("tone.code", self.tone.code)
        if self.thumbnail is not None and not (
            self.thumbnail.startswith(b"\xff\xd8\xff") and len(self.thumbnail) <= _MAX_THUMBNAIL
        ):
            raise StyleError("the thumbnail of a style has to be a JPEG file of at most 1 MiB")

    @property
    def adaptive(self) -> bool:
        """Whether the tone corrects every picture on its own, beside its lookup table."""
        return self.tone is not None and self.tone.code is not None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over what changes pixels: not over the name, the provenance and the like."""
        plain = replace(self, name=None, provenance=_NOWHERE, thumbnail=None, signature=None)
        return hashlib.sha256(plain.to_bytes()).hexdigest()

    def renamed(self, name: str | None) -> "Style":
        """The same style under another name."""
        return replace(self, name=name)

    def to_bytes(self) -> bytes:
        """The bytes of the style's file; the same style gives the same bytes."""
        header: dict[str, Any] = {
            "format": FORMAT,
            "name": self.name,
            "provenance": asdict(self.provenance),
            "tone": _tone_settings(self.tone) if self.tone else None,
            "texture": {"painter": self.texture.painter} if self.texture else None,
            "signature": {"version": self.signature.version} if self.signature else None,
        }
        return pack(header, self._tensors(), self.name or "the style")

    def _tensors(self) -> dict[str, np.ndarray]:
        parts: dict[str, Any] = self.texture.tensors() if self.texture else {}
        if self.tone:
            if self.tone.lut.size > MAX_LUT_SIZE:
                raise StyleError(
                    f"a table of {self.tone.lut.size} nodes is too large for a style file; "
                    f"use lut.resized({MAX_LUT_SIZE}) or fewer"
                )
            parts |= {"tone.lut": self.tone.lut.table, "tone.code": self.tone.code}
        if self.signature:
            parts["signature"] = self.signature.vectors
        if self.thumbnail:
            parts["thumbnail"] = np.frombuffer(self.thumbnail, np.uint8)
        return {key: value for key, value in parts.items() if value is not None}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the style's file, whole or not at all.

        Args:
            path: A name that ends in ``.pinxit``; its folder must be there.

        Raises:
            InputError: The name ends otherwise.
            CapacityError: The disk is full or the folder cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != STYLE_SUFFIX:
            raise InputError(f"{path.name} does not end in {STYLE_SUFFIX}; name the file {path.stem}{STYLE_SUFFIX}")
        data = self.to_bytes()
        with write_whole(path) as file:
            file.write_bytes(data)
        return path

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Style":
        """Read a style's file; a file without a name inside takes none from its own.

        Raises:
            NotFoundError: The path is not there.
            StyleError: Damaged, too large, of another version, with unknown or wrong parts, with NaN or Inf.
        """
        return cls.from_bytes(read_capped(path), Path(path).name)

    @classmethod
    def from_bytes(cls, data: bytes, file: str = "the style") -> "Style":
        """Read a style from the bytes of its file; errors as in :meth:`load`."""
        header, tensors = unpack(data, file)
        _check_format(header, tensors, file)
        thumbnail = tensors.pop("thumbnail", None)
        texture = {key: tensors.pop(key) for key in list(tensors) if key.startswith(_TEXTURE)}
        try:
            return cls(
                name=header["name"],
                tone=_tone(header["tone"], tensors, file),
                texture=_texture(header.get("texture"), texture, file),
                signature=_signature(header.get("signature"), tensors.get("signature"), file),
                provenance=Provenance.from_json(header["provenance"], file),
                thumbnail=None if thumbnail is None else thumbnail.tobytes(),
            )
        except InputError as error:
            raise error if str(error).startswith(file) else StyleError(f"{file} is not right: {error}") from error


def _tone_settings(tone: Tone) -> dict[str, Any]:
    return {"finish": asdict(tone.finish), "expected_error": tone.expected_error}


def _tone(settings: object, tensors: Mapping[str, np.ndarray], file: str) -> Tone | None:
    if settings is None:
        if any(key.startswith("tone.") for key in tensors):
            raise _foreign(file, "it has a table but no settings for it")
        return None
    if not isinstance(settings, dict) or set(settings) != {"finish", "expected_error"} or "tone.lut" not in tensors:
        raise _foreign(file, "its tone is not complete")
    finish, error = settings["finish"], settings["expected_error"]
    known = {item.name for item in fields(Finish)}
    numbers = [*(finish.values() if isinstance(finish, dict) else [None]), *([] if error is None else [error])]
    if not all(_number(value) for value in numbers) or set(finish) != known:
        raise _foreign(file, "the settings of its tone are of a wrong kind")
    if tensors["tone.lut"].ndim != 4 or len(tensors["tone.lut"]) > MAX_LUT_SIZE:
        raise _foreign(file, f"its table has the shape {tensors['tone.lut'].shape}")
    return Tone(
        lut=Lut(tensors["tone.lut"]), finish=Finish(**finish), code=tensors.get("tone.code"), expected_error=error
    )


def _texture(settings: object, tensors: Mapping[str, np.ndarray], file: str) -> Texture | None:
    if settings is None and not tensors:
        return None
    if not isinstance(settings, dict) or set(settings) != {"painter"}:
        raise _foreign(file, "its texture is not complete")
    return Texture.from_tensors(tensors, settings["painter"])


def _signature(settings: object, vectors: np.ndarray | None, file: str) -> Signatures | None:
    if settings is None and vectors is None:
        return None
    if not isinstance(settings, dict) or set(settings) != {"version"} or vectors is None:
        raise _foreign(file, "its signature is not complete")
    return Signatures(vectors, settings["version"])


def _check_format(header: Mapping[str, Any], tensors: Mapping[str, np.ndarray], file: str) -> None:
    version = header.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= FORMAT:
        raise StyleError(
            f"{file} has format {version!r}, and this pinxit reads format {FORMAT}; "
            "install the pinxit that made it, or learn it again: pinxit learn ..."
        )
    if set(header) != set().union(*_PARTS[:version]):
        raise _foreign(file, "its header has other entries than this version knows")
    if version < FORMAT and any(key.startswith(_TEXTURE) for key in tensors):
        raise StyleError(
            f"{file} keeps its strokes as format {version} did, and this pinxit reads those of format {FORMAT}; "
            "learn it again: pinxit learn ..."
        )
    for key, tensor in tensors.items():
        wanted = np.uint8 if key == "thumbnail" else np.float32
        later = (version > 1 and key.startswith(_TEXTURE)) or (version > 2 and key == "signature")
        if key not in ("tone.lut", "tone.code", "thumbnail") and not later:
            raise _foreign(file, f"it holds {key!r}, which this version does not know")
        if tensor.dtype != wanted or (key == "thumbnail" and tensor.ndim != 1):
            raise _foreign(file, f"{key} is {tensor.dtype} of shape {tensor.shape}")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _foreign(file: str, what: str) -> StyleError:
    return StyleError(f"{file} cannot be used: {what}; learn or import the style again")


_NOWHERE = Provenance(created="", pinxit="")
