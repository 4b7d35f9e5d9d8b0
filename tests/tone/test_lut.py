"""The lookup table against closed forms, a slow reference written from the definition, and ffmpeg."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from pinxit.errors import InputError, ShapeError, StyleError
from pinxit.tone.lut import Lut, identity_table


def every_colour() -> np.ndarray:
    codes = np.arange(1 << 24, dtype=np.uint32)
    return np.stack([codes & 255, codes >> 8 & 255, codes >> 16], axis=-1).astype(np.uint8)


def bent(size: int = 33, low: float = 0.0, high: float = 1.0) -> Lut:
    colours = identity_table(size)
    table = 0.03 + 0.9 * colours**1.2 + 0.08 * np.sin(6 * colours[..., ::-1])
    return Lut(low + (high - low) * np.clip(table, 0, 1))


def noisy(size: int, spread: float, seed: int = 0) -> Lut:
    return Lut(identity_table(size) + np.random.default_rng(seed).normal(0, spread, (size, size, size, 3)))


def tetrahedral(table: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Walk from the cell's lowest corner along the axes, largest fraction first (float64)."""
    size = len(table)
    place = np.clip(colours, 0, 1) * (size - 1)
    node = np.minimum(place.astype(int), size - 2)
    part = place - node
    order = np.argsort(-part, axis=-1)
    rows = np.arange(len(colours))
    value = table[node[:, 2], node[:, 1], node[:, 0]].astype(float)
    for k in range(3):
        before = table[node[:, 2], node[:, 1], node[:, 0]]
        node[rows, order[:, k]] += 1
        value += part[rows, order[:, k], None] * (table[node[:, 2], node[:, 1], node[:, 0]] - before)
    return value + colours - np.clip(colours, 0, 1)


@pytest.mark.parametrize("size", [2, 17, 33, 64])
def test_identity_keeps_every_8_bit_colour(size):
    colours = every_colour()
    assert np.array_equal(Lut.identity(size).apply(colours), colours)


@pytest.mark.parametrize("size", [2, 33, 65])
def test_identity_keeps_16_bit_and_float(size):
    random = np.random.default_rng(1)
    deep = random.integers(0, 65536, (200_000, 3)).astype(np.uint16)
    deep[:65536] = np.arange(65536, dtype=np.uint16)[:, None]
    assert np.array_equal(Lut.identity(size).apply(deep), deep)
    for kind in (np.float16, np.float32, np.float64):
        floats = random.normal(0.5, 2, (1000, 3)).astype(kind)
        result = Lut.identity(size).apply(floats)
        assert result.dtype == kind and np.array_equal(result, floats)


@pytest.mark.parametrize(("size", "spread"), [(2, 0.1), (9, 0.3), (33, 0.05), (33, 1.0), (17, 20.0)])
def test_agrees_with_the_definition(size, spread):
    lut, random = noisy(size, spread), np.random.default_rng(2)
    octets = random.integers(0, 256, (20_000, 3)).astype(np.uint8)
    octets[:256] = np.arange(256, dtype=np.uint8)[:, None]
    wanted = np.clip(tetrahedral(lut.table, octets / 255) * 255, 0, 255)
    assert np.abs(lut.apply(octets) - wanted).max() < 0.6  # half a level of rounding, and codes of 1/8 level or finer
    deep = random.integers(0, 65536, (20_000, 3)).astype(np.uint16)
    wanted = np.clip(tetrahedral(lut.table, deep / 65535) * 65535, 0, 65535)
    assert np.abs(lut.apply(deep) - wanted).max() < 0.5 + 0.02 * max(spread, 1)
    floats = random.normal(0.5, 0.5, (20_000, 3))
    wanted = tetrahedral(lut.table, floats)
    assert np.abs(lut.apply(floats) - wanted).max() < 1e-6 * max(1, spread)
    assert np.abs(lut.apply(floats.astype(np.float32)) - wanted).max() < 2e-5 * max(1, spread)  # 24-bit places


def test_agrees_with_ffmpeg(tmp_path):
    pytest.importorskip("av")
    from pinxit.measuring.tone_race import ffmpeg_racer, synthetic_photo

    photo = synthetic_photo(0.3)
    for lut in (bent(), bent(17, -0.3, 1.4)):
        theirs = ffmpeg_racer(lut, photo.shape[:2], tmp_path)(photo)
        assert np.abs(lut.apply(photo).astype(int) - theirs).max() <= 1


def test_floats_outside_the_cube_follow_the_edge():
    lut = bent()
    inside, outside = lut.apply(np.array([[1.0, 0.5, 0.0]])), lut.apply(np.array([[1.5, 0.5, -0.25]]))
    assert np.allclose(outside - inside, [[0.5, 0, -0.25]], atol=1e-6)


def test_not_a_number_stays_where_it_is():
    result = bent().apply(np.array([[np.nan, 0.5, 0.5], [np.inf, 0.5, -np.inf], [0.5, 0.5, 0.5]], np.float32))
    assert np.isnan(result[0, 0]) and np.isfinite(result[0, 1:]).all()
    assert result[1, 0] == np.inf and result[1, 2] == -np.inf and np.isfinite(result[2]).all()


def test_shapes_and_strides():
    lut, random = bent(), np.random.default_rng(3)
    photo = random.integers(0, 256, (700, 901, 4)).astype(np.uint8)
    whole = lut.apply(np.ascontiguousarray(photo[..., :3]))
    assert np.array_equal(lut.apply(photo[..., :3]), whole)
    assert np.array_equal(lut.apply(photo[::-1, ::-2, :3]), whole[::-1, ::-2])
    assert np.array_equal(lut.apply(photo[5, 7, :3]), whole[5, 7])
    assert np.array_equal(lut.apply(photo[None, :, :, :3])[0], whole)
    deep = photo[..., :3].astype(">u2") * 257
    assert lut.apply(deep).dtype == deep.dtype
    assert np.array_equal(lut.apply(deep), lut.apply(deep.astype("<u2")))
    for empty in ((0, 3), (0, 5, 3), (5, 0, 3)):
        assert lut.apply(np.zeros(empty, np.uint8)).shape == empty


@pytest.mark.parametrize("pixels", [np.zeros((4, 4)), np.zeros((4, 4, 4)), np.zeros((2, 3), int), np.float64(0.5)])
def test_other_pixels_are_refused(pixels):
    with pytest.raises(ShapeError, match="came"):
        bent().apply(pixels)


@pytest.mark.parametrize(
    "table",
    [np.zeros((2, 2, 2)), np.zeros((2, 3, 2, 3)), np.zeros((1, 1, 1, 3)), np.full((2, 2, 2, 3), np.nan), np.zeros(3)],
)
def test_other_tables_are_refused(table):
    with pytest.raises(StyleError):
        Lut(table)


def test_the_table_cannot_be_changed():
    table = identity_table(5)
    lut = Lut(table)
    table[:] = 0
    assert lut.is_identity and lut.size == 5
    with pytest.raises(ValueError, match="read-only"):
        lut.table[0] = 1


def test_strength():
    lut, random = bent(), np.random.default_rng(4)
    photo = random.integers(0, 256, (50, 60, 3)).astype(np.uint8)
    assert np.array_equal(lut.apply(photo, 0), photo)
    assert lut.apply(photo, 0) is not photo
    floats = photo / 255
    half = (floats + lut.apply(floats)) / 2
    assert np.allclose(lut.apply(floats, 0.5), half, atol=1e-6)
    assert lut.toward(0).is_identity and lut.toward(1) is lut
    for strength in (-0.1, np.nan, np.inf):
        with pytest.raises(InputError):
            lut.apply(photo, strength)


def looks() -> dict[str, Lut]:
    colours = identity_table(17)
    grey = np.broadcast_to(colours @ np.float32([0.3, 0.6, 0.1]), (3, *colours.shape[:3])).transpose(1, 2, 3, 0)
    contrast = 0.5 - 0.5 * np.cos(np.pi * colours)
    return {
        "fade": Lut(0.3 + 0.4 * colours),
        "crushed": Lut(np.maximum(colours - 0.3, 0) / 0.7),
        "grey": Lut(grey),
        "contrast": Lut(contrast),
        "half colour": Lut((colours + grey) / 2),
        "tinted": Lut(contrast * np.float32([1.0, 0.8, 0.6]) + np.float32([0.0, 0.1, 0.3])),
        "negative": Lut(1 - colours),
    }


@pytest.mark.parametrize("name", list(looks()))
@pytest.mark.parametrize("strength", [1.0001, 1.5, 2.0, 4.0, 1e30])
def test_extrapolation_is_safe(name, strength):
    lut = looks()[name]
    further = lut.toward(strength)
    assert np.isfinite(further.table).all()
    greys, diagonal = further.table[range(17), range(17), range(17)], lut.table[range(17), range(17), range(17)]
    if name != "negative":
        assert (np.diff(diagonal, axis=0) >= 0).all()
        assert (np.diff(greys, axis=0) >= -1e-6).all()  # greys never fold back
    if strength < 1.001:
        assert np.abs(further.table - lut.table).max() < 0.01  # no jump at 1
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
    assert np.array_equal(lut.apply(ramp, strength), further.apply(ramp))


def test_extrapolation_goes_further_but_not_to_complementary_colours():
    red = np.array([[0.8, 0.3, 0.3]])
    halved = looks()["half colour"]
    once, twice = np.ptp(halved.apply(red)), np.ptp(halved.apply(red, 2))
    assert 0 < twice < once < np.ptp(red)
    assert np.ptp(looks()["grey"].apply(red, 2)) < 1e-6
    dark = np.full((1, 3), 0.25)
    assert looks()["contrast"].apply(dark, 2).mean() < looks()["contrast"].apply(dark).mean() < 0.25


def test_resized_then_blend():
    lut, other = bent(17), bent(33)
    fine = lut.resized(33)
    assert fine.size == 33 and np.allclose(fine.table[::2, ::2, ::2], lut.table, atol=1e-6)
    assert lut.resized(17) is lut
    floats = np.random.default_rng(5).random((500, 3))
    assert np.abs(lut.then(other).apply(floats) - other.apply(lut.apply(floats))).max() < 0.01
    assert Lut.identity(9).then(Lut.identity(17)).is_identity
    mixed = Lut.blend([(lut, 3), (Lut.identity(33), 1)])
    assert np.allclose(mixed.apply(floats), 0.75 * lut.apply(floats) + 0.25 * floats, atol=1e-5)
    for parts in ([], [(lut, 0)], [(lut, -1), (lut, 2)], [(lut, np.nan)]):
        with pytest.raises(InputError):
            Lut.blend(parts)


def test_many_threads_get_the_same():
    lut, photo = bent(), np.random.default_rng(6).integers(0, 256, (600, 1000, 3)).astype(np.uint8)
    wanted = lut.apply(photo)
    with ThreadPoolExecutor(4) as pool:
        assert all(np.array_equal(wanted, result) for result in pool.map(lut.apply, [photo] * 12))


FRESH = """
import json, sys
import numpy as np
if sys.argv[1] != "as it is":
    import numba.core.caching as caching
    def refuse(*arguments, **settings):
        raise OSError(28, "refused")
    if sys.argv[1] == "no folder":
        caching._CacheLocator.ensure_cache_path = refuse
    else:
        caching.IndexDataCacheFile.save = refuse
        caching.IndexDataCacheFile.load = lambda *arguments: None
from pinxit.tone.lut import Lut
early = "numba" in sys.modules and sys.argv[1] == "as it is"
pixels = np.arange(300, dtype=np.uint8).reshape(10, 10, 3)
print(json.dumps([early, bool(np.array_equal(Lut.identity().apply(pixels), pixels))]))
"""


@pytest.mark.parametrize("cache", ["as it is", "no folder", "full disk"])
def test_a_fresh_process_imports_late_and_does_without_a_cache(cache):
    done = subprocess.run([sys.executable, "-c", FRESH, cache], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False, True]
