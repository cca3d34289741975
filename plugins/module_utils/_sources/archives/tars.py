# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of tar that are not compressed, whose members are read where they lie. Private to the collection."""

from __future__ import annotations

from typing import BinaryIO, Iterator, List, Optional, cast

from ..._client import errors
from . import containers, tar_headers
from .member import Archive, ArchiveMember
from .streams import StoredStream, Window


class TarMember(ArchiveMember):
    """A file in a tar archive, from `start` on in the container's file. There is no checksum of it."""

    __slots__ = ("start",)

    def __init__(self, container: containers.Container, inner: str, number: int, size: int, mtime_ns: int, start: int) -> None:
        super().__init__(container, inner, number, size, mtime_ns)
        self.start = start

    @property
    def _mark(self) -> int:
        return self.start

    def open(self) -> BinaryIO:
        """See `Item`."""
        file = self.container.open()
        try:
            return cast(BinaryIO, StoredStream(file, self.start, self.size, None))
        except OSError as exc:
            file.close()
            raise errors.unreadable(exc, "The archive") from exc

    def look(self) -> Optional[BinaryIO]:
        """See `Item`."""
        return cast(BinaryIO, Window(self.container.open(), self.start, self.size))


class TarArchive(Archive):
    """A tar archive. The members of one that was cut off are yielded as far as they are whole."""

    def items(self) -> Iterator[TarMember]:
        """See `Archive`."""
        container = self.container
        found: List[TarMember] = []
        try:
            with container.open() as file:
                for info in tar_headers.headers(tar_headers.HeaderReader(file, container.start)):
                    if info.isreg() and not info.issparse() and info.offset_data + info.size > container.size:
                        raise tar_headers.Cut
                    inner = tar_headers.name_of_file(self, info)
                    if inner is not None:
                        start = container.start + info.offset_data
                        found.append(TarMember(container, inner, self.number(inner), info.size, tar_headers.mtime_ns(info), start))
            self.warn_if_empty(found)
        except OSError as exc:
            self.listener.unreadable(container.path, errors.unreadable(exc, "The archive"))
        except errors.LocalFailure as exc:
            self.listener.unreadable(container.path, exc)
        return iter(found)
