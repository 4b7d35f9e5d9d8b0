"""Running commands as a user would, in this process."""

import json

from typer.testing import CliRunner

from pinxit.cli import app


def run(*words: object, code: int = 0, lines: str = ""):
    """Run a command, check its exit code, and return what came of it."""
    result = CliRunner().invoke(app, [str(word) for word in words], input=lines)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def pinxit(*words: object, code: int = 0) -> str:
    """Run a command, check its exit code, and return what it printed on stdout."""
    return run(*words, code=code).stdout


def answer(*words: object, code: int = 0, lines: str = "") -> dict:
    """Run a command with --json and return what it says."""
    return json.loads(run(*words, "--json", code=code, lines=lines).stdout)


def refused(*words: object, code: int) -> str:
    """Run a command that has to fail with one clear line, and return the line."""
    result = run(*words, code=code)
    lines = result.stderr.strip().split("\n")
    assert len(lines) == 1 and lines[0].startswith("pinxit: ") and result.stdout == ""
    return lines[0]
