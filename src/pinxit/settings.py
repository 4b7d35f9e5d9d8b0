"""Where pinxit keeps its things and which pinxit this is."""

import os
from functools import lru_cache
from pathlib import Path

HOME_VARIABLE = "PINXIT_HOME"
LEARNING = "learning"
"""Folder of the library's in which interrupted learning waits to be gone on with."""


def pinxit_home(home: str | os.PathLike[str] | None = None) -> Path:
    """The folder of the library.

    Args:
        home: A folder, or None for ``PINXIT_HOME``, else ``pinxit`` in the user's data folder (``XDG_DATA_HOME``, else
            ``~/.local/share``).

    Returns:
        An absolute path; nothing is made on the disk.

    Source:
        XDG Base Directory Specification 0.8: a relative ``XDG_DATA_HOME`` is passed over.
    """
    chosen = home if home is not None else os.environ.get(HOME_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "pinxit"


@lru_cache(maxsize=1)
def pinxit_version() -> str:
    """The installed version, such as "0.1.0"; "0" when the package runs without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pinxit")
    except PackageNotFoundError:
        return "0"
