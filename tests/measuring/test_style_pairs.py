"""Figures of style pairs against closed forms and slow formulas that are written here on their own."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from pinxit.errors import InputError, ShapeError
from pinxit.measuring.style_pairs import Pair, PairFigures, directions, measure_pair, squared

S = 96


def picture(seed, low=0.1, high=0.9):
    """Soft shapes with some grain, (96, 96, 3) float32."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)).resize((S, S), Image.Resampling.BICUBIC)
    soft = np.asarray(small) / 255 + rng.normal(0, 0.05, (S, S, 3))
    return (low + (high - low) * np.clip(soft, 0, 1)).astype(np.float32)


def bits(array):
    return np.rint(array * 255).astype(np.uint8)


def slow_distance(a, b, zero_mean):
    """Sliced W1 of patches, in float64 numpy: every patch written out, projected, sorted."""
    along = torch.randn(32, 3, 7, 7, generator=torch.Generator().manual_seed(0)).double().numpy()
    if zero_mean:
        along = along - along.mean((2, 3), keepdims=True)
    along = along.reshape(32, -1) / np.linalg.norm(along.reshape(32, -1), axis=1, keepdims=True)
    a, b, found = a.astype(np.float64), b.astype(np.float64), []
    for stride in (4, 2, 1):
        clouds = []
        for x in (a, b):
            windows = np.lib.stride_tricks.sliding_window_view(x, (7, 7), (0, 1))[::stride, ::stride]
            clouds.append(np.sort(windows.reshape(-1, 3 * 49) @ along.T, axis=0))
        found.append(np.abs(clouds[0] - clouds[1]).mean())
        a, b = (x.reshape(len(x) // 2, 2, len(x) // 2, 2, 3).mean((1, 3)) for x in (a, b))
    return np.mean(found)


@pytest.mark.parametrize("deep", [False, True])
def test_figures_against_slow_formulas(deep):
    metrics = pytest.importorskip("skimage.metrics")
    content, result, reference = (picture(seed) if deep else bits(picture(seed)) for seed in (1, 2, 3))
    figures = measure_pair(content, result, [reference], size=S)
    content, result, reference = (x if deep else x / 255.0 for x in (content, result, reference))
    luma = [x.astype(np.float64) @ [0.299, 0.587, 0.114] for x in (content, result)]
    wanted = metrics.structural_similarity(
        *luma, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert figures.ssim == pytest.approx(wanted, abs=1e-5)
    for name, zero_mean in (("colour", False), ("texture", True)):
        ratio = slow_distance(result, reference, zero_mean) / slow_distance(content, reference, zero_mean)
        assert getattr(figures, name) == pytest.approx(ratio, abs=1e-4)


def test_untouched_and_copied():
    content, reference = bits(picture(1)), bits(picture(2, 0.3, 0.7))
    pair = Pair(content, reference, S)
    assert pair.figures(content) == PairFigures(pytest.approx(1.0), 1.0, 1.0, S)
    copied = pair.figures(reference)
    assert copied.colour == copied.texture == 0 and copied.ssim < 0.5


def test_ssim_of_plain_pictures():
    a, b = (np.full((S, S, 3), value, np.float32) for value in (0.2, 0.6))
    figures = measure_pair(a, b, [picture(1)], size=S)
    assert figures.ssim == pytest.approx((2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4), abs=1e-4)


def test_half_way_is_a_half():
    x = picture(1, 0.4, 0.6)
    contrast = [np.float32(0.5 + gain * (x - 0.5)) for gain in (2, 3)]  # values in 0.2..0.8: nothing is clipped
    assert measure_pair(x, contrast[0], [contrast[1]], size=S).texture == pytest.approx(0.5, abs=1e-4)
    assert measure_pair(x, x + np.float32(0.1), [x * np.float32(0.9) + 0.1], size=S).texture == pytest.approx(
        1.0, abs=1e-4
    )  # a brighter picture has no other texture
    scaled = [np.float32(gain * 0.5 * x) for gain in (1, 1.5, 2)]
    figures = measure_pair(scaled[0], scaled[1], [scaled[2]], size=S)
    assert (figures.colour, figures.texture) == (pytest.approx(0.5, abs=1e-4), pytest.approx(0.5, abs=1e-4))


def test_several_references_are_averaged():
    content, result, references = bits(picture(1)), bits(picture(2)), [bits(picture(seed)) for seed in (3, 4, 5)]
    each = [measure_pair(content, result, [one], size=S) for one in references]
    together = measure_pair(content, result, references, size=S)
    assert together.ssim == each[0].ssim
    for name in ("colour", "texture"):
        assert getattr(together, name) == pytest.approx(np.mean([getattr(one, name) for one in each]))
    assert each[0].colour != each[1].colour


def test_sizes_and_depths():
    content = bits(picture(1))
    large = np.asarray(Image.fromarray(content).resize((300, 150), Image.Resampling.LANCZOS))
    assert np.array_equal(
        squared(large, S), np.asarray(Image.fromarray(large).resize((S, S), Image.Resampling.LANCZOS))
    )
    same = [x if x.dtype == np.uint8 else bits(x) for x in (squared(v, S) for v in (large, large / np.float32(255)))]
    assert np.abs(same[0].astype(int) - same[1]).max() <= 1
    reference = picture(2)
    shallow = measure_pair(content, content, [bits(reference)], size=S)
    deep = measure_pair(content.astype(np.uint16) * 257, content / 255.0, [bits(reference)], size=S)
    assert deep.ssim == pytest.approx(shallow.ssim, abs=1e-6) and deep.colour == pytest.approx(1, abs=1e-5)


def test_directions_are_the_protocols():
    assert directions(False).shape == (32, 3, 7, 7)
    assert np.allclose(directions(True).mean((2, 3)), 0, atol=1e-7)
    assert np.allclose(directions(True).flatten(1).norm(dim=1), 1, atol=1e-6)


def test_no_way_to_go():
    content = bits(picture(1))
    with pytest.raises(InputError, match=r"colours of the reference already.*another reference"):
        measure_pair(content, bits(picture(2)), [content], size=S)
    plain = [np.full((S, S, 3), value, np.uint8) for value in (50, 200)]
    with pytest.raises(InputError, match="texture of the reference already"):
        measure_pair(plain[0], content, [plain[1]], size=S)
    with pytest.raises(InputError, match="no reference came"):
        measure_pair(content, content, [], size=S)


@pytest.mark.parametrize(
    ("result", "says"),
    [
        (np.zeros((S, S), np.uint8), "result is uint8"),
        (np.zeros((S, S, 4), np.uint8), "(H, W, 3)"),
        (np.zeros((S, S, 3), np.int64), "int64"),
        (np.full((S, S, 3), np.nan), "NaN"),
    ],
)
def test_what_is_no_picture(result, says):
    with pytest.raises(ShapeError) as caught:
        measure_pair(bits(picture(1)), result, [bits(picture(2))], size=S)
    assert says in str(caught.value)


def test_least_size():
    measure_pair(bits(picture(1)), bits(picture(2)), [bits(picture(3))], size=32)
    with pytest.raises(ShapeError, match="32 pixels or more"):
        measure_pair(bits(picture(1)), bits(picture(2)), [bits(picture(3))], size=31)


def test_as_dict_is_never_a_bare_number():
    told = json.loads(json.dumps(PairFigures(0.5, 0.25, 0.75).as_dict()))
    assert told == {"protocol": "style-pairs-1", "ssim": 0.5, "colour": 0.25, "texture": 0.75, "size": 512}
    assert str(PairFigures(0.5, 0.25, 0.75)) == "ssim 0.500, colour 0.250, texture 0.750 (untouched: 1, 1, 1)"


def test_the_door(tmp_path):
    import pinxit

    content, result, reference = (bits(picture(seed)) for seed in (1, 2, 3))
    Image.fromarray(reference).save(tmp_path / "r.png")
    report = pinxit.measure(content=content, result=Image.fromarray(result), references=tmp_path / "r.png")
    assert report == pinxit.measure(content=content, result=result, references=[reference])
    figures = measure_pair(content, result, [reference])
    for name in ("ssim", "colour", "texture"):
        assert (report[name].value, report[name].protocol) == (getattr(figures, name), "style-pairs-1")
    with pytest.raises(pinxit.NotFoundError):
        pinxit.measure(content=content, result=result, references=tmp_path / "none.png")
    with pytest.raises(pinxit.InputError):
        pinxit.measure(content=content, result=result, references=[])
