"""Whether a film says that it is a panorama all around, and saying so in an MP4 or MOV file.

Source: Spherical Video V2 RFC (google/spatial-media), the box ``sv3d``; ISO/IEC 14496-12 for the boxes around it.
"""

import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pinxit.errors import PictureError
from pinxit.files import write_whole
from pinxit.video.facts import Clip
from pinxit.video.film import decode_frames

MARKED = (".mp4", ".m4v", ".mov")
"""Suffixes of files in which it can be said."""
_EQUIRECTANGULAR = 0  # as FFmpeg numbers projections


def is_spherical(clip: Clip) -> bool:
    """Whether a film's tags say that its frames are equirectangular."""
    if clip.kind != "video":
        return False
    tags = [
        struct.unpack_from("=i", bytes(side))[0]
        for _, frame in decode_frames(clip, 0, 1)
        for side in frame.side_data
        if side.type.name == "SPHERICAL"
    ]
    return tags[:1] == [_EQUIRECTANGULAR]


def mark_spherical(path: Path) -> None:
    """Write into a finished MP4 or MOV file that its frames are equirectangular; everything else stays as it is.

    Args:
        path: The file, which is replaced as a whole.

    Raises:
        PictureError: It has not the boxes of such a file.
        CapacityError: The disk is full.
    """
    with path.open("rb") as file:
        heads = {kind: (start, size) for kind, start, size in _heads(file, path.stat().st_size)}
        if not {b"moov", b"mdat"} <= set(heads):
            raise PictureError(f"{path} cannot be marked as a panorama: it is no whole MP4 or MOV file")
        start, size = heads[b"moov"]
        file.seek(start)
        moov = bytearray(file.read(size))
        tracks = [track for track in _Box(b"moov", 0, 8, size).inside(moov) if _is_film(track, moov)]
        if len(tracks) != 1:
            raise PictureError(
                f"{path} cannot be marked as a panorama: it has {len(tracks)} tracks of pictures, not one"
            )
        _insert(moov, tracks[0], moves=heads[b"mdat"][0] > start)
        with write_whole(path) as temporary, temporary.open("wb") as out:
            file.seek(0)
            out.write(file.read(start))
            out.write(moov)
            file.seek(start + size)
            shutil.copyfileobj(file, out, 1 << 20)


@dataclass(frozen=True)
class _Box:
    """A box: its kind, and where it, its contents and what follows it begin."""

    kind: bytes
    start: int
    body: int
    end: int

    def inside(self, data: bytearray, skipped: int = 0) -> Iterator["_Box"]:
        """The boxes in it."""
        at = self.body + skipped
        while at + 8 <= self.end:
            size, kind = struct.unpack_from(">I4s", data, at)
            if not 8 <= size <= self.end - at:
                return
            yield _Box(kind, at, at + 8, at + size)
            at += size

    def path(self, data: bytearray, *kinds: bytes) -> list["_Box"]:
        """The first box of each kind, one in the other; fewer where one is missing."""
        for box in self.inside(data):
            if box.kind == kinds[0]:
                return [box, *(box.path(data, *kinds[1:]) if kinds[1:] else [])]
        return []


def _is_film(box: _Box, data: bytearray) -> bool:
    handlers = box.path(data, b"mdia", b"hdlr") if box.kind == b"trak" else []
    return len(handlers) == 2 and data[handlers[1].body + 8 : handlers[1].body + 12] == b"vide"


def _insert(moov: bytearray, track: _Box, *, moves: bool) -> None:
    """Put the tag behind what stands in a track's sample entry; ``moves``: all samples move back by its length."""
    added = _tag()
    found = track.path(moov, b"mdia", b"minf", b"stbl", b"stsd")
    entry = next(found[-1].inside(moov, skipped=8))
    if moves:
        for other in _Box(b"moov", 0, 8, len(moov)).inside(moov):
            for kind, form in ((b"stco", "I"), (b"co64", "Q")):
                table = other.path(moov, b"mdia", b"minf", b"stbl", kind)[3:]
                if table:
                    (count,) = struct.unpack_from(">I", moov, table[0].body + 4)
                    offsets = struct.unpack_from(f">{count}{form}", moov, table[0].body + 8)
                    struct.pack_into(f">{count}{form}", moov, table[0].body + 8, *(n + len(added) for n in offsets))
    for start in (0, track.start, *(box.start for box in found), entry.start):
        struct.pack_into(">I", moov, start, struct.unpack_from(">I", moov, start)[0] + len(added))
    moov[entry.end : entry.end] = added


def _heads(file: Any, length: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and size of the boxes of a file."""
    at = 0
    while at + 16 <= length:
        file.seek(at)
        size, kind, large = struct.unpack(">I4sQ", file.read(16))
        size = large if size == 1 else size or length - at
        if size < 8:
            return
        yield kind, at, size
        at += size


def _tag() -> bytes:
    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    head = box(b"svhd", bytes(4) + b"pinxit\0")
    turned, bounds = box(b"prhd", bytes(4 + 3 * 4)), box(b"equi", bytes(4 + 4 * 4))  # not turned, nothing cut off
    return box(b"sv3d", head + box(b"proj", turned + bounds))
