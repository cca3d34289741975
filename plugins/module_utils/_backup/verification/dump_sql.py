# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SQL in a dump of Immich's database, as another PostgreSQL server can take it.

Immich 2.5 and later write it with `pg_dump --clean --if-exists`, through gzip; earlier ones with `pg_dumpall`, for a whole server. What
belongs to the server that was dumped is left out: owners, privileges, extensions (which are made beforehand), and commands of psql, of
which a plain dump has only `restrict` and `unrestrict`.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass, field
from typing import BinaryIO, Dict, Iterator, List, Optional, Set, Tuple

from ..._client import errors

END = b"-- PostgreSQL database dump complete"

_HEAD_ENDS = (b"CREATE TABLE ", b"COPY ")
_LONGEST_LINE = 1 << 30  # bytes: the most that PostgreSQL can hold in one field
_VERSION = re.compile(rb"-- Dumped from database version (\d+)")
_EXTENSION = re.compile(rb'CREATE EXTENSION IF NOT EXISTS "?([a-z0-9_-]{1,63})"? ')
_COPY = re.compile(rb'COPY public\."?([a-z0-9_]{1,63})"? \((.*)\) FROM stdin;$')
_TABLE = re.compile(rb'CREATE TABLE public\."?([a-z0-9_]{1,63})"? \(')
_LEFT_OUT = re.compile(
    rb"(?:CREATE|DROP|COMMENT ON) EXTENSION |ALTER DEFAULT PRIVILEGES |GRANT |REVOKE |ALTER .* OWNER TO [^;]+;$|\\(?:un)?restrict |"
    rb"SET transaction_timeout "
)
_SEARCH_INDEX = re.compile(rb"CREATE INDEX (\S+) ON \S+ USING vchordrq ")

VECTORCHORD = "vchord"
PGVECTO_RS = "vectors"


@dataclass(frozen=True)
class Head:
    """What a dump says of itself before its first table: the major version of PostgreSQL, and the extensions in their order."""

    postgres: int
    extensions: Tuple[str, ...]


@dataclass
class Seen:
    """What went by: the tables, the columns of each with rows (table → names), and the search indexes that were left out."""

    tables: Set[str] = field(default_factory=set)
    columns: Dict[str, Set[str]] = field(default_factory=dict)
    left_out: List[str] = field(default_factory=list)
    complete: bool = False


def read_head(path: str) -> Head:
    """Raises `LocalFailure` for what is not a dump of one database."""
    postgres: Optional[int] = None
    extensions: List[str] = []
    for line in _lines(path):
        if line.startswith(_HEAD_ENDS):
            break
        if line.startswith((b"\\connect ", b"CREATE ROLE ", b"CREATE DATABASE ")):
            raise errors.LocalFailure(
                "%s holds a whole PostgreSQL server, as Immich 2.4 and earlier back it up, and not one database. Such a dump cannot be "
                "proven here. Upgrade Immich to 2.5 or later, or restore it by hand." % path
            )
        version, extension = _VERSION.match(line), _EXTENSION.match(line)
        postgres = int(version.group(1)) if version else postgres
        extensions += [extension.group(1).decode()] if extension else []
    if postgres is None:
        raise errors.LocalFailure("%s is not a dump that pg_dump has written: it does not say from which PostgreSQL it comes." % path)
    return Head(postgres, tuple(extensions))


def statements(path: str, seen: Seen, *, keep_search_indexes: bool) -> Iterator[bytes]:
    """The dump's lines, without what is left out. `seen` fills up on the way. Raises `LocalFailure` for a dump that is cut."""
    lines = _lines(path)
    for line in lines:
        copied = _COPY.match(line)
        if copied:
            seen.columns[copied.group(1).decode()] = {name.strip(b' "').decode("utf-8", "replace") for name in copied.group(2).split(b",")}
            yield line
            yield from _rows(lines)
            continue
        index = None if keep_search_indexes else _SEARCH_INDEX.match(line)
        if index:
            seen.left_out.append(index.group(1).strip(b'"').decode("utf-8", "replace"))
            _skip_statement(line, lines)
        elif line.startswith(b"\\") and not _LEFT_OUT.match(line):
            raise errors.LocalFailure(
                "%s has a command for psql in it (%r), which no dump of Immich's has." % (path, line[:40].decode("utf-8", "replace"))
            )
        elif not _LEFT_OUT.match(line):
            table = _TABLE.match(line)
            seen.tables |= {table.group(1).decode()} if table else set()
            seen.complete = seen.complete or line.startswith(END)
            yield line
    if not seen.complete:
        raise errors.LocalFailure("%s ends before its end: the line '%s' is missing. The dump is cut." % (path, END.decode()))


def _rows(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield line
        if line == b"\\.\n":
            return


def _skip_statement(line: bytes, lines: Iterator[bytes]) -> None:
    quotes = line.count(b"'")
    while quotes % 2 or not line.rstrip().endswith(b";"):
        line = next(lines, b";")
        quotes = quotes + line.count(b"'") if line != b";" else 0


def _lines(path: str) -> Iterator[bytes]:
    """The lines of the dump with their ends. Raises `LocalFailure` for what cannot be read or is not whole."""
    try:
        with open(path, "rb") as file, _opened(file) as stream:
            while True:
                line = stream.readline(_LONGEST_LINE)
                if not line:
                    return
                yield line
    except EOFError as exc:
        raise errors.LocalFailure("%s is cut: it ends in the middle of what gzip has packed." % path) from exc
    except (zlib.error, gzip.BadGzipFile) as exc:
        raise errors.LocalFailure("%s is damaged: gzip cannot unpack it (%s)." % (path, exc)) from exc
    except OSError as exc:
        raise errors.unreadable(exc, "The dump %s" % path) from exc


def _opened(file: BinaryIO) -> BinaryIO:
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.open(file, "rb") if packed else file  # type: ignore[return-value]  # read as one
