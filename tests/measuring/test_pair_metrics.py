"""Metrics of pairs against other programs, slow formulas and pictures whose answer is known."""

import sys

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from skimage import data, feature, metrics

from pinxit.errors import InputError, MissingExtraError, ShapeError
from pinxit.measuring import pair_metrics as pm
from pinxit.measuring.features import FeatureNetwork
from pinxit.networks import weights
from pinxit.picture import Picture

LUMA = np.array([0.299, 0.587, 0.114])
FACE = np.ascontiguousarray(data.astronaut()[:256, 100:356])


def soft(seed, height=176, width=200, blur=3.0):
    """Blots of colour, (H, W, 3) float32 0..1."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=(height, width, 3)), (blur, blur, 0))
    return (0.5 + noise / noise.std() * 0.15).clip(0, 1).astype(np.float32)


def slow_ms_ssim(a, b):
    """Wang, Simoncelli and Bovik 2003, every window written out."""
    place = np.arange(11) - 5
    window = np.exp(-(place[:, None] ** 2 + place[None] ** 2) / 4.5)
    window /= window.sum()
    value, x, y = 1.0, a.astype(np.float64) @ LUMA, b.astype(np.float64) @ LUMA
    for number, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        u, v = (np.lib.stride_tricks.sliding_window_view(z, (11, 11)) for z in (x, y))
        mean = [(z * window).sum((2, 3)) for z in (u, v)]
        var = [(z**2 * window).sum((2, 3)) - m**2 for z, m in zip((u, v), mean, strict=True)]
        both = (u * v * window).sum((2, 3)) - mean[0] * mean[1]
        similarity = (2 * both + 0.03**2) / (var[0] + var[1] + 0.03**2)
        if number == 4:
            similarity *= (2 * mean[0] * mean[1] + 0.01**2) / (mean[0] ** 2 + mean[1] ** 2 + 0.01**2)
        value *= similarity.mean() ** weight
        h, w = x.shape[0] // 2, x.shape[1] // 2
        x, y = (z[: 2 * h, : 2 * w].reshape(h, 2, w, 2).mean((1, 3)) for z in (x, y))
    return value


class TestPixels:
    def test_psnr(self):
        a, b = soft(0), soft(1)
        assert pm.psnr(a, b) == pytest.approx(metrics.peak_signal_noise_ratio(a, b, data_range=1.0), abs=1e-4)
        assert pm.psnr(np.zeros((4, 4, 3)), np.full((4, 4, 3), 0.1)) == pytest.approx(20)

    def test_psnr_of_equal_pictures_is_that_of_rounding(self):
        exact = np.random.default_rng(0).random((300, 300, 3))
        rounded = np.rint(exact * 255) / 255
        assert pm.psnr(exact, exact) == pm.MOST_PSNR
        assert metrics.peak_signal_noise_ratio(exact, rounded, data_range=1) == pytest.approx(pm.MOST_PSNR, abs=0.05)

    @pytest.mark.parametrize("size", [(176, 176), (191, 203)])
    def test_ms_ssim(self, size):
        a = soft(0, *size)
        for b in (soft(0, *size, blur=4.0), (0.7 * a + 0.3 * soft(1, *size)).astype(np.float32)):
            assert pm.multiscale_ssim(a, b) == pytest.approx(slow_ms_ssim(a, b), abs=1e-6)
        assert pm.multiscale_ssim(a, a) == pytest.approx(1)
        assert pm.multiscale_ssim(a, 1 - a) == 0  # a scale turned into its negative

    def test_ms_ssim_of_small_pictures(self):
        with pytest.raises(ShapeError, match=r"300 x 175.*176 pixels"):
            pm.multiscale_ssim(soft(0, 175, 300), soft(1, 175, 300))

    def test_alignment(self):
        big = (soft(0, 300, 1200) * 255).astype(np.uint8)
        a, b = pm.aligned(Picture.open(big), Picture.open(big))
        assert a.shape == (128, 512, 3) and a.dtype == np.float32 and np.array_equal(a, b)
        x, y = np.meshgrid(np.linspace(0, 1, 200), np.linspace(0, 1, 100))
        slope = np.stack([x, y, x * 0 + 0.5], -1).astype(np.float32)
        twice = np.kron(slope, np.ones((2, 2, 1), np.float32))
        a, b = pm.aligned(Picture.open(slope), Picture.open(twice))
        assert np.array_equal(a, slope) and b.shape == slope.shape  # small pictures stay as they are
        assert np.abs(a - b)[5:-5, 5:-5].max() < 0.005


class TestEdges:
    def test_against_every_pair_of_edges(self):
        a, b = soft(0, 60, 70, 4.0), soft(1, 60, 70, 4.0)
        a, b = a, (0.5 * a + 0.5 * b).astype(np.float32)
        points = [
            np.argwhere(
                feature.canny(
                    (x @ LUMA.astype(np.float32)).astype(float), 2, 0.8, 0.9, use_quantiles=True, mode="nearest"
                )
            )
            for x in (a, b)
        ]
        apart = np.hypot(*(points[0][:, None] - points[1][None]).transpose(2, 0, 1))
        precision, recall = (apart.min(0) <= 2).mean(), (apart.min(1) <= 2).mean()
        assert 0.2 < precision < 0.98
        assert pm.edge_agreement(a, b) == pytest.approx(2 * precision * recall / (precision + recall))

    def test_edges_may_move_a_little(self):
        scene = np.zeros((96, 96, 3), np.float32)
        scene[30:60, 30:60] = 1
        found = [pm.edge_agreement(scene, np.roll(scene, shift, (0, 1))) for shift in (0, 1, 5)]
        assert found[0] == 1 and found[1] > 0.99 and found[2] < 0.35
        assert pm.edge_agreement(scene, 0.4 + 0.1 * scene) == 1  # contrast does not count
        assert pm.edge_agreement(scene, 1 - scene) == 1

    def test_nothing_to_see(self):
        with pytest.raises(InputError, match="no edges"):
            pm.edge_agreement(soft(0), np.full_like(soft(0), 0.5))

    def test_without_scikit_image(self, monkeypatch):
        for name in ("skimage", "skimage.feature"):
            monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MissingExtraError, match="personal"):
            pm.edge_agreement(soft(0), soft(1))


def test_feature_distance_is_twice_one_minus_the_correlation():
    plain = FeatureNetwork("plain", lambda x: [x, x[:, :1]])
    a, b = soft(0), soft(1) * 0.3 + 0.1
    rows = [np.corrcoef(a[..., c].ravel(), b[..., c].ravel())[0, 1] for c in range(3)]
    wanted = np.mean([2 - 2 * np.mean(rows), 2 - 2 * rows[0]])
    assert pm.feature_distance(a, b, plain) == pytest.approx(wanted, abs=1e-2)
    assert pm.feature_distance(a, a * 0.5 + 0.2, plain) == pytest.approx(0, abs=1e-3)
    assert pm.feature_distance(a, 1 - a, plain) == pytest.approx(4, abs=1e-2)


class TestRecognition:
    def test_by_an_eye_that_names_colours(self, monkeypatch):
        class Eye:
            def name_objects(self, pixels):
                return torch.log(pixels.mean((2, 3)))

        monkeypatch.setattr(weights, "eye", Eye)
        a, b, c = (np.tile(np.float32(x), (80, 100, 1)) for x in ((0.5, 0.3, 0.2), (0.4, 0.1, 0.5), (0.6, 0.3, 0.1)))
        assert pm.recognition(a, a) == (1, pytest.approx(1))
        assert pm.recognition(a, b) == (0, pytest.approx(0.4 + 0.1 + 0.2))
        assert pm.recognition(a, c) == (1, pytest.approx(0.9))
        half = a.copy()
        half[:, 50:] = b[:, 50:]
        same, overlap = pm.recognition(a, half)  # 3 of 10 views lie left of the middle, 3 right of it
        assert 0.3 <= same <= 0.7 and 0.7 < overlap < 1

    def test_small_pictures(self):
        with pytest.raises(ShapeError, match=r"63 x 80.*64 pixels"):
            pm.recognition(soft(0, 80, 63), soft(0, 80, 63))


class TestFaces:
    def test_a_face_that_stays_moves_or_goes(self):
        face = Picture.open(FACE)
        assert pm.face_shifts(face, face) == [0]
        moved = pm.face_shifts(face, Picture.open(np.roll(FACE, 12, 1)))
        assert 0.08 < moved[0] < 0.2  # 12 pixels of a face of some 90
        assert pm.face_shifts(face, Picture.open(np.kron(FACE, np.ones((2, 2, 1), np.uint8))))[0] < 0.1
        assert pm.face_shifts(face, Picture.open(np.full_like(FACE, 90))) == [None]
        assert pm.face_shifts(face, Picture.open(np.roll(FACE, 90, 1))) == [None]  # another place: another face

    def test_no_face_before(self):
        with pytest.raises(InputError, match="no face"):
            pm.face_shifts(Picture.open(np.full_like(FACE, 90)), Picture.open(FACE))
