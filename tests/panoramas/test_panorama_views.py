"""Views of the sphere: even, keeping angles, and giving back what was seen."""

import numpy as np
import pytest
from spheres import eight_bits, looks, smooth

from pinxit.panoramas.kernels import MOST, interpolate, nearest_views
from pinxit.panoramas.sphere import Equirectangular
from pinxit.panoramas.views import EVEN, FEATHER, Views, corners, kept, stereographic

ANYWHERE = np.random.default_rng(1).normal(size=(5000, 3))
ANYWHERE = (ANYWHERE / np.linalg.norm(ANYWHERE, axis=1, keepdims=True)).astype(np.float32)


def test_corners_are_an_icosahedron():
    cosines = corners() @ corners().T
    np.fill_diagonal(cosines, -1)
    assert np.allclose(np.sort(cosines, axis=1)[:, -5:], 5**-0.5), "five neighbours, all as near"


def test_axes_of_views():
    for turn, corner in zip(Views(50).turns, corners(), strict=True):
        assert np.allclose(turn @ turn.T, np.eye(3)) and np.isclose(np.linalg.det(turn), 1)
        assert np.allclose(turn[:, 2], corner)


def test_a_stereographic_picture_keeps_angles_and_nearly_sizes():
    """Steps to the right and down are as long as each other and square to each other, by 1 / cos(angle / 2)^2."""
    views = Views(60.0)
    looked = stereographic(views.side, views.scale, np.eye(3)).astype(np.float64)
    right, down = looked[:-1, 1:] - looked[:-1, :-1], looked[1:, :-1] - looked[:-1, :-1]
    lengths = [np.linalg.norm(step, axis=-1) for step in (right, down)]
    middle = (looked[:-1, :-1] + looked[1:, 1:]) / 2
    angle = np.arccos((middle / np.linalg.norm(middle, axis=-1, keepdims=True))[..., 2])
    wanted = np.cos(angle / 2) ** 2 / views.scale
    assert np.abs(lengths[0] / wanted - 1).max() < 6e-3 and np.abs(lengths[1] / wanted - 1).max() < 6e-3
    assert np.abs((right * down).sum(-1) / wanted**2).max() < 6e-3
    which, shares, _ = nearest_views(ANYWHERE, views.turns, FEATHER)
    counted = shares[0] > 0
    ahead = np.einsum("pi,pi->p", ANYWHERE, corners()[which[0]])[counted]
    scale = (1 / np.cos(np.arccos(ahead.clip(-1, 1)) / 2) ** 2) / EVEN
    assert scale.min() > 0.95 and scale.max() < 1.12


def test_shares():
    which, shares, places = nearest_views(ANYWHERE, Views(50).turns, FEATHER)
    assert shares.shape == (MOST, len(ANYWHERE)) and np.allclose(shares.sum(0), 1, atol=1e-6)
    cosines = ANYWHERE @ corners().T
    largest = np.sort(cosines, axis=1)[:, ::-1]
    alone = largest[:, 0] - largest[:, 1] > FEATHER
    assert 0.5 < alone.mean() < 1 and (shares[:, alone].max(0) == 1).all()
    best = np.take_along_axis(which, shares.argmax(0)[None], 0)[0]
    apart = largest[:, 0] - largest[:, 1] > 1e-4
    assert (best == cosines.argmax(1))[apart].all()
    local = np.einsum("pi,pij->pj", ANYWHERE, Views(50).turns[which[0]])
    assert np.allclose(places[0], local[:, :2] / (1 + local[:, 2:]), atol=1e-5)


@pytest.mark.parametrize("density", [8.0, 40.0, 163.0])
def test_nothing_is_taken_from_the_border_of_a_view(density):
    views = Views(density)
    _, shares, places = nearest_views(ANYWHERE, views.turns, FEATHER)
    away = np.abs(places[shares > 0]) * 2 * views.scale
    assert away.max() < views.side / 2 - 10


def test_what_is_seen_comes_back():
    views, surface = Views(40.0), Equirectangular(64, 128)
    read = surface.reader(eight_bits(smooth(looks(64, 128))))
    stack = np.stack([kept(views.seen(number, read)) for number in range(12)])
    assert np.abs(views.gathered(stack, ANYWHERE) - smooth(ANYWHERE)).max() < 0.006


def test_up_in_a_view_is_north():
    views = Views(40.0)
    for number in range(1, 11):
        looked = views.directions(number, slice(None))
        middle = views.side // 2
        assert looked[0, middle, 1] > looked[-1, middle, 1]
        assert np.cross(looked[middle, middle], looked[middle, -1])[1] > 0, "right is to the right"


def test_views_that_a_part_needs():
    views = Views(40.0)
    assert views.needed(Equirectangular(64, 128)) == list(range(12))
    assert views.needed(Equirectangular(4, 128, (64, 128))) == [0]
    assert views.needed(Equirectangular(4, 4, (64, 128), top=30, left=62)) != list(range(12))


def test_kept_numbers():
    values = np.array([-1, -0.25, 0, 1e-4, 1.0], np.float32)
    assert np.abs(kept(values) / 16384 - values).max() < 5e-5
    assert kept(np.array([5.0, -5.0])).tolist() == [32767, -32768]


def test_cubics_are_exact_for_parabolas():
    rows, columns = np.indices((12, 15))
    image = (0.3 * rows**2 - 0.2 * columns**2 + 0.1 * rows * columns + 2)[None, ..., None].astype(np.float32)
    at = np.random.default_rng(2).uniform(2, 9, (2, 50)).astype(np.float32)
    wanted = 0.3 * at[0] ** 2 - 0.2 * at[1] ** 2 + 0.1 * at[0] * at[1] + 2
    assert np.abs(interpolate(image, at[0], at[1])[:, 0] - wanted).max() < 1e-4


def test_around_and_beyond():
    image = np.arange(24, dtype=np.float32).reshape(1, 4, 6, 1)
    zero = np.zeros(1, np.float32)
    assert interpolate(image, zero + 1, zero - 1, around=True)[0, 0] == 11
    assert interpolate(image, zero + 1, zero - 1)[0, 0] == 6
    assert interpolate(image, zero - 1, zero + 1, around=True, poles=(True, True))[0, 0] == 4
    assert interpolate(image, zero - 1, zero + 1, around=True)[0, 0] == 1
    assert interpolate(image, zero + 4, zero + 5, around=True, poles=(True, True))[0, 0] == 20
