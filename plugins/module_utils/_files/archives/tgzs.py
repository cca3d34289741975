# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of tar that are compressed as a whole.

Listing one reads all of it. On the way its members are hashed, the small ones that a layout's reader asks for are kept, photos and videos
are looked into, and places are noted from which a member can be read again.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from contextlib import closing, suppress
from typing import BinaryIO, Iterator, List, Optional, cast

from ..._client import errors
from ..._media import exif, structure
from ..._media.movie import Movie, read_movie
from .. import base
from . import containers, gzip_reader, tars

_KEPT = (".json", ".csv", ".ini", ".xmp")
_KEPT_SIZE = 1024 * 1024  # bytes
_KEPT_IN_ALL = 256 * 1024 * 1024  # bytes an archive: 200,000 of Google's JSON files
_USUAL_EXTENSION = re.compile(r"\.[a-z0-9]{3,4}\Z", re.IGNORECASE)
_ZIP_MARK = b"PK\3\4"
_BLOCK = 1024 * 1024
_HEAD = 1024 * 1024  # bytes of a large member that are looked into
_MOST_PADDING = 64 * 1024 * 1024  # bytes behind the end of the archive; tar pads it to some kilobytes
_READ_AT_ONCE = 32 * 1024 * 1024  # bytes: what is smaller is unpacked into memory before the next member's turn


class TgzMember(containers.ArchiveMember):
    """A file in a compressed tar archive, from `start` on in what the archive unpacks to. Its SHA-1 is known from the listing.

    `kept` is its content if that was kept, `head` its beginning.
    """

    __slots__ = ("_camera", "_index", "_movie", "head", "kept", "start")

    def __init__(
        self, index: gzip_reader.GzipIndex, container: containers.Container, inner: str, number: int, info: tarfile.TarInfo
    ) -> None:
        super().__init__(container, inner, number, info.size, tars.mtime_ns(info))
        self.start = info.offset_data
        self.kept: Optional[bytes] = None
        self.head = b""
        self._camera: Optional[exif.CameraData] = None
        self._movie: Optional[Movie] = None
        self._index = index

    def look_into(self, content: bytes) -> None:
        """Notes what the photo or video says about itself, as long as its bytes are at hand: to come back to them later costs more.

        `content` is all of the member, or the beginning of a large one. Without exifread what a photo says stays unknown.
        """
        self._movie = read_movie(content)
        if self._movie is None:
            with suppress(errors.MissingLibrary):
                self._camera = exif.read_camera(content)

    def camera(self) -> exif.CameraData:
        exif.require_exifread()
        return self._camera or exif.NO_CAMERA

    def movie(self) -> Optional[Movie]:
        return self._movie

    @property
    def _mark(self) -> int:
        return self.start

    def open(self) -> BinaryIO:
        if self.kept is not None:
            self.require_unchanged()
            return io.BytesIO(self.kept)
        if self.size > _READ_AT_ONCE:
            return cast(BinaryIO, gzip_reader.GzipStream(self._index, self.start, self.size))
        with gzip_reader.while_unpacking_again(), containers.reading_an_archive():
            content = self._index.read(self.start, self.size)
        if len(content) < self.size:
            raise gzip_reader.ArchiveChanged
        return io.BytesIO(content)

    def read(self, limit: int) -> bytes:
        if self.head and limit <= len(self.head):
            self.require_unchanged()
            return self.head[:limit]
        return super().read(limit)


class TgzArchive(containers.Archive):
    """A compressed tar archive. `idle` is shared by all archives of a run.

    The members of one that was cut off are yielded as far as they are whole; of one that is damaged none is.
    """

    def __init__(self, container: containers.Container, listener: base.Listener, idle: gzip_reader.IdleReaders) -> None:
        super().__init__(container, listener)
        self._index = gzip_reader.GzipIndex(container, idle)
        self._kept = 0

    def items(self) -> Iterator[TgzMember]:
        members: List[TgzMember] = []
        problem: Optional[errors.LocalFailure] = None
        try:
            with self.container.open() as packed:
                if packed.read(4) == _ZIP_MARK:
                    raise errors.LocalFailure("This is a ZIP archive. Rename it, so that its name ends in .zip.")
            with closing(self._index.first_reader()) as reader:
                try:
                    self._list(tars.HeaderReader(reader, 0), reader, members)
                except errors.LocalFailure as exc:
                    problem = exc
                self._go_to_end(reader)  # where the checksum is
        except gzip_reader.DamagedArchive as exc:
            members.clear()
            problem = exc
        except errors.LocalFailure as exc:
            problem = problem or exc
        except OSError as exc:
            problem = errors.unreadable(exc, "The archive")
        if problem is not None:
            self.listener.unreadable(self.container.path, problem)
        else:
            self.warn_if_empty(members)
        return iter(members)

    def _list(self, headers: tars.HeaderReader, reader: gzip_reader.GzipReader, members: List[TgzMember]) -> None:
        for info in tars.read_headers(headers):
            inner = tars.accept_member(self, info)
            if inner is not None:
                member = TgzMember(self._index, self.container, inner, self.count_name(inner), info)
                self._hash(member, headers, reader)
                members.append(member)

    def _hash(self, member: TgzMember, headers: tars.HeaderReader, reader: gzip_reader.GzipReader) -> None:
        """Hashes a member and keeps of it what is needed. Raises `Truncated` if it is not whole."""
        size = member.size
        is_kept = member.inner.lower().endswith(_KEPT) and size <= min(_KEPT_SIZE, _KEPT_IN_ALL - self._kept)
        most_seen = 0 if is_kept else size if size <= containers.LARGEST_LOOKED_INTO else _HEAD
        seen = bytearray()
        digest, left = hashlib.sha1(), size
        while left:
            block = headers.read_content(min(left, _BLOCK))
            if not block:
                raise gzip_reader.Truncated
            if left == size and has_unusual_extension(member.inner):
                member.head = block[: structure.HEAD_BYTES]
            digest.update(block)
            left -= len(block)
            self._index.add_checkpoint(reader)
            if is_kept:
                member.kept = block  # all of it: it fits into a block
            elif len(seen) < most_seen:
                seen += block
        if is_kept:
            self._kept += size
            member.kept = member.kept or b""
        if seen:
            member.look_into(bytes(seen))
        member.sha1 = digest.digest()

    @staticmethod
    def _go_to_end(reader: gzip_reader.GzipReader) -> None:
        for _number in range(_MOST_PADDING // _BLOCK):
            if not reader.read(_BLOCK):
                return
        raise gzip_reader.DamagedArchive


def has_unusual_extension(name: str) -> bool:
    """Whether a member's name does not say what it is, so that its beginning is kept: `2013-12-23`, `21.12.11 - 1`, `X.MP`."""
    return _USUAL_EXTENSION.match(os.path.splitext(name)[1]) is None
