"""``pinxit jobs``: work that waits, runs or is done, and the program that does it."""

import contextlib
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinxit.cli.options import Json, Quiet
from pinxit.cli.running import emit, note, say, table
from pinxit.errors import InputError

if TYPE_CHECKING:
    from pinxit.jobs import Job, Jobs, Supervisor

jobs = typer.Typer(help="Look after work that waits, runs or is done.", invoke_without_command=True)
JobName = Annotated[str, typer.Argument(help="Name of a job, or how it starts.", show_default=False)]
_SHORT = 8


def _queue() -> "Jobs":
    from pinxit.jobs import Jobs

    return Jobs()


@jobs.callback()
def _without_command(ctx: typer.Context) -> None:
    """Look after work that waits, runs or is done; without a command, list it."""
    if ctx.invoked_subcommand is None:
        list_jobs()


@jobs.command("list")
def list_jobs(
    state: Annotated[
        list[str] | None,
        typer.Option(help="Only queued, running, paused, done, failed or cancelled ones.", show_default=False),
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help="Only this user's.", show_default=False)] = None,
    last: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 30,
    json: Json = False,
) -> None:
    """List jobs, the newest first."""
    found = _queue().list(states=state or (), user=user, limit=last)
    if json:
        return emit([job.as_dict() for job in found])
    if not found:
        return say("no jobs")
    rows = [(job.id[:_SHORT], job.kind, _state(job), job.user, _age(job.created), _words(job)) for job in found]
    table(("job", "kind", "state", "user", "came", ""), rows)


@jobs.command()
def show(name: JobName, json: Json = False) -> None:
    """Show everything about a job, and where its files are."""
    queue = _queue()
    job = queue.find(name)
    folder = queue.folders.path(job.id)
    facts = job.as_dict() | {"folder": folder, "bytes": queue.folders.size(job.id)}
    if json:
        return emit(facts)
    for key, value in facts.items():
        if value not in (None, "", {}):
            say(f"{key.replace('_', ' ') + ':':11} {value}")


@jobs.command()
def run(
    workers: Annotated[
        int | None,
        typer.Option("--workers", "-j", min=1, help="Jobs at once; else one for two cores, two at least."),
    ] = None,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="Stop when nothing waits or runs.")] = False,
    quiet: Quiet = False,
) -> None:
    """Do the work that waits, until Ctrl-C; then stop in order, within 20 seconds.

    Workers are processes of their own, without network, and may be killed at any moment: what they did not finish goes
    on with the next. Several of these programs share the work.
    """
    from pinxit.jobs import Supervisor

    supervisor = Supervisor(_queue(), workers=workers, on_end=lambda job, _: note(_ended(job), quiet))
    note(f"pinxit: {supervisor.size} workers; Ctrl-C stops in order, once more at once", quiet)
    with _stopped_by_signals(supervisor):
        supervisor.run(until_empty=until_empty)


@jobs.command()
def pause(name: JobName, json: Json = False, quiet: Quiet = False) -> None:
    """Let a job wait until it is resumed; a running one keeps what it has."""
    _turned("pause", name, json, quiet)


@jobs.command()
def resume(name: JobName, json: Json = False, quiet: Quiet = False) -> None:
    """Let a paused job go on."""
    _turned("resume", name, json, quiet)


@jobs.command()
def cancel(name: JobName, json: Json = False, quiet: Quiet = False) -> None:
    """Give a job up; its files stay until it is cleared."""
    _turned("cancel", name, json, quiet)


@jobs.command()
def retry(name: JobName, json: Json = False, quiet: Quiet = False) -> None:
    """Try a failed or cancelled job again."""
    _turned("retry", name, json, quiet)


@jobs.command()
def clear(
    names: Annotated[list[str] | None, typer.Argument(help="Only these; else all finished ones.")] = None,
    days: Annotated[float, typer.Option(min=0, help="Only those that ended so many days ago.")] = 0.0,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Remove finished jobs with all their files, results among them. Styles in the library stay."""
    queue = _queue()
    chosen = [queue.find(name) for name in names or ()]
    what = f"{len(chosen)} jobs" if names else "all finished jobs" if not days else f"jobs over {days:g} days old"
    if not yes and not typer.confirm(f"Remove {what} with their results?", err=True):
        raise typer.Exit(InputError.exit_code)
    for job in chosen:
        queue.delete(job.id)
    gone = len(chosen) if names else queue.clear(older_than=days * 86400)
    if json:
        emit({"cleared": gone})
    elif not quiet:
        say(f"{gone} cleared")


def _turned(verb: str, name: str, json: bool, quiet: bool) -> None:
    queue = _queue()
    job = getattr(queue, verb)(queue.find(name).id)
    if json:
        emit(job.as_dict())
    elif not quiet:
        say(f"{job.id[:_SHORT]} {_state(job)}")


@contextlib.contextmanager
def _stopped_by_signals(supervisor: "Supervisor") -> Iterator[None]:
    """Stop in order at the first Ctrl-C or SIGTERM, and at once at the second."""

    def ask(number: int, frame: Any) -> None:
        signal.signal(number, signal.default_int_handler)
        supervisor.ask_to_stop()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _state(job: "Job") -> str:
    progress = job.progress
    if job.state == "running" and job.wish:
        return {"pause": "pausing", "cancel": "cancelling"}[job.wish]
    if job.state in ("running", "paused") and progress.total:
        left = f", {progress.seconds_left:.0f} s left" if progress.seconds_left is not None else ""
        return f"{job.state} {progress.done / progress.total:.0%}{left if job.state == 'running' else ''}"
    return job.state


def _words(job: "Job") -> str:
    return job.error["message"] if job.error else job.progress.text if not job.finished else ""


def _ended(job: "Job") -> str:
    words = f": {job.error['message']}" if job.error else ""
    return f"{job.id[:_SHORT]} {job.kind} {job.state}{words}"


def _age(created: float) -> str:
    seconds = max(0.0, time.time() - created)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
