"""Kinds of job for tests: quick, and as naughty as the worst picture."""

import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from pinxit.errors import CapacityError, InputError
from pinxit.files import write_whole
from pinxit.jobs.kind import Input, Kind, Limits


@dataclass(frozen=True, kw_only=True)
class Nothing:
    pass


@dataclass(frozen=True, kw_only=True)
class Sleep:
    seconds: float = 0.0
    heeds: bool = True


@dataclass(frozen=True, kw_only=True)
class Count:
    units: int
    pause: float = 0.0

    def check(self, library, files):
        if self.units < 1:
            raise InputError(f"units {self.units} came; 1 or more is wanted")


@dataclass(frozen=True, kw_only=True)
class Copy:
    file: Input
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Size:
    mib: int


def sleep(task):
    if not task.arguments.heeds:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    (task.kept / "began").write_text(str(os.getpid()))
    time.sleep(task.arguments.seconds)
    return {"pid": os.getpid(), "nice": os.nice(0), "user": task.user}


def count(task):
    """Each unit adds one line in one write, which is also what the next attempt goes on from."""
    with (task.kept / "began").open("a") as file:
        file.write("x")
    line = task.kept / "line"
    done = line.read_bytes().count(b"\n") if line.exists() else 0
    with line.open("ab", buffering=0) as file:
        for unit in range(done, task.arguments.units):
            time.sleep(task.arguments.pause)
            file.write(f"{unit}\n".encode())
            task.progress(unit + 1, task.arguments.units, f"unit {unit}", losses={"left": task.arguments.units - unit})
    (task.out / "line.txt").write_bytes(line.read_bytes())
    return {"units": task.arguments.units, "files": ["line.txt"]}


def copy(task):
    data = task.file(task.arguments.file).read_bytes()
    (task.out / "copy").write_bytes(data + task.arguments.text.encode())
    task.preview.write_bytes(b"preview")
    task.progress(1, 1, "copied", preview=True)
    return {"bytes": len(data), "odd": float("nan"), "path": Path("x")}


def crash(task):
    os.kill(os.getpid(), signal.SIGSEGV)


def fail(task):
    raise InputError("this came, that was wanted")


def bug(task):
    return {"x": 1 / 0}


def allocate(task):
    return {"bytes": len(bytearray(task.arguments.mib << 20))}


def spin(task):
    while True:
        pass


def write(task):
    with write_whole(task.out / "big") as file:
        file.write_bytes(bytes(task.arguments.mib << 20))
    return {}


def wait_for_room(task):
    """Fails as a full disk does until somebody puts a file there."""
    if not (task.home / "room").exists():
        try:
            raise OSError(28, "No space left on device")
        except OSError as error:
            raise CapacityError("the disk has no room; free some space") from error
    return {}


def call(task):
    found = {}
    for family in ("AF_INET", "AF_INET6", "AF_UNIX"):
        try:
            socket.socket(getattr(socket, family)).close()
            found[family] = "open"
        except PermissionError:
            found[family] = "refused"
    return found


def environment(task):
    return dict(os.environ)


KINDS = {
    "sleep": Kind(Sleep, sleep),
    "long": Kind(Sleep, sleep, long=True),
    "single": Kind(Sleep, sleep, at_once=1),
    "quiet": Kind(Sleep, sleep, Limits(silence=0.3)),
    "count": Kind(Count, count),
    "copy": Kind(Copy, copy),
    "crash": Kind(Nothing, crash),
    "fail": Kind(Nothing, fail),
    "bug": Kind(Nothing, bug),
    "allocate": Kind(Size, allocate, Limits(memory=256 << 20)),
    "spin": Kind(Nothing, spin, Limits(processor=1)),
    "write": Kind(Size, write, Limits(file=1 << 20)),
    "room": Kind(Nothing, wait_for_room),
    "call": Kind(Nothing, call),
    "environment": Kind(Nothing, environment),
}
