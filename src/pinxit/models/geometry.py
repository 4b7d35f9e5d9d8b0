"""Where a model's pictures lie on its surface: triangles in the world and in texture coordinates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pinxit.models.accessors import read_accessor
from pinxit.models.gltf import Model
from pinxit.models.materials import Use

_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_UNREADABLE = ("KHR_draco_mesh_compression",)


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles of one mesh that share a material.

    Args:
        mesh: Its number: triangles of one mesh may touch.
        materials: Numbers of the material and of its variants.
        positions: Corners of T triangles, (T, 3, 3) float64, in the mesh's own units.
        areas: Of the triangles in world units, (T,): the mean over all places where the mesh stands.
        coordinates: Texture coordinates of the corners by their set, (T, 3, 2) float64 each.
    """

    mesh: int
    materials: tuple[int, ...]
    positions: np.ndarray
    areas: np.ndarray
    coordinates: dict[int, np.ndarray] = field(default_factory=dict)

    def on_picture(self, use: Use) -> np.ndarray | None:
        """Where its corners lie in a picture that fills 0..1, (T, 3, 2); None without such coordinates."""
        own = self.coordinates.get(use.coordinates)
        return None if own is None else own @ use.transform[:, :2].T + use.transform[:, 2]


def read_surfaces(model: Model) -> tuple[list[Surface], set[int]]:
    """All triangles of a model.

    Returns:
        The surfaces, and the numbers of materials on geometry that cannot be read because it is compressed.
    """
    places = _places(model)
    surfaces, unknown = [], set()
    for number, mesh in enumerate(model.items("meshes")):
        for primitive in mesh["primitives"]:
            materials = _materials(primitive)
            if primitive.get("mode", _TRIANGLES) not in (_TRIANGLES, _STRIP, _FAN):
                continue
            found = _corners(model, primitive)
            if found is None:
                unknown.update(materials)
                continue
            positions, coordinates = found
            areas = _areas(positions, places.get(number) or [np.eye(3)])
            surfaces.append(Surface(number, materials, positions, areas, coordinates))
    return surfaces, unknown


def _materials(primitive: dict[str, Any]) -> tuple[int, ...]:
    variants = primitive.get("extensions", {}).get("KHR_materials_variants", {}).get("mappings", [])
    found = [primitive.get("material"), *(variant.get("material") for variant in variants)]
    return tuple(dict.fromkeys(number for number in found if number is not None))


def _corners(model: Model, primitive: dict[str, Any]) -> tuple[np.ndarray, dict[int, np.ndarray]] | None:
    """Positions and texture coordinates of every triangle's corners; None where they are compressed."""
    if any(name in primitive.get("extensions", {}) for name in _UNREADABLE):
        return None
    attributes = primitive["attributes"]
    positions = read_accessor(model, attributes["POSITION"])
    if positions is None:
        return None
    order = np.arange(len(positions))
    if "indices" in primitive:
        order = read_accessor(model, primitive["indices"])
        if order is None:
            return None
        order = order[:, 0].astype(np.int64)
    corners = _triangles(order, primitive.get("mode", _TRIANGLES))
    coordinates = {}
    for name, accessor in attributes.items():
        if name.startswith("TEXCOORD_"):
            values = read_accessor(model, accessor)
            if values is None:
                return None
            coordinates[int(name.removeprefix("TEXCOORD_"))] = _finite(values[:, :2])[corners]
    return _finite(positions)[corners], coordinates


def _finite(values: np.ndarray) -> np.ndarray:
    values = values.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("coordinates that are not finite")
    return values


def _triangles(order: np.ndarray, mode: int) -> np.ndarray:
    """Numbers of corners, (T, 3)."""
    if mode == _TRIANGLES:
        return order[: len(order) // 3 * 3].reshape(-1, 3)
    if mode == _FAN:
        return np.stack([np.full(max(0, len(order) - 2), order[0] if len(order) else 0), order[1:-1], order[2:]], 1)
    strip = np.stack([order[:-2], order[1:-1], order[2:]], 1)
    strip[1::2] = strip[1::2, [1, 0, 2]]
    return strip


def _areas(positions: np.ndarray, places: list[np.ndarray]) -> np.ndarray:
    total = np.zeros(len(positions))
    for matrix in places:
        edges = (positions[:, 1:] - positions[:, :1]) @ matrix.T
        total += np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) / 2
    return total / len(places)


def _places(model: Model) -> dict[int, list[np.ndarray]]:
    """The linear part, (3, 3), of where each mesh stands in the world; a skinned one follows its first joint."""
    nodes = model.items("nodes")
    children = {child for node in nodes for child in node.get("children", [])}
    waiting = [(number, np.eye(4)) for number in range(len(nodes)) if number not in children]
    world: dict[int, np.ndarray] = {}
    while waiting:
        number, above = waiting.pop()
        node = model.item("nodes", number)
        if number in world:
            raise ValueError(f"node {number} has two parents")
        world[number] = above @ _matrix(node)
        waiting += [(child, world[number]) for child in node.get("children", [])]
    places: dict[int, list[np.ndarray]] = {}
    for number, node in enumerate(nodes):
        if "mesh" in node and number in world:
            matrix = _skinned(model, node["skin"], world) if "skin" in node else world[number]
            places.setdefault(node["mesh"], []).append(matrix[:3, :3])
    return places


def _skinned(model: Model, number: int, world: dict[int, np.ndarray]) -> np.ndarray:
    skin = model.item("skins", number)
    binds = read_accessor(model, skin["inverseBindMatrices"]) if "inverseBindMatrices" in skin else None
    bind = np.eye(4) if binds is None else binds[0].reshape(4, 4).T
    return world[skin["joints"][0]] @ bind


def _matrix(node: dict[str, Any]) -> np.ndarray:
    """A node's own transform, (4, 4)."""
    if "matrix" in node:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * np.asarray(node.get("scale", (1, 1, 1)), np.float64)
    matrix[:3, 3] = node.get("translation", (0, 0, 0))
    return matrix
