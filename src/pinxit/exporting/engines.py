"""Lookup tables as the small pictures that game engines and OBS take: the cube's slices of one blue side by side."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from pinxit.errors import InputError
from pinxit.files import write_whole
from pinxit.tone.lut import Lut

StripEngine = Literal["unreal", "unity", "godot", "obs"]


@dataclass(frozen=True)
class _Layout:
    """How one engine lays its table out.

    Args:
        size: Nodes a side.
        columns: Slices in a row; rows of slices follow below.
        upward: Green grows upward, as the engine's first row of pixels is the lowest.
        nodes: From ``size`` to the values at which the engine reads the nodes, (size,) 0..1.
        usage: What to do with the file.
    """

    size: int
    columns: int
    usage: str
    upward: bool = False
    nodes: Callable[[int], np.ndarray] = lambda size: np.arange(size) / (size - 1)


def _centres(size: int) -> np.ndarray:
    """Where a texture that is read without correction has the middles of its texels, but for the ends.

    Between 0 and half a texel the first one alone counts, so it keeps black, and the last one white.
    """
    values = (np.arange(size) + 0.5) / size
    values[[0, -1]] = 0, 1
    return values


_LAYOUTS: dict[str, _Layout] = {
    "unreal": _Layout(
        16,
        16,
        "import it as a texture of the group ColorLookupTable without mipmaps, and name it as Color Grading LUT of a "
        "post process volume",
    ),
    "unity": _Layout(
        32,
        32,
        "import it with sRGB (Color Texture) off, no compression and no mipmaps, and name it in the Color Lookup "
        "override of a volume (URP, whose LUT size is 32)",
        upward=True,
    ),
    "godot": _Layout(
        33,
        33,
        "import it as Texture3D with 33 horizontal slices and 1 vertical, lossless, and name it as Color Correction "
        "under the Adjustments of an Environment",
        nodes=_centres,
    ),
    "obs": _Layout(64, 8, "add the filter Apply LUT to a source and name it there"),
}
ENGINES = tuple(_LAYOUTS)


def engine_strip(lut: Lut, engine: StripEngine) -> np.ndarray:
    """Lay a table out as an engine reads it, (H, W, 3) uint8.

    Everywhere red grows to the right inside a slice, and blue from slice to slice; values are sRGB, as the engines look
    them up after tone mapping. A picture holds 0..1 only: values beyond are clipped.

    ======== =========== ====================== =================================================================
    engine   pixels      slices                 green grows
    ======== =========== ====================== =================================================================
    unreal   256 x 16    16 side by side        downward
    unity    1024 x 32   32 side by side        upward: Unity's first row of texels is the lowest of the picture
    godot    1089 x 33   33 side by side        downward
    obs      512 x 512   64 in 8 rows of 8      downward
    ======== =========== ====================== =================================================================

    Unreal, Unity and OBS read node i at i / (N - 1). Godot reads its texture without that correction, texel i at
    (i + 1/2) / N, so the table is taken there; black and white stay what they are. What is left near the faces of the
    cube is 0.7 of 255 (root mean square of a neutral table, 3.9 at most); a strip that is neutral by its numbers, as in
    Godot's manual, comes out with more contrast, off by 2.1.

    Sources:
        Unreal Engine 4.27 and 5 documentation, "Using Lookup Tables (LUTs) for Color Grading"; Unity URP,
        ``ApplyLut2D`` in Color.hlsl and ``ColorLookup.ValidateLUT`` (linear textures only); Godot 4 documentation,
        "Environment and post-processing", and ``apply_color_correction`` in tonemap.glsl; OBS Studio,
        ``make_clut_texture_png`` in color-grade-filter.c.

    Raises:
        InputError: Another engine.
    """
    layout = _layout(engine)
    size, columns = layout.size, layout.columns
    axis = layout.nodes(size).astype(np.float32)
    blue, green, red = np.meshgrid(axis, axis[::-1] if layout.upward else axis, axis, indexing="ij")
    values = np.clip(lut.apply(np.stack([red, green, blue], -1)), 0, 1)
    tiles = np.rint(values.astype(np.float64) * 255).astype(np.uint8).reshape(size // columns, columns, size, size, 3)
    return tiles.transpose(0, 2, 1, 3, 4).reshape(size // columns * size, columns * size, 3)


def write_engine_strip(lut: Lut, path: str | os.PathLike[str], engine: StripEngine) -> Path:
    """Write a table for an engine as PNG of 8 bits without a profile, whole or not at all; see :func:`engine_strip`.

    Raises:
        InputError: Another engine, or a name that does not end in .png.
        CapacityError: The disk is full or the folder cannot be written.
    """
    from imagecodecs import png_encode

    path = Path(path)
    strip = engine_strip(lut, engine)
    if path.suffix.lower() != ".png":
        raise InputError(f"{path.name or path} came for {engine}, which takes a picture; end the name in .png")
    with write_whole(path) as file:
        Path(file).write_bytes(png_encode(strip))
    return path


def usage(engine: StripEngine) -> str:
    """What to do with a strip in its engine, as a sentence that begins small.

    Raises:
        InputError: Another engine.
    """
    return _layout(engine).usage


def _layout(engine: str) -> _Layout:
    if engine not in _LAYOUTS:
        raise InputError(f"there is no table for {engine!r}; one of {', '.join(ENGINES)} is wanted")
    return _LAYOUTS[engine]
