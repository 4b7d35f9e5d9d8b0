"""Geometry: where surfaces lie in the world and in their pictures."""

import numpy as np
import pytest
from building import SQUARE, TWO, WHOLE, Building, coded

from pinxit.errors import InputError
from pinxit.models.geometry import read_surfaces
from pinxit.models.gltf import read_model, understanding
from pinxit.models.materials import CLAMP, MIRROR, REPEAT, picture_uses

PIXEL = coded(np.zeros((2, 2, 3), np.uint8))


def surfaces(building, tmp_path):
    return read_surfaces(read_model(building.glb(tmp_path / "a.glb")))[0]


def uses(building, tmp_path):
    return picture_uses(read_model(building.glb(tmp_path / "a.glb")))


class TestAreas:
    def area(self, tmp_path, **node):
        building = Building()
        building.mesh(building.primitive(SQUARE), **node)
        return surfaces(building, tmp_path)[0].areas.sum()

    def test_scales_and_turns(self, tmp_path):
        assert self.area(tmp_path) == pytest.approx(1)
        assert self.area(tmp_path, scale=[2, 3, 5], translation=[9, 9, 9]) == pytest.approx(6)
        half = np.sqrt(0.5)
        assert self.area(tmp_path, rotation=[half, 0, 0, half], scale=[2, 3, 5]) == pytest.approx(6)
        sheared = np.array([[1, 0, 0, 4], [0, 1, 0, 0], [0, 2, 1, 0], [0, 0, 0, 1]], float)
        assert self.area(tmp_path, matrix=sheared.T.ravel().tolist()) == pytest.approx(np.sqrt(5))

    def test_nodes_above_count(self, tmp_path):
        building = Building()
        inner = building.mesh(building.primitive(SQUARE), scale=[2, 2, 2])
        building.json["scenes"][0]["nodes"] = [building.add("nodes", {"children": [inner], "scale": [3, 3, 3]})]
        assert surfaces(building, tmp_path)[0].areas.sum() == pytest.approx(36)

    def test_a_mesh_in_two_places_has_their_mean(self, tmp_path):
        building = Building()
        building.mesh(building.primitive(SQUARE))
        building.json["scenes"][0]["nodes"].append(building.add("nodes", {"mesh": 0, "scale": [3, 1, 1]}))
        assert surfaces(building, tmp_path)[0].areas.sum() == pytest.approx(2)

    def test_a_skin_follows_its_joint(self, tmp_path):
        building = Building()
        joint = building.add("nodes", {"scale": [4, 4, 4]})
        bind = np.diag([0.5, 0.5, 0.5, 1]).astype(np.float32)
        skin = building.add("skins", {"joints": [joint], "inverseBindMatrices": building.accessor(bind.reshape(1, 16))})
        building.mesh(building.primitive(SQUARE), skin=skin, scale=[100, 100, 100])
        assert surfaces(building, tmp_path)[0].areas.sum() == pytest.approx(4)


def test_strips_and_fans_are_triangles(tmp_path):
    building = Building()
    strip, fan = np.array([0, 1, 3, 2], np.uint16), np.array([0, 1, 2, 3], np.uint16)
    building.mesh(
        building.primitive(SQUARE, order=strip, mode=5),
        building.primitive(SQUARE, order=fan, mode=6),
        building.primitive(SQUARE, order=None),
        building.primitive(SQUARE, order=TWO, mode=1),
    )
    found = surfaces(building, tmp_path)
    assert [len(one.positions) for one in found] == [2, 2, 1]
    assert [one.areas.sum() for one in found] == pytest.approx([1, 1, 0.5])
    for one in found[:2]:  # both triangles look the same way
        edges = one.positions[:, 1:] - one.positions[:, :1]
        assert (np.cross(edges[:, 0], edges[:, 1])[:, 2] > 0).all()


@pytest.mark.parametrize("change", [{"children": [0]}, {"children": [7]}, {"children": 3}, {"matrix": [1, 2]}])
def test_wrong_nodes_end_in_one_line(tmp_path, change):
    building = Building()
    place = building.mesh(building.primitive(SQUARE))
    building.json["scenes"][0]["nodes"] = [building.add("nodes", {"children": [place, place]} | change)]
    if change == {"children": [0]}:
        building.add("nodes", {"children": [0]})
    path = building.glb(tmp_path / "a.glb")
    with pytest.raises(InputError, match=r"a\.glb is damaged"), understanding(path):
        read_surfaces(read_model(path))


def test_corners_that_are_not_there(tmp_path):
    building = Building()
    building.mesh(building.primitive(SQUARE, order=np.array([0, 1, 9], np.uint16)))
    path = building.glb(tmp_path / "a.glb")
    with pytest.raises(InputError, match=r"a\.glb is damaged"), understanding(path):
        read_surfaces(read_model(path))


def test_compressed_geometry_is_told(tmp_path):
    building = Building()
    material = building.material(building.texture(building.image(PIXEL)))
    draco = {"KHR_draco_mesh_compression": {"bufferView": 0, "attributes": {}}}
    building.mesh(building.primitive(SQUARE, WHOLE, material=material, extensions=draco))
    assert read_surfaces(read_model(building.glb(tmp_path / "a.glb"))) == ([], {material})


class TestUses:
    def test_colours_and_data(self, tmp_path):
        building = Building()
        texture = [building.texture(building.image(PIXEL)) for _ in range(5)]
        building.material(
            texture[0], emissiveTexture=texture[1], normalTexture=texture[2], alphaMode="BLEND",
            extensions={"KHR_materials_sheen": {"sheenColorTexture": texture[3], "sheenRoughnessTexture": texture[4]}},
        )  # fmt: skip
        found = {use.image: (use.slot, use.cutout) for use in uses(building, tmp_path)}
        assert found == {0: ("base colour", True), 1: ("emissive", False), 2: (None, False), 3: ("sheen colour", False)}

    def test_wraps(self, tmp_path):
        building = Building()
        image = building.image(PIXEL)
        for wrap in (None, (33071, 33648), (10497, 1)):
            building.material(building.texture(image, wrap))
        wraps = [use.wrap for use in uses(building, tmp_path)]
        assert wraps == [(REPEAT, REPEAT), (CLAMP, MIRROR), (REPEAT, REPEAT)]

    def test_the_extensions_own_example(self, tmp_path):
        """KHR_texture_transform: "This example utilizes only the lower left quadrant of the source image"."""
        building = Building()
        change = {"offset": [0, 1], "rotation": 1.57079632679, "scale": [0.5, 0.5]}
        texture = building.texture(building.image(PIXEL)) | {"extensions": {"KHR_texture_transform": change}}
        building.mesh(building.primitive(SQUARE, WHOLE, material=building.material(texture)))
        use, surface = uses(building, tmp_path)[0], surfaces(building, tmp_path)[0]
        corners = surface.on_picture(use).reshape(-1, 2)
        assert corners.min(axis=0) == pytest.approx([0, 0.5]) and corners.max(axis=0) == pytest.approx([0.5, 1])

    def test_other_coordinates(self, tmp_path):
        building = Building()
        change = {"scale": [2, 3], "offset": [0.5, 0], "texCoord": 1}
        texture = building.texture(building.image(PIXEL)) | {"extensions": {"KHR_texture_transform": change}}
        primitive = building.primitive(SQUARE, WHOLE, material=building.material(texture))
        primitive["attributes"]["TEXCOORD_1"] = building.accessor(np.full((4, 2), 0.25, np.float32))
        building.mesh(primitive)
        use, surface = uses(building, tmp_path)[0], surfaces(building, tmp_path)[0]
        assert surface.on_picture(use) == pytest.approx(np.full((2, 3, 2), [1.0, 0.75]))

    def test_pictures_of_other_formats(self, tmp_path):
        building = Building()
        first, second = building.image(PIXEL), building.image(PIXEL)
        webp = {"extensions": {"EXT_texture_webp": {"source": second}}}
        building.material(building.texture(first, **webp))
        assert [(use.image, use.choice) for use in uses(building, tmp_path)] == [(first, 0), (second, 1)]

    @pytest.mark.parametrize("index", [5, -1, "0"])
    def test_textures_that_are_not_there(self, tmp_path, index):
        building = Building()
        building.material({"index": index})
        with pytest.raises(InputError, match="names textures"):
            uses(building, tmp_path)
