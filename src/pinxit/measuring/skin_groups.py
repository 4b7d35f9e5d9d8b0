"""Skin groups: does a style treat light and dark skin alike? Shifts of hue and lightness on faces, group by group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from pinxit.color import srgb_to_lab
from pinxit.errors import InputError, ShapeError
from pinxit.measuring.look_recovery import bootstrap
from pinxit.picture import Picture
from pinxit.picture.faces import faces

GROUPS = {"light": (41.0, 90.0), "intermediate or tan": (10.0, 41.0), "brown or dark": (-90.0, 10.0)}
"""Groups and their individual typology angles, in degrees: pairs of the six classes in use, to have more of each."""
LEAST = 5
"""Portraits below which a group gets no interval and no flag."""
MUCH = {"lightness": 4.0, "hue": 6.0}
"""Differences between groups that are flagged, in L* and in degrees."""

_LEAST_PIXELS, _LEAST_SHARE = 40, 0.2
_LEAST_CHROMA = 5.0  # below it a hue is chance
_DRAWS = 2000

Painter = Callable[[np.ndarray], np.ndarray]
"""(H, W, 3) to the same size; uint8, uint16 or float 0..1."""


@dataclass(frozen=True, eq=False)
class SkinPatch:
    """The skin of one portrait.

    Args:
        portrait: (H, W, 3).
        where: Skin pixels, (H, W) bool.
        lab: Their median, (3,).
        group: One of :data:`GROUPS`.
    """

    portrait: np.ndarray
    where: np.ndarray
    lab: np.ndarray
    group: str


@dataclass(frozen=True)
class GroupShift:
    """What a style does to the skin of one group.

    Args:
        portraits: How many.
        lightness: Mean shift of L*; None without portraits.
        lightness_interval: 95 % bootstrap interval over portraits; None when there are too few.
        hue: Mean shift of the hue angle in degrees, from red toward yellow positive; None where no hue is left.
        hue_interval: The same of it.
    """

    portraits: int
    lightness: float | None = None
    lightness_interval: tuple[float, float] | None = None
    hue: float | None = None
    hue_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class SkinReport:
    """What a style does to skin, group by group.

    Args:
        groups: Name to shifts.
        flags: One sentence for each difference between two groups that is flagged, for the style's card.
    """

    groups: dict[str, GroupShift]
    flags: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {"groups": {name: asdict(shift) for name, shift in self.groups.items()}, "flags": list(self.flags)}

    def __str__(self) -> str:
        lines = []
        for name, shift in self.groups.items():
            told = [f"{name}: {shift.portraits} portraits"]
            for figure, unit in (("lightness", "L*"), ("hue", "degrees")):
                mean, interval = getattr(shift, figure), getattr(shift, f"{figure}_interval")
                if mean is not None:
                    within = f"[{interval[0]:+.1f}, {interval[1]:+.1f}]" if interval else "(too few for an interval)"
                    told.append(f"{figure} {mean:+.1f} {within} {unit}")
            lines.append(", ".join(told))
        return "\n".join([*lines, *(f"flag: {flag}" for flag in self.flags)])


def typology_angle(lab: np.ndarray) -> np.ndarray:
    """Individual typology angle of skin in degrees, -90..90; above 55 very light, below -30 dark.

    Args:
        lab: CIE Lab, (..., 3).

    Source:
        Chardon, Cretois and Hourseau 1991, "Skin colour typology and suntanning pathways": arctan((L* - 50) / b*).
        Its classes as in Del Bino and Bernerd 2013. It was made for skin under a measuring head; in a photo it also
        holds the light and the exposure, so a group says what a picture shows and not who a person is.
    """
    return np.degrees(np.arctan2(lab[..., 0] - 50, np.maximum(lab[..., 2], 1e-6)))


def find_skin(portraits: Iterable[np.ndarray], masks: Sequence[np.ndarray] | None = None) -> list[SkinPatch]:
    """Find the skin of portraits.

    Args:
        portraits: (H, W, 3) each, uint8, uint16 or float 0..1.
        masks: Where each one's face is, (H, W), true on it; None looks for faces and takes the largest.

    Returns:
        One patch a portrait in which there is enough skin; black-and-white ones and those without a face are left out.
        A pixel counts as skin inside the face when its hue is 15 to 90 degrees and its chroma 5 to 55, at any
        lightness from 8 to 96, so that dark skin is not left out by the rule.

    Raises:
        ShapeError: A mask of another size than its portrait.
        MissingExtraError: scikit-image is needed to look for faces, and is not installed.
    """
    found = []
    for number, portrait in enumerate(portraits):
        face = _face(portrait) if masks is None else np.asarray(masks[number], bool)
        if face.shape != portrait.shape[:2]:
            raise ShapeError(
                f"mask {number} is {face.shape}, and its portrait {portrait.shape[:2]}; give one of its size"
            )
        lab = srgb_to_lab(portrait)
        hue, chroma = np.degrees(np.arctan2(lab[..., 2], lab[..., 1])), np.hypot(lab[..., 1], lab[..., 2])
        where = face & (hue > 15) & (hue < 90) & (chroma > 5) & (chroma < 55) & (lab[..., 0] > 8) & (lab[..., 0] < 96)
        if where.sum() < max(_LEAST_PIXELS, _LEAST_SHARE * face.sum()):
            continue
        middle = np.median(lab[where], 0)
        angle = float(typology_angle(middle))
        group = next(name for name, (low, high) in GROUPS.items() if low <= angle <= high)
        found.append(SkinPatch(portrait, where, middle, group))
    return found


def measure_skin(paint: Painter, patches: Sequence[SkinPatch]) -> SkinReport:
    """Measure what a style does to the skin of each group.

    Two groups are flagged when their mean shifts differ by more than 4 L* in lightness or 6 degrees in hue, and the
    95 % bootstrap interval of that difference (portraits drawn with replacement in both) keeps away from 0; groups
    of fewer than five portraits never are. A style that moves all skin alike is not flagged, however far it does.

    Args:
        paint: Gives the style at its full strength.
        patches: From :func:`find_skin`.

    Raises:
        InputError: No patch.
        ShapeError: The painter gave another size.
    """
    if not patches:
        raise InputError("no skin was found; give portraits in colour, with faces that look at the camera")
    shifts: dict[str, list[tuple[float, float]]] = {name: [] for name in GROUPS}
    for patch in patches:
        shifts[patch.group].append(_shift(patch, paint(patch.portrait)))
    values = {name: np.array(several).reshape(-1, 2) for name, several in shifts.items()}
    flags = []
    for column, (figure, unit) in enumerate((("lightness", "L*"), ("hue", "degrees"))):
        for one, other in combinations(GROUPS, 2):
            a, b = (values[name][:, column] for name in (one, other))
            apart = _apart(a[np.isfinite(a)], b[np.isfinite(b)], MUCH[figure])
            if apart:
                flags.append(f"{figure} of {one} and {other} skin is moved differently: {apart} {unit}")
    return SkinReport({name: _summary(several) for name, several in values.items()}, tuple(flags))


def _face(portrait: np.ndarray) -> np.ndarray:
    """An ellipse from brow to chin in the largest face, (H, W) bool; hair and eyes mostly fall out by their colour."""
    found = faces(Picture.open(portrait))
    if not found:
        return np.zeros(portrait.shape[:2], bool)
    top, left, height, width = max(found, key=lambda face: face[2] * face[3])
    rows, columns = np.ogrid[: portrait.shape[0], : portrait.shape[1]]
    down = (rows - top - 0.55 * height) / (0.42 * height)
    across = (columns - left - width / 2) / (0.36 * width)
    return down**2 + across**2 < 1


def _shift(patch: SkinPatch, result: np.ndarray) -> tuple[float, float]:
    """Shift of the median L* and of the hue of the median colour, in degrees; NaN where hardly any colour is left."""
    if result.shape != patch.portrait.shape:
        raise ShapeError(f"a result of shape {result.shape} came, and {patch.portrait.shape} was wanted")
    before, after = patch.lab, np.median(srgb_to_lab(result)[patch.where], 0)
    turn = np.degrees(np.arctan2(after[2], after[1]) - np.arctan2(before[2], before[1]))
    hue = (turn + 180) % 360 - 180 if np.hypot(after[1], after[2]) > _LEAST_CHROMA else np.nan
    return float(after[0] - before[0]), float(hue)


def _summary(values: np.ndarray) -> GroupShift:
    figures: list[Any] = []
    for column in (0, 1):
        known = values[:, column][np.isfinite(values[:, column])]
        figures.append(float(known.mean()) if len(known) else None)
        figures.append(bootstrap(known) if len(known) >= LEAST else None)
    return GroupShift(len(values), *figures)


def _apart(a: np.ndarray, b: np.ndarray, much: float) -> str:
    """Both means and their difference with its interval when it is to be flagged, else nothing."""
    if min(len(a), len(b)) < LEAST or abs(a.mean() - b.mean()) <= much:
        return ""
    rng = np.random.default_rng(0)
    drawn = [x[rng.integers(0, len(x), (_DRAWS, len(x)))].mean(1) for x in (a, b)]
    low, high = np.percentile(drawn[0] - drawn[1], (2.5, 97.5))
    if low <= 0 <= high:
        return ""
    return f"{a.mean():+.1f} and {b.mean():+.1f}, difference {a.mean() - b.mean():+.1f} [{low:+.1f}, {high:+.1f}]"
