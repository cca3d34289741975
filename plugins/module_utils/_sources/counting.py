# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Counts what a source does not yield, and remembers what of it cannot be read."""

from __future__ import annotations

import os
from typing import Collection, Dict, List, Optional

from .._client import errors
from .._text import extension_of, printable
from . import base

_MOST_KINDS = 50


class Counting(base.Listener):
    """Passes on what it hears, and counts the files: `skip_reasons` by their kinds, and those that are `unreadable`."""

    def __init__(self, listener: base.Listener) -> None:
        self.skip_reasons: Dict[str, int] = {}
        self.unreadable_files = 0
        self._listener = listener

    def skipped(self, path: str, kind: str, reason: str) -> None:
        count_kind(self.skip_reasons, kind)
        self._listener.skipped(path, kind, reason)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        self.unreadable_files += 1
        self._listener.unreadable(path, error, size=size)

    def warn(self, text: str) -> None:
        self._listener.warn(text)


class Unread(base.Listener):
    """Passes on what it hears, and remembers what it is that cannot be read and may say something of pictures.

    `media` are the extensions of photos and videos (lower case, with their dot), of which none says anything of another.
    """

    def __init__(self, listener: base.Listener, media: Collection[str]) -> None:
        self._listener = listener
        self._media = media
        self._first: Optional[str] = None
        self._more = 0

    @property
    def messages(self) -> List[str]:
        """What it is: "takeout-002.zip cannot be read"."""
        if self._first is None:
            return []
        name = os.path.basename(self._first.rstrip("/"))
        return ["%s%s cannot be read" % (name, " and %d more" % self._more if self._more else "")]

    def skipped(self, path: str, kind: str, reason: str) -> None:
        self._listener.skipped(path, kind, reason)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        if extension_of(path) not in self._media:
            self._more += self._first is not None
            self._first = self._first or path
        self._listener.unreadable(path, error, size=size)

    def warn(self, text: str) -> None:
        self._listener.warn(text)


class Excluding(base.Listener):
    """Passes on what it hears, but for what is said of some `paths`."""

    def __init__(self, listener: base.Listener, paths: Collection[str]) -> None:
        self._listener = listener
        self._paths = paths

    def skipped(self, path: str, kind: str, reason: str) -> None:
        if path not in self._paths:
            self._listener.skipped(path, kind, reason)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        if path not in self._paths:
            self._listener.unreadable(path, error, size=size)

    def warn(self, text: str) -> None:
        self._listener.warn(text)


def count_kind(kinds: Dict[str, int], kind: str) -> None:
    """Counts a file that was skipped. There are at most 50 kinds and `other`, as names of files may have any extension."""
    kind = printable(kind)
    if kind not in kinds and len(kinds) >= _MOST_KINDS:
        kind = "other"
    kinds[kind] = kinds.get(kind, 0) + 1
