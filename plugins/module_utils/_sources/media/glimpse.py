# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file that is only looked into, at little cost whatever it says. Private to the collection."""

from __future__ import annotations

import io
from typing import BinaryIO, Union

from ..._client import errors

_MOST_BYTES = 4 * 1024 * 1024
_MOST_READS = 20_000


class Exhausted(Exception):
    """More of the file was asked for than any picture makes necessary: its structure loops or is false."""


class Glimpse:
    """Reads here and there in a file's bytes, or in an open file, and raises `Exhausted` when that was too often or too much.

    `LocalFailure` if it cannot be read.
    """

    def __init__(self, source: Union[bytes, BinaryIO]) -> None:
        self._reads, self._bytes = _MOST_READS, _MOST_BYTES
        try:
            if isinstance(source, bytes):
                source = io.BytesIO(source)
            self._stream = source
            self.seek(0)
        except OSError as exc:
            raise _failure(exc) from exc

    def read(self, size: int = -1) -> bytes:
        """As of files; `size` is at most what may still be read."""
        self._reads -= 1
        if self._reads < 0 or self._bytes <= 0:
            raise Exhausted
        try:
            found = self._stream.read(self._bytes if size < 0 else min(size, self._bytes))
        except OSError as exc:
            raise _failure(exc) from exc
        self._bytes -= len(found)
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of files."""
        try:
            return self._stream.seek(offset, whence)
        except OSError as exc:  # before the beginning
            raise Exhausted from exc

    def tell(self) -> int:
        """As of files."""
        return self._stream.tell()

    def at(self, offset: int, size: int) -> bytes:
        """The bytes from there on; fewer, or none, at the end of the file."""
        self.seek(offset)
        return self.read(size)


def _failure(exc: OSError) -> errors.LocalFailure:
    return errors.unreadable(exc)
