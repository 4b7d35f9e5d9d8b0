"""How quick: the tone against its peers, starting up, learning, and the memory of a large photo.

What lives on the same floor or above (learning, the command line) is handed in.
"""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from pinxit.errors import CapacityError
from pinxit.measuring.tone_race import spread, synthetic_photo, timed, tone_race
from pinxit.tone.threads import cores

Learn = Callable[[list[Path], bool], Any]
"""Learns from photos, with refinement or without; the result is not looked at."""
Transfer = Callable[[Path, Path], Sequence[str]]
"""Gives the command that transfers a photo to an output file."""

IMPORT = "import time; start = time.perf_counter(); import pinxit; print(time.perf_counter() - start)"
WATCH = (  # runs a command as its only child, says how much memory that took at most
    "import resource, subprocess, sys\n"
    "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    "raise SystemExit(code)"
)
PATIENCE = 900  # seconds after which a started command has failed
NOT_GIVEN = {"missing": "nothing to measure was handed in"}
TARGETS = {  # what is promised: section, key, most
    "tone no slower than ffmpeg lut3d": ("tone", "ratios", "pinxit / ffmpeg lut3d tetrahedral", 1.0),
    "tone quicker than Pillow": ("tone", "ratios", "pinxit / pillow Color3DLUT", 1.0),
    "import under 0.5 s": ("import pinxit", "median", None, 0.5),
    "help under 1 s": ("pinxit --help", "median", None, 1.0),
    "100-MP photo under 2.5 GB": ("large photo", "peak GB", None, 2.5),
    "learning under 60 s": ("learning", "with refinement", "median", 60.0),
    "learning without refinement under 2 s": ("learning", "without refinement", "median", 2.0),
}


@dataclass(frozen=True)
class SpeedReport:
    """Measured times with their protocol.

    Args:
        values: Nested, JSON-able; seconds unless a key says otherwise.
    """

    values: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return everything measured, JSON-able."""
        return self.values

    def __str__(self) -> str:
        lines = [f"{self.values['machine']['cores']} cores, seconds as median [min .. max] of runs in turns"]
        for section in ("tone", "import pinxit", "pinxit --help", "learning", "large photo"):
            lines += shown(section, self.values[section])
        met = {True: "met", False: "NOT met", None: "not measured"}
        lines += [f"{name}: {met[state]}" for name, state in self.values["targets"].items()]
        return "\n".join(lines)


def shown(name: str, value: Any) -> list[str]:
    """Return one measured thing as lines of text."""
    if not isinstance(value, dict):
        return [f"{name}: {value}"]
    if "missing" in value:
        return [f"{name}: missing ({value['missing']})"]
    if "median" in value:
        return [f"{name}: {value['median']:.3f} [{value['min']:.3f} .. {value['max']:.3f}]"]
    return [f"{name}, {line}" for key, part in value.items() for line in shown(key, part)]


def speed_report(**settings: Any) -> dict[str, Any]:
    """Return ``measure_speed(...)`` as a JSON-able dictionary; the same arguments."""
    return measure_speed(**settings).to_dict()


def measure_speed(
    *,
    learn: Learn | None = None,
    transfer: Transfer | None = None,
    runs: int = 5,
    megapixels: float = 24,
    photo_megapixels: float = 12,
    large_megapixels: float = 100,
    on_progress: Callable[..., Any] | None = None,
) -> SpeedReport:
    """Measure everything on this machine, with the other work that it may have.

    Args:
        learn: Called with ten photo files and whether to refine; None leaves learning out.
        transfer: Returns the command line that transfers one file to another; None leaves the memory out.
        runs: Timed runs of whatever is short.
        megapixels: Of the photo that gets a tone.
        photo_megapixels: Of each of the ten photos to learn from.
        large_megapixels: Of the JPEG whose transfer is watched for memory.
        on_progress: Called with (done, total, text) before each part and at the end.

    Raises:
        CapacityError: A started command fails or takes longer than 15 minutes.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts: dict[str, Callable[[], Any]] = {
            "tone": lambda: tone_race(megapixels, runs),
            "import pinxit": lambda: spread([float(said([sys.executable, "-c", IMPORT])) for _ in range(runs)]),
            "pinxit --help": lambda: spread([timed(said, [*PINXIT, "--help"])[0] for _ in range(runs)]),
            "learning": lambda: learning_times(learn, folder, photo_megapixels) if learn else NOT_GIVEN,
            "large photo": lambda: large_photo(transfer, folder, large_megapixels) if transfer else NOT_GIVEN,
        }
        values: dict[str, Any] = {"machine": machine()}
        for done, (part, measure) in enumerate(parts.items()):
            if on_progress:
                on_progress(done, len(parts), part)
            values[part] = measure()
        if on_progress:
            on_progress(len(parts), len(parts), "done")
    return SpeedReport(values | {"targets": {name: reached(values, *path) for name, path in TARGETS.items()}})


PINXIT = (sys.executable, "-m", "pinxit")


def learning_times(learn: Learn, folder: Path, megapixels: float, photos: int = 10) -> dict[str, Any]:
    """Time learning from JPEG files to a style: three times without refinement, once with it."""
    files = []
    for seed in range(photos):
        files.append(folder / f"reference-{seed}.jpg")
        Image.fromarray(synthetic_photo(megapixels, seed)).save(files[-1], quality=92)
    first = timed(learn, files, False)[0]
    return {
        "photos": f"{photos} JPEG of {megapixels:g} MP",
        "first run in this process": round(first, 3),
        "without refinement": spread([timed(learn, files, False)[0] for _ in range(3)]),
        "with refinement": spread([timed(learn, files, True)[0]]),
    }


def large_photo(transfer: Transfer, folder: Path, megapixels: float) -> dict[str, Any]:
    """Watch the transfer of one large JPEG in a process of its own, from file to file."""
    source, target = folder / "large.jpg", folder / "large-out.jpg"
    Image.fromarray(synthetic_photo(megapixels)).save(source, quality=92)
    seconds, peak = timed(said, [sys.executable, "-c", WATCH, *map(str, transfer(source, target))])
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes there, KiB elsewhere
    return {
        "photo": f"JPEG of {megapixels:g} MP",
        "peak GB": round(int(peak) * unit / 1e9, 3),
        "seconds": round(seconds, 2),
        "written": target.exists(),
    }


def said(command: Sequence[str]) -> str:
    """Run a command and return the last line it printed.

    Raises:
        CapacityError: It failed, or took longer than PATIENCE.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (subprocess.SubprocessError, OSError) as error:
        last = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[-1:]
        raise CapacityError(
            f"a measured command failed: {' '.join(last)}; run it alone: {' '.join(command)}"
        ) from error
    return (done.stdout.strip().splitlines() or [""])[-1]


def machine() -> dict[str, Any]:
    """Return what the times were measured on."""
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    return {"cores": cores(), "system": platform.machine(), "python": platform.python_version(), "load before": load}


def reached(values: dict[str, Any], section: str, key: str, inner: str | None, most: float) -> bool | None:
    """Return whether a promise is kept; None where it was not measured."""
    found = values[section].get(key)
    if inner is not None:
        found = found.get(inner) if isinstance(found, dict) else None
    return None if found is None else bool(found <= most)
