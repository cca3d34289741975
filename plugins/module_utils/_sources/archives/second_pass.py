# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The second pass over the .tgz archives of a run, which hands out what is to be sent. Private to the collection."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import threading
from contextlib import suppress
from typing import BinaryIO, Callable, Dict, Optional, cast

from ..._client import errors
from .. import base
from ..media import exif
from ..media.container import Container as MovieContainer
from ..media.container import read_container
from . import containers, tar_headers
from .gunzip import Gunzip
from .member import ArchiveMember
from .streams import MemberStream

_KEPT = (".json", ".csv", ".ini", ".xmp")
_USUAL_EXTENSION = re.compile(r"\.[a-z0-9]{3,4}\Z", re.IGNORECASE)
_HELD = 32 * 1024 * 1024  # bytes: photos are read ahead, so that several are sent at a time; what is larger is sent as it is read
_HEAD = 1024 * 1024  # bytes: a large member can be opened again as long as no more of it was read
_BLOCK = 1024 * 1024
_LOOK_EVERY = 0.2  # seconds

_ONLY_FORWARD = "A .tgz can only be read forward: this file cannot be read again, or out of its turn. The next run takes it."
_NOT_KEPT = (
    "A .tgz can only be read forward, and there is too much of this kind in it to be kept. Order the export as a ZIP, "
    "or unpack the archive and name its folder in src."
)
_OTHER_BYTES = "The archive changed while it was read. The next run uploads what is in it by then."


def is_kept(name: str) -> bool:
    """Whether a member of this name is of a kind that says something about others, and is kept by the first pass if it is small."""
    return name.lower().endswith(_KEPT)


def tells_no_type(name: str) -> bool:
    """Whether a member's name does not say what it is, so that the first pass keeps its beginning: `2013-12-23`, `21.12.11 - 1`, `X.MP`."""
    return _USUAL_EXTENSION.match(os.path.splitext(name)[1]) is None


class TgzMember(ArchiveMember):
    """A file in a compressed tar archive, from `start` on in what the archive unpacks to. Its SHA-1 is known from the first pass.

    `kept` is its content if the first pass kept it, `head` its beginning. Else it can be read between `prepare` and `release`.
    """

    __slots__ = ("_camera", "_movie", "_second_pass", "head", "kept", "start")

    def __init__(self, second_pass: SecondPass, container: containers.Container, inner: str, number: int, info: tarfile.TarInfo) -> None:
        super().__init__(container, inner, number, info.size, tar_headers.mtime_ns(info))
        self.start = info.offset_data
        self.kept: Optional[bytes] = None
        self.head = b""
        self._camera: Optional[exif.Camera] = None
        self._movie: Optional[MovieContainer] = None
        self._second_pass = second_pass

    def look_into(self, content: bytes) -> None:
        """Called in the first pass: what the photo or video says about itself is needed later, when the archive cannot be read back to it.

        `content` is all of the member, or the beginning of a large one. Without exifread what a photo says stays unknown.
        """
        self._movie = read_container(content)
        if self._movie is None:
            with suppress(errors.MissingLibrary):
                self._camera = exif.read_camera(content)

    def camera(self) -> exif.Camera:
        """See `Item`."""
        exif.require_exifread()
        return self._camera or exif.NO_CAMERA

    def movie(self) -> Optional[MovieContainer]:
        """See `Item`."""
        return self._movie

    @property
    def _mark(self) -> int:
        return self.start

    def prepare(self, make_room: Callable[[base.Item], None], go_on: Callable[[], None]) -> None:
        """See `Item`."""
        self._second_pass.prepare(self, make_room, go_on)

    def release(self) -> None:
        """See `Item`."""
        self._second_pass.release(self)

    def open(self) -> BinaryIO:
        """See `Item`."""
        content = self.content if self.kept is None else self.kept
        if content is not None:
            self.require_unchanged()
            return io.BytesIO(content)
        return self._second_pass.open(self)

    def read(self, limit: int) -> bytes:
        """See `Item`."""
        if self.head and limit <= len(self.head):
            self.require_unchanged()
            return self.head[:limit]
        return super().read(limit)

    def look_again(self) -> None:
        """See `Item`. `LocalFailure` in any case: what was sent cannot be read again."""
        raise errors.LocalFailure(_ONLY_FORWARD)


class SecondPass:
    """Reads one archive after the other, each once and forward. Safe to use from all threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._container: Optional[containers.Container] = None
        self._file: Optional[Gunzip] = None
        self._at = 0  # in what the archive unpacks to
        self._over: Dict[containers.Container, str] = {}  # archives that are not read any more, and why
        self._large: Optional[_Large] = None

    def prepare(self, member: TgzMember, make_room: Callable[[base.Item], None], go_on: Callable[[], None]) -> None:
        """See `Item.prepare`. What goes wrong is raised when the member is opened."""
        is_held = member.size <= _HELD
        if is_held:
            make_room(member)
        with self._changed:
            while self._large is not None:
                self._changed.wait(_LOOK_EVERY)
                go_on()
            if member.container in self._over:
                return
            try:
                file = self._file_of(member.container)
                if member.start < self._at:
                    return
                file.seek(member.start)
                self._at = member.start
                if is_held:
                    content = file.read(member.size)
                    self._at += len(content)
                    if hashlib.sha1(content).digest() != member.sha1:
                        raise errors.FileChanged(_OTHER_BYTES)
                    member.content = content
                else:
                    self._large = _Large(member, file)
            except OSError as exc:
                self._end(member.container, errors.unreadable(exc, "The archive").msg)
            except errors.LocalFailure as exc:
                self._end(member.container, exc.msg)

    def open(self, member: TgzMember) -> BinaryIO:
        """The large member that is prepared, from its beginning; `LocalFailure` for any other."""
        with self._changed:
            large = self._large
            if large is None or large.member is not member or not large.can_be_opened:
                words = self._over.get(member.container, _ONLY_FORWARD)
                raise errors.LocalFailure(_NOT_KEPT if is_kept(member.inner) else words)
            return cast(BinaryIO, _LargeStream(self, large))

    def read(self, large: _Large, start: int, most: int) -> bytes:
        """One byte or more of a large member. `LocalFailure` if it was released; raises as `Gunzip.read`."""
        with self._changed:
            if self._large is not large:
                raise errors.LocalFailure(_ONLY_FORWARD)
            block = large.read(start, most)
            if large.taken == large.member.size:
                self.release(large.member)
            return block

    def release(self, member: TgzMember) -> None:
        """The pass may go on: the member is read, or not going to be."""
        with self._changed:
            if self._large is not None and self._large.member is member:
                self._at += self._large.taken
                self._large = None
                self._changed.notify_all()

    def _file_of(self, container: containers.Container) -> Gunzip:
        if self._file is None or self._container is not container:
            if self._container is not None:
                self._end(self._container, _ONLY_FORWARD)
            self._file, self._container, self._at = Gunzip(container), container, 0
        return self._file

    def _end(self, container: containers.Container, words: str) -> None:
        """The archive is not read any more."""
        self._over[container] = words
        if self._file is not None:
            self._file.close()
        self._file = self._container = None


class _Large:
    """A large member that is sent as it is read. `taken` is how many of its bytes were read, `head` those of them that were kept."""

    def __init__(self, member: TgzMember, file: Gunzip) -> None:
        self.member = member
        self.taken = 0
        self._head = bytearray()
        self._file = file

    @property
    def can_be_opened(self) -> bool:
        """Whether its beginning is still there."""
        return self.taken == len(self._head)

    def read(self, start: int, most: int) -> bytes:
        """One byte or more; see `SecondPass.read`."""
        if start < len(self._head):
            return bytes(self._head[start : start + most])
        if start != self.taken:
            raise errors.LocalFailure(_ONLY_FORWARD)
        block = self._file.read(most)
        if not block:
            raise errors.FileChanged(_OTHER_BYTES)
        self.taken += len(block)
        if self.taken <= _HEAD:
            self._head += block
        return block


class _LargeStream(MemberStream):
    """Of a large member. Its bytes are not compared with anything here: the sender compares the SHA-1."""

    def __init__(self, second_pass: SecondPass, large: _Large) -> None:
        super().__init__(large.member.size, None)
        self._second_pass = second_pass
        self._large = large
        self._position = 0

    def _fetch(self, most: int) -> bytes:
        block = self._second_pass.read(self._large, self._position, min(most, _BLOCK))
        self._position += len(block)
        return block

    def _let_go(self) -> None:
        if not self._large.can_be_opened:
            self._second_pass.release(self._large.member)
