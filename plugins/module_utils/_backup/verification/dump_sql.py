# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SQL in a dump of Immich's database, as another PostgreSQL server can take it.

Immich 2.5 and later write it with `pg_dump --clean --if-exists`, through gzip; earlier ones with `pg_dumpall`, for a whole server. What
belongs to the server that was dumped is left out: owners, privileges, settings of its session, extensions (which are made beforehand), and
commands of psql, of which a plain dump has only `restrict` and `unrestrict`.
"""

from __future__ import annotations

import gzip
import re
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Dict, Iterator, List, Optional, Set, Tuple, cast

from ..._client import errors
from ..._own_files import open_regular
from .statement_check import StatementCheck

END = b"-- PostgreSQL database dump complete"

_HEAD_ENDS = (b"CREATE TABLE ", b"COPY ")
_PIECE = 65536  # bytes of a table's rows that are read at once, and the longest line of the head
_LONGEST_LINE = 1 << 24  # bytes of a line of SQL
_LONGEST_HEAD = 1 << 24  # bytes
_MOST_EXTENSIONS = 50
_VERSION = re.compile(rb"-- Dumped from database version (\d{1,3})(?!\d)")
_EXTENSION = re.compile(rb'CREATE EXTENSION IF NOT EXISTS "?([a-z0-9_-]{1,63})"? ')
_COLUMN = rb'(?:"[^"\n]+"|[a-z_][a-z0-9_]*)'
_COPY = re.compile(rb'COPY (\w+)\."?(\w{1,63})"? (?:\((%s(?:, %s)*)\))? ?FROM stdin;\n' % (_COLUMN, _COLUMN))
_COPY_ENDS = (b"\\.\n", b"\\.\r\n")
_TABLE = re.compile(rb'CREATE TABLE public\."?([a-z0-9_]{1,63})"? \(')
_LEFT_OUT = re.compile(rb"(?:CREATE|DROP|COMMENT ON) EXTENSION |ALTER DEFAULT PRIVILEGES |ALTER .* OWNER TO [^;]+;$")
_KEPT_SETTINGS = rb"client_encoding|standard_conforming_strings|check_function_bodies|xmloption|row_security|default_table\w+|search_path"
_LEFT_OUT_LINE = re.compile(rb"\\(?:un)?restrict [^\s\\]+\n?|(?:GRANT|REVOKE) .*;\n|SET (?!(?:%s) )\w+ = [^;]*;\n" % _KEPT_SETTINGS)
_SEARCH_INDEX = re.compile(rb"CREATE INDEX (\S+) ON \S+ USING vchordrq ")

VECTORCHORD = "vchord"
PGVECTO_RS = "vectors"


@dataclass(frozen=True)
class Head:
    """What a dump says of itself before its first table: the major version of PostgreSQL, and the extensions in their order."""

    postgres: int
    extensions: Tuple[str, ...]


@dataclass
class DumpContents:
    """What went by: the tables, the columns of each with rows (table → names), and the search indexes that were left out."""

    tables: Set[str] = field(default_factory=set)
    columns: Dict[str, Set[str]] = field(default_factory=dict)
    left_out: List[str] = field(default_factory=list)
    complete: bool = False


def read_head(path: str) -> Head:
    """Raises `LocalFailure` for what is not a dump of one database."""
    postgres: Optional[int] = None
    extensions: Dict[str, None] = {}
    for line in _head_lines(path):
        if line.startswith((b"\\connect ", b"CREATE ROLE ", b"CREATE DATABASE ")):
            raise errors.LocalFailure(
                "%s holds a whole PostgreSQL server, as Immich 2.4 and earlier back it up, and not one database. Such a dump cannot be "
                "proven here. Upgrade Immich to 2.5 or later, or restore it by hand." % path
            )
        version, extension = _VERSION.match(line), _EXTENSION.match(line)
        postgres = int(version.group(1)) if version else postgres
        if extension:
            extensions[extension.group(1).decode()] = None
        if len(extensions) > _MOST_EXTENSIONS:
            raise errors.LocalFailure("%s needs more than %d extensions, which no dump of Immich's does." % (path, _MOST_EXTENSIONS))
    if postgres is None:
        raise errors.LocalFailure("%s is not a dump that pg_dump has written: it does not say from which PostgreSQL it comes." % path)
    return Head(postgres, tuple(extensions))


def _head_lines(path: str) -> Iterator[bytes]:
    size = 0
    with _opened(path) as stream:
        while True:
            line = stream.readline(_PIECE)
            size += len(line)
            if not line or line.startswith(_HEAD_ENDS):
                return
            if size > _LONGEST_HEAD or len(line) == _PIECE:
                raise errors.LocalFailure("%s is not a dump that pg_dump has written: no table follows its first lines." % path)
            yield line


def statements(path: str, seen: DumpContents, *, keep_search_indexes: bool) -> Iterator[bytes]:
    """The dump's lines, those of rows in pieces, without what is left out. `seen` fills up on the way.

    Raises `LocalFailure` for a dump that is cut, or has what pg_dump does not write.
    """
    check = StatementCheck(path)
    with _opened(path) as stream:
        while True:
            line = stream.readline(_LONGEST_LINE)
            if not line:
                break
            if len(line) == _LONGEST_LINE:
                raise errors.LocalFailure("%s has a line of more than %d bytes outside of its tables." % (path, _LONGEST_LINE))
            copied = _COPY.fullmatch(line) if check.between else None
            if copied:
                if copied.group(1) == b"public":
                    seen.columns[copied.group(2).decode()] = {
                        name.strip(b' "').decode("utf-8", "replace") for name in (copied.group(3) or b"").split(b",")
                    }
                yield line
                yield from _rows(path, stream)
            elif check.between and _is_left_out(line, seen, keep_search_indexes=keep_search_indexes):
                yield from _skip_statement(line, stream, check)
            else:
                _note(line, seen, between=check.between)
                check.add(line)
                yield line
    if not seen.complete or not check.between:
        raise errors.LocalFailure("%s ends before its end: the line '%s' is missing. The dump is cut." % (path, END.decode()))


def _is_left_out(line: bytes, seen: DumpContents, *, keep_search_indexes: bool) -> bool:
    index = None if keep_search_indexes else _SEARCH_INDEX.match(line)
    if index:
        seen.left_out.append(index.group(1).strip(b'"').decode("utf-8", "replace"))
    return bool(index or _LEFT_OUT.match(line) or _LEFT_OUT_LINE.fullmatch(line))


def _skip_statement(line: bytes, stream: BinaryIO, check: StatementCheck) -> Iterator[bytes]:
    """Yields nothing for each line, so that the caller can stop."""
    if _LEFT_OUT_LINE.fullmatch(line):
        return
    check.add(line)
    while line and not check.between:
        line = stream.readline(_LONGEST_LINE)
        check.add(line)
        yield b""


def _note(line: bytes, seen: DumpContents, *, between: bool) -> None:
    table = _TABLE.match(line) if between else None
    if table:
        seen.tables.add(table.group(1).decode())
    seen.complete = seen.complete or (between and line.startswith(END))


def _rows(path: str, stream: BinaryIO) -> Iterator[bytes]:
    """The rows of a table and the line that ends them, as psql finds it."""
    begins_line = True
    while True:
        piece = stream.readline(_PIECE)
        if b"\0" in piece:
            raise errors.LocalFailure("%s has a zero byte in a row, which no text in PostgreSQL has." % path)
        yield piece
        if not piece or (begins_line and piece in _COPY_ENDS):
            return
        begins_line = piece.endswith(b"\n")


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The text of the dump. Raises `LocalFailure` for what cannot be read or is not whole."""
    try:
        with open(open_regular(path, follow=True), "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            yield cast(BinaryIO, gzip.GzipFile(fileobj=file)) if packed else file
    except EOFError as exc:
        raise errors.LocalFailure("%s is cut: it ends in the middle of what gzip has packed." % path) from exc
    except (zlib.error, gzip.BadGzipFile) as exc:
        raise errors.LocalFailure("%s is damaged: gzip cannot unpack it (%s)." % (path, exc)) from exc
    except OSError as exc:
        raise errors.unreadable(exc, "The dump %s" % path) from exc
