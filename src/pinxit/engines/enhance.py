"""Image processing around a transfer: noise, exposure, blur and contrast are measured, mended and measured again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pinxit.color import srgb_to_lab
from pinxit.engines.denoise import denoised, noise_level
from pinxit.engines.exposure import exposed, exposure_error
from pinxit.engines.sharpen import edge_blur, sharpened
from pinxit.engines.tonemap import contrast, tone_mapped
from pinxit.errors import InputError
from pinxit.picture.sampling import thumbnail

if TYPE_CHECKING:
    from pinxit.picture import Picture

AFTERWARDS = "tonemap"
"""The one step that follows the transfer."""


@dataclass(frozen=True)
class Step:
    """One kind of processing.

    Args:
        work: Array and strength 0..1 to an array; 0 gives the array itself.
        measure: Array to its figures, the one that decides first; None where it cannot be read.
        asks: Whether that figure asks for the step. Of 172 finished photos, none of them in the benchmark, noise asked
            for it in 7, exposure in 5, contrast in 3 and blur in none.
        units: Of the figures, for people.
    """

    work: Callable[[np.ndarray, float], np.ndarray]
    measure: Callable[[np.ndarray], dict[str, float | None]]
    asks: Callable[[float], bool]
    units: dict[str, str]


def _light(array: np.ndarray) -> dict[str, float | None]:
    lightness, a, b = srgb_to_lab(thumbnail(array, 64)).mean((0, 1))
    return {"off": exposure_error(array), "lightness": float(lightness), "cast": float(np.hypot(a, b))}


STEPS = {
    "denoise": Step(denoised, lambda array: {"noise": 255 * noise_level(array)}, lambda x: x > 4, {"noise": " levels"}),
    "exposure": Step(exposed, _light, lambda x: x > 6, {"off": " CIEDE2000", "lightness": " L*", "cast": " C*"}),
    "sharpen": Step(sharpened, lambda array: {"blur": edge_blur(array)}, lambda x: x > 0.85, {"blur": " px"}),
    "tonemap": Step(tone_mapped, lambda array: {"contrast": contrast(array)}, lambda x: x < 45, {"contrast": " L*"}),
}
"""Steps in their order."""


@dataclass(frozen=True)
class StepReport:
    """What was measured and done in one step.

    Args:
        name: Of the step.
        strength: With which it was done, 0..1; 0 when it was left out.
        before: Figures before it: ``noise`` in levels of 8 bits; ``off``, the mean CIEDE2000 that the correction
            asks for, mean ``lightness`` and ``cast``, the chroma of the mean colour; ``blur``, the standard deviation
            of edges in pixels; ``contrast``, the range of L* in use. None: nothing to read it from.
        after: The same after it, or None when it was left out.
    """

    name: str
    strength: float
    before: dict[str, float | None]
    after: dict[str, float | None] | None = None

    def __str__(self) -> str:
        if self.after is None:
            key, value = next(iter(self.before.items()))
            return f"{self.name} left out ({key} {_told(value, STEPS[self.name].units[key])})"
        changes = (
            f"{key} {_told(self.before[key])} -> {_told(self.after[key], unit)}"
            for key, unit in STEPS[self.name].units.items()
        )
        return f"{self.name} ({', '.join(changes)})"


@dataclass(frozen=True)
class EnhanceReport:
    """What was done around the transfer of one picture.

    Args:
        steps: In their order; with "auto" and "suggest" all, else those asked for.
        suggested: It was only tried, and the picture left as it is.
    """

    steps: tuple[StepReport, ...]
    suggested: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The figures of every step, ready for JSON."""
        steps = {s.name: {"strength": s.strength, "before": s.before, "after": s.after} for s in self.steps}
        return {"suggested": self.suggested, "steps": steps}

    def __str__(self) -> str:
        if self.suggested and not any(step.strength for step in self.steps):
            return "nothing to suggest: " + "; ".join(map(str, self.steps))
        return ("suggested: " if self.suggested else "") + "; ".join(map(str, self.steps))


def parse_enhance(text: str | None) -> dict[str, float] | None:
    """Steps and their strengths of "denoise,exposure:0.5"; None for "auto", "suggest" and nothing at all.

    Raises:
        InputError: An unknown or doubled step, or a strength outside 0..1.
    """
    if text in (None, "auto", "suggest"):
        return None
    found: dict[str, float] = {}
    for word in text.split(","):
        name, _, share = word.strip().partition(":")
        try:
            strength = float(share or 1)
        except ValueError:
            strength = -1.0
        if name not in STEPS or name in found or not 0 <= strength <= 1:
            raise InputError(
                f"enhance {text!r} came; auto, suggest or {', '.join(STEPS)} with commas between them are wanted, each "
                "once, as denoise:0.5 with a strength from 0 to 1"
            )
        found[name] = strength
    return {name: found[name] for name in STEPS if name in found}


def enhanced(
    picture: Picture, wanted: str | None, give: Callable[[Picture], Picture]
) -> tuple[Picture, EnhanceReport | None]:
    """Give a picture its style with image processing around it.

    Args:
        picture: Any depth; alpha is kept as it is.
        wanted: Steps as in :func:`parse_enhance`; "auto" does those that the measurements ask for; "suggest" tries what
            "auto" would do, reports it and leaves the picture as it is; None does nothing and measures nothing.
        give: The transfer.

    Returns:
        The picture with the style, and what was done; None with ``wanted`` None.

    Raises:
        InputError: As of :func:`parse_enhance`.
        MissingExtraError: OpenCV is not installed.
    """
    if wanted is None:
        return give(picture), None
    chosen = parse_enhance(wanted) or dict.fromkeys(STEPS)
    mended, reports = picture, []
    for name, strength in chosen.items():
        # Whether tones are mapped afterwards is a question to the photo too: a style with little contrast means it.
        later = name == AFTERWARDS and wanted != "suggest"
        mended, report = _step(mended, name, strength, decide_only=later)
        reports.append(report)
    if wanted == "suggest":
        return give(picture), EnhanceReport(tuple(reports), suggested=True)
    result = give(mended)
    if reports[-1].name == AFTERWARDS and reports[-1].strength:
        result, reports[-1] = _step(result, AFTERWARDS, reports[-1].strength)
    return result, EnhanceReport(tuple(reports))


def _step(picture: Picture, name: str, strength: float | None, decide_only: bool = False) -> tuple[Picture, StepReport]:
    """Measure, do one step and measure again; a strength of None is 1 where the measurement asks for it, else 0."""
    step = STEPS[name]
    before = step.measure(picture.array)
    if strength is None:
        figure = next(iter(before.values()))
        strength = float(figure is not None and step.asks(figure))
    if not strength or decide_only:
        return picture, StepReport(name, strength, before)
    result = picture.with_array(step.work(picture.array, strength))
    return result, StepReport(name, strength, before, step.measure(result.array))


def _told(value: float | None, unit: str = "") -> str:
    return "unknown" if value is None else f"{value:.2f}{unit}"
