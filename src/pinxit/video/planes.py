"""Frames of PyAV to arrays of R'G'B' and back, by the clip's own matrix and range."""

import re
from typing import Any

import numpy as np

from pinxit.tone.kernels import compiled
from pinxit.tone.threads import on_all_cores
from pinxit.video.colour import Colour
from pinxit.video.plane_kernels import fold, unfold

PLANAR = re.compile(r"yuv([aj]?)(420|422|444)p(9|10|12|14|16)?(?:le)?$")
"""Formats of luma and chroma in planes of their own: alpha or full range, subsampling, bits."""
_BAND = 1 << 18  # pixels of a piece of work


def sample_type(bits: int) -> type[np.unsignedinteger[Any]]:
    """The whole numbers that hold a sample."""
    return np.uint8 if bits <= 8 else np.uint16


def depth(frame: Any) -> int:
    """Bits of a sample of a PyAV frame, 8..16."""
    return min(max(8, *(part.bits for part in frame.format.components)), 16)


def planes_of(frame: Any) -> list[np.ndarray]:
    """Views on a frame's planes, (h, w) each, of the samples' type; writing through them writes the frame."""
    dtype = np.dtype(sample_type(depth(frame)))
    views = []
    for plane in frame.planes:
        stride = abs(plane.line_size) // dtype.itemsize
        view = np.frombuffer(plane, dtype)[: stride * plane.height].reshape(plane.height, stride)[:, : plane.width]
        views.append(view if plane.line_size > 0 else view[::-1])
    return views


def offsets(colour: Colour, bits: int) -> tuple[float, float, float, float]:
    """Code of black, codes from black to white, code of no colour, codes of chroma from -0.5 to 0.5 (H.273, 8.3)."""
    step = 1 << (bits - 8)
    if colour.full:
        top = (1 << bits) - 1
        return 0.0, float(top), float(128 * step), float(top)
    return 16.0 * step, 219.0 * step, 128.0 * step, 224.0 * step


def to_planar(frame: Any) -> Any:
    """The frame itself where its planes can be read here, else repacked by swscale without a change of matrix."""
    name = frame.format.name
    if PLANAR.match(name) or re.match(r"gray(\d+le)?$|rgba?$|rgb24$|rgb48le$|rgba64le$", name):
        return frame
    bits = depth(frame)
    alpha = any(part.is_alpha for part in frame.format.components)
    if frame.format.is_rgb or frame.format.has_palette:
        wide = {False: ("rgb24", "rgb48le"), True: ("rgba", "rgba64le")}[alpha or frame.format.has_palette]
        return frame.reformat(format=wide[bits > 8])
    columns, rows = frame.format.chroma_width(64), frame.format.chroma_height(64)
    shape = {(32, 32): "420", (32, 64): "422"}.get((columns, rows), "444")
    return frame.reformat(format=f"yuv{'a' if alpha else ''}{shape}p" + (f"{bits}le" if bits > 8 else ""))


def frame_pixels(frame: Any, colour: Colour, alpha: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
    """Pixels (H, W, 3) and, if wanted and there, alpha (H, W) of a decoded frame; uint8, or uint16 above 8 bits."""
    frame = to_planar(frame)
    bits = depth(frame)
    if frame.format.is_rgb:
        array = frame.to_ndarray()
        opaque = array.shape[2] == 3 or not alpha
        return np.ascontiguousarray(array[..., :3]), None if opaque else np.ascontiguousarray(array[..., 3])
    planes = planes_of(frame)
    match = PLANAR.match(frame.format.name)
    subsampling = match[2] if match else "444"
    if len(planes) < 3:
        planes = [planes[0], *(np.full_like(planes[0], 1 << (bits - 1)) for _ in range(2))]
    pixels = unfolded(planes[:3], subsampling, bits, colour)
    if not alpha or len(planes) < 4:
        return pixels, None
    return pixels, scaled(planes[3], bits, 8 * pixels.itemsize)


def scaled(samples: np.ndarray, bits: int, wanted: int) -> np.ndarray:
    """Samples of one depth rounded to another; 0 and the largest value stay themselves."""
    if bits == wanted:
        return samples.copy()
    top, new = (1 << bits) - 1, (1 << wanted) - 1
    return ((samples.astype(np.uint32) * new + top // 2) // top).astype(sample_type(wanted))


def unfolded(planes: list[np.ndarray], subsampling: str, bits: int, colour: Colour) -> np.ndarray:
    """Pixels (H, W, 3) of three planes: uint8, or uint16 above 8 bits."""
    height, width = planes[0].shape
    out = np.empty((height, width, 3), sample_type(bits))
    unit = float(np.iinfo(out.dtype).max)
    black, span, middle, reach = offsets(colour, bits)
    red, blue = colour.weights
    green = 1 - red - blue
    by_v, by_u = 2 * (1 - red) * unit / reach, 2 * (1 - blue) * unit / reach
    factors = (black, unit / span, middle, by_v, -by_u * blue / green, -by_v * red / green, by_u, unit)
    kernel = compiled(unfold)
    run(lambda rows: kernel(*planes, out, np.array(factors, np.float32), halves(subsampling), rows), height, width)
    return out


def folded(pixels: np.ndarray, planes: list[np.ndarray], subsampling: str, bits: int, colour: Colour) -> None:
    """Write pixels (H, W, 3) uint8 or uint16 into three planes."""
    height, width = planes[0].shape
    black, span, middle, reach = offsets(colour, bits)
    unit = float(np.iinfo(pixels.dtype).max)
    red, blue = colour.weights
    luma = np.array([red, 1 - red - blue, blue]) * span / unit
    # blue minus luma comes out in codes of luma, not of chroma
    to_u, to_v = reach / span / (2 * (1 - blue)), reach / span / (2 * (1 - red))
    factors = np.array([*luma, black, to_u, to_v, middle, (1 << bits) - 1], np.float32)
    kernel = compiled(fold)
    run(lambda rows: kernel(pixels, *planes, factors, halves(subsampling), rows), height, width)


def halves(subsampling: str) -> np.ndarray:
    """Whether chroma has half the columns and half the rows, as 1 and 0."""
    return np.array({"420": (1, 1), "422": (1, 0), "444": (0, 0)}[subsampling])


def run(work: Any, height: int, width: int) -> None:
    """Do the work in bands of an even number of rows, on all cores."""
    step = max(2, _BAND // max(width, 1) // 2 * 2)
    bands = [np.array((top, min(top + step, height))) for top in range(0, height, step)]
    on_all_cores(work, bands)
