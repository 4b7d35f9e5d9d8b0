"""Lines of JSON through a pipe, as supervisor and workers speak."""

import json
import os
from collections.abc import Mapping
from typing import Any

_LONGEST = 2 << 20  # bytes of a line; whoever sends more talks nonsense


class Lines:
    """What comes out of a pipe.

    Args:
        handle: File descriptor, read only here.

    Attributes:
        closed: Whether the other end is gone, or talked nonsense.
    """

    def __init__(self, handle: int) -> None:
        self.handle, self.closed = handle, False
        self._rest = b""

    def read(self) -> list[dict[str, Any]]:
        """The messages that came since; waits where nothing is there and the pipe is a waiting one."""
        try:
            data = os.read(self.handle, 1 << 16)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        *lines, self._rest = (self._rest + data).split(b"\n")
        messages = [_message(line) for line in lines]
        self.closed = not data or len(self._rest) > _LONGEST or None in messages
        return [message for message in messages if message is not None]


def send(handle: int, message: Mapping[str, Any]) -> None:
    """Write a message to a pipe, whole.

    Raises:
        OSError: The other end is gone.
    """
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(handle, data) :]


def _message(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
