"""A disk that is really full: a file system of sixteen MiB, in a mount namespace of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, sys
from pathlib import Path

from pinxit.errors import CapacityError
from pinxit.jobs import Jobs
from pinxit.library.database import connected
from workshop import WAIT, soon, working

home = Path(sys.argv[1])
jobs = Jobs(home, kinds="tiny_kinds")
first = jobs.add("count", {"units": 100, "pause": 0.02})
filler = home / "filler"


def fill():
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 9, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


refused = 0
with working(jobs, workers=1) as supervisor:
    for moment in range(20):
        soon(lambda: jobs.get(first.id).progress.done >= 3 * moment)
        fill()
        try:
            jobs.add("copy", {"file": "a"}, files={"a": bytes(1 << 16)})
        except CapacityError as error:
            refused += "no room" in str(error) or "cannot be written" in str(error)
        assert jobs.get(first.id).state in ("running", "queued", "done")  # reading goes on
        filler.unlink()
    assert refused == 20, refused
    jobs.clock = supervisor.leases.clock = lambda now=jobs.clock: now() + 10_000  # waits are over
    found = jobs.wait(first.id, WAIT)
    assert found.state == "done", (found, supervisor.trouble)
    assert soon(lambda: supervisor.trouble is None)
    assert jobs.wait(jobs.add("copy", {"file": "a"}, files={"a": b"x"}).id, WAIT).state == "done"
lines = jobs.folders.result(first.id, "line.txt").read_text().split()
assert lines == [str(unit) for unit in range(100)], lines
assert len(list(jobs.folders.root.iterdir())) == 2
with connected(jobs.database) as db:
    assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
sys.stdout.write("well")
"""


def test_twenty_times_full(tmp_path):
    """Asking is refused in words, looking goes on, and what waits or runs ends well once there is room."""
    if shutil.which("unshare") is None or sys.platform != "linux":
        pytest.skip("no unshare here, which gives a file system of one's own")
    small = tmp_path / "small"
    small.mkdir()
    inside = f"mount -t tmpfs -o size=16m none {small} || exit 77; exec {sys.executable} -c '{SCRIPT}' {small}"
    inside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", inside.replace("'\n", "'")]
    paths = {"PYTHONPATH": str(Path(__file__).parent), "PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}
    made = subprocess.run(inside, capture_output=True, text=True, env=paths, timeout=150)
    if made.returncode == 77 or "unshare failed" in made.stderr:
        pytest.skip("this machine gives no file systems of one's own")
    assert (made.returncode, made.stdout) == (0, "well"), made.stderr[-3000:]
