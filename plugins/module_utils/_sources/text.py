# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Paths and names: their extensions, and how a person may see them and what goes wrong with them. Private to the collection."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import Match

from .._client import errors

# What a terminal obeys in place of showing it (C0, DEL, C1), what turns the direction of the text around or ends a line, and halves
# of surrogate pairs.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def as_text(path: str) -> str:
    """A path as text that is valid UTF-8 whatever its bytes: those that are not UTF-8 become `\\xNN`."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def extension_of(name: str) -> str:
    """The extension of a name or path in lower case, with its dot; empty if there is none. As `os.path.splitext`, in half the time."""
    stem, dot, extension = name.rpartition(".")
    has_one = dot and "/" not in extension and stem.rpartition("/")[2].strip(".")
    return dot + extension.lower() if has_one else ""


def shown(text: str) -> str:
    """A path, or a sentence in which there are some, as a person may see it: control characters become `\\xNN` or `\\uNNNN` as well."""
    if text.isascii() and text.isprintable():
        return text
    with suppress(UnicodeEncodeError):  # a server's words may hold half of a surrogate pair that no path has
        text = as_text(text)
    return _UNSHOWN.sub(_escaped, text)


def _escaped(match: Match[str]) -> str:
    code = ord(match.group())
    return "\\x%02x" % code if code < 0x80 else "\\u%04x" % code


def unreadable(exc: OSError, what: str = "The file") -> errors.LocalFailure:
    """The words for a file or folder that the operating system does not let us read."""
    return errors.LocalFailure("%s cannot be read: %s." % (what, exc.strerror or exc))
