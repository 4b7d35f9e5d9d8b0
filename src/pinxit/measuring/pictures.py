"""Everything that can be measured of pictures before and after a transfer, put into one report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pinxit.color import ciede2000, srgb_to_lab, unit_float
from pinxit.errors import InputError
from pinxit.measuring import pair_metrics
from pinxit.measuring.features import FeatureNetwork, eye_network, feature_network
from pinxit.measuring.pair_metrics import LONGEST, MOST_PSNR, TOLERANCE
from pinxit.measuring.report import Measured, Report, mean_of, measured
from pinxit.measuring.sets import Seen, set_figures
from pinxit.measuring.style_pairs import MEANING, PROTOCOL, Pair, Projected, luma_ssim
from pinxit.picture import Picture
from pinxit.picture.faces import LONGEST as FACES_LONGEST
from pinxit.picture.shrink import shrink

MOST_REFERENCES = 24
"""Of more references, so many, evenly chosen, stand for all in ``colour`` and ``texture``."""

_SSIM = Measured("ssim", PROTOCOL, MEANING["ssim"], 1.0, (-1.0, 1.0))
_STYLE = [Measured(name, PROTOCOL, MEANING[name], 1.0) for name in ("colour", "texture")]
_MS_SSIM = Measured("ms_ssim", f"ms-ssim-luma-{LONGEST}", "content kept at five scales: 1 all of it", 1.0, (0.0, 1.0))
_PSNR = Measured("psnr", f"psnr-srgb-{LONGEST}", "how near the pixels are, in dB", MOST_PSNR, (-np.inf, MOST_PSNR))
_CIEDE2000 = Measured("ciede2000", f"ciede2000-mean-{LONGEST}", "visible change of colour: 1 just noticeable", 0.0)
_EDGES = Measured(
    "edge_agreement",
    f"canny-f1-{TOLERANCE}px-{LONGEST}",
    "edges kept, and no new ones: 1 all, 0.2 by chance",
    1.0,
    (0.0, 1.0),
)
_FEATURES = Measured("feature_distance", f"-normalized-{LONGEST}", "change of what is where: 0 none, 2 all", 0.0)
_RECOGNITION = [
    Measured(
        "recognition", "-objects-10-views", "views that the eye calls the same: 1 all, 0 by chance", 1.0, (0.0, 1.0)
    ),
    Measured(
        "recognition_overlap",
        "-objects-10-views",
        "overlap of what it takes them for: 1 all, 0.3 by chance",
        1.0,
        (0.0, 1.0),
    ),
]
_FACES = Measured("faces_kept", f"lbp-cascade-{FACES_LONGEST}", "faces still found at their place", 1.0, (0.0, 1.0))
_SHIFT = Measured("face_shift", f"lbp-cascade-{FACES_LONGEST}", "how far these moved, in widths of the face", 0.0)


@dataclass(frozen=True)
class _References:
    """Pictures with the style, as far as figures of pairs and of sets need them."""

    styles: list[Projected]
    seen: list[Seen]
    note: str


def measure_pictures(
    pairs: Sequence[tuple[Any, Any]],
    references: Sequence[Any] = (),
    *,
    as_sets: bool = False,
    encoder: str = "eye",
    on_progress: Callable[[int, int, str], Any] | None = None,
) -> Report:
    """Measure pairs of content and result, and the sets of them.

    Pixels are compared at the content's shape with a longest side of 512 or less; a result of another shape is resized
    to it. ``ssim``, ``colour`` and ``texture`` keep the protocol ``style-pairs-1``. Alpha is passed over. What cannot
    be measured says why.

    Args:
        pairs: Content and result, each as ``Picture.open`` takes it; one or more.
        references: Pictures that have the style; without them, what needs them is left out.
        as_sets: Also compare the results as a set; the figures of pairs are then means with intervals.
        encoder: The feature network, see :func:`~pinxit.measuring.features.feature_network`.
        on_progress: Called as (done, total, text).

    Raises:
        InputError: No pair, or another encoder.
        NotFoundError: A path is not there, or the weights of the encoder are not.
        PictureError: A picture is damaged or refused.
    """
    if not pairs:
        raise InputError("no pair came; give a content and its result")
    network = feature_network(encoder)
    wanted = _opened(references, network, as_sets)
    each, contents, results = [], [], []
    for number, (content, result) in enumerate(pairs):
        before, after = Picture.open(content), Picture.open(result)
        each.append(pair_figures(before, after, network, wanted.styles, wanted.note))
        if as_sets:
            small = pair_metrics.aligned(before, after)
            contents.append(Seen(small[0], network))
            results.append(Seen(small[1], network))
        if on_progress:
            on_progress(number + 1, len(pairs), "measuring")
    if not as_sets and len(each) == 1:
        return Report(tuple(each[0]))
    figures = [mean_of(one) for one in zip(*each, strict=True)]
    figures += set_figures(contents, results, wanted.seen, network.name) if as_sets else []
    return Report(tuple(figures), len(pairs))


def pair_figures(
    content: Picture, result: Picture, network: FeatureNetwork, styles: Sequence[Projected] = (), note: str = ""
) -> list[Measured]:
    """Everything that one pair tells, in the order in which it is shown.

    Args:
        content: The picture before.
        result: The picture after.
        network: For the feature distance.
        styles: The references; without them, ``colour`` and ``texture`` are left out.
        note: What has to be known about these.
    """
    a, b = pair_metrics.aligned(content, result)
    before, after = Projected(content.array, "content"), Projected(result.array, "result")
    features = replace(_FEATURES, protocol=network.name + _FEATURES.protocol)
    eye = [replace(kind, protocol=eye_network().name + kind.protocol) for kind in _RECOGNITION]
    return [
        *measured([_SSIM], lambda: [luma_ssim(before.pixels, after.pixels)]),
        *measured([_MS_SSIM], lambda: [pair_metrics.multiscale_ssim(a, b)]),
        *measured([_PSNR], lambda: [pair_metrics.psnr(a, b)]),
        *measured([_CIEDE2000], lambda: [ciede2000(srgb_to_lab(a), srgb_to_lab(b)).mean()]),
        *measured([_EDGES], lambda: [pair_metrics.edge_agreement(a, b)]),
        *measured([features], lambda: [pair_metrics.feature_distance(a, b, network)]),
        *measured(eye, lambda: pair_metrics.recognition(a, b)),
        *_face_figures(content, result),
        *(measured(_STYLE, lambda: _way_left(before, after, styles), note) if styles else []),
    ]


def _face_figures(content: Picture, result: Picture) -> list[Measured]:
    """Share of the faces kept, and their mean shift."""
    shifts: list[float | None] = []

    def kept() -> list[float]:
        shifts.extend(pair_metrics.face_shifts(content, result))
        return [sum(one is not None for one in shifts) / len(shifts)]

    first = measured([_FACES], kept)[0]
    moved = [one for one in shifts if one is not None]
    if moved:
        return [first, replace(_SHIFT, value=float(np.mean(moved)))]
    return [first, replace(_SHIFT, note=first.note or "no face is found again")]


def _way_left(before: Projected, after: Projected, styles: Sequence[Projected]) -> list[float]:
    """``colour`` and ``texture``, means over the references."""
    each = [Pair(before, style).figures(after) for style in styles]
    return [float(np.mean([getattr(one, kind.name) for one in each])) for kind in _STYLE]


def _opened(references: Sequence[Any], network: FeatureNetwork, as_sets: bool) -> _References:
    """References, read once."""
    count = len(references)
    chosen = set(np.linspace(0, count - 1, min(count, MOST_REFERENCES)).round().astype(int).tolist())
    styles, seen = [], []
    for number, reference in enumerate(references):
        if number in chosen or as_sets:
            array = Picture.open(reference).array
            styles += [Projected(array, "reference")] if number in chosen else []
            seen += [Seen(unit_float(shrink(array, LONGEST)), network)] if as_sets else []
    return _References(styles, seen, f"by {len(chosen)} of {count} references" if len(chosen) < count else "")
