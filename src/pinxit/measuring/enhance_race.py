"""Enhance race: photos are spoiled in known ways, methods mend them, and the unspoiled photo tells how well."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from pinxit.color import ciede2000, srgb_to_lab
from pinxit.errors import InputError, MissingExtraError
from pinxit.measuring.look_recovery import bootstrap, fixed_order
from pinxit.measuring.style_pairs import luma_ssim
from pinxit.networks.correct import EVEN

SUFFIXES = (".jpg", ".jpeg", ".png")
FIGURES = ("psnr", "ssim", "ciede2000")
NOISE, BLUR = (5, 15, 25), (1, 2)
"""Standard deviations of noise, in levels of 8 bits, and of blur, in pixels."""
SLIPS = (0.45, 0.25, 0.12)
"""Standard deviations of exposure, warmth and tint, in logs of linear light."""

Method = Callable[[np.ndarray], np.ndarray]
"""(H, W, 3) uint8 to the same."""


@dataclass(frozen=True)
class EnhanceRaceReport:
    """Scores of every method on every kind of damage.

    Args:
        scores: (damage, method) to figures of each photo, (n, 3): PSNR in dB, SSIM of luma, mean CIEDE2000.
        seconds: (damage, method) to median seconds a photo.
        changed: Share of undamaged photos of which a method changed a pixel.
    """

    scores: dict[tuple[str, str], np.ndarray]
    seconds: dict[tuple[str, str], float]
    changed: dict[str, float]

    def rows(self) -> list[dict[str, Any]]:
        """One row a damage and method: mean figures, and 95 % bootstrap intervals over photos."""
        found = []
        for (damage, method), values in self.scores.items():
            row: dict[str, Any] = {"damage": damage, "method": method, "photos": len(values)}
            for number, figure in enumerate(FIGURES):
                row[figure], row[f"{figure} interval"] = values[:, number].mean(), bootstrap(values[:, number])
            found.append(row | {"seconds": self.seconds[damage, method]})
        return found

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {"rows": self.rows(), "changed": self.changed}

    def __str__(self) -> str:
        lines = [f"{'damage':14} {'method':26} photos   PSNR  95 % interval   SSIM  CIEDE2000  seconds"]
        for row in self.rows():
            low, high = row["psnr interval"]
            lines.append(
                f"{row['damage']:14} {row['method']:26} {row['photos']:6} {row['psnr']:6.2f} {low:6.2f}..{high:<6.2f} "
                f"{row['ssim']:6.3f} {row['ciede2000']:10.2f} {row['seconds']:8.2f}"
            )
        told = [f"{name} changed {100 * share:.0f} % of the undamaged photos" for name, share in self.changed.items()]
        return "\n".join(lines + told)


def race_enhancers(
    photos: Path,
    methods: Mapping[str, Mapping[str, Method]],
    *,
    count: int = 12,
    good: int = 100,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> EnhanceRaceReport:
    """Spoil photos and mend them.

    Args:
        photos: Folder of good photos; a fixed choice follows from their names.
        methods: Kind of damage ("noise", "blur", "exposure", "none") to named methods; "untouched" and a method with
            a fixed strength are added.
        count: Photos that are spoiled in each way.
        good: Photos that are left as they are, for "none".
        on_progress: Called as (done, total, damage).

    Raises:
        InputError: The folder holds no photo.
    """
    paths = {path.name: path for path in sorted(photos.rglob("*")) if path.suffix.lower() in SUFFIXES}
    if not paths:
        raise InputError(f"{photos} holds no photo (.jpg, .png)")
    chosen = [paths[name] for name in fixed_order(paths, "enhance")]
    kinds = damages()
    scores, seconds, changed = {}, {}, {}
    for number, (name, damage) in enumerate(kinds.items()):
        kind = name.split()[0]
        tried = {"untouched": lambda photo: photo, **RIVALS.get(kind, {}), **methods.get(kind, {})}
        for method, (values, times) in _mended(chosen[: good if kind == "none" else count], damage, tried).items():
            scores[name, method], seconds[name, method] = values, float(np.median(times))
            if kind == "none" and method != "untouched":
                changed[method] = float((values[:, 2] > 0).mean())
        if on_progress:
            on_progress(number + 1, len(kinds), name)
    return EnhanceRaceReport(scores, seconds, changed)


def _mended(
    paths: list[Path], damage: Callable[[np.ndarray, np.random.Generator], np.ndarray], tried: Mapping[str, Method]
) -> dict[str, tuple[np.ndarray, list[float]]]:
    """Method to the figures of each photo, (n, 3), and its seconds."""
    found: dict[str, list[tuple[float, ...]]] = {method: [] for method in tried}
    times: dict[str, list[float]] = {method: [] for method in tried}
    for number, path in enumerate(paths):
        with Image.open(path) as image:
            photo = np.asarray(image.convert("RGB"))
        spoiled = damage(photo, np.random.default_rng(number))
        for method, mend in tried.items():
            start = time.perf_counter()
            result = mend(spoiled)
            times[method].append(time.perf_counter() - start)
            found[method].append(figures(result, photo))
    return {method: (np.array(values), times[method]) for method, values in found.items()}


def damages() -> dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]]:
    """Named ways to spoil a photo, (H, W, 3) uint8 to the same."""
    found: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {}
    for sigma in NOISE:
        found[f"noise {sigma}"] = lambda photo, rng, sigma=sigma: _levels(photo + rng.normal(0, sigma, photo.shape))
    for sigma in BLUR:
        found[f"blur {sigma}"] = lambda photo, rng, sigma=sigma: np.asarray(
            Image.fromarray(photo).filter(ImageFilter.GaussianBlur(sigma))
        )
    return found | {"exposure": slipped, "none": lambda photo, rng: photo}


def slipped(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A photo with a random exposure and colour cast, as ExposureCorrector was trained to undo them."""
    gains = np.exp((rng.normal(size=3) * SLIPS) @ np.array(EVEN))
    return _levels(255 * np.clip((photo / 255) ** 2.2 * gains, 0, 1) ** (1 / 2.2))


def figures(result: np.ndarray, photo: np.ndarray) -> tuple[float, float, float]:
    """PSNR in dB (at most 100), SSIM of luma and mean CIEDE2000 of two (H, W, 3) uint8 pictures."""
    import torch

    error = np.mean((result.astype(np.float64) - photo) ** 2) / 255**2
    planes = [torch.from_numpy(a.transpose(2, 0, 1)[None].astype(np.float32) / 255) for a in (result, photo)]
    difference = ciede2000(srgb_to_lab(result), srgb_to_lab(photo)).mean()
    return float(-10 * np.log10(max(error, 1e-10))), luma_ssim(*planes), float(difference)


def _median(photo: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(photo).filter(ImageFilter.MedianFilter(3)))


def _unsharp(photo: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(photo).filter(ImageFilter.UnsharpMask()))


def _non_local_means(photo: np.ndarray) -> np.ndarray:
    try:
        import cv2
    except ImportError as error:
        raise MissingExtraError("opencv-python-headless", "personal") from error
    return cv2.fastNlMeansDenoisingColored(np.ascontiguousarray(photo[..., ::-1]), None, 10, 10)[..., ::-1]


def _autocontrast(photo: np.ndarray) -> np.ndarray:
    return np.asarray(ImageOps.autocontrast(Image.fromarray(photo), cutoff=1))


RIVALS: dict[str, dict[str, Method]] = {
    "noise": {"median 3 x 3": _median, "non-local means, h = 10": _non_local_means},
    "blur": {"unsharp mask (Pillow)": _unsharp},
    "exposure": {"autocontrast, 1 %": _autocontrast},
}
"""Kind of damage to methods that do the same to every photo."""


def _levels(values: np.ndarray) -> np.ndarray:
    return np.rint(values).clip(0, 255).astype(np.uint8)
