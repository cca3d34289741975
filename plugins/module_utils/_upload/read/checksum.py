# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The SHA-1 of a file, read in blocks. Private to the collection."""

from __future__ import annotations

import hashlib
import time
from typing import BinaryIO, Callable, Optional, Union

from ..._client import errors
from ..._sources import base
from ..._sources.text import unreadable

_BLOCK = 1024 * 1024
SMALL = 1024 * 1024  # bytes: a file up to this size is sent from memory, so that it is read and hashed once

_DAMAGED = (
    "Its bytes are not those that the archive's manifest has the checksum of (SHA-1 %s, not %s): it was damaged or changed. It was not "
    "uploaded, and was kept. If Immich still has it, 'verify' of immich_archive fetches it again. 'unmatched_items: keep' uploads such "
    "files as they are."
)


class Hasher:
    """Hashes files one after another with one buffer. `go_on` is called for each block, and may raise to stop.

    `bytes` counts what was read; `content` is the last file's, if it is no larger than `SMALL`.
    """

    def __init__(self, go_on: Callable[[], None]) -> None:
        self.bytes = 0
        self.content: Optional[bytes] = None
        self._go_on = go_on
        self._buffer = bytearray(_BLOCK)
        self._view = memoryview(self._buffer)

    def sha1(self, item: base.Item) -> bytes:
        """The file's SHA-1. A file that was written to meanwhile is read once more; then it is left for another day.

        `LocalFailure` for another one than an export says.
        """
        found = self._sha1(item)
        if item.facts.sha1 not in (None, found):
            raise errors.LocalFailure(_DAMAGED % (found.hex(), item.facts.sha1.hex() if item.facts.sha1 else ""))
        return found

    def _sha1(self, item: base.Item) -> bytes:
        try:
            return self._read(item)
        except errors.FileChanged:
            item.look_again()
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
                    self._go_on()
                    block: Union[bytes, memoryview] = stream.read(left) if item.size <= SMALL else self._next_block(stream)
                    if not block:
                        break
                    digest.update(block)
                    if len(block) == item.size <= SMALL:
                        self.content = bytes(block)  # not a copy: it is bytes
                    left -= len(block)
                    self.bytes += len(block)
            except OSError as exc:
                raise unreadable(exc) from exc
            item.require_read_unchanged(stream)
        if left:
            raise errors.FileChanged("The file changed while it was read.")
        return digest.digest()

    def _next_block(self, stream: BinaryIO) -> memoryview:
        return self._view[: stream.readinto(self._buffer)]  # type: ignore[attr-defined]  # an item's stream has it
