"""Figures of sets: are the results, all together, like the references, different from each other, and no copies?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from pinxit.errors import PinxitError
from pinxit.measuring.distribution import (
    COPIED,
    Diversity,
    FrechetDistance,
    KernelDistance,
    covered,
    nearest_layouts,
    share_interval,
)
from pinxit.measuring.features import CROP, GRID, SCALE, FeatureNetwork, eye_network
from pinxit.measuring.report import DRAWS, Measured, bootstrap_spread

LEAST = 5
"""Pictures that every set needs for an interval of what is measured of sets."""
_DRAWS = 200  # of the bootstrap of Frechet distances, which takes seconds

Statistic = Callable[..., float]
"""A figure of whole sets, or, given the numbers of the pictures drawn, of a bootstrap's."""

_FRECHET = Measured(
    "frechet", "frechet-inf", "from the references: less is nearer, 0 is there", bounds=(-np.inf, np.inf)
)
_KERNEL = Measured("kernel", "kid-poly3", "the same by another measure", bounds=(-np.inf, np.inf))
_PRECISION = Measured("precision", "knn3", "crops that could be the references'", bounds=(0.0, 1.0))
_RECALL = Measured("recall", "knn3", "references' crops that could be results", bounds=(0.0, 1.0))
_DIVERSITY = Measured("diversity", "mean-distance", "results differ as contents do: 1; all the same: 0", 1.0)
_NEAREST = Measured(
    "nearest_reference", "layout-64", f"agreement with the nearest: above {COPIED:g} a copy", bounds=(-1.0, 1.0)
)
_MEMORISED = Measured("memorised", f"layout-64-over-{COPIED:g}", "results that copy a reference", bounds=(0.0, 1.0))


class Seen:
    """What sets need to know of one picture.

    Args:
        pixels: (H, W, 3) float32 0..1.
        network: For the samples; layouts are always the eye's, whom the threshold of copies was found for.
    """

    def __init__(self, pixels: np.ndarray, network: FeatureNetwork) -> None:
        eye = eye_network()
        self.layout, self.mirrored = eye.layout(pixels), eye.layout(pixels[:, ::-1])
        self.samples: np.ndarray | None = None
        self.trouble: PinxitError | None = None
        try:
            self.samples = network.samples(pixels)
        except PinxitError as error:
            self.trouble = error


def set_figures(
    contents: Sequence[Seen], results: Sequence[Seen], references: Sequence[Seen], network: str
) -> list[Measured]:
    """Figures of the results as a set; with references, how far they are from these, with the contents as untouched.

    Samples are nine crops of 128 pixels a picture. Intervals are by bootstrap over pictures, those of precision and
    recall with the manifold as it is, that of the share of copies by its number; fewer than five pictures have none.

    Args:
        contents: In the order of the results.
        results: One for each content.
        references: None where there are no references.
        network: Name of the feature network, for the protocols.
    """
    sizes = f"{len(results)}" + (f"-{len(references)}" if references else "")
    crops, by_eye = f"{network}-map{SCALE}-{GRID**2}x{CROP}-{sizes}", f"{eye_network().name}-{sizes}"
    one, both = [len(results)], [len(results), len(references)]
    x, y, z = contents, results, references
    ways: list[tuple[Measured, Callable[[Sequence[Seen]], Statistic], list[int], int]] = [
        (_DIVERSITY, lambda of: Diversity(_samples(of), _samples(x)), one, DRAWS)
    ]
    if references:
        ways = [
            (_FRECHET, lambda of: FrechetDistance(_samples(of), _samples(z)), both, _DRAWS),
            (_KERNEL, lambda of: KernelDistance(_samples(of), _samples(z)), both, DRAWS),
            (_PRECISION, lambda of: _mean(covered(_samples(of), _samples(z))), one, DRAWS),
            (_RECALL, lambda of: _mean(covered(_samples(z), _samples(of))), both[1:], DRAWS),
            *ways,
        ]
    figures = [_figure(replace(kind, protocol=f"{kind.protocol}-{crops}"), x, y, *way) for kind, *way in ways]
    if not references:
        return figures
    nearest, memorised = (replace(kind, protocol=f"{kind.protocol}-{by_eye}") for kind in (_NEAREST, _MEMORISED))
    figures.append(_figure(nearest, x, y, lambda of: _mean(_agreement(of, z)), one, DRAWS))
    before, after = (int((_agreement(of, z) > COPIED).sum()) for of in (x, y))
    low, high = share_interval(after, len(y))
    return [*figures, replace(memorised, value=after / len(y), untouched=before / len(x), low=low, high=high)]


def _figure(
    kind: Measured,
    contents: Sequence[Seen],
    results: Sequence[Seen],
    build: Callable[[Sequence[Seen]], Statistic],
    sizes: Sequence[int],
    draws: int,
) -> Measured:
    """One figure of the results, with its interval, and of the contents; or why there is none."""
    try:
        statistic, untouched = build(results), build(contents)()
        figure = replace(kind, value=float(statistic()), untouched=float(untouched))
    except PinxitError as error:
        return replace(kind, untouched=None, note=str(error))
    if min(sizes) < LEAST:
        return replace(figure, note=f"an interval wants {LEAST} pictures or more on every side")
    return figure.within(bootstrap_spread(lambda drawn: statistic(*drawn), sizes, draws))


def _mean(values: np.ndarray) -> Statistic:
    """The mean of one value a picture, as a function of the pictures drawn."""
    return lambda drawn=None: float((values if drawn is None else values[drawn]).mean())


def _samples(seen: Sequence[Seen]) -> np.ndarray:
    """Samples of all pictures, (P, S, C).

    Raises:
        ShapeError: A picture was too small.
    """
    for one in seen:
        if one.trouble is not None:
            raise one.trouble
    return np.stack([one.samples for one in seen])


def _agreement(seen: Sequence[Seen], references: Sequence[Seen]) -> np.ndarray:
    """Of each layout with the nearest reference or its mirror image, (P,)."""
    either = np.stack([layout for one in references for layout in (one.layout, one.mirrored)])
    return nearest_layouts(np.stack([one.layout for one in seen]), either)
