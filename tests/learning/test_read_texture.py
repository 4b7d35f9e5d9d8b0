"""Textures: read in one pass, continued, joined; and which pictures are photos."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from pinxit.errors import LearningError
from pinxit.learning import texture as module
from pinxit.learning.adapt_task import AdaptOptions
from pinxit.learning.texture import adapted_texture, continued, joined, kind_of, read_texture
from pinxit.learning.texture_task import TextureWeights
from pinxit.networks.bands import band_quantiles
from pinxit.networks.lora import apply_changes, changes, inject
from pinxit.texture import Texture

CELLS = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])
SIDE = module._LOOK  # of the crops by which kinds are told apart
CAT = np.ascontiguousarray(data.chelsea()[:192:2, :256:2])


def read(tiny, arrays):
    return read_texture(arrays, tiny.painter, tiny.eye, tiny.version)


def slow_code(tiny, arrays):
    """Mean over pictures of mean and spread of every channel of the eye's first three maps, encoded."""
    rows = []
    for array in arrays:
        pixels = torch.from_numpy(array.transpose(2, 0, 1).copy())[None].float() / 255
        row = []
        for features in tiny.eye(pixels)[:3]:
            row += [features.mean((2, 3))[0], features.var((2, 3), correction=0)[0].sqrt()]
        rows.append(torch.cat(row))
    return tiny.painter.encoder(torch.stack(rows).mean(0)[None])[0].detach().numpy()


class TestReading:
    def test_code(self, tiny):
        found = read(tiny, [CELLS, CAT])
        assert found.code == pytest.approx(slow_code(tiny, [CELLS, CAT]), abs=2e-3)
        assert np.abs(found.code - read(tiny, [CELLS]).code).max() > 0.01
        assert found.painter == tiny.version and found.adapter is None

    def test_bands_are_each_picture_s(self, tiny):
        each = [
            band_quantiles(torch.from_numpy(a.transpose(2, 0, 1).copy())[None].float() / 255).numpy()
            for a in (CELLS, CAT)
        ]
        assert read(tiny, [CELLS, CAT]).bands == pytest.approx(np.stack(each), abs=1e-6)

    def test_order_does_not_matter(self, tiny):
        a, b = read(tiny, [CELLS, CAT]), read(tiny, [CAT, CELLS])
        assert a.code == pytest.approx(b.code, abs=1e-5) and a.bands[::-1] == pytest.approx(b.bands, abs=1e-6)
        assert np.array_equal(a.palettes[::-1], b.palettes)

    @pytest.mark.parametrize("count", [1, 3, 40, 300])
    def test_palettes_hold_colours_of_each(self, tiny, count):
        arrays = [np.full((32, 32, 3), (i % 256, i // 256, 100), np.uint8) for i in range(count)]
        for array in arrays:
            array[:16, :, 2] = 200
        found = read(tiny, arrays).palettes
        assert found.dtype == np.float32 and len(found) <= 64 and 64 <= found.shape[1] <= 4096
        assert len(found) == count or count == 300
        for palette in np.rint(found * 255).astype(int):
            assert len(np.unique(palette[:, :2], axis=0)) == 1 and set(palette[:, 2]) == {100, 200}
        assert len(np.unique(found[:, 0, :2], axis=0)) == len(found), "of every work its own"

    def test_small_pictures_are_left_out(self, tiny):
        small = np.random.default_rng(1).integers(0, 256, (31, 400, 3), np.uint8)
        assert read(tiny, [CELLS, small]).code == pytest.approx(read(tiny, [CELLS]).code)
        read(tiny, [np.ascontiguousarray(CELLS[:32, :32])])
        with pytest.raises(LearningError, match="32 pixels"):
            read(tiny, [small, np.ascontiguousarray(small.transpose(1, 0, 2))])


def texture(seed, adapter=None, works=2, colours=100):
    rng = np.random.default_rng(seed)
    bands = np.sort(rng.normal(size=(works, 5, 3, 65)).astype(np.float32), 3)
    code, palettes = rng.normal(size=8).astype(np.float32), rng.random((works, colours, 3), np.float32)
    return Texture(code, palettes, bands, "0123456789abcdef", adapter)


class TestContinuing:
    def test_all_works_of_both(self):
        old, new = texture(0, {"stem.up": np.ones((4, 1), np.float32)}), texture(1, works=3, colours=40)
        found = continued(old, new)
        assert np.array_equal(found.bands, np.concatenate([old.bands, new.bands]))
        assert np.array_equal(found.code, old.code) and found.adapter == old.adapter
        assert found.palettes.shape == (5, 40, 3) and np.array_equal(found.palettes[2:], new.palettes)
        known = {tuple(c) for c in old.palettes[1]}
        assert all(tuple(c) in known for c in found.palettes[1])

    def test_of_very_many_works_a_few_of_both(self):
        old, new = texture(0, works=60), texture(1, works=60)
        found = continued(old, new)
        both = np.concatenate([old.bands, new.bands])
        assert len(found.bands) == 60 and np.array_equal(found.bands, both[::2])

    def test_bands_of_another_kind_are_not_mixed(self):
        old, new = texture(0), texture(1)
        other = Texture(old.code, old.palettes, old.bands[:, :3], old.painter)
        assert np.array_equal(continued(other, new).bands, new.bands)


def adapter(network, policy, seed):
    """Train nothing, but move everything that a policy adapts; the changes as arrays, and the network with them."""
    changed = copy.deepcopy(network)
    state = copy.deepcopy(changed.state_dict())
    torch.manual_seed(seed)
    inject(changed, policy, rank=2)
    with torch.no_grad():
        for parameter in changed.parameters():
            if parameter.requires_grad:
                parameter += 0.1 * torch.randn_like(parameter)
    return {k: v.numpy() for k, v in changes(changed, state).items()}


def applied(network, found):
    changed = copy.deepcopy(network)
    apply_changes(changed, {k: torch.from_numpy(v.copy()) for k, v in found.items()})
    return changed


@pytest.mark.parametrize("second", ["lora", "head", "full", "none"])
@pytest.mark.parametrize("first", ["lora", "head", "full", "none"])
def test_joined_adapters_equal_one_after_the_other(tiny, first, second):
    plain = tiny.painter.generator
    one = {} if first == "none" else adapter(plain, first, 1)
    middle = applied(plain, one)
    two = {} if second == "none" else adapter(middle, second, 2)
    both, last = applied(plain, joined(one, two)).state_dict(), applied(middle, two).state_dict()
    assert all((both[k] - last[k]).abs().max() < 1e-5 for k in last)
    if (first, second) == ("lora", "lora"):
        assert joined(one, two)["stem.up"].shape[1] == joined(one, two)["stem.down"].shape[0] == 4


def test_joining_changes_neither():
    one, two = {"a.up": np.ones((3, 1)), "a.down": np.ones((1, 4))}, {"a.weight.whole": np.zeros((3, 4))}
    assert set(joined(one, two)) == {"a.weight.whole"} and set(one) == {"a.up", "a.down"}


class StubEye:
    """An eye that calls a crop a photo by the mean of its red channel."""

    def name_hands(self, crops):
        assert crops.shape[1:] == (3, SIDE, SIDE)
        red = crops[:, 0].mean((1, 2)).clamp(1e-4, 1 - 1e-4)
        return torch.stack([torch.full_like(red, -99), (1 - red).log(), red.log()], 1)


class TestKind:
    @pytest.mark.parametrize(("red", "kind", "sure"), [(255, "photo", 1), (204, "photo", 0.8), (51, "art", 0.8)])
    @pytest.mark.parametrize("size", [(96, 96), (300, 200), (3, 200), (20, 20), (1, 1)])
    def test_what_the_eye_says_on_average(self, red, kind, sure, size):
        picture = np.full((*size, 3), (red, 0, 90), np.uint8)
        assert kind_of([picture, picture], StubEye())[0] == kind
        assert kind_of([picture], StubEye())[1] == pytest.approx(sure, abs=1e-3)

    def test_several_pictures_vote(self):
        reds = [np.full((100, 100, 3), red, np.uint8) for red in (255, 0, 0)]
        kind, sure = kind_of(reds, StubEye())
        assert kind == "art" and sure == pytest.approx(2 / 3, abs=1e-3)

    def test_corners_and_middle_are_seen(self):
        picture, last = np.zeros((4 * SIDE, 4 * SIDE, 3), np.uint8), 3 * SIDE
        for row, column in ((0, 0), (0, last), (last, 0), (last, last), (last // 2, last // 2)):
            picture[row : row + SIDE, column : column + SIDE] = 255
        assert kind_of([picture], StubEye()) == ("photo", pytest.approx(1, abs=1e-3))

    def test_many_pictures_take_no_longer(self):
        class Counting(StubEye):
            def name_hands(self, crops):
                assert len(crops) <= 60
                return super().name_hands(crops)

        kind_of([np.zeros((100, 100, 3), np.uint8)] * 200, Counting())


def test_adapting_goes_on_from_what_is_adapted(tiny):
    given = {"side": 32, "batch": 3, "rank": 2, "rate": 0.02, "weights": TextureWeights()}
    options = AdaptOptions(policy="lora", minutes=0, steps=4, **given)
    contents = [np.asarray(Image.fromarray(CAT).resize((48, 40)))]
    start = read(tiny, [CELLS])
    first, found = adapted_texture(start, [CELLS, CELLS[:20]], contents, options)
    assert found.best and first.adapter["stem.up"].shape[1] == 2
    assert np.array_equal(first.palettes, start.palettes) and np.array_equal(first.bands, start.bands)
    second, found = adapted_texture(first, [CELLS], contents, options)
    ranks = second.adapter["stem.up"].shape[1]
    assert ranks == (4 if found.best else 2)
    assert np.array_equal(second.adapter["stem.up"][:, :2], first.adapter["stem.up"])


def test_there_has_to_be_a_reference_of_some_size(tiny):
    with pytest.raises(LearningError, match="no picture"):
        adapted_texture(texture(0), [CELLS[:20]], [CAT], AdaptOptions(steps=1, side=32))
