"""Work done ahead in a thread of its own."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")


def ahead(items: Iterable[Item], size: int = 2) -> Generator[Item, None, None]:
    """Run an iterator in a thread, at most ``size`` items ahead of who takes them; its errors come out here.

    Closing the generator, or leaving it by an error, ends the thread after the item that it is at.
    """
    line: queue.Queue[tuple[bool, Any]] = queue.Queue(size)
    ended = threading.Event()
    thread = threading.Thread(target=_fill, args=(items, line, ended), daemon=True)
    thread.start()
    try:
        while True:
            more, item = line.get()
            if more:
                yield item
            elif item is None:
                return
            else:
                raise item
    finally:
        ended.set()
        thread.join()


def _fill(items: Iterable[Item], line: queue.Queue[tuple[bool, Any]], ended: threading.Event) -> None:
    """Put items in line, then None, or the error that came in between."""

    def offer(more: bool, item: Any) -> bool:
        while not ended.is_set():
            try:
                line.put((more, item), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    iterator, last = iter(items), None
    try:
        for item in iterator:
            if not offer(True, item):
                break
    except BaseException as error:  # told in the other thread
        last = error
    finally:
        close = getattr(iterator, "close", None)
        if close:
            close()
    offer(False, last)
