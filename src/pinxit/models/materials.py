"""What of a model's materials is colour: pictures and factors, apart from the data maps that stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.models.gltf import Model

COLOURS = {
    ("pbrMetallicRoughness", "baseColorTexture"): "base colour",
    ("extensions", "KHR_materials_pbrSpecularGlossiness", "diffuseTexture"): "diffuse",
    ("extensions", "KHR_materials_diffuse_transmission", "diffuseTransmissionColorTexture"): "diffuse transmission",
    ("emissiveTexture",): "emissive",
    ("extensions", "KHR_materials_sheen", "sheenColorTexture"): "sheen colour",
    ("extensions", "KHR_materials_specular", "specularColorTexture"): "specular colour",
}
"""Pictures of colours by their place in a material; every other one is data, such as normals or roughness."""
SURFACES = ("base colour", "diffuse", "diffuse transmission")
"""Colours of the surface itself. The others are amounts of light: they may take another hue and never grow."""
_ALPHA_ONLY = ("specularTexture", "sheenRoughnessTexture", "diffuseTransmissionTexture")
_OTHER_SOURCES = ("EXT_texture_webp", "EXT_texture_avif", "KHR_texture_basisu", "MSFT_texture_dds")
REPEAT, CLAMP, MIRROR = 0, 1, 2
_WRAPS = {10497: REPEAT, 33071: CLAMP, 33648: MIRROR}


@dataclass(frozen=True, eq=False)
class Use:
    """One place in a material where a picture is read.

    Args:
        material: Its number.
        slot: A value of :data:`COLOURS`, or None for data.
        image: Number of the picture.
        choice: 0 for a texture's plain picture, 1 and on for its pictures in other formats.
        coordinates: Which set of texture coordinates.
        transform: From those to the picture's, (2, 3): ``u, v = transform @ (s, t, 1)``.
        wrap: What goes on beyond the picture, across and down: ``REPEAT``, ``CLAMP`` or ``MIRROR``.
        cutout: Whether alpha makes the surface transparent.
    """

    material: int
    slot: str | None
    image: int
    choice: int
    coordinates: int
    transform: np.ndarray
    wrap: tuple[int, int]
    cutout: bool


def picture_uses(model: Model) -> list[Use]:
    """Every place where a material of the model reads a picture."""
    found = []
    for number, material in enumerate(model.items("materials")):
        for place, info in _texture_infos(material):
            if place[-1] in _ALPHA_ONLY:
                continue
            slot = COLOURS.get(place)
            cutout = slot in SURFACES[:2] and material.get("alphaMode", "OPAQUE") != "OPAQUE"
            texture = model.item("textures", info["index"])
            coordinates, transform = _transform(info)
            for choice, image in enumerate(_images(model, texture)):
                found.append(Use(number, slot, image, choice, coordinates, transform, _wrap(model, texture), cutout))
    return found


def _texture_infos(material: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Places and entries of all pictures of a material, those of unknown extensions too."""
    waiting: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), material)]
    while waiting:
        place, holder = waiting.pop()
        for key, value in holder.items():
            if not isinstance(value, dict) or key == "extras":
                continue
            if key.endswith("Texture") and "index" in value:
                yield (*place, key), value
            else:
                waiting.append(((*place, key), value))


def _images(model: Model, texture: dict[str, Any]) -> list[int]:
    """Numbers of the pictures that stand for a texture: the plain one and those of other formats."""
    extensions = texture.get("extensions", {})
    holders = [texture, *(extensions[name] for name in _OTHER_SOURCES if name in extensions)]
    numbers = [holder["source"] for holder in holders if "source" in holder]
    for number in numbers:
        model.item("images", number)
    return list(dict.fromkeys(numbers))


def _wrap(model: Model, texture: dict[str, Any]) -> tuple[int, int]:
    sampler = model.item("samplers", texture["sampler"]) if "sampler" in texture else {}
    return tuple(_WRAPS.get(sampler.get(key, 10497), REPEAT) for key in ("wrapS", "wrapT"))


def _transform(info: dict[str, Any]) -> tuple[int, np.ndarray]:
    """Set of coordinates, and the affine map of KHR_texture_transform.

    Source:
        KHR_texture_transform: scale, then a turn counter-clockwise where v points down, then offset. The signs are
        those of the extension's example; its GLSL, read by columns, would turn the other way.
    """
    given = info.get("extensions", {}).get("KHR_texture_transform", {})
    coordinates = given.get("texCoord", info.get("texCoord", 0))
    (across, down), (left, top) = given.get("scale", (1, 1)), given.get("offset", (0, 0))
    cosine, sine = np.cos(given.get("rotation", 0.0)), np.sin(given.get("rotation", 0.0))
    matrix = np.array([[cosine * across, sine * down, left], [-sine * across, cosine * down, top]], np.float64)
    if not isinstance(coordinates, int) or not np.isfinite(matrix).all():
        raise ValueError("a texture transform is not finite")
    return coordinates, matrix
