"""Painting: what its settings promise, tiles that equal the whole, and pictures of any size."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage import data

from pinxit.color import LUMA, srgb_to_lab, unit_float
from pinxit.engines import painting as engine
from pinxit.engines.painting import Painting, tiles
from pinxit.learning.texture import read_texture
from pinxit.networks.adaptive import SharedStatistics
from pinxit.networks.generator import STRIDE

PHOTO = np.ascontiguousarray(data.astronaut()[:192:2, 100:300:2])
DRAWN = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])

EDGE = engine._EDGE


@pytest.fixture
def painting(tiny):
    return Painting(read_texture([DRAWN], tiny.painter, tiny.eye, tiny.version))


def random_picture(height, width, seed=0):
    """Bright at one side and rough at the other, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    slope = np.linspace(0, 1, width)[None, :, None]
    noise = rng.random((height, width, 3)) - 0.5
    return np.rint(255 * (0.2 + 0.6 * slope + 0.6 * noise * (1 - slope)).clip(0, 1)).astype(np.uint8)


def colour_distance(a, b):
    """Sliced distance of colours: mean over directions and ranks of what separates sorted projections."""
    axes = np.random.default_rng(1).normal(size=(3, 24))
    axes /= np.linalg.norm(axes, axis=0)
    ranks = np.linspace(0, 1, 101)
    ordered = [np.quantile(unit_float(x).reshape(-1, 3) @ axes, ranks, axis=0) for x in (a, b)]
    return float(np.abs(ordered[0] - ordered[1]).mean())


def structure(array):
    """Lightness without its mean and spread."""
    luma = unit_float(array) @ np.asarray(LUMA)
    return (luma - luma.mean()) / luma.std()


class TestColours:
    def test_no_tone_and_no_texture_is_the_very_picture(self, painting):
        assert np.array_equal(painting.apply(PHOTO, tone=0, texture=0), unit_float(PHOTO))

    def test_without_texture_equal_colours_stay_equal(self, painting):
        rng = np.random.default_rng(2)
        colours = rng.integers(0, 256, (40, 3), np.uint8)
        places = rng.integers(0, 40, (70, 90))
        for settings in ({}, {"tone": 0.5}, {"tone": 2.0}):
            result = painting.apply(colours[places], texture=0, **settings)
            for number in range(40):
                assert len(np.unique(result[places == number], axis=0)) == 1

    def test_without_texture_neighbours_do_not_count(self, painting):
        """The same pixels in a picture that is turned upside down get the same colours, turned."""
        upright = painting.apply(PHOTO, texture=0)
        turned = painting.apply(np.ascontiguousarray(PHOTO[::-1, ::-1]), texture=0)
        assert np.abs(turned[::-1, ::-1] - upright).mean() < 0.01

    def test_colours_become_those_of_the_palette(self, painting):
        result = painting.apply(PHOTO, texture=0)
        before, after = (colour_distance(x, DRAWN) for x in (PHOTO, result))
        assert before > 0.05 and after < 0.25 * before

    def test_one_colour_in_the_palette_leaves_no_other(self, tiny):
        one = np.array([[0.7, 0.3, 0.2]], np.float32)
        texture = read_texture([DRAWN], tiny.painter, tiny.eye, tiny.version)
        plain = Painting(replace(texture, palettes=one[None]))
        result = plain.apply(np.ascontiguousarray(PHOTO), texture=0)
        assert np.abs(result - one[0]).mean() < 0.03

    def test_tone_is_a_share_of_the_way(self, painting):
        whole, half = (painting.apply(PHOTO, texture=0, tone=share) for share in (1.0, 0.5))
        assert np.abs(half - (unit_float(PHOTO) + whole) / 2).max() < 1e-5

    def test_texture_is_a_share_of_the_strokes(self, painting):
        none, half, whole = (painting.apply(PHOTO, texture=share) for share in (0.0, 0.5, 1.0))
        inside = (whole > 0) & (whole < 1)
        assert np.abs(half - (none + whole) / 2)[inside].max() < 1e-5
        assert np.abs(whole - none).mean() > 0.02, "strokes show"

    def test_kept_colours_keep_their_chroma(self, painting):
        lab = srgb_to_lab(PHOTO)
        kept, free = (srgb_to_lab(painting.apply(PHOTO, keep_colours=keep)) - lab for keep in (True, False))
        assert np.abs(kept[..., 1:]).mean() < 1.5 and np.abs(free[..., 1:]).mean() > 5
        assert np.abs(kept[..., 0]).mean() > 1, "lightness is painted"

    def test_kept_colours_change_all_channels_alike(self, painting):
        change = painting.apply(PHOTO, keep_colours=True, tone=2.0) - unit_float(PHOTO)
        inside = ((change + unit_float(PHOTO) > 0) & (change + unit_float(PHOTO) < 1)).all(2)
        assert np.ptp(change[inside], axis=1).max() < 1e-5
        assert np.array_equal(painting.apply(PHOTO, keep_colours=True, texture=0), unit_float(PHOTO))


class TestStrokes:
    def test_brush(self, painting):
        none, one, two, half = (painting.apply(PHOTO, brush=brush) for brush in (None, 1.0, 2.0, 0.5))
        assert np.array_equal(none, one) and one.shape == two.shape == half.shape == PHOTO.shape
        assert np.abs(one - two).mean() > 0.005 and np.abs(one - half).mean() > 0.005

    def test_strokes_grow_with_large_pictures(self, painting, monkeypatch):
        two = painting.apply(PHOTO, brush=2.0)
        monkeypatch.setattr(engine, "LONGEST", max(PHOTO.shape) // 2)
        assert np.array_equal(painting.apply(PHOTO), two)

    def test_variation_is_told_by_its_seed(self, painting):
        plain = painting.apply(PHOTO)
        assert np.array_equal(painting.apply(PHOTO, seed=3), plain)
        first, again, other = (painting.apply(PHOTO, variation=0.5, seed=seed) for seed in (1, 1, 2))
        assert np.array_equal(first, again)
        assert np.abs(first - plain).mean() > 1e-3 and np.abs(first - other).mean() > 1e-3

    def test_variation_leaves_the_random_numbers_of_others_alone(self, painting):
        torch.manual_seed(4)
        wanted = torch.rand(3)
        torch.manual_seed(4)
        painting.apply(PHOTO, variation=1.0)
        assert torch.equal(torch.rand(3), wanted)

    def test_depths_are_painted_alike(self, painting):
        results = [painting.apply(x) for x in (PHOTO, PHOTO.astype(np.uint16) * 257, unit_float(PHOTO))]
        for result in results:
            assert result.dtype == np.float32 and result.min() >= 0 and result.max() <= 1
            assert np.abs(result - results[0]).max() < 1e-3


class Recorder(torch.nn.Module):
    """Notes what a generator is given."""

    def __init__(self, generator):
        super().__init__()
        self.generator, self.calls = generator, []

    def forward(self, pixels, code, statistics=None):
        self.calls.append((tuple(pixels.shape), statistics))
        return self.generator(pixels, code, statistics)


class TestTiles:
    @pytest.mark.parametrize("size", [(1, 1), (63, 64), (64, 200), (130, 65), (257, 300)])
    def test_every_pixel_belongs_to_one_tile(self, size):
        seen = np.zeros(size, int)
        numbers = np.arange(size[0] * size[1]).reshape(size)
        for outer, inner, place in tiles(*size, side=64, halo=16):
            seen[place] += 1
            assert np.array_equal(numbers[outer][inner], numbers[place])
            for out, own, length in zip(outer, place, size, strict=True):
                assert out.start == max(0, own.start - 16) and out.stop == min(length, own.stop + 16)
        assert (seen == 1).all()

    @pytest.mark.parametrize("size", [(150, 420), (301, 187)])
    def test_tiles_equal_the_whole(self, painting, monkeypatch, size):
        pixels = torch.from_numpy(unit_float(random_picture(*size)).transpose(2, 0, 1).copy())[None]
        for name, value in {
            "WHOLE": 0,
            "SAMPLED": 21_000,
            "_SAMPLE": 48,
            "tiles": partial(tiles, side=8 * STRIDE),
        }.items():
            monkeypatch.setattr(engine, name, value)
        painting.generator = recorder = Recorder(painting.generator)
        painted = painting.paint(pixels, painting.code, precise=True)
        (samples, measured), *tiled = recorder.calls
        assert len(tiled) > 10 and samples[0] == 9 and measured.pooled and all(shared.given for _, shared in tiled)
        around = F.pad(pixels, (EDGE,) * 4, mode="reflect")
        with torch.inference_mode():
            handed = SharedStatistics(measured.moments, given=True)
            whole = recorder.generator(around, painting.code, handed)[:, :, EDGE:-EDGE, EDGE:-EDGE]
            alone = recorder.generator(around, painting.code)[:, :, EDGE:-EDGE, EDGE:-EDGE]
        assert painted.shape == pixels.shape and (painted - whole).abs().max() < 1e-4
        assert (alone - whole).abs().max() > 1e-2, "statistics matter"

    def test_small_pictures_are_painted_whole(self, painting):
        painting.generator = recorder = Recorder(painting.generator)
        pixels = torch.rand(1, 3, 50, 60, generator=torch.Generator().manual_seed(0))
        found = painting.paint(pixels, painting.code, precise=True)
        assert recorder.calls == [((1, 3, 50 + 2 * EDGE, 60 + 2 * EDGE), None)]
        with torch.inference_mode():
            wanted = recorder.generator(F.pad(pixels, (EDGE,) * 4, mode="reflect"), painting.code)
        assert torch.equal(found, wanted[:, :, EDGE:-EDGE, EDGE:-EDGE])

    def test_samples_tell_nearly_what_the_whole_would(self, painting, monkeypatch):
        pixels = torch.from_numpy(unit_float(data.astronaut()).transpose(2, 0, 1).copy())[None]
        whole = painting.paint(pixels, painting.code, precise=True)
        for name, value in {"WHOLE": 0, "SAMPLED": 150_000, "_SAMPLE": 128}.items():
            monkeypatch.setattr(engine, name, value)
        tiled = painting.paint(pixels, painting.code, precise=True)

        assert 0 < (tiled - whole).abs().mean() < 0.25 * (whole - pixels).abs().mean()


class TestSizes:
    @pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (17, 17), (16, 15), (1, 40)])
    @pytest.mark.parametrize("settings", [{}, {"brush": 4.0}, {"keep_colours": True}], ids=str)
    def test_tiny_pictures(self, painting, size, settings):
        result = painting.apply(random_picture(*size), **settings)
        assert result.shape == (*size, 3) and np.isfinite(result).all()
        assert result.min() >= 0 and result.max() <= 1

    @pytest.mark.parametrize("value", [0, 128, 255])
    def test_flat_pictures(self, painting, value):
        result = painting.apply(np.full((40, 30, 3), value, np.uint8))
        assert np.isfinite(result).all() and result.min() >= 0 and result.max() <= 1

    def test_a_very_long_strip(self, painting):
        painting.generator = recorder = Recorder(painting.generator)
        strip = np.tile(random_picture(40, 1000), (1, 20, 1))
        result = painting.apply(strip)
        assert result.shape == (40, 20000, 3) and np.isfinite(result).all()
        passed = sum(np.prod(shape) // 3 for shape, _ in recorder.calls)
        assert passed < strip.size / 3  # painted smaller, borders and all

    def test_a_very_long_strip_in_tiles(self, painting):
        painting.generator = recorder = Recorder(painting.generator)
        pixels = torch.from_numpy(unit_float(random_picture(12, 6000)).transpose(2, 0, 1).copy())[None]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine, "WHOLE", 0)
            painted = painting.paint(pixels, painting.code)
        assert painted.shape == pixels.shape and torch.isfinite(painted).all()
        most = max(shape[2] * shape[3] for shape, _ in recorder.calls[1:])
        assert most <= (12 + 64) * (768 + 256)


def test_the_shipped_painter_paints():
    from pinxit.networks.weights import eye, painter, painter_version

    shipped = Painting(read_texture([DRAWN], painter(), eye(), painter_version()))
    result = shipped.apply(PHOTO)
    assert colour_distance(result, DRAWN) < 0.5 * colour_distance(PHOTO, DRAWN)
    assert np.corrcoef(structure(PHOTO).ravel(), structure(result).ravel())[0, 1] > 0.5
