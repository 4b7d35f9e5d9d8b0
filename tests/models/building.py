"""Small models made in code, from their JSON up."""

import base64
import io
import json
import struct

import numpy as np
from PIL import Image

KINDS = {np.dtype(np.uint8): 5121, np.dtype(np.uint16): 5123, np.dtype(np.uint32): 5125, np.dtype(np.float32): 5126}
WIDTHS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
WHOLE = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
TWO = np.array([0, 1, 2, 0, 2, 3], np.uint16)


def coded(array: np.ndarray, kind: str = "PNG", **options) -> bytes:
    """A picture's file."""
    file = io.BytesIO()
    Image.fromarray(array).save(file, kind, **options)
    return file.getvalue()


class Building:
    """A model that grows piece by piece."""

    def __init__(self):
        self.json = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": []}]}
        self.bytes = bytearray()

    def add(self, kind: str, entry: dict) -> int:
        self.json.setdefault(kind, []).append(entry)
        return len(self.json[kind]) - 1

    def view(self, data: bytes) -> int:
        self.bytes += bytes(-len(self.bytes) % 4)
        entry = {"buffer": 0, "byteOffset": len(self.bytes), "byteLength": len(data)}
        self.bytes += data
        return self.add("bufferViews", entry)

    def accessor(self, values: np.ndarray, **more) -> int:
        values = values.reshape(len(values), -1)
        kind = WIDTHS[values.shape[1]]
        entry = {"bufferView": self.view(values.tobytes()), "componentType": KINDS[values.dtype], "type": kind}
        return self.add("accessors", entry | {"count": len(values)} | more)

    def image(self, data: bytes, mime: str = "image/png", **more) -> int:
        return self.add("images", {"bufferView": self.view(data), "mimeType": mime} | more)

    def texture(self, image: int, wrap: tuple[int, int] | None = None, **more) -> dict:
        """What a material names a picture by."""
        entry = {"source": image}
        if wrap:
            entry["sampler"] = self.add("samplers", {"wrapS": wrap[0], "wrapT": wrap[1]})
        return {"index": self.add("textures", entry | more)}

    def material(self, base: dict | None = None, **more) -> int:
        return self.add("materials", {"pbrMetallicRoughness": {"baseColorTexture": base} if base else {}} | more)

    def primitive(self, positions, coordinates=None, order=TWO, material=None, colours=None, **more) -> dict:
        attributes = {"POSITION": self.accessor(np.asarray(positions, np.float32))}
        if coordinates is not None:
            attributes["TEXCOORD_0"] = self.accessor(np.asarray(coordinates, np.float32))
        if colours is not None:
            attributes["COLOR_0"] = self.accessor(colours, normalized=colours.dtype.kind == "u")
        entry = {"attributes": attributes} | more
        if order is not None:
            entry["indices"] = self.accessor(order)
        return entry | ({} if material is None else {"material": material})

    def mesh(self, *primitives: dict, **node) -> int:
        place = self.add("nodes", {"mesh": self.add("meshes", {"primitives": list(primitives)})} | node)
        self.json["scenes"][0]["nodes"].append(place)
        return place

    def document(self) -> dict:
        buffers = [{"byteLength": len(self.bytes)}] if self.bytes else []
        return self.json | ({"buffers": buffers} if buffers else {})

    def glb(self, path):
        return packed(path, self.document(), bytes(self.bytes))

    def gltf(self, path, *, inside: bool = False):
        """Beside its buffer, or with it inside as a data URI."""
        document = json.loads(json.dumps(self.document()))
        document["buffers"][0]["uri"] = as_data(bytes(self.bytes)) if inside else "geometry.bin"
        if not inside:
            (path.parent / "geometry.bin").write_bytes(self.bytes)
        path.write_text(json.dumps(document))
        return path


def as_data(data: bytes, mime: str = "application/octet-stream") -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def packed(path, document: dict | bytes, data: bytes = b"", *, version: int = 2, length: int | None = None):
    """A .glb of a document, or of bytes in its place."""
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    body = b""
    for kind, part, fill in ((b"JSON", text, b" "), (b"BIN\0", data, b"\0")):
        if part or kind == b"JSON":
            part += fill * (-len(part) % 4)
            body += struct.pack("<I4s", len(part), kind) + part
    path.write_bytes(struct.pack("<4sII", b"glTF", version, length or 12 + len(body)) + body)
    return path


def unpacked(path) -> tuple[dict, bytes]:
    """JSON and binary part of a .glb."""
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    rest = data[20 + length :]
    return json.loads(data[20 : 20 + length]), rest[8 : 8 + struct.unpack_from("<I", rest)[0]] if rest else b""


def viewed(path, number: int) -> bytes:
    """The bytes of a buffer view of a .glb."""
    document, data = unpacked(path)
    view = document["bufferViews"][number]
    return data[view.get("byteOffset", 0) :][: view["byteLength"]]


def picture_of(path, number: int = 0) -> np.ndarray:
    """A picture of a .glb."""
    document, _ = unpacked(path)
    return np.asarray(Image.open(io.BytesIO(viewed(path, document["images"][number]["bufferView"]))))


def crate(picture: bytes, mime: str = "image/png", **texture) -> Building:
    """One square that shows a whole picture."""
    building = Building()
    material = building.material(building.texture(building.image(picture, mime), **texture))
    building.mesh(building.primitive(SQUARE, WHOLE, material=material))
    return building
