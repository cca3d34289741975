# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Local files as they go through the pipeline. Private to the collection."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import List, Match, NamedTuple, Optional, Set, Tuple

from .._client import errors

# What a terminal obeys in place of showing it (C0, DEL, C1), what turns the direction of the text around or ends a line, and halves
# of surrogate pairs.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def as_text(path: str) -> str:
    """A path as text that is valid UTF-8 whatever its bytes: those that are not UTF-8 become `\\xNN`."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def shown(text: str) -> str:
    """A path, or a sentence in which there are some, as a person may see it: control characters become `\\xNN` or `\\uNNNN` as well."""
    if text.isascii() and text.isprintable():
        return text
    with suppress(UnicodeEncodeError):  # a server's words may hold half of a surrogate pair that no path has
        text = as_text(text)
    return _UNSHOWN.sub(_escaped, text)


def _escaped(match: Match[str]) -> str:
    code = ord(match.group())
    return "\\x%02x" % code if code < 0x80 else "\\u%04x" % code


class Root(NamedTuple):
    """A folder that the user named. Down to it links are followed in any case; `is_link`: it was one itself when it was found."""

    path: str
    is_link: bool

    @classmethod
    def at(cls, path: str) -> Root:
        """The folder of this path, as it is now."""
        return cls(path, os.path.islink(path))


class Folder:
    """A folder that is looked through, at or below its `root`. `album` is the album of its files (a name, or an id), or None.

    `follow`: links between the root and a file, and the file itself if it is one, are followed. Else there was none of them when the
    folder was looked through, and there must be none when a file is opened.
    """

    __slots__ = ("album", "follow", "path", "prefix", "root")

    def __init__(self, path: str, album: Optional[str], root: Root, *, follow: bool) -> None:
        self.path = path
        self.prefix = path if path.endswith("/") else path + "/"
        self.album = album
        self.root = root
        self.follow = follow

    @property
    def below(self) -> List[str]:
        """The names of the folders that lead from the root to this one."""
        return [name for name in self.path[len(self.root.path) :].split("/") if name]


class Sidecar:
    """An XMP file that belongs to one or more media files: one record for a whole run.

    `users` counts those files, `gone` those of them that were deleted after it went up with them. (Each has one thread that writes
    it, so that neither needs a lock.) With `one_by_one` the scan may find more users until its end. `sent` has what it was when it
    was sent (see `state_of`): one value, unless it was written to meanwhile.
    """

    __slots__ = ("folder", "gone", "name", "one_by_one", "sent", "users")

    def __init__(self, folder: Folder, name: str, *, one_by_one: bool) -> None:
        self.folder = folder
        self.name = name
        self.one_by_one = one_by_one
        self.users = self.gone = 0
        self.sent: Set[Tuple[int, ...]] = set()

    @property
    def path(self) -> str:
        """The path by which it was found."""
        return self.folder.prefix + self.name


class Media:
    """A photo or video as it was when it was found. `sha1` is empty until it is known.

    `held` is how many bytes of the read-ahead budget it takes up; `content` what was hashed, while that is in memory. `ctime_ns` is
    when its inode last changed, `read_ns` when its reading for the checksum began (0 before): both in nanoseconds since 1970.
    `sidecar_sent` is what its sidecar was (see `state_of`) if the server took it, else None. `tags_sent` says whether its tags went
    up with it, or in check mode would; False where its sidecar cannot take them, None where nothing is known.
    """

    __slots__ = (
        "content",
        "ctime_ns",
        "folder",
        "held",
        "inode",
        "mtime_ns",
        "name",
        "read_ns",
        "sha1",
        "sidecar",
        "sidecar_sent",
        "size",
        "tags_sent",
    )

    def __init__(self, folder: Folder, name: str, found: os.stat_result) -> None:
        self.folder = folder
        self.name = name
        self.sidecar: Optional[Sidecar] = None
        self.sidecar_sent: Optional[Tuple[int, ...]] = None
        self.tags_sent: Optional[bool] = None
        self.held = 0
        self.look_again(found)

    @property
    def path(self) -> str:
        """The path by which it was found."""
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
    """What changes when a file is written to, even if its time is set back then (exiftool -P): the inode's own time cannot be set."""
    return (*identity_of(found), found.st_ctime_ns)


def unreadable(exc: OSError, what: str = "The file") -> errors.LocalFailure:
    """The words for a file or folder that the operating system does not let us read."""
    return errors.LocalFailure("%s cannot be read: %s." % (what, exc.strerror or exc))


Batch = List[Media]
