"""Automatic strength: the most of a style that keeps a stated share of the content."""

import math

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from skimage.metrics import structural_similarity

from pinxit.engines.automatic import LONGEST, Strongest, read_strength
from pinxit.engines.batch import BatchSettings, transfer_batch
from pinxit.engines.engine import Engine
from pinxit.errors import InputError
from pinxit.learning.texture import read_texture
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.finish import Finish
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone

PHOTO = np.ascontiguousarray(data.astronaut()[:240:2, 100:300:2])


def toned(gain=0.3, **more) -> Style:
    return Style(tone=Tone(Lut(Lut.identity(5).table * np.float32(gain)), **more))


@pytest.fixture
def painted(tiny) -> Style:
    drawn = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])
    return Style(texture=read_texture([drawn], tiny.painter, tiny.eye, tiny.version))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Another implementation, of luma (Rec. 601), without borders."""
    luma = [x.astype(float) @ np.array([0.299, 0.587, 0.114]) / 255 for x in (a, b)]
    _, full = structural_similarity(
        *luma, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    return float(full[5:-5, 5:-5].mean())


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_flat_pictures_have_a_closed_form(keep):
    # Of two flat pictures only the means count: (2ab + C) / (a² + b² + C) = keep, solved for b below a.
    a, c = 0.8, 1e-4
    b = (a - math.sqrt(a * a - keep * (keep * (a * a + c) - c))) / keep
    flat = np.full((32, 40, 3), a, np.float32)
    found = Strongest(keep).share(flat, np.zeros_like(flat))
    assert found == pytest.approx(1 - b / a, abs=1 / 1024) and found <= 1 - b / a + 1e-9


def test_ends():
    told = []
    assert Strongest(0.5, told.append).share(PHOTO, PHOTO) == 1.0 == told[0]
    assert Strongest(1.0).share(PHOTO, 255 - PHOTO) == 0.0
    assert Strongest(0.0).share(PHOTO, PHOTO // 2) == 1.0


def test_large_pictures_are_compared_small():
    grown = [np.kron(x, np.ones((8, 8, 1), np.uint8)) for x in (PHOTO, 255 - PHOTO)]
    assert max(grown[0].shape) > LONGEST
    # Reduced by whole numbers of equal pixels, they are what they were made from, but for a little smoothing.
    small = [np.kron(x, np.ones((4, 4, 1), np.uint8)) for x in (PHOTO, 255 - PHOTO)]
    assert Strongest(0.6).share(*grown) == pytest.approx(Strongest(0.6).share(*small), abs=0.02)


@pytest.mark.parametrize("style", ["toned", "painted"])
@pytest.mark.parametrize("keep", [0.8, 0.95])
def test_what_the_engine_gives(style, keep, request):
    engine = Engine(toned() if style == "toned" else request.getfixturevalue("painted"))
    told = []
    picture = Picture.open(PHOTO)
    result = engine.transfer(picture, strength=Strongest(keep, told.append)).array
    assert 0 < told[0] < 1
    assert np.array_equal(result, engine.transfer(picture, strength=told[0]).array)
    assert ssim(PHOTO, result) == pytest.approx(keep, abs=0.004)
    more = engine.transfer(picture, strength=told[0] + 0.05).array
    assert ssim(PHOTO, more) < keep
    assert np.array_equal(result, engine.transfer(picture, strength=f"auto:{keep}").array)


def test_more_is_kept_with_less_strength(painted):
    told = []
    for keep in (0.5, 0.7, 0.9, 0.99):
        Engine(painted).transfer(Picture.open(PHOTO), strength=Strongest(keep, told.append))
    assert told == sorted(told, reverse=True) and len(set(told)) > 2


def test_what_is_asked_for_beside_it_follows_it():
    told, engine, picture = [], Engine(toned(finish=Finish(vignette=1.5))), Picture.open(PHOTO)
    settings = {"finish": 1.0, "warmth": 0.5}
    result = engine.transfer(picture, strength=Strongest(0.9, told.append), **settings)
    assert np.array_equal(result.array, engine.transfer(picture, strength=told[0], **settings).array)
    assert engine.transfer(picture, strength="auto", tone=0).array is picture.array


def test_of_a_batch_each_picture_has_its_own(tmp_path):
    for name, array in (("rough.png", PHOTO), ("dark.png", PHOTO // 4)):
        Image.fromarray(array).save(tmp_path / name)
    for workers in (1, 2):
        report = transfer_batch(
            [tmp_path / "rough.png", tmp_path / "dark.png"], toned(0.1), tmp_path / f"out{workers}",
            settings=BatchSettings(strength="auto:0.9"), workers=workers,
        )  # fmt: skip
        found = {outcome.source.name: outcome.strength for outcome in report.outcomes}
        assert 0 < found["rough.png"] < 1 and found["dark.png"] != found["rough.png"]
    again = transfer_batch(
        [tmp_path / "rough.png"], toned(0.1), tmp_path / "out1", settings=BatchSettings(strength="auto:0.9")
    )
    assert again.count("skipped") == 1 and again.outcomes[0].strength is None
    named = transfer_batch([tmp_path / "rough.png"], toned(), tmp_path / "named")
    assert named.outcomes[0].strength is None


def test_read():
    assert read_strength(0.5) == read_strength("0.5") == 0.5 and read_strength(2) == 2.0
    assert read_strength("auto").keep == 0.6 and read_strength("auto:0.8").keep == 0.8
    told = []
    assert read_strength(Strongest(0.7), told.append).on_found == told.append
    assert read_strength(Strongest(0.7, print), told.append).on_found is print


@pytest.mark.parametrize("bad", ["", "much", "auto:", "auto:much", "auto:1.5", "auto:-0.1", "auto:nan", None, []])
def test_refused(bad):
    with pytest.raises(InputError, match="wanted"):
        read_strength(bad)
    with pytest.raises(InputError, match="wanted"):
        BatchSettings(strength=bad).check()
    with pytest.raises(InputError, match="wanted"):
        Engine(toned()).transfer(Picture.open(PHOTO), strength=bad)


def test_too_small_for_a_comparison():
    with pytest.raises(InputError, match=r"12x8 is too small.*name one"):
        Engine(toned()).transfer(Picture.open(PHOTO[:8, :12]), strength="auto")


def test_torch_keeps_its_mode():
    Strongest(0.5).share(PHOTO, PHOTO // 2)
    assert not torch.is_inference_mode_enabled()
