"""The picture: upright sRGB pixels with alpha, depth, profile and harmless side data."""

import hashlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from PIL import Image

from pinxit.errors import PictureError
from pinxit.files import write_whole
from pinxit.picture.arrays import check_array, split_array
from pinxit.picture.decoded import DEFAULT_MAX_PIXELS, Decoded, Limits, check_size, decoding, unit
from pinxit.picture.exif import clean_exif
from pinxit.picture.label import EDITED, EditLabel
from pinxit.picture.metadata import Metadata
from pinxit.picture.orientation import upright
from pinxit.picture.page import Page
from pinxit.picture.pillow_reader import from_image, side_data
from pinxit.picture.profile import from_srgb, srgb_profile, to_srgb
from pinxit.picture.reading import read_bytes, read_path
from pinxit.picture.shrink import shrink
from pinxit.picture.writing import check_fits, format_for, to_bits, write_page
from pinxit.picture.xmp import clean_xmp, labelled

Source: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Image.Image | np.ndarray | Picture"
"""Everything that can be opened as a picture."""


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """One still picture in memory.

    Args:
        array: Pixels (H, W, 3), sRGB, upright, straight alpha; uint8, uint16 or float32 in 0..1.
        alpha: (H, W), dtype of ``array``, or None for an opaque picture.
        profile: ICC profile of the source when it was another than sRGB; the pixels are sRGB already.
        metadata: Format, EXIF, XMP and resolution of the source.
    """

    array: np.ndarray
    alpha: np.ndarray | None = None
    profile: bytes | None = None
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        check_array(self.array, self.alpha)

    def __repr__(self) -> str:
        alpha = " with alpha" if self.alpha is not None else ""
        return f"Picture({self.width}x{self.height} {self.array.dtype}{alpha}, {self.metadata.format})"

    @classmethod
    def open(
        cls,
        source: Source,
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        keep_private: bool = False,
        shrink_to: int | None = None,
    ) -> "Picture":
        """Open a picture from wherever it is.

        Reads JPEG (also the first picture of an MPO), PNG, TIFF, WebP, AVIF, BMP, and single GIF and PNM; HEIC and
        camera RAW with the extra ``photo``. 16-bit PNG and TIFF stay 16 bits deep; RAW and HEIC of 10 or 12 bits
        become 16. EXIF orientation is applied, an embedded profile (RGB, gray, CMYK, Lab) is converted to sRGB; a
        broken one is passed over. A file that is sRGB, or says nothing, keeps its values exactly.

        Args:
            source: Path; a file's bytes; ``PIL.Image`` (its current frame); array (H, W), (H, W, 3) or (H, W, 4) of
                uint8, uint16 or float 0..1 (sRGB; not copied where it fits already); or a Picture.
            max_pixels: Most pixels, checked from the header before decoding.
            keep_private: Keep GPS places, serial numbers and the maker's note, which are removed otherwise.
            shrink_to: Longest side wanted, in pixels; a larger picture is decoded cheaply and made that small.

        Raises:
            NotFoundError: The path is not there.
            PictureError: Damaged, too large, animated, or not a picture of a known kind.
            MissingExtraError: HEIC or RAW without the extra ``photo``.
        """
        if max_pixels < 1 or (shrink_to is not None and shrink_to < 1):
            raise PictureError(f"max_pixels ({max_pixels}) and shrink_to ({shrink_to}) need to be at least 1")
        limits = {"max_pixels": int(max_pixels), "shrink_to": shrink_to}
        if isinstance(source, Picture):
            return _limited(source, Limits("the picture", **limits), keep_private)
        if isinstance(source, str | os.PathLike):
            return cls._from_decoded(read_path(Path(source), **limits), keep_private, shrink_to)
        if isinstance(source, bytes | bytearray | memoryview):
            return cls._from_decoded(read_bytes(source, **limits), keep_private, shrink_to)
        if isinstance(source, Image.Image):
            return cls._from_decoded(_read_image(source, Limits("the PIL image", **limits)), keep_private, shrink_to)
        return cls._from_array(source, Limits("the array", **limits))

    @classmethod
    def _from_decoded(cls, decoded: Decoded, keep_private: bool, shrink_to: int | None) -> "Picture":
        if shrink_to:
            alpha = None if decoded.alpha is None else shrink(decoded.alpha, shrink_to)
            decoded = replace(decoded, array=shrink(decoded.array, shrink_to), alpha=alpha)
        array, profile = to_srgb(decoded)
        alpha = None if decoded.alpha is None else upright(decoded.alpha, decoded.orientation)
        metadata = Metadata(
            format=decoded.format,
            exif=clean_exif(decoded.exif, keep_private=keep_private),
            xmp=clean_xmp(decoded.xmp, keep_private=keep_private),
            dpi=decoded.dpi,
            cleaned=not keep_private,
            lossless=decoded.lossless,
        )
        return cls(upright(array, decoded.orientation), alpha, profile, metadata)

    @classmethod
    def _from_array(cls, source: Any, limits: Limits) -> "Picture":
        if not hasattr(source, "__array__") and not hasattr(source, "__array_interface__"):
            raise PictureError(
                f"a {type(source).__name__} came, and a path, bytes, PIL image, array or Picture was wanted"
            )
        values = np.asarray(source)
        if values.ndim >= 2:
            check_size(values.shape[1], values.shape[0], limits)
        array, alpha = split_array(values)
        dtype = values.dtype.name if values.dtype.kind == "f" and values.dtype != np.float32 else None
        return _limited(cls(array, alpha, None, Metadata(dtype=dtype)), limits, keep_private=True)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.array.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.array.shape[1])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as Pillow has them."""
        return self.width, self.height

    @property
    def pixels(self) -> np.ndarray:
        """A fresh (3, H, W) float32 copy, sRGB, 0..1."""
        planes = np.ascontiguousarray(self.array.transpose(2, 0, 1), dtype=np.float32)
        return planes / np.float32(unit(self.array)) if self.array.dtype.kind == "u" else planes.copy()

    def with_array(self, array: np.ndarray) -> "Picture":
        """The same picture with new pixels.

        Args:
            array: (H, W, 3) uint8, uint16 or float32, sRGB; another dtype converts alpha along. When the size changes,
                so does the picture's, and alpha has to be None.
        """
        alpha = self.alpha
        if alpha is not None and alpha.dtype != array.dtype:
            alpha = _as_dtype(alpha, array.dtype)
        return replace(self, array=array, alpha=alpha)

    def to_array(self) -> np.ndarray:
        """Pixels (H, W, 3), or (H, W, 4) with alpha; the float width of an array that came in is given back."""
        array = self.array if self.alpha is None else np.dstack([self.array, self.alpha])
        return array.astype(self.metadata.dtype) if self.metadata.dtype and array.dtype.kind == "f" else array

    def to_pil(self) -> Image.Image:
        """An 8-bit RGB or RGBA Pillow image in sRGB, without side data."""
        return Image.fromarray(to_bits(self.to_array(), np.uint8))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.to_array()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError("another dtype was asked for without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        quality: int = 95,
        profile: Literal["srgb", "source"] = "srgb",
        label: EditLabel | None = EDITED,
        keep_private: bool | None = None,
    ) -> Path:
        """Write the picture whole or not at all, in the format that the suffix names.

        JPEG, PNG, TIFF, WebP, AVIF or BMP. PNG and TIFF keep 16 bits, TIFF also floats (PNG makes 16 bits of them); the
        others hold 8. JPEG and BMP have no alpha: the picture is laid on white. WebP is lossless when the source was.

        Args:
            path: File to write or replace; its folder must be there.
            quality: 1..100 for JPEG, WebP and AVIF; from 90 on, colour keeps its full resolution.
            profile: "srgb", or "source" to convert back to the source's own profile and embed it (a CMYK profile
                makes a CMYK JPEG or TIFF, a gray one a gray file); without one, sRGB.
            label: The AI label for the XMP packet; None adds none (one that the source had stays). BMP has no place
                for a label, EXIF or a profile: the file says nothing there.
            keep_private: False removes places and serial numbers that ``open(keep_private=True)`` kept; None leaves
                what is in ``metadata``.

        Returns:
            The path written.

        Raises:
            PictureError: The format is unknown or cannot hold this picture.
            CapacityError: The disk is full or the folder cannot be written.
            NotFoundError: The folder is not there.
        """
        path = Path(path)
        if not 1 <= quality <= 100 or profile not in ("srgb", "source"):
            raise PictureError(f"quality {quality!r} is 1..100, and profile {profile!r} is 'srgb' or 'source'")
        format_name = format_for(path)
        check_fits(path, format_name, self.array.shape)
        page = self._page(int(quality), profile == "source" and self.profile is not None, label, keep_private)
        check_fits(path, format_name, page.array.shape)
        with write_whole(path) as file, decoding(path.name, "written"):
            write_page(file, format_name, page)
        return path

    def _page(self, quality: int, own_profile: bool, label: EditLabel | None, keep_private: bool | None) -> Page:
        array, icc = self.array, srgb_profile()
        if own_profile and self.profile:
            array, icc = from_srgb(array, self.profile), self.profile
        exif, xmp = self.metadata.exif, self.metadata.xmp
        if keep_private is False and not self.metadata.cleaned:
            exif, xmp = clean_exif(exif), clean_xmp(xmp)
        return Page(
            array=array,
            alpha=self.alpha,
            icc=icc,
            exif=exif,
            xmp=labelled(xmp, label, _produce_id(self.array) if label else ""),
            dpi=self.metadata.dpi,
            quality=quality,
            lossless=self.metadata.lossless and self.metadata.format != "ARRAY",
        )


def _limited(picture: Picture, limits: Limits, keep_private: bool) -> Picture:
    """An open picture under this call's limits and wishes."""
    check_size(picture.width, picture.height, limits)
    if limits.shrink_to and max(picture.size) > limits.shrink_to:
        alpha = None if picture.alpha is None else shrink(picture.alpha, limits.shrink_to)
        picture = replace(picture, array=shrink(picture.array, limits.shrink_to), alpha=alpha)
    if keep_private or picture.metadata.cleaned:
        return picture
    exif, xmp = clean_exif(picture.metadata.exif), clean_xmp(picture.metadata.xmp)
    return replace(picture, metadata=replace(picture.metadata, exif=exif, xmp=xmp, cleaned=True))


def _read_image(image: Image.Image, limits: Limits) -> Decoded:
    with decoding(limits.name):
        check_size(*image.size, limits)
        side = side_data(image)
        orientation = image.getexif().get(0x0112, 1)
        image.load()
        known = orientation if orientation in range(1, 9) and image.format != "TIFF" else 1
        return from_image(image, image.format or "ARRAY", orientation=known, lossless=False, **side)


def _as_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if np.dtype(dtype).kind == "u":
        return to_bits(values, np.dtype(dtype).type)
    return values.astype(dtype) / np.dtype(dtype).type(unit(values))


def _produce_id(array: np.ndarray) -> str:
    """A number for this result: the same pixels give the same one. At most some 256 rows are read."""
    rows = np.ascontiguousarray(array[:: max(1, len(array) // 256)])
    digest = hashlib.blake2b(repr(array.shape).encode(), digest_size=16)
    digest.update(rows)
    return digest.hexdigest()
