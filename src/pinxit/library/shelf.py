"""A folder of style files, each named after its content."""

import contextlib
import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from pinxit.container import read_capped
from pinxit.errors import CapacityError, InputError, NotFoundError, StyleError
from pinxit.files import write_whole, writing_error
from pinxit.style import STYLE_SUFFIX

_OLD = 3600.0  # seconds after which a file that nobody names is what a killed process left


class Shelf:
    """Files of styles; who may remove what, and when, is the library's business.

    Args:
        folder: Made when missing.

    Raises:
        CapacityError: The folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise CapacityError(f"{folder} cannot be made, a file is in its way; set PINXIT_HOME") from error
        except OSError as error:
            raise writing_error(error, folder) from error

    def path(self, digest: str) -> Path:
        """Where the content with this SHA-256 is kept."""
        return self.folder / f"{digest}{STYLE_SUFFIX}"

    def put(self, data: bytes) -> str:
        """Keep a style's bytes and return their SHA-256."""
        digest = hashlib.sha256(data).hexdigest()
        with write_whole(self.path(digest)) as file:
            file.write_bytes(data)
        return digest

    def take(self, digest: str, name: str) -> bytes:
        """Return the bytes with this SHA-256.

        Raises:
            StyleError: The file is gone or damaged; ``name`` is the style's in the message.
        """
        advice = "bring it back from a copy of your own, or delete the style and learn it again"
        try:
            data = read_capped(self.path(digest))
        except NotFoundError as error:
            raise StyleError(f"the file of the style {name!r} is gone ({self.path(digest)}); {advice}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise StyleError(f"the file of the style {name!r} is damaged ({self.path(digest)}); {advice}")
        return data

    def sound(self) -> Iterator[tuple[str, bytes]]:
        """Digest and bytes of every file whose content still fits its name."""
        for path in sorted(self.folder.glob(f"*{STYLE_SUFFIX}")):
            with contextlib.suppress(InputError, NotFoundError):
                data = read_capped(path)
                if hashlib.sha256(data).hexdigest() == path.stem:
                    yield path.stem, data

    def leftovers(self, known: Iterable[str]) -> list[Path]:
        """Old files that are not among the known digests, half-written ones included."""
        kept = {self.path(digest).name for digest in known}
        return [path for path in self.folder.iterdir() if path.name not in kept and _age(path) > _OLD]

    def remove(self, paths: Iterable[Path]) -> None:
        """Remove files; one that is gone or cannot be removed is passed over, a later sweep tries again."""
        for path in paths:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
