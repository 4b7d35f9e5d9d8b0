"""Giving a style to models: what is new, what stays byte for byte, and what is refused."""

import copy
import io
import json
import struct

import numpy as np
import pygltflib
import pytest
import trimesh
from building import SQUARE, TWO, WHOLE, Building, as_data, coded, crate, packed, picture_of, unpacked, viewed
from PIL import Image
from skimage import data

from pinxit.color import linear_to_srgb, srgb_to_linear
from pinxit.errors import CapacityError, InputError, NotFoundError, PictureError, PinxitError
from pinxit.models import coding, sheets
from pinxit.models.transfer import transfer_model

PHOTO = np.ascontiguousarray(data.astronaut()[::8, ::8])
NORMALS = coded(np.full((8, 8, 3), (128, 128, 255), np.uint8))


def graded_pixels(style, array):
    return style.tone.lut.apply(array)


def rich(photo: bytes, mime: str = "image/png") -> Building:
    """A model with everything that has to stay: data maps, a skin, an animation, extras and unknown extensions."""
    building = Building()
    maps = [building.texture(building.image(coded(np.full((8, 8, 3), n, np.uint8)))) for n in (90, 60)]
    base, normal = building.texture(building.image(photo, mime)), building.texture(building.image(NORMALS))
    material = building.material(
        base, normalTexture=normal, occlusionTexture=maps[1], extras={"note": [1, None]},
        extensions={"ACME_paint": {"thickness": 0.1}},
    )  # fmt: skip
    building.json["materials"][material]["pbrMetallicRoughness"]["metallicRoughnessTexture"] = maps[0]
    bind = building.accessor(np.eye(4, dtype=np.float32).reshape(1, 16))
    joint = building.add("nodes", {"name": "bone"})
    skin = building.add("skins", {"joints": [joint], "inverseBindMatrices": bind})
    primitive = building.primitive(SQUARE, WHOLE, material=material)
    primitive["attributes"]["JOINTS_0"] = building.accessor(np.zeros((4, 4), np.uint8))
    primitive["attributes"]["WEIGHTS_0"] = building.accessor(np.tile(np.eye(4, dtype=np.float32)[:1], (4, 1)))
    node = building.mesh(primitive, skin=skin, name="square")
    times = building.accessor(np.array([[0], [1]], np.float32), min=[0.0], max=[1.0])
    turns = building.accessor(np.array([[0, 0, 0, 1], [0, 1, 0, 0]], np.float32))
    sampler = {"input": times, "output": turns}
    building.add(
        "animations",
        {"samplers": [sampler], "channels": [{"sampler": 0, "target": {"node": joint, "path": "rotation"}}]},
    )
    building.json |= {"extensionsUsed": ["ACME_paint"], "extras": {"made": "here"}}
    building.json["scenes"][0]["nodes"] = [node, joint]
    return building


def check_valid(path, pictures: int):
    """As two other programs read it: sizes, bounds and pictures."""
    document = pygltflib.GLTF2().load(str(path))
    blob = document.binary_blob()
    for view in document.bufferViews:
        assert view.byteOffset % 4 == 0 and view.byteOffset + view.byteLength <= document.buffers[0].byteLength
    assert document.buffers[0].byteLength <= len(blob) and path.stat().st_size % 4 == 0
    assert struct.unpack("<4sII", path.read_bytes()[:12]) == (b"glTF", 2, path.stat().st_size)
    for image in document.images:
        view = document.bufferViews[image.bufferView]
        kind = Image.open(io.BytesIO(blob[view.byteOffset :][: view.byteLength])).format
        assert f"image/{kind.lower()}" == image.mimeType
    assert len(document.images) == pictures
    assert len(trimesh.load(path, force="scene").geometry) == len(document.meshes)


@pytest.mark.parametrize("mode", ["graded", "painted"])
def test_only_colours_change(tmp_path, mode, request):
    style = request.getfixturevalue(mode)
    building = rich(coded(PHOTO))
    source = building.glb(tmp_path / "a.glb")
    report = transfer_model(source, style, tmp_path / "b.glb")
    check_valid(tmp_path / "b.glb", 4)
    before, after = unpacked(source)[0], unpacked(tmp_path / "b.glb")[0]
    base = before["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    own = before["images"][before["textures"][base]["source"]]["bufferView"]
    for view in range(len(before["bufferViews"])):
        assert (viewed(source, view) == viewed(tmp_path / "b.glb", view)) == (view != own)
    expected = copy.deepcopy(before)
    for key in ("bufferViews", "buffers"):
        expected[key] = after[key]
    extras = after["asset"].pop("extras")
    assert after == expected, "the document keeps everything else"
    assert extras["digitalSourceType"].endswith("compositeWithTrainedAlgorithmicMedia")
    assert json.loads(extras["AIGC"])["Label"] == "1" and extras["style"] == style.name
    assert [one.slots for one in report.pictures] == [("base colour",)] and report.as_dict()["vertices"] == 0
    assert "64x64" in str(report)


def test_tone_alone_is_the_styles_own_table(tmp_path, graded):
    source = crate(coded(PHOTO)).glb(tmp_path / "a.glb")
    transfer_model(source, graded, tmp_path / "b.glb")
    apart = picture_of(tmp_path / "b.glb").astype(int) - graded_pixels(graded, PHOTO)
    assert np.abs(apart).max() <= 1


@pytest.mark.parametrize("dials", [{"strength": 0}, {"tone": 0, "texture": 0}])
def test_strength_zero_is_the_model_itself(tmp_path, painted, dials):
    source = rich(coded(PHOTO)).glb(tmp_path / "a.glb")
    transfer_model(source, painted, tmp_path / "b.glb", **dials)
    assert unpacked(source) == unpacked(tmp_path / "b.glb")


@pytest.mark.parametrize(
    ("kind", "mime", "options"),
    [("JPEG", "image/jpeg", {"quality": 90}), ("WEBP", "image/webp", {"lossless": True}), ("PNG", "image/png", {})],
)
def test_kinds_of_pictures_are_kept(tmp_path, graded, kind, mime, options):
    source = crate(coded(PHOTO, kind, **options), mime).glb(tmp_path / "a.glb")
    transfer_model(source, graded, tmp_path / "b.glb")
    check_valid(tmp_path / "b.glb", 1)
    apart = np.abs(picture_of(tmp_path / "b.glb").astype(int) - graded_pixels(graded, picture_of(source)))
    assert apart.mean() < (3 if kind == "JPEG" else 0.5)


def test_sixteen_bits_are_kept(tmp_path, graded):
    from imagecodecs import png_decode, png_encode

    deep = np.random.default_rng(0).integers(0, 65536, (16, 16, 3), np.uint16)
    transfer_model(crate(png_encode(deep)).glb(tmp_path / "a.glb"), graded, tmp_path / "b.glb")
    result = png_decode(viewed(tmp_path / "b.glb", 0))
    assert result.dtype == np.uint16 and np.abs(result.astype(int) - graded_pixels(graded, deep)).max() <= 2


def test_orientation_and_profiles_do_not_count(tmp_path, graded):
    exif = Image.Exif()
    exif[0x0112] = 6
    source = crate(coded(PHOTO, "JPEG", exif=exif, quality=95), "image/jpeg").glb(tmp_path / "a.glb")
    transfer_model(source, graded, tmp_path / "b.glb")
    result = picture_of(tmp_path / "b.glb").astype(int)
    stored = np.asarray(Image.open(io.BytesIO(viewed(source, 0))))
    assert np.abs(result - graded_pixels(graded, stored)).mean() < 3


class TestAlpha:
    def cut(self, hidden):
        alpha = np.zeros((64, 64), np.uint8)
        alpha[16:48, 16:48] = 255
        alpha[16:48, 48:52] = 100
        return np.dstack([np.where(alpha[..., None] > 0, PHOTO, np.uint8(hidden)), alpha])

    def painted(self, tmp_path, style, hidden, mode):
        building = crate(coded(self.cut(hidden)))
        building.json["materials"][0]["alphaMode"] = mode
        transfer_model(building.glb(tmp_path / "a.glb"), style, tmp_path / "b.glb", overwrite=True)
        return picture_of(tmp_path / "b.glb")

    def test_cut_out_edges_are_clean(self, tmp_path, painted):
        green = self.painted(tmp_path, painted, (0, 255, 0), "MASK")
        black = self.painted(tmp_path, painted, (0, 0, 0), "MASK")
        alpha = self.cut(0)[..., 3]
        assert np.array_equal(green[..., 3], alpha) and np.array_equal(black[..., 3], alpha)
        assert np.array_equal(green[alpha > 0], black[alpha > 0]), "what does not show does not count"
        assert np.array_equal(green[0, 0, :3], (0, 255, 0)), "far under what is transparent nothing changes"

    def test_alpha_that_hides_nothing_is_no_alpha(self, tmp_path, painted):
        green = self.painted(tmp_path, painted, (0, 255, 0), "OPAQUE")
        assert not np.array_equal(green[0, 0, :3], (0, 255, 0)) and np.array_equal(green[..., 3], self.cut(0)[..., 3])


class TestIslands:
    def island(self, hidden):
        """The surface shows 16..48 of 64 texels a side."""
        array = np.full((64, 64, 3), hidden, np.uint8)
        array[16:48, 16:48] = PHOTO[16:48, 16:48]
        building = Building()
        material = building.material(building.texture(building.image(coded(array))))
        building.mesh(building.primitive(SQUARE, WHOLE / 2 + 0.25, material=material))
        return building

    def test_no_background_bleeds_in(self, tmp_path, painted):
        results = []
        for hidden in (0, 255):
            transfer_model(self.island(hidden).glb(tmp_path / "a.glb"), painted, tmp_path / "b.glb", overwrite=True)
            results.append(picture_of(tmp_path / "b.glb").astype(int))
        inside = (slice(17, 47), slice(17, 47))
        assert np.abs(results[0][inside] - results[1][inside]).max() <= 40
        assert np.abs(results[0][inside] - results[1][inside]).mean() < 1.5
        assert (results[0][:10] == 0).all() and (results[1][:10] == 255).all(), "what nothing shows stays"

    def test_beyond_an_island_its_new_colours_go_on(self, tmp_path, graded):
        transfer_model(self.island(0).glb(tmp_path / "a.glb"), graded, tmp_path / "b.glb")
        result = picture_of(tmp_path / "b.glb").astype(int)
        around = result[26:34, 16:20].reshape(-1, 3)
        assert (result[30, 14] >= around.min(axis=0) - 1).all() and (result[30, 14] <= around.max(axis=0) + 1).all()


def test_light_never_grows(tmp_path, graded):
    lamp = np.zeros((32, 32, 3), np.uint8)
    lamp[8:16, 8:16] = (255, 200, 90)
    building = Building()
    image = building.image(coded(lamp))
    building.material(emissiveTexture=building.texture(image), emissiveFactor=[1, 1, 1])
    building.mesh(building.primitive(SQUARE, WHOLE, material=0))
    transfer_model(building.glb(tmp_path / "a.glb"), graded, tmp_path / "b.glb")
    result = picture_of(tmp_path / "b.glb")
    luma = np.array([0.2126, 0.7152, 0.0722])
    assert (result[lamp.max(axis=2) == 0] == 0).all(), "the style lifts black, and what is dark gives no light"
    assert (srgb_to_linear(result / 255) @ luma <= srgb_to_linear(lamp / 255) @ luma + 0.004).all()
    assert (result[8:16, 8:16] != lamp[8:16, 8:16]).any()


def test_a_picture_that_is_data_too_is_left(tmp_path, graded):
    building = crate(coded(PHOTO))
    other = building.texture(building.image(coded(PHOTO[::-1].copy())))
    building.material(other, occlusionTexture=other)
    building.mesh(building.primitive(SQUARE, WHOLE, material=1))
    source = building.glb(tmp_path / "a.glb")
    report = transfer_model(source, graded, tmp_path / "b.glb")
    assert np.array_equal(picture_of(tmp_path / "b.glb", 1), picture_of(source, 1))
    assert report.notes == ("picture 1 is left as it is: it is data as well as colour",)


class TestForeignPictures:
    KTX = b"\xabKTX 20\xbb\r\n\x1a\n" + bytes(64)

    def test_are_left_and_named(self, tmp_path, graded):
        building = crate(coded(PHOTO))
        image = building.image(self.KTX, "image/ktx2", name="moss")
        basis = {"index": building.add("textures", {"extensions": {"KHR_texture_basisu": {"source": image}}})}
        building.material(basis)
        source = building.glb(tmp_path / "a.glb")
        report = transfer_model(source, graded, tmp_path / "b.glb")
        assert "picture 1 (moss) is left as it is: KTX2" in report.notes[0] and len(report.pictures) == 1
        assert viewed(tmp_path / "b.glb", building.json["images"][image]["bufferView"]) == self.KTX

    def test_alone_are_refused(self, tmp_path, graded):
        source = crate(self.KTX, "image/ktx2").glb(tmp_path / "a.glb")
        with pytest.raises(InputError, match=r"holds no picture of colours that can be painted: picture 0 .* KTX2"):
            transfer_model(source, graded, tmp_path / "b.glb")
        assert not (tmp_path / "b.glb").exists()

    @pytest.mark.parametrize("data_", [b"", b"no picture", coded(PHOTO)[:200], coded(PHOTO, "GIF")])
    def test_damaged_or_not_allowed(self, tmp_path, graded, data_):
        source = crate(data_).glb(tmp_path / "a.glb")
        with pytest.raises(PictureError, match=r"a\.glb: picture 0") as error:
            transfer_model(source, graded, tmp_path / "b.glb")
        assert "\n" not in str(error.value) and not (tmp_path / "b.glb").exists()

    def test_too_many_pixels(self, tmp_path, graded, monkeypatch):
        source = crate(coded(PHOTO)).glb(tmp_path / "a.glb")
        with pytest.raises(PictureError, match="the limit is"):
            transfer_model(source, graded, tmp_path / "b.glb", max_pixels=1000)
        monkeypatch.setattr(sheets, "MAX_TOTAL", 4000)
        with pytest.raises(CapacityError, match="million pixels of colour"):
            transfer_model(source, graded, tmp_path / "b.glb")


class TestSingleColours:
    def toned(self, style, linear):
        return srgb_to_linear(graded_pixels(style, linear_to_srgb(np.array([linear], np.float32))))[0]

    def test_factors_without_pictures(self, tmp_path, graded):
        building = Building()
        building.add("materials", {"pbrMetallicRoughness": {"baseColorFactor": [0.2, 0.4, 0.6, 0.5]}})
        building.add("materials", {"emissiveFactor": [0, 0, 0]})
        building.mesh(building.primitive(SQUARE, material=0), building.primitive(SQUARE, material=1))
        report = transfer_model(building.glb(tmp_path / "a.glb"), graded, tmp_path / "b.glb")
        first, second = unpacked(tmp_path / "b.glb")[0]["materials"]
        factor = first["pbrMetallicRoughness"]["baseColorFactor"]
        assert factor[:3] == pytest.approx(self.toned(graded, [0.2, 0.4, 0.6]), abs=2e-3) and factor[3] == 0.5
        white = second["pbrMetallicRoughness"]["baseColorFactor"]
        assert white[:3] == pytest.approx(self.toned(graded, [1, 1, 1]), abs=2e-3), "named nowhere, it is white"
        assert second["emissiveFactor"] == [0, 0, 0] and report.materials == 2

    def test_factors_over_pictures(self, tmp_path, graded):
        building = crate(coded(PHOTO))
        building.json["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] = [0.5, 0.25, 1, 1]
        plain = building.texture(building.image(coded(PHOTO)))
        building.material(plain)
        transfer_model(building.glb(tmp_path / "a.glb"), graded, tmp_path / "b.glb")
        first, second = unpacked(tmp_path / "b.glb")[0]["materials"]
        white = self.toned(graded, [1, 1, 1])
        product = np.array(first["pbrMetallicRoughness"]["baseColorFactor"][:3]) * white
        assert product == pytest.approx(self.toned(graded, [0.5, 0.25, 1]), abs=3e-3)
        assert "baseColorFactor" not in second["pbrMetallicRoughness"], "white under it stays the picture's own"

    @pytest.mark.parametrize("kind", [np.float32, np.uint8, np.uint16])
    def test_colours_of_vertices(self, tmp_path, graded, kind):
        values = np.array([[0.1, 0.2, 0.3, 1], [1, 1, 1, 0.5], [0.8, 0.1, 0.4, 1], [0, 0, 0, 1]], np.float32)
        stored = values if kind is np.float32 else np.rint(values * np.iinfo(kind).max).astype(kind)
        building = Building()
        building.mesh(building.primitive(SQUARE, colours=stored))
        number = building.json["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"]
        view = building.json["accessors"][number]["bufferView"]
        report = transfer_model(building.glb(tmp_path / "a.glb"), graded, tmp_path / "b.glb")
        result = np.frombuffer(viewed(tmp_path / "b.glb", view), kind).reshape(4, 4)
        result = result if kind is np.float32 else result / np.iinfo(kind).max
        expected = np.array([self.toned(graded, row[:3]) for row in values])
        assert result[:, :3] == pytest.approx(expected, abs=5e-3) and report.vertices == 4
        assert result[:, 3] == pytest.approx(values[:, 3], abs=3e-3)

    def test_with_a_style_of_strokes(self, tmp_path, painted):
        building = Building()
        building.add("materials", {"pbrMetallicRoughness": {"baseColorFactor": [0.9, 0.1, 0.1, 1]}})
        building.mesh(building.primitive(SQUARE, material=0))
        transfer_model(building.glb(tmp_path / "a.glb"), painted, tmp_path / "b.glb")
        assert unpacked(tmp_path / "b.glb")[0]["materials"] != building.json["materials"]

    def test_no_colours_at_all(self, tmp_path, graded):
        building = Building()
        building.mesh(building.primitive(SQUARE))
        with pytest.raises(InputError, match="holds no colours"):
            transfer_model(building.glb(tmp_path / "a.glb"), graded, tmp_path / "b.glb")


class TestFilesBeside:
    def build(self, folder, inside=False):
        folder.mkdir()
        building = crate(coded(PHOTO))
        (folder / "maps").mkdir()
        (folder / "maps" / "wall one.jpg").write_bytes(coded(PHOTO, "JPEG", quality=95))
        (folder / "normal.png").write_bytes(NORMALS)
        image, normal = (
            building.add("images", {"uri": "maps/wall%20one.jpg"}),
            building.add("images", {"uri": "normal.png"}),
        )
        uri = building.add("images", {"uri": as_data(coded(PHOTO), "image/png")})
        building.material(building.texture(image), normalTexture=building.texture(normal))
        building.material(building.texture(uri))
        return building.gltf(folder / "m.gltf", inside=inside)

    @pytest.mark.parametrize("inside", [False, True])
    def test_are_written_beside_the_result(self, tmp_path, graded, inside):
        source = self.build(tmp_path / "in", inside)
        output = tmp_path / "out" / "n.gltf"
        transfer_model(source, graded, output)
        loaded = trimesh.load(output, force="scene")
        assert len(loaded.geometry) == 1
        wall = np.asarray(Image.open(output.parent / "maps" / "wall one.jpg")).astype(int)
        assert np.abs(wall - graded_pixels(graded, PHOTO)).mean() < 6
        assert (output.parent / "normal.png").read_bytes() == NORMALS
        document = json.loads(output.read_text())
        assert [image.get("uri", "")[:22] for image in document["images"][1:]] == [
            "maps/wall%20one.jpg", "normal.png", "data:image/png;base64,",
        ]  # fmt: skip
        assert document["buffers"][0]["uri"].startswith("data:" if inside else "geometry.bin")
        assert (output.parent / "geometry.bin").exists() != inside
        again = tmp_path / "again" / "n.gltf"
        transfer_model(output, graded, again, strength=0)
        for name in ("maps/wall one.jpg", "normal.png"):
            assert (again.parent / name).read_bytes() == (output.parent / name).read_bytes()

    def test_the_models_own_are_never_replaced(self, tmp_path, graded):
        source = self.build(tmp_path / "in")
        before = {path: path.read_bytes() for path in (tmp_path / "in").rglob("*") if path.is_file()}
        for name in ("n.gltf", "m.gltf"):
            with pytest.raises(InputError, match="choose another"):
                transfer_model(source, graded, tmp_path / "in" / name, overwrite=True)
        assert before == {path: path.read_bytes() for path in (tmp_path / "in").rglob("*") if path.is_file()}

    def test_strangers_are_not_replaced_unasked(self, tmp_path, graded):
        source = self.build(tmp_path / "in")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "normal.png").write_bytes(b"mine")
        with pytest.raises(InputError, match=r"normal\.png is there already"):
            transfer_model(source, graded, tmp_path / "out" / "n.gltf")
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["normal.png"]
        transfer_model(source, graded, tmp_path / "out" / "n.gltf", overwrite=True)
        assert (tmp_path / "out" / "normal.png").read_bytes() == NORMALS


class TestOutput:
    def test_another_kind_is_refused(self, tmp_path, graded):
        source = crate(coded(PHOTO)).glb(tmp_path / "a.glb")
        for name in ("b.gltf", "b.png", "b"):
            with pytest.raises(InputError, match=r"it is written as \.glb"):
                transfer_model(source, graded, tmp_path / name)

    def test_the_model_itself_and_what_is_there(self, tmp_path, graded):
        source = crate(coded(PHOTO)).glb(tmp_path / "a.glb")
        with pytest.raises(InputError, match="is the model itself"):
            transfer_model(source, graded, source, overwrite=True)
        (tmp_path / "b.glb").write_bytes(b"mine")
        with pytest.raises(InputError, match="is there already"):
            transfer_model(source, graded, tmp_path / "b.glb")
        assert (tmp_path / "b.glb").read_bytes() == b"mine"

    def test_settings_out_of_range(self, tmp_path, graded):
        source = crate(coded(PHOTO)).glb(tmp_path / "a.glb")
        for dials in ({"strength": -1}, {"strength": "auto"}, {"brush": 99.0}, {"warmth": 5}, {"quality": 0}):
            with pytest.raises(InputError):
                transfer_model(source, graded, tmp_path / "b.glb", **dials)
        assert not (tmp_path / "b.glb").exists()

    def test_not_there(self, tmp_path, graded):
        with pytest.raises(NotFoundError):
            transfer_model(tmp_path / "a.glb", graded, tmp_path / "b.glb")


def test_views_that_share_bytes_keep_them(tmp_path, graded):
    """Something else names the bytes of the picture: they stay, and the new ones go to the end."""
    building = crate(coded(PHOTO))
    own = dict(building.json["bufferViews"][building.json["images"][0]["bufferView"]])
    other = building.add("bufferViews", own)
    source = building.glb(tmp_path / "a.glb")
    transfer_model(source, graded, tmp_path / "b.glb")
    check_valid(tmp_path / "b.glb", 1)
    assert viewed(tmp_path / "b.glb", other) == coded(PHOTO)
    assert np.abs(picture_of(tmp_path / "b.glb").astype(int) - graded_pixels(graded, PHOTO)).max() <= 1


def test_compressed_geometry_moves_along(tmp_path, graded):
    building = Building()
    image = building.image(coded(PHOTO))
    packed_bytes = building.view(bytes(range(64)))
    view = building.json["bufferViews"][packed_bytes]
    meshopt = {"buffer": 0, "byteOffset": view["byteOffset"], "byteLength": 64, "byteStride": 4, "count": 16}
    building.json["bufferViews"][packed_bytes] = {
        "buffer": 1, "byteLength": 64, "extensions": {"EXT_meshopt_compression": meshopt},
    }  # fmt: skip
    building.material(building.texture(image))
    document = building.document()
    document["buffers"].append({"byteLength": 64, "extensions": {"EXT_meshopt_compression": {"fallback": True}}})
    document["accessors"] = [{"bufferView": packed_bytes, "componentType": 5126, "type": "VEC3", "count": 4}]
    document["meshes"] = [{"primitives": [{"attributes": {"POSITION": 0}, "material": 0}]}]
    source = packed(tmp_path / "a.glb", document, bytes(building.bytes))
    report = transfer_model(source, graded, tmp_path / "b.glb")
    after, blob = unpacked(tmp_path / "b.glb")
    moved = after["bufferViews"][packed_bytes]["extensions"]["EXT_meshopt_compression"]
    assert moved["byteOffset"] != view["byteOffset"] and moved["byteOffset"] % 4 == 0
    assert blob[moved["byteOffset"] :][:64] == bytes(range(64)) and after["buffers"][1] == document["buffers"][1]
    assert len(report.pictures) == 1


@pytest.mark.parametrize(
    "break_", [
        lambda j: j["materials"][0].update(pbrMetallicRoughness=7),
        lambda j: j["textures"][0].update(source=9),
        lambda j: j["images"][0].update(bufferView=99),
        lambda j: j["meshes"][0].update(primitives=3),
        lambda j: j["meshes"][0]["primitives"][0].update(attributes={}),
        lambda j: j["meshes"][0]["primitives"][0]["attributes"].update(TEXCOORD_0=77),
        lambda j: j["accessors"][0].update(bufferView=0, count=10**7),
        lambda j: j.update(materials={"a": 1}),
        lambda j: j["textures"][0].update(sampler=4),
    ],
)  # fmt: skip
def test_documents_that_lie_end_in_one_line(tmp_path, graded, break_):
    building = crate(coded(PHOTO))
    break_(building.json)
    with pytest.raises(InputError, match=r"a\.glb") as error:
        transfer_model(building.glb(tmp_path / "a.glb"), graded, tmp_path / "b.glb")
    assert "\n" not in str(error.value) and not (tmp_path / "b.glb").exists()


class TestTogether:
    def test_equal_pictures_become_equal(self, tmp_path, painted):
        """What is measured is measured once: two pictures alike get the same, whatever else the model holds."""
        building = Building()
        dark = coded((PHOTO * 0.2).astype(np.uint8))
        for photo in (coded(PHOTO), coded(PHOTO, compress_level=1), dark):
            material = building.material(building.texture(building.image(photo)))
            building.mesh(building.primitive(SQUARE, WHOLE, material=material))
        transfer_model(building.glb(tmp_path / "a.glb"), painted, tmp_path / "b.glb")
        first, second, third = (picture_of(tmp_path / "b.glb", n).astype(int) for n in range(3))
        assert np.array_equal(first, second) and third.mean() < first.mean() - 10

    def test_strokes_have_one_size_in_the_world(self, tmp_path, painted):
        building = Building()
        large = np.kron(PHOTO, np.ones((2, 2, 1), np.uint8))
        for photo in (PHOTO, large):
            material = building.material(building.texture(building.image(coded(photo))))
            building.mesh(building.primitive(SQUARE, WHOLE, material=material))
        report = transfer_model(building.glb(tmp_path / "a.glb"), painted, tmp_path / "b.glb")
        first, second = report.pictures
        assert (first.density, second.density) == pytest.approx((64, 128))
        assert second.brush / first.brush == pytest.approx(2, rel=1e-4)

    def test_seams_meet(self, tmp_path, painted):
        """A flat colour on two squares that touch, from far corners of one picture with another between."""
        array = np.ascontiguousarray(PHOTO)
        array[:, :24] = array[:, 40:] = (120, 100, 90)
        building = Building()
        material = building.material(building.texture(building.image(coded(array))))
        second = SQUARE + np.array([1, 0, 0], np.float32)
        uv = WHOLE * np.array([0.25, 0.9], np.float32)
        corners, coordinates = np.concatenate([SQUARE, second]), np.concatenate([uv, uv + np.float32([0.7, 0.1])])
        building.mesh(building.primitive(corners, coordinates, np.concatenate([TWO, TWO + 4]), material))
        report = transfer_model(building.glb(tmp_path / "a.glb"), painted, tmp_path / "b.glb")
        result = picture_of(tmp_path / "b.glb").astype(int)
        # u = 0.25 on one side is texel 16, u = 0.7 on the other 44.8; v is 6.4 texels lower there
        rows = np.arange(4, 52)
        step = np.abs(result[rows, 15] - result[rows + 6, 45]).mean()
        farther = np.abs(result[rows, 8] - result[rows + 6, 53]).mean()
        assert report.seams == 1 and step < 0.5 * farther

    def test_tiles_stay_tiles(self, tmp_path, painted):
        y, x = np.mgrid[:64, :64] * (2 * np.pi / 64)
        waves = np.stack([np.sin(2 * x), np.cos(y), np.sin(x + y)], -1) * 80 + 128
        building = Building()
        material = building.material(building.texture(building.image(coded(waves.astype(np.uint8)))))
        building.mesh(building.primitive(SQUARE, WHOLE * 3, material=material))
        report = transfer_model(building.glb(tmp_path / "a.glb"), painted, tmp_path / "b.glb")
        result = picture_of(tmp_path / "b.glb").astype(float)
        across = np.abs(result[:, 0] - result[:, -1]).mean() / np.abs(np.diff(result, axis=1)).mean()
        assert report.pictures[0].tiled == (True, True) and across < 1.5

    def test_a_palette_gets_its_tone_alone(self, tmp_path, painted):
        swatches = np.kron(np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
        building = Building()
        material = building.material(building.texture(building.image(coded(swatches))))
        spots = np.repeat((np.arange(8)[:, None] + 0.5) / 8, 3, axis=0) * np.ones((1, 2))
        corners = np.random.default_rng(1).random((24, 3))
        building.mesh(building.primitive(corners, spots, np.arange(24, dtype=np.uint16), material))
        report = transfer_model(building.glb(tmp_path / "a.glb"), painted, tmp_path / "b.glb")
        assert report.pictures[0].brush == 0 and "tone alone" in str(report)
        result = picture_of(tmp_path / "b.glb")
        assert np.ptp(result[3:5, 3:5].reshape(-1, 3), axis=0).max() == 0


def test_coding_is_as_fine_as_seams_need(tmp_path, painted, monkeypatch):
    """Both sides of a seam are coded apart; where that would show, the picture is coded better than usual."""
    noisy = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    noisy[:, :32] = noisy[:, 32:] // 16 * 16  # both sides are alike, and not the same
    building = Building()
    image = building.image(coded(noisy, "JPEG", quality=100, subsampling=0), "image/jpeg")
    corners = np.concatenate([SQUARE, SQUARE + np.float32([1, 0, 0])])
    half = WHOLE * np.float32([0.5, 1])
    coordinates = np.concatenate([half[[1, 0, 3, 2]], half + np.float32([0.5, 0])])
    material = building.material(building.texture(image))
    building.mesh(building.primitive(corners, coordinates, np.concatenate([TWO, TWO + 4]), material))
    source = building.glb(tmp_path / "a.glb")

    def size(quality, rougher):
        monkeypatch.setattr(coding, "ROUGHER", rougher)
        transfer_model(source, painted, tmp_path / "b.glb", quality=quality, overwrite=True)
        return len(viewed(tmp_path / "b.glb", 0))

    assert size(None, 0) == size(100, 1) > size(None, 1e9) == size(95, 0) > size(40, 0)


def test_random_damage_is_told_or_does_no_harm(tmp_path, graded):
    rng = np.random.default_rng(0)
    whole = np.frombuffer(rich(coded(PHOTO[::4, ::4].copy())).glb(tmp_path / "a.glb").read_bytes(), np.uint8)
    for _ in range(60):
        broken = whole.copy()
        places = rng.integers(0, len(broken), rng.integers(1, 4))
        broken[places] = rng.integers(0, 256, len(places))
        (tmp_path / "a.glb").write_bytes(
            broken[: rng.choice([len(broken), rng.integers(1, len(broken))], p=[0.8, 0.2])]
        )
        try:
            transfer_model(tmp_path / "a.glb", graded, tmp_path / "b.glb", overwrite=True)
        except PinxitError as error:
            assert "\n" not in str(error)
