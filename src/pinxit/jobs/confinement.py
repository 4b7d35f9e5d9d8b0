"""What keeps a worker small: it dies with whoever started it, gives way to others, and takes no more than it may."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

from pinxit.jobs.kind import Limits

_DEATH_SIGNAL, _DUMPABLE = 1, 4  # of prctl(2)
BEHIND = 5
"""How much nicer a worker is than its supervisor, and one with a long job than other workers (see nice(1))."""
_FIRST_TO_GO = "500"  # of /proc/self/oom_score_adj: when memory is short, a worker goes before the service does


def die_with(parent: int) -> None:
    """Be killed when the parent process dies; end at once if it is dead already.

    The kernel looks at the thread that started this process: it must live as long as the process is wanted.
    """
    prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def give_way() -> None:
    """Run behind what answers people, go first when memory is short, and leave no core dumps."""
    os.nice(BEHIND)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl(_DUMPABLE, 0)  # a program that takes dumps over a pipe does not ask for the limit


def hold_to(limits: Limits) -> None:
    """Limit memory, processor time and size of files of this process; lower limits that hold already stay.

    Too much memory is a MemoryError, too large a file an OSError (EFBIG), too much processor time SIGXCPU, which ends
    the process. Memory is what the process has to itself (``RLIMIT_DATA``), not addresses (``RLIMIT_AS``): libraries
    such as torch set aside several times the addresses that they use.
    """
    _lower(resource.RLIMIT_DATA, limits.memory)
    _lower(resource.RLIMIT_FSIZE, limits.file)
    # The first limit sends a signal that ends the process; the second one, a second later, kills one that caught it.
    _lower(resource.RLIMIT_CPU, max(1, round(limits.processor)), more=1)


def prctl(option: int, *values: int) -> bool:
    """Call prctl(2); whether it did what was asked. False where there is none."""
    if sys.platform != "linux":
        return False
    call = ctypes.CDLL(None, use_errno=True).prctl
    call.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    return call(option, *values, *[0] * (4 - len(values))) == 0


def _lower(what: int, most: int, more: int = 0) -> None:
    _, hard = resource.getrlimit(what)
    top = most + more if hard == resource.RLIM_INFINITY else min(most + more, hard)
    resource.setrlimit(what, (min(most, top), top))
