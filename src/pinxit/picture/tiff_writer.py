"""TIFF of 8, 16 and 32-float bits, with its EXIF folder."""

from pathlib import Path
from typing import Any

import numpy as np

from pinxit.picture.exif import EXIF_FOLDER, read_exif

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
    folder = parsed.get_ifd(EXIF_FOLDER)
    if folder:
        tags.append((EXIF_FOLDER, "I", 1, 0, True))
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
        bigtiff=array.nbytes > _BIG,
        maxworkers=1,
    )
    if folder:
        _append_folder(file, dict(folder))


def _append_folder(file: Path, folder: dict[int, Any]) -> None:
    """Put the EXIF folder, which tifffile cannot write, at the end and point to it."""
    import tifffile
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    with tifffile.TiffFile(file, mode="r+") as tiff:
        if tiff.is_bigtiff:
            return
        handle = tiff.filehandle
        offset = handle.size + handle.size % 2
        entries = ImageFileDirectory_v2(
            ifh=b"II*\0\0\0\0\0" if tiff.byteorder == "<" else b"MM\0*\0\0\0\0", group=EXIF_FOLDER
        )
        for tag, value in folder.items():
            entries[tag] = value
        data = entries.tobytes(offset)
        tiff.pages[0].tags[EXIF_FOLDER].overwrite(offset)
        handle.seek(0, 2)
        handle.write(b"\0" * (offset - handle.tell()) + data)
