"""Generator: a tile with the whole picture's statistics is a part of the whole picture."""

import pytest
import torch

from pinxit.errors import ShapeError
from pinxit.networks.adaptive import SharedStatistics
from pinxit.networks.generator import HALO, STRIDE, Generator

CODE = 6


def small(seed=0, **settings):
    """A narrow network of the usual depth that paints boldly, so that errors show."""
    torch.manual_seed(seed)
    network = Generator(code=CODE, widths=(4, 6, 8), **settings).eval()
    for layer in network.paint:
        torch.nn.init.normal_(layer.weight, std=0.3)
    return network


def picture(height, width, count=1, seed=0):
    """Bright at one side and rough at the other, so that a part's statistics are not the whole's."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(count, 3, height, width, generator=generator) - 0.5
    slope = torch.linspace(0, 1, width)
    return (0.2 + 0.6 * slope + noise * (1 - slope) * 0.6).clamp(0, 1)


def code(count=1, seed=1):
    return torch.randn(count, CODE, generator=torch.Generator().manual_seed(seed))


def paint_tile(network, pixels, box, statistics, halo=HALO):
    """The part (top, bottom, left, right) of a picture, painted with up to ``halo`` pixels around it."""
    top, bottom, left, right = box
    height, width = pixels.shape[2:]
    y, x = max(top - halo, 0), max(left - halo, 0)
    assert y % STRIDE == 0 and x % STRIDE == 0
    part = pixels[:, :, y : min(bottom + halo, height), x : min(right + halo, width)]
    return network(part, code(), statistics)[:, :, top - y : bottom - y, left - x : right - x]


@pytest.fixture(scope="module")
def network():
    return small()


@pytest.fixture(scope="module")
def whole(network):
    pixels, statistics = picture(256, 384), SharedStatistics()
    with torch.no_grad():
        return pixels, network(pixels, code(), statistics), statistics


BOXES = {
    "middle": (0, 256, 176, 208),
    "left": (0, 256, 0, 64),
    "right": (0, 256, 320, 384),
    "corner": (128, 256, 256, 384),
    "not a multiple": (100, 103, 170, 177),
}


def aligned(box):
    """Where the halo begins has to be a multiple of the stride; the box itself does not."""
    top, bottom, left, right = box
    return (top - top % STRIDE, bottom, left - left % STRIDE, right)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_a_tile_with_shared_statistics_is_a_part_of_the_whole(network, whole, box):
    pixels, painted, statistics = whole
    top, bottom, left, right = aligned(box)
    with torch.no_grad():
        tile = paint_tile(network, pixels, aligned(box), statistics.again())
    assert (painted - pixels).abs().mean() > 0.05, "the network paints something"
    assert (tile - painted[:, :, top:bottom, left:right]).abs().max() < 1e-4


@pytest.mark.parametrize("box", [BOXES["middle"], BOXES["corner"]], ids=["middle", "corner"])
def test_a_tile_without_them_is_not(network, whole, box):
    pixels, painted, _ = whole
    top, bottom, left, right = box
    with torch.no_grad():
        tile = paint_tile(network, pixels, box, None)
    assert (tile - painted[:, :, top:bottom, left:right]).abs().max() > 0.01


def test_a_tile_with_too_small_a_halo_is_not(network, whole):
    pixels, painted, statistics = whole
    top, bottom, left, right = BOXES["middle"]
    with torch.no_grad():
        tile = paint_tile(network, pixels, BOXES["middle"], statistics.again(), halo=16)
    assert (tile - painted[:, :, top:bottom, left:right]).abs().max() > 1e-3


@pytest.mark.parametrize(("height", "width"), [(384, 96), (189, 331)])
def test_tall_and_odd_pictures_in_tiles(network, height, width):
    pixels, statistics = picture(height, width, seed=3), SharedStatistics()
    with torch.no_grad():
        painted = network(pixels, code(), statistics)
        half, across = height // 2 // STRIDE * STRIDE, width // 2 // STRIDE * STRIDE
        rows = [
            [
                paint_tile(network, pixels, (*down, *right), statistics.again())
                for right in ((0, across), (across, width))
            ]
            for down in ((0, half), (half, height))
        ]
    joined = torch.cat([torch.cat(row, 3) for row in rows], 2)
    assert joined.shape == pixels.shape
    assert (joined - painted).abs().max() < 1e-4


@pytest.mark.parametrize("settings", [{"attention": False}, {"fusion": False}, {"adaptive": "adain"}], ids=str)
def test_variants_tile_too(settings):
    network, pixels, statistics = small(**settings, blocks=1), picture(96, 320), SharedStatistics()
    with torch.no_grad():
        painted = network(pixels, code(), statistics)
        tile = paint_tile(network, pixels, (0, 96, 160, 192), statistics.again())
    assert (tile - painted[:, :, :, 160:192]).abs().max() < 1e-4


def test_what_is_beyond_the_halo_has_no_part_in_a_pixel(network):
    pixels, statistics = picture(16, 400), SharedStatistics()
    with torch.no_grad():
        network(pixels, code(), statistics)
    pixels.requires_grad_()
    network(pixels, code(), statistics.again())[:, :, :, 200].sum().backward()
    touched = pixels.grad.abs().sum((0, 1, 2)).nonzero().flatten()
    assert 40 < 200 - touched.min() <= HALO and 40 < touched.max() - 200 <= HALO


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 23), (40, 33)])
def test_shapes(network, height, width):
    pixels = picture(height, width, count=2)
    with torch.no_grad():
        result, map_, logits = network.explain(pixels, code(2))
    assert result.shape == pixels.shape and torch.isfinite(result).all()
    assert map_.shape == (2, 1, -(-height // 8), -(-width // 8)) and logits.shape == (2,)


def test_a_fresh_network_changes_almost_nothing():
    torch.manual_seed(0)
    pixels = picture(32, 40)
    with torch.no_grad():
        change = Generator(code=CODE, widths=(4, 6, 8), blocks=1)(pixels, code()) - pixels
    assert 0 < change.abs().max() < 0.05


def test_pictures_of_a_batch_do_not_see_each_other(network):
    pixels, codes = picture(32, 40, count=3), code(3)
    with torch.no_grad():
        together = network(pixels, codes)
        alone = torch.cat([network(pixels[i : i + 1], codes[i : i + 1]) for i in range(3)])
    assert torch.allclose(together, alone, atol=1e-4)


def test_the_code_decides(network):
    pixels = picture(32, 40)
    with torch.no_grad():
        assert (network(pixels, code(seed=1)) - network(pixels, code(seed=2))).abs().mean() > 1e-3


def test_logits_are_what_the_map_says_on_average(network):
    with torch.no_grad():
        _, map_, logits = network.explain(picture(32, 40, count=2), code(2))
    assert torch.allclose(map_.mean((1, 2, 3)) / 8, logits, atol=1e-5)  # of 8 channels at 1/8 scale


def test_a_tile_hears_the_verdict_on_the_whole(network, whole):
    pixels, _, statistics = whole
    with torch.no_grad():
        logits = network.explain(pixels, code())[2]
        shared = network.explain(pixels[..., :64], code(), statistics.again())[2]
        own = network.explain(pixels[..., :64], code())[2]
    assert torch.allclose(shared, logits, atol=1e-6) and (own - logits).abs().max() > 1e-4


def test_without_attention_there_is_nothing_to_explain():
    network = small(attention=False, blocks=1)
    with torch.no_grad():
        result, map_, logits = network.explain(picture(16, 24), code())
    assert result.shape == (1, 3, 16, 24) and map_ is None and logits is None


def test_adain_holds_its_mix():
    assert all(p.requires_grad for p in small(blocks=1).parameters())
    held = [(n, p) for n, p in small(blocks=1, adaptive="adain").named_parameters() if not p.requires_grad]
    assert held and all(n.endswith("mix") and (p == 1).all() for n, p in held)


def test_every_weight_learns():
    network = small(blocks=1)
    result, _, logits = network.explain(picture(24, 32, count=2), code(2))
    (result.square().mean() + logits.square().mean()).backward()
    assert not [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]


def test_settings_build_the_same_network():
    network = small(blocks=2, fusion=False)
    twin = Generator(**network.settings).eval()
    twin.load_state_dict(network.state_dict())
    pixels = picture(24, 32)
    with torch.no_grad():
        assert torch.equal(network(pixels, code()), twin(pixels, code()))


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 4, 32, 32), (1, 3, 15, 32), (1, 3, 32, 8)])
def test_other_shapes_are_refused(network, shape):
    with pytest.raises(ShapeError, match="16 pixels or more"):
        network(torch.zeros(shape), code())
