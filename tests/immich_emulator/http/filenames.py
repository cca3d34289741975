# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in a part's Content-Disposition, read as the form parser of Immich's server reads them.

A quoted value may escape a quote or a backslash; everything else is taken as it is, so that `%22` stays `%22`. What
comes before the last slash or backslash of a file's name is cut off. Bytes that are not UTF-8 become U+FFFD. A name
given as RFC 5987's `filename*=` is decoded once too often and stored corrupted. All observed on running servers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
#: A quoted value in which nothing is escaped.
PLAIN = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f\\]*")


@lru_cache(maxsize=256)  # the fields of one client's forms are always the same
def parse_disposition(value: bytes) -> dict[str, str] | None:
    """The parameters of a Content-Disposition, or None when it is malformed (the part is then ignored)."""
    kind, _, rest = value.partition(b";")
    if kind.strip().lower() != b"form-data":
        return None
    params: dict[str, str] = {}
    while rest := rest.lstrip(b" \t;"):
        name, equals, rest = rest.partition(b"=")
        if not equals or not name or not set(name) <= TOKEN:
            return None
        parsed = quoted(rest[1:]) if rest.startswith(b'"') else plain(rest)
        if parsed is None:
            return None
        raw, rest = parsed
        key = name.decode("ascii").lower()
        params.setdefault(key, decode_extended(raw) if key.endswith("*") else raw.decode("utf-8", "replace"))
    return params


def plain(rest: bytes) -> tuple[bytes, bytes]:
    """An unquoted value and what follows it."""
    value, _, after = rest.partition(b";")
    return value.strip(), after


def quoted(rest: bytes) -> tuple[bytes, bytes] | None:
    """A quoted value and what follows its closing quote; None for a control character or a missing quote."""
    end = rest.find(b'"')
    if end >= 0 and PLAIN.fullmatch(rest, 0, end):
        return rest[:end], rest[end + 1 :]
    value = bytearray()
    at = 0
    while at < len(rest):
        byte = rest[at]
        if byte == 0x22:
            return bytes(value), rest[at + 1 :]
        if byte == 0x5C and rest[at + 1 : at + 2] in (b'"', b"\\"):
            at += 1
            byte = rest[at]
        elif byte != 0x09 and (byte < 0x20 or byte == 0x7F):
            return None
        value.append(byte)
        at += 1
    return None


def decode_extended(raw: bytes) -> str:
    """RFC 5987's `UTF-8''…`, then the second decoding that corrupts it."""
    text = unquote_to_bytes(raw.split(b"'", 2)[-1]).decode("utf-8", "replace")
    units = text.encode("utf-16-le", "surrogatepass")[::2]
    return units.decode("utf-8", "replace")


def file_name(params: dict[str, str]) -> str | None:
    """The name of a part that is a file, without folders; None for a plain field."""
    name = params.get("filename*", params.get("filename"))
    if name is None:
        return None
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "" if base in (".", "..") else base
