# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What archives of all kinds, and their members, have in common; and the names that are accepted."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Dict, Iterator, Sequence, Tuple

from ..._client import errors
from .. import base
from . import containers

ZIP, TAR, TGZ = (".zip",), (".tar",), (".tgz", ".tar.gz")
"""The ends of the names of archives, in lower case."""

_LONGEST = 4096  # bytes: what a path may have on Linux, from which such names come

_UNPACK = "If you trust the archive, unpack it, and name its folder in src."

_DRIVE = re.compile(r"[A-Za-z]:(/|\\|$)")

# An Item takes half a kilobyte. Google's largest parts have fewer than a hundred thousand members.
MOST_MEMBERS = 2_000_000

LARGEST_LOOKED_INTO = 16 * 1024 * 1024
"""Bytes of a member without a way back that is looked into as a whole: the videos of live photos have some 5 MiB."""


class Archive(ABC):
    """An archive whose members are yielded once. What cannot be read or is not a file is reported to the listener."""

    def __init__(self, container: containers.Container, listener: base.Listener) -> None:
        self.container = container
        self.listener = listener
        self._names: Dict[str, int] = {}

    @abstractmethod
    def items(self) -> Iterator[base.Item]:
        """Its files, in the archive's own order."""

    def warn_if_empty(self, found: Sequence[base.Item]) -> None:
        """To be called once it was read to its end."""
        if not found:
            self.listener.warn("There are no files in %s." % self.container.path)

    def number(self, inner: str) -> int:
        """How many members of this name came before."""
        number = self._names.get(inner, 0)
        self._names[inner] = number + 1
        return number

    def path_of(self, name: str) -> str:
        """What names a member to a person."""
        return "%s: %s" % (self.container.path, name)

    def skip_link(self, name: str) -> None:
        """Tells that a member is a link."""
        self.listener.skipped(self.path_of(name), "link", "It is a link inside an archive.")

    def skip_special(self, name: str) -> None:
        """Tells that a member is neither a file nor a folder nor a link."""
        self.listener.skipped(self.path_of(name), "special file", "It is a pipe, a socket or a device.")


class ArchiveMember(base.Item):
    """A file in an archive. `number` is how many of its name stand before it. There is no sidecar beside it, and it cannot be deleted."""

    __slots__ = ("_place", "container", "inner", "mtime_ns", "number", "size")

    inner: str
    mtime_ns: int
    size: int

    def __init__(self, container: containers.Container, inner: str, number: int, size: int, mtime_ns: int) -> None:
        super().__init__(inner.rpartition("/")[2])
        self.container = container
        self.inner = inner
        self._place = 0  # where its path inside the archive begins in `inner`
        self.number = number
        self.size = size
        self.mtime_ns = mtime_ns

    @property
    def path(self) -> str:
        return "%s: %s" % (self.container.path, self.inner[self._place :])

    def move_below(self, folder: str) -> None:
        """Puts it into a folder: the archive itself, for one that lies inside of an export."""
        self.inner = folder + "/" + self.inner
        self._place = len(folder) + 1

    @property
    def cache_key(self) -> bytes:
        """The archive's path and the path inside it, with a NUL byte between, which neither can have."""
        key = self.container.key + b"\0" + self.inner.encode("utf-8", "surrogateescape")
        return key + b"\0%d" % self.number if self.number else key

    @property
    def identity(self) -> Tuple[int, int, int]:
        """Its size, when the archive was last written to, and its `_mark`."""
        return self.size, self.container.mtime_ns, self._mark

    @property
    @abstractmethod
    def _mark(self) -> int:
        """What tells it from another member of its size in the same archive."""

    def require_unchanged(self) -> None:
        self.container.require_unchanged()

    def refresh(self) -> None:
        """Raises `FileChanged` if the archive is not as it was listed: where its members lie now is not known."""
        self.container.require_unchanged()
        self.clear_checksum()


def is_archive(name: str) -> bool:
    """Whether a file of this name is taken for an archive."""
    return name.lower().endswith(ZIP + TAR + TGZ)


def inner_path(name: str) -> str:
    """A member's name as a path below the archive, without `.` and empty parts; "" for the archive's own top folder.

    `LocalFailure` for a name that would lead out of the archive if it were unpacked, that no file can have, or that is too long.
    """
    if "\0" in name:
        raise errors.LocalFailure("Its name holds a NUL byte, so the archive is damaged or malicious. It is left out.")
    if len(name) > _LONGEST:
        raise errors.LocalFailure("Its name is longer than %d characters, so the archive is damaged or malicious." % _LONGEST)
    if name.startswith("/") or _DRIVE.match(name):
        raise errors.LocalFailure("Its name is an absolute path, so it is left out. %s" % _UNPACK)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise errors.LocalFailure("Its name leads out of the archive (..), so it is left out. %s" % _UNPACK)
    return "/".join(parts)
