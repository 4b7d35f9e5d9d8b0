"""One attempt at a job, in a process of its own that ends with it."""

import contextlib
import errno
import faulthandler
import fcntl
import json
import os
import shutil
import signal
import sqlite3
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pinxit.errors import CapacityError, NotFoundError, PinxitError
from pinxit.files import write_whole
from pinxit.jobs.confinement import BEHIND, hold_to
from pinxit.jobs.folders import INPUTS, LOCK, LOG, OUTPUTS, RESULT, SCRATCH
from pinxit.jobs.kind import Kind, Limits, checked
from pinxit.jobs.leases import failure
from pinxit.jobs.lines import send
from pinxit.jobs.task import Task

_PATIENCE = 30.0  # seconds that another attempt at the same job, which ought to be dead, is waited for
_MAY_PASS = {errno.ENOSPC, errno.EDQUOT, errno.EAGAIN}
_NO_MEMORY = ("can't allocate memory", "not enough memory", "insufficient memory", "can't start new thread")
MOST_RESULT = 1 << 20
"""Bytes of the small JSON that comes of a job."""


def attempt(order: Mapping[str, Any], kinds: Mapping[str, Kind], home: Path, out: int) -> None:
    """Do a job and send how it ended: ``done``, ``stopped``, ``failed`` or ``waits`` for room.

    Args:
        order: ``job`` with id, user, kind and arguments; ``folder``; ``limits``.
        kinds: By name.
        home: Of the library.
        out: Pipe for messages.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    limits, place = Limits(**order["limits"]), Path(order["folder"])
    try:
        with _inside(place) as folder:
            hold_to(limits)
            send(out, {"event": "done", "result": _result(order["job"], kinds, folder, home, out)})
    except KeyboardInterrupt:
        send(out, {"event": "stopped"})
    except BaseException as error:
        traceback.print_exc()
        how = "waits" if isinstance(error, CapacityError) and _may_pass(error) else "failed"
        error = told(error, limits)
        send(out, {"event": how, "error": error | {"message": _without_places(error["message"], place)}})


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[Path]:
    """Work in a job's folder, alone, with temporary files and everything that is printed in it."""
    try:
        lock = (folder / LOCK).open("wb")
    except FileNotFoundError as error:
        raise NotFoundError("the files of the job are gone from the disk; ask again with the same files") from error
    with lock, (folder / LOG).open("wb") as log:
        _alone(lock.fileno())
        for handle in (1, 2):
            os.dup2(log.fileno(), handle)
        faulthandler.enable()
        os.chdir(folder)
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder / SCRATCH)
        _empty(folder / SCRATCH)
        yield folder
        _empty(folder / SCRATCH)


def _alone(lock: int) -> None:
    """Hold the job; the lock dies with the process, so that two never work in one folder."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise CapacityError("an earlier attempt at the same job does not end") from error
            time.sleep(0.05)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)


def _result(job: Mapping[str, Any], kinds: Mapping[str, Kind], folder: Path, home: Path, out: int) -> Any:
    """What comes of the job; or what came of it already, where the last attempt was killed before the queue knew."""
    place = folder / RESULT
    if place.exists():
        return json.loads(place.read_bytes())
    kind = kinds[job["kind"]]
    os.nice(BEHIND if kind.long else 0)
    files = {path.name for path in (folder / INPUTS).iterdir()}
    arguments = checked(kind.arguments, job["arguments"], files)

    def report(facts: Mapping[str, Any]) -> None:
        send(out, {"event": "progress", **facts})

    task = Task(id=job["id"], user=job["user"], arguments=arguments, folder=folder, home=home, report=report)
    text = _without_places(_json(kind.work(task)), folder)
    with write_whole(place) as file:
        file.write_text(text, "utf-8")
    return json.loads(text)


def _json(value: object) -> str:
    """A value as JSON: arrays become lists, paths and the like text, NaN and infinity null."""
    text = json.dumps(value, default=lambda one: one.tolist() if hasattr(one, "tolist") else str(one))
    text = json.dumps(json.loads(text, parse_constant=lambda _: None), ensure_ascii=False)
    if len(text) > MOST_RESULT:
        raise CapacityError(f"the result has {len(text) >> 10} KiB of JSON, and {MOST_RESULT >> 10} are the most")
    return text


def _without_places(text: str, folder: Path) -> str:
    """A text without the places of files on this machine: names are enough for whoever asked."""
    for part in (f"{folder / INPUTS}/", f"{folder / OUTPUTS}/", f"{folder}/", str(folder)):
        text = text.replace(part, "")
    return text


def told(error: BaseException, limits: Limits) -> dict[str, Any]:
    """An error in the words of the command line; one that nobody foresaw without its own, which may quote anything."""
    causes = list(_causes(error))
    if any(isinstance(one, OSError) and one.errno == errno.EFBIG for one in causes):
        most = f"{limits.file / 2**20:.0f} MiB"
        return failure("CapacityError", f"a file grew over the {most} that a job may write; ask for less at once", 4)
    if any(isinstance(one, MemoryError) or _says(one, _NO_MEMORY) for one in causes):
        most = f"{limits.memory / 2**20:.0f} MiB"
        return failure("CapacityError", f"the job needs more than the {most} of memory that it may take", 4)
    if isinstance(error, PinxitError):
        return failure(type(error).__name__, str(error), error.exit_code)
    return failure("InternalError", f"the work failed in a way that nobody foresaw ({type(error).__name__})")


def _may_pass(error: BaseException) -> bool:
    """Whether it may go better later: room on the disk, a database or a folder that others hold."""
    return any(
        (isinstance(one, OSError) and one.errno in _MAY_PASS)
        or (isinstance(one, sqlite3.OperationalError) and _says(one, ("full", "locked", "busy")))
        for one in _causes(error)
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    text = str(error).casefold()
    return isinstance(error, RuntimeError | sqlite3.Error | MemoryError) and any(word in text for word in words)
