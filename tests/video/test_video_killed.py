"""kill -9 at any moment: the next run finishes, and the result is what one run would have made, frame for frame."""

from fractions import Fraction

import numpy as np
import pytest
from films import pan, read_film, scenery, sound_of, write_film
from killing import run

SEGMENT = Fraction(4, 25)


def made_whole(kind, folder):
    """A film of three shots, what an uninterrupted run makes of it, and the seconds that it takes."""
    size = (64, 48)
    frames = [frame for seed, n in enumerate((9, 7, 8)) for frame in pan(scenery(seed, size, grain=6), n, width=64)]
    source = write_film(folder / "film.mp4", frames, sound=True)
    run(kind, source, folder / "first.mp4", SEGMENT)  # kernels are compiled now, and the server is up
    return source, folder / "whole.mp4", run(kind, source, folder / "whole.mp4", SEGMENT)


def same(found, whole):
    assert np.array_equal(read_film(found), read_film(whole))
    assert sound_of(found) == sound_of(whole)
    assert [path.name for path in found.parent.iterdir() if path.name.startswith(".")] == []


def test_killed_again_and_again(tmp_path):
    source, whole, seconds = made_whole("toned", tmp_path)
    for share in np.random.default_rng(1).uniform(0.2, 0.9, 3):
        run("toned", source, tmp_path / "out.mp4", SEGMENT, kill_after=share * seconds)
    run("toned", source, tmp_path / "out.mp4", SEGMENT)
    same(tmp_path / "out.mp4", whole)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["painted", "toned"])
def test_killed_at_twenty_moments(kind, tmp_path):
    source, whole, seconds = made_whole(kind, tmp_path)
    for share in np.random.default_rng(2).uniform(0.2, 1.0, 20):
        run(kind, source, tmp_path / "out.mp4", SEGMENT, kill_after=share * seconds)
        run(kind, source, tmp_path / "out.mp4", SEGMENT)
        same(tmp_path / "out.mp4", whole)
        (tmp_path / "out.mp4").unlink()
