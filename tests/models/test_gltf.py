"""Reading models: their parts, and everything that can be wrong with them."""

import json

import numpy as np
import pytest
from building import SQUARE, TWO, WHOLE, Building, as_data, coded, crate, packed

from pinxit.errors import CapacityError, InputError, NotFoundError
from pinxit.models import gltf
from pinxit.models.accessors import read_accessor, write_accessor
from pinxit.models.gltf import models_in, read_model

RED = coded(np.full((4, 4, 3), (200, 30, 20), np.uint8))


def one_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text and len(text) < 400
    return text


class TestContainer:
    def test_binary_and_text_hold_the_same(self, tmp_path):
        building = crate(RED)
        models = [building.glb(tmp_path / "a.glb"), building.gltf(tmp_path / "b.gltf"),
                  building.gltf(tmp_path / "c.gltf", inside=True)]  # fmt: skip
        for path in models:
            model = read_model(path)
            assert model.buffers == (bytes(building.bytes),) and model.binary == (path.suffix == ".glb")
            assert model.picture_bytes(model.item("images", 0)) == RED
            assert model.items("meshes") == building.json["meshes"]

    def test_pictures_by_uri(self, tmp_path):
        (tmp_path / "maps").mkdir()
        (tmp_path / "maps" / "a b.png").write_bytes(RED)
        document = {"asset": {"version": "2.0"}, "images": [{"uri": "maps/a%20b.png"}, {"uri": as_data(RED)}]}
        (tmp_path / "m.gltf").write_text(json.dumps(document))
        model = read_model(tmp_path / "m.gltf")
        assert [model.picture_bytes(image) for image in model.items("images")] == [RED, RED]
        assert list(model.files) == ["maps/a b.png"]

    def test_unknown_parts_are_kept(self, tmp_path):
        path = crate(RED).glb(tmp_path / "a.glb")
        data = path.read_bytes() + b"\x04\0\0\0XTRA\1\2\3\4"
        path.write_bytes(data[:8] + len(data).to_bytes(4, "little") + data[12:])
        assert read_model(path).chunks == ((int.from_bytes(b"XTRA", "little"), b"\1\2\3\4"),)

    def test_folder(self, tmp_path):
        (tmp_path / "in").mkdir()
        for name in ("b.glb", "in/a.GLTF", "c.png"):
            (tmp_path / name).write_bytes(b"")
        assert models_in(tmp_path) == [tmp_path / "b.glb", tmp_path / "in" / "a.GLTF"]
        with pytest.raises(NotFoundError, match="no folder with models"):
            models_in(tmp_path / "c.png")


DAMAGED = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:300]),
    "only a head": lambda path: path.write_bytes(b"glTF"),
    "empty": lambda path: path.write_bytes(b""),
    "no glTF": lambda path: path.write_bytes(b"\x89PNG" + bytes(200)),
    "another version": lambda path: packed(path, {"asset": {"version": "1.0"}}, version=1),
    "another version in its JSON": lambda path: packed(path, {"asset": {"version": "1.0"}}),
    "no version": lambda path: packed(path, {}),
    "a list": lambda path: packed(path, b"[1, 2]  "),
    "no JSON": lambda path: packed(path, b"{nonsense"),
    "not a number": lambda path: packed(path, b'{"asset":{"version":"2.0"},"x":NaN}'),
    "endless depth": lambda path: packed(path, b"[" * 200_000),
    "length beyond the file": lambda path: packed(path, {"asset": {"version": "2.0"}}, length=10_000),
    "no bytes": lambda path: packed(path, {"asset": {"version": "2.0"}, "buffers": [{"byteLength": 8}]}),
    "too few bytes": lambda path: packed(path, {"asset": {"version": "2.0"}, "buffers": [{"byteLength": 8}]}, b"1234"),
    "buffers of another kind": lambda path: packed(path, {"asset": {"version": "2.0"}, "buffers": 7}),
    "a bad data URI": lambda path: packed(
        path, {"asset": {"version": "2.0"}, "buffers": [{"byteLength": 8, "uri": "data:,abc"}]}
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_models_are_told_in_one_line(tmp_path, name):
    path = crate(RED).glb(tmp_path / "a.glb")
    DAMAGED[name](path)
    with pytest.raises(InputError) as error:
        read_model(path)
    assert "a.glb" in one_line(error)


@pytest.mark.parametrize(
    "uri",
    [
        "http://example.org/a.png", "https://example.org/a.png", "file:///etc/passwd", "//example.org/a.png",
        "/etc/passwd", "../secret.png", "maps/../../secret.png", "%2e%2e/secret.png", "..\\secret.png", "c:/a.png", "",
        "a\0b.png", 7,
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["images", "buffers"])
def test_nothing_outside_the_folder_is_opened(tmp_path, monkeypatch, uri, kind):
    (tmp_path / "secret.png").write_bytes(RED)
    (tmp_path / "model").mkdir()
    document = {"asset": {"version": "2.0"}, kind: [{"uri": uri, "byteLength": 4}]}
    path = tmp_path / "model" / "m.gltf"
    path.write_text(json.dumps(document))
    opened, real = [], gltf._read
    monkeypatch.setattr(gltf, "_read", lambda file, most: opened.append(file) or real(file, most))
    with pytest.raises(InputError) as error:
        read_model(path)
    assert "only files in its own folder" in one_line(error) and opened == [path]


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "secret.png").write_bytes(RED)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "a.png").symlink_to(tmp_path / "secret.png")
    path = tmp_path / "model" / "m.gltf"
    path.write_text(json.dumps({"asset": {"version": "2.0"}, "images": [{"uri": "a.png"}]}))
    with pytest.raises(InputError, match="leads out of its folder"):
        read_model(path)


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(NotFoundError, match=r"a\.glb is not there"):
        read_model(tmp_path / "a.glb")
    (tmp_path / "m.gltf").write_text(json.dumps({"asset": {"version": "2.0"}, "images": [{"uri": "gone.png"}]}))
    with pytest.raises(NotFoundError, match=r"gone\.png is not there"):
        read_model(tmp_path / "m.gltf")
    (tmp_path / "d.glb").mkdir()
    with pytest.raises(InputError, match="is no file"):
        read_model(tmp_path / "d.glb")


def test_names_that_lie(tmp_path):
    crate(RED).glb(tmp_path / "a.glb").rename(tmp_path / "a.gltf")
    with pytest.raises(InputError, match=r"name it \.glb"):
        read_model(tmp_path / "a.gltf")
    crate(RED).gltf(tmp_path / "b.gltf").rename(tmp_path / "b.glb")
    with pytest.raises(InputError, match=r"name it \.gltf"):
        read_model(tmp_path / "b.glb")


def test_sizes_are_capped_before_reading(tmp_path, monkeypatch):
    path = crate(RED).gltf(tmp_path / "a.gltf")
    monkeypatch.setattr(gltf, "MAX_BYTES", 100)
    with pytest.raises(CapacityError, match="are read at most"):
        read_model(path)
    monkeypatch.setattr(gltf, "MAX_BYTES", path.stat().st_size + 50)  # room for the JSON, not for what lies beside it
    with pytest.raises(CapacityError, match=r"geometry\.bin"):
        read_model(path)
    monkeypatch.undo()
    monkeypatch.setattr(gltf, "MAX_JSON", 100)
    with pytest.raises(CapacityError, match="JSON"):
        read_model(path)


class TestAccessors:
    def model(self, tmp_path, building):
        return read_model(building.glb(tmp_path / "a.glb"))

    def test_numbers_come_back(self, tmp_path):
        building, rng = Building(), np.random.default_rng(0)
        floats = rng.normal(size=(5, 3)).astype(np.float32)
        bytes_ = rng.integers(0, 256, (6, 4), np.uint8)
        numbers = [building.accessor(floats), building.accessor(bytes_, normalized=True), building.accessor(TWO)]
        found = [read_accessor(self.model(tmp_path, building), number) for number in numbers]
        assert np.array_equal(found[0], floats) and np.allclose(found[1], bytes_ / 255) and found[1].dtype == np.float32
        assert np.array_equal(found[2][:, 0], TWO)

    def test_strides_and_offsets(self, tmp_path):
        building = Building()
        rows = np.arange(24, dtype=np.float32).reshape(4, 6)
        number = building.accessor(np.zeros((4, 2), np.float32))
        view = building.view(rows.tobytes())
        building.json["bufferViews"][view]["byteStride"] = 24
        building.json["accessors"][number] |= {"bufferView": view, "byteOffset": 8}
        model = self.model(tmp_path, building)
        assert np.array_equal(read_accessor(model, number), rows[:, 2:4])
        copy = bytearray(model.buffers[0])
        write_accessor(model, number, -rows[:, 2:4], copy)
        expected = rows.copy()
        expected[:, 2:4] *= -1
        at = model.json["bufferViews"][view]["byteOffset"]
        assert copy[:at] == model.buffers[0][:at] and np.array_equal(
            np.frombuffer(copy, np.float32, 24, at).reshape(4, 6), expected
        )

    def test_sparse(self, tmp_path):
        building = Building()
        base = np.ones((5, 2), np.float32)
        number = building.accessor(base)
        places = building.view(np.array([1, 4], np.uint16).tobytes())
        values = building.view(np.array([[7, 8], [9, 10]], np.float32).tobytes())
        building.json["accessors"][number]["sparse"] = {
            "count": 2,
            "indices": {"bufferView": places, "componentType": 5123},
            "values": {"bufferView": values},
        }
        base[[1, 4]] = [[7, 8], [9, 10]]
        assert np.array_equal(read_accessor(self.model(tmp_path, building), number), base)

    @pytest.mark.parametrize(
        "change",
        [
            {"count": 6}, {"count": -1}, {"count": "4"}, {"byteOffset": 8}, {"byteOffset": -4}, {"componentType": 5},
            {"type": "VEC9"}, {"bufferView": 3}, {"bufferView": -1}, {"bufferView": True},
        ],
    )  # fmt: skip
    def test_what_does_not_fit_is_refused(self, tmp_path, change):
        building = Building()
        number = building.accessor(np.zeros((5, 3), np.float32))
        building.json["accessors"][number] |= change
        with pytest.raises(InputError, match=r"a\.glb is damaged"):
            read_accessor(self.model(tmp_path, building), number)

    def test_a_count_without_bytes_takes_no_memory(self, tmp_path):
        building = Building()
        building.add("accessors", {"componentType": 5126, "type": "VEC3", "count": 10**12})
        with pytest.raises(CapacityError, match="are read at most"):
            read_accessor(self.model(tmp_path, building), 0)

    @pytest.mark.parametrize("view", [{"byteLength": 1000}, {"byteOffset": -1}, {"buffer": 3}, {"byteOffset": 2.5}])
    def test_views_beyond_their_buffer(self, tmp_path, view):
        building = Building()
        building.mesh(building.primitive(SQUARE, WHOLE))
        building.json["bufferViews"][0] |= view
        with pytest.raises(InputError, match=r"a\.glb is damaged"):
            self.model(tmp_path, building).view(0)
