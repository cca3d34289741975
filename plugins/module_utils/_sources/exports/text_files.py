# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The small text files of an export: read with a bound and decoded. Private to the collection."""

from __future__ import annotations

import codecs
from typing import Any

from ..._client import errors
from ..._text import parse_json
from .. import base

LARGEST = 16 * 1024 * 1024
"""Bytes of a CSV or INI file. Those of a library of 100,000 pictures stay below it."""

LARGEST_JSON = 4 * 1024 * 1024
"""Bytes of a JSON file, which takes up to a hundred times as much memory while it is read."""

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def content_of(item: base.Item, limit: int = LARGEST) -> bytes:
    """All bytes of a file of at most `limit`. Raises `LocalFailure` for a larger one, and if it cannot be read."""
    if item.size > limit:
        raise _too_large(limit)
    try:
        content = item.read(limit + 1)
    except OSError as exc:
        raise errors.unreadable(exc) from exc
    if len(content) > limit:
        raise _too_large(limit)
    return content


def json_of(item: base.Item) -> Any:
    """The value in a JSON file. Raises `LocalFailure` for what is not JSON, and as `content_of` does."""
    try:
        return parse_json(content_of(item, LARGEST_JSON))
    except ValueError as exc:
        raise errors.LocalFailure("The file is not JSON: %s." % exc) from None


def decoded(content: bytes, code_page: str = "cp1252") -> str:
    """The text: in UTF-8 or UTF-16, with or without a byte order mark, else in the code page of Windows that is named."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    if b"\0" in content[:2]:  # the first character is ASCII in each of these files
        return content.decode("utf-16-be" if content[:1] == b"\0" else "utf-16-le", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(code_page, "replace")


def _too_large(limit: int) -> errors.LocalFailure:
    return errors.LocalFailure("The file is larger than %d MiB, which no file of its kind is." % (limit // (1024 * 1024)))
