"""Texture: what it may hold, and its way through a style's file."""

from dataclasses import replace

import numpy as np
import pytest

from pinxit.engines.engine import Engine
from pinxit.errors import StyleError
from pinxit.learning.texture import read_texture
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.texture import MAX_CODE, MAX_COLOURS, MAX_WORKS, Texture


def parts(**others):
    random = np.random.default_rng(0)
    found = {
        "code": random.normal(size=8).astype(np.float32),
        "palettes": random.random((2, 50, 3), np.float32),
        "bands": np.sort(random.normal(size=(2, 5, 3, 65)), 3).astype(np.float32),
        "painter": "0123456789abcdef",
    }
    return found | others


def zeros(*shape):
    return np.zeros(shape, np.float32)


def same(a: Texture, b: Texture) -> bool:
    first, second = a.tensors(), b.tensors()
    equal = first.keys() == second.keys() and all(np.array_equal(first[k], second[k]) for k in first)
    return equal and a.painter == b.painter and (a.adapter is None) == (b.adapter is None)


WRONG = {
    "code": [zeros(0), zeros(MAX_CODE + 1), zeros(2, 2), np.zeros(8), np.full(8, np.nan, np.float32), [0.0] * 8],
    "palettes": [
        zeros(2, 1, 3) - 1,
        zeros(2, 1, 3) + 2,
        zeros(0, 9, 3),
        zeros(2, 0, 3),
        zeros(MAX_WORKS + 1, 9, 3),
        zeros(2, MAX_COLOURS + 1, 3),
        zeros(2, 5, 4),
        zeros(5, 3),
        zeros(9),
        np.full((2, 5, 3), np.inf, np.float32),
    ],
    "bands": [
        zeros(2, 0, 3, 65),
        zeros(2, 9, 3, 65),
        zeros(2, 5, 4, 65),
        zeros(2, 5, 3, 1),
        zeros(2, 5, 3, 1026),
        zeros(3, 5, 3, 65),
        zeros(5, 3, 65),
    ],
    "painter": ["", "0123", 16, None],
    "adapter": [{"stem.up": np.zeros((3, 2))}, {"stem.up": np.full((3, 2), np.nan, np.float32)}, {"stem.up": "x"}],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_what_it_must_not_hold(name, value):
    with pytest.raises(StyleError, match=rf"texture\.{name}"):
        Texture(**parts(**{name: value}))


def test_the_largest_that_it_may_hold():
    Texture(**parts(code=zeros(MAX_CODE), palettes=zeros(1, MAX_COLOURS, 3), bands=zeros(1, 8, 3, 1025)))
    Texture(**parts(palettes=zeros(MAX_WORKS, 2, 3), bands=zeros(MAX_WORKS, 8, 3, 9)))
    Texture(**parts(code=zeros(1), palettes=zeros(1, 1, 3), bands=zeros(1, 1, 3, 2)))


def test_quantiles_have_to_rise():
    falling = parts()["bands"]
    falling[1, 2, 1, 30] = falling[1, 2, 1, 31] + 1
    with pytest.raises(StyleError, match="rising"):
        Texture(**parts(bands=falling))


@pytest.mark.parametrize("adapter", [None, {"stem.up": zeros(3, 2), "up.0.conv.weight.whole": zeros(4, 10, 3, 3)}])
def test_through_a_style_file(tmp_path, adapter):
    texture = Texture(**parts(adapter=adapter))
    path = Style(name="x", texture=texture).save(tmp_path / "x.pinxit")
    read = Style.load(path)
    assert read.tone is None and same(read.texture, texture)
    assert read.to_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.pop("texture.code"),
        lambda t: t.pop("texture.bands"),
        lambda t: t.update({"texture.colour": zeros(3)}),
        lambda t: t.update({"texture.": zeros(3)}),
    ],
)
def test_missing_and_unknown_parts(change):
    tensors = Texture(**parts()).tensors()
    change(tensors)
    with pytest.raises(StyleError, match="code, palettes and bands"):
        Texture.from_tensors(tensors, parts()["painter"])


def test_every_part_counts_in_the_fingerprint():
    texture = Texture(**parts(adapter={"stem.up": zeros(3, 2)}))
    others = [
        replace(texture, code=texture.code + 1),
        replace(texture, palettes=texture.palettes * np.float32(0.5)),
        replace(texture, bands=texture.bands + np.float32(0.1)),
        replace(texture, painter="f" * 16),
        replace(texture, adapter=None),
        replace(texture, adapter={"stem.up": zeros(3, 2) + 1}),
    ]
    prints = {Style(texture=t).fingerprint for t in (texture, *others)}
    assert len(prints) == 7 and Style(name="named", texture=texture).fingerprint in prints


def adapted(tiny):
    """A style for the tiny painter, with an adapter that changes what it paints."""
    random = np.random.default_rng(3)
    texture = read_texture([random.integers(0, 256, (64, 64, 3), np.uint8)], tiny.painter, tiny.eye, tiny.version)
    adapter = {"stem.up": random.normal(size=(4, 2)), "stem.down": random.normal(size=(2, 108))}
    return replace(texture, adapter={k: v.astype(np.float32) for k, v in adapter.items()})


def test_an_adapter_paints_alike_after_its_way_through_a_file(tiny, tmp_path):
    texture = adapted(tiny)
    picture = Picture.open(np.random.default_rng(4).integers(0, 256, (40, 50, 3), np.uint8))
    read = Style.load(Style(texture=texture).save(tmp_path / "x.pinxit"))
    results = [Engine(s).transfer(picture).array for s in (Style(texture=texture), read)]
    assert np.array_equal(*results)
    plain = Engine(Style(texture=replace(texture, adapter=None))).transfer(picture).array
    assert np.abs(results[0].astype(int) - plain).max() > 10


def test_a_style_for_another_painter_is_refused_with_advice(tiny):
    other = replace(adapted(tiny), painter="f" * 16)
    with pytest.raises(StyleError, match=r"f{16}, and this pinxit has 0123456789abcdef; learn it again: pinxit learn"):
        Engine(Style(texture=other))


def test_an_adapter_that_does_not_fit_is_refused(tiny):
    texture = adapted(tiny)
    with pytest.raises(StyleError, match="does not have"):
        Engine(Style(texture=replace(texture, adapter={"x.up": zeros(1, 1), "x.down": zeros(1, 1)})))
