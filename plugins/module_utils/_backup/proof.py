# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a dump is whole: its length, its compression to the last byte, and pg_dump's last words. And which Immich it is of."""

from __future__ import annotations

import hashlib
import re
import zlib
from typing import BinaryIO, NamedTuple, Optional, Tuple, Union

from .._client import errors
from .._client.body import Download
from .._own_files import open_regular
from .._text import one_line, printable

END = "PostgreSQL database dump complete"
# What pg_dump writes last; pg_dumpall, which Immich used up to 2.4, has a word more.
_END = re.compile(rb"PostgreSQL database (cluster )?dump complete")
_TAIL = 4096  # bytes in which that stands: newer ones of pg_dump add a line
_BLOCK = 1024 * 1024
_PIECE = 4096  # bytes given to zlib at once: it copies what is left of them at the end of each of gzip's members, which may be tiny
_GZIP = b"\x1f\x8b"
WITH_HEADER = 16 + zlib.MAX_WBITS  # what zlib calls gzip's format

# The table of the versions that a server has run (read in 1.135.3, 2.7.5 and 3.1.0).
_HISTORY = re.compile(rb"\nCOPY public\.version_history \(([^\n]*)\) FROM stdin;\n")
_LONGEST_START = 256  # bytes of the line that the expression finds
_HISTORY_SIZE = 65536  # bytes of that table which are read: a row has about 80
_VERSION = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})")


class Proof(NamedTuple):
    """A dump that is whole: its size in bytes and its SHA-256 in hex, as it is stored.

    `immich_version` is the newest that its table version_history names, None where it has no such table.
    """

    size: int
    sha256: str
    immich_version: Optional[str] = None


def parse_version(text: Optional[str]) -> Optional[Tuple[int, ...]]:
    """The numbers of a version at the start of a text."""
    match = _VERSION.match(text or "")
    return tuple(map(int, match.groups())) if match else None


class _VersionHistory:
    """Looks for the table version_history in a dump's text, which it gets in pieces, and keeps no more of that than it has to."""

    def __init__(self) -> None:
        self._text = b""
        self._columns: Optional[bytes] = None
        self._complete = False

    def add(self, piece: bytes) -> None:
        """The next bytes of the text."""
        if self._complete:
            return
        self._text += piece
        if self._columns is None:
            match = _HISTORY.search(self._text)
            if match is None:
                self._text = self._text[-_LONGEST_START:]
                return
            self._columns, self._text = match.group(1), self._text[match.end() :]
        self._complete = b"\\.\n" in self._text or len(self._text) > _HISTORY_SIZE
        self._text = self._text[:_HISTORY_SIZE]

    def newest(self) -> Optional[str]:
        """The newest version of the table."""
        columns = [name.strip(b' "') for name in (self._columns or b"").split(b",")]
        if b"version" not in columns:
            return None
        rows = [row.split(b"\t") for row in self._text.partition(b"\\.\n")[0].splitlines()]
        named = [row[columns.index(b"version")].decode("ascii", "replace") for row in rows if len(row) == len(columns)]
        return max((version for version in named if parse_version(version)), key=lambda version: parse_version(version) or (), default=None)


class DumpCheck:
    """Gets a dump's bytes in order. Needs a few megabytes of memory, whatever the dump has. `compressed`: with gzip."""

    def __init__(self, *, compressed: bool) -> None:
        self._digest = hashlib.sha256()
        self._size = 0
        self._tail = b""
        self._history = _VersionHistory()
        self._compressed = compressed
        self._stream = zlib.decompressobj(WITH_HEADER) if compressed else None
        self._start = b""

    def add(self, block: bytes) -> None:
        """The next bytes. Raises `DamagedBackup` as soon as they cannot be those of a dump."""
        self._digest.update(block)
        self._size += len(block)
        if len(self._start) < len(_GZIP):
            self._start += block[:40]
            if self._compressed and len(self._start) >= len(_GZIP) and not self._start.startswith(_GZIP):
                raise errors.DamagedBackup(
                    "is not compressed with gzip, as its name says: it begins with %s"
                    % one_line(ascii(self._start[:40].decode("utf-8", "replace")))
                )
        if self._stream is None:
            self._add_text(block)
        else:
            self._decompress(block)

    def finish(self, expected_size: Optional[int] = None) -> Proof:
        """The proof, when there are no more bytes. Raises `DamagedBackup`."""
        if not self._size:
            raise errors.DamagedBackup("is empty: it has 0 bytes")
        if expected_size is not None and self._size != expected_size:
            raise errors.DamagedBackup("has %d bytes, not %d" % (self._size, expected_size))
        if self._stream is not None and not self._stream.eof:
            raise errors.DamagedBackup("is cut: after %d bytes its compressed data ends too early" % self._size)
        if not _END.search(self._tail):
            raise errors.DamagedBackup("was not finished by pg_dump: it does not end with '%s'" % END)
        return Proof(self._size, self._digest.hexdigest(), self._history.newest())

    def _decompress(self, block: bytes) -> None:
        for start in range(0, len(block), _PIECE):
            self._decompress_piece(block[start : start + _PIECE])

    def _decompress_piece(self, piece: bytes) -> None:
        while piece and self._stream is not None:
            if self._stream.eof:  # another member follows, or the padding of a tape
                if not piece.strip(b"\0"):
                    return
                self._stream = zlib.decompressobj(WITH_HEADER)
            try:
                self._add_text(self._stream.decompress(piece, _BLOCK))
            except zlib.error as exc:
                raise errors.DamagedBackup("is damaged: its compressed data cannot be read after about %d bytes" % self._size) from exc
            piece = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def _add_text(self, text: bytes) -> None:
        self._history.add(text)
        self._tail = (self._tail + text[-_TAIL:])[-_TAIL:]


def check_stream(stream: Union[BinaryIO, Download], *, compressed: bool, expected_size: Optional[int] = None) -> Proof:
    """Reads a dump to its end. Raises `DamagedBackup`, and whatever reading raises."""
    check = DumpCheck(compressed=compressed)
    while True:
        block = stream.read(_BLOCK)
        if not block:
            return check.finish(expected_size)
        check.add(block)


def prove_dump(path: str) -> Proof:
    """Reads a dump on this host to its end. Raises `DamagedBackup` with its path, or `LocalFailure` if it cannot be read."""
    try:
        with open(open_regular(path, follow=True), "rb") as stream:
            return check_stream(stream, compressed=is_compressed(path))
    except OSError as exc:
        raise errors.unreadable(exc, printable(path)) from exc
    except errors.DamagedBackup as exc:
        raise damaged(exc, "The file %s" % printable(path)) from exc


def is_compressed(name: str) -> bool:
    """Whether a backup of this name has to be compressed."""
    return name.endswith(".gz")


def damaged(exc: errors.DamagedBackup, what: str, advice: str = "") -> errors.DamagedBackup:
    """The same with what it is about, and what to do. Without the latter it is the `problem` in `details`."""
    other = errors.DamagedBackup(exc.reason)
    problem = "%s %s." % (what, exc.reason)
    other.msg = "%s %s" % (problem, advice) if advice else problem
    other.args = (other.msg,)
    other.details = {"problem": problem}
    return other
