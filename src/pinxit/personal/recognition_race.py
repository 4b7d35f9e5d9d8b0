"""Recognition race: hands and looks named on pictures that no training saw, beside trivial rivals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pinxit.color import srgb_to_lab
from pinxit.errors import InputError, MissingExtraError
from pinxit.learning.grouping import distances, linked
from pinxit.learning.recognizer import Known, StyleRecognizer, hand_recognizer, signatures_of
from pinxit.measuring.open_set import calibration_error, interval, separation, share
from pinxit.picture.sampling import thumbnail

COUNTS = (1, 3, 10)
"""References of a style that nothing was trained on."""
_ASKED, _TRIALS, _SETS = 8, 40, 60
_LOW, _HIGH = np.array([0.0, -60, -60]), np.array([100.0, 60, 60])  # of the boxes of a histogram in Lab
_LEAST, _MOST = 4, 12  # pictures of a style in a mixed set
_MANY = 10  # styles

Row = dict[str, Any]


@dataclass(frozen=True)
class Described:
    """Pictures as the contestants see them.

    Args:
        names: The true style of each, (N,).
        signatures: (N, D).
        histograms: Roots of Lab histograms, (N, 216).
        eye: What the eye's second head says, (N, hands); empty where it is not asked.
    """

    names: np.ndarray
    signatures: np.ndarray
    histograms: np.ndarray
    eye: np.ndarray

    @classmethod
    def of(cls, arrays: Any, names: list[str], *, ask_eye: bool = False) -> Described:
        """Describe pictures, (H, W, 3) uint8 each; any iterable."""
        seen = [(signatures_of([a])[0], lab_histogram(a), _eye_says(a) if ask_eye else np.zeros(0)) for a in arrays]
        return cls(np.array(names), *(np.stack(column) for column in zip(*seen, strict=True)))

    def __getitem__(self, rows: Any) -> Described:
        return Described(self.names[rows], self.signatures[rows], self.histograms[rows], self.eye[rows])


Views = Mapping[str, Callable[[Described], np.ndarray]]
"""How rivals see pictures: (N, anything), in which the nearest mean decides."""
VIEWS: dict[str, Callable[[Described], np.ndarray]] = {"Lab histogram": lambda x: x.histograms}


@dataclass
class RecognitionReport:
    """Rows of figures: ``task``, ``method``, ``figure``, ``value``, ``low``, ``high``, ``count``."""

    rows: list[Row] = field(default_factory=list)

    def add(self, task: str, method: str, figure: str, values: Mapping[str, Any]) -> None:
        """One more figure."""
        self.rows.append({"task": task, "method": method, "figure": figure, **values})

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {"rows": self.rows}

    def __str__(self) -> str:
        lines = [f"{'task':38}{'figure':16}{'method':32}{'value':>7}  95 % interval   pictures"]
        for row in self.rows:
            span = f"{row['low']:.3f}..{row['high']:.3f}"
            head = f"{row['task']:38}{row['figure']:16}{row['method']:32}"
            lines.append(f"{head}{row['value']:7.3f}  {span:14}  {row['count']:8}")
        return "\n".join(lines)


def race_hands(seen: np.ndarray, seen_names: list[str], held: Described, folders: tuple[str, ...]) -> RecognitionReport:
    """The bundled hands named on works kept back; hands never seen as styles of a library, and in mixed sets.

    Args:
        seen: Lab histograms of works that trainings saw, for the rival to learn from, (N, 216).
        seen_names: Their hands.
        held: Works kept back, of these hands and of others.
        folders: Names of all hands, in the order of the eye's second head.

    Raises:
        InputError: None of the works kept back is of a bundled hand, or none of another.
        MissingExtraError: scikit-learn is not installed.
    """
    from pinxit.networks.weights import signature

    report, recognizer = RecognitionReport(), hand_recognizer(signature())
    known = np.isin(held.names, recognizer.names)
    if known.all() or not known.any():
        raise InputError(
            f"{known.sum()} works kept back are of bundled hands and {(~known).sum()} of others; both are wanted"
        )
    rival = _histogram_rival(seen, seen_names)
    shares = recognizer.confidences(held.signatures)
    said = {"pinxit": (np.array(recognizer.names), shares[:, :-1], 1 - shares[:, -1])}
    said["Lab histogram, discriminants"] = _closed(rival.classes_, rival.predict_proba(held.histograms))
    if held.eye.shape[1] == len(folders) + 1:
        said["the eye's own head"] = _closed(np.array([*folders, "photo"]), held.eye)
    most = max(sorted(set(seen_names)), key=seen_names.count)
    task = "bundled hands, works kept back"
    report.add(task, "always the commonest", "top-1", interval(share, held.names[known] == most))
    for method, (names, each, sure) in said.items():
        hits = names[each.argmax(1)] == held.names
        report.add(task, method, "top-1", interval(share, hits[known]))
        report.add("known hand or not", method, "AUROC", interval(separation, sure, known))
        if method == "pinxit":
            right = np.where(shares.argmax(1) == len(names), ~known, hits & known)
            report.add("known hand or not", "pinxit", "right or none", interval(share, right))
            report.add("known hand or not", method, "ECE", interval(calibration_error, shares.max(1), right))
        else:
            report.add("known hand or not", method, "ECE", interval(calibration_error, each.max(1), hits & known))
    new = held[~known]
    views = VIEWS | {"Lab histogram, discriminants": lambda x: rival.transform(x.histograms)}
    _few_shot(report, "hands never seen", new, views)
    _groups(report, "mixed works kept back", held, views)
    return report


def race_looks(graded: Described) -> RecognitionReport:
    """Looks of photos as styles of a library, and in mixed sets."""
    report = RecognitionReport()
    _few_shot(report, "looks never seen", graded, VIEWS)
    _groups(report, "mixed graded photos", graded, VIEWS)
    return report


def lab_histogram(array: np.ndarray) -> np.ndarray:
    """Root of the share of 64 x 64 pixels in 6 x 6 x 6 boxes of Lab, (216,)."""
    lab = srgb_to_lab(thumbnail(array, 64)).reshape(-1, 3)
    box = ((lab - _LOW) / (_HIGH - _LOW) * 6).astype(int).clip(0, 5) @ [36, 6, 1]
    return np.sqrt(np.bincount(box, minlength=216) / len(box))


def _eye_says(array: np.ndarray) -> np.ndarray:
    """Mean share of each hand over the middle and two corners, 192 pixels a side, which it was fitted on."""
    import torch

    from pinxit.learning.texture import tensor
    from pinxit.networks.weights import eye

    height, width = (max(0, n - 192) for n in array.shape[:2])
    places = [(height // 2, width // 2), (0, 0), (height, width)]
    with torch.inference_mode():
        crops = [eye().name_hands(tensor(array[top : top + 192, left : left + 192])) for top, left in places]
        return torch.cat(crops).softmax(1).mean(0).numpy()


def _histogram_rival(histograms: np.ndarray, names: list[str]) -> Any:
    try:
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "personal") from error
    return LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto").fit(histograms, names)


def _closed(names: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a method without "none of these" says, sure as it is of its first choice."""
    return names, shares, shares.max(1)


def _few_shot(report: RecognitionReport, task: str, new: Described, views: Views) -> None:
    """Styles from 1, 3 and 10 references: pictures of all of them named; and, with half of them away, known or not."""
    for count in COUNTS:
        able = [name for name in sorted(set(new.names)) if (new.names == name).sum() > count]
        if len(able) < 3:
            continue
        rng, tried = np.random.default_rng(count), []
        for _ in range(_TRIALS):
            references, asked = _drawn(new, able, count, rng)
            away = list(rng.permutation(able)[: len(able) // 2])
            near = [_nearest(view(new), references, asked) == new.names[asked] for view in views.values()]
            tried.append((asked, *_one_trial(new, references, asked, away), *near))
        asked, hit, sure, known, most, right, *near = (np.concatenate(column) for column in zip(*tried, strict=True))
        # Of many styles whole ones are drawn, of few ones pictures.
        by, label = new.names[asked] if len(able) >= _MANY else asked, f"{task}, {count} each of {len(able)}"
        report.add(label, "pinxit", "top-1", interval(share, hit, groups=by))
        for rival, hits in zip(views, near, strict=True):
            report.add(label, rival, "top-1", interval(share, hits, groups=by))
        report.add(label, "pinxit", "AUROC", interval(separation, sure, known, groups=by))
        report.add(label, "pinxit", "ECE", interval(calibration_error, most, right, groups=by))


def _one_trial(
    new: Described, references: dict[str, np.ndarray], asked: np.ndarray, away: list[str]
) -> tuple[np.ndarray, ...]:
    """Of each row asked for: is it named? Then, with styles away: how sure is it that the picture is in a known style,
    is it, the highest confidence, and is that answer right?"""
    from pinxit.networks.weights import signature

    names, truth = np.array(list(references)), new.names[asked]
    known = {name: Known.of(new.signatures[rows]) for name, rows in references.items()}
    said = StyleRecognizer(signature(), known).confidences(new.signatures[asked])
    others = {name: one for name, one in known.items() if name not in away}
    without = StyleRecognizer(signature(), others).confidences(new.signatures[asked])
    there = ~np.isin(truth, away)
    answer = np.array([*others, ""])[without.argmax(1)]
    hit, right = names[said[:, :-1].argmax(1)] == truth, answer == np.where(there, truth, "")
    return hit, 1 - without[:, -1], there, without.max(1), right


def _nearest(view: np.ndarray, references: dict[str, np.ndarray], asked: np.ndarray) -> np.ndarray:
    """The rival's names of rows: the style whose references' mean is nearest."""
    means = np.stack([view[rows].mean(0) for rows in references.values()])
    return np.array(list(references))[((view[asked][:, None] - means) ** 2).sum(2).argmin(1)]


def _drawn(
    new: Described, able: list[str], count: int, rng: np.random.Generator
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """References of each style, and other pictures of them to ask for."""
    references, asked = {}, []
    for name in able:
        rows = rng.permutation(np.flatnonzero(new.names == name))
        references[name] = rows[:count]
        asked += list(rows[count : count + _ASKED])
    return references, np.array(asked)


def _groups(report: RecognitionReport, task: str, held: Described, views: Views) -> None:
    """Mixed sets of 1 to 5 styles sorted; rivals are told nothing either and take the number by their silhouette."""
    from sklearn.metrics import adjusted_rand_score

    from pinxit.networks.weights import signature

    network = signature()
    names = [name for name in sorted(set(held.names)) if (held.names == name).sum() >= _LEAST]
    rng, found = np.random.default_rng(0), {name: [] for name in ("pinxit", *views)}
    right: dict[str, list[bool]] = {method: [] for method in found}
    for number in range(_SETS if len(names) > 1 else 0):
        chosen = rng.permutation(names)[: 1 + number % min(5, len(names))]
        rows = np.concatenate([rng.permutation(np.flatnonzero(held.names == name))[:_MOST] for name in chosen])
        each = held[rows]
        labels = linked(distances(each.signatures, network), float(network.apart))
        for method, said in zip(found, (labels, *(_by_silhouette(v(each)) for v in views.values())), strict=True):
            found[method].append(adjusted_rand_score(each.names, said))
            right[method].append(len(set(said)) == len(chosen))
    for method, values in found.items():
        if values:
            report.add(f"{task}, 1 to 5 styles", method, "adjusted Rand", interval(share, values))
            report.add(f"{task}, 1 to 5 styles", method, "number right", interval(share, right[method]))


def _by_silhouette(x: np.ndarray) -> np.ndarray:
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import silhouette_score

    counts = range(2, min(8, len(x) - 1) + 1)
    tried = [AgglomerativeClustering(count, linkage="average").fit_predict(x) for count in counts]
    return max(tried, key=lambda labels: silhouette_score(x, labels), default=np.zeros(len(x), int))
