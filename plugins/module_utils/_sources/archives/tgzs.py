# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archives of tar that are compressed as a whole: two passes, each from the beginning to the end. Private to the collection.

A member can only be reached by reading all that come before it. So the first pass lists the members, hashes them and keeps the small ones
that a layout's reader asks for; the second one hands out those that are to be sent, in the same order.
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from typing import Iterator, List, Optional

from ..._client import errors
from .. import base
from . import containers, tar_headers
from .gunzip import Damaged, Gunzip
from .member import LARGEST_LOOKED_INTO, Archive
from .second_pass import SecondPass, TgzMember, is_kept, tells_no_type

_KEPT_SIZE = 1024 * 1024  # bytes
_KEPT_IN_ALL = 256 * 1024 * 1024  # bytes an archive: 200,000 of Google's JSON files
_KEPT_OF_HEAD = 64  # bytes: enough to tell a photo or video
_ZIP_MARK = b"PK\3\4"
_BLOCK = 1024 * 1024
_HEAD = 1024 * 1024  # bytes of a large member that are looked into
_MOST_PADDING = 64 * 1024 * 1024  # bytes behind the end of the archive; tar pads it to some kilobytes


class TgzArchive(Archive):
    """A compressed tar archive. `second_pass` is shared by all of a run.

    The members of one that was cut off are yielded as far as they are whole; of one that is damaged none is.
    """

    def __init__(self, container: containers.Container, listener: base.Listener, second_pass: SecondPass) -> None:
        super().__init__(container, listener)
        self._second_pass = second_pass
        self._kept = 0

    def items(self) -> Iterator[TgzMember]:
        """See `Archive`. Reads all of the archive."""
        found: List[TgzMember] = []
        problem: Optional[errors.LocalFailure] = None
        try:
            with self.container.open() as packed:
                if packed.read(4) == _ZIP_MARK:
                    raise errors.LocalFailure("This is a ZIP archive. Rename it, so that its name ends in .zip.")
            with closing(Gunzip(self.container)) as file:
                try:
                    self._list(tar_headers.HeaderReader(file, 0), found)
                except errors.LocalFailure as exc:
                    problem = exc
                self._go_to_end(file)  # where the checksum is
        except Damaged as exc:
            found.clear()
            problem = exc
        except errors.LocalFailure as exc:
            problem = problem or exc
        except OSError as exc:
            problem = errors.unreadable(exc, "The archive")
        if problem is not None:
            self.listener.unreadable(self.container.path, problem)
        else:
            self.warn_if_empty(found)
        return iter(found)

    def _list(self, reader: tar_headers.HeaderReader, found: List[TgzMember]) -> None:
        for info in tar_headers.headers(reader):
            inner = tar_headers.name_of_file(self, info)
            if inner is None:
                continue
            member = TgzMember(self._second_pass, self.container, inner, self.number(inner), info)
            keep = is_kept(inner) and info.size <= min(_KEPT_SIZE, _KEPT_IN_ALL - self._kept)
            seen = bytearray()
            most_seen = 0 if keep else info.size if info.size <= LARGEST_LOOKED_INTO else _HEAD
            digest, left = hashlib.sha1(), info.size
            while left:
                block = reader.content(min(left, _BLOCK))
                if not block:
                    raise tar_headers.Cut
                if left == info.size and tells_no_type(inner):
                    member.head = block[:_KEPT_OF_HEAD]
                digest.update(block)
                left -= len(block)
                if keep:
                    member.kept = block  # all of it: it is no larger than a block
                elif len(seen) < most_seen:
                    seen += block
            if keep:
                self._kept += info.size
                member.kept = member.kept or b""
            if seen:
                member.look_into(bytes(seen))
            member.sha1 = digest.digest()
            found.append(member)

    @staticmethod
    def _go_to_end(file: Gunzip) -> None:
        for _number in range(_MOST_PADDING // _BLOCK):
            if not file.read(_BLOCK):
                return
        raise Damaged
