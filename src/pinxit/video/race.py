"""Video race: how steady a style is on moving pictures, beside the clip itself and beside simple ways to steady it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from pinxit.color import unit_float
from pinxit.engines.engine import Engine
from pinxit.engines.strips import as_dtype, opencv
from pinxit.errors import InputError, NotFoundError
from pinxit.measuring.features import eye_network
from pinxit.measuring.flow_error import PROTOCOL, detail, feature_distance, strayed, warping_error
from pinxit.measuring.known_motion import KnownClip, known_clips
from pinxit.measuring.texture_race import summary
from pinxit.picture import Picture
from pinxit.picture.shrink import shrink
from pinxit.video.clip import is_clip, open_clip, read_frames
from pinxit.video.flow import flow_to, grey, moved, trust
from pinxit.video.shots import find_shots
from pinxit.video.steady import Steady

WIDTH, FRAMES, LEAST = 384, 24, 12
"""Longest side of real clips' frames here; most frames of a shot, and fewest."""
LOOKED_AT = 120
"""Frames of a real clip, from its beginning, in which shots are looked for."""
FIGURES = ("error", "to input", "to own", "per detail", "features", "fine", "middle", "strayed")
MEANINGS = {
    "error": "root mean square of what changes beside motion, sRGB 0..1",
    "to input": "the same as a multiple of the clip's own",
    "to own": "as a multiple of what painting frame by frame has",
    "per detail": '"to input" divided by how many times the clip\'s fine detail there is: blur does not help here',
    "features": "distance of neighbouring frames to the eye, as a multiple of the clip's own",
    "fine": "detail of single pixels, in parts of what the painting with a held scene has",
    "middle": "detail of two pixels, the same",
    "strayed": "distance of means over 8 x 8 pixels to the painting with a held scene, sRGB 0..1",
}
KNOWN, REAL = "known motion", "real"
_SURE, _BORDER = 0.5, 3  # pixels by which estimated flow may not come back; border that does not count
_PAIRS = 6  # every so many pairs of frames are shown to the eye, which is slow
_TINY = 1e-9
_SCENE = 5  # frames that a scene is measured on

Frames = Sequence[np.ndarray]
Way = Callable[[Frames, Frames], Frames]
"""Takes the frames of a clip and their paintings, (H, W, 3) float32 each; gives steadied frames."""


@dataclass(frozen=True)
class VideoRaceReport:
    """Figures of every method on every shot.

    Args:
        clips: Name and kind ("known motion", "real") of each shot; shots of one clip have one name.
        scores: Method to the :data:`FIGURES` of each shot, (N, 8).
        seconds: Size of a frame to processor seconds of its parts.
    """

    clips: list[tuple[str, str]]
    scores: dict[str, np.ndarray]
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """One row a kind and method: mean and 95 % bootstrap interval over clips of each figure."""
        found = []
        for kind in dict.fromkeys(kind for _, kind in self.clips):
            own = [number for number, clip in enumerate(self.clips) if clip[1] == kind]
            names = [self.clips[number][0] for number in own]
            for method, values in self.scores.items():
                row: dict[str, Any] = {"kind": kind, "method": method, "shots": len(own)}
                found.append(row | {name: summary(values[own, i], names) for i, name in enumerate(FIGURES)})
        return found

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        each = {method: values.tolist() for method, values in self.scores.items()}
        return {
            "protocol": PROTOCOL, "meanings": MEANINGS, "clips": self.clips, "rows": self.rows(), "each": each,
            "seconds": self.seconds,
        }  # fmt: skip

    def __str__(self) -> str:
        lines, kind = [], None
        for row in self.rows():
            if row["kind"] != kind:
                kind = row["kind"]
                lines.append(f"{kind}, {row['shots']} shots ({PROTOCOL}); means, 95 % intervals over clips")
                lines.append(f"{'method':24}" + "".join(f"{name:>20}" for name in FIGURES))
            lines.append(f"{row['method']:24}" + "".join(f"{_cell(row[name]):>20}" for name in FIGURES))
        lines += [f"{name}: {meaning}" for name, meaning in MEANINGS.items()]
        for size, parts in self.seconds.items():
            told = ", ".join(f"{part} {value:.3f}" for part, value in parts.items())
            lines.append(f"{size}: {told} processor seconds a frame; {1 / sum(parts.values()):.2f} frames a second")
        return "\n".join(lines)


def race_videos(
    engine: Engine,
    *,
    photos: Path | None = None,
    clips: Path | None = None,
    count: int = 8,
    ways: Mapping[str, Way] | None = None,
    on_progress: Callable[[int, int, str], Any] | None = None,
) -> VideoRaceReport:
    """Give a style to clips in several ways and measure how steady the results are.

    Clips of known motion are made of photos, see :mod:`~pinxit.measuring.known_motion`. Of real clips the shots at the
    beginning are taken, shrunk; where their pixels were is estimated by DIS as OpenCV has it, on the clip itself, and
    pixels whose flow does not come back are left out. The stabilizer searches with other settings of the same method,
    so real clips flatter it a little; known motion does not.

    Args:
        engine: The style.
        photos: Folder of photos.
        clips: Folder of videos.
        count: Clips of known motion.
        ways: Named ways to steady paintings; None takes the stabilizer and :data:`RIVALS`.
        on_progress: Called as (done, total, clip).

    Raises:
        NotFoundError: A folder is not there.
        InputError: Neither came, or nothing in them can be used.
        MissingExtraError: OpenCV or, for clips, PyAV is not installed.
    """
    if photos is None and clips is None:
        raise InputError("no photos and no clips came; a folder of either is wanted")
    shots = [(KNOWN, clip) for clip in known_clips(photos, count)] if photos is not None else []
    shots += [(REAL, clip) for clip in real_clips(clips)] if clips is not None else []
    scores: dict[str, list[list[float]]] = {}
    for number, (_, clip) in enumerate(shots):
        for method, figures in _scored(engine, clip, WAYS if ways is None else ways).items():
            scores.setdefault(method, []).append(figures)
        if on_progress:
            on_progress(number + 1, len(shots), clip.name)
    return VideoRaceReport([(clip.name, kind) for kind, clip in shots], {k: np.array(v) for k, v in scores.items()})


def real_clips(folder: Path) -> list[KnownClip]:
    """The shots at the beginning of each video of a folder, with estimated flow.

    Raises:
        NotFoundError: The folder is not there.
        InputError: It holds no video with a shot of 12 frames or more.
    """
    if not folder.is_dir():
        raise NotFoundError(f"{folder} is not a folder that is there; name a folder of videos")
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and is_clip(path)):
        clip = open_clip(path)
        for shot in find_shots(clip, stop=min(LOOKED_AT, clip.frames)):
            if len(shot) >= LEAST:
                chosen = read_frames(clip, first=shot.first, last=min(shot.stop, shot.first + FRAMES))
                found.append(judged(path.name, [shrink(eight_bits(frame.pixels), WIDTH) for frame in chosen]))
    if not found:
        raise InputError(f"{folder} holds no video with a shot of {LEAST} frames or more")
    return found


def judged(name: str, frames: Frames) -> KnownClip:
    """Frames (H, W, 3) uint8 with the flow that they are judged by."""
    cv2 = opencv("video")
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    greys = [grey(unit_float(frame)) for frame in frames]
    flows, visible = [], []
    for before, now in pairwise(greys):
        flow, forth = search.calc(now, before, None), search.calc(before, now, None)
        stray = np.linalg.norm(moved(forth, flow, bicubic=False) + flow, axis=2)
        places = np.stack(np.meshgrid(*(np.arange(n) for n in now.shape[::-1])), -1) + flow
        inside = ((places >= _BORDER) & (places <= np.array(now.shape[::-1]) - 1 - _BORDER)).all(2)
        flows.append(flow)
        visible.append(inside & (stray < _SURE))
    return KnownClip(name, np.stack(frames), np.stack(flows), np.stack(visible))


def _scored(engine: Engine, clip: KnownClip, ways: Mapping[str, Way]) -> dict[str, list[float]]:
    """Method to its figures on one clip."""
    results = given(engine, clip.frames, ways)
    held = results.get("held scene", results["tone alone"])
    network, half = eye_network(), len(held) // 2

    def measured(frames: Frames) -> tuple[float, float, np.ndarray, float]:
        error, far = warping_error(frames, clip.flows, clip.visible), feature_distance(frames, network, _PAIRS)
        fine = np.mean([detail(frame) for frame in frames[half:]], 0)
        return error, far, fine, float(np.mean([strayed(a, b) for a, b in zip(frames, held, strict=True)]))

    found = {method: measured(frames) for method, frames in results.items()}
    error, far, fine, _ = found["input"]
    own, whole = found.get("frame by frame", found["tone alone"])[0], measured(held)[2]
    scores = {}
    for method, (own_error, own_far, own_fine, away) in found.items():
        more = np.linalg.norm(own_fine) / np.linalg.norm(fine)
        to_input = own_error / error
        scores[method] = [
            own_error, to_input, own_error / own, to_input / max(more, _TINY), own_far / far, *(own_fine / whole), away
        ]  # fmt: skip
    return scores


def given(engine: Engine, frames: Frames, ways: Mapping[str, Way]) -> dict[str, Frames]:
    """Method to the frames that it makes of a shot, (H, W, 3) uint8."""
    pictures = [Picture(unit_float(frame)) for frame in frames]
    chosen = np.linspace(0, len(frames) - 1, _SCENE).round().astype(int)
    scene = engine.scene([pictures[number] for number in chosen])
    found = {"input": frames}
    found["tone alone"] = [eight_bits(engine.transfer(one, scene=scene, texture=0.0).array) for one in pictures]
    if engine.style.texture is None:
        return found
    found["frame by frame"] = [eight_bits(engine.transfer(one).array) for one in pictures]
    painted = [engine.transfer(one, scene=scene).array for one in pictures]
    found["held scene"] = [eight_bits(frame) for frame in painted]
    contents = [picture.array for picture in pictures]
    return found | {name: [eight_bits(frame) for frame in way(contents, painted)] for name, way in ways.items()}


def steadied(contents: Frames, painted: Frames) -> Frames:
    """By :class:`~pinxit.video.steady.Steady`."""
    steady = Steady()
    return [steady(content, one) for content, one in zip(contents, painted, strict=True)]


def frozen(contents: Frames, painted: Frames) -> Frames:
    """The first painting, for ever."""
    return [painted[0]] * len(painted)


def averaged(contents: Frames, painted: Frames) -> Frames:
    """The mean of the last five paintings, whatever moves."""
    return [np.mean(painted[max(0, number - 4) : number + 1], 0) for number in range(len(painted))]


def half_carried(contents: Frames, painted: Frames) -> Frames:
    """Half the painting, and half the last result moved along the flow by bilinear reading, where that is trusted."""
    found, greys = [painted[0]], [grey(content) for content in contents]
    for before, now, one in zip(greys, greys[1:], painted[1:], strict=False):
        flow = flow_to(now, before)
        share = 0.5 * trust(now, before, flow, flow_to(before, now))[..., None]
        found.append(one + share * (moved(found[-1], flow, bicubic=False) - one))
    return found


RIVALS: dict[str, Way] = {
    "first frame frozen": frozen,
    "mean of five frames": averaged,
    "half carried, bilinear": half_carried,
}
"""Simple ways to be steady."""
WAYS: dict[str, Way] = {"steadied": steadied, **RIVALS}


def eight_bits(frame: np.ndarray) -> np.ndarray:
    """Pixels of any depth as uint8."""
    return frame if frame.dtype == np.uint8 else as_dtype(unit_float(frame), np.dtype(np.uint8))


def _cell(values: Mapping[str, float | None]) -> str:
    low = "" if values["low"] is None else f" ({values['low']:.2f}..{values['high']:.2f})"
    mean = values["mean"]
    return f"{mean:.3f}" if mean < 0.2 else f"{mean:.2f}{low}"
