"""Image processing around a transfer: each step mends what was spoiled, and leaves alone what was not."""

import json
import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.restoration import richardson_lucy
from typer.testing import CliRunner

import pinxit
from pinxit.cli import app
from pinxit.engines.batch import BatchSettings, transfer_batch
from pinxit.engines.denoise import denoised, noise_level, noise_levels
from pinxit.engines.enhance import STEPS, enhanced, parse_enhance
from pinxit.engines.exposure import exposed, exposure_error
from pinxit.engines.guided import guided_line, lines_at
from pinxit.engines.sharpen import _deconvolved, edge_blur, sharpened
from pinxit.engines.strips import by_strips
from pinxit.engines.tonemap import contrast, tone_mapped
from pinxit.errors import InputError, MissingExtraError
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

PHOTO = np.ascontiguousarray(data.astronaut()[:256, 60:316])
HALF = Style(tone=Tone(Lut(Lut.identity(5).table * np.float32(0.5))))
SAME = Style(tone=Tone(Lut.identity(5)))


def levels(values):
    return np.rint(values).clip(0, 255).astype(np.uint8)


def noisy(sigma, photo=PHOTO):
    return levels(photo + np.random.default_rng(0).normal(0, sigma, photo.shape))


def blurred(sigma, photo=PHOTO):
    return levels(gaussian_filter(photo.astype(float), (sigma, sigma, 0)))


def psnr(a, b):
    return -10 * np.log10(np.mean((a.astype(float) - b) ** 2) / 255**2)


@pytest.mark.parametrize("sigma", [5, 15, 25])
def test_noise_is_measured_and_taken_out(sigma):
    spoiled = noisy(sigma)
    assert 255 * noise_level(spoiled) == pytest.approx(sigma, rel=0.15)
    mended = denoised(spoiled)
    assert psnr(mended, PHOTO) > psnr(spoiled, PHOTO) + 4
    assert 255 * noise_level(mended) < sigma / 3


def test_noise_of_one_colour_is_told_apart():
    rng = np.random.default_rng(0)
    grey = np.repeat(rng.normal(0.5, 0.02, (200, 200, 1)), 3, 2).astype(np.float32)
    light, red, green = noise_levels(grey)
    assert light == pytest.approx(0.02 * 3**0.5, rel=0.05) and red == pytest.approx(0, abs=1e-6) == green
    planes = np.stack(np.meshgrid(np.linspace(0, 1, 64), np.linspace(0, 1, 50)), -1).sum(-1, keepdims=True) / 2
    assert noise_level(np.repeat(planes, 3, 2).astype(np.float32)) < 1e-6, "a slope is no noise"


def test_denoising_in_strips_is_denoising_the_whole():
    from pinxit.engines import strips

    spoiled, rows = noisy(15), strips.ROWS
    try:
        strips.ROWS = 256
        whole = denoised(spoiled)
        strips.ROWS = 48
        assert np.abs(denoised(spoiled).astype(int) - whole).max() <= 1
    finally:
        strips.ROWS = rows


def test_denoising_is_sliding_hard_thresholding():
    """Against loops over patches, as the paper has them; one plane of grey, so that colours are 0."""
    from scipy.fft import dctn, idctn

    rng = np.random.default_rng(1)
    plane = np.full((20, 23), 0.5)
    plane[:, 11:] = 0.7
    spoiled = np.repeat((plane + rng.normal(0, 0.05, plane.shape))[..., None], 3, 2).astype(np.float32)
    threshold = 2.7 * noise_levels(spoiled)[0]
    padded = np.pad(spoiled[..., 0].astype(float) * 3**0.5, 9, "symmetric")
    padded = np.pad(padded, [(0, -(side - 8) % 3) for side in padded.shape], "edge")
    total, weights = np.zeros_like(padded), np.zeros_like(padded)
    for top in range(0, padded.shape[0] - 7, 3):
        for left in range(0, padded.shape[1] - 7, 3):
            found = dctn(padded[top : top + 8, left : left + 8], norm="ortho")
            kept = np.abs(found) > threshold
            kept[0, 0] = True
            weight = 1 / kept.sum()
            total[top : top + 8, left : left + 8] += weight * idctn(found * kept, norm="ortho")
            weights[top : top + 8, left : left + 8] += weight
    wanted = (total / weights)[9:29, 9:32] / 3**0.5
    assert np.abs(denoised(spoiled)[..., 1] - wanted).max() < 1e-4


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
def test_blur_of_an_edge_is_its_gaussian(sigma):
    disk = np.hypot(*np.mgrid[-60:60, -60:60]) < 40
    edge = gaussian_filter(np.where(disk, 0.8, 0.2), sigma)
    found = edge_blur(np.repeat(edge[..., None], 3, 2).astype(np.float32))
    assert sigma < found < sigma + 0.25, "the gradient's own filter widens it a little"


def test_sharpening_brings_the_photo_back_without_halos():
    for sigma in (1, 2):
        spoiled = blurred(sigma)
        mended = sharpened(spoiled)
        assert psnr(mended, PHOTO) > psnr(spoiled, PHOTO) + 1
        assert edge_blur(mended) < 0.85 * edge_blur(spoiled)
    step = np.full((60, 80, 3), 80.0)
    step[:, 40:] = 160
    mended = sharpened(levels(gaussian_filter(step, (2, 2, 0)))).astype(int)
    assert mended.min() >= 80 - 17 and mended.max() <= 160 + 17, "a fifth of the step, and rounding"


def test_deconvolution_is_that_of_scikit_image():
    luma = gaussian_filter(data.camera()[100:180, 180:260] / 255.0, 1.5).astype(np.float32)
    at = np.arange(-6, 7)
    kernel = np.exp(-(at[:, None] ** 2 + at**2) / (2 * 1.5**2))
    wanted = richardson_lucy(luma, kernel / kernel.sum(), num_iter=16, clip=False)
    middle = (slice(30, 50),) * 2
    free = luma.max() - luma.min()
    found = _deconvolved(luma, 1.5)[middle]
    near = np.abs(found - wanted[middle])
    assert np.median(near) < 0.01 * free, "they begin elsewhere and the bound is ours"


def test_exposure_is_brought_back():
    for stops in (-1.2, 1.0):
        spoiled = levels(255 * np.clip((PHOTO / 255) ** 2.2 * 2.0**stops, 0, 1) ** (1 / 2.2))
        before, after = (abs(float(a.mean()) - PHOTO.mean()) for a in (spoiled, exposed(spoiled)))
        assert after < 0.75 * before and exposure_error(spoiled) > exposure_error(PHOTO)


def test_tones_that_lie_close_are_spread_and_hue_is_kept():
    from pinxit.color import srgb_to_lab

    flat = levels(255 * (0.35 + 0.35 * PHOTO / 255))
    mapped = tone_mapped(flat)
    assert contrast(mapped) > contrast(flat) + 8
    before, after = srgb_to_lab(flat), srgb_to_lab(mapped)
    assert np.abs(np.median(after[..., 1:] - before[..., 1:], (0, 1))).max() < 0.5
    low, high = (np.percentile(srgb_to_lab(flat)[..., 0], p) for p in (2, 98))
    assert contrast(flat) == pytest.approx(high - low, abs=0.01)


def test_guided_line_is_the_regression_around_each_pixel():
    rng = np.random.default_rng(2)
    guide, wanted = rng.random((2, 24, 30)).astype(np.float32)

    def line(row, column):
        part = slice(row - 2, row + 3), slice(column - 2, column + 3)
        x, y = guide[part].ravel().astype(float), wanted[part].ravel().astype(float)
        slope = np.mean((x - x.mean()) * (y - y.mean())) / (x.var() + 0.1**2)
        return slope, y.mean() - slope * x.mean()

    means = np.mean([line(r, c) for r in range(8, 13) for c in range(13, 18)], 0)
    slope, offset = guided_line(guide, wanted, 2, 0.1)
    assert (slope[10, 15], offset[10, 15]) == pytest.approx(tuple(means), abs=1e-4)
    larger = lines_at((slope, offset), (48, 60))
    assert larger[0].shape == (48, 60) and larger[0].mean() == pytest.approx(slope.mean(), abs=0.01)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_depth_alike_and_strength_0_is_nothing(name, dtype):
    work, scale = STEPS[name].work, {np.uint8: 1, np.uint16: 257, np.float32: 1 / 255}[dtype]
    spoiled = {"denoise": noisy(10), "sharpen": blurred(2)}.get(name, PHOTO // 2)
    array = (spoiled * dtype(scale)).astype(dtype)
    kept = array.copy()
    assert work(array, 0.0) is array
    whole, half = work(array, 1.0), work(array, 0.5)
    assert whole.dtype == dtype and whole.shape == array.shape and np.array_equal(array, kept)
    assert np.abs(whole / scale - spoiled).max() > 5, "it did something"
    assert np.abs(whole / scale - work(spoiled, 1.0)).max() < 1.5, "rounding aside"
    change = np.abs(half / scale - spoiled).mean() / np.abs(whole / scale - spoiled).mean()
    assert 0.4 < change < 0.6


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (7, 300), (40, 1)])
@pytest.mark.parametrize("name", STEPS)
def test_tiny_pictures_pass(name, size):
    array = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    result = STEPS[name].work(array, 1.0)
    assert result.shape == array.shape and result.dtype == np.uint8
    STEPS[name].measure(array)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_even_picture_stays_even(value):
    array = np.full((64, 48, 3), value, np.uint8)
    for name in ("denoise", "sharpen", "tonemap"):
        assert np.ptp(STEPS[name].work(array, 1.0)) <= 1, name


def test_strips_see_their_surroundings():
    array = np.random.default_rng(3).random((500, 9, 3)).astype(np.float32)
    around = np.pad(array, ((2, 2), (2, 2), (0, 0)), "symmetric")
    wanted = around[4:, 4:]
    assert np.array_equal(by_strips(array, lambda strip, rows: strip[4:, 4:], halo=2), wanted)


def test_steps_are_read():
    assert parse_enhance("sharpen:0.5, denoise") == {"denoise": 1.0, "sharpen": 0.5}
    assert parse_enhance(None) is None and parse_enhance("auto") is None


@pytest.mark.parametrize(
    "bad", ["", "blur", "denoise,denoise", "denoise:2", "denoise:x", "auto,denoise", "sharpen:nan"]
)
def test_slips_are_refused(bad):
    with pytest.raises(InputError, match=r"auto, suggest or denoise, exposure, sharpen, tonemap"):
        pinxit.transfer(PHOTO, SAME, enhance=bad)


def test_auto_leaves_a_good_photo_and_mends_a_bad_one():
    good, report = enhanced(Picture.open(PHOTO), "auto", lambda p: p)
    assert np.array_equal(good.array, PHOTO) and not any(step.strength for step in report.steps)
    for spoiled, step in ((noisy(12), "denoise"), (blurred(2), "sharpen")):
        mended, report = enhanced(Picture.open(spoiled), "auto", lambda p: p)
        assert [s.name for s in report.steps if s.strength] == [step]
        assert psnr(mended.array, PHOTO) > psnr(spoiled, PHOTO) + 1


def test_order_and_figures_of_a_report():
    seen = []

    def give(picture):
        seen.append(picture.array)
        return picture.with_array(picture.array // 2)

    spoiled = noisy(10)
    result, report = enhanced(Picture.open(spoiled), "tonemap,denoise", give)
    assert np.array_equal(seen[0], denoised(spoiled)), "before it"
    assert np.array_equal(result.array, tone_mapped(denoised(spoiled) // 2)), "after it"
    facts = report.as_dict()
    assert list(facts["steps"]) == ["denoise", "tonemap"] and not facts["suggested"]
    noise = facts["steps"]["denoise"]
    assert noise["before"]["noise"] == pytest.approx(10, rel=0.15) and noise["after"]["noise"] < 3
    assert facts["steps"]["tonemap"]["before"]["contrast"] == pytest.approx(contrast(denoised(spoiled) // 2))
    assert "denoise (noise " in str(report) and "\n" not in str(report) and json.dumps(facts)


def test_suggest_tells_what_auto_does_and_does_nothing():
    spoiled, told = noisy(12), []
    result = pinxit.transfer(spoiled, HALF, enhance="suggest", on_enhance=told.append)
    assert np.array_equal(result.array, pinxit.transfer(spoiled, HALF).array)
    pinxit.transfer(spoiled, HALF, enhance="auto", on_enhance=told.append)
    assert str(told[0]).startswith("suggested: denoise (") and told[0].suggested
    assert [s.strength for s in told[0].steps] == [s.strength for s in told[1].steps]
    pinxit.transfer(PHOTO, HALF, enhance="suggest", on_enhance=told.append)
    assert str(told[2]).startswith("nothing to suggest")


def test_alpha_and_depth_are_kept_and_nothing_is_measured_unasked(monkeypatch):
    picture = np.dstack([noisy(12) / 255.0, np.tile(np.linspace(0, 1, 256), (256, 1))])
    result = np.asarray(pinxit.transfer(picture, SAME, enhance="denoise"))
    assert result.dtype == picture.dtype
    assert np.array_equal(result[..., 3], picture[..., 3].astype(np.float32).astype(float))
    for name in STEPS:
        monkeypatch.setitem(STEPS, name, None)
    told = []
    pinxit.transfer(PHOTO, HALF, on_enhance=told.append)
    assert not told


def test_a_batch_is_enhanced_as_single_pictures_are(tmp_path):
    Picture.open(noisy(12)).save(tmp_path / "a.png")
    settings = BatchSettings(enhance="denoise,tonemap:0.5", subject_strength=0.5)
    report = transfer_batch([tmp_path / "a.png"], HALF, tmp_path / "out", settings=settings)
    wanted = pinxit.transfer(tmp_path / "a.png", HALF, enhance="denoise,tonemap:0.5", subject_strength=0.5)
    assert np.array_equal(Picture.open(tmp_path / "out" / "a.png").array, wanted.array)
    assert [step.name for step in report.outcomes[0].enhance.steps] == ["denoise", "tonemap"]
    assert transfer_batch([tmp_path / "a.png"], HALF, tmp_path / "out", settings=settings).count("skipped") == 1
    assert transfer_batch([tmp_path / "a.png"], HALF, tmp_path / "out").count("done") == 1, "made otherwise"
    with pytest.raises(InputError, match="enhance 'polish' came"):
        transfer_batch([tmp_path / "a.png"], HALF, tmp_path / "other", settings=BatchSettings(enhance="polish"))
    assert not (tmp_path / "other").exists()


def test_without_opencv_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"opencv-python-headless.*pip install 'pinxit\[personal\]'"):
        pinxit.transfer(PHOTO, HALF, enhance="sharpen")
    pinxit.transfer(PHOTO, HALF, enhance="denoise")


def test_the_command_shows_one_line_a_picture_and_nothing_unasked(tmp_path):
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        Picture.open(noisy(12)).save(tmp_path / "in" / f"{name}.png")
    HALF.save(tmp_path / "half.pinxit")

    def told(out, *words):
        given = ["transfer", tmp_path / "in", "-s", tmp_path / "half.pinxit", "-o", tmp_path / out, *words]
        result = CliRunner().invoke(app, [str(word) for word in given])
        assert result.exit_code == 0, result.output
        return result.stdout

    lines = told("asked", "--enhance", "denoise").splitlines()
    assert len(lines) == 3 and all("png: denoise (noise 1" in line for line in lines[:2])
    assert len(told("unasked").splitlines()) == 1
    first, second = json.loads(told("json", "--enhance", "suggest", "--json"))["results"]
    assert first["enhance"]["suggested"] and second["enhance"]["steps"]["denoise"]["strength"] == 1
    assert "enhance" not in json.loads(told("plain", "--json"))["results"][0]
    one = CliRunner().invoke(
        app,
        ["transfer", str(tmp_path / "in" / "a.png"), "-s", str(tmp_path / "half.pinxit"), "-o",
         str(tmp_path / "one.png"), "--enhance", "denoise", "--subject-strength", "0.5"],
    )  # fmt: skip
    assert one.exit_code == 0 and "a.png: denoise (noise 1" in one.stdout
    wanted = pinxit.transfer(tmp_path / "in" / "a.png", HALF, enhance="denoise", subject_strength=0.5)
    assert np.array_equal(Picture.open(tmp_path / "one.png").array, wanted.array)
