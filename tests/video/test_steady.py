"""Strokes stay on what they paint, and nothing else does."""

import io

import numpy as np
import pytest
from films import scenery

from pinxit.errors import ShapeError
from pinxit.measuring.flow_error import detail, warping_error
from pinxit.video.steady import BRISK, COARSE, FINE, Steady, mixed, pace

pytest.importorskip("cv2")
RNG = np.random.default_rng(0)
HEIGHT, WIDTH, STEP = 96, 160, 3


def moving(frames=8, noise=0.1):
    """A pan by whole pixels, its painting with strokes that go along, and with noise that is new on every frame."""
    content = scenery(4, grain=6).astype(np.float32) / 255
    strokes = (content + 0.2 * RNG.random(content.shape, np.float32)) / 1.2
    places = [slice(STEP * n, STEP * n + WIDTH) for n in range(frames)]
    paintings = [strokes[:, at] + noise * RNG.normal(size=(HEIGHT, WIDTH, 3)).astype(np.float32) for at in places]
    return [content[:, at] for at in places], [one.clip(0, 1) for one in paintings]


def given(contents, paintings, steady=None):
    steady = steady or Steady()
    return [steady(content, painted) for content, painted in zip(contents, paintings, strict=True)]


def flows(count):
    flow = np.broadcast_to(np.float32([-STEP, 0]), (HEIGHT, WIDTH, 2))
    inside = np.zeros((HEIGHT, WIDTH), bool)
    inside[:, 8:-8] = True
    return [-flow] * count, [inside] * count


def test_strokes_go_along_and_noise_does_not():
    contents, paintings = moving()
    results = given(contents, paintings)
    before, after = (warping_error(frames, *flows(7)) for frames in (paintings, results))
    assert after < 0.2 * before
    # What is left is strokes, not blur: not less fine detail than there is without noise.
    least, most = detail(moving(noise=0)[1][-1]), detail(paintings[-1])
    assert (0.95 * np.array(least) < detail(results[-1])).all() and (np.array(most) > detail(results[-1])).all()


def test_coarse_is_followed_fast_and_fine_slowly():
    still = np.zeros((64, 64, 3), np.float32)
    squares = np.where(np.indices((64, 64)).sum(0) % 2, 1, -1)[..., None].astype(np.float32) + still
    sure = np.ones((64, 64), np.float32)
    np.testing.assert_allclose(mixed(still + 0.2, still + 0.4, still, sure), 0.2 + COARSE * 0.2, atol=1e-6)
    inner = slice(16, -16)
    for other, share in ((0.2, FINE), (0.14, FINE), (0.12, 1 - 2 * 0.36), (0.0, BRISK)):
        fine = mixed(still + 0.5, 0.5 + 0.2 * squares, other * squares, sure)[inner, inner]
        np.testing.assert_allclose(fine, (0.5 + share * 0.2 * squares)[inner, inner], atol=1e-3)
    np.testing.assert_allclose(mixed(still, still + 0.7, still, 0 * sure), 0.7, atol=1e-6)
    assert mixed(still + 1, still + 1.2, still, sure).max() == 1


def test_news_are_taken_up_and_noise_is_not():
    change, noise = (RNG.normal(size=(200, 200, 3)).astype(np.float32) for _ in range(2))
    alike = pace(change, 2**0.5 * noise)  # a mean of many against the next, and two of them against each other
    assert np.median(alike) == np.float32(FINE)
    np.testing.assert_array_equal(pace(3 * change, noise)[9:-9, 9:-9], np.float32(BRISK))


def test_a_still_clip_stands_still():
    content = scenery(1).astype(np.float32)[:, :WIDTH] / 255
    painted = RNG.random(content.shape).astype(np.float32)
    results = given([content] * 3, [painted] * 3)
    np.testing.assert_allclose(results[2], painted, atol=2e-3)


def test_another_content_gets_its_own_painting():
    flat, paintings = np.zeros((HEIGHT, WIDTH, 3), np.float32), RNG.random((2, HEIGHT, WIDTH, 3)).astype(np.float32)
    steady = Steady()
    steady(flat + 0.2, paintings[0])
    np.testing.assert_allclose(steady(flat + 0.8, paintings[1]), paintings[1], atol=1e-5)


def test_a_cut_carries_nothing():
    contents, paintings = moving(3)
    steady = Steady()
    steady(contents[0], paintings[0])
    steady.cut()
    assert steady.state() == {}
    np.testing.assert_array_equal(steady(contents[1], paintings[1]), paintings[1])


def test_goes_on_bit_for_bit():
    contents, paintings = moving(6)
    whole, first = given(contents, paintings), Steady()
    given(contents[:3], paintings[:3], first)
    kept = io.BytesIO()
    np.savez(kept, **first.state())
    kept.seek(0)
    with np.load(kept) as state:
        rest = given(contents[3:], paintings[3:], Steady.resumed(state))
    np.testing.assert_array_equal(rest, whole[3:])
    np.testing.assert_array_equal(given(contents[3:], paintings[3:], first), whole[3:])
    assert Steady.resumed({}).state() == {}


def test_results_and_paintings_are_the_callers():
    contents, paintings = moving(3)
    wanted, copies = given(contents, paintings), [one.copy() for one in paintings]
    steady, found = Steady(), []
    for content, painted in zip(contents, paintings, strict=True):
        result = steady(content, painted)
        found.append(result.copy())
        result[:] = 0
        steady.state()["steadied"][:] = 0
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(paintings, copies)


def test_strokes_go_on_across_the_seam_of_a_panorama():
    content = scenery(7, (WIDTH, HEIGHT), grain=6, wider=1).astype(np.float32) / 255
    content = (content + content[:, ::-1]) / 2  # its edges meet
    strokes = RNG.random(content.shape, np.float32)
    turned = [(np.roll(content, -STEP * n, 1), np.roll(strokes, -STEP * n, 1)) for n in range(4)]
    paintings = [(one + 0.1 * RNG.normal(size=one.shape)).clip(0, 1).astype(np.float32) for _, one in turned]
    at_seam = {}
    for around in (False, True):
        results = given([one for one, _ in turned], paintings, Steady(around=around))
        change = results[3] - np.roll(results[2], -STEP, 1)
        at_seam[around] = np.sqrt(np.square(change[:, -STEP:]).mean())
    assert at_seam[True] < 0.3 * at_seam[False]
    resumed = Steady.resumed({}, around=True)
    np.testing.assert_array_equal(given([one for one, _ in turned], paintings, resumed)[3], results[3])


@pytest.mark.parametrize("sides", [((8, 9, 3), (8, 8, 3)), ((8, 8), (8, 8)), ((8, 8, 4), (8, 8, 4))])
def test_shapes_that_do_not_fit(sides):
    with pytest.raises(ShapeError, match=r"both \(H, W, 3\)"):
        Steady()(*(np.zeros(side, np.float32) for side in sides))


def test_another_size_wants_a_cut():
    steady, small = Steady(), np.zeros((8, 8, 3), np.float32)
    steady(small, small)
    with pytest.raises(ShapeError, match=r"came after one of \(8, 8\); the same size or cut\(\) is wanted"):
        steady(np.zeros((9, 8, 3), np.float32), np.zeros((9, 8, 3), np.float32))


@pytest.mark.parametrize(
    "state", [{"seen": np.zeros((4, 4), np.uint8)}, {"seen": 1, "painted": 1, "steadied": 2}, {"other": 0}]
)
def test_a_state_that_is_none(state):
    with pytest.raises(ShapeError, match=r"one that state\(\) gave"):
        Steady.resumed(state)
