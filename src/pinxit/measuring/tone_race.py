"""One table given to one photo by pinxit, by ffmpeg through PyAV and by Pillow: array in, array out, in turns."""

import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from pinxit.tone.lut import Lut, identity_table
from pinxit.tone.threads import cores

Racer = Callable[[np.ndarray], np.ndarray]


def tone_race(megapixels: float = 24, runs: int = 5, size: int = 33) -> dict[str, Any]:
    """Time all three on the same 8-bit photo, interleaved, so that whatever else the machine does meets them alike.

    Everything that can be made once (the table's file, ffmpeg's graph, Pillow's filter) is made before the clock runs,
    and each gets one run to warm up; pinxit's first run is told apart, as it compiles or loads its kernel.

    Args:
        megapixels: Of the photo, 3:2.
        runs: Timed runs of each.
        size: Nodes per axis of the table.

    Returns:
        JSON-able: seconds of each peer (see ``spread``), or what is missing; ratios of medians; largest difference.
    """
    photo, lut = synthetic_photo(megapixels), film_like(size)
    with tempfile.TemporaryDirectory() as folder:
        racers, report = line_up(lut, photo, Path(folder))
        first, outs = {}, {}
        for name, racer in racers.items():
            first[name], outs[name] = timed(racer, photo)
        times: dict[str, list[float]] = {name: [] for name in racers}
        for _ in range(runs):
            for name, racer in racers.items():
                times[name].append(timed(racer, photo)[0])
    report |= {name: spread(seconds) for name, seconds in times.items()}
    ours = report["pinxit"]["median"]
    peers = [name for name in racers if name != "pinxit"]
    return report | {
        "pinxit first run": round(first["pinxit"], 4),
        "ratios": {f"pinxit / {name}": round(ours / report[name]["median"], 3) for name in peers},
        "largest difference, 8-bit levels": {name: difference(outs["pinxit"], outs[name]) for name in peers},
        "photo": f"{photo.shape[1]} x {photo.shape[0]}, 8 bit",
    }


def line_up(lut: Lut, photo: np.ndarray, folder: Path) -> tuple[dict[str, Racer], dict[str, Any]]:
    """Return those who can run, and a note for those who are not installed."""
    racers: dict[str, Racer] = {"pinxit": lut.apply, "pillow Color3DLUT": pillow_racer(lut)}
    try:
        racers["ffmpeg lut3d tetrahedral"] = ffmpeg_racer(lut, photo.shape[:2], folder)
    except ImportError:
        return racers, {"ffmpeg lut3d tetrahedral": {"missing": "PyAV; install it with: pip install 'pinxit[bench]'"}}
    return racers, {}


def pillow_racer(lut: Lut) -> Racer:
    """Return Pillow's three-dimensional table (trilinear), array in, array out."""
    table = ImageFilter.Color3DLUT(lut.size, lut.table.reshape(-1).tolist(), channels=3, target_mode="RGB")
    return lambda array: np.asarray(Image.fromarray(array).filter(table))


def ffmpeg_racer(lut: Lut, shape: tuple[int, int], folder: Path) -> Racer:
    """Return ffmpeg's lut3d on rgb24 with one thread per core; measured faster so than by way of planar gbrp."""
    import av
    import av.filter

    cube = folder / "race.cube"
    with cube.open("w", encoding="ascii") as file:
        file.write(f"LUT_3D_SIZE {lut.size}\n")
        np.savetxt(file, lut.table.reshape(-1, 3), fmt="%.9g")
    graph = av.filter.Graph()
    graph.threads = cores()
    source = f"video_size={shape[1]}x{shape[0]}:pix_fmt=rgb24:time_base=1/25:pixel_aspect=1/1"
    escaped = cube.as_posix().replace("\\", r"\\").replace(":", r"\:").replace("'", r"\'")
    chain = [
        graph.add("buffer", source),
        graph.add("lut3d", f"file={escaped}:interp=tetrahedral"),
        graph.add("format", "rgb24"),
        graph.add("buffersink"),
    ]
    for before, after in pairwise(chain):
        before.link_to(after)
    graph.configure()

    def race(array: np.ndarray) -> np.ndarray:
        graph.push(av.VideoFrame.from_ndarray(array, format="rgb24"))
        return graph.pull().to_ndarray()

    return race


def film_like(size: int) -> Lut:
    """Return a smooth table that bends every channel and mixes them, inside 0..1."""
    colours = identity_table(size)
    bent = 0.03 + 0.9 * colours**1.2 + 0.05 * np.sin(6 * colours[..., ::-1])
    return Lut(np.clip(bent, 0, 1))


def synthetic_photo(megapixels: float, seed: int = 0) -> np.ndarray:
    """Return soft shapes of many colours with a sensor's noise, (H, W, 3) uint8, 3:2."""
    height = max(2, round((megapixels * 1e6 / 1.5) ** 0.5))
    width = max(2, round(height * 1.5))
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 256, (24, 36, 3), np.uint8))
    photo = np.array(small.resize((width, height), Image.Resampling.BICUBIC))
    noise = np.rint(random.normal(0, 2, (512, width, 3))).astype(np.int16)
    for top in range(0, height, 512):
        rows = photo[top : top + 512]
        rows[...] = np.clip(rows + noise[: len(rows)], 0, 255)
    return photo


def timed(racer: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Return seconds and result of one call."""
    start = time.perf_counter()
    result = racer(*arguments)
    return time.perf_counter() - start, result


def spread(seconds: list[float]) -> dict[str, Any]:
    """Return median, min, max and number of runs, in seconds."""
    low, middle, high = (round(float(value), 4) for value in (min(seconds), np.median(seconds), max(seconds)))
    return {"median": middle, "min": low, "max": high, "runs": len(seconds)}


def difference(ours: np.ndarray, theirs: np.ndarray) -> int:
    """Return the largest difference of two 8-bit pictures, row by row to save memory."""
    return max(int(np.abs(a.astype(np.int16) - b).max()) for a, b in zip(ours, theirs, strict=True))
