"""The command line: arguments in, exit codes out."""

from pinxit.cli.program import app, main

__all__ = ["app", "main"]
