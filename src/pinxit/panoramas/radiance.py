"""Files of radiance: Radiance .hdr and OpenEXR, linear light without an upper end."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.errors import MissingExtraError, NotFoundError, PictureError
from pinxit.files import write_whole
from pinxit.picture.decoded import DEFAULT_MAX_PIXELS, Limits, check_size, decoding
from pinxit.picture.label import EDITED, EditLabel

SUFFIXES = (".hdr", ".exr")
"""Files that are read and written here."""
BRIGHTEST = 65504.0
"""What infinite light is read as: the largest half-precision float."""


def read_radiance(path: str | os.PathLike[str], *, max_pixels: int = DEFAULT_MAX_PIXELS) -> np.ndarray:
    """The light in a .hdr or .exr file, (H, W, 3) float32, linear, from 0 on; its primaries are taken for sRGB's.

    Raises:
        NotFoundError: It is not there.
        PictureError: It is damaged, too large, of another kind, or has no red, green and blue.
        MissingExtraError: OpenEXR is not installed.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise NotFoundError(f"{path} is not there; check the name")
    limits = Limits(str(path), max_pixels)
    _check_suffix(path)
    light = _read_hdr(path, limits) if path.suffix.lower() == ".hdr" else _read_exr(path, limits)
    return np.nan_to_num(light, nan=0.0, posinf=BRIGHTEST, neginf=0.0).clip(0, None, dtype=np.float32)


def write_radiance(path: str | os.PathLike[str], light: np.ndarray, *, label: EditLabel | None = EDITED) -> Path:
    """Write linear light, (H, W, 3) float, to .hdr or .exr (half precision), whole or not at all.

    Raises:
        PictureError: Another suffix.
        MissingExtraError: OpenEXR is not installed.
        CapacityError: The disk is full or the folder cannot be written.
    """
    path = Path(path)
    _check_suffix(path)
    notes = {} if label is None else {"DigitalSourceType": label.source_type, "AIGC": label.aigc("")}
    write = _write_hdr if path.suffix.lower() == ".hdr" else _write_exr
    if write is _write_exr:
        _openexr()
    with write_whole(path) as file, decoding(path.name, "written"):
        write(file, np.ascontiguousarray(light, np.float32), notes)
    return path


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in SUFFIXES:
        raise PictureError(f"{path.name} came; an environment map is a .hdr or .exr file")


def _read_hdr(path: Path, limits: Limits) -> np.ndarray:
    import imagecodecs

    data = path.read_bytes()
    size = re.search(rb"\n\n-Y (\d{1,9}) \+X (\d{1,9})\n", data[:65536])
    if not data.startswith(b"#?") or size is None:
        raise PictureError(f"{path} is no Radiance file with its rows from the top; save it again as .hdr or .exr")
    check_size(int(size[2]), int(size[1]), limits)
    with decoding(str(path)):
        return imagecodecs.rgbe_decode(data)


def _write_hdr(file: Path, light: np.ndarray, notes: dict[str, str]) -> None:
    import imagecodecs

    first, rest = imagecodecs.rgbe_encode(light).split(b"\n", 1)
    lines = [b"SOFTWARE=pinxit", *(f"# {key}: {value}".encode("ascii", "replace") for key, value in notes.items())]
    file.write_bytes(b"\n".join([first, *lines, rest]))


def _read_exr(path: Path, limits: Limits) -> np.ndarray:
    package = _openexr()
    with decoding(str(path)):
        with package.File(str(path), header_only=True) as file:
            low, high = file.header()["dataWindow"]
            check_size(int(high[0] - low[0] + 1), int(high[1] - low[1] + 1), limits)
        with package.File(str(path)) as file:
            channels = {name: channel.pixels for name, channel in file.channels().items()}
    if "RGB" in channels or "RGBA" in channels:
        return channels.get("RGB", channels.get("RGBA"))[..., :3].astype(np.float32)
    if "Y" in channels:
        return np.repeat(channels["Y"].astype(np.float32)[..., None], 3, 2)
    raise PictureError(f"{path} has the channels {', '.join(sorted(channels))}; R, G and B are wanted")


def _write_exr(file: Path, light: np.ndarray, notes: dict[str, str]) -> None:
    package = _openexr()
    header = {"compression": package.ZIP_COMPRESSION, "type": package.scanlineimage, "software": "pinxit", **notes}
    with package.File(header, {"RGB": light.clip(0, BRIGHTEST).astype(np.float16)}) as out:
        out.write(str(file))


def _openexr() -> Any:
    try:
        import OpenEXR
    except ImportError as error:
        raise MissingExtraError("OpenEXR", "panorama") from error
    return OpenEXR
