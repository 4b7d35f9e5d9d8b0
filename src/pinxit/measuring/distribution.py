"""Distances between sets of pictures, each picture seen as several samples: crops, as vectors of features.

Crops of one picture are alike, so no count here takes them for independent: pictures are drawn, split and compared
whole. With one sample a picture, everything is what the papers define.

Shapes: sets are (P pictures, S samples, C features), float64.
"""

from __future__ import annotations

import numpy as np

from pinxit.errors import InputError

NEIGHBOURS = 3
"""Whose distance is the radius around a sample in precision and recall."""
COPIED = 0.5
"""Layouts that agree more than this are copies.

Of 80 works of five hands, none agreed more than 0.39 with another one, and no photo more than 0.24; their copies,
compressed, darkened, greyed, noisy, mirrored, cut by 5 % or with 30 % of a photo over them, agreed 0.56 or more. Copies
cut by 10 %, half covered, or of a part alone, may lie below.
"""
_SPLITS, _SPLITS_OF_DRAWN = 4, 2
_NORMAL = 1.96  # 2.5 % of a normal distribution lie above


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Squared Frechet distance of the Gaussians of two clouds, (n, C) and (m, C), two points or more each.

    Source:
        Dowson and Landau 1982; as a distance of pictures, Heusel et al. 2017 (arXiv:1706.08500).
    """
    one, other = (np.atleast_2d(np.cov(cloud, rowvar=False)) for cloud in (x, y))
    values, vectors = np.linalg.eigh(one)
    root = vectors * np.sqrt(values.clip(0))
    # tr sqrt(A B) is the sum of the roots of the eigenvalues of R' B R, where A = R R'.
    shared = np.sqrt(np.linalg.eigvalsh(root.T @ other @ root).clip(0)).sum()
    apart = np.square(x.mean(0) - y.mean(0)).sum()
    return float(apart + np.trace(one) + np.trace(other) - 2 * shared)


class FrechetDistance:
    """Frechet distance of two sets (P, S, C), (Q, S, C), extrapolated to infinitely many pictures.

    The distance of few pictures is too large, by about as much for each that is lacking. Twice the distance of the
    sets less the mean distance of their halves is free of that. It can lie a little below 0 for equal sets.

    Raises:
        InputError: A set of one picture, or halves with a single sample.

    Source:
        Chong and Forsyth 2020 (arXiv:1911.07023). Departures: a line through two sizes, the whole and the half; an odd
        set leaves out one picture, another in each of four splits.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        check_sets(x, y)
        if min(len(each) // 2 * each.shape[1] for each in (x, y)) < 2:
            raise InputError(f"sets of {len(x)} and {len(y)} samples came; a Frechet distance wants 4 or more of each")
        self.sets = x, y

    def __call__(self, *drawn: np.ndarray) -> float:
        """The distance, or that of the pictures drawn from each set, as numbers with repetitions."""
        sets = [each[rows] for each, rows in zip(self.sets, drawn, strict=True)] if drawn else self.sets
        rng, found = np.random.default_rng(0), []
        for _ in range(_SPLITS_OF_DRAWN if drawn else _SPLITS):
            a, b = (each[rng.permutation(len(each))[: len(each) // 2 * 2]] for each in sets)
            halves = zip(np.split(a, 2), np.split(b, 2), strict=True)
            whole = frechet_distance(_flat(a), _flat(b))
            found.append(2 * whole - np.mean([frechet_distance(_flat(c), _flat(d)) for c, d in halves]))
        return float(np.mean(found))


class KernelDistance:
    """Squared maximum mean discrepancy of two sets (P, S, C), (Q, S, C) with the kernel (x . y / C + 1) ** 3.

    Unbiased for any number of pictures; it can lie a little below 0 for equal sets.

    Raises:
        InputError: A set of one picture.

    Source:
        Binkowski et al. 2018, KID (arXiv:1801.01401). Departures: one estimate by all samples instead of a mean over
        subsets; not only a sample and itself, but all pairs of samples of one picture are left out.
    """

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        check_sets(x, y)
        self.own_x, self.own_y, self.both = _kernels(x, x), _kernels(y, y), _kernels(x, y)

    def __call__(self, drawn_x: np.ndarray | None = None, drawn_y: np.ndarray | None = None) -> float:
        """The distance, or that of the pictures drawn, as numbers with repetitions."""
        a, b = (_counts(d, n) for d, n in zip((drawn_x, drawn_y), self.both.shape, strict=True))
        across = a @ self.both @ b / (a.sum() * b.sum())
        return float(between(self.own_x, a) + between(self.own_y, b) - 2 * across)


def covered(x: np.ndarray, by: np.ndarray, neighbours: int = NEIGHBOURS) -> np.ndarray:
    """Share of each picture's samples that lie in the manifold of another set, (P,).

    The manifold is made of balls around the samples of ``by``, that reach to the third nearest sample of its other
    pictures. The mean over results by references is precision, over references by results recall.

    Args:
        x: (P, S, C).
        by: (Q, S, C); two pictures or more.
        neighbours: That the balls reach to.

    Raises:
        InputError: ``by`` has too few pictures for so many neighbours.

    Source:
        Kynkaanniemi et al. 2019 (arXiv:1904.06991). Departure: neighbours in the same picture do not count.
    """
    count, samples = by.shape[:2]
    if (count - 1) * samples < neighbours:
        raise InputError(f"a set of {count} came; {neighbours} neighbours in other pictures want more pictures")
    inside = _distances(_flat(by), _flat(by)).reshape(count, samples, count, samples)
    inside[np.arange(count), :, np.arange(count), :] = np.inf
    radius = np.partition(inside.reshape(count * samples, -1), neighbours - 1, 1)[:, neighbours - 1]
    return (_distances(_flat(x), _flat(by)) <= radius).any(1).reshape(x.shape[:2]).mean(1)


class Diversity:
    """How different results are from each other: their mean distance, in parts of that of their contents.

    1 for the contents themselves, near 0 where all results look the same (mode collapse).

    Args:
        results: (P, S, C); a picture is the mean of its samples.
        contents: (P, S, C).

    Raises:
        InputError: A set of one picture, or contents that are all the same.
    """

    def __init__(self, results: np.ndarray, contents: np.ndarray) -> None:
        check_sets(results, contents)
        self.results, self.contents = (_distances(each.mean(1), each.mean(1)) for each in (results, contents))
        if self.contents.max() <= 1e-9:
            raise InputError("the contents are all the same; diversity is measured on different ones")

    def __call__(self, drawn: np.ndarray | None = None) -> float:
        """The ratio, or that of the pairs drawn, as numbers with repetitions."""
        counts = _counts(drawn, len(self.results))
        return between(self.results, counts) / between(self.contents, counts)


def nearest_layouts(layouts: np.ndarray, references: np.ndarray) -> np.ndarray:
    """How much the layout of each picture agrees with the reference that is nearest to it, (P,), -1..1.

    Args:
        layouts: (P, D), of length 1.
        references: (Q, D), their mirror images among them where those count as copies.
    """
    return (layouts @ references.T).max(1)


def share_interval(hits: int, count: int) -> tuple[float, float]:
    """95 % interval of a share: none of ten may still be a quarter of all.

    Source:
        Wilson 1927.
    """
    part, slack = hits / count, _NORMAL**2 / count
    middle, reach = part + slack / 2, np.sqrt(slack * (part * (1 - part) + slack / 4))
    return float(max(0.0, (middle - reach) / (1 + slack))), float(min(1.0, (middle + reach) / (1 + slack)))


def between(matrix: np.ndarray, counts: np.ndarray) -> float:
    """Mean over the pairs of different items of a matrix (P, P), each item taken ``counts`` times; NaN without any."""
    weights = np.outer(counts, counts)
    np.fill_diagonal(weights, 0)
    return float((weights * matrix).sum() / weights.sum()) if weights.any() else float("nan")


def check_sets(*sets: np.ndarray) -> None:
    """Refuse sets of one.

    Raises:
        InputError: A set has fewer than two pictures.
    """
    least = min(len(each) for each in sets)
    if least < 2:
        raise InputError(f"a set of {least} came; two pictures or more are wanted on every side")


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(-1, x.shape[-1])


def _counts(drawn: np.ndarray | None, size: int) -> np.ndarray:
    return np.ones(size) if drawn is None else np.bincount(drawn, minlength=size).astype(np.float64)


def _kernels(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean kernel of the samples of every two pictures, (P, Q)."""
    kernel = (_flat(x) @ _flat(y).T / x.shape[-1] + 1) ** 3
    return kernel.reshape(*x.shape[:2], *y.shape[:2]).mean((1, 3))


def _distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Euclidean distances of (n, C) and (m, C), (n, m)."""
    squares = np.square(x).sum(1)[:, None] + np.square(y).sum(1) - 2 * x @ y.T
    return np.sqrt(squares.clip(0))
