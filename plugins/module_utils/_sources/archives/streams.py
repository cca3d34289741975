# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Members of archives as open files, read from their beginning on. Private to the collection."""

from __future__ import annotations

import errno
import io
import zlib
from abc import abstractmethod
from typing import Any, BinaryIO, Optional

from ..._client import errors
from . import containers

_BLOCK = 64 * 1024  # bytes of packed data at a time

_RAW = -zlib.MAX_WBITS  # deflated data without the header of zlib

_AGAIN = "Download the archive again, or check where it is from."
_CUT = "It ends too early: the archive was shortened."


class MemberStream(io.RawIOBase):
    """The `size` bytes of a member. `read(n)` gives as many as asked for, unless the member ends before.

    Its CRC-32 is compared (unless that is None) before the last bytes are handed out: `LocalFailure` in their place if it is another
    one, and each time from then on. Reading raises `OSError` as well.
    """

    def __init__(self, size: int, crc: Optional[int]) -> None:
        super().__init__()
        self._left = size
        self._expected = crc
        self._crc = 0
        self._failure: Optional[str] = None

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: Optional[int] = -1) -> bytes:
        """The next bytes; see the class."""
        left = wanted = self._left if size is None or size < 0 else min(size, self._left)
        parts = []
        while left:
            self._require_sound()
            block = self._fetch(left)
            self._count(block)
            left -= len(block)
            if len(block) == wanted:
                return block
            parts.append(block)
        return b"".join(parts)

    def readall(self) -> bytes:
        """What is left."""
        return self.read()

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer; returns how many bytes, 0 at the end."""
        view = memoryview(buffer)
        block = self.read(len(view))
        view[: len(block)] = block
        return len(block)

    def close(self) -> None:
        """Lets go of the file."""
        if not self.closed:
            self._let_go()
        super().close()

    @abstractmethod
    def _fetch(self, most: int) -> bytes:
        """One byte or more. Raises as reading does."""

    @abstractmethod
    def _let_go(self) -> None:
        """Called once, when the stream is closed."""

    def _require_end(self) -> None:
        """Raises `LocalFailure` if the member goes on."""

    def _count(self, block: Any) -> None:
        if self._expected is not None:
            self._crc = zlib.crc32(block, self._crc)
        if len(block) == self._left:
            self._require_end()
            if self._expected not in (None, self._crc):
                raise self._fail("It is damaged: its checksum (CRC) is not the one in the archive. %s" % _AGAIN)
        self._left -= len(block)

    def _require_sound(self) -> None:
        if self._failure is not None:
            raise errors.LocalFailure(self._failure)

    def _fail(self, words: str) -> errors.LocalFailure:
        self._failure = words
        return errors.LocalFailure(words)


class StoredStream(MemberStream):
    """Of a member that lies in the file as it is, from `start` on."""

    def __init__(self, file: BinaryIO, start: int, size: int, crc: Optional[int]) -> None:
        super().__init__(size, crc)
        self._file = file
        file.seek(start)

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer, without a copy in between."""
        view = memoryview(buffer)[: self._left]
        if not view:
            return 0
        self._require_sound()
        found = int(self._file.readinto(view))  # type: ignore[attr-defined]  # a raw file has it
        if not found:
            raise self._fail(_CUT)
        self._count(view[:found])
        return found

    def _fetch(self, most: int) -> bytes:
        block = self._file.read(most)
        if not block:
            raise self._fail(_CUT)
        return block

    def _let_go(self) -> None:
        self._file.close()


class Window(io.RawIOBase):
    """The `size` bytes from `start` on of a file, here and there. Nothing is compared with a checksum."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file = file
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of files."""
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise OSError(errno.EINVAL, "It begins after that")
        self._at = at
        return at

    def tell(self) -> int:
        """As of files."""
        return self._at

    def read(self, size: Optional[int] = -1) -> bytes:
        """As of files."""
        left = max(0, self._size - self._at)
        block = containers.read_at(self._file, self._start + self._at, left if size is None or size < 0 else min(size, left))
        self._at += len(block)
        return block

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()
        super().close()


class DeflatedStream(MemberStream):
    """Of a member that is deflated to `packed` bytes from `start` on. One that does not unpack to exactly `size` bytes is damaged."""

    def __init__(self, file: BinaryIO, start: int, packed: int, size: int, crc: Optional[int]) -> None:
        super().__init__(size, crc)
        self._file = file
        file.seek(start)
        self._packed_left = packed
        self._inflater = zlib.decompressobj(_RAW)

    def _fetch(self, most: int) -> bytes:
        block = self._inflate(most)
        if not block:
            raise self._fail("It is damaged: it unpacks to fewer bytes than the archive says. %s" % _AGAIN)
        return block

    def _inflate(self, most: int) -> bytes:
        """1 to `most` bytes; none at the end of what is packed."""
        while not self._inflater.eof:
            packed = self._inflater.unconsumed_tail
            if not packed and self._packed_left:
                packed = self._file.read(min(_BLOCK, self._packed_left))
                if not packed:
                    raise self._fail(_CUT)
                self._packed_left -= len(packed)
            try:
                block = self._inflater.decompress(packed, most)
            except zlib.error as exc:
                raise self._fail("It is damaged: it cannot be unpacked. %s" % _AGAIN) from exc
            if block:
                return block
            if not packed:
                raise self._fail("It is damaged: it ends in the middle. %s" % _AGAIN)
        return b""

    def _require_end(self) -> None:
        if self._inflate(1):
            raise self._fail("It unpacks to more bytes than the archive says, so it is damaged or malicious. %s" % _AGAIN)

    def _let_go(self) -> None:
        self._file.close()
