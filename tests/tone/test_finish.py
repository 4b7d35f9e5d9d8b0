"""Vignette and grain: what they do, and whether they are found again in ordinary photos."""

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError, ShapeError
from pinxit.tone.finish import Finish, apply_finish, estimate_finish
from pinxit.tone.grain import correlation, grain_field


@cache
def crops() -> tuple[np.ndarray, ...]:
    """Four overlapping crops of each of six ordinary photos, so that every part of a scene is once near a corner."""
    data = pytest.importorskip("skimage.data")
    datasets = pytest.importorskip("sklearn.datasets")
    photos = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket(), *datasets.load_sample_images().images]
    places = [(y, x) for y in (0, 1) for x in (0, 1)]
    return tuple(crop(photo, y, x) for photo in photos for y, x in places)


def crop(photo: np.ndarray, y: int, x: int) -> np.ndarray:
    height, width = photo.shape[0] * 3 // 4, photo.shape[1] * 3 // 4
    top, left = y * (photo.shape[0] - height), x * (photo.shape[1] - width)
    return np.ascontiguousarray(photo[top : top + height, left : left + width])


def finished(finish: Finish) -> list[np.ndarray]:
    return [apply_finish(photo, finish, seed=seed) for seed, photo in enumerate(crops())]


def as_jpeg(photo: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def test_vignette_halves_light_in_the_corner_per_stop():
    grey = np.full((301, 401, 3), 0.5)
    result = apply_finish(grey, Finish(vignette=1.0))
    assert np.allclose((result[0, 0] / 0.5) ** 2.2, 0.5)
    assert np.allclose(result[150, 200], 0.5)
    assert np.allclose(result, result[::-1, ::-1])
    assert np.allclose((apply_finish(grey, Finish(vignette=1.0), 0.5)[0, 0] / 0.5) ** 2.2, 0.5**0.5)
    assert apply_finish(grey, Finish(vignette=-1.0))[0, 0, 0] > 0.6


@pytest.mark.parametrize("blur", [0.0, 0.4, 0.8, 1.5, 4.0])
def test_grain_has_unit_variance_and_the_wanted_size(blur):
    field = grain_field((slice(-100, 900), slice(5000, 6000)), blur, 7)
    assert abs(field.mean()) < 0.03 * max(1, blur) and abs(field.std() - 1) < 0.02
    for lag in (1, 2, 4):
        assert abs((field[:, lag:] * field[:, :-lag]).mean() - correlation(np.array(lag), blur)) < 0.06
        assert abs((field[lag:] * field[:-lag]).mean() - correlation(np.array(lag), blur)) < 0.06


def test_grain_is_strongest_in_midtones_and_grey():
    finish = Finish(grain=0.05, grain_size=0.5)
    deviation = {}
    for level in (0.0, 0.1, 0.5, 1.0):
        pixels = np.full((200, 200, 3), level)
        change = apply_finish(pixels, finish) - pixels
        assert np.array_equal(change[..., 0], change[..., 2])
        deviation[level] = change.std()
    assert deviation[0.0] == deviation[1.0] == 0
    assert abs(deviation[0.5] - 0.05) < 0.002 and abs(deviation[0.1] - 0.05 * 0.6) < 0.002


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, np.float64])
def test_tiles_equal_the_whole_and_the_dtype_stays(kind):
    unit = {np.uint8: 255, np.uint16: 65535}.get(kind, 1.0)
    photo = (np.random.default_rng(0).random((310, 430, 3)) * unit).astype(kind)
    finish = Finish(0.8, 0.04, 2.5)
    whole = apply_finish(photo, finish, seed=-5)
    assert whole.dtype == kind
    tiled = np.empty_like(whole)
    for top in (200, 0, 100, 300):
        for left in (300, 0, 150):
            tile = photo[top : top + 100, left : left + 150]
            tiled[top : top + 100, left : left + 150] = apply_finish(
                tile, finish, seed=-5, origin=(top, left), whole=photo.shape[:2]
            )
    assert np.array_equal(tiled, whole)


def test_the_seed_decides_and_neutral_changes_nothing():
    photo = np.random.default_rng(1).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    finish = Finish(grain=0.05)
    assert np.array_equal(apply_finish(photo, finish, seed=3), apply_finish(photo, finish, seed=3))
    assert not np.array_equal(apply_finish(photo, finish, seed=3), apply_finish(photo, finish, seed=2**70 + 4))
    for same in (apply_finish(photo, Finish()), apply_finish(photo, finish, 0.0)):
        assert np.array_equal(same, photo) and same is not photo
    for strength in (5.0, 1e300):
        assert np.isfinite(apply_finish(photo / 255, Finish(-8.0, 1.0, 100.0), strength)).all()


@pytest.mark.parametrize("values", [{"vignette": np.nan}, {"grain": -0.1}, {"grain_size": np.inf}, {"grain": "much"}])
def test_other_values_are_refused(values):
    with pytest.raises(InputError, match="came"):
        Finish(**values)


def test_other_pictures_are_refused():
    with pytest.raises(ShapeError):
        apply_finish(np.zeros((5, 3)), Finish(1.0))
    with pytest.raises(ShapeError, match="inside"):
        apply_finish(np.zeros((5, 5, 3)), Finish(1.0), origin=(1, 0), whole=(5, 5))
    with pytest.raises(ShapeError):
        estimate_finish([np.zeros((50, 50))])


def test_ordinary_photos_have_no_finish():
    assert estimate_finish(finished(Finish())) == Finish()
    compressed = estimate_finish([as_jpeg(photo, 75) for photo in crops()])
    assert compressed.grain == 0 and compressed.vignette < 0.2


def test_a_synthetic_vignette_is_found():
    """24 pictures: half a stop of shortfall at most; the estimate leans to less."""
    strong, medium = (estimate_finish(finished(Finish(vignette=stops))) for stops in (2.0, 1.0))
    assert 1.4 < strong.vignette < 2.2 and strong.grain == 0
    assert 0.4 < medium.vignette < 1.2


@pytest.mark.parametrize("finish", [Finish(0, 0.02, 1.2), Finish(0, 0.05, 1.6), Finish(0, 0.05, 3.0)])
def test_synthetic_grain_is_found(finish):
    found = estimate_finish(finished(finish))
    assert abs(found.grain / finish.grain - 1) < 0.15
    assert abs(found.grain_size / finish.grain_size - 1) < 0.25
    five = estimate_finish(finished(finish)[::5])  # fewer pictures say less, and say it more quietly
    assert 0.75 < five.grain / finish.grain < 1.15


def test_both_are_found_together_and_through_jpeg():
    found = estimate_finish([as_jpeg(photo, 90) for photo in finished(Finish(2.0, 0.05, 1.6))])
    assert 1.0 < found.vignette < 2.2 and abs(found.grain - 0.05) < 0.008


def test_pictures_that_tell_nothing():
    for pictures in ([], [np.zeros((1, 1, 3), np.uint8)], [np.full((300, 400, 3), 255, np.uint8)] * 6):
        assert estimate_finish(pictures) == Finish()
    assert estimate_finish([np.full((300, 400, 3), 0.5)] * 6) == Finish()


def test_the_type_of_the_pictures_does_not_matter():
    pictures = finished(Finish(2.0, 0.05, 1.6))[::4]
    assert estimate_finish([photo / 255 for photo in pictures]) == estimate_finish(pictures)
    assert estimate_finish([photo.astype(np.uint16) * 257 for photo in pictures]) == estimate_finish(pictures)
