"""Open-set recognition against brute conditioning of joint normal distributions."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from pinxit.errors import InputError, ShapeError
from pinxit.learning.recognizer import (
    READ,
    Known,
    StyleRecognizer,
    hand_recognizer,
    kinds_of,
    log_normal,
    signatures_of,
    signed,
)
from pinxit.networks.signature import Signature
from pinxit.style import Signatures

RNG = np.random.default_rng(3)


def covariance(size, scale):
    root = RNG.normal(size=(size, size))
    return scale * (root @ root.T + np.eye(size))


@pytest.fixture
def network():
    made = Signature(statistics=4, look=4, hand=2, tone=1, hands=("dore", "turner"))
    for row, scale in enumerate((1.0, 2.0)):
        made.centre[row] = torch.from_numpy(RNG.normal(size=3)) + 4 * row
        made.between[row], made.within[row] = (torch.from_numpy(covariance(3, s)) for s in (scale, 0.3))
    made.prototypes.copy_(torch.tensor([[-3.0, 0.0, 1.0], [3.0, 1.0, -2.0]]))
    made.counts.copy_(torch.tensor([5.0, 40.0]))
    return made


def conditioned(kind, vectors):
    """Mean and covariance of one more picture of a style, from the joint distribution of all pictures of it."""
    count, length = vectors.shape
    joint = np.kron(np.ones((count + 1, count + 1)), kind.between) + np.kron(np.eye(count + 1), kind.within)
    seen, new = slice(0, count * length), slice(count * length, None)
    gain = joint[new, seen] @ np.linalg.inv(joint[seen, seen])
    away = (vectors - kind.centre).ravel()
    return kind.centre + gain @ away, joint[new, new] - gain @ joint[seen, new]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_next_picture_of_a_style(network, count):
    for kind in kinds_of(network).values():
        vectors = RNG.normal(size=(count, 3)) + 1
        for found, wanted in zip(kind.next_of(Known.of(vectors)), conditioned(kind, vectors), strict=True):
            np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_log_normal():
    mean, spread, x = RNG.normal(size=3), covariance(3, 1.0), RNG.normal(size=(7, 3))
    wanted = multivariate_normal(mean, spread).logpdf(x) + 1.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(log_normal(x, mean, spread), wanted, atol=1e-9)


def test_ratios_are_those_of_the_mixtures(network):
    kinds, x = kinds_of(network), RNG.normal(size=(5, 3)) + 2
    references = RNG.normal(size=(3, 3)) + 2
    mean = references.mean(0)
    density = lambda k, n: multivariate_normal(k.centre, k.between + k.within / n).pdf(mean)  # noqa: E731
    weights = {name: density(kind, 3) for name, kind in kinds.items()}
    of_style = sum(w * multivariate_normal(*conditioned(kinds[n], references)).pdf(x) for n, w in weights.items())
    none = sum(multivariate_normal(k.centre, k.between + k.within).pdf(x) for k in kinds.values()) / 2
    wanted = np.log(of_style / sum(weights.values()) / none)
    found = StyleRecognizer(network, {"a": Known.of(references)}).ratios(x)
    np.testing.assert_allclose(found[:, 0], wanted, atol=1e-5)


def test_confidences(network):
    network.trust.copy_(torch.tensor([[0.5, 0.3], [0.5, 0.3], [2.0, -1.0]]))
    known = {"a": Known.of(np.zeros((2, 3))), "b": Known.of(np.ones((4, 3)))}
    recognizer, x = StyleRecognizer(network, known), RNG.normal(size=(6, 3))
    logits = np.exp(0.5 * recognizer.ratios(x) + 0.3) / 2
    wanted = np.column_stack([logits, np.ones(6)]) / (1 + logits.sum(1, keepdims=True))
    np.testing.assert_allclose(recognizer.confidences(x), wanted, atol=1e-9)
    other = StyleRecognizer(network, known, trust=-1)
    logits = np.exp(2.0 * recognizer.ratios(x) - 1.0) / 2
    np.testing.assert_allclose(other.confidences(x)[:, -1], 1 / (1 + logits.sum(1)), atol=1e-9)


def test_a_style_that_nothing_is_known_of_says_nothing(network):
    one = StyleRecognizer(network, {"a": Known(np.zeros(3), 0, "photo")}, ("photo",))
    np.testing.assert_allclose(one.confidences(RNG.normal(size=(3, 3))), 0.5, atol=1e-9)


def test_far_away_is_none_of_these_and_many_references_are_surer(network):
    kind = kinds_of(network)["painted"]
    place = kind.centre + 2 * np.sqrt(np.diag(kind.between))
    few, many = (StyleRecognizer(network, {"a": Known(place, n, "painted")}, ("painted",)) for n in (1, 50))
    assert many.confidences(place[None])[0, 0] > few.confidences(place[None])[0, 0] > 0.5
    assert many.confidences(2 * kind.centre[None] - place)[0, -1] > 0.9


def test_bundled_hands(network):
    recognizer = hand_recognizer(network)
    assert recognizer.names == ("dore", "turner", "photo")
    said = recognizer.confidences(np.stack([*network.prototypes.numpy(), network.centre[1].numpy()]))
    np.testing.assert_array_equal(said[:, :3].argmax(1), [0, 1, 2])


def test_refused(network):
    with pytest.raises(InputError, match="pinxit learn"):
        StyleRecognizer(network, {})
    with pytest.raises(ShapeError, match=r"'b' has a signature of shape \(4,\); \(3,\)"):
        StyleRecognizer(network, {"a": Known.of(np.zeros((1, 3))), "b": Known.of(np.zeros((1, 4)))})


class TestSignatures:
    def test_depths_agree_and_large_pictures_are_made_small(self, tiny):
        picture = RNG.integers(0, 256, (40, 48, 3), np.uint8)
        found = signatures_of([picture, picture.astype(np.uint16) * 257, picture / np.float32(255)])
        assert found.shape == (3, 5) and found.dtype == np.float32
        np.testing.assert_allclose(found[1:], found[:1].repeat(2, 0), atol=1e-4)
        flat = np.full((900, 600, 3), 90, np.uint8)
        np.testing.assert_allclose(signatures_of([flat]), signatures_of([flat[:384, :256]]), atol=1e-3)

    def test_order_of_pictures_is_kept(self, tiny):
        pictures = [RNG.integers(0, 256, (20, 24 + 4 * i, 3), np.uint8) for i in range(3)]
        each = np.concatenate([signatures_of([picture]) for picture in pictures])
        np.testing.assert_allclose(signatures_of(pictures), each, atol=1e-4)

    @pytest.mark.parametrize("shape", [(15, 40, 3), (16, 400, 3), (40, 40), (40, 40, 4), (0, 40, 3)])
    def test_refused(self, tiny, shape):
        with pytest.raises(ShapeError, match="16 pixels or more a side"):
            signatures_of([np.zeros((20, 20, 3), np.uint8), np.zeros(shape, np.uint8)])
        with pytest.raises(ShapeError, match="no picture"):
            signatures_of([])

    def test_of_a_style(self, tiny):
        pictures = [np.full((16, 20, 3), i, np.uint8) for i in range(40)]
        found = signed([*pictures[:2], np.zeros((4, 4, 3), np.uint8)], "art")
        np.testing.assert_allclose(found.vectors, signatures_of(pictures[:2]), atol=1e-5)
        assert found.version == "fedcba9876543210" and signed([np.zeros((4, 4, 3), np.uint8)], "art") is None
        for kind, most in READ.items():
            each = signed(pictures, kind).vectors
            assert len(each) == most
            np.testing.assert_allclose(each[1], signatures_of([pictures[40 // most]])[0], atol=1e-5)

    def test_of_a_style_that_is_continued(self, tiny):
        old = Signatures(np.zeros((60, 5), np.float32), "fedcba9876543210")
        pictures = [np.full((16, 20, 3), i, np.uint8) for i in range(8)]
        assert len(signed(pictures[:3], "art", old).vectors) == 63
        most = signed(pictures, "art", old).vectors
        assert len(most) == 64 and 6 <= most.any(1).sum() <= 8
        assert len(signed(pictures, "art", Signatures(old.vectors, "0" * 16)).vectors) == 8
