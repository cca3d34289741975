# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Local files as they go through the pipeline. Private to the collection."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO, List, Optional, Set, Tuple

from .._client import errors


def shown(path: str) -> str:
    """A path as text that is valid UTF-8 whatever its bytes: those that are no UTF-8 become `\\xNN`."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


class Folder:
    """A folder that is looked through. `album` is the album that its files belong to (a name, or an id), or None."""

    __slots__ = ("album", "path", "prefix")

    def __init__(self, path: str, album: Optional[str]) -> None:
        self.path = path
        self.prefix = path if path.endswith("/") else path + "/"
        self.album = album


class Sidecar:
    """An XMP file that belongs to one or more media files: one record for a whole run.

    `users` counts those files, `gone` those of them that were deleted after it went up with them. (Each has one thread that writes
    it, so that neither needs a lock.) With `one_by_one` the scan may find more users until its end. `sent` has what it was when it
    was sent (see `state_of`): one value, unless it was written to meanwhile.
    """

    __slots__ = ("gone", "one_by_one", "path", "sent", "users")

    def __init__(self, path: str, *, one_by_one: bool) -> None:
        self.path = path
        self.one_by_one = one_by_one
        self.users = self.gone = 0
        self.sent: Set[Tuple[int, ...]] = set()


class Media:
    """A photo or video as it was when it was found. `sha1` is empty until it is known.

    `held` is how many bytes of the read-ahead budget it takes up; `content` what was hashed, while that is in memory. `ctime_ns` is
    when its inode last changed, `read_ns` when its reading for the checksum began (0 before): both in nanoseconds since 1970.
    `sidecar_sent` is what its sidecar was (see `state_of`) if the server took it, else None.
    """

    __slots__ = ("content", "ctime_ns", "folder", "held", "inode", "mtime_ns", "name", "read_ns", "sha1", "sidecar", "sidecar_sent", "size")

    def __init__(self, folder: Folder, name: str, found: os.stat_result) -> None:
        self.folder = folder
        self.name = name
        self.sidecar: Optional[Sidecar] = None
        self.sidecar_sent: Optional[Tuple[int, ...]] = None
        self.held = 0
        self.look_again(found)

    @property
    def path(self) -> str:
        """The path by which it is opened."""
        return self.folder.prefix + self.name

    @property
    def identity(self) -> Tuple[int, int, int]:
        """What changes when the file is written to or replaced."""
        return self.size, self.mtime_ns, self.inode

    def look_again(self, found: os.stat_result) -> None:
        """Takes over what the file is now, and forgets its checksum."""
        self.size, self.mtime_ns, self.inode = identity_of(found)
        self.ctime_ns = found.st_ctime_ns
        self.read_ns = 0
        self.sha1 = b""
        self.content: Optional[bytes] = None


def identity_of(found: os.stat_result) -> Tuple[int, int, int]:
    """See `Media.identity`."""
    return found.st_size, found.st_mtime_ns, found.st_ino


def state_of(found: os.stat_result) -> Tuple[int, ...]:
    """What changes when a file is written to, even if its time is set back then (exiftool -P): nobody can set the inode's own time."""
    return (*identity_of(found), found.st_ctime_ns)


def open_media(media: Media) -> BinaryIO:
    """Opens the file unbuffered; `FileChanged` if it is not as it was found, `LocalFailure` if it cannot be opened.

    A pipe or device that took the file's place is not waited for, and never read.
    """
    try:
        descriptor = os.open(media.path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError as exc:
        raise _vanished() from exc
    except OSError as exc:
        raise unreadable(exc) from exc
    try:
        _require_the_same(media, os.fstat(descriptor))
        return open(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def look_at(media: Media) -> None:
    """Raises `FileChanged` if the file is not as it was found, `LocalFailure` if it cannot be looked at."""
    try:
        found = os.stat(media.path)
    except FileNotFoundError as exc:
        raise _vanished() from exc
    except OSError as exc:
        raise unreadable(exc) from exc
    _require_the_same(media, found)


def _require_the_same(media: Media, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or identity_of(found) != media.identity:
        raise errors.FileChanged("The file changed after it was found.")


def _vanished() -> errors.LocalFailure:
    return errors.LocalFailure("The file vanished before it could be read.")


def unreadable(exc: OSError, what: str = "The file") -> errors.LocalFailure:
    """The words for a file or folder that the operating system does not let us read."""
    return errors.LocalFailure("%s cannot be read: %s." % (what, exc.strerror or exc))


Batch = List[Media]
