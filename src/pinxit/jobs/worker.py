"""A worker: ``python -m pinxit.jobs.worker KINDS PARENT HOME``, started by a supervisor and by nobody else.

It imports what the kinds need and then waits, one job after another, each in a child of its own: a fork of a process
that is warm already begins in milliseconds, and whatever a picture does to the process that decodes it, the next job,
perhaps of another user, sees nothing of it. The worker itself opens nobody's pictures, and starts no threads.

Messages that come: ``{"job": ..., "limits": ...}``, ``{"stop": true}`` for the job that runs, ``{"kill": true}``.
Messages that go: ``ready``, ``progress``, the end of a job as its child saw it, and ``over`` when the child is gone.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pinxit.jobs.attempt import attempt
from pinxit.jobs.confinement import die_with, give_way
from pinxit.jobs.kind import Kind, open_kinds
from pinxit.jobs.lines import Lines, send
from pinxit.jobs.network import refuse_network


def main(module: str, parent: int, home: str) -> None:
    """Serve a supervisor until it is gone."""
    die_with(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the supervisor's business
    start, out = time.monotonic(), _own_output()
    give_way()
    network = refuse_network()
    kinds = open_kinds(module)
    _warm(kinds)
    gc.freeze()  # children share this memory for as long as nobody looks through it
    orders = Lines(0)
    with contextlib.suppress(BrokenPipeError):
        send(out, {"event": "ready", "network": network, "seconds": round(time.monotonic() - start, 3)})
        while not orders.closed:
            for order in orders.read():
                if "job" in order:
                    _serve(order, kinds, Path(home), orders, out)


def _own_output() -> int:
    """A descriptor for messages; what anybody prints goes to stderr from now on."""
    out = os.dup(1)
    os.set_inheritable(out, False)
    os.dup2(2, 1)
    return out


def _warm(kinds: Mapping[str, Kind]) -> None:
    """Import what the kinds name, as far as it is installed."""
    for name in dict.fromkeys(name for kind in kinds.values() for name in kind.warm):
        module, _, function = name.partition(":")
        with contextlib.suppress(ImportError):
            found = importlib.import_module(module)
            if function:
                getattr(found, function)()


def _serve(order: Mapping[str, Any], kinds: Mapping[str, Kind], home: Path, orders: Lines, out: int) -> None:
    """Do one job in a child, and heed what is said of it meanwhile."""
    worker = os.getpid()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(orders.handle)
            die_with(worker)
            attempt(order, kinds, home, out)
            code = 0
        finally:
            os._exit(code)
    watch = os.pidfd_open(child)
    try:
        while watch not in select.select([watch, orders.handle], [], [])[0]:
            messages = orders.read()
            if orders.closed or any("kill" in message for message in messages):
                os.kill(child, signal.SIGKILL)  # not yet waited for, so nobody else has its number
                break
            if any("stop" in message for message in messages):
                os.kill(child, signal.SIGINT)
    finally:
        os.close(watch)
        _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    seconds = round(used.ru_utime + used.ru_stime, 3)
    send(out, {"event": "over", "code": code, "processor": seconds, "memory": used.ru_maxrss * 1024})


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
