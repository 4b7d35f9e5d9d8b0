"""Charts of a style's card, told once and drawn twice: as SVG and with Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pinxit.personal.card_tone import ToneFacts
from pinxit.provenance import Training

RED, GREEN, BLUE, PLAIN = "#d43c3c", "#2f9d4a", "#3f74e0", "#8a6d1f"


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Args:
        label: What it is.
        colour: "#rrggbb".
        points: (x, y) in the chart's units; None breaks it.
        dash: Lengths of stroke and gap in pixels; empty for a line that is not broken. Colours alone tell nobody.
    """

    label: str
    colour: str
    points: Sequence[tuple[float, float] | None]
    dash: tuple[int, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart.

    Args:
        title: What it shows, and in which unit.
        about: The same for somebody who does not see it.
        x: Label of the axis across.
        across: Ends of the axis across.
        up: Ends of the axis up.
        x_ticks: Where the axis across is marked, with what.
        y_ticks: Where the axis up is marked, with what.
        lines: What is drawn.
        level: A height that is marked: where nothing changes; None marks none.
        mark: A place across that is marked, with its label; None marks none.
    """

    title: str
    about: str
    x: str
    across: tuple[float, float]
    up: tuple[float, float]
    x_ticks: Sequence[tuple[float, str]]
    y_ticks: Sequence[tuple[float, str]]
    lines: Sequence[Line]
    level: float | None = None
    mark: tuple[float, str] | None = None

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies in the chart's frame: 0..1 across and, from the top, down; at the edge beyond it."""
        (left, right), (low, high) = self.across, self.up
        across, up = (x - left) / (right - left), (y - low) / (high - low)
        return min(max(across, 0.0), 1.0), 1 - min(max(up, 0.0), 1.0)


def grey_chart(tone: ToneFacts) -> Chart:
    """Red, green and blue along the grey axis."""
    names = (("red", RED, ()), ("green", GREEN, (7, 3)), ("blue", BLUE, (2, 3)))
    lines = [
        Line(name, colour, [(row[0], row[1 + number]) for row in tone.curves], dash)
        for number, (name, colour, dash) in enumerate(names)
    ]
    values = [value for row in tone.curves for value in row[1:]]
    up = (min(0.0, min(values)), max(1.0, max(values)))
    middle = tone.curves[len(tone.curves) // 2]
    about = f"A middle grey of 0.5 becomes red {middle[1]:.2f}, green {middle[2]:.2f}, blue {middle[3]:.2f}."
    same = Line("same", "#888888", [(0, 0), (1, 1)], (1, 4))
    ticks = [(n / 4, f"{n / 4:g}") for n in range(5)]
    return Chart("Greys after", about, "grey before", (0, 1), up, ticks, ticks, [same, *lines])


def hue_charts(tone: ToneFacts) -> tuple[Chart, Chart]:
    """How much colour is left, and how far it turns, hue by hue."""
    count = len(tone.hues)
    angles = [360 * n / count for n in range(count)]
    left = [(angle, 100 * one.chroma) for angle, one in zip(angles, tone.hues, strict=True)]
    turns = [None if one.turn is None else (angle, one.turn) for angle, one in zip(angles, tone.hues, strict=True)]
    known = [point[1] for point in turns if point]
    most, far = max(150.0, *(y for _, y in left)), max(20.0, *map(abs, known or [0.0]))
    names = [(60.0 * n, name) for n, name in enumerate(("red", "yellow", "green", "cyan", "blue", "magenta"))]
    about = f"From {min(y for _, y in left):.0f} % to {max(y for _, y in left):.0f} % of the colourfulness is left."
    turned = (
        f"Hues turn by {min(known):+.0f} to {max(known):+.0f} degrees."
        if known
        else "No hue is left: everything is grey."
    )
    wheel = (0.0, 360.0 * (count - 1) / count)
    chroma = Chart(
        "Colourfulness left, in %", about, "hue before", wheel, (0.0, most), names,
        [(0.0, "0"), (100.0, "100")], [Line("colourfulness", PLAIN, left)], 100.0,
    )  # fmt: skip
    turn = Chart(
        "Turn of hue, in degrees", turned, "hue before", wheel, (-far, far), names,
        [(-far, f"{-far:+.0f}"), (0.0, "0"), (far, f"{far:+.0f}")], [Line("turn", PLAIN, turns)], 0.0,
    )  # fmt: skip
    return chroma, turn


def history_chart(training: Training) -> Chart | None:
    """Score of the validations, the kept step marked; None with fewer than two validations."""
    points = [
        (figures["step"], figures["validation/score"])
        for figures in training.history
        if {"step", "validation/score"} <= set(figures)
    ]
    if len(points) < 2:
        return None
    steps, scores = zip(*points, strict=True)
    low, high = min(scores), max(scores)
    room = max(0.1 * (high - low), 1e-3)
    up = (low - room, high + room)
    last = max(*steps, training.steps, training.best)
    kept = f"kept: step {training.best}" if training.best else "kept: none"
    about = f"From {scores[0]:.3f} at step {steps[0]:g} to {scores[-1]:.3f} at step {steps[-1]:g}; {kept}."
    return Chart(
        "Validation score, lower is better", about, "step", (0, last), up,
        [(0, "0"), (last, f"{last:g}")], [(low, f"{low:.3f}"), (high, f"{high:.3f}")],
        [Line("score", PLAIN, points)], None, (training.best, kept),
    )  # fmt: skip
