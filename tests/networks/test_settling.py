"""Settling: pictures get the colours and bands of their references, and gradients find their way through."""

import numpy as np
import pytest
import torch
from skimage import data

from pinxit.networks.bands import opponent, split_bands
from pinxit.networks.settling import Settling, cloud, picture_quantiles

PHOTOS = [data.astronaut()[:256, 100:356], data.chelsea()[40:296, 100:356]]
WORKS = [data.immunohistochemistry()[:256, :256], data.coffee()[100:356, 200:456]]


def batch(arrays):
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float() / 255


@pytest.fixture
def settled():
    pixels, works = batch(PHOTOS), batch(WORKS)
    maps = Settling(pixels, cloud(works), picture_quantiles(works, 5))
    return pixels, works, maps


def sorted_distance(a, b):
    """Mean distance of equal ranks of every channel, (B, 3) each of its own order."""
    return (a.flatten(2).sort(2).values - b.flatten(2).sort(2).values).abs().mean(2)


def test_colours_become_those_of_each_reference(settled):
    pixels, works, maps = settled
    before, after = (sorted_distance(x, works) for x in (pixels, maps(pixels)))
    assert (after < 0.6 * before).all()


def test_bands_become_those_of_each_reference(settled):
    pixels, works, maps = settled
    split = [split_bands(opponent(x), 5)[:3] for x in (pixels, maps(pixels), works)]
    for own, result, wanted in zip(*split, strict=True):
        before, after = sorted_distance(own, wanted).mean(), sorted_distance(result, wanted).mean()
        assert after < 0.7 * before


def test_pictures_do_not_see_each_other(settled):
    pixels, works, maps = settled
    alone = Settling(pixels[1:], cloud(works)[1:], picture_quantiles(works[1:], 5))(pixels[1:])
    assert torch.allclose(alone[0], maps(pixels)[1], atol=1e-5)


def test_what_is_there_already_hardly_changes():
    pixels = batch(PHOTOS)
    same = Settling(pixels, cloud(pixels), picture_quantiles(pixels, 5))(pixels)
    assert (same - pixels).abs().mean() < 0.01


def test_gradients_are_those_of_small_steps(settled):
    """The maps are held fixed; they are lines with corners, so small steps agree with gradients but for the corners."""
    pixels, _, maps = settled
    way = torch.randn(pixels.shape, generator=torch.Generator().manual_seed(1)) * 3e-4
    real = (maps(pixels + way) - maps(pixels - way)) / 2
    _, told = torch.autograd.functional.jvp(maps, pixels, way)
    assert torch.corrcoef(torch.stack([real.flatten(), told.flatten()]))[0, 1] > 0.9
    assert told.norm().item() == pytest.approx(real.norm().item(), rel=0.15)


def test_in_half_precision_it_is_as_exact(settled):
    pixels, works, maps = settled
    with torch.autocast("cpu", torch.bfloat16):
        half = Settling(pixels, cloud(works), picture_quantiles(works, 5))(pixels)
    assert half.dtype == torch.float32 and torch.allclose(half, maps(pixels), atol=1e-6)


@pytest.mark.parametrize("size", [(16, 16), (33, 47), (64, 200)])
def test_cloud_and_quantiles_of_any_size(size):
    pixels = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    colours = cloud(pixels)
    assert colours.shape[::2] == (2, 3) and min(64, size[0] * size[1]) <= colours.shape[1]
    known = {tuple(c) for c in pixels[0].flatten(1).T.tolist()}
    assert all(tuple(c) in known for c in colours[0].tolist())
    found = picture_quantiles(pixels, 3, 9)
    assert found.shape == (2, 3, 3, 9) and (found.diff(dim=3) >= 0).all()
    finest = split_bands(opponent(pixels), 3)[0][1, 2]
    assert found[1, 0, 2, 0] == finest.min() and found[1, 0, 2, -1] == finest.max()
