"""The sphere and its pictures: directions and colours against closed forms and another program."""

import numpy as np
import py360convert
import pytest
from spheres import eight_bits, looks, rough, smooth

from pinxit.panoramas.sphere import Equirectangular, resampled, rotation, solid_angles, turned

ANYWHERE = np.random.default_rng(0).normal(size=(2000, 3))
ANYWHERE = (ANYWHERE / np.linalg.norm(ANYWHERE, axis=1, keepdims=True)).astype(np.float32)
NEAR_POLES = np.array([[1e-3, 1, 2e-3], [-2e-3, 1, 0], [0, -1, 0], [1e-4, -1, -1e-4]], np.float32)
BEHIND = np.array([[1e-4, 0.3, -1], [-1e-4, 0.3, -1], [0, -0.2, -1]], np.float32)


def test_directions_of_pixels():
    found = Equirectangular(12, 24).directions(slice(None))
    assert np.allclose(found, looks(12, 24), atol=1e-6)
    assert np.allclose(Equirectangular(12, 24).directions(slice(5, 8)), looks(12, 24)[5:8], atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_colours_in_any_direction(dtype):
    """Also at the poles and across the left and right edge, where a plain interpolation would see nothing."""
    array = smooth(looks(64, 128))
    unit = np.iinfo(dtype).max if dtype != np.float32 else 1
    array = np.rint(array * unit).astype(dtype) if unit > 1 else array.astype(dtype)
    for directions in (ANYWHERE, NEAR_POLES, BEHIND):
        directions = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        found = Equirectangular(64, 128).reader(array)(directions)
        assert np.abs(found - smooth(directions)).max() < (0.004 if dtype == np.uint8 else 0.001)


def test_the_picture_itself_comes_back():
    array, surface = rough(32, 64), Equirectangular(32, 64)
    assert np.abs(resampled(array, surface, surface) * 255 - array).max() < 0.1


def test_against_another_program():
    """A perspective view, which py360convert draws by bilinear interpolation."""
    array, side = rough(256, 512), 96
    wanted = py360convert.e2p(array, fov_deg=80, u_deg=35, v_deg=20, out_hw=(side, side), mode="bilinear")
    reach = np.tan(np.radians(40))
    across = np.linspace(-reach, reach, side)
    right, down = np.meshgrid(across, across)
    local = np.stack([right, -down, np.ones_like(right)], -1)
    directions = (local / np.linalg.norm(local, axis=-1, keepdims=True)) @ rotation(yaw=35, pitch=20).T
    found = Equirectangular(256, 512).reader(array)(directions.reshape(-1, 3).astype(np.float32)) * 255
    assert np.abs(found.reshape(side, side, 3) - wanted).mean() < 1.0


def test_a_quarter_turn_is_a_shift():
    array = rough(32, 64)
    assert np.abs(turned(array, rotation(yaw=90)) * 255 - np.roll(array, -16, axis=1)).max() < 0.1


def test_turns():
    ahead = np.array([0, 0, 1.0])
    assert np.allclose(rotation(yaw=90) @ ahead, [1, 0, 0])
    assert np.allclose(rotation(pitch=90) @ ahead, [0, 1, 0])
    assert np.allclose(rotation(yaw=90, pitch=30) @ ahead, [np.cos(np.pi / 6), 0.5, 0])
    assert np.allclose(rotation(roll=90) @ [1, 0, 0], [0, 1, 0])
    turn = rotation(30, 40, 50)
    assert np.allclose(turn @ turn.T, np.eye(3)) and np.isclose(np.linalg.det(turn), 1)


def test_a_tilted_picture():
    turn = rotation(yaw=20, pitch=50, roll=10)
    wanted = smooth(looks(64, 128) @ turn.T)
    assert np.abs(turned(eight_bits(smooth(looks(64, 128))), turn) - wanted).max() < 0.006


@pytest.mark.parametrize("left", [10, 50])
def test_a_part_of_the_sphere(left):
    """The second part goes on beyond the right edge of the whole."""
    whole = smooth(looks(32, 64)).astype(np.float32)
    part = np.ascontiguousarray(np.roll(whole, -left, axis=1)[8:24, :30])
    surface = Equirectangular(16, 30, (32, 64), top=8, left=left)
    directions = surface.directions(slice(None))
    assert np.abs(smooth(directions) - part).max() < 1e-5
    inner = directions[3:-3, 3:-3].reshape(-1, 3)
    assert np.abs(surface.reader(part)(inner) - smooth(inner)).max() < 1e-3
    # What it does not show is its nearest pixel.
    above = (surface.looks(np.array([-3.0]), np.array([12.0]))).astype(np.float32)
    assert np.abs(surface.reader(part)(above) - part[0, 12]).max() < 0.01


def test_squeezed_pictures_have_the_density_of_their_finer_side():
    assert np.isclose(Equirectangular(64, 128).density, 64 / np.pi)
    assert np.isclose(Equirectangular(64, 64).density, 64 / np.pi)
    assert np.isclose(Equirectangular(32, 128).density, 64 / np.pi)
    found = Equirectangular(64, 64).reader(smooth(looks(64, 64)).astype(np.float32))(ANYWHERE)
    assert np.abs(found - smooth(ANYWHERE)).max() < 2e-3


def test_reading_coarsely_averages():
    """Detail finer than what is asked for is gone, and places stay where they are."""
    fine = smooth(looks(64, 128)) + 0.2 * (np.indices((64, 128)).sum(0) % 2 - 0.5)[..., None]
    surface = Equirectangular(64, 128)
    found = surface.reader(fine.astype(np.float32), surface.density / 4)(ANYWHERE)
    away = np.abs(found - smooth(ANYWHERE))[np.abs(ANYWHERE[:, 1]) < 0.9]
    assert away.max() < 0.03


def test_solid_angles_sum_to_the_sphere():
    weight = solid_angles(Equirectangular(32, 64))
    assert np.isclose(weight.sum() * 64, 1) and np.isclose(weight[0], weight[-1])
    assert np.isclose(weight[:16].sum() * 64, 0.5) and weight[0] < 0.06 * weight[15]
