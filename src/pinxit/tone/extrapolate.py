"""Strengths above 1: a table pushed further from the identity without folding greys back or turning colours over."""

import numpy as np

STRONGEST = 10.0  # beyond this nothing changes any more
FURTHEST = 16.0  # no value leaves -16..17: finite, and far outside what a picture can show


def extrapolated(table: np.ndarray, strength: float) -> np.ndarray:
    """Extrapolate a table; see Lut.toward.

    A colour is its grey part plus chroma. The grey curve is extrapolated by ``further_curve`` so that it keeps rising
    where it rose. The chroma keeps to its own direction by a gain k: from 1 on (more saturation) it grows linearly,
    below 1 it shrinks as k**strength and so never passes zero, where linear extrapolation would show complementary
    colours. All the rest (turned hues, colour-dependent brightness) grows linearly.

    Args:
        table: (N, N, N, 3) float32, [blue, green, red, channel].
        strength: Above 1; 1 returns the table itself.

    Returns:
        (N, N, N, 3) float32, finite.
    """
    size, strength = table.shape[0], min(strength, STRONGEST)
    values = table.astype(np.float64)
    axis = np.linspace(0.0, 1.0, size)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
    colours = np.stack([red, green, blue], axis=-1)
    grey = colours.mean(axis=-1)
    diagonal = np.arange(size)
    curves = values[diagonal, diagonal, diagonal]  # (N, 3): what the greys become
    further = np.stack([further_curve(curves[:, c], strength) for c in range(3)], axis=-1)

    chroma = colours - grey[..., None]
    change = values - along(grey, axis, curves)
    gain = (change * chroma).sum(-1, keepdims=True) / np.maximum((chroma**2).sum(-1, keepdims=True), 1e-12)
    rest = change - gain * chroma
    result = along(grey, axis, further) + further_gain(gain, strength) * chroma + strength * rest
    return np.clip(result, -FURTHEST, 1 + FURTHEST).astype(np.float32)


def along(grey: np.ndarray, axis: np.ndarray, curves: np.ndarray) -> np.ndarray:
    """Read the three grey curves (N, 3) at every grey level."""
    return np.stack([np.interp(grey, axis, curves[:, c]) for c in range(3)], axis=-1)


def further_gain(gain: np.ndarray, strength: float) -> np.ndarray:
    """Extrapolate factors from 1: linearly above 1, as a power from 0 to 1 (never through zero), not at all below 0."""
    return np.where(gain >= 1, 1 + strength * (gain - 1), np.where(gain > 0, np.maximum(gain, 0) ** strength, gain))


def further_curve(curve: np.ndarray, strength: float) -> np.ndarray:
    """Extrapolate one rising curve of the greys so that it still rises.

    The slopes are extrapolated as gains, then scaled to a span that is extrapolated as a gain too, around a middle that
    moves linearly. A curve that does not rise on the whole (a negative) is kept as it is.

    Args:
        curve: (N,) values at equally spaced greys 0..1.
        strength: Above 1.
    """
    span = curve[-1] - curve[0]
    slopes = further_gain(np.diff(curve) * (len(curve) - 1), strength)
    rise = slopes.sum() / (len(curve) - 1)
    if span <= 1e-6 or rise <= 1e-6:
        return curve
    middle = 0.5 + strength * ((curve[0] + curve[-1]) / 2 - 0.5)
    new_span = float(further_gain(np.array(span), strength))
    steps = slopes / (len(curve) - 1) * (new_span / rise)
    start = middle - new_span / 2
    return start + np.concatenate([[0.0], np.cumsum(steps)])
