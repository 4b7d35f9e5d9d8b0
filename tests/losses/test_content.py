"""Content losses against closed forms, slow references and scikit-image."""

import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from pinxit.errors import ShapeError
from pinxit.losses.content import feature_content_loss, patch_nce_loss, structural_similarity


def double(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def pictures(*shape, seed=0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_plain_features():
    a, b = double(2, 3, 4, 5), double(2, 3, 4, 5, seed=1)
    wanted = ((a.numpy() - b.numpy()) ** 2).mean()
    assert feature_content_loss(a, b, normalized=False).item() == pytest.approx(wanted)


def test_normalized_features():
    a, b = double(2, 3, 6, 5), double(2, 3, 6, 5, seed=1) * 3 + 1

    def norm(z):
        z = z.numpy()
        return (z - z.mean((2, 3), keepdims=True)) / np.sqrt(z.var((2, 3), keepdims=True) + 1e-5)

    assert feature_content_loss(a, b).item() == pytest.approx(((norm(a) - norm(b)) ** 2).mean())


def test_normalized_features_pass_over_tone_and_amount():
    a = double(2, 3, 8, 8)
    gain = torch.tensor([0.5, 2.0, 7.0], dtype=torch.float64).view(1, 3, 1, 1)
    assert feature_content_loss(a * gain + gain, a).item() < 1e-8
    assert feature_content_loss(a * gain + gain, a, normalized=False).item() > 1
    assert feature_content_loss(-a, a).item() == pytest.approx(4, rel=1e-4), "negative features are the farthest"


def test_half_precision_is_judged_in_single():
    a, b = double(1, 2, 4, 4), double(1, 2, 4, 4, seed=1)
    assert feature_content_loss(a.bfloat16(), b.bfloat16()).dtype == torch.float32
    assert patch_nce_loss(a[0].bfloat16(), b[0].bfloat16()).dtype == torch.float32


@pytest.mark.parametrize("normalized", [True, False])
def test_feature_gradcheck(normalized):
    a, b = double(2, 2, 3, 3).requires_grad_(), double(2, 2, 3, 3, seed=1).requires_grad_()
    assert gradcheck(lambda x, y: feature_content_loss(x, y, normalized=normalized), (a, b))


def test_nce_of_orthogonal_places():
    places, length, temperature = 4, 6, 0.5
    a = torch.eye(length)[:places].expand(2, -1, -1)
    wanted = math.log(1 + (places - 1) * math.exp(-1 / temperature))  # similarity 1 to itself and 0 to the others
    assert patch_nce_loss(5 * a, 0.1 * a, temperature).item() == pytest.approx(wanted, rel=1e-5)


def test_nce_of_places_that_cannot_be_told_apart_is_chance():
    same = torch.ones(3, 7, 5)
    assert patch_nce_loss(same, same).item() == pytest.approx(math.log(7), rel=1e-5)


def test_nce_against_a_slow_reference():
    a, b = double(2, 5, 4), double(2, 5, 4, seed=1)
    losses = []
    for x, y in zip(a.numpy(), b.numpy(), strict=True):
        for i in range(5):
            cosines = [x[i] @ y[j] / np.linalg.norm(x[i]) / np.linalg.norm(y[j]) for j in range(5)]
            powers = np.exp(np.array(cosines) / 0.07)
            losses.append(-np.log(powers[i] / powers.sum()))
    assert patch_nce_loss(a, b).item() == pytest.approx(np.mean(losses))


def test_nce_notices_places_that_moved():
    a = double(1, 9, 16)
    assert patch_nce_loss(a, a) < 0.1 < 1 < patch_nce_loss(a.roll(1, 1), a)


def test_nce_gradcheck():
    a, b = double(2, 4, 3).requires_grad_(), double(2, 4, 3, seed=1).requires_grad_()
    assert gradcheck(lambda x, y: patch_nce_loss(x, y, 0.3), (a, b))


@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_ssim_equals_scikit_image(noise):
    metrics = pytest.importorskip("skimage.metrics")
    a = pictures(2, 3, 31, 40)
    b = (a + noise * double(2, 3, 31, 40, seed=1)).clamp(0, 1)
    luma = np.array([0.299, 0.587, 0.114]).reshape(3, 1, 1)
    wanted = [
        metrics.structural_similarity(
            (x.numpy() * luma).sum(0),
            (y.numpy() * luma).sum(0),
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for x, y in zip(a, b, strict=True)
    ]
    assert structural_similarity(a, b).numpy() == pytest.approx(wanted, abs=1e-9)
    assert structural_similarity(a.float(), b.float()).numpy() == pytest.approx(wanted, abs=1e-4)


def test_ssim_of_flat_pictures():
    a, b = torch.full((1, 3, 16, 16), 0.25), torch.full((1, 3, 16, 16), 0.75)
    wanted = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert structural_similarity(a, b).item() == pytest.approx(wanted, rel=1e-3)


def test_ssim_of_a_picture_with_itself_is_1_and_of_another_is_not():
    a = pictures(2, 3, 20, 20)
    assert structural_similarity(a, a).numpy() == pytest.approx([1.0, 1.0])
    assert (structural_similarity(a, a.flip(3)) < 0.3).all()


def test_ssim_gradcheck():
    a, b = pictures(1, 3, 12, 12).requires_grad_(), pictures(1, 3, 12, 12, seed=1).requires_grad_()
    assert gradcheck(structural_similarity, (a, b))


def test_ssim_refuses_what_its_window_does_not_fit():
    with pytest.raises(ShapeError, match="11 pixels"):
        structural_similarity(torch.zeros(1, 3, 10, 40), torch.zeros(1, 3, 10, 40))
    with pytest.raises(ShapeError, match="one shape"):
        structural_similarity(torch.zeros(1, 3, 20, 20), torch.zeros(1, 3, 20, 21))
