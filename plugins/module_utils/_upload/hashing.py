# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SHA-1 of each file, read in blocks, in which order files go on from there, and how far ahead of the transfers they are read."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from typing import BinaryIO, Callable, Deque, Dict, Optional, Union

from .._client import errors
from .._files import base
from .._run.cancellation import Cancelled

_BLOCK = 1024 * 1024
SMALL = 1024 * 1024  # bytes: a file up to this size is sent from memory, so that it is read and hashed once
_ON_DISK = 256 * 1024 * 1024  # bytes: few enough that they are still in the page cache when they are sent
_IN_MEMORY = 16 * 1024 * 1024  # bytes of small files
# A thread that had to wait goes on when this part of the budget is free: waking it for each file costs more than the work.
_PART = 4

_DAMAGED = (
    "Its bytes are not those that the archive's manifest has the checksum of (SHA-1 %s, not %s): it was damaged or changed. It was not "
    "uploaded, and was kept. If Immich still has it, 'verify' of immich_archive fetches it again. 'export_unmatched: upload' uploads such "
    "files as they are."
)


class Hasher:
    """Hashes files one after another with one buffer. `check_cancelled` is called for each block, and may raise to stop.

    `bytes` counts what was read; `content` is the last file's, if it has at most `SMALL` bytes.
    """

    def __init__(self, check_cancelled: Callable[[], None]) -> None:
        self.bytes = 0
        self.content: Optional[bytes] = None
        self._check_cancelled = check_cancelled
        self._buffer = bytearray(_BLOCK)
        self._view = memoryview(self._buffer)

    def sha1(self, item: base.Item) -> bytes:
        """The file's SHA-1. A file that was written to meanwhile is read once more; if it changes again, it is left to the next run.

        `LocalFailure` for another one than an export says.
        """
        digest = self._sha1(item)
        if item.facts.sha1 not in (None, digest):
            raise errors.LocalFailure(_DAMAGED % (digest.hex(), item.facts.sha1.hex() if item.facts.sha1 else ""))
        return digest

    def _sha1(self, item: base.Item) -> bytes:
        try:
            return self._read(item)
        except errors.FileChanged:
            item.refresh()
        try:
            return self._read(item)
        except errors.FileChanged as exc:
            raise errors.FileChanged("The file is being written to: it changed twice while it was read. The next run takes it.") from exc

    def _read(self, item: base.Item) -> bytes:
        if not item.size:  # it lost its bytes after it was found; Immich up to 2.7 would take it all the same
            raise errors.LocalFailure("The file is empty.")
        digest, left = hashlib.sha1(), item.size
        self.content = None
        item.read_ns = time.time_ns()
        with item.open() as stream:
            try:
                while left > 0:
                    self._check_cancelled()
                    block: Union[bytes, memoryview] = stream.read(left) if item.size <= SMALL else self._next_block(stream)
                    if not block:
                        break
                    digest.update(block)
                    if len(block) == item.size <= SMALL:
                        self.content = bytes(block)  # not a copy: it is bytes
                    left -= len(block)
                    self.bytes += len(block)
            except OSError as exc:
                raise errors.unreadable(exc) from exc
            item.require_read_unchanged(stream)
        if left:
            raise errors.FileChanged("The file changed while it was read.")
        return digest.digest()

    def _next_block(self, stream: BinaryIO) -> memoryview:
        return self._view[: stream.readinto(self._buffer)]  # type: ignore[attr-defined]  # an item's stream has it


class InScanOrder:
    """Passes on the files that are hashed, to `put`: those of one size in the order in which they were found, as equal files are.

    So the first of equal files goes up, whichever thread is faster. Files of other sizes do not wait for each other. Safe to use from all
    threads.
    """

    def __init__(self, put: Callable[[base.Batch], None]) -> None:
        self._put = put
        self._lock = threading.Lock()
        self._waiting: Dict[int, Deque[base.Item]] = {}  # by size, the first one not hashed yet
        self._size_of: Dict[int, int] = {}  # of those that are not hashed yet: one that is written to meanwhile gets another size

    def add(self, batch: base.Batch) -> None:
        """Files were found. Those whose checksums are known go on, unless one of their size comes before that has to be hashed."""
        with self._lock:
            passed: base.Batch = []
            for item in batch:
                if not item.sha1:
                    self._waiting.setdefault(item.size, deque()).append(item)
                    self._size_of[id(item)] = item.size
                elif item.size in self._waiting:
                    self._waiting[item.size].append(item)
                else:
                    passed.append(item)
            if passed:
                self._put(passed)

    def pass_on(self, item: base.Item) -> None:
        """A file was hashed, or has failed and has no checksum: it is passed on, and what waited for it."""
        with self._lock:
            size = self._size_of.pop(id(item))
            waiting, passed = self._waiting[size], []
            while waiting and id(waiting[0]) not in self._size_of:
                passed.append(waiting.popleft())
            if not waiting:
                del self._waiting[size]
            passed = [item for item in passed if item.sha1]
            if passed:
                self._put(passed)


class ReadAhead:
    """Bounds how many bytes are read before they are sent: few of small files, whose content stays in memory, and more of the others."""

    def __init__(self) -> None:
        self._on_disk = Budget(_ON_DISK)
        self._in_memory = Budget(_IN_MEMORY)

    def make_room(self, item: base.Item) -> None:
        """Waits until this file may be hashed."""
        item.held = self._budget(item.size).take(item.size)

    def release(self, item: base.Item) -> None:
        """The file was sent, or is not going to be."""
        if item.held:  # not what was known by the checksum cache, as most of the files of a second run
            self._budget(item.held).give_back(item.held)
            item.held, item.content = 0, None

    @property
    def is_full(self) -> bool:
        """Whether a file waits for its turn to be hashed until others have been sent."""
        return self._on_disk.is_short or self._in_memory.is_short

    def cancel(self) -> None:
        """Wakes everyone who waits."""
        self._on_disk.cancel()
        self._in_memory.cancel()

    def _budget(self, size: int) -> Budget:
        return self._in_memory if size <= SMALL else self._on_disk


class Budget:
    """A number of bytes that threads share. One that needs more than is left waits until others give back, one after the other.

    A file larger than the whole budget may go ahead alone.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._awaited = 0
        self._cancelled = False
        self._turn = threading.Lock()
        self._changed = threading.Condition()

    def take(self, size: int) -> int:
        """Waits for room; returns what has to be given back."""
        wanted = min(size, self._size)
        with self._turn, self._changed:
            if self._left < wanted:
                self._awaited = max(wanted, self._size // _PART)
                self._changed.wait_for(lambda: self._left >= self._awaited or self._cancelled)
                self._awaited = 0
            if self._cancelled:
                raise Cancelled
            self._left -= wanted
        return wanted

    @property
    def is_short(self) -> bool:
        """Whether a thread waits for room."""
        return self._awaited > 0

    def give_back(self, size: int) -> None:
        """Gives back what `take` returned."""
        with self._changed:
            self._left += size
            if self._left >= self._awaited:
                self._changed.notify()

    def cancel(self) -> None:
        """Wakes everyone who waits."""
        with self._changed:
            self._cancelled = True
            self._changed.notify()
