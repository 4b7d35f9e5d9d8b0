"""TIFF of 8, 16 and 32-float bits, with its EXIF folder."""

from pathlib import Path
from typing import Any

import numpy as np

from pinxit.picture.exif import EXIF_FOLDER, GPS_FOLDER, read_exif

_BIG = 3_900_000_000
_TEXT_TAGS = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298}
_ROWS_BYTES = 2**20


def write_tiff(
    file: Path,
    array: np.ndarray,
    alpha: np.ndarray | None,
    icc: bytes | None,
    exif: bytes | None,
    xmp: bytes | None,
    dpi: tuple[float, float] | None,
) -> None:
    """Write (H, W, 1|3|4) gray, RGB or CMYK samples with an optional (H, W) straight alpha, deflated without loss."""
    import tifffile

    photometric = {1: "minisblack", 3: "rgb", 4: "separated"}[array.shape[2]]
    parsed = read_exif(exif)
    if alpha is not None:
        array = np.dstack([array, alpha])
    elif array.shape[2] == 1:
        array = array[..., 0]
    tags: list[tuple[int, str, int, Any, bool]] = [
        (tag, "s", 0, value, True)
        for tag, value in parsed.items()
        if tag in _TEXT_TAGS and isinstance(value, str) and value.isascii()
    ]
    if xmp:
        tags.append((700, "B", len(xmp), xmp, True))
    big = array.nbytes > _BIG  # the folders of a BigTIFF are laid out in another way: it goes without
    folders = {tag: dict(parsed.get_ifd(tag)) for tag in (EXIF_FOLDER, GPS_FOLDER) if tag in parsed and not big}
    tags += [(tag - 1, "I", 1, 0, True) for tag, entries in folders.items() if entries]
    row_bytes = max(1, array.itemsize * int(np.prod(array.shape[1:])))
    tifffile.imwrite(
        file,
        np.ascontiguousarray(array),
        photometric=photometric,
        planarconfig="contig" if array.ndim == 3 else None,
        extrasamples=["unassalpha"] if alpha is not None else None,
        compression="zlib",
        compressionargs={"level": 5},
        predictor=True,
        rowsperstrip=max(1, _ROWS_BYTES // row_bytes),
        resolution=dpi,
        resolutionunit="INCH" if dpi else None,
        iccprofile=icc,
        extratags=tags,
        metadata=None,
        software=False,
        bigtiff=big,
        byteorder="<",
        maxworkers=1,
    )
    for tag, entries in folders.items():
        if entries:
            _append_folder(file, tag, entries)


def _append_folder(file: Path, tag: int, entries: dict[int, Any]) -> None:
    """Put an EXIF or GPS folder at the end of a classic little-endian file.

    tifffile does not write these pointers, so an entry with the number before, which nothing else uses, holds the
    place, and becomes the pointer here; the entries stay in order.
    """
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    folder = ImageFileDirectory_v2(ifh=b"II*\0\0\0\0\0", group=tag)
    for entry, value in entries.items():
        folder[entry] = value
    with file.open("rb+") as handle:
        handle.seek(4)
        first = int.from_bytes(handle.read(4), "little")
        handle.seek(first)
        for number in range(int.from_bytes(handle.read(2), "little")):
            at = first + 2 + 12 * number
            handle.seek(at)
            if int.from_bytes(handle.read(2), "little") == tag - 1:
                end = handle.seek(0, 2)
                end += end % 2
                handle.seek(end)
                handle.write(folder.tobytes(end))
                handle.seek(at)
                handle.write(tag.to_bytes(2, "little"))
                handle.seek(at + 8)
                handle.write(end.to_bytes(4, "little"))
                return
