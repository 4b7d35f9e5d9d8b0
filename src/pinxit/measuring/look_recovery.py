"""Look recovery: how well is a hidden look learned from K graded photos?

A look is a lookup table that the learner never sees. It grades K photos of a reference pool; a method gets these and
must return photos of a test pool graded alike. The score is the mean CIEDE2000 over a photo's pixels to the true grade.
Pools and orders follow from the photos' file names alone, so that every method and every machine sees the same.
"""

from __future__ import annotations

import csv
import hashlib
import io
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pinxit.color import ciede2000, srgb_to_lab
from pinxit.errors import InputError

SEED = "look-recovery-1"
POOLS = {"reference": (0, 200), "test": (200, 300), "neutral": (300, 500)}
LEAST_PHOTOS = 221
SUFFIXES = (".jpg", ".jpeg", ".png")

Arrays = list[np.ndarray]
Apply = Callable[[np.ndarray], np.ndarray]
Method = Callable[[Arrays, Arrays], Apply]
"""Takes references and neutral photos (uint8 arrays); gives a function that grades one photo. A method with a true
attribute ``wants_originals`` is a ceiling: in place of neutral photos it gets the references' own originals."""


@dataclass(frozen=True)
class Protocol:
    """What is measured.

    Args:
        references: Numbers of references, K.
        photos_per_look: Test photos a look, at most 100.
        stride: Every how many rows and columns are scored.
        kind: "colour", "bw" or "all".
        looks: This many looks, a fixed choice; 0 takes all.
        jpeg: Quality at which references are saved as JPEG first; 0 leaves them exact.
        subject: Only references whose path holds this word; empty takes all.
    """

    references: tuple[int, ...] = (1, 5, 20)
    photos_per_look: int = 10
    stride: int = 3
    kind: str = "colour"
    looks: int = 0
    jpeg: int = 0
    subject: str = ""


@dataclass(frozen=True)
class LookReport:
    """Scores of every method, with their protocol.

    Args:
        protocol: How they were measured.
        scores: (method, K) to mean CIEDE2000 of each look, in the order of ``looks``.
        seconds: (method, K) to median seconds of learning one look.
        looks: Names.
    """

    protocol: Protocol
    scores: dict[tuple[str, int], np.ndarray]
    seconds: dict[tuple[str, int], float]
    looks: tuple[str, ...] = ()
    skin: dict[tuple[str, int], float] = field(default_factory=dict)

    def rows(self) -> list[dict[str, Any]]:
        """One row a method and K: mean with a 95 % bootstrap interval over looks, and the share worse than nothing."""
        nothing = {k: self.scores["untouched", k] for name, k in self.scores if name == "untouched"}
        out = []
        for (name, k), values in self.scores.items():
            low, high = bootstrap(values)
            row = {"method": name, "K": k, "mean": values.mean(), "low": low, "high": high}
            row |= {"median": np.median(values), "p90": np.percentile(values, 90)}
            if k in nothing:
                row["worse"] = float((values > nothing[k] + 1e-9).mean())
            row |= {"skin_hue": self.skin.get((name, k), float("nan")), "seconds": self.seconds[name, k]}
            out.append({key: round(float(v), 3) if isinstance(v, float) else v for key, v in row.items()})
        return out

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        each = {
            f"{name}/{k}": dict(zip(self.looks, v.round(3).tolist(), strict=True))
            for (name, k), v in self.scores.items()
        }
        return {"protocol": vars(self.protocol), "looks": len(self.looks), "rows": self.rows(), "each": each}

    def __str__(self) -> str:
        p = self.protocol
        lines = [
            f"{len(self.looks)} looks ({p.kind}) x {p.photos_per_look} photos; mean CIEDE2000 to the true grade",
            f"{'method':24}   K   mean  95 % interval  median    p90  worse   skin  s/look",
        ]
        for r in self.rows():
            interval = f"{r['low']:.2f}..{r['high']:.2f}"
            lines.append(
                f"{r['method']:24} {r['K']:3} {r['mean']:6.2f} {interval:>14} {r['median']:7.2f} {r['p90']:6.2f} "
                f"{100 * r.get('worse', float('nan')):5.0f}% {r['skin_hue']:6.1f} {r['seconds']:7.2f}"
            )
        return "\n".join(lines)


def bootstrap(values: np.ndarray, draws: int = 2000) -> tuple[float, float]:
    """95 % interval of the mean, looks drawn with replacement; fixed seed."""
    index = np.random.default_rng(0).integers(0, len(values), (draws, len(values)))
    return tuple(float(v) for v in np.percentile(values[index].mean(1), [2.5, 97.5]))


def fixed_order(names: Iterable[str], *salt: str) -> list[str]:
    """An order that depends on the names alone."""
    return sorted(names, key=lambda name: hashlib.sha256("/".join([*salt, name]).encode()).hexdigest())


def pools_of(photos: Path) -> tuple[dict[str, list[str]], dict[str, Path]]:
    """File names of each pool, and the path of each name.

    Raises:
        InputError: Too few photos.
    """
    paths = {path.name: path for path in sorted(photos.rglob("*")) if path.suffix.lower() in SUFFIXES}
    if len(paths) < LEAST_PHOTOS:
        raise InputError(f"{photos} holds {len(paths)} photos; {LEAST_PHOTOS} or more (.jpg, .png) are wanted")
    order = fixed_order(paths, SEED, "split")
    return {pool: order[a:b] for pool, (a, b) in POOLS.items()}, paths


def trilinear(table: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """Grade uint8 pixels with a table [blue, green, red, channel], as the true looks are applied; returns uint8."""
    n = len(table)
    x = photo.reshape(-1, 3) * np.float32((n - 1) / 255)
    base = np.minimum(x.astype(np.int32), n - 2)
    part = x - base
    flat, at = table.reshape(-1, 3), base @ np.array([1, n, n * n])
    out = np.zeros_like(x)
    for corner in range(8):
        step = np.array([corner & 1, corner >> 1 & 1, corner >> 2])
        weight = np.prod(np.where(step, part, 1 - part), 1)
        out += weight[:, None] * flat[at + step @ np.array([1, n, n * n])]
    return np.clip(out * 255 + 0.5, 0, 255).astype(np.uint8).reshape(photo.shape)


def as_jpeg(photo: np.ndarray, quality: int) -> np.ndarray:
    """The photo after saving as JPEG."""
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def looks_in(folder: Path, read: Callable[[Path], np.ndarray], kind: str) -> dict[str, np.ndarray]:
    """Tables of a folder's .cube files; black-and-white ones are told by a manifest, or else by their greys.

    Raises:
        InputError: There is none of this kind.
    """
    files = sorted(folder.glob("*.cube"))
    manifest = folder / "manifest.csv"
    kinds = {}
    if manifest.exists():
        with manifest.open(newline="", encoding="utf-8") as lines:
            kinds = {row["file"]: row.get("kind", "") for row in csv.DictReader(lines)}
    found = {}
    for file in files:
        table = read(file)
        grey = "bw" if np.ptp(table, axis=-1).mean() < 0.02 else "colour"
        if kind in ("all", kinds.get(file.name) or grey):
            found[file.name] = table
    if not found:
        raise InputError(f"{folder} holds no .cube looks of the kind {kind!r}")
    return found


def measure_looks(
    looks: Mapping[str, np.ndarray],
    photos: Path,
    methods: Mapping[str, Method],
    protocol: Protocol | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> LookReport:
    """Measure methods on hidden looks.

    Args:
        looks: File name to table [blue, green, red, channel].
        photos: Folder of photos.
        methods: Name to method; "untouched" is added.
        protocol: How; None takes the defaults.
        on_progress: Called as (done, total, look).

    Raises:
        InputError: Too few photos.
    """
    protocol = protocol or Protocol()
    pools, paths = pools_of(photos)
    methods = {"untouched": untouched, **methods}
    photo = _Photos(paths)
    neutral = [photo(name) for name in pools["neutral"]]
    chosen = fixed_order(looks, SEED, "looks")[: protocol.looks or None]
    scores: dict[tuple[str, int], list[float]] = {}
    seconds: dict[tuple[str, int], list[float]] = {}
    skin: dict[tuple[str, int], list[float]] = {}
    for number, look in enumerate(chosen):
        case = _Case(looks[look], Path(look).stem, pools, photo, protocol)
        for k in protocol.references:
            references = case.references(k)
            for name, method in methods.items():
                plain = case.originals(k) if getattr(method, "wants_originals", False) else neutral
                start = time.perf_counter()
                apply = method(references, plain)
                seconds.setdefault((name, k), []).append(time.perf_counter() - start)
                error, hue = case.score(apply)
                scores.setdefault((name, k), []).append(error)
                skin.setdefault((name, k), []).append(hue)
        if on_progress:
            on_progress(number + 1, len(chosen), look)
    return LookReport(
        protocol,
        {key: np.array(v) for key, v in scores.items()},
        {key: float(np.median(v)) for key, v in seconds.items()},
        tuple(chosen),
        {key: float(np.nanmean(v)) if not np.isnan(v).all() else float("nan") for key, v in skin.items()},
    )


def untouched(references: Arrays, neutral: Arrays) -> Apply:
    """Do nothing."""
    return lambda photo: photo


class _Photos:
    """Photos by name, kept in memory."""

    def __init__(self, paths: Mapping[str, Path]) -> None:
        self.paths, self.kept = paths, {}

    def __call__(self, name: str) -> np.ndarray:
        if name not in self.kept:
            with Image.open(self.paths[name]) as image:
                self.kept[name] = np.asarray(image.convert("RGB"))
        return self.kept[name]


class _Case:
    """One look: its references, its tests and their truth."""

    def __init__(
        self, table: np.ndarray, stem: str, pools: Mapping[str, Sequence[str]], photo: _Photos, protocol: Protocol
    ) -> None:
        self.table, self.stem, self.pools, self.photo, self.protocol = table, stem, pools, photo, protocol
        names = fixed_order(pools["test"], SEED, stem, "test")[: protocol.photos_per_look]
        s = protocol.stride
        self.tests = [photo(name) for name in names]
        self.truth = [srgb_to_lab(trilinear(table, test[::s, ::s])) for test in self.tests]
        self.plain = [srgb_to_lab(test[::s, ::s]) for test in self.tests]

    def originals(self, k: int) -> Arrays:
        """K photos of the reference pool."""
        pool = [n for n in self.pools["reference"] if self.protocol.subject in str(self.photo.paths[n])]
        return [self.photo(n) for n in fixed_order(pool, SEED, self.stem, "references")[:k]]

    def references(self, k: int) -> Arrays:
        """The same, graded."""
        graded = [trilinear(self.table, photo) for photo in self.originals(k)]
        return [as_jpeg(g, self.protocol.jpeg) for g in graded] if self.protocol.jpeg else graded

    def score(self, apply: Apply) -> tuple[float, float]:
        """Mean CIEDE2000 over the tests, and by how many degrees skin's hue is off the true look's."""
        s, errors, hues = self.protocol.stride, [], []
        for test, truth, plain in zip(self.tests, self.truth, self.plain, strict=True):
            result = srgb_to_lab(apply(test)[::s, ::s])
            errors.append(float(ciede2000(result, truth).mean()))
            hues.append(_skin_hue_error(plain, truth, result))
        return float(np.mean(errors)), float(np.nanmean(hues)) if not np.isnan(hues).all() else float("nan")


def _skin_hue_error(plain: np.ndarray, truth: np.ndarray, result: np.ndarray) -> float:
    """Degrees between mean hues of truth and result where the plain photo has skin colours; NaN where hardly any."""
    hue = np.degrees(np.arctan2(plain[..., 2], plain[..., 1]))
    chroma = np.hypot(plain[..., 1], plain[..., 2])
    skin = (hue > 25) & (hue < 75) & (chroma > 10) & (chroma < 45) & (plain[..., 0] > 35) & (plain[..., 0] < 88)
    if skin.mean() < 0.02:
        return float("nan")
    a, b = (lab[skin][:, 1:].mean(0) for lab in (truth, result))
    if min(np.hypot(*a), np.hypot(*b)) < 3:
        return float("nan")
    turn = np.degrees(np.arctan2(a[1], a[0]) - np.arctan2(b[1], b[0]))
    return float(abs((turn + 180) % 360 - 180))
