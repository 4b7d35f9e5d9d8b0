"""TIFF of 8, 16 and 32-float bits, with its EXIF folder."""

from pathlib import Path
from typing import Any

import numpy as np

from pinxit.picture.exif import EXIF_FOLDER, GPS_FOLDER, read_exif
from pinxit.picture.page import Page

_BIG = 3_900_000_000
_TEXT_TAGS = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298}
_ROWS_BYTES = 2**20


def write_tiff(file: Path, page: Page) -> None:
    """Write gray, RGB or CMYK samples with straight alpha where there is one, deflated without loss."""
    import tifffile

    array = page.array if page.alpha is None else np.dstack([page.array, page.alpha])
    channels = page.array.shape[2]
    if array.shape[2] == 1:
        array = array[..., 0]
    big = array.nbytes > _BIG
    tags, folders = _tags(page, with_folders=not big)  # a BigTIFF's folders are laid out in another way: none
    row_bytes = max(1, array.itemsize * int(np.prod(array.shape[1:])))
    tifffile.imwrite(
        file,
        np.ascontiguousarray(array),
        photometric={1: "minisblack", 3: "rgb", 4: "separated"}[channels],
        planarconfig="contig" if array.ndim == 3 else None,
        extrasamples=["unassalpha"] if page.alpha is not None else None,
        compression="zlib",
        compressionargs={"level": 5},
        predictor=True,
        rowsperstrip=max(1, _ROWS_BYTES // row_bytes),
        resolution=page.dpi,
        resolutionunit="INCH" if page.dpi else None,
        iccprofile=page.icc,
        extratags=tags,
        metadata=None,
        software=False,
        bigtiff=big,
        byteorder="<",
        maxworkers=1,
    )
    for tag, entries in folders.items():
        _append_folder(file, tag, entries)


def _tags(page: Page, with_folders: bool) -> tuple[list[tuple[int, str, int, Any, bool]], dict[int, dict[int, Any]]]:
    """Entries for tifffile (number, type, count, value, first page only), and the folders to append afterwards."""
    exif = read_exif(page.exif)
    tags: list[tuple[int, str, int, Any, bool]] = [
        (tag, "s", 0, value, True)
        for tag, value in exif.items()
        if tag in _TEXT_TAGS and isinstance(value, str) and value.isascii()
    ]
    if page.xmp:
        tags.append((700, "B", len(page.xmp), page.xmp, True))
    folders = {tag: dict(exif.get_ifd(tag)) for tag in (EXIF_FOLDER, GPS_FOLDER) if with_folders and tag in exif}
    folders = {tag: entries for tag, entries in folders.items() if entries}
    return tags + [(tag - 1, "I", 1, 0, True) for tag in folders], folders


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
