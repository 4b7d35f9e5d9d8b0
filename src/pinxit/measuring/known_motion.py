"""Clips whose motion is known exactly: a photo moved by known maps, seen by a camera with noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pinxit.errors import InputError, NotFoundError
from pinxit.measuring.look_recovery import fixed_order
from pinxit.picture import Picture

SIZE = (288, 192)
"""Width and height of the frames."""
FRAMES = 24
NOISE = 2.0
"""Standard deviation of the camera's noise, in levels of 8 bits."""
_ROOM = 1.18  # the photo is so many times as large as what a frame sees, that motion stays inside
_LEAST = 1.3  # photo pixels a frame pixel; fewer would make frames soft
_ROUNDS = 40  # of the search for where a point was a frame before; each divides its error by three or more
_BORDER = 3  # pixels inside the frame's edge that interpolation needs

Map = Callable[[np.ndarray, float], np.ndarray]
"""Takes places (..., 2) in a frame, x and y in frame pixels from its middle, and the time in frames from the clip's
middle; gives places in the photo in the same units. At every time it differs little from the identity."""


@dataclass(frozen=True, eq=False)
class KnownClip:
    """Frames, and where every pixel was a frame before.

    Args:
        name: Of photo and motion.
        frames: (T, H, W, 3) uint8.
        flows: (T - 1, H, W, 2) float32: what pixel p of frame t + 1 shows was at p + flow in frame t; x, then y.
        visible: (T - 1, H, W) bool: it was inside the frame then, and nothing hid it.
    """

    name: str
    frames: np.ndarray
    flows: np.ndarray
    visible: np.ndarray


def moved_photo(
    photo: np.ndarray,
    motion: str,
    *,
    second: np.ndarray | None = None,
    frames: int = FRAMES,
    size: tuple[int, int] = SIZE,
    noise: float = NOISE,
    seed: int = 0,
    name: str = "",
) -> KnownClip:
    """Move a photo in front of a camera.

    Every frame is sampled from the photo itself, never from another frame: four bicubic samples a pixel, so that fine
    detail is neither softer nor coarser between pixels; then noise is added and the values are rounded to 8 bits.

    Args:
        photo: (H, W, 3) uint8.
        motion: One of :data:`MOTIONS`, or "passing": a piece of ``second`` goes by in front of the photo.
        second: Another photo; only for "passing".
        frames: 2 or more.
        size: Width and height of the frames.
        noise: Standard deviation, in levels of 8 bits.
        seed: Of noise and shaking.
        name: For the clip.

    Raises:
        InputError: An unknown motion, or a photo that is too small for this size.
    """
    if motion not in (*MOTIONS, PASSING):
        raise InputError(f"the motion {motion!r} came; one of {', '.join((*MOTIONS, PASSING))} is wanted")
    rng = np.random.default_rng(seed)
    times = np.arange(frames) - (frames - 1) / 2
    back = _Layer(photo, MOTIONS["drift" if motion == PASSING else motion], size, rng)
    front = None
    if motion == PASSING:
        front = _Layer(photo[:, ::-1] if second is None else second, MOTIONS["passing by"], size, rng)
    seen, flows, visible = [], [], []
    for number, time in enumerate(times):
        picture = back.picture(time)
        if front is not None:
            share = front.share(time)[..., None]
            picture = picture + share * (front.picture(time) - picture)
        grainy = picture * 255 + rng.normal(0, noise, picture.shape)
        seen.append(np.rint(grainy).clip(0, 255).astype(np.uint8))
        if number:
            flow, there = _flow(back, front, times[number - 1], time)
            flows.append(flow)
            visible.append(there)
    return KnownClip(name or motion, np.stack(seen), np.stack(flows), np.stack(visible))


def known_clips(photos: Path, count: int = 8, *, frames: int = FRAMES, size: tuple[int, int] = SIZE) -> list[KnownClip]:
    """Clips of a folder's photos, one kind of motion after the other; which photos follows from their names alone.

    Args:
        photos: Folder of .jpg and .png, searched through and through; those that are too small are passed over.
        count: Clips; fewer when the folder holds too few photos.
        frames: Of each clip.
        size: Width and height of the frames.

    Raises:
        NotFoundError: The folder is not there.
        InputError: It holds no photo that is large enough.
    """
    if not photos.is_dir():
        raise NotFoundError(f"{photos} is not a folder that is there; name a folder of .jpg or .png photos")
    paths = {path.name: path for path in sorted(photos.rglob("*")) if path.suffix.lower() in (".jpg", ".jpeg", ".png")}
    clips: list[KnownClip] = []
    spare: np.ndarray | None = None  # what passes by is cut from the photo before
    for name in fixed_order(paths, "known motion"):
        if len(clips) == count:
            break
        number = len(clips)
        photo = np.asarray(Picture.open(paths[name]).to_pil().convert("RGB"))
        kind = KINDS[number % len(KINDS)]
        try:
            clip = moved_photo(
                photo, kind, second=spare, frames=frames, size=size, seed=number, name=f"{Path(name).stem}, {kind}"
            )
        except InputError:
            continue
        clips.append(clip)
        spare = photo
    if not clips:
        raise InputError(f"{photos} holds no photo of {_wanted(size)} pixels or more")
    return clips


class _Layer:
    """A photo under a moving map."""

    def __init__(self, photo: np.ndarray, motion: Callable[..., Map], size: tuple[int, int], rng: object) -> None:
        import torch

        width, height = size
        self.scale = min(photo.shape[1] / width, photo.shape[0] / height) / _ROOM
        if self.scale < _LEAST:
            raise InputError(f"a photo of {photo.shape[1]} x {photo.shape[0]} came; {_wanted(size)} or more is wanted")
        self.map = motion(rng)
        self.size = size
        self.radii = np.array([width / 6, height / 4])  # of the ellipse that a front layer is
        self.pixels = torch.from_numpy(np.ascontiguousarray(photo.transpose(2, 0, 1))).float()[None] / 255

    def picture(self, time: float) -> np.ndarray:
        """(H, W, 3) float 0..1."""
        import torch
        import torch.nn.functional as F

        places = self.map(places_of(self.size, 2), time) * self.scale
        height, width = self.pixels.shape[2:]
        grid = torch.from_numpy((places / (np.array([width, height]) / 2)).astype(np.float32))[None]
        fine = F.grid_sample(self.pixels, grid, mode="bicubic", padding_mode="reflection", align_corners=False)
        return F.avg_pool2d(fine, 2)[0].permute(1, 2, 0).numpy().clip(0, 1)

    def share(self, time: float) -> np.ndarray:
        """How much of each pixel the ellipse covers, (H, W) 0..1."""
        radius = np.hypot(*np.moveaxis(self.map(places_of(self.size, 1), time) / self.radii, -1, 0))
        return np.clip(0.5 - (radius - 1) * self.radii.min(), 0, 1)

    def before(self, earlier: float, time: float) -> np.ndarray:
        """Where each pixel was at an earlier time, (H, W, 2), by fixed-point iteration."""
        own = places_of(self.size, 1)
        wanted, place = self.map(own, time), own.copy()
        for _ in range(_ROUNDS):
            place = place - (self.map(place, earlier) - wanted)
        return place


def _flow(back: _Layer, front: _Layer | None, earlier: float, time: float) -> tuple[np.ndarray, np.ndarray]:
    own, place = places_of(back.size, 1), back.before(earlier, time)
    visible = np.ones(own.shape[:2], bool)
    if front is not None:
        share, before = front.share(time), front.share(earlier)
        covered = _largest_near(before, place, back.size) > 0
        covering = share > 0.5
        # Pixels that show both layers have no one motion.
        front_place = front.before(earlier, time)
        whole = _largest_near(1 - before, front_place, back.size) == 0
        visible = np.where(covering, (share == 1) & whole, (share == 0) & ~covered)
        place = np.where(covering[..., None], front_place, place)
    inside = (np.abs(place) <= np.array(back.size) / 2 - 0.5 - _BORDER).all(-1)
    return (place - own).astype(np.float32), visible & inside


def _wanted(size: tuple[int, int]) -> str:
    return " x ".join(str(int(np.ceil(n * _ROOM * _LEAST))) for n in size)


def _largest_near(values: np.ndarray, place: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The largest of the four by four values that bicubic interpolation reads at places from the frame's middle."""
    width, height = size
    x, y = np.moveaxis(place + np.array(size) / 2 - 0.5, -1, 0)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    found = np.zeros_like(values)
    for dy in range(-1, 3):
        for dx in range(-1, 3):
            found = np.maximum(found, values[(top + dy).clip(0, height - 1), (left + dx).clip(0, width - 1)])
    return found


def places_of(size: tuple[int, int], finer: int) -> np.ndarray:
    """Middles of pixels cut ``finer`` times along each side, (H * finer, W * finer, 2), from the frame's middle."""
    x, y = ((np.arange(n * finer) + 0.5) / finer - n / 2 for n in size)
    return np.stack(np.meshgrid(x, y), -1)


def _shift(dx: float, dy: float) -> Callable[[np.random.Generator], Map]:
    def made(rng: np.random.Generator) -> Map:
        way = rng.choice([-1.0, 1.0], 2) * (dx, dy)
        return lambda place, time: place + time * way

    return made


def _zoom(rate: float) -> Callable[[np.random.Generator], Map]:
    return lambda rng: lambda place, time: place * (1 + rate) ** time


def _turned(place: np.ndarray, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return place @ np.array([[c, s], [-s, c]])


def _turn(degrees: float) -> Callable[[np.random.Generator], Map]:
    return lambda rng: lambda place, time: _turned(place, np.radians(degrees) * time)


def _shake(rng: np.random.Generator) -> Map:
    """A hand's tremor: sines of 4 to 24 frames in both directions, and a little turning."""
    periods, phases = rng.uniform(4, 24, (3, 4)), rng.uniform(0, 2 * np.pi, (3, 4))
    sizes = np.array([[1.5], [1.5], [0.004]]) / 2**0.5

    def placed(place: np.ndarray, time: float) -> np.ndarray:
        x, y, angle = (sizes * np.sin(2 * np.pi * time / periods + phases)).sum(1)
        return _turned(place, angle) + np.array([x, y])

    return placed


def _ripple(rng: np.random.Generator) -> Map:
    """Cloth in the wind: waves of 70 pixels that move everything by up to 2."""
    phase = rng.uniform(0, 2 * np.pi, 2)

    def placed(place: np.ndarray, time: float) -> np.ndarray:
        waves = np.sin(2 * np.pi * place[..., ::-1] / 70 + 0.45 * time + phase)
        return place + 2.0 * waves

    return placed


PASSING = "passing"
MOTIONS: dict[str, Callable[[np.random.Generator], Map]] = {
    "still": _shift(0, 0),
    "pan": _shift(1.37, 0.61),
    "slow pan": _shift(0.31, 0.17),
    "zoom": _zoom(-0.005),
    "turn": _turn(0.3),
    "shake": _shake,
    "ripple": _ripple,
    "drift": _shift(0.43, 0.21),
    "passing by": _shift(2.3, 0.37),
}
"""Motions of a whole photo, by name. Drawn from a generator, they are maps of places and times."""
KINDS = ("still", "pan", "slow pan", "zoom", "turn", "shake", "ripple", PASSING)
"""What a race goes through."""
