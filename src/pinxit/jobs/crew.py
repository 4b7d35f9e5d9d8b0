"""A worker as its supervisor sees it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pinxit.jobs.job import Progress
from pinxit.jobs.kind import Limits
from pinxit.jobs.leases import Held, Outcome, failure
from pinxit.jobs.lines import Lines, send
from pinxit.settings import HOME_VARIABLE

_NAMES = "PATH HOME USER LOGNAME LANG TZ TMPDIR LD_LIBRARY_PATH VIRTUAL_ENV PINXIT_DEVICE"
_FAMILIES = "LC_ PYTHON XDG_ OMP_ KMP_ MKL_ OPENBLAS_ NUMBA_ TORCH_ CUDA_ NVIDIA_"
_DEAF = 5.0  # seconds in which a worker has killed its job
_ENDS = ("done", "failed", "stopped", "waits")


@dataclass(frozen=True)
class Usage:
    """What an attempt took.

    Args:
        processor: Seconds of processor time.
        memory: Most bytes in memory at once, those that it shares with its worker among them.
        seconds: From claim to end.
    """

    processor: float
    memory: int
    seconds: float


class Worker:
    """A warm process that does one job at a time.

    Args:
        module: Of the kinds.
        home: Of the library.

    Attributes:
        ready: Whether it waits for work or does some; False while it starts.
        network: Who refuses it the network.
        held: The job that it has, or None.
        outcome: How the job ended, once its child said so.
        usage: What it took, once its child is gone.
        limits: Of its job.
        heard: When its job's progress was last heard of, monotonic seconds; so are ``started`` and ``kill_at``.
        kill_at: When to :meth:`insist`, or None.
    """

    def __init__(self, module: str, home: Path) -> None:
        command = [sys.executable, "-P", "-m", "pinxit.jobs.worker", module, str(os.getpid()), str(home)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        # A process group of its own: Ctrl-C in a terminal reaches the supervisor alone, which then stops in order.
        self.process = subprocess.Popen(command, env=_environment(home), process_group=0, **pipes)
        os.set_blocking(self.process.stdout.fileno(), False)
        self._lines = Lines(self.process.stdout.fileno())
        self.started = time.monotonic()
        self.ready, self.network = False, ""
        self.held: Held | None = None
        self.outcome: Outcome | None = None
        self.usage: Usage | None = None
        self.heard = self.begun = 0.0
        self.kill_at: float | None = None
        self._forced: Outcome | None = None
        self.limits = Limits()

    def fileno(self) -> int:
        """Of the pipe that it speaks through."""
        return self._lines.handle

    @property
    def free(self) -> bool:
        """Whether it waits for work."""
        return self.ready and self.held is None

    @property
    def gone(self) -> bool:
        """Whether the process is dead, or no longer to be talked to."""
        return self._lines.closed or self.process.poll() is not None

    @property
    def silent_for(self) -> float:
        """Seconds without a sign of progress of its job."""
        return time.monotonic() - self.heard

    def begin(self, held: Held, folder: Path, limits: Limits) -> None:
        """Hand it a job."""
        job = {"id": held.job.id, "user": held.job.user, "kind": held.job.kind, "arguments": held.job.arguments}
        self.held, self.limits, self.begun = held, limits, time.monotonic()
        self.outcome = self.usage = self.kill_at = self._forced = None
        self.heard = self.begun
        self._say({"job": job, "folder": str(folder), "limits": asdict(limits)})

    def stop(self, within: float) -> None:
        """Ask its job to keep what it has and stop; killed if it has not within so many seconds."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + within
            self._say({"stop": True})

    def kill(self, outcome: Outcome) -> None:
        """Kill its job, which has ended so then, unless it is done already."""
        if self._forced is None:
            self._forced, self.kill_at = outcome, time.monotonic() + _DEAF
            self._say({"kill": True})

    def insist(self) -> None:
        """Do what is to be done at ``kill_at``: kill its job, or all of it where it was deaf to that."""
        if self._forced is None:
            self.kill(Outcome("stopped"))
        else:
            self.process.kill()

    def listen(self) -> None:
        """Take in what it says; ``usage`` is there when its job is over."""
        for message in self._lines.read():
            event = message.get("event")
            if event == "ready":
                self.ready, self.network = True, str(message.get("network"))
            elif event == "progress" and self.held is not None:
                self.held.progress = _progress(message, self.held.progress or self.held.job.progress)
                self.heard = time.monotonic()
            elif event in _ENDS and self.outcome is None:
                self.outcome = _outcome(message)
            elif event == "over" and self.held is not None:
                self._over(message)
        if self.gone and self.held is not None and self.usage is None:
            self._over({"code": self.process.poll() or -signal.SIGKILL})

    def _over(self, message: Mapping[str, Any]) -> None:
        seconds = time.monotonic() - self.begun
        self.usage = Usage(_number(message.get("processor")), int(_number(message.get("memory"))), seconds)
        if self._forced is not None and (self.outcome is None or self.outcome.how != "done"):
            self.outcome = self._forced
        elif self.outcome is None:
            self.outcome = _died(int(_number(message.get("code"))), self.limits)

    def release(self) -> None:
        """Forget its job, which is over."""
        self.held = self.outcome = self.usage = self.kill_at = None

    def end(self) -> None:
        """End the process, and its job with it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()

    def _say(self, message: Mapping[str, Any]) -> None:
        with contextlib.suppress(OSError):  # it is dead, which shows when it is listened to
            send(self.process.stdin.fileno(), message)


def _environment(home: Path) -> dict[str, str]:
    """What a worker may know of the supervisor's environment: no secrets that a service keeps there."""
    names, families = _NAMES.split(), tuple(_FAMILIES.split())
    kept = {name: value for name, value in os.environ.items() if name in names or name.startswith(families)}
    # OpenMP threads that spin at barriers starve each other on shared cores.
    return {"OMP_WAIT_POLICY": "PASSIVE", **kept, HOME_VARIABLE: str(home)}


def _progress(message: Mapping[str, Any], before: Progress) -> Progress:
    """What a child says of its progress, believed no further than it can be written down."""
    left, losses = message.get("seconds_left"), message.get("losses")
    figures = {str(name)[:40]: _number(value) for name, value in losses.items()} if isinstance(losses, dict) else None
    return Progress(
        done=int(_number(message.get("done"))),
        total=int(_number(message.get("total"))),
        text=str(message.get("text", ""))[:200],
        seconds_left=None if left is None else max(0.0, _number(left)),
        preview=str(message["preview"])[:40] if message.get("preview") else before.preview,
        losses=dict(list(figures.items())[:40]) if figures else before.losses,
    )


def _outcome(message: Mapping[str, Any]) -> Outcome:
    """How a child says that its job ended."""
    error, result = message.get("error"), message.get("result")
    error = error if isinstance(error, dict) else {}
    told = failure(str(error.get("type"))[:40], str(error.get("message")), int(_number(error.get("exit_code"))))
    if message["event"] == "done":
        return Outcome("done", result if isinstance(result, dict) else {})
    return Outcome(message["event"], error=told)


def _died(code: int, limits: Limits) -> Outcome:
    """What a child's death says about its job."""
    if code == -signal.SIGXCPU:
        words = f"the job used the {limits.processor:.0f} s of processor time that it may take; ask for less at once"
        return Outcome("failed", error=failure("CapacityError", words, 4))
    if code < 0:
        named = code in [-one for one in signal.Signals]
        words = f"signal {-code}, {signal.Signals(-code).name}" if named else f"signal {-code}"
    else:
        words = f"exit code {code}"
    return Outcome("crashed", error=failure("Crashed", f"it ended by {words}; one of its files may be at fault"))


def _number(value: object) -> float:
    sound = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
    return value if sound else 0
