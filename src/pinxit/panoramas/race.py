"""Panorama race: ways of painting a panorama, measured at its edge, at its poles and turned, each beside the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pinxit.errors import InputError
from pinxit.measuring.report import Measured, Report, mean_of
from pinxit.panoramas.cubemap import Cubemap
from pinxit.panoramas.figures import resampling_error, seam_ratio, stroke_size, turn_error
from pinxit.panoramas.sphere import Equirectangular, resampled, rotation, turned
from pinxit.panoramas.stereo import painted_pair
from pinxit.panoramas.stereo_pairs import eye_difference, known_pair
from pinxit.panoramas.transfer import PanoramaPainter
from pinxit.picture import Picture

if TYPE_CHECKING:
    from pinxit.engines.engine import Engine

YAW, PITCH = 37.0, 53.0
"""Turns, in degrees, that bring no view to the place of another one."""
_PADDED = 0.125  # of the width, repeated at both edges by the rival that wraps around

_SEAM = Measured("seam", "seam-64-columns", "gradient across the edge over that of 64 columns beside it")
_SEAM_OVER = Measured("seam_over_input", "seam-64-columns", "the same over the panorama's own: 1.1 at most is wanted")
_POLE = Measured(
    "pole_size", "rms-frequency-25deg", "strokes at a pole over the same ones at the equator: 1, 0.85 to 1.15 wanted", 1
)
_YAW = Measured("turned_yaw", f"rms-yaw-{YAW:g}deg", "painted and turned against turned and painted, 0..1", 0.0)
_PITCH = Measured("turned_pitch", f"rms-pitch-{PITCH:g}deg", "the same, tilted", 0.0)
_RESAMPLED = Measured("turning_alone", f"rms-pitch-{PITCH:g}deg", "what tilting without painting does to results", 0.0)
_STEREO = Measured("stereo", "known-disparity-noise-2", "difference of the eyes over the input's: 1.3 at most", 1.0)

Paint = Callable[[np.ndarray], np.ndarray]
"""Paints a panorama, (H, W, 3) uint8, and gives the same shape and dtype."""
PaintPair = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Way:
    """A way to paint panoramas.

    Args:
        paint: One.
        pair: Those of two eyes; None paints each for itself.
    """

    paint: Paint
    pair: PaintPair | None = None

    def both(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Paint two eyes' panoramas."""
        return self.pair(left, right) if self.pair else (self.paint(left), self.paint(right))


def ways(engine: Engine) -> dict[str, Way]:
    """Pinxit's way with panoramas, and what anybody can do with an engine for flat pictures."""

    def views(array: np.ndarray) -> np.ndarray:
        return PanoramaPainter(engine, Equirectangular(*array.shape[:2]))(array)

    def eyes(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return painted_pair(PanoramaPainter(engine, Equirectangular(*left.shape[:2])), left, right)

    def flat(array: np.ndarray) -> np.ndarray:
        return engine.transfer(Picture.open(array)).array

    def wrapped(array: np.ndarray) -> np.ndarray:
        extra = round(array.shape[1] * _PADDED)
        return flat(np.pad(array, ((0, 0), (extra, extra), (0, 0)), "wrap"))[:, extra:-extra]

    def faces(array: np.ndarray) -> np.ndarray:
        whole, cube = Equirectangular(*array.shape[:2]), Cubemap.strip(round(array.shape[1] / 4))
        pictures = [Picture.open(face) for face in cube.faces(resampled(array, whole, cube))]
        scene = engine.scene(pictures, brush=1.0)
        painted = [engine.transfer(face, scene=scene, brush=1.0).array for face in pictures]
        return np.rint(resampled(np.concatenate(painted), cube, whole).clip(0, 1) * 255).astype(np.uint8)

    return {"pinxit": Way(views, eyes), "flat": Way(flat), "wrapped": Way(wrapped), "faces": Way(faces)}


@dataclass(frozen=True)
class PanoramaReport:
    """Figures of every way.

    Args:
        panoramas: How many stand behind them.
        rows: Way to figures.
    """

    panoramas: int
    rows: dict[str, Report]

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "panoramas": self.panoramas,
            "ways": {name: row.to_dict()["figures"] for name, row in self.rows.items()},
        }

    def __str__(self) -> str:
        lines = [f"{self.panoramas} panoramas; mean and 95 % interval"]
        for name, row in self.rows.items():
            lines.append(f"\n{name}\n{row}")
        return "\n".join(lines)


def race_panoramas(
    panoramas: Sequence[np.ndarray],
    racers: Mapping[str, Way],
    on_progress: Callable[[int, int, str], None] | None = None,
) -> PanoramaReport:
    """Measure ways of painting.

    Args:
        panoramas: Whole ones, (H, W, 3) uint8 of one size; two or more, since discs of one float before another.
        racers: Of :func:`ways`.
        on_progress: Called as (done, total, way).

    Raises:
        InputError: Fewer than two, or of several sizes.
    """
    shapes = {array.shape for array in panoramas}
    if len(panoramas) < 2 or len(shapes) > 1:
        raise InputError(f"{len(panoramas)} panoramas of {len(shapes)} sizes came; two or more of one size are wanted")
    found: dict[str, list[list[Measured]]] = {name: [] for name in racers}
    total = len(panoramas) * len(racers)
    for number, array in enumerate(panoramas):
        for name, way in racers.items():
            found[name].append(_figures(array, panoramas[number - 1], way, seed=number))
            if on_progress:
                on_progress(sum(map(len, found.values())), total, name)
    rows = {
        name: Report(tuple(mean_of(each) for each in zip(*figures, strict=True)), len(panoramas))
        for name, figures in found.items()
    }
    return PanoramaReport(len(panoramas), rows)


def _figures(array: np.ndarray, other: np.ndarray, way: Way, seed: int) -> list[Measured]:
    result = way.paint(array)
    own, seam = seam_ratio(array), seam_ratio(result)
    yaw, pitch = rotation(yaw=YAW), rotation(pitch=PITCH)
    pair = known_pair(array, other, seed=seed)
    between = eye_difference(*way.both(pair.left, pair.right), pair) / eye_difference(pair.left, pair.right, pair)
    return [
        _with(_SEAM, seam, untouched=own),
        _with(_SEAM_OVER, seam / max(own, 1e-6), untouched=1.0),
        _with(_POLE, pole_size(array, result, way.paint), untouched=pole_size(array, array, lambda tilted: tilted)),
        _with(_YAW, _turn(array, result, way.paint, yaw)),
        _with(_PITCH, _turn(array, result, way.paint, pitch)),
        _with(_RESAMPLED, resampling_error(result, pitch)),
        _with(_STEREO, between),
    ]


def _with(kind: Measured, value: float, **known: float) -> Measured:
    return Measured(**(vars(kind) | {"value": value} | known))


def _turn(array: np.ndarray, result: np.ndarray, paint: Paint, turn: np.ndarray) -> float:
    return turn_error(paint(_eight_bits(turned(array, turn))), turned(result, turn))


def pole_size(array: np.ndarray, result: np.ndarray, paint: Paint) -> float:
    """Size of the same strokes at a pole and at the equator: the panorama is tilted until places ahead are overhead.

    Args:
        array: A panorama.
        result: The same, painted.
        paint: Paints it.

    Returns:
        Geometric mean over four places of the equator.
    """
    ratios = []
    for yaw in (0.0, 90.0):
        # What stood ahead and behind in the panorama stands at the poles of the tilted one.
        turn = rotation(yaw=yaw) @ rotation(pitch=-90.0)
        tilted = _eight_bits(turned(array, turn))
        again = paint(tilted)
        for pole in (90.0, -90.0):
            there = rotation(pitch=pole)
            ratios.append(stroke_size(again, there) / stroke_size(result, turn @ there))
    return float(np.exp(np.log(ratios).mean()))


def _eight_bits(array: np.ndarray) -> np.ndarray:
    return np.rint(array.clip(0, 1) * 255).astype(np.uint8)
