"""Pieces of a picture on all cores of this process."""

import os
from collections.abc import Callable
from typing import TypeVar

Piece = TypeVar("Piece")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_all_cores(run: Callable[[Piece], None], work: list[Piece]) -> None:
    """Run every piece of work; the threads live for this call only, so forks and other threads are no concern."""
    workers = min(cores(), len(work))
    if workers < 2:
        for piece in work:
            run(piece)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(run, work):
            pass
