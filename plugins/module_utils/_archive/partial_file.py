# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file of an archive that is being written."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Callable, ContextManager, Optional

from .._archive_format import record
from .._own_files import write_all


class PartialOriginal:
    """A file that is being written. As a context manager it is deleted at the end, unless it was placed.

    `folder` is the descriptor of `immich-archive/partial`, in which it lies; `failing` is that of the `ArchiveTree`.
    """

    def __init__(self, name: str, descriptor: int, folder: int, failing: Callable[[str, str], ContextManager[None]]) -> None:
        self.name = name
        self.placed = False
        self.descriptor: Optional[int] = descriptor
        self._folder = folder
        self._failing_at = failing

    def __enter__(self) -> PartialOriginal:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def write(self, block: bytes) -> None:
        """Adds bytes. Raises `LocalFailure`."""
        if self.descriptor is None:
            raise ValueError("it is closed")
        with self._failing():
            write_all(self.descriptor, block)

    def empty(self) -> None:
        """Begins again. Raises `LocalFailure`."""
        if self.descriptor is None:
            return
        with self._failing():
            os.ftruncate(self.descriptor, 0)
            os.lseek(self.descriptor, 0, os.SEEK_SET)

    def finish(self, mtime_ns: Optional[int] = None) -> None:
        """Brings it to the disk and closes it. Raises `LocalFailure`: some file systems tell only now that they are full."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is None:
            return
        with self._failing():
            try:
                if mtime_ns is not None:
                    with suppress(OSError, OverflowError):  # a time that the file system does not know
                        os.utime(descriptor, ns=(mtime_ns, mtime_ns))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def drop(self) -> None:
        """Closes it, and deletes it unless it was placed."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
        if not self.placed:
            self.placed = True
            with suppress(OSError):
                os.unlink(self.name, dir_fd=self._folder)

    def _failing(self) -> ContextManager[None]:
        return self._failing_at("%s/%s/%s" % (record.FOLDER, record.PARTIAL, self.name), "cannot be written")
