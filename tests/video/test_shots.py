"""Shots: cuts are found where they are, and flashes, fades, dissolves and movement are what they are."""

from fractions import Fraction

import numpy as np
import pytest
from films import pan, scenery, write_film

from pinxit.errors import InputError
from pinxit.video.clip import open_clip
from pinxit.video.shots import Shot, find_shots


def first_frames(tmp_path, frames) -> list[int]:
    clip = open_clip(write_film(tmp_path / "a.mkv", frames))
    return [shot.first for shot in find_shots(clip)]


def faded(frames, start, end):
    shares = np.linspace(start, end, len(frames))
    return [np.uint8(np.rint(share * frame)) for share, frame in zip(shares, frames, strict=True)]


def test_cuts(tmp_path):
    lengths = [9, 14, 5, 20, 12, 7]
    frames = [frame for seed, n in enumerate(lengths) for frame in pan(scenery(seed), n)]
    assert first_frames(tmp_path, frames) == [0, 9, 23, 28, 48, 60]


def test_shots_cover_the_clip(tmp_path):
    frames = pan(scenery(1), 10) + pan(scenery(2), 15)
    clip = open_clip(write_film(tmp_path / "a.mkv", frames, rate=10))
    assert find_shots(clip) == [Shot(0, 10, Fraction(0)), Shot(10, 25, Fraction(1))]
    assert find_shots(clip, 4, 20) == [Shot(4, 10, Fraction(2, 5)), Shot(10, 20, Fraction(1))]
    assert [len(shot) for shot in find_shots(clip, 12)] == [13]


@pytest.mark.parametrize("length", [1, 2])
def test_flashes_are_no_cuts(tmp_path, length):
    frames = pan(scenery(3), 30)
    for n in range(12, 12 + length):
        frames[n] = np.uint8(np.minimum(255, frames[n].astype(int) + 150))
    assert first_frames(tmp_path, frames) == [0]


def test_fade_through_black_is_a_cut(tmp_path):
    out, back = faded(pan(scenery(4), 10), 1, 0.1), faded(pan(scenery(5), 10), 0.1, 1)
    black = [np.zeros_like(out[0])] * 4
    assert first_frames(tmp_path, out + black + back) == [0, 14]


def test_dissolve_and_movement_are_no_cuts(tmp_path):
    before, after = pan(scenery(6), 20), pan(scenery(7), 20)
    shares = np.linspace(0, 1, 20)
    mixed = [np.uint8((1 - s) * a + s * b) for s, a, b in zip(shares, before, after, strict=True)]
    assert first_frames(tmp_path, before[:5] + mixed + after[-5:]) == [0]
    assert first_frames(tmp_path, pan(scenery(8), 40, step=10)) == [0]


def test_nothing_in_the_range(tmp_path):
    clip = open_clip(write_film(tmp_path / "a.mkv", pan(scenery(1), 5)))
    with pytest.raises(InputError, match=r"a\.mkv has no frame from number 9 on; name an earlier part"):
        find_shots(clip, 9)
