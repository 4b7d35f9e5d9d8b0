"""What keeps a worker small, each tried in a process of its own."""

import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from workshop import alive, soon

from pinxit.jobs import network
from pinxit.jobs.confinement import die_with, give_way, hold_to
from pinxit.jobs.kind import Limits


def in_a_child(work):
    """Do something in a fork; the exit code that it ends with, negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = work() or 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def opened(*kind):
    try:
        socket.socket(*kind).close()
    except PermissionError:
        return False
    return True


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_the_kernel_refuses_every_socket():
    def work():
        assert network.refuse_network() == network.KERNEL
        families = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK)
        assert not any(opened(family, socket.SOCK_DGRAM) for family in families)
        assert not opened(socket.AF_INET, socket.SOCK_STREAM)
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)  # as a library in C would
        assert libc.socket(2, 1, 0) == -1 and ctypes.get_errno() == 13
        assert libc.syscall(425, 8, 0) == -1 and ctypes.get_errno() == 13  # io_uring_setup
        assert libc.syscall(0x40000000 + 41, 2, 1, 0) == -1 and ctypes.get_errno() == 13  # x32, with x86-64 alone
        # nothing else is touched: files, pipes, pairs of sockets, children
        os.close(os.open("/dev/null", os.O_RDONLY))
        for one in socket.socketpair():
            one.close()
        return in_a_child(lambda: not opened(socket.AF_INET) and 7) - 7

    assert in_a_child(work) == 0


def test_where_the_kernel_cannot_be_asked(monkeypatch):
    def work():
        assert network.refuse_network() == network.PYTHON
        assert not opened(socket.AF_INET)
        try:
            socket.getaddrinfo("localhost", 80)
        except PermissionError:
            return 0

    monkeypatch.setattr(network, "_MACHINES", {})
    assert in_a_child(work) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the signal is Linux's")
def test_nobody_outlives_a_parent():
    code = (
        "import os, sys, time; from pinxit.jobs.confinement import die_with\n"
        "parent = os.getpid(); child = os.fork()\n"
        "if child == 0: die_with(parent); print(os.getpid(), flush=True); time.sleep(60)\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    soon(lambda: not alive(child), 5)


def test_a_parent_that_is_dead_already():
    assert in_a_child(lambda: die_with(os.getpid())) == 1


def test_giving_way():
    before = os.nice(0)

    def work():
        give_way()
        assert os.nice(0) == min(19, before + 5) and resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
        adjusted = Path("/proc/self/oom_score_adj")
        assert not adjusted.exists() or int(adjusted.read_text()) >= 500

    assert in_a_child(work) == 0


def test_limits():
    def work():
        hold_to(Limits(memory=1 << 33, processor=100, file=1 << 20))
        hold_to(Limits(memory=1 << 40, processor=5, file=1 << 30))  # a roof that is there is never lifted
        assert resource.getrlimit(resource.RLIMIT_DATA) == (1 << 33, 1 << 33)
        assert resource.getrlimit(resource.RLIMIT_FSIZE) == (1 << 20, 1 << 20)
        assert resource.getrlimit(resource.RLIMIT_CPU) == (5, 6)

    assert in_a_child(work) == 0


def test_memory_is_refused_where_it_is_asked_for():
    def work():
        hold_to(Limits(memory=1 << 30))
        try:
            bytearray(2 << 30)
        except MemoryError:
            return 0

    assert in_a_child(work) == 0


def test_processor_time_ends_what_does_not_listen():
    def work():
        signal.signal(signal.SIGXCPU, signal.SIG_IGN)
        hold_to(Limits(processor=1))
        while True:
            pass

    assert in_a_child(work) == -signal.SIGKILL
