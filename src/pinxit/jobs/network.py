"""No network for this process and its children: by the kernel where it can be asked, else in Python alone."""

import ctypes
import errno
import platform
import struct
import sys
from typing import Any

from pinxit.jobs.confinement import prctl

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2  # of prctl(2)
_LOAD, _IS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # BPF: load a word, jump if equal, jump if not less, return
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_CALL, _MACHINE = 0, 4  # places in struct seccomp_data
_OTHER_ABI = 0x40000000  # x32 calls, by which x86-64 could be asked under other numbers
_IO_URING_SETUP = 425  # opens sockets without socket(2)
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # architecture, number of socket(2)

KERNEL = "refused by the kernel"
PYTHON = "refused in Python alone: libraries in C could still reach it"


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_network() -> str:
    """Refuse every new socket, for good.

    The kernel refuses ``socket(2)`` and ``io_uring_setup(2)`` by a filter (seccomp), which needs no rights and works in
    containers too, where a network namespace is mostly not allowed. Sockets of any family are refused, also those of
    this machine. Pairs of connected sockets are still made, since they lead nowhere. Where there is no such filter,
    an audit hook refuses sockets that Python opens, and no others.

    Returns:
        Who refuses: ``KERNEL`` or ``PYTHON``.

    Source:
        Linux kernel documentation, userspace-api/seccomp_filter; PEP 578.
    """
    if _filtered():
        return KERNEL
    sys.addaudithook(_guard)
    return PYTHON


def _filtered() -> bool:
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or sys.maxsize < 1 << 32:
        return False
    architecture, socket = machine
    steps = (
        (_LOAD, 0, 0, _MACHINE),
        (_IS, 0, 5, architecture),
        (_LOAD, 0, 0, _CALL),
        (_AT_LEAST, 3, 0, _OTHER_ABI),
        (_IS, 2, 0, socket),
        (_IS, 1, 0, _IO_URING_SETUP),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    )
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    return prctl(_NO_NEW_PRIVILEGES, 1) and prctl(_SET_SECCOMP, _FILTER, ctypes.addressof(program))


def _guard(event: str, _: tuple[Any, ...]) -> None:
    if event.startswith("socket."):
        raise PermissionError(errno.EACCES, "a job has no network")
