"""Clips of known motion: flows are compared with what geometry says, frames with what the photo shows there."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import map_coordinates

from pinxit.errors import InputError, NotFoundError
from pinxit.measuring.flow_error import warping_error
from pinxit.measuring.known_motion import KINDS, known_clips, moved_photo

SIZE = (96, 64)
SMALL = {"frames": 5, "size": SIZE, "noise": 0.0}
X, Y = np.meshgrid(np.arange(96) - 47.5, np.arange(64) - 31.5)


def waves(width=200, height=140):
    """A photo without anything finer than 40 pixels."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    planes = [np.sin(x / 9 + 1), np.sin(y / 8), np.cos((x + y) / 11)]
    return np.uint8(np.rint(128 + 90 * np.stack(planes, -1)))


def test_pan_is_one_shift():
    clip = moved_photo(waves(), "pan", **SMALL)
    flow = clip.flows.reshape(-1, 2)
    np.testing.assert_allclose(np.abs(flow), np.broadcast_to([1.37, 0.61], flow.shape), atol=1e-4)
    assert len(np.unique(np.sign(flow), axis=0)) == 1


def test_zoom_grows_from_the_middle():
    flow = moved_photo(waves(), "zoom", **SMALL).flows[2]
    np.testing.assert_allclose(flow, -0.005 * np.stack([X, Y], -1), atol=1e-4)


def test_turn_is_a_turn():
    flow = moved_photo(waves(), "turn", **SMALL).flows[1]
    before = np.stack([X, Y], -1) + flow
    np.testing.assert_allclose(np.hypot(*np.moveaxis(before, -1, 0)), np.hypot(X, Y), atol=1e-3)
    away = np.hypot(X, Y) > 5
    angles = (np.arctan2(before[..., 1], before[..., 0]) - np.arctan2(Y, X) + np.pi) % (2 * np.pi) - np.pi
    np.testing.assert_allclose(np.abs(angles[away]), np.radians(0.3), atol=1e-4)


@pytest.mark.parametrize("kind", ["pan", "zoom", "turn", "shake", "ripple"])
def test_frames_show_what_the_flow_says(kind):
    clip = moved_photo(waves(), kind, seed=3, **SMALL)
    assert 0.7 < clip.visible.mean() <= 1
    for number, (flow, visible) in enumerate(zip(clip.flows, clip.visible, strict=True)):
        places = np.stack([Y + 31.5 + flow[..., 1], X + 47.5 + flow[..., 0]])
        for channel in range(3):
            there = map_coordinates(clip.frames[number, ..., channel].astype(float), places, mode="nearest")
            apart = np.abs(clip.frames[number + 1, ..., channel] - there)[visible]
            assert apart.max() < 2.5  # levels: rounding of both, and what four samples a pixel leave


def test_what_was_hidden_does_not_count():
    blue, red = (np.full((140, 200, 3), colour, np.uint8) for colour in ((0, 0, 255), (255, 0, 0)))
    clip = moved_photo(blue, "passing", second=red, **SMALL)
    reds = clip.frames[..., 0] > 0
    assert 0.05 < reds.mean() < 0.5 and np.ptp(reds.sum((1, 2))) < 60
    newly_blue = reds[:-1] & ~reds[1:]
    assert newly_blue.any() and not clip.visible[newly_blue].any()
    # What counts keeps its colour, so nothing changes beside motion.
    assert warping_error(clip.frames, clip.flows, clip.visible) < 1e-6
    assert clip.visible.mean() > 0.7


def test_noise_is_what_was_asked_for():
    flat = np.full((140, 200, 3), 128, np.uint8)
    clip = moved_photo(flat, "still", frames=6, size=SIZE, noise=3.0)
    # Two frames differ by the noise of both, and by rounding to 8 bits.
    wanted = np.sqrt(2 * (3.0**2 + 1 / 12)) / 255
    assert warping_error(clip.frames, clip.flows, clip.visible) == pytest.approx(wanted, rel=0.02)


def test_same_seed_same_clip():
    first, second = (moved_photo(waves(), "shake", frames=3, size=SIZE, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.frames, second.frames)
    other = moved_photo(waves(), "shake", frames=3, size=SIZE, seed=6)
    assert (other.flows != first.flows).any()


def test_refusals():
    with pytest.raises(InputError, match=r"motion 'waltz' came; one of still, pan, .*passing"):
        moved_photo(waves(), "waltz")
    with pytest.raises(InputError, match=r"a photo of 90 x 60 came; 148 x 99 or more is wanted"):
        moved_photo(waves(90, 60), "pan", **SMALL)


def test_folder_of_photos(tmp_path):
    with pytest.raises(NotFoundError, match="not a folder"):
        known_clips(tmp_path / "none")
    Image.fromarray(waves(60, 40)).save(tmp_path / "small.png")
    with pytest.raises(InputError, match="holds no photo of 442 x 295"):
        known_clips(tmp_path)
    for number in range(2):
        Image.fromarray(waves(150 + number, 100)).save(tmp_path / f"large-{number}.png")
    clips = known_clips(tmp_path, 5, frames=3, size=SIZE)
    assert [clip.name.split(", ")[1] for clip in clips] == list(KINDS[:2])
    assert {clip.name.split(", ")[0] for clip in clips} == {"large-0", "large-1"}
    assert clips[0].frames.shape == (3, 64, 96, 3)
