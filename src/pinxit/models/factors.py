"""Colours that stand in a model as numbers: factors of materials and colours of vertices, given the tone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import numpy as np

from pinxit.color import linear_to_srgb, srgb_to_linear
from pinxit.models.accessors import read_accessor, write_accessor
from pinxit.models.gltf import Model
from pinxit.models.restyle import not_brighter

Tone = Callable[[np.ndarray], np.ndarray]
"""Gives the style's tone to colours (N, 3) float32, sRGB 0..1."""

_PLAIN, _EXTENSION = ("pbrMetallicRoughness",), "extensions"
_FACTORS = (
    (_PLAIN, "baseColorFactor", "baseColorTexture"),
    ((_EXTENSION, "KHR_materials_pbrSpecularGlossiness"), "diffuseFactor", "diffuseTexture"),
    ((), "emissiveFactor", "emissiveTexture"),
    ((_EXTENSION, "KHR_materials_sheen"), "sheenColorFactor", "sheenColorTexture"),
    ((_EXTENSION, "KHR_materials_specular"), "specularColorFactor", "specularColorTexture"),
)
"""Where a factor lies, its name, and the picture that it multiplies."""
_SURFACE = ("baseColorFactor", "diffuseFactor")
_DARKEST = 0.02  # white of the style, in linear light, by which a factor over a picture is divided at least


def toned_materials(model: Model, tone: Tone) -> list[dict[str, Any]]:
    """New materials whose factors have the tone.

    A factor alone is a colour. One over a picture or over colours of vertices multiplies what has the tone already:
    it is changed so that white under it becomes what the tone makes of the factor, and a white one stays.

    Args:
        model: Not changed.
        tone: Of the style.
    """
    painted = {number for number, _ in _coloured_primitives(model)}
    materials = deepcopy(model.items("materials"))
    for number, material in enumerate(materials):
        for place, holder, name, picture in list(_factors(material)):
            surface = name in _SURFACE
            old = holder.get(name, [1.0] * 4)
            over = picture in holder or (surface and number in painted)
            new = _toned(np.array([old[:3]], np.float32), tone, over=over, light=not surface)[0]
            if np.abs(new - old[:3]).max() > 1e-6:
                for key in place:
                    material = material.setdefault(key, {})
                material[name] = [round(float(value), 6) for value in new] + list(old[3:])
                material = materials[number]
    return materials


def tone_vertices(model: Model, tone: Tone, buffers: list[bytearray | None]) -> tuple[int, list[str]]:
    """Give the tone to colours of vertices, in place.

    Args:
        model: Not changed.
        tone: Of the style.
        buffers: Copies of the model's buffers, changed.

    Returns:
        How many vertices have new colours, and a line for each set that stays as it is.
    """
    notes, done = [], {}
    for material, accessor in _coloured_primitives(model):
        if accessor in done:
            continue
        done[accessor] = 0
        entry = model.item("accessors", accessor)
        values = read_accessor(model, accessor)
        if values is None or "bufferView" not in entry or "sparse" in entry:
            notes.append(f"colours of vertices (accessor {accessor}) are left as they are: they are compressed")
            continue
        textured = material is not None and _has_picture(model.item("materials", material))
        colours, places = np.unique(values[:, :3].clip(0, 1), axis=0, return_inverse=True)
        new = values.astype(np.float32)
        new[:, :3] = _toned(colours.astype(np.float32), tone, over=textured, light=False)[places.reshape(-1)]
        write_accessor(model, accessor, new, buffers[model.item("bufferViews", entry["bufferView"])["buffer"]])
        done[accessor] = len(values)
    return sum(done.values()), notes


def single_colours(model: Model) -> np.ndarray:
    """Colours of all materials and vertices, (N, 3) float32, sRGB 0..1."""
    found = [np.zeros((0, 3), np.float32)]
    for material in model.items("materials"):
        for _, holder, name, _ in _factors(material):
            if name in _SURFACE:
                found.append(np.array([holder.get(name, [1.0] * 4)[:3]], np.float32))
    for accessor in dict.fromkeys(accessor for _, accessor in _coloured_primitives(model)):
        values = read_accessor(model, accessor)
        if values is not None:
            found.append(values[:, :3].astype(np.float32))
    return linear_to_srgb(np.concatenate(found).clip(0, 1))


def _coloured_primitives(model: Model) -> Iterator[tuple[int | None, int]]:
    """Material and accessor of all triangles and lines with colours of vertices."""
    for mesh in model.items("meshes"):
        for primitive in mesh["primitives"]:
            if "COLOR_0" in primitive["attributes"]:
                yield primitive.get("material"), primitive["attributes"]["COLOR_0"]


def _has_picture(material: dict[str, Any]) -> bool:
    return any(picture in holder for _, holder, name, picture in _factors(material) if name in _SURFACE)


def _factors(material: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any], str, str]]:
    """Factors that a material names, and that of its surface, which is white where it names none."""
    for place, name, picture in _FACTORS:
        holder = material
        for key in place:
            holder = holder.get(key, {})
        glossy = "KHR_materials_pbrSpecularGlossiness" in material.get("extensions", {})
        if name in holder or (name in _SURFACE and (place == _PLAIN) != glossy):
            yield place, holder, name, picture


def _toned(linear: np.ndarray, tone: Tone, *, over: bool, light: bool) -> np.ndarray:
    """Colours (N, 3) in linear light with the tone; relative to what it makes of white where they multiply others."""
    encoded = linear_to_srgb(linear.clip(0, 1))
    new = tone(np.concatenate([encoded, np.ones((1, 3), np.float32)]))
    result = srgb_to_linear(new)
    colours = result[:-1]
    if over:
        colours = (colours / np.maximum(result[-1], _DARKEST)).clip(0, 1)
        colours[(linear >= 1).all(axis=1)] = 1
    if light:
        colours = srgb_to_linear(not_brighter(linear_to_srgb(colours), encoded))
    return colours
