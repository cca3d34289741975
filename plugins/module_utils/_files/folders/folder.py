# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders that are looked through, and how files in them are opened as they were found.

The system looks a path up each time it is used, so a folder in it may have been replaced by a link meanwhile. Here each folder between
the root and the file is opened from within the one above it (openat(2)), and a link among them is an error: nothing is read or deleted
behind it. Each thread has at most one folder open.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import threading
from typing import List, NamedTuple, Optional, Tuple

from .. import base, facts
from ..opening import READ, identity_of


class Root(NamedTuple):
    """A folder that the user named. Down to it links are followed in any case; `is_link`: it was one itself when it was found."""

    path: str
    is_link: bool

    @classmethod
    def at(cls, path: str) -> Root:
        """The folder of this path, as it is now."""
        return cls(path, os.path.islink(path))


class Folder:
    """A folder that is looked through, at or below its `root`. `albums` are those of its files.

    `follow`: links between the root and a file, and the file itself if it is one, are followed. Else no link was there when the folder
    was looked through, and none may be there when a file is opened. `inner` is its path inside the path that `src` names,
    empty or with a slash at its end.
    """

    __slots__ = ("albums", "follow", "inner", "path", "prefix", "root")

    def __init__(self, path: str, root: Root, *, follow: bool, albums: Tuple[facts.ExportAlbum, ...] = (), inner: str = "") -> None:
        self.path = path
        self.prefix = path if path.endswith("/") else path + "/"
        self.root = root
        self.follow = follow
        self.albums = albums
        self.inner = inner

    @property
    def below(self) -> List[str]:
        """The names of the folders that lead from the root to this one."""
        return [name for name in self.path[len(self.root.path) :].split("/") if name]


# O_PATH needs no permission to list the folder, only to look names up in it.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY

# The errors of O_NOFOLLOW where a link stands: Linux ELOOP, FreeBSD EMLINK.
_LINK_ERRORS = (errno.ELOOP, errno.EMLINK)


class _OpenFolder:
    """A folder whose descriptor is open for as long as this object lives."""

    __slots__ = ("descriptor", "folder")

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.descriptor = os.open(folder.root.path, _FOLDER) if folder.root.is_link else _open_folder(folder.root.path)
        for name in folder.below:
            outer, self.descriptor = self.descriptor, _open_folder(name, self.descriptor)
            os.close(outer)

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):  # else it could not be opened
            os.close(self.descriptor)


def _open_folder(name: str, outer: Optional[int] = None) -> int:
    """The descriptor of a folder that is not a link. With O_DIRECTORY, Linux says ENOTDIR for a link too: that becomes ELOOP."""
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=outer)
    except NotADirectoryError:
        if stat.S_ISLNK(os.stat(name, dir_fd=outer, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from None
        raise


# A thread takes most files from the folder that it took the last one from.
_last = threading.local()


def descriptor_of(folder: Folder) -> int:
    """The descriptor of a folder, to which the names in it are relative. It is open until the thread asks for another one.

    Links are not followed below the folder's root, whatever its `follow` says. Raises `OSError`, one of `met_link` for a link.
    """
    opened: Optional[_OpenFolder] = getattr(_last, "opened", None)
    if opened is None or opened.folder is not folder:
        _last.opened = opened = None  # closed first
        _last.opened = opened = _OpenFolder(folder)
    return opened.descriptor


def met_link(exc: OSError) -> bool:
    """Whether this is the error of opening a link that is not to be followed."""
    return exc.errno in _LINK_ERRORS


def open_file(folder: Folder, name: str) -> io.FileIO:
    """Opens what has a file's name now, unbuffered. Raises `OSError`. It may be a pipe or a device: the caller looks before it reads."""
    descriptor = os.open(folder.prefix + name, READ) if folder.follow else os.open(name, READ | os.O_NOFOLLOW, dir_fd=descriptor_of(folder))
    try:
        return open(descriptor, "rb", buffering=0)
    except BaseException:  # a folder, for one
        os.close(descriptor)
        raise


def stat_file(folder: Folder, name: str) -> os.stat_result:
    """The status of a file as it is now. Raises `OSError`."""
    return os.stat(folder.prefix + name) if folder.follow else stat_without_links(folder, name)


def stat_without_links(folder: Folder, name: str) -> os.stat_result:
    """The same where links are not followed in any case."""
    return os.stat(name, dir_fd=descriptor_of(folder), follow_symlinks=False)


def state_of(status: os.stat_result) -> Tuple[int, ...]:
    """What changes when a file is written to, even if its time is set back (exiftool -P): nothing can set the inode's own time."""
    return (*identity_of(status), status.st_ctime_ns)


def is_behind_link(folder: Folder, name: str, listener: base.Listener, done: str) -> bool:
    """Whether a file, or a folder above it, is a link that was followed. Such a file stays, and a warning says that it was not `done`."""
    if not folder.follow:
        return False
    try:
        is_link = stat.S_ISLNK(stat_without_links(folder, name).st_mode)
    except OSError as exc:
        if not met_link(exc):
            raise
        listener.warn("Files in %s were reached through a link and were not %s." % (folder.path, done))
        return True
    if is_link:
        listener.warn("%s is a link and was not %s." % (folder.prefix + name, done))
    return is_link


def removal_error_text(exc: OSError) -> str:
    """What kept a file from being deleted or moved, as the end of a sentence."""
    return "a folder above it was replaced by a link" if met_link(exc) else exc.strerror or str(exc)
