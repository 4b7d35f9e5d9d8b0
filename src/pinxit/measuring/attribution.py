"""Attribution: which regions of a picture a score comes from, and how far such an answer can be trusted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from pinxit.color import unit_float
from pinxit.errors import InputError, MissingExtraError, ShapeError

REGIONS = 20
"""About so many superpixels a picture is cut into."""
METHODS = ("occlusion", "KernelSHAP", "LIME")
_COMPACTNESS = 12.0  # of superpixels: more makes them squarer
_WIDTH = 0.25  # of LIME's kernel, in cosine distance, as its authors have it for pictures
_ORDERS, _STEPS = 10, 10  # random orders that a deletion curve is compared with, and points of a curve

Score = Callable[[np.ndarray], float]
"""A picture, (H, W, 3), of the dtype that the question is about, to a number."""


class RegionGame:
    """What a score makes of a picture of which only some regions are shown; elsewhere the baseline is seen.

    The regions are the players of a cooperative game: from no region (the baseline) to all of them (the picture).
    Every answer is kept, so a question that comes twice costs nothing.

    Args:
        score: To be explained.
        picture: (H, W, 3), uint8, uint16 or float 0..1.
        baseline: What is seen where a region is not shown: of the same shape, or one colour (3,); where its dtype is
            another one, the score gets float32.
        regions: Number of each pixel's region, (H, W), 0 to M - 1, each in use.

    Raises:
        ShapeError: Shapes that do not fit, or regions not numbered so; fewer than 2 of them.
    """

    def __init__(self, score: Score, picture: np.ndarray, baseline: np.ndarray, regions: np.ndarray) -> None:
        self.picture, baseline = np.asarray(picture), np.asarray(baseline)
        if self.picture.dtype != baseline.dtype:
            self.picture, baseline = unit_float(self.picture), unit_float(baseline)
        if baseline.shape not in (self.picture.shape, (3,)) or regions.shape != self.picture.shape[:2]:
            raise ShapeError(
                f"a picture {self.picture.shape}, a baseline {baseline.shape} and regions {regions.shape} came; "
                "(H, W, 3), the same or (3,), and (H, W) are wanted"
            )
        used = np.unique(regions)
        if len(used) < 2 or not np.array_equal(used, np.arange(len(used))):
            raise ShapeError(f"{len(used)} regions came; two or more, numbered from 0 without gaps, are wanted")
        self.baseline = np.broadcast_to(baseline, self.picture.shape)
        self.regions, self.count, self._score = regions, len(used), score
        self._known: dict[bytes, float] = {}

    def __call__(self, shown: np.ndarray) -> np.ndarray:
        """Scores (N,) of N pictures in which the regions ``shown`` (N, M), bool, are to be seen."""
        return np.array([self._of(row) for row in np.asarray(shown, bool)])

    @property
    def evaluations(self) -> int:
        """How often the score was asked."""
        return len(self._known)

    def _of(self, shown: np.ndarray) -> float:
        key = shown.tobytes()
        if key not in self._known:
            self._known[key] = float(self._score(np.where(shown[self.regions][..., None], self.picture, self.baseline)))
        return self._known[key]


def superpixels(array: np.ndarray, count: int = REGIONS) -> np.ndarray:
    """Cut a picture into regions of like colour, about ``count`` of them.

    Args:
        array: (H, W, 3), uint8, uint16 or float 0..1.
        count: Wanted number.

    Returns:
        Number of each pixel's region, (H, W) int64, from 0 without gaps.

    Raises:
        MissingExtraError: scikit-image is not installed.

    Source:
        Achanta et al. 2012 (SLIC), scikit-image's.
    """
    try:
        from skimage.segmentation import slic
    except ImportError as error:
        raise MissingExtraError("scikit-image", "personal") from error
    found = slic(unit_float(array), n_segments=count, compactness=_COMPACTNESS, start_label=0)
    return np.unique(found, return_inverse=True)[1].reshape(array.shape[:2])


def attributions(game: RegionGame, samples: int = 200, seed: int = 0) -> dict[str, np.ndarray]:
    """What each region contributes, (M,), by each of ``METHODS``.

    Args:
        game: The question.
        samples: Combinations of regions that KernelSHAP and LIME each try; at least twice as many as regions.
        seed: Of their choice.

    Raises:
        InputError: Too few samples.
        MissingExtraError: Captum or scikit-learn is not installed.
    """
    return {
        "occlusion": occlusion(game),
        "KernelSHAP": kernel_shap(game, samples, seed),
        "LIME": lime(game, samples, seed),
    }


def occlusion(game: RegionGame) -> np.ndarray:
    """How much the score falls when one region alone is hidden, (M,).

    Source:
        Zeiler and Fergus 2014, with superpixels in the place of squares; Captum's FeatureAblation.
    """
    captum = _captum()
    return _attributed(captum.FeatureAblation(_players(game)), game, 0)


def kernel_shap(game: RegionGame, samples: int = 200, seed: int = 0) -> np.ndarray:
    """Shapley values of the regions by weighted least squares, (M,); their sum is picture minus baseline.

    Raises:
        InputError: Fewer samples than twice the regions.
        MissingExtraError: Captum or scikit-learn is not installed.

    Source:
        Lundberg and Lee 2017, Captum's KernelShap.
    """
    check_samples(samples, game.count)
    return _attributed(_captum().KernelShap(_players(game)), game, seed, n_samples=samples)


def lime(game: RegionGame, samples: int = 200, seed: int = 0) -> np.ndarray:
    """Weights of a ridge regression of the score on what is shown, near the whole picture, (M,).

    Raises:
        InputError: Fewer samples than twice the regions.
        MissingExtraError: Captum or scikit-learn is not installed.

    Source:
        Ribeiro, Singh and Guestrin 2016, Captum's Lime. Ridge regression and the width of the kernel as in the authors'
        own package; distances are those of the vectors that say what is shown.
    """
    check_samples(samples, game.count)
    captum = _captum()
    from captum._utils.models.linear_model import SkLearnRidge
    from captum.attr._core.lime import get_exp_kernel_similarity_function

    near = get_exp_kernel_similarity_function("cosine", _WIDTH)
    found = captum.Lime(_players(game), interpretable_model=SkLearnRidge(alpha=1.0), similarity_func=near)
    return _attributed(found, game, seed, n_samples=samples)


def _captum() -> Any:
    try:
        import captum.attr
        import sklearn  # noqa: F401 (Captum wants it only later, and says so less clearly)
    except ImportError as error:
        raise MissingExtraError(error.name or "captum", "personal") from error
    return captum.attr


def check_samples(samples: int, count: int) -> None:
    """Refuse fewer samples than twice the regions.

    Raises:
        InputError: With what is wanted.
    """
    if samples < 2 * count:
        raise InputError(f"{samples} samples came for {count} regions; {2 * count} or more are wanted, 200 are usual")


def _players(game: RegionGame) -> Callable[[Any], Any]:
    """The game as Captum asks it: tensors (N, M) of zeros and ones to scores (N,)."""
    import torch

    return lambda shown: torch.from_numpy(game(shown.numpy() > 0.5))


def _attributed(method: Any, game: RegionGame, seed: int, **options: int) -> np.ndarray:
    import torch

    players = torch.ones(1, game.count)
    with _seeded(seed):
        found = method.attribute(players, baselines=torch.zeros_like(players), perturbations_per_eval=16, **options)
    return found[0].double().numpy()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Captum draws from torch's global generator, which is given back as it was."""
    import torch

    with torch.random.fork_rng([]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        yield


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """How a score falls as regions are hidden, and rises as they are shown, the most important first.

    Args:
        hidden: Share of the regions at each point, (P,), 0 to 1.
        deletion: Score with that share hidden, (P,).
        insertion: Score with that share shown, (P,).
        random_deletion: Of random orders, (orders, P).
        random_insertion: The same.

    Source:
        Petsiuk, Das and Saenko 2018 (RISE). Departure: regions are hidden, not single pixels.
    """

    hidden: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray

    def areas(self) -> dict[str, float]:
        """Mean height of each curve: deletion is better low, insertion high; and those of random orders."""
        return {
            "deletion": self._area(self.deletion),
            "random deletion": self._area(self.random_deletion.mean(0)),
            "insertion": self._area(self.insertion),
            "random insertion": self._area(self.random_insertion.mean(0)),
        }

    @property
    def beaten(self) -> float:
        """Share of the random orders whose deletion curve lies higher, 0..1; by chance 0.5."""
        own = self._area(self.deletion)
        return float(np.mean([self._area(one) > own for one in self.random_deletion]))

    def _area(self, curve: np.ndarray) -> float:
        return float(np.trapezoid(curve, self.hidden))


def faithfulness(game: RegionGame, values: np.ndarray, orders: int = _ORDERS, seed: int = 0) -> Faithfulness:
    """Hide and show regions in the order of their values, and in random orders.

    Args:
        game: The question.
        values: Answer to be judged, (M,).
        orders: How many random ones.
        seed: Of these.

    Raises:
        ShapeError: ``values`` has another length.
    """
    if np.shape(values) != (game.count,):
        raise ShapeError(f"values {np.shape(values)} came for {game.count} regions; ({game.count},) is wanted")
    half = np.linspace(0, game.count / 2, _STEPS // 2 + 1).astype(int)
    points = np.unique([half, game.count - half])
    rng = np.random.default_rng(seed)
    best = np.argsort(-np.asarray(values), kind="stable")
    chance = np.array([_curve(game, rng.permutation(game.count), points, hide=True) for _ in range(orders)])
    return Faithfulness(
        hidden=points / game.count,
        deletion=_curve(game, best, points, hide=True),
        insertion=_curve(game, best, points, hide=False),
        random_deletion=chance,
        random_insertion=chance[:, ::-1],  # a random order backwards is random too, and the points lie evenly
    )


def _curve(game: RegionGame, order: np.ndarray, points: Sequence[int], *, hide: bool) -> np.ndarray:
    place = np.argsort(order)  # of every region in the order
    first = place[None] < np.asarray(points)[:, None]
    return game(~first if hide else first)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of two arrays of N numbers, -1..1; 0 where one of them does not vary.

    Raises:
        MissingExtraError: SciPy, which comes with scikit-learn, is not installed.
    """
    try:
        from scipy.stats import spearmanr
    except ImportError as error:
        raise MissingExtraError("scikit-learn", "personal") from error
    a, b = np.ravel(a), np.ravel(b)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(spearmanr(a, b).statistic)
