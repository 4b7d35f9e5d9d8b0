"""Bands of a picture: taken apart, put together and matched."""

import numpy as np
import pytest
import torch

from pinxit.networks.bands import BANDS, LEVELS, band_quantiles, join_bands, match_bands, split_bands

CLOSE = 1 / 1020
"""A quarter of an 8-bit level: bands are mapped by a table of so fine steps that all of them together stay under it."""


OPPONENT = np.linalg.qr([[0.299, 1, 0.5], [0.587, -1, 0.5], [0.114, 0, -1]])[0]
OPPONENT = torch.from_numpy(OPPONENT * np.sign(OPPONENT.sum(0) + 1e-6)).float()
"""Lightness, red-green and blue-yellow, one after another made orthonormal; columns are axes."""


def opposed(x):
    return torch.einsum("bchw,ca->bahw", x, OPPONENT)


def in_rgb(x):
    return torch.einsum("bahw,ca->bchw", x, OPPONENT)


def pictures(height=32, width=32, count=1, seed=0):
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(32, 32), (33, 47), (61, 64), (100, 31), (7, 5), (1, 9)])
def test_joined_again(size):
    x = pictures(*size, count=2)
    bands = split_bands(x)
    assert len(bands) == BANDS + 1 and bands[0].shape == x.shape
    assert (join_bands(bands) - x).abs().max() < 1e-6


def test_sizes_halve_and_round_up():
    assert [tuple(b.shape[2:]) for b in split_bands(pictures(33, 47), 3)] == [(33, 47), (17, 24), (9, 12), (5, 6)]


def test_flat_pictures_have_no_details():
    bands = split_bands(torch.full((1, 3, 37, 50), 0.3))
    assert all(b.abs().max() < 1e-6 for b in bands[:-1])
    assert torch.allclose(bands[-1], torch.tensor(0.3))


@pytest.mark.parametrize("octave", range(4))
def test_checks_are_found_in_their_octave(octave):
    side = 2**octave
    row = torch.arange(64).div(side, rounding_mode="floor")
    checks = ((row[:, None] + row[None]) % 2).float().expand(1, 3, 64, 64)
    power = [b.square().mean().item() for b in split_bands(checks)[:-1]]
    assert np.argmax(power) == octave


def test_quantiles_against_numpy():
    x = pictures(24, 30, count=2)
    found = band_quantiles(x, bands=3, levels=9)
    assert found.shape == (3, 3, 9) and band_quantiles(x).shape == (BANDS, 3, LEVELS)
    for band, seen in zip(split_bands(opposed(x), 3)[:-1], found, strict=True):
        for channel in range(3):
            values = np.sort(band[:, channel].numpy().ravel())
            wanted = [values[round(i * (len(values) - 1) / 8)] for i in range(9)]
            assert seen[channel].numpy() == pytest.approx(wanted, abs=float(np.diff(values).max()))
            assert seen[channel][[0, -1]].numpy() == pytest.approx(values[[0, -1]], abs=1e-6)


def test_quantiles_of_a_large_picture_are_nearly_those_of_all_its_pixels():
    x = pictures(311, 407)
    values = split_bands(opposed(x))[0][0, 0].flatten().double().numpy()
    at = np.linspace(0, 1, LEVELS)[4:-4]
    assert band_quantiles(x)[0, 0, 4:-4].numpy() == pytest.approx(np.quantile(values, at), abs=0.02)


@pytest.mark.parametrize("size", [(32, 32), (45, 70)])
def test_own_quantiles_change_nothing(size):
    x = pictures(*size)
    own = band_quantiles(x)
    assert (match_bands(x, own, own) - x).abs().max() < 1e-5


def stretched(x, gain):
    """Contrast around every channel's mean: of a 32 x 32 picture, 5 octaves scaled and the rest kept."""
    mean = x.mean((2, 3), keepdim=True)
    return mean + gain * (x - mean)


@pytest.mark.parametrize("gain", [0.0, 0.4, 1.7, 2.0])
def test_a_gain_is_recovered(gain):
    x = pictures()
    own = band_quantiles(x)
    moved = match_bands(x, own, band_quantiles(stretched(x, gain)))
    assert (moved - stretched(x, gain)).abs().max() < CLOSE


def test_gains_are_limited():
    x = pictures()
    own = band_quantiles(x)
    assert (match_bands(x, own, 10 * own) - stretched(x, 2.0)).abs().max() < CLOSE
    assert (match_bands(x, own, 10 * own, most=4.0) - stretched(x, 4.0)).abs().max() < CLOSE


@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_strength_goes_between(strength):
    x = pictures()
    own = band_quantiles(x)
    moved = match_bands(x, own, 1.8 * own, strength=strength)
    assert (moved - stretched(x, 1 + 0.8 * strength)).abs().max() < CLOSE


def test_one_band_of_one_axis_alone():
    x = pictures()
    own = band_quantiles(x)
    wanted = own.clone()
    wanted[1, 2] *= 2
    moved = match_bands(x, own, wanted)
    assert opposed(moved - x)[:, :2].abs().max() < 1e-5
    bands = split_bands(opposed(x))
    bands[1] = bands[1].clone()
    bands[1][:, 2] *= 2
    assert (moved - in_rgb(join_bands(bands))).abs().max() < CLOSE


def test_another_hand_is_reached_and_the_order_of_values_stays():
    x, other = pictures(64, 64), pictures(64, 64, seed=1) ** 4
    own, wanted = band_quantiles(x), band_quantiles(other)
    moved = match_bands(x, own, wanted, most=100.0)
    before, after = split_bands(opposed(x)), split_bands(opposed(moved))
    for channel in range(3):
        a, b = before[0][0, channel].flatten(), after[0][0, channel].flatten()
        assert np.corrcoef(a, b)[0, 1] > 0.8
    reached = (band_quantiles(moved)[0] - wanted[0]).abs().mean()
    assert reached < 0.4 * (own[0] - wanted[0]).abs().mean()


def test_flat_pictures_stay_flat():
    flat = torch.full((1, 3, 40, 40), 0.6)
    moved = match_bands(flat, band_quantiles(flat), band_quantiles(pictures(40, 40)))
    assert (moved - 0.6).abs().max() < 1e-4


def test_pictures_of_a_batch_are_moved_alike():
    x, other = pictures(40, 30, count=2), pictures(seed=3)
    own, wanted = band_quantiles(x), band_quantiles(other)
    together = match_bands(x, own, wanted)
    assert torch.allclose(together[1:], match_bands(x[1:], own, wanted), atol=1e-6)
