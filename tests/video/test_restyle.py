"""What frames get: the tone of a still part stands still inside a shot, is free at a cut, and follows slow changes."""

from dataclasses import replace

import numpy as np
import pytest
from films import scenery, write_film
from skimage import data

from pinxit.engines.batch import BatchSettings
from pinxit.engines.engine import Engine
from pinxit.learning.texture import read_texture
from pinxit.picture import Picture
from pinxit.style import Style
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone
from pinxit.video import scenes as module
from pinxit.video.clip import open_clip, read_frames
from pinxit.video.keyframes import Automation, parse_keyframes
from pinxit.video.restyle import Cast, Restyle
from pinxit.video.shots import find_shots

PHOTO = np.ascontiguousarray(data.astronaut()[:192:2, 100:420:2])
DRAWN = np.ascontiguousarray(data.immunohistochemistry()[::4, ::4])


@pytest.fixture
def painted(tiny):
    return Style("painted", texture=read_texture([DRAWN], tiny.painter, tiny.eye, tiny.version))


@pytest.fixture
def corrected():
    """A look that corrects the exposure of every picture by itself."""
    return Style("corrected", Tone(Lut.identity(17), code=np.random.default_rng(3).normal(size=384).astype(np.float32)))


def coming(frames=14, bright=255):
    """A still picture into whose right half something bright comes from the right."""
    found = []
    for n in range(frames):
        picture = PHOTO.copy()
        picture[:, PHOTO.shape[1] - 6 * n :] = bright
        found.append(picture)
    return found


def restyled(path, style, keys=(), second=None, named=None, steady=True, **dials):
    clip = open_clip(path)
    shots = find_shots(clip)
    automation = Automation(parse_keyframes(list(keys)) if keys else (), shots)
    restyle = Restyle(clip, Cast(style, second, named or {}), shots, automation, BatchSettings(**dials), steady=steady)
    return [restyle(frame).pixels.astype(float) for frame in read_frames(clip)]


def pumping(frames, columns=slice(0, 70)):
    """Range of the mean brightness of a still part over all frames, in 255ths."""
    return float(np.ptp([frame[:, columns].mean() for frame in frames]))


class TestNothingPumps:
    @pytest.fixture
    def path(self, tmp_path):
        return write_film(tmp_path / "a.mkv", coming())

    def test_colours_of_a_texture(self, path, painted):
        free = [Engine(painted).transfer(Picture(f), texture=0.0).array.astype(float) for f in coming()]
        assert pumping(free) > 3
        found = restyled(path, painted, texture=0.0)
        assert pumping(found) == 0
        assert np.ptp([frame[:, :70] for frame in found], axis=0).max() == 0  # pixel by pixel, too

    def test_strokes(self, path, painted):
        for steady in (True, False):
            assert pumping(restyled(path, painted, steady=steady), slice(0, 24)) <= 1

    def test_correction_of_exposure(self, path, corrected):
        free = [Engine(corrected).transfer(Picture(f), correct=1.0).array.astype(float) for f in coming()]
        assert pumping(free) > 1
        assert pumping(restyled(path, corrected, correct=1.0)) == 0


def test_tone_is_free_at_a_cut(tmp_path, painted):
    """Each shot gets what it gets alone."""
    dark, light = [np.uint8(PHOTO * 0.4)] * 8, [scenery(3)[:, :160]] * 8
    both = restyled(write_film(tmp_path / "both.mkv", dark + light), painted, texture=0.0)
    for name, frames, there in (("dark", dark, both[:8]), ("light", light, both[8:])):
        alone = restyled(write_film(tmp_path / f"{name}.mkv", frames), painted, texture=0.0)
        assert np.array_equal(alone, there)


def test_long_shots_change_slowly(tmp_path, painted, monkeypatch):
    """From a dark piece to a light one the table moves in small even steps, and holds at both ends."""
    monkeypatch.setattr(module, "SPACING", 1)
    frames = [np.uint8(PHOTO * (0.3 + 0.7 * n / 49)) for n in range(50)]
    path = write_film(tmp_path / "a.mkv", frames)
    clip, automation = open_clip(path), Automation((), ())
    restyle = Restyle(clip, Cast(painted), find_shots(clip), automation, BatchSettings(texture=0.0))
    probe = next(read_frames(clip))
    shades = []
    for frame in read_frames(clip):
        shades.append(restyle(replace(frame, pixels=probe.pixels)).pixels.mean())
    assert np.ptp(shades) > 8
    assert np.ptp(shades[:12]) == np.ptp(shades[-12:]) == 0
    assert np.abs(np.diff(shades)).max() <= 1.5 * np.ptp(shades) / 25 + 0.5


def test_strength_0_is_the_frame_itself(tmp_path, painted):
    path = write_film(tmp_path / "a.mkv", coming(4))
    found = restyled(path, painted, strength=0.0)
    assert all(np.array_equal(a, b.pixels) for a, b in zip(found, read_frames(open_clip(path)), strict=True))


def test_strength_and_blend_are_mixtures(tmp_path, painted):
    path = write_film(tmp_path / "a.mkv", coming(4))
    own = [frame.pixels.astype(float) for frame in read_frames(open_clip(path))]
    whole = restyled(path, painted)
    half = restyled(path, painted, strength=0.5)
    for a, b, mixed in zip(own, whole, half, strict=True):
        assert np.abs(mixed - (a + b) / 2).max() <= 1
    negative = Style("negative", Tone(Lut(1 - Lut.identity(17).table)))
    third = restyled(path, painted, keys=[{"time": 0, "blend": 0.25}], second=negative)
    for a, b, mixed in zip(own, whole, third, strict=True):
        assert np.abs(mixed - (0.75 * b + 0.25 * (255 - a))).max() <= 1.5


def test_going_on_from_any_frame(tmp_path, painted):
    """A new Restyle with the state after frame n gives the same frames from n + 1 on, bit for bit."""
    path = write_film(tmp_path / "a.mkv", coming(4) + [scenery(3)[:, :160]] * 4)
    whole = restyled(path, painted)
    clip = open_clip(path)
    shots = find_shots(clip)
    for place in (2, 5):

        def begun(state=None):
            return Restyle(clip, Cast(painted), shots, Automation((), shots), BatchSettings(), state=state)

        first = begun()
        for frame in read_frames(clip, last=place):
            first(frame)
        second = begun(first.state())
        rest = [second(frame).pixels for frame in read_frames(clip, first=place)]
        assert np.array_equal(rest, whole[place:])
