# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading a gzip file from any place on.

What a gzip file (RFC 1952) unpacks to can only be read from its beginning. So the first pass keeps a copy of zlib's state every few
megabytes, and a later reader goes on from the nearest one before the place that it wants. A copy takes some 45 KB.
"""

from __future__ import annotations

import threading
import zlib
from bisect import bisect_right
from contextlib import contextmanager
from typing import Any, Iterator, List, NamedTuple, Optional, Tuple

from ..._client import errors
from . import containers

_SPACING = 16 * 1024 * 1024  # unpacked bytes between two checkpoints; doubled whenever there are too many
_MOST_CHECKPOINTS = 1024
_MOST_IDLE = 4  # readers, each with an open descriptor
_BLOCK = 256 * 1024  # packed bytes at a time
_STEP = 1024 * 1024  # unpacked bytes at a time
_GZIP = zlib.MAX_WBITS | 16


class Truncated(errors.LocalFailure):
    """The file ends in the middle."""

    def __init__(self) -> None:
        super().__init__("The archive is not complete: it ends in the middle. The files before that are uploaded. Download it again.")


class DamagedArchive(errors.LocalFailure):
    """Which of the members are damaged cannot be known: the checksum is over all of them."""

    def __init__(self) -> None:
        super().__init__(
            "The archive is damaged: it cannot be unpacked, or its checksum is wrong. None of its files is uploaded. Download it again."
        )


class ArchiveChanged(errors.FileChanged):
    """It unpacked well in the first pass, and does not any more."""

    def __init__(self) -> None:
        super().__init__("The archive changed while it was read. The next run uploads what is in it then.")


@contextmanager
def while_unpacking_again() -> Iterator[None]:
    """Raises `ArchiveChanged` where the first pass would have found damage."""
    try:
        yield
    except (Truncated, DamagedArchive) as exc:
        raise ArchiveChanged from exc


class _Checkpoint(NamedTuple):
    """`position` in what is unpacked, `packed_position` in the file."""

    position: int
    packed_position: int
    inflater: Any  # zlib does not name the type


class GzipReader:
    """What a gzip file unpacks to, from a checkpoint on. For one thread at a time.

    Reading raises `Truncated`, `DamagedArchive` and `OSError`. It opens the file itself, so that Python ends it before the file when both
    go.
    """

    def __init__(self, container: containers.Container, start: _Checkpoint) -> None:
        self.position = start.position
        self._file = container.open()
        self._packed_position = start.packed_position
        self._inflater = start.inflater.copy()
        self._packed = b""
        self._file.seek(start.packed_position)

    def read(self, size: int) -> bytes:
        """As many bytes as asked for, unless the end comes before."""
        parts = []
        while size:
            block = self._unpack(min(size, _STEP))
            if not block:
                break
            parts.append(block)
            size -= len(block)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def seek(self, target: int) -> None:
        """Goes forward; to the end if that comes before."""
        while self.position < target and self._unpack(min(target - self.position, _STEP)):
            pass

    def checkpoint(self) -> _Checkpoint:
        """The present place."""
        return _Checkpoint(self.position, self._packed_position - len(self._packed), self._inflater.copy())

    @property
    def is_between_streams(self) -> bool:
        """Whether one stream has ended and the next has not begun: a place that cannot be returned to."""
        return bool(self._inflater.eof)

    def __del__(self) -> None:
        if hasattr(self, "_packed"):  # else it could not be made
            self.close()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _unpack(self, most: int) -> bytes:
        """1 to `most` bytes; none at the end."""
        while True:
            if self._inflater.eof and not self._begin_next_stream():
                return b""
            if not self._packed:
                self._packed = self._read_packed()
                if not self._packed:
                    raise Truncated
            try:
                block = bytes(self._inflater.decompress(self._packed, most))
            except zlib.error as exc:
                raise DamagedArchive from exc
            self._packed = self._inflater.unconsumed_tail
            if block:
                self.position += len(block)
                return block

    def _begin_next_stream(self) -> bool:
        """Whether another one follows: gzip files may be strung together, and padded with zeros."""
        rest = self._inflater.unused_data.lstrip(b"\0")
        while not rest:
            block = self._read_packed()
            if not block:
                return False
            rest = block.lstrip(b"\0")
        self._inflater, self._packed = zlib.decompressobj(_GZIP), rest
        return True

    def _read_packed(self) -> bytes:
        block = self._file.read(_BLOCK)
        self._packed_position += len(block)
        return block


class IdleReaders:
    """Readers of several files that wait to be used again. Safe to use from all threads."""

    def __init__(self) -> None:
        self._waiting: List[Tuple[containers.Container, GzipReader]] = []
        self._lock = threading.Lock()

    def add(self, container: containers.Container, reader: GzipReader) -> None:
        """Keeps a reader; closes the one that has waited longest if there are too many."""
        with self._lock:
            self._waiting.append((container, reader))
            if len(self._waiting) > _MOST_IDLE:
                self._waiting.pop(0)[1].close()

    def take(self, container: containers.Container, first: int, last: int) -> Optional[GzipReader]:
        """The reader of this file that is nearest before `last`, and not before `first`."""
        with self._lock:
            fitting = [waiting for waiting in self._waiting if waiting[0] is container and first <= waiting[1].position <= last]
            if not fitting:
                return None
            best = max(fitting, key=lambda waiting: waiting[1].position)
            self._waiting.remove(best)
            return best[1]


class GzipIndex:
    """The checkpoints of one gzip file. Safe to use from all threads."""

    def __init__(self, container: containers.Container, idle: IdleReaders) -> None:
        self._container = container
        self._idle = idle
        self._checkpoints = [_Checkpoint(0, 0, zlib.decompressobj(_GZIP))]
        self._spacing = _SPACING
        self._lock = threading.Lock()

    def first_reader(self) -> GzipReader:
        """A reader at the beginning. Raises what `Container.open` does."""
        return GzipReader(self._container, self._checkpoints[0])

    def add_checkpoint(self, reader: GzipReader) -> None:
        """Keeps a checkpoint of the first reader's place, if the last one is far enough behind. Call it often during the first pass."""
        if reader.is_between_streams or reader.position - self._checkpoints[-1].position < self._spacing:
            return
        self._checkpoints.append(reader.checkpoint())
        if len(self._checkpoints) > _MOST_CHECKPOINTS:
            del self._checkpoints[1::2]
            self._spacing *= 2

    def reader_at(self, position: int) -> GzipReader:
        """A reader that is there, for the caller alone until `put_back`. Reads as far as it must to get there, and raises what that does.

        Raises what `Container.open` does too.
        """
        start = self._checkpoints[bisect_right([checkpoint.position for checkpoint in self._checkpoints], position) - 1]
        reader = self._idle.take(self._container, start.position, position) or GzipReader(self._container, start)
        try:
            reader.seek(position)
        except BaseException:
            reader.close()
            raise
        return reader

    def put_back(self, reader: GzipReader) -> None:
        """The reader may be used by others."""
        self._idle.add(self._container, reader)

    def read(self, position: int, size: int) -> bytes:
        """Bytes of what is unpacked; fewer at its end. Raises as `reader_at`.

        One thread reads at a time: the next one goes on where it stopped, in place of unpacking the same bytes once more.
        """
        with self._lock:
            reader = self.reader_at(position)
            try:
                return reader.read(size)
            finally:
                self.put_back(reader)


class GzipStream(containers.SeekableStream):
    """The bytes from `start` on of what is unpacked. `FileChanged` if it ends before the member does; raises `OSError` too."""

    def __init__(self, index: GzipIndex, start: int, size: int) -> None:
        super().__init__(size)
        self._index = index
        self._start = start
        self._reader: Optional[GzipReader] = None

    def _read_at(self, position: int, size: int) -> bytes:
        if not size:
            return b""
        with while_unpacking_again():
            block = self._reader_at(self._start + position).read(size)
        if len(block) < size:
            raise ArchiveChanged
        return block

    def close(self) -> None:
        if not self.closed:
            self._put_back()
        super().close()

    def _reader_at(self, position: int) -> GzipReader:
        if self._reader is not None and self._reader.position != position:
            self._put_back()
        if self._reader is None:
            self._reader = self._index.reader_at(position)
        return self._reader

    def _put_back(self) -> None:
        if self._reader is not None:
            self._index.put_back(self._reader)
            self._reader = None
