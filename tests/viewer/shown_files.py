"""Small files to look at, made in code."""

import json
import struct
from pathlib import Path

import numpy as np
from PIL import Image

from pinxit.style import Style
from pinxit.tone.lut import Lut, identity_table
from pinxit.tone.tone import Tone


def colours(height: int = 48, width: int = 64) -> np.ndarray:
    """A picture of colours from all over the cube, (H, W, 3) uint8."""
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def png(path: Path, array: np.ndarray) -> Path:
    Image.fromarray(array).save(path)
    return path


def strong_lut(size: int = 9) -> Lut:
    """A table that treats every channel differently, and goes beyond 0..1."""
    table = identity_table(size).astype(float)
    red, green, blue = np.moveaxis(table, -1, 0)
    return Lut(np.stack([1.2 * red**2 - 0.1, 0.5 * green + 0.4 * blue, 1.05 - 0.8 * blue * red], -1))


def style(**tone) -> Style:
    return Style(name="strong", tone=Tone(lut=strong_lut(), **tone))


def glb(
    path: Path,
    picture: np.ndarray | None = None,
    *,
    colour: tuple[float, float, float] | None = None,
    lit: bool = False,
    **changes: object,
) -> Path:
    """A square in front of the camera with a picture or a colour; ``changes`` replace parts of its JSON."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], "<f4")
    places = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], "<f4")
    faces = np.array([0, 1, 2, 0, 2, 3], "<u2")
    parts = [corners.tobytes(), places.tobytes(), faces.tobytes()]
    look: dict[str, object] = {"metallicFactor": 0}
    if colour is not None:
        look["baseColorFactor"] = [*colour, 1]
    scene: dict[str, object] = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 1}, "indices": 2, "material": 0}]}],
        "extensionsUsed": ["KHR_materials_unlit"],
        "materials": [
            {
                "pbrMetallicRoughness": look,
                "doubleSided": True,
                "extensions": {} if lit else {"KHR_materials_unlit": {}},
            }
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3", "min": [-1, -1, 0], "max": [1, 1, 0]},
            {"bufferView": 1, "componentType": 5126, "count": 4, "type": "VEC2"},
            {"bufferView": 2, "componentType": 5123, "count": 6, "type": "SCALAR"},
        ],
    }
    if picture is not None:
        Image.fromarray(picture).save(path.with_suffix(".png"))
        parts.append(path.with_suffix(".png").read_bytes())
        look["baseColorTexture"] = {"index": 0}
        scene |= {"textures": [{"source": 0}], "images": [{"bufferView": 3, "mimeType": "image/png"}]}
    views, data = [], b""
    for part in parts:
        views.append({"buffer": 0, "byteOffset": len(data), "byteLength": len(part)})
        data += part + bytes(-len(part) % 4)
    scene |= {"bufferViews": views, "buffers": [{"byteLength": len(data)}], **changes}
    text = json.dumps(scene).encode()
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(data)
    head = b"glTF" + struct.pack("<II", 2, length)
    path.write_bytes(
        head + struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(data), b"BIN\0") + data
    )
    return path
