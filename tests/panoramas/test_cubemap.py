"""Cubemaps: every layout against closed forms and another program, their files, and how they are painted."""

import numpy as np
import py360convert
import pytest
from PIL import Image
from spheres import eight_bits, rough, smooth

from pinxit.errors import InputError
from pinxit.panoramas.cubemap import FACES, Cubemap, face_files, layout_of, misfit, stacked, unstacked
from pinxit.panoramas.sphere import Equirectangular, resampled
from pinxit.panoramas.still import transfer_faces, transfer_panorama
from pinxit.panoramas.transfer import PanoramaPainter
from pinxit.picture import Picture

ANYWHERE = np.random.default_rng(0).normal(size=(2000, 3))
ANYWHERE = (ANYWHERE / np.linalg.norm(ANYWHERE, axis=1, keepdims=True)).astype(np.float32)


def face_of(name, size=32):
    """A face of the smooth sphere by OpenGL's table: s and t run over a face, t downwards."""
    s, t = np.meshgrid(*[2 * (np.arange(size) + 0.5) / size - 1] * 2)
    one = np.ones_like(s)
    x, y, z = {
        "+x": (one, -t, -s), "-x": (-one, -t, s), "+y": (s, one, t),
        "-y": (s, -one, -t), "+z": (s, -t, one), "-z": (-s, -t, -one),
    }[name]  # fmt: skip
    directions = np.stack([x, y, z], -1)
    return eight_bits(smooth(directions / np.linalg.norm(directions, axis=-1, keepdims=True)))


def drawn(grid, places, turned=(), size=32):
    """A cubemap with each face in its cell, some of them turned, and black elsewhere."""
    array = np.zeros((grid[0] * size, grid[1] * size, 3), np.uint8)
    for name, (row, column) in places.items():
        face = np.rot90(face_of(name, size), dict(turned).get(name, 0))
        array[row * size : (row + 1) * size, column * size : (column + 1) * size] = face
    return array


OPENGL = dict(zip(FACES, [(0, at) for at in range(6)], strict=True))
AROUND = dict(zip(("+z", "+x", "-z", "-x", "+y", "-y"), [(0, at) for at in range(6)], strict=True))
LAYOUTS = {
    "strip": drawn((1, 6), OPENGL),
    "strip, front first": drawn((1, 6), AROUND),
    "strip, top and bottom turned": drawn((1, 6), OPENGL, {"+y": 1, "-y": 3}),
    "column": drawn((6, 1), {name: place[::-1] for name, place in OPENGL.items()}),
    "wide cross": drawn(
        (3, 4), {"+y": (0, 1), "-x": (1, 0), "+z": (1, 1), "+x": (1, 2), "-z": (1, 3), "-y": (2, 1)}
    ),
    "high cross": drawn(
        (4, 3), {"+y": (0, 1), "-x": (1, 0), "+z": (1, 1), "+x": (1, 2), "-y": (2, 1), "-z": (3, 1)}, {"-z": 2}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_are_found_and_read(name):
    array = LAYOUTS[name]
    layout = layout_of(array)
    assert layout.shape == array.shape[:2]
    assert np.abs(layout.reader(array)(ANYWHERE) - smooth(ANYWHERE)).max() < 0.01
    directions = layout.directions(slice(None))
    empty = layout.empty(slice(None))
    assert np.array_equal(np.isnan(directions[..., 0]), empty) and not array[empty].any()
    assert np.abs(smooth(directions[~empty]) * 255 - array[~empty]).max() < 0.51
    assert np.array_equal(layout.directions(slice(3, 40)), directions[3:40], equal_nan=True)


def test_crosses_have_empty_cells():
    assert layout_of(LAYOUTS["wide cross"]).empty(slice(None)).mean() == 0.5
    assert not layout_of(LAYOUTS["strip"]).empty(slice(None)).any()


@pytest.mark.parametrize("layout", ["horizon", "dice"])
def test_against_another_program(layout):
    """py360convert puts the outermost pixels on the cube's edges, half a pixel from where others do."""
    panorama = rough(128, 256)
    array = py360convert.e2c(panorama, face_w=128, cube_format=layout)
    found = layout_of(array)
    mine = resampled(panorama, Equirectangular(128, 256), found) * 255
    assert np.abs(mine - array)[~found.empty(slice(None))].mean() < 1.5


def test_wrong_sides_fit_worse():
    right = layout_of(LAYOUTS["strip"])
    swapped = Cubemap(32, (1, 6), (*right.cells[1::-1], *right.cells[2:]))
    assert misfit(LAYOUTS["strip"], right) < 5 < misfit(LAYOUTS["strip"], swapped)


def test_a_cube_is_painted_like_the_sphere_that_it_is(engine):
    panorama, whole = rough(80, 160), Equirectangular(80, 160)
    cube = Cubemap.strip(40)
    array = eight_bits(resampled(panorama, whole, cube))
    painter = PanoramaPainter(engine, whole)
    wanted = resampled(painter(panorama), whole, cube)
    toned = resampled(painter.finished(panorama, None, 1.0), whole, cube)
    found = PanoramaPainter(engine, cube, painter.scene)(array) / 255
    assert np.abs(found - wanted).mean() < 0.4 * np.abs(toned - wanted).mean()


def test_empty_cells_stay_as_they_are(engine):
    picture = Picture.open(LAYOUTS["wide cross"])
    empty = layout_of(picture.array).empty(slice(None))
    for texture in (0.0, 1.0):
        result = transfer_panorama(picture, engine, projection="cubemap", texture=texture).array
        assert np.array_equal(result[empty], picture.array[empty])
        assert not np.array_equal(result[~empty], picture.array[~empty])


def test_six_files(engine, tmp_path):
    paths = []
    for name, word in zip(FACES, ("right", "left", "up", "down", "front", "back"), strict=True):
        paths.append(tmp_path / f"hall_{word}.png")
        Image.fromarray(face_of(name)).save(paths[-1])
    results = transfer_faces(paths[::-1], engine)
    assert set(results) == set(paths) and all(one.size == (32, 32) for one in results.values())
    column = np.concatenate([face_of(name) for name in FACES])
    wanted = transfer_panorama(Picture.open(column), engine, projection="cubemap").array
    assert np.abs(results[paths[4]].array.astype(int) - wanted[128:160]).mean() < 1


def test_names_of_faces(tmp_path):
    for words in (("px", "nx", "py", "ny", "pz", "nz"), ("right", "left", "top", "bottom", "front", "back")):
        found = face_files([tmp_path / f"Sky-{word.upper()}.png" for word in words])
        assert list(found) == list(FACES) and found["-y"].stem == f"Sky-{words[3].upper()}"
    with pytest.raises(InputError, match="6 files came, of which 5 are named as different faces"):
        face_files([f"{word}.png" for word in ("px", "nx", "py", "ny", "pz", "posz")])
    with pytest.raises(InputError, match="2 files came"):
        face_files(["px.png", "nx.png"])


def test_faces_of_several_depths():
    pictures = [Picture.open(face_of(name)) for name in FACES]
    assert stacked(pictures).dtype == np.uint8
    pictures[2] = Picture.open(face_of("+y").astype(np.uint16) * 257)
    faces = unstacked(stacked(pictures), pictures)
    assert faces[2].array.dtype == np.uint16 and np.array_equal(faces[2].array, pictures[2].array)
    assert np.array_equal(faces[5].array, pictures[5].array)


def test_wrong_sizes(engine):
    with pytest.raises(InputError, match="the picture is 100x70, and a cubemap has six square faces"):
        layout_of(np.zeros((70, 100, 3), np.uint8))
    with pytest.raises(InputError, match="faces of 8x8; 32 pixels or more"):
        layout_of(np.zeros((8, 48, 3), np.uint8))
    faces = [Picture.open(face_of(name)) for name in FACES]
    with pytest.raises(InputError, match="faces of 32x16, 32x32 came"):
        stacked([*faces[:5], Picture.open(face_of("-z")[:16])])
    with pytest.raises(InputError, match="faces of 16x16 came"):
        stacked([Picture.open(face_of(name, 16)) for name in FACES])
    with pytest.raises(InputError, match="stereo 'top-bottom' came with the projection 'cubemap'"):
        transfer_panorama(faces[0], engine, projection="cubemap", stereo="top-bottom")


def test_the_sphere_from_a_coarser_cube():
    """What is read at a lower density is averaged, and stays in its place."""
    layout = layout_of(LAYOUTS["column"])
    found = layout.reader(LAYOUTS["column"], layout.density / 2)(ANYWHERE)
    assert np.abs(found - smooth(ANYWHERE)).max() < 0.02
