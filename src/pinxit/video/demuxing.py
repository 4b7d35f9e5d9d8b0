"""Opening files through PyAV, by named kinds only, and telling its failures in one line."""

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pinxit.errors import CapacityError, MissingExtraError, NotFoundError, PictureError, PinxitError

FORMATS = "mov,matroska,avi,mpegts,mpeg,mpegvideo,h264,hevc,obu,ivf,flv,asf,ogg,mxf,yuv4mpegpipe,nut,dv,m4v,vob"
"""Kinds of file that are opened, by FFmpeg's names. None of them leads to another file or address."""
_TEXTS = (
    b"#EXTM3U",
    b"ffconcat",
    b"v=0",
    b"<?xml",
    b"<MPD",
    b"<smil",
    b"<asx",
    b"[playlist]",
    b"[Reference]",
    b"file ",
)


def video_package() -> Any:
    """PyAV.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import av
        import av.error
    except ImportError as error:
        raise MissingExtraError("av", "video") from error
    return av


@contextlib.contextmanager
def av_errors(name: str, doing: str = "read") -> Iterator[None]:
    """Turn what PyAV raises into one line with advice; a full disk is for ``files.write_whole`` to tell."""
    av = video_package()
    try:
        yield
    except MemoryError as error:
        raise CapacityError(f"{name} needs more memory than there is; make the clip smaller") from error
    except (av.error.FFmpegError, ValueError, RuntimeError, UnicodeError) as error:
        if isinstance(error, PinxitError) or (doing != "read" and isinstance(error, OSError)):
            raise
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())[:200] or type(error).__name__
        advice = "it is damaged or of an unknown kind; save it again as .mp4 or .mkv and use that file"
        if doing != "read":
            advice = "choose another codec or suffix, such as .mp4"
        raise PictureError(f"{name} cannot be {doing} ({reason}): {advice}") from error


def check_file(path: Path) -> bytes:
    """The first bytes of a plain file that is not a playlist.

    Raises:
        NotFoundError: It is not there.
        PictureError: A folder, a device, empty, unreadable, or a text that names other files.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device or pipe"
            raise PictureError(f"{path} is {kind}, and a video file was wanted")
        with path.open("rb") as file:
            head = file.read(4096)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError(f"{path} is not there; check the name") from error
    except (OSError, ValueError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not head:
        raise PictureError(f"{path} is empty, and a video was wanted")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_TEXTS):
        raise PictureError(f"{path} is a playlist or text that names other files; name the video file itself")
    return head


def open_input(path: Path, max_pixels: int | None = None) -> Any:
    """Open a container: a plain file, of a named kind, from which nothing else is opened.

    Args:
        path: The file.
        max_pixels: Most pixels that a decoder may take memory for while the header is read.

    Raises:
        PictureError: Damaged, or of a kind that is not opened.
    """
    av = video_package()
    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    if max_pixels is not None:
        options["max_pixels"] = str(max_pixels)
    with av_errors(str(path)):
        return av.open(f"file:{path.absolute()}", options=options, metadata_errors="replace")
