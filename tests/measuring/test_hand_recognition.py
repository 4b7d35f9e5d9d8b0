"""Hand recognition: statistics of known pictures, a regression that another program finds too, and nothing leaks."""

import hashlib
import sys

import numpy as np
import pytest
from PIL import Image

from pinxit.errors import InputError, MissingExtraError, NotFoundError, ShapeError
from pinxit.measuring.hand_recognition import HandRecognizer, digest_of, line_statistics, recognizer_of

PATTERNS, TURNS = (slice(0, 10), slice(10, 28)), slice(28, 36)  # of the first of three scales, 42 numbers each
STEPS = slice(36, 42)


def lines(angle, seed, side=96, width=8.0):
    """Wavy lines along an angle, some noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    along = x * np.cos(angle) + y * np.sin(angle)
    grey = 0.5 + 0.35 * np.sin(2 * np.pi * along / width + rng.random() * 6) + rng.normal(0, 0.03, (side, side))
    return np.repeat((grey.clip(0, 1) * 255).astype(np.uint8)[..., None], 3, 2)


def works(count, first=0):
    angles = {"across": 0.0, "down": np.pi / 2, "slanting": np.pi / 4}
    return {hand: [lines(angle, first + i) for i in range(count)] for hand, angle in angles.items()}


@pytest.fixture(scope="module")
def recognizer():
    return HandRecognizer(works(4))


def test_statistics_are_roots_of_shares():
    found = line_statistics(lines(0.3, 0))
    assert found.shape == (5, 126) and found.dtype == np.float64
    for scale in range(3):
        for part in (*PATTERNS, TURNS, STEPS):
            rows = found[:, slice(part.start + 42 * scale, part.stop + 42 * scale)]
            assert (rows**2).sum(1) == pytest.approx(1)


def test_directions_of_edges():
    y, x = np.mgrid[:96, :96]
    ramps = {0: x, 4: y, 2: x + y, 6: x - y}  # in eighths of half a turn
    for turn, ramp in ramps.items():
        grey = ((ramp - ramp.min()) / np.ptp(ramp) * 0.9).astype(np.float32)
        found = line_statistics(np.repeat(grey[..., None], 3, 2))
        assert found[:, TURNS].argmax(1).tolist() == [turn] * 5
        # The seam of the smoothing is cut off, so that a ramp has but one direction and strength; rounding puts this
        # just below or just above the mean.
        assert found[0, TURNS.start + turn] ** 2 > 0.999
        assert (found[0, STEPS.start + 2 : STEPS.start + 4] ** 2).sum() > 0.999


def test_patterns_of_nothing():
    flat = np.full((96, 96, 3), 0.5, np.float32)
    found = line_statistics(flat)
    # Every neighbour is as bright as the middle: 8 of 8 in a row, 16 of 16.
    assert found[:, 8] == pytest.approx(1) and found[:, 10 + 16] == pytest.approx(1)
    assert not found[:, TURNS].any() and found[:, STEPS.start] == pytest.approx(1)
    half = lines(0, 1)
    half[:, :48] = 128
    seen = line_statistics(half)[:, 8]
    assert (seen[[1, 3]] > 0.97).all() and (seen[[2, 4]] < 0.6).all(), "left quarters are flat, right ones are not"


def test_the_whole_is_the_mean_of_its_quarters():
    found = line_statistics(lines(0.3, 0)) ** 2
    # Where sides are even and all pixels count alike: 88 x 88 pixels and 42 x 42 are left of 96 x 96.
    for scale in range(2):
        for part in (*PATTERNS, STEPS):
            place = slice(part.start + 42 * scale, part.stop + 42 * scale)
            assert found[0, place] == pytest.approx(found[1:, place].mean(0))
            assert np.ptp(found[1:, place], 0).max() > 0.001


def test_blind_for_colour_brightness_and_contrast():
    picture = lines(0.7, 1) / 255
    wanted = line_statistics(picture.astype(np.float32))
    grey = picture[..., 0]
    red = np.stack([grey, grey * 0.5, grey * 0.2], -1)
    assert np.abs(line_statistics((0.3 + 0.4 * picture).astype(np.float32)) - wanted).max() < 0.05
    assert np.abs(line_statistics(red.astype(np.float32)) - wanted).max() < 0.05
    assert np.abs(line_statistics(lines(2.2, 1)) - wanted).max() > 0.3


def test_size_is_brought_to_512():
    picture = lines(0.7, 1, side=256)
    large = np.asarray(Image.fromarray(picture).resize((1024, 1024), Image.Resampling.BICUBIC))
    same = np.asarray(Image.fromarray(large).reduce(2))
    assert np.abs(line_statistics(large) - line_statistics(same)).mean() < 0.03


@pytest.mark.parametrize("shape", [(96, 96), (96, 96, 4), (47, 96, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ShapeError, match="48 or more"):
        line_statistics(np.zeros(shape, np.uint8))


def test_hands_are_told_apart(recognizer):
    for hand, each in works(3, first=50).items():
        for work in each:
            shares = recognizer.shares(work)
            assert recognizer.name(work) == hand == max(shares, key=shares.get)
            assert sum(shares.values()) == pytest.approx(1) and shares[hand] > 0.6


def test_another_program_finds_the_same_regression(recognizer):
    linear_model = pytest.importorskip("sklearn.linear_model")
    given = works(4) | {"down": works(4)["down"][:2]}
    hands = sorted(given)
    rows = np.concatenate([line_statistics(work) for hand in hands for work in given[hand]])
    truth = np.repeat([0, 1, 2], [5 * len(given[hand]) for hand in hands])
    share = 1 / 3 / np.array([5 * len(given[hand]) for hand in hands])[truth]
    mean, spread = rows.mean(0), rows.std(0) + 1e-3
    other = linear_model.LogisticRegression(C=1 / 0.005, tol=1e-8, max_iter=5000)
    other.fit((rows - mean) / spread, truth, sample_weight=share)
    work = lines(0.5, 99)
    logs = other.predict_log_proba((line_statistics(work) - mean) / spread).mean(0)
    wanted = np.exp(logs) / np.exp(logs).sum()
    assert list(HandRecognizer(given).shares(work).values()) == pytest.approx(wanted, abs=2e-3)


def save(array, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_from_a_folder_without_what_is_kept_back(tmp_path):
    never = []
    for hand, each in works(3).items():
        for i, work in enumerate(each):
            digest = save(work, tmp_path / hand / f"{i}.png")
            assert digest_of(tmp_path / hand / f"{i}.png") == digest
    # Works that lie: they are said to be across, and must not be learned from.
    for i in range(4):
        never.append(save(lines(np.pi / 2, 70 + i), tmp_path / "across" / f"lie{i}.png"))
    save(lines(1.0, 90), tmp_path / "only known" / "x.png")
    never.append(digest_of(tmp_path / "only known" / "x.png"))
    found = recognizer_of(tmp_path, "across", never=never, photos=[lines(2.0, i) for i in range(3)])
    assert found.hands == ["across", "down", "photo", "slanting"]
    assert [found.name(lines(angle, 99)) for angle in (0, np.pi / 2, 2.0)] == ["across", "down", "photo"]
    same = HandRecognizer(works(3) | {"photo": [lines(2.0, i) for i in range(3)]})
    assert found.shares(lines(0.2, 5)) == pytest.approx(same.shares(lines(0.2, 5)), abs=1e-4)
    few = recognizer_of(tmp_path, "across", never=never, photos=[], per_hand=1)
    assert few.hands == ["across", "down", "slanting"]


def test_refused(tmp_path):
    with pytest.raises(NotFoundError, match="is not a folder"):
        recognizer_of(tmp_path, "nobody", never=[], photos=[])
    digest = save(lines(0, 0), tmp_path / "a" / "0.png")
    with pytest.raises(InputError, match="add others of the same hand"):
        recognizer_of(tmp_path, "a", never=[digest], photos=[])
    with pytest.raises(InputError, match="two hands"):
        recognizer_of(tmp_path, "a", never=[], photos=[])
    with pytest.raises(InputError, match="two hands"):
        HandRecognizer({"a": [lines(0, 0)], "b": []})


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.feature", None)
    with pytest.raises(MissingExtraError, match=r"pinxit\[bench\]"):
        line_statistics(lines(0, 0))
