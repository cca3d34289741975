# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which statements a dump may have: those that pg_dump writes, so that nothing ends the transaction in which a dump is restored.

The SQL is split as psql splits it (read in src/fe_utils/psqlscan.l of PostgreSQL 15 to 18). Where versions or settings of psql disagree on
where a string ends, the text is refused.
"""

from __future__ import annotations

import re
from typing import Optional, Union

from ..._client import errors

_TOKEN = re.compile(
    rb"(?P<space>[ \t\r\n\f\v]+|--[^\r\n]*)|(?P<comment>/\*)|(?P<text>[eE]?')|(?P<name>\")"
    rb"|(?P<dollar>\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$)|(?P<word>[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*)"
    rb"|(?P<number>[0-9][0-9A-Za-z_.]*\$?)|(?P<cast>::|:=)|(?P<variable>:[0-9A-Za-z_'\"{\x80-\xff])|(?P<other>.)",
    re.DOTALL,
)
_COMMENT_EDGE = re.compile(rb"/\*|\*/")
_ESCAPE_OR_END = re.compile(rb"\\.|''|'", re.DOTALL)

_STATEMENTS = (b"ALTER", b"COMMENT", b"CREATE", b"DROP", b"REFRESH")
# Those that are one line, whose every word is known. COPY is read by dump_sql.
_VALUE = rb"(?:\w+|'\w*')"
_LINE = re.compile(
    rb"SELECT pg_catalog\.(?:set_config\('search_path', '[^'\\]*', false\)|setval\('[^'\\]*', [0-9]+, (?:true|false)\));\r?\n"
    rb"|SET (?:check_function_bodies|xmloption|row_security|default_tablespace|default_table_access_method|search_path) = %s(?:, %s)*;\r?\n"
    rb"|SET client_encoding = 'UTF8';\r?\n|SET standard_conforming_strings = on;\r?\n" % (_VALUE, _VALUE)
)


class StatementCheck:
    """Gets a dump's SQL line by line, without the rows of tables. `path` is the dump's, for messages."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._inside: Union[bytes, int, None] = None  # a quote or what ends it, or how deep in comments
        self._in_statement = False
        self._parentheses = 0

    @property
    def between(self) -> bool:
        """Whether the next line begins outside of any statement."""
        return self._inside is None and not self._in_statement

    def add(self, line: bytes) -> None:
        """A whole line with its end. Raises `LocalFailure` for what no dump of Immich's has."""
        if b"\0" in line:
            raise self._refusal("a zero byte", line)
        if self.between and _LINE.fullmatch(line):
            return
        position: Optional[int] = 0
        while position is not None and position < len(line):
            position = self._next_token(line, position) if self._inside is None else self._end_of_quote(line, position)

    def _next_token(self, line: bytes, position: int) -> int:
        match = _TOKEN.match(line, position)
        kind, token = (match.lastgroup, match.group()) if match else ("other", b"")
        if kind == "space":
            return position + len(token)
        if kind == "comment":
            self._inside = 1
            return position + len(token)
        if token == b"\\" or kind == "variable":
            raise self._refusal("a command for psql", line[position:])
        if not self._in_statement and token.upper() not in _STATEMENTS:
            raise self._refusal("a statement", line[position:])
        if token.upper() == b"BEGIN" or (kind == "number" and token.endswith(b"$")) or (token == b";" and self._parentheses):
            raise self._refusal("a statement", line[position:])
        self._in_statement = token != b";"
        self._parentheses = max(0, self._parentheses + (token == b"(") - (token == b")"))
        if kind in ("text", "name", "dollar"):
            self._inside = token
        return position + len(token)

    def _end_of_quote(self, line: bytes, position: int) -> Optional[int]:
        """The position behind it, None where the line ends before."""
        if isinstance(self._inside, int):
            edge = _COMMENT_EDGE.search(line, position)
            if edge is None:
                return None
            self._inside = self._inside + (1 if edge.group() == b"/*" else -1) or None
            return edge.end()
        if self._inside in (b"e'", b"E'"):
            match = _ESCAPE_OR_END.search(line, position)
            if match is None:
                return None
            self._inside = None if match.group() == b"'" else self._inside
            return match.end()
        quote = self._inside or b""
        end = line.find(quote, position)
        if end < 0:
            return None
        if quote == b"'" and line[end - 1 : end] == b"\\":  # also in the second part of an E'' that is split over two lines
            raise self._refusal("a backslash before a quote", line[end - 1 :])
        self._inside = None
        return end + len(quote)  # two quotes end one string and begin the next, which comes to the same

    def _refusal(self, what: str, text: bytes) -> errors.LocalFailure:
        shown = ascii(text[:40].decode("utf-8", "replace").strip())
        return errors.LocalFailure(
            "%s has %s in it (%s) that no dump of Immich's has. So it was not restored to its end." % (self._path, what, shown)
        )
