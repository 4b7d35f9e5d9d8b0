"""Adapting race: methods that learn one hand from a few works in the same minutes, scored on what was kept back.

A method is a function of arrays with a name; the race knows nothing of what is behind it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pinxit.color import unit_float
from pinxit.errors import InputError, ShapeError
from pinxit.files import find_pictures
from pinxit.measuring.adapt_report import BASELINE, AdaptReport, Results
from pinxit.measuring.hand_recognition import HandRecognizer, digest_of, read_small
from pinxit.measuring.style_pairs import SIZE, Pair, luma_ssim, squared
from pinxit.measuring.texture_race import TexturePairs, chosen_pairs
from pinxit.picture import Picture
from pinxit.picture.writing import to_bits

_HALVINGS = 24

Paint = Callable[[np.ndarray], np.ndarray]
"""Takes a content, (S, S, 3) uint8; gives it in the style, (H, W, 3), uint8, uint16 or float 0..1."""
Learn = Callable[[list[np.ndarray], list[np.ndarray], float], Paint]
"""Takes works of one hand and photos, (H, W, 3) uint8 with a longest side of 512 or less, and minutes."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class AdaptPictures:
    """What a race is run with; nothing that is scored is learned from.

    Args:
        references: Works of the hand to learn from, (H, W, 3) uint8.
        practice: Photos to learn with.
        contents: Photos to paint by name, (S, S, 3) uint8.
        works: Other works of the hand by name, (H, W, 3) uint8, for the recognizer.
        goals: What results are compared with, by name, (H, W, 3) uint8: works, or mosaics of them.
        met: (content, goal) names whose figures count.
        size: Pixels a side at which everything is scored.
        digests: SHA-256 of the files of references and works, hex.
    """

    references: list[np.ndarray]
    practice: list[np.ndarray]
    contents: dict[str, np.ndarray]
    works: dict[str, np.ndarray]
    goals: dict[str, np.ndarray]
    met: tuple[tuple[str, str], ...]
    size: int = SIZE
    digests: frozenset[str] = frozenset()

    @classmethod
    def read(
        cls,
        contents: Path,
        references: Path,
        held_out: Path,
        pairs: TexturePairs | None = None,
        practice: int = 24,
        *,
        mosaics: bool = True,
    ) -> AdaptPictures:
        """Choose and read pictures; which ones follows from the file names alone.

        Args:
            contents: Folder of photos: ``pairs.count`` to paint, others to practise on.
            references: Folder of works of the hand to learn from, all of them.
            held_out: Folder of other works of the same hand; each content meets ``pairs.per_content`` of them.
            pairs: Numbers and size; None paints 8 contents beside 2 works each at 512 pixels.
            practice: Most photos to practise on.
            mosaics: Compare with mosaics of crops of all works kept back, because a hand is what its works have in
                common; else with single works, which differ more among themselves than photo and work do.

        Raises:
            NotFoundError: A folder is not there.
            InputError: A folder holds too few pictures, or one file is both a reference and a work kept back.
            PictureError: A picture is damaged.
        """
        pairs = pairs or TexturePairs(count=8)
        photos = [path for path, _ in chosen_pairs(contents, held_out, replace(pairs, count=10**9, per_content=1))]
        if len(photos) <= pairs.count:
            raise InputError(f"{contents} holds {len(photos)} photos; {pairs.count} to paint and others to practise on")
        chosen, shown = chosen_pairs(contents, held_out, pairs), find_pictures([references])
        kept = list(dict.fromkeys(work for _, work in chosen))
        known = {digest_of(path): path for path in shown}
        if both := sorted(set(known) & {digest_of(path) for path in kept}):
            raise InputError(f"{known[both[0]]} is also in {held_out}; works that are learned from cannot be kept back")
        every = known | {digest_of(path): path for path in find_pictures([held_out])}
        works = {_under(held_out, path): _whole(path) for path in kept}
        met = [(_under(contents, content), _under(held_out, work)) for content, work in chosen]
        goals = works
        if mosaics:
            met = [(content, f"mosaic {number % pairs.per_content}") for number, (content, _) in enumerate(met)]
            goals = {
                name: mosaic(list(works.values()), pairs.size, seed)
                for seed, name in enumerate(sorted({g for _, g in met}))
            }
        return cls(
            references=[read_small(path) for path in shown],
            practice=[read_small(path) for path in photos[pairs.count : pairs.count + practice]],
            contents={_under(contents, path): squared(_whole(path), pairs.size) for path in photos[: pairs.count]},
            works=works,
            goals=goals,
            met=tuple(met),
            size=pairs.size,
            digests=frozenset(every),
        )


def race_adapting(
    pictures: AdaptPictures,
    methods: Mapping[str, Learn],
    minutes: float,
    *,
    recognizer: HandRecognizer | None = None,
    hand: str = "",
    on_progress: Progress | None = None,
) -> AdaptReport:
    """Let every method learn, then score what they paint.

    Args:
        pictures: To learn from, to paint and to compare with.
        methods: Name to method; one called "one pass" is the baseline. What a method raises is its result.
        minutes: For learning, told to each method.
        recognizer: Judges whether results are of the hand; None leaves that out.
        hand: Which of its hands is meant.
        on_progress: Called as (done, total, text).

    Raises:
        InputError: No method came, or the recognizer does not know the hand.
    """
    if not methods or (recognizer is not None and hand not in recognizer.hands):
        known = "no method" if not methods else f"the hand {hand!r}, which the recognizer does not know,"
        raise InputError(f"{known} came; give methods by name, and a hand among those of the recognizer")
    report = AdaptReport(pictures.met, pictures.size, minutes, {name: Results() for name in methods})
    total, tell = len(methods) + len(pictures.contents), on_progress or (lambda *_: None)
    paints: dict[str, Paint] = {}
    for number, (name, learn) in enumerate(methods.items()):
        tell(number, total, f"{name} learns")
        start = time.perf_counter()
        own = [[array.copy() for array in arrays] for arrays in (pictures.references, pictures.practice)]
        try:
            paints[name] = learn(*own, minutes)
        except Exception as error:  # whatever a rival raises is its result
            report.failures[name] = {"": _told(error)}
        report.seconds[name] = (time.perf_counter() - start, None)
    if BASELINE in paints:
        report.equal.update({name: Results() for name in methods})
        report.against.update({name: Results() for name in methods if name != BASELINE})
    if recognizer is not None:
        report.recognizer.update(_limits(recognizer, hand, pictures))
    took: dict[str, list[float]] = {name: [] for name in paints}
    for number, (name, content) in enumerate(pictures.contents.items()):
        tell(len(methods) + number, total, name)
        painted = _painted(report, paints, took, name, content)
        _score(report, pictures, name, painted, (recognizer, hand))
    for name, seconds in took.items():
        report.seconds[name] = (report.seconds[name][0], float(np.median(seconds)) if seconds else None)
    tell(total, total, "")
    return report


def mosaic(works: Sequence[np.ndarray], size: int, seed: int, cells: int = 4) -> np.ndarray:
    """Square crops of works (H, W, 3) uint8 in turn, at their own scale, beside each other: (size, size, 3)."""
    rng, side = np.random.default_rng(seed), size // cells
    found = np.zeros((size, size, 3), np.uint8)
    for number in range(cells * cells):
        work = works[number % len(works)]
        work = np.pad(work, [(0, max(0, side - n)) for n in work.shape[:2]] + [(0, 0)], mode="reflect")
        top, left = (int(rng.integers(n - side + 1)) for n in work.shape[:2])
        row, column = side * (number // cells), side * (number % cells)
        found[row : row + side, column : column + side] = work[top : top + side, left : left + side]
    return found


def _under(folder: Path, path: Path) -> str:
    """A file's name; with its folders, where names alone might repeat."""
    return path.relative_to(folder).as_posix()


def _whole(path: Path) -> np.ndarray:
    return to_bits(Picture.open(path).array, np.uint8)


def _limits(recognizer: HandRecognizer, hand: str, pictures: AdaptPictures) -> dict[str, Any]:
    """What of pictures that no method made is named as the hand."""
    works, untouched = (
        float(np.mean([recognizer.name(array) == hand for array in arrays.values()]))
        for arrays in (pictures.works, pictures.contents)
    )
    return {"hand": hand, "hands": len(recognizer.hands), "works": works, "untouched": untouched}


def _painted(
    report: AdaptReport, paints: Mapping[str, Paint], took: dict[str, list[float]], name: str, content: np.ndarray
) -> dict[str, np.ndarray]:
    """The results of all methods for one content, (S, S, 3) float32 0..1."""
    found = {}
    for method, paint in paints.items():
        start = time.perf_counter()
        try:
            result = np.asarray(paint(content.copy()))
            seconds = time.perf_counter() - start
            found[method] = unit_float(squared(_checked(result), report.size))
        except Exception as error:
            report.failures.setdefault(method, {})[name] = _told(error)
        else:
            took[method].append(seconds)
    return found


def _score(
    report: AdaptReport,
    pictures: AdaptPictures,
    name: str,
    painted: Mapping[str, np.ndarray],
    judge: tuple[HandRecognizer | None, str],
) -> None:
    content = unit_float(pictures.contents[name])
    scored = [(report.results[method], result, 1.0) for method, result in painted.items()]
    if (baseline := painted.get(BASELINE)) is not None:
        kept = {method: _ssim(content, result) for method, result in painted.items()}
        for method, result in painted.items():
            scored.append((report.equal[method], *_brought(content, result, kept[BASELINE])))
            if method != BASELINE:
                scored.append((report.against[method], *_brought(content, baseline, kept[method])))
    each = {id(result): result for _, result, _ in scored}  # what needed no mixing is scored once
    believed = {key: judge[0].shares(result) for key, result in each.items()} if judge[0] else {}
    for results, result, share in scored:
        results.shares[name] = share
        if believed:
            hands = believed[id(result)]
            results.named[name] = float(max(hands, key=hands.__getitem__) == judge[1])
            results.believed[name] = hands[judge[1]]
    for number, (of, work) in enumerate(pictures.met):
        if of == name:
            try:
                pair = Pair(pictures.contents[name], pictures.goals[work], pictures.size)
            except InputError as error:
                report.dropped[number] = str(error)
                continue
            figures = {key: pair.figures(result) for key, result in each.items()}
            for results, result, _ in scored:
                results.figures[number] = figures[id(result)]


def _brought(content: np.ndarray, result: np.ndarray, least: float) -> tuple[np.ndarray, float]:
    """A result mixed with its content up to an SSIM, and its share in that."""
    share = share_for(content, result, least)
    return (result if share == 1 else content + np.float32(share) * (result - content)), share


def share_for(content: np.ndarray, result: np.ndarray, least: float) -> float:
    """How much of a result a mixture with its content may hold to keep this SSIM; 1 where the result itself does.

    Args:
        content: (S, S, 3) float32 0..1.
        result: The same.
        least: SSIM of luma that is wanted.
    """
    if _ssim(content, result) >= least:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = _ssim(content, content + np.float32(middle) * (result - content)) >= least
        low, high = (middle, high) if enough else (low, middle)
    return low


def _ssim(content: np.ndarray, result: np.ndarray) -> float:
    return luma_ssim(*(torch.from_numpy(x.transpose(2, 0, 1)[None].copy()) for x in (content, result)))


def _checked(result: np.ndarray) -> np.ndarray:
    if result.ndim != 3 or result.shape[2] != 3 or result.dtype.kind not in "uf" or not np.isfinite(result).all():
        raise ShapeError(f"the result is {result.dtype} {result.shape} or not finite; (H, W, 3) of numbers is wanted")
    return result


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
