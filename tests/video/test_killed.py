"""kill -9 at any moment: the next run finishes, and the result is what one run would have made, frame for frame."""

from fractions import Fraction

import numpy as np
import pytest
from films import pan, read_film, scenery, sound_of, write_film
from killing import run

SEGMENT = Fraction(4, 25)


@pytest.fixture(params=["painted", "toned"])
def film(request, tmp_path):
    """Kind of style, a film of three shots, and what an uninterrupted run makes of it, with its time in seconds."""
    size = (64, 48)
    frames = [frame for seed, n in enumerate((9, 7, 8)) for frame in pan(scenery(seed, size, grain=6), n, width=64)]
    source = write_film(tmp_path / "film.mp4", frames, sound=True)
    run(request.param, source, tmp_path / "first.mp4", SEGMENT)  # kernels are compiled, the server is up
    seconds = run(request.param, source, tmp_path / "whole.mp4", SEGMENT)
    return request.param, source, tmp_path / "whole.mp4", seconds


def same(found, whole):
    assert np.array_equal(read_film(found), read_film(whole))
    assert sound_of(found) == sound_of(whole)
    assert [path.name for path in found.parent.iterdir() if path.name.startswith(".")] == []


def test_killed_again_and_again(film, tmp_path):
    kind, source, whole, seconds = film
    rng = np.random.default_rng(1)
    for share in rng.uniform(0.2, 0.9, 3):
        run(kind, source, tmp_path / "out.mp4", SEGMENT, kill_after=share * seconds)
    run(kind, source, tmp_path / "out.mp4", SEGMENT)
    same(tmp_path / "out.mp4", whole)


@pytest.mark.slow
def test_killed_at_twenty_moments(film, tmp_path):
    kind, source, whole, seconds = film
    for share in np.random.default_rng(2).uniform(0.02, 1.0, 20):
        run(kind, source, tmp_path / "out.mp4", SEGMENT, kill_after=share * seconds)
        run(kind, source, tmp_path / "out.mp4", SEGMENT)
        same(tmp_path / "out.mp4", whole)
        (tmp_path / "out.mp4").unlink()
