"""Numbers in a model's buffers: read as arrays, and written back where they came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from pinxit.errors import CapacityError, InputError
from pinxit.models.gltf import Model

MAX_COUNT = 100_000_000
"""Most elements of one accessor."""
_TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


def read_accessor(model: Model, number: object) -> np.ndarray | None:
    """The numbers of an accessor.

    Returns:
        (N, C), whole numbers as they are stored, or float32 for floats and normalized ones; None where the model holds
        them only compressed.

    Raises:
        InputError: It is of an unknown type or reaches beyond its bytes.

    Source:
        glTF 2.0 specification, sections 3.6.2 and 3.11 (normalized whole numbers).
    """
    accessor = model.item("accessors", number)
    kind, width, count = _layout(model, accessor, number)
    values = np.zeros((count, width), kind)
    if "bufferView" in accessor:
        data = model.view(accessor["bufferView"])
        if data is None:
            return None
        view = model.item("bufferViews", accessor["bufferView"])
        values = _rows(data, accessor.get("byteOffset", 0), view.get("byteStride"), kind, width, count, model)
    if "sparse" in accessor:
        sparse = _sparse(model, accessor["sparse"], kind, width)
        if sparse is None or (len(sparse[0]) and sparse[0].max() >= count):
            return None
        values = values.copy()
        values[sparse[0]] = sparse[1]
    if accessor.get("normalized") and kind.kind in "iu":
        return np.maximum(values / np.float32(np.iinfo(kind).max), -1).astype(np.float32)
    return values


def write_accessor(model: Model, number: object, values: np.ndarray, buffer: bytearray) -> None:
    """Put other numbers in the place of an accessor's.

    Args:
        model: Tells where they are; not changed.
        number: An accessor with a buffer view and without ``sparse``.
        values: (N, C) float32; 0..1 where the accessor is normalized.
        buffer: A copy of the buffer that its view names.
    """
    accessor = model.item("accessors", number)
    kind, width, count = _layout(model, accessor, number)
    view = model.item("bufferViews", accessor["bufferView"])
    if kind.kind in "iu":
        top = np.iinfo(kind).max if accessor.get("normalized") else 1
        values = np.rint(values * top)
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    stride = view.get("byteStride") or kind.itemsize * width
    target = np.ndarray((count, width), kind, buffer, start, (stride, kind.itemsize))
    target[...] = values


def _layout(model: Model, accessor: dict[str, Any], number: object) -> tuple[np.dtype, int, int]:
    kind, width = _TYPES.get(accessor.get("componentType")), _WIDTHS.get(accessor.get("type"))
    count = accessor.get("count")
    if kind is None or width is None or not isinstance(count, int) or count < 0:
        raise InputError(f"{model.path} is damaged: accessors {number} is of no known kind; export it again")
    if count > MAX_COUNT:
        raise CapacityError(f"{model.path}: accessors {number} has {count} elements, and {MAX_COUNT} are read at most")
    return np.dtype(kind), width, count


def _rows(
    data: bytes, start: int, stride: int | None, kind: np.dtype, width: int, count: int, model: Model
) -> np.ndarray:
    """(count, width) numbers that lie ``stride`` bytes apart."""
    own = kind.itemsize * width
    stride = stride or own
    if start < 0 or stride < own or (count and start + (count - 1) * stride + own > len(data)):
        raise InputError(f"{model.path} is damaged: an accessor reaches beyond its bytes; export it again")
    return np.ndarray((count, width), kind, data, start, (stride, kind.itemsize))


def _sparse(model: Model, sparse: dict[str, Any], kind: np.dtype, width: int) -> tuple[np.ndarray, np.ndarray] | None:
    count, places, values = sparse["count"], sparse["indices"], sparse["values"]
    first, second = model.view(places["bufferView"]), model.view(values["bufferView"])
    if first is None or second is None:
        return None
    index = np.dtype(_TYPES[places["componentType"]])
    where = _rows(first, places.get("byteOffset", 0), None, index, 1, count, model)[:, 0]
    return where, _rows(second, values.get("byteOffset", 0), None, kind, width, count, model)
