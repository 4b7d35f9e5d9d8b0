"""Lookup tables as .cube files: the text format that grading, photo and streaming programs read."""

import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pinxit.errors import InputError, NotFoundError, StyleError
from pinxit.files import write_whole
from pinxit.tone.lut import Lut, identity_table

SIZES = (17, 33, 65)
"""Sizes that every program takes; any from 2 to ``MAX_WRITE_SIZE`` can be written."""
MAX_WRITE_SIZE = 129
MAX_READ_SIZE = 256
MAX_1D_SIZE = 65536

_MAX_LINE = 512
_MAX_SIDE_LINES = 10_000
_PLAIN_DOMAIN = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
_RESAMPLED = 65


def write_cube(
    lut: Lut, path: str | os.PathLike[str], *, size: int = 33, title: str = "pinxit", notes: Sequence[str] = ()
) -> Path:
    """Write a table as .cube, whole or not at all.

    Args:
        lut: Any table; brought to ``size`` by tetrahedral interpolation. Values are written as they are, not clamped.
        path: File to write or replace; its folder must be there.
        size: Nodes a side, 2..129; 17, 33 and 65 are read everywhere.
        title: The file's title; letters beyond ASCII are written without their accents or as "_".
        notes: Comment lines above the table.

    Raises:
        InputError: ``size`` is out of range.
        CapacityError: The disk is full or the folder cannot be written.

    Source:
        Adobe, Cube LUT Specification 1.0 (2013): red changes fastest, domain 0..1.
    """
    if not 2 <= size <= MAX_WRITE_SIZE:
        raise InputError(f"a .cube of size {size} was asked for; take 17, 33 or 65, at most {MAX_WRITE_SIZE}")
    # Adding 0 turns -0 into 0.
    rows = np.round(lut.resized(size).table.reshape(-1, 3).astype(np.float64), 7) + 0.0
    head = [f'TITLE "{_ascii(title)}"', *(f"# {_ascii(note)}" for note in notes), f"LUT_3D_SIZE {size}"]
    head += ["DOMAIN_MIN 0.0 0.0 0.0", "DOMAIN_MAX 1.0 1.0 1.0"]
    with write_whole(path) as file, Path(file).open("w", encoding="ascii", newline="\n") as stream:
        stream.write("\n".join(head) + "\n")
        for plane in np.array_split(rows, size):
            stream.write(("%.7f %.7f %.7f\n" * len(plane)) % tuple(plane.ravel().tolist()))
    return Path(path)


def read_cube(path: str | os.PathLike[str]) -> Lut:
    """Read a .cube file with a 3D table, a 1D table, or a 1D table before a 3D one.

    A domain other than 0..1 is resampled, so that the result's is 0..1; a 1D table becomes a 3D one of 65 nodes.

    Raises:
        NotFoundError: The path is not there.
        StyleError: No .cube file, damaged, cut short, too large, or with numbers that are not finite.
    """
    path = Path(path)
    try:
        with path.open("rb") as stream:
            return _Reader(stream, path.name).lut()
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} is not there; check the name") from error
    except OSError as error:
        raise StyleError(f"{path} cannot be read ({error.strerror}); a .cube file was wanted") from error


@dataclass
class _Reader:
    """One pass over the lines of a file."""

    stream: BinaryIO
    name: str
    sizes: dict[str, int] = field(default_factory=dict)
    domain: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = field(default_factory=dict)
    side_lines: int = 0

    def lut(self) -> Lut:
        lines = self._lines()
        first = self._read_head(lines)
        counts = {kind: size if kind == "1D" else size**3 for kind, size in self.sizes.items()}
        if not counts:
            raise self._wrong("it has no LUT_3D_SIZE or LUT_1D_SIZE")
        rows = self._rows(chain([first], lines), sum(counts.values()))
        curve, table = None, None
        if "1D" in counts:
            curve, rows = rows[: counts["1D"]], rows[counts["1D"] :]
        if "3D" in counts:
            size = self.sizes["3D"]
            table = Lut(rows.reshape(size, size, size, 3).astype(np.float32))
        if curve is None and self._domain("3D") == _PLAIN_DOMAIN:
            return table
        return self._resampled(curve, table)

    def _resampled(self, curve: np.ndarray | None, table: Lut | None) -> Lut:
        size = max(_RESAMPLED, table.size if table else 0)
        values = identity_table(size).reshape(-1, 3).astype(np.float64)
        if curve is not None:
            at = self._position(values, "1D") * (len(curve) - 1)
            nodes = np.arange(len(curve))
            values = np.stack([np.interp(at[:, c], nodes, curve[:, c]) for c in range(3)], -1)
        if table is not None:
            values = table.apply(self._position(values, "3D"))
        return Lut(values.reshape(size, size, size, 3).astype(np.float32))

    def _position(self, values: np.ndarray, kind: str) -> np.ndarray:
        """Where in 0..1 of its domain a colour lies; beyond the domain its edge counts, as the specification says."""
        low, high = map(np.array, self._domain(kind))
        return np.clip((values - low) / (high - low), 0, 1)

    def _domain(self, kind: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
        if kind in self.domain:
            return self.domain[kind]
        # Behind a shaper the 3D table has its own range; the general domain belongs to the first table.
        return self.domain.get("", _PLAIN_DOMAIN) if kind == "1D" or "1D" not in self.sizes else _PLAIN_DOMAIN

    def _lines(self) -> Iterator[str]:
        """Lines with something in them, decoded, without comments."""
        start = True
        while raw := self.stream.readline(_MAX_LINE + 1):
            if start and raw.startswith((b"\xff\xfe", b"\xfe\xff")):
                raise self._wrong("it is UTF-16 text; save it as UTF-8")
            line = _decoded(raw.removeprefix(b"\xef\xbb\xbf") if start else raw).strip()
            start = False
            if len(raw) > _MAX_LINE or "\0" in line:
                raise self._wrong("it has a line that is no text or too long")
            if line and not line.startswith("#"):
                yield line
                continue
            self.side_lines += 1
            if self.side_lines > _MAX_SIDE_LINES:
                raise self._wrong("it has too many empty or comment lines")

    def _read_head(self, lines: Iterator[str]) -> str:
        """Take the keyword lines; the first line of numbers comes back."""
        for count, line in enumerate(lines):
            if line[0] in "+-.0123456789":
                self._check_domains()
                return line
            if count > 100:
                raise self._wrong("it has too many lines before its table")
            self._take_keyword(*line.partition(" ")[::2] if "\t" not in line else line.split(None, 1))
        raise self._wrong("it holds no table")

    def _take_keyword(self, keyword: str, rest: str = "") -> None:
        if keyword == "TITLE":
            return
        if keyword in ("LUT_1D_SIZE", "LUT_3D_SIZE"):
            self._take_size(keyword[4:6], rest)
        elif keyword in ("DOMAIN_MIN", "DOMAIN_MAX"):
            low, high = self.domain.get("", _PLAIN_DOMAIN)
            values = self._numbers(rest, 3, keyword)
            self.domain[""] = (values, high) if keyword == "DOMAIN_MIN" else (low, values)
        elif keyword in ("LUT_1D_INPUT_RANGE", "LUT_3D_INPUT_RANGE"):
            low, high = self._numbers(rest, 2, keyword)
            self.domain[keyword[4:6]] = ((low,) * 3, (high,) * 3)
        elif keyword in ("LUT_IN_VIDEO_RANGE", "LUT_OUT_VIDEO_RANGE"):
            raise self._wrong(f"{keyword} marks a table for video range; export it for full range")
        else:
            raise self._wrong(f"{keyword[:40]!r} is no keyword of the format")

    def _check_domains(self) -> None:
        for low, high in self.domain.values():
            if not all(a < b for a, b in zip(low, high, strict=True)):
                raise self._wrong(f"its domain from {low} to {high} is empty")

    def _take_size(self, kind: str, rest: str) -> None:
        most = MAX_1D_SIZE if kind == "1D" else MAX_READ_SIZE
        if not rest.strip().isdecimal() or not 2 <= int(rest[:9]) <= most:
            raise self._wrong(f"its LUT_{kind}_SIZE is {rest.strip()[:20]!r}, and 2 to {most} was wanted")
        if kind in self.sizes:
            raise self._wrong(f"it has two LUT_{kind}_SIZE lines")
        self.sizes[kind] = int(rest)

    def _numbers(self, text: str, count: int, where: str) -> tuple[float, ...]:
        try:
            values = tuple(float(word) for word in text.split())
        except ValueError:
            values = ()
        if len(values) != count or not np.isfinite(values).all():
            raise self._wrong(f"{where} needs {count} numbers with decimal points, and {text.strip()[:40]!r} came")
        return values

    def _rows(self, lines: Iterator[str], count: int) -> np.ndarray:
        """Exactly ``count`` rows of three numbers, (count, 3) float64."""
        seen: list[str] = [""]

        def watched() -> Iterator[str]:
            for number, line in enumerate(lines):
                if number >= count:
                    raise self._wrong(f"it has more than the {count} rows that its size asks for")
                seen[0] = line
                yield line

        try:
            rows = np.loadtxt(watched(), dtype=np.float64, comments=None, ndmin=2)
        except StyleError:
            raise
        except ValueError as error:
            if "," in seen[0]:
                raise self._wrong("its numbers have commas; write them with decimal points") from error
            raise self._wrong("a row of its table is not three numbers") from error
        if rows.shape[1] != 3:
            raise self._wrong(f"its rows have {rows.shape[1]} numbers, and 3 were wanted")
        if len(rows) != count:
            raise self._wrong(f"it is cut short: {len(rows)} rows came and {count} were wanted")
        if not np.isfinite(rows).all():
            raise self._wrong("its table holds NaN or infinite numbers")
        return rows

    def _wrong(self, what: str) -> StyleError:
        return StyleError(f"{self.name} cannot be read as .cube: {what}")


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _ascii(text: str) -> str:
    """ASCII on one line without quotation marks, for readers that know no other."""
    plain = unicodedata.normalize("NFKD", text)
    kept = (character for character in plain if not unicodedata.combining(character))
    return "".join(c if " " <= c <= "~" and c != '"' else "'" if c == '"' else "_" for c in kept)[:200]
