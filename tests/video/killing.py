"""Transfers in processes of their own, to be killed."""

import multiprocessing
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch

from pinxit.engines.batch import BatchSettings
from pinxit.networks import weights
from pinxit.networks.painter import Painter
from pinxit.style import Style
from pinxit.texture import Texture
from pinxit.tone.lut import Lut
from pinxit.tone.tone import Tone
from pinxit.video import transfer
from pinxit.video.settings import VideoSettings

VERSION = "0123456789abcdef"


def painted_style() -> Style:
    """A texture for a small random painter, which takes the place of the shipped one in this process."""
    torch.set_num_threads(1)
    with torch.random.fork_rng([]):
        torch.manual_seed(5)
        sizes = {"code": 8, "widths": (4, 6, 8)}
        painter = Painter(generator=sizes | {"blocks": 1}, encoder=sizes | {"hidden": 8})
        for layer in painter.generator.paint:
            torch.nn.init.normal_(layer.weight, std=0.2)
    painter.eval().requires_grad_(False)
    weights.painter, weights.painter_version = lambda: painter, lambda: VERSION
    rng = np.random.default_rng(7)
    palettes = rng.random((1, 64, 3)).astype(np.float32)
    bands = np.sort(rng.normal(0, 0.05, (1, 3, 3, 33))).astype(np.float32)
    return Style("painted", texture=Texture(rng.normal(size=8).astype(np.float32), palettes, bands, VERSION))


def toned_style() -> Style:
    """A negative."""
    return Style("negative", Tone(Lut(1 - Lut.identity(17).table)))


def work(kind: str, source: Path, output: Path, segment: Fraction) -> None:
    """One run over a film, in segments of so many seconds."""
    transfer.PAINTED = transfer.TONED = segment
    style = painted_style() if kind == "painted" else toned_style()
    transfer.transfer_video(source, style, output, settings=VideoSettings(dials=BatchSettings()), overwrite=True)


def run(*words: object, kill_after: float | None = None) -> float:
    """Do ``work`` in a new process; kill it after so many seconds, if it is still there then. Returns what it took."""
    context = multiprocessing.get_context(
        "forkserver"
    )  # forks from a process that has imported everything: it is quick
    context.set_forkserver_preload(
        ["av", "numba", "torch", *(name for name in sys.modules if name.startswith("pinxit."))]
    )
    process = context.Process(target=work, args=words)
    start = time.monotonic()
    process.start()
    process.join(kill_after)
    if process.is_alive():
        process.kill()
        process.join()
    elif process.exitcode:
        raise RuntimeError(f"a run ended with {process.exitcode}")
    return time.monotonic() - start
