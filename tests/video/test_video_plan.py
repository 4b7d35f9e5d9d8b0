"""Segments: they cover the part without a gap, at good places where there are some."""

import numpy as np
import pytest
from films import pan, scenery, write_film

from pinxit.errors import InputError
from pinxit.video.clip import open_clip
from pinxit.video.plan import Span, key_frames, segments_of, span_of


def test_even_segments():
    assert segments_of(Span(0, 10), 4, []) == [(0, 4), (4, 10)]
    assert segments_of(Span(0, 11), 4, []) == [(0, 4), (4, 8), (8, 11)]
    assert segments_of(Span(5, 7), 4, []) == [(5, 7)]
    assert segments_of(Span(3, 6), 1, []) == [(3, 4), (4, 5), (5, 6)]


def test_segments_end_at_good_places_that_are_near():
    assert segments_of(Span(0, 50), 10, [9, 14, 33, 44]) == [(0, 9), (9, 14), (14, 24), (24, 33), (33, 44), (44, 50)]
    assert segments_of(Span(0, 20), 10, [0, 2, 19]) == [(0, 10), (10, 20)]


def test_any_segments_cover_the_part():
    rng = np.random.default_rng(1)
    for _ in range(200):
        first, length = int(rng.integers(0, 50)), int(rng.integers(1, 20))
        span = Span(first, first + int(rng.integers(1, 200)))
        good = sorted(rng.integers(0, 300, 20).tolist())
        found = segments_of(span, length, good)
        assert [begin for begin, _ in found[1:]] == [end for _, end in found[:-1]]
        assert (found[0][0], found[-1][1]) == (span.first, span.stop)
        assert all(1 <= end - begin <= length + length // 2 for begin, end in found)


def test_span_and_key_frames(tmp_path):
    clip = open_clip(write_film(tmp_path / "a.mkv", pan(scenery(1), 25), keys=10))
    assert key_frames(clip) == [0, 10, 20]
    assert span_of(clip, None) == Span(0, 25)
    assert span_of(clip, "0.2s-0.5s") == Span(5, 13, *map(type(clip.duration), ("1/5", "1/2")))
    with pytest.raises(InputError, match=r"the part '2s-3s' holds no frame; .*a\.mkv is 1\.00 s long"):
        span_of(clip, "2s-3s")
