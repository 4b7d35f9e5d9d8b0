"""Labelled pictures from a tar file, read member by member; nothing is extracted."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from pinxit.errors import InputError, NotFoundError, PictureError, PinxitError
from pinxit.networks.encoder import SIDE
from pinxit.picture import Picture
from pinxit.picture.writing import to_bits

MOST_BYTES = 2**18
"""Largest member that is read, in bytes; a picture of 64 x 64 pixels has 12,288 at most before it is compressed."""
_NAME = re.compile(r"(?:\./)?(?!\.\.?/)([^/\\]+)/[^/\\]+\.jpe?g", re.IGNORECASE)


@dataclass(frozen=True)
class Labelled:
    """Small pictures of known classes.

    Args:
        pixels: (N, 3, 64, 64) uint8.
        labels: Number of each one's class, (N,) int64.
        classes: Names of the classes.
    """

    pixels: Tensor
    labels: Tensor
    classes: tuple[str, ...]


def read_labelled(path: Path, classes: tuple[str, ...] = ()) -> Labelled:
    """Read a plain tar file whose members are ``CLASS/NAME.jpg``, RGB or grey, 64 x 64 pixels.

    Args:
        path: The file. Besides such members only folders may be in it; links are refused, and so is any member of more
            than ``MOST_BYTES``, before it is read.
        classes: The classes in their order; empty: those of the file, sorted by name.

    Raises:
        NotFoundError: There is no such file.
        InputError: It is no tar file, is compressed or damaged, holds no picture, a member that is none, or a class
            that is not among ``classes``.
    """
    names, pictures = [], []
    for name, member, data in _members(path):
        names.append(name)
        pictures.append(_pixels(data, f"{path}, member {member}"))
    if not pictures:
        raise InputError(f"{path} holds no picture; members CLASS/NAME.jpg are wanted")
    classes = classes or tuple(sorted(set(names)))
    if unknown := sorted(set(names) - set(classes)):
        raise InputError(f"{path} has the class {_shown(unknown[0])}, which the pictures to train on have not")
    number = {name: i for i, name in enumerate(classes)}
    return Labelled(torch.from_numpy(np.stack(pictures)), torch.tensor([number[name] for name in names]), classes)


def _members(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Class, name for messages, and bytes of every picture."""
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                if not member.isdir():
                    yield _checked(member, path), _shown(member.name), tar.extractfile(member).read()
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} is not there; give a folder with train.tar and val.tar") from error
    except PinxitError:
        raise
    except (tarfile.TarError, OSError, EOFError, ValueError, OverflowError) as error:
        raise InputError(f"{path} is no plain tar file, or is damaged ({error})") from error


def _checked(member: tarfile.TarInfo, path: Path) -> str:
    """The class in a member's name.

    Raises:
        InputError: The member is no file, is called otherwise than CLASS/NAME.jpg, or is too large.
    """
    name = _NAME.fullmatch(member.name)
    if name is None or not member.isreg():
        raise InputError(f"{path} has the member {_shown(member.name)}; files CLASS/NAME.jpg are wanted")
    if not 0 < member.size <= MOST_BYTES:
        told = f"the member {_shown(member.name)} of {member.size} bytes"
        raise InputError(f"{path} has {told}; 1 to {MOST_BYTES} bytes are wanted")
    return name[1]


def _pixels(data: bytes, name: str) -> np.ndarray:
    """A member's picture, (3, 64, 64) uint8."""
    try:
        array = Picture.open(data, max_pixels=2**20).array
    except PictureError as error:
        raise InputError(f"{name} is no picture of {SIDE} x {SIDE} pixels: {error}") from error
    if array.shape != (SIDE, SIDE, 3):
        raise InputError(f"{name} has {array.shape[1]} x {array.shape[0]} pixels; {SIDE} x {SIDE} are wanted")
    return np.ascontiguousarray(to_bits(array, np.uint8).transpose(2, 0, 1))


def _shown(name: str) -> str:
    """A name for a message, whatever is in it."""
    return repr(name if len(name) <= 80 else name[:77] + "...")
