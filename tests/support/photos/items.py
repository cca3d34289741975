# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a source that are in memory, and a listener that remembers what was reported to it."""

from __future__ import annotations

import errno
import io
import zlib
from typing import BinaryIO, NamedTuple

from support.collection import Item, Listener, errors


class MemoryItem(Item):
    """A file of the archive or folder `part`, which counts how often it is opened. With `crc` its checksum is known, as in a ZIP."""

    __slots__ = ("_content", "_crc", "_inner", "_mtime_ns", "_part", "opened")

    def __init__(self, inner: str, content: bytes, *, part: str = "/exports/1.zip", mtime_ns: int = 0, crc: bool = True) -> None:
        super().__init__(inner.rpartition("/")[2])
        self._inner = inner
        self._content = content
        self._part = part
        self._mtime_ns = mtime_ns
        self._crc = crc
        self.opened = 0

    @property
    def path(self) -> str:
        return f"{self._part}: {self._inner}" if self._part.endswith(".zip") else f"{self._part}/{self._inner}"

    @property
    def inner(self) -> str:
        return self._inner

    @property
    def size(self) -> int:
        return len(self._content)

    @property
    def mtime_ns(self) -> int:
        return self._mtime_ns

    @property
    def crc(self) -> int | None:
        return zlib.crc32(self._content) if self._crc else None

    @property
    def cache_key(self) -> bytes:
        return self.path.encode("utf-8", "surrogateescape")

    @property
    def identity(self) -> tuple[int, int, int]:
        return self.size, self._mtime_ns, 0

    def open(self) -> BinaryIO:
        self.opened += 1
        return io.BytesIO(self._content)

    def require_unchanged(self) -> None:
        pass

    def refresh(self) -> None:
        pass


class BrokenItem(MemoryItem):
    """One that cannot be read."""

    __slots__ = ()

    def open(self) -> BinaryIO:
        raise errors.LocalFailure("The member is broken.")


class UnreadableItem(MemoryItem):
    """One that the disk cannot give."""

    __slots__ = ()

    def open(self) -> BinaryIO:
        raise OSError(errno.EIO, "Input/output error")


class Skipped(NamedTuple):
    """What a listener hears of a file that is not taken."""

    path: str
    kind: str
    reason: str


class RecordingListener(Listener):
    """Remembers everything."""

    def __init__(self) -> None:
        self.left_out: list[Skipped] = []
        self.failed: list[tuple[str, str]] = []
        self.warnings: list[str] = []

    def skipped(self, path: str, kind: str, reason: str) -> None:
        self.left_out.append(Skipped(path, kind, reason))

    def unreadable(self, path: str, error: errors.ImmichError, *, size: int | None = None) -> None:
        self.failed.append((path, error.msg))

    def warn(self, text: str) -> None:
        self.warnings.append(text)
