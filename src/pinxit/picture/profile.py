"""Colour profiles (ICC): from an embedded profile to sRGB, and back."""

import functools
from typing import Any

import numpy as np

from pinxit.errors import PictureError
from pinxit.picture.decoded import CHANNELS, Decoded, unit

_STRIP_PIXELS = 2**20
_LARGEST_PROFILE = 16 * 2**20
_RELATIVE = 1
_BLACK_POINT = 0x2000
_NO_SHORTCUT = 0x0100  # the 16-bit shortcut table of LittleCMS is off by 13/255 at the edge of the gamut
_SPACES = {b"RGB ": "rgb", b"GRAY": "gray", b"CMYK": "cmyk"}
_CLASSES = {b"mntr", b"scnr", b"prtr", b"spac"}
_D65 = [0.3127, 0.3290]
# ITU-T H.273, table 2: 9 is BT.2020, 12 is Display P3; red, green and blue as x, y.
_PRIMARIES = {9: [0.708, 0.292, 0.170, 0.797, 0.131, 0.046], 12: [0.680, 0.320, 0.265, 0.690, 0.150, 0.060]}


def space_of(profile: bytes) -> str | None:
    """The colour space that a profile describes: "rgb", "gray", "cmyk", or None for no usable profile."""
    if not 128 < len(profile) <= _LARGEST_PROFILE or profile[36:40] != b"acsp" or profile[12:16] not in _CLASSES:
        return None
    return _SPACES.get(profile[16:20])


def to_srgb(decoded: Decoded) -> tuple[np.ndarray, bytes | None]:
    """Convert a decoder's samples to sRGB.

    Relative colorimetric with black point compensation, in strips of bounded memory. A missing, broken or unfitting
    profile is passed over: RGB and gray are then taken as sRGB, CMYK by the plain formula.

    Returns:
        (H, W, 3) in the dtype of ``decoded.array``, and the profile that was converted from, or None when the samples
        were sRGB already (they are then untouched).
    """
    array, profile = decoded.array, decoded.icc
    if decoded.space == "lab":
        return _convert(array, _lab_profile(), srgb_profile(), "lab", "rgb"), None
    space = space_of(profile) if profile else None
    if space == "rgb" and decoded.space == "gray":
        array = _gray_to_rgb(array)
    elif space != decoded.space:
        profile = None
    if profile is None and decoded.space == "rgb":
        profile, space = _stated_profile(decoded.primaries), "rgb"
    if profile and space and not (space == "rgb" and is_srgb(profile)):
        try:
            return _convert(array, profile, srgb_profile(), space, "rgb"), profile
        except (ValueError, RuntimeError):
            pass  # a broken profile must not cost the picture
    return _without_profile(array, decoded.space), None


def from_srgb(array: np.ndarray, profile: bytes) -> np.ndarray:
    """Convert (H, W, 3) sRGB to the space of ``profile``.

    Returns:
        (H, W, 1), (H, W, 3) or (H, W, 4), gray, RGB or CMYK, in the dtype that came.

    Raises:
        PictureError: The profile works in one direction only, or is broken.
    """
    space = space_of(profile)
    if space is None:
        raise PictureError("the colour profile is not for gray, RGB or CMYK pictures; save with profile='srgb'")
    try:
        return _convert(array, srgb_profile(), profile, "rgb", space)
    except (ValueError, RuntimeError) as error:
        raise PictureError(
            "the picture's own colour profile converts to sRGB but not back; save with profile='srgb'"
        ) from error


@functools.lru_cache(maxsize=1)
def srgb_profile() -> bytes:
    """The sRGB profile."""
    import imagecodecs

    return bytes(imagecodecs.cms_profile("srgb"))


@functools.lru_cache(maxsize=16)
def is_srgb(profile: bytes) -> bool:
    """True when a profile means sRGB: no colour of a 9-step grid moves by one step of 8 bits."""
    steps = np.linspace(0, 65535, 9).round().astype(np.uint16)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    try:
        moved = _convert(grid, profile, srgb_profile(), "rgb", "rgb")
    except (ValueError, RuntimeError):
        return False
    return bool(np.abs(moved.astype(np.int32) - grid).max() < 257)


def _convert(array: np.ndarray, source: bytes, target: bytes, space: str, target_space: str) -> np.ndarray:
    import imagecodecs

    height, width = array.shape[:2]
    out = np.empty((height, width, CHANNELS[target_space]), array.dtype)
    options: dict[str, Any] = {"colorspace": space, "outcolorspace": target_space, "intent": _RELATIVE}
    options["flags"] = _BLACK_POINT | (0 if array.dtype == np.uint8 else _NO_SHORTCUT)
    pixels, result = array.reshape(-1, array.shape[2]), out.reshape(-1, out.shape[2])
    for start in range(0, height * width, _STRIP_PIXELS):
        strip = pixels[start : start + _STRIP_PIXELS]
        strip = strip[None, :, 0] if space == "gray" else strip[None]
        moved = imagecodecs.cms_transform(strip, source, target, **options)
        if array.dtype.kind == "f":
            moved = np.nan_to_num(moved, copy=False).clip(0, 1)
        result[start : start + _STRIP_PIXELS] = moved.reshape(-1, out.shape[2])
    return out


@functools.lru_cache(maxsize=1)
def _lab_profile() -> bytes:
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


@functools.lru_cache(maxsize=4)
def _stated_profile(primaries: int | None) -> bytes | None:
    """A profile for colour primaries that a container names by number, with the tone curve of sRGB."""
    import imagecodecs

    corners = _PRIMARIES.get(primaries or 0)
    if corners is None:
        return None
    value = np.linspace(0, 1, 1024)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    curve = (linear * 65535).round().astype(np.uint16)
    try:
        return bytes(imagecodecs.cms_profile("rgb", whitepoint=_D65, primaries=corners, transferfunction=curve))
    except (ValueError, RuntimeError):
        return None


def _without_profile(array: np.ndarray, space: str) -> np.ndarray:
    if space == "gray":
        return _gray_to_rgb(array)
    return _plain_cmyk(array) if space == "cmyk" else array


def _gray_to_rgb(array: np.ndarray) -> np.ndarray:
    return np.repeat(array, 3, axis=2)


def _plain_cmyk(array: np.ndarray) -> np.ndarray:
    """Light left by ink: (1 - ink) * (1 - black), the customary guess where no profile says better."""
    top = unit(array)
    out = np.empty((*array.shape[:2], 3), array.dtype)
    step = max(1, _STRIP_PIXELS // array.shape[1])
    for start in range(0, len(array), step):
        light = 1 - array[start : start + step].astype(np.float32) / top
        value = light[..., :3] * light[..., 3:] * top
        out[start : start + step] = value.round() if array.dtype.kind == "u" else value
    return out
