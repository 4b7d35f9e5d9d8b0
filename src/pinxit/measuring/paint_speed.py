"""How quick and how calm painting is: processor seconds beside a network of MicroAST's size, memory, shifts and noise.

Painting itself stands on this floor too, so it is handed in.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from pinxit.measuring.speed import WATCH, said

Paint = Callable[[np.ndarray], np.ndarray]
"""Paints (H, W, 3) uint8; the result has the same shape and dtype."""

SIZES = {"512 x 512": (512, 512), "1920 x 1080": (1080, 1920)}
TARGETS = {"512 x 512": 0.35, "1920 x 1080": 3.0}
"""Most processor seconds."""


def paint_times(paint: Paint, runs: int = 3) -> dict[str, dict[str, float]]:
    """Processor and wall seconds of painting, the least of a few runs, beside the peer network in the same run."""
    found = {}
    for name, (height, width) in SIZES.items():
        photo = _photo(height, width)
        peer = _peer()
        own, other = [], []
        paint(photo), peer(photo)
        for _ in range(runs):
            own.append(_clocked(paint, photo))
            other.append(_clocked(peer, photo))
        cpu, wall = min(own)
        found[name] = {"cpu": cpu, "wall": wall, "peer cpu": min(other)[0], "ratio": cpu / min(other)[0]}
    return found


def paint_memory(transfer: Callable[[Path, Path], Sequence[str]], height: int = 2160, width: int = 3840) -> float:
    """Largest resident memory, in GB, of one command that paints a photo of this size from file to file.

    Raises:
        CapacityError: The command fails.
    """
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "photo.jpg", Path(name) / "painted.png"
        Image.fromarray(_photo(height, width)).save(source, quality=90)
        kilobytes = said([sys.executable, "-c", WATCH, *transfer(source, target)])
    return float(kilobytes.split()[-1]) * 1024 / 1e9


def stability(paint: Paint, photos: Sequence[np.ndarray], seed: int = 0) -> dict[str, float]:
    """How much a result moves when the photo is shifted by 1 to 3 pixels, and by how much noise is amplified.

    Args:
        paint: Paints a photo.
        photos: (H, W, 3) uint8, 64 pixels or more a side.
        seed: Of shifts and noise.

    Returns:
        "shift rms": root mean square, sRGB 0..1, between the shifted result and the result of the shifted photo, where
        both have the same view, 16 pixels from the border. "noise gain": root mean square change of results over that
        of the photos when noise of sigma 2/255 is added and rounded to 8 bits. Means over photos.
    """
    rng = np.random.default_rng(seed)
    moved, gains = [], []
    for photo in photos:
        result = paint(photo).astype(np.float64) / 255
        dy, dx = (int(n) for n in rng.integers(1, 4, 2))
        # Both views are cut from the photo, so nothing is made up at the borders.
        first, second = photo[:-3, :-3], photo[dy:, dx:][: photo.shape[0] - 3, : photo.shape[1] - 3]
        a, b = paint(first).astype(np.float64) / 255, paint(second).astype(np.float64) / 255
        height, width = min(a.shape[0] - dy, b.shape[0]), min(a.shape[1] - dx, b.shape[1])
        away = (a[dy:, dx:][:height, :width] - b[:height, :width])[16:-16, 16:-16]
        moved.append(float(np.sqrt((away**2).mean())))
        noisy = np.clip(np.rint(photo + rng.normal(0, 2, photo.shape)), 0, 255).astype(np.uint8)
        given = np.sqrt(((noisy.astype(float) - photo) ** 2).mean()) / 255
        gains.append(float(np.sqrt(((paint(noisy) / 255.0 - result) ** 2).mean()) / max(given, 1e-9)))
    return {"shift rms": float(np.mean(moved)), "noise gain": float(np.mean(gains))}


def _clocked(paint: Paint, photo: np.ndarray) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    paint(photo)
    return time.process_time() - cpu, time.perf_counter() - wall


def _photo(height: int, width: int) -> np.ndarray:
    """Soft shapes with some grain, the same each time."""
    rng = np.random.default_rng(7)
    soft = Image.fromarray(rng.integers(0, 255, (9, 16, 3), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    return np.clip(np.asarray(soft, int) + rng.integers(-12, 13, (height, width, 3)), 0, 255).astype(np.uint8)


def _peer() -> Paint:
    """An untrained network of MicroAST's shape and size, for its arithmetic alone.

    Source:
        Wang et al. 2023, arXiv:2211.15313: 9x9 convolutions at both ends, depthwise-separable ones between, 64 channels
        at a quarter of the size, two residual blocks in encoder and decoder. Departure: made from the text.
    """
    import torch
    from torch import nn

    def separable(before: int, after: int, stride: int = 1) -> nn.Sequential:
        deep = nn.Conv2d(before, before, 3, stride, 1, groups=before)
        return nn.Sequential(deep, nn.ReLU(), nn.Conv2d(before, after, 1), nn.ReLU())

    layers = [
        nn.Conv2d(3, 16, 9, 1, 4), separable(16, 32, 2), separable(32, 64, 2),
        *(separable(64, 64) for _ in range(8)),
        nn.Upsample(scale_factor=2), separable(64, 32), nn.Upsample(scale_factor=2), separable(32, 16),
        nn.Conv2d(16, 3, 9, 1, 4),
    ]  # fmt: skip
    network = nn.Sequential(*layers).eval()

    def paint(photo: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            pixels = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255
            return network(pixels)[0].permute(1, 2, 0).clamp(0, 1).mul(255).byte().numpy()

    return paint


def report(times: dict[str, dict[str, float]], memory: float | None, calm: dict[str, float] | None) -> str:
    """The figures as lines of text, with what is promised."""
    lines = [
        f"{name}: {t['cpu']:.2f} CPU s ({TARGETS[name]:g} wanted), {t['wall']:.2f} s, {t['ratio']:.2f} of the peer's"
        for name, t in times.items()
    ]
    if memory is not None:
        lines.append(f"3840 x 2160 from file to file: {memory:.2f} GB at most (1.5 wanted)")
    if calm is not None:
        lines.append(f"shifted by 1 to 3 pixels: RMS {calm['shift rms']:.4f} (0.035 wanted)")
        lines.append(f"noise of 2/255 comes out {calm['noise gain']:.2f} times as strong (2 wanted)")
    return "\n".join(lines)
