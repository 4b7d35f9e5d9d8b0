"""Which format a file has, by its first bytes; names lie, bytes do less often."""

from pinxit.errors import PictureError
from pinxit.files import RAW_SUFFIXES

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif", b"mif2"}
_AVIF_BRANDS = {b"avif", b"avis"}
_RAW_STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR")
_REFUSED = {
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"8BPS": "Photoshop",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"%PDF": "PDF",
    b"icns": "Apple icon",
    b"\0\0\1\0": "Windows icon",
    b"<svg": "SVG",
    b"<?xml": "SVG or XML",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"DDS ": "DDS",
    b"gimp xcf": "GIMP",
}


def format_of(head: bytes, suffix: str, name: str) -> str:
    """Name the format of a file.

    Args:
        head: Its first bytes, 64 of them if it has so many.
        suffix: Suffix of its name in lower case with the dot, or empty; only tells RAW from TIFF.
        name: The file's name for the error.

    Returns:
        "JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF", "BMP", "GIF", "PPM" or "RAW".

    Raises:
        PictureError: Empty, of a kind that is not opened, or no picture at all.
    """
    if not head:
        raise PictureError(f"{name} is empty, and a picture was wanted")
    found = _by_start(head) or _by_brand(head)
    if found == "TIFF" and (suffix in RAW_SUFFIXES or head[8:10] == b"CR"):
        return "RAW"
    if found:
        return found
    for start, kind in _REFUSED.items():
        if head.startswith(start):
            raise PictureError(f"{name} is a {kind} file, which is not opened; save it as JPEG, PNG or TIFF")
    if suffix in RAW_SUFFIXES:
        return "RAW"
    raise PictureError(
        f"{name} is not a picture of a known kind; wanted JPEG, PNG, TIFF, WebP, AVIF, HEIC, BMP or camera RAW"
    )


def _by_start(head: bytes) -> str | None:
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head[:2] == b"BM":
        return "BMP"
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return "PPM"
    return "RAW" if head.startswith(_RAW_STARTS) else None


def _by_brand(head: bytes) -> str | None:
    """Formats in ISO media boxes: AVIF and HEIC differ only by the brands they name."""
    if head[4:8] != b"ftyp":
        return None
    if head[8:12] == b"crx ":
        return "RAW"
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None
