"""Parts of a page: sections, figures and tables as HTML. What comes from others is escaped by whoever calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from pinxit.personal.heat import jpeg_uri


def section(title: str, *parts: str) -> str:
    """A section under a heading."""
    return f"<section><h2>{title}</h2>{''.join(parts)}</section>"


def own_text(words: str) -> str:
    """Text that others may have written, escaped, and kept from turning the line around it."""
    return f"<bdi>{escape(words)}</bdi>"


def paragraph(words: str) -> str:
    """A paragraph of HTML."""
    return f"<p>{words}</p>"


def row(figures: Iterable[str]) -> str:
    """Figures side by side."""
    return f'<div class="row">{"".join(figures)}</div>'


def picture(array: np.ndarray, alt: str, longest: int | None = None) -> str:
    """A picture (H, W, 3) uint8, with what it shows as any text."""
    return f'<img src="{jpeg_uri(array, longest)}" alt="{escape(alt)}">'


def figure(array: np.ndarray, caption: str, alt: str) -> str:
    """A picture with a caption of HTML."""
    return f"<figure>{picture(array, alt)}<figcaption>{caption}</figcaption></figure>"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> str:
    """A table whose last columns are numbers; cells are HTML."""
    first = len(heading) - numbers

    def line(cells: Sequence[str], tag: str, scope: str) -> str:
        return "".join(f"<{tag}{scope}{' class=n' * (i >= first)}>{c}</{tag}>" for i, c in enumerate(cells))

    body = "".join(f"<tr>{line(row, 'td', '')}</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{line(heading, "th", " scope=col")}</tr>{body}</table></div>'
