"""EXIF: which entries stay with a picture, and which would tell where it was taken and by whom."""

from typing import Any, BinaryIO

from PIL import Image

from pinxit.picture.metadata import checked_dpi

_LARGEST = 4 * 2**20
_LONGEST_VALUE = 4096
EXIF_FOLDER = 0x8769
GPS_FOLDER = 0x8825
_ORIENTATION = 0x0112

# Description, make, model, software, date, artist, copyright; the resolution is kept beside EXIF.
_HARMLESS = {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298}
# Exposure, aperture, sensitivity, dates, lens, flash and the like; not the maker's note (0x927C), the comment (0x9286),
# the owner (0xA430), serial numbers (0xA431, 0xA435) or the picture's unique number (0xA420).
_HARMLESS_EXPOSURE = (
    {0x829A, 0x829D, 0x8822, 0x8824, 0x8827, 0x8830, 0x8831, 0x8832, 0x8833, 0x8834, 0x8835, 0x9000}
    | {0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9201, 0x9202, 0x9203, 0x9204, 0x9205, 0x9206, 0x9207, 0x9208, 0x9209}
    | {0x920A, 0x9290, 0x9291, 0x9292, 0xA20E, 0xA20F, 0xA210, 0xA215, 0xA217, 0xA300, 0xA301, 0xA401, 0xA402, 0xA403}
    | {0xA404, 0xA405, 0xA406, 0xA407, 0xA408, 0xA409, 0xA40A, 0xA40C, 0xA432, 0xA433, 0xA434, 0xA500}
)
# What speaks of the stored pixels and no longer holds, or is written in another place: size, coding, strips,
# orientation, resolution, thumbnail and the like.
_STALE = {0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0111, 0x0112, 0x0115, 0x0116, 0x0117, 0x011C, 0x013D, 0x0140}
_STALE |= {0x0142, 0x0143, 0x0144, 0x0145, 0x014A, 0x0152, 0x0153, 0x015B, 0x0201, 0x0202, 0x0211, 0x0212, 0x0213}
_STALE |= {0x011A, 0x011B, 0x0128, 0x02BC, 0x8773, 0x83BB, 0x8649, 0x00FE, 0x0214}


def read_exif(raw: bytes | None) -> Image.Exif:
    """Parse a block that starts with its TIFF header; whatever is wrong with it makes it empty."""
    exif = Image.Exif()
    if raw and len(raw) <= _LARGEST:
        try:
            exif.load(raw)
            dict(exif)
        except Exception:  # damaged EXIF raises anything at all, and never costs the picture
            return Image.Exif()
    return exif


def orientation_of(raw: bytes | None) -> int:
    """The orientation 1..8 that an EXIF block states; 1 where it states none."""
    value = read_exif(raw).get(_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def resolution_of(raw: bytes | None) -> tuple[float, float] | None:
    """The dots per inch that an EXIF block states, or None."""
    exif = read_exif(raw)
    unit = exif.get(0x0128, 2)
    dpi = checked_dpi((exif.get(0x011A), exif.get(0x011B)))
    if dpi is None or unit not in (2, 3):
        return None
    return checked_dpi((dpi[0] * 2.54, dpi[1] * 2.54)) if unit == 3 else dpi


def clean_exif(raw: bytes | None, *, keep_private: bool = False) -> bytes | None:
    """Rebuild an EXIF block with what still holds of the picture.

    Args:
        raw: A block that starts with its TIFF header, or None.
        keep_private: False keeps a list of harmless entries only; True keeps places, serial numbers and the maker's
            note as well. Size, orientation and thumbnail are dropped either way: they no longer hold.

    Returns:
        A block of the same kind, or None when nothing is left.
    """
    exif = read_exif(raw)
    clean = Image.Exif()
    for tag, value in exif.items():
        if (tag not in _STALE and tag != EXIF_FOLDER) if keep_private else tag in _HARMLESS:
            clean[tag] = value
    exposure = {
        tag: value for tag, value in _folder(exif, EXIF_FOLDER).items() if keep_private or tag in _HARMLESS_EXPOSURE
    }
    exposure.pop(0xA002, None)
    exposure.pop(0xA003, None)
    if keep_private and (places := _folder(exif, GPS_FOLDER)):
        clean[GPS_FOLDER] = places
    if exposure:
        clean[EXIF_FOLDER] = exposure
    return _serialized(clean, keep_private)


def with_resolution(raw: bytes | None, dpi: tuple[float, float] | None) -> bytes | None:
    """State a resolution in EXIF, for formats that have no other place for it."""
    if dpi is None:
        return raw
    exif = read_exif(raw)
    folder = _folder(exif, EXIF_FOLDER)
    if folder:
        exif[EXIF_FOLDER] = folder
    exif[0x011A], exif[0x011B], exif[0x0128] = dpi[0], dpi[1], 2
    return _serialized(exif, keep_private=True)


def _folder(exif: Image.Exif, tag: int) -> dict[int, Any]:
    try:
        return dict(exif.get_ifd(tag))
    except Exception:  # as in read_exif
        return {}


def _serialized(exif: Image.Exif, keep_private: bool) -> bytes | None:
    if not keep_private:
        exif = _without_long_values(exif)
    block = _bytes_of(exif)
    if block is None:
        sound = Image.Exif()
        for tag, value in exif.items():
            alone = Image.Exif()
            alone[tag] = value
            if _bytes_of(alone) is not None:
                sound[tag] = value
        block = _bytes_of(sound)
        exif = sound
    return block if block and len(exif) else None


def _without_long_values(exif: Image.Exif) -> Image.Exif:
    """Entries of a sensible length; the harmless ones are short."""
    clean = Image.Exif()
    for tag, value in exif.items():
        if tag == EXIF_FOLDER and isinstance(value, dict):
            clean[tag] = {key: item for key, item in value.items() if _short(item)}
        elif _short(value):
            clean[tag] = value
    return clean


def _short(value: object) -> bool:
    return not isinstance(value, str | bytes | tuple) or len(value) <= _LONGEST_VALUE


def _bytes_of(exif: Image.Exif) -> bytes | None:
    try:
        return exif.tobytes().removeprefix(b"Exif\0\0")
    except Exception:  # a value of the wrong type for its tag; the caller sorts it out
        return None


def exif_of_tiff(file: BinaryIO) -> bytes | None:
    """The entries of a TIFF's (or a TIFF-like RAW's) first folder as an EXIF block; strips and tiles are left out."""
    file.seek(0)
    exif = Image.Exif()
    exif.load_from_fp(file)
    small = Image.Exif()
    for tag, value in exif.items():
        if tag not in _STALE and tag != EXIF_FOLDER:
            small[tag] = value
    if folder := _folder(exif, EXIF_FOLDER):
        small[EXIF_FOLDER] = folder
    if places := _folder(exif, GPS_FOLDER):
        small[GPS_FOLDER] = places
    return _serialized(small, keep_private=True)
