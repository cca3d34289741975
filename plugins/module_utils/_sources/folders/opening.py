# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opens files as they were found, and not what lies behind a link that has taken their place. Private to the collection.

A path is looked up each time it is used, so that a folder in it may be another one by then. Here each folder between the root
and the file is opened from within the one above it (openat(2)), and a link among them is an error. Each thread has at most one
folder open.
"""

from __future__ import annotations

import errno
import io
import os
import threading
from typing import Optional, Tuple

from .folder import Folder

# To look up a name in a folder takes less than to list it: a folder may be closed to all but those who know what lies in it.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY
# A pipe is not waited for, and a terminal does not become ours.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY

# What systems say to O_NOFOLLOW where a link stands: Linux ELOOP, with O_DIRECTORY ENOTDIR; FreeBSD EMLINK.
_LINKS = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)


class _Opened:
    """A folder whose descriptor is open for as long as this object lives."""

    __slots__ = ("descriptor", "folder")

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.descriptor = os.open(folder.root.path, _FOLDER | (0 if folder.root.is_link else os.O_NOFOLLOW))
        for name in folder.below:
            outer, self.descriptor = self.descriptor, os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=self.descriptor)
            os.close(outer)

    def __del__(self) -> None:
        if hasattr(self, "descriptor"):  # else it could not be opened
            os.close(self.descriptor)


# A thread takes most files from the folder that it took the last one from.
_last = threading.local()


def inside(folder: Folder) -> int:
    """The descriptor of a folder, to which the names in it are relative. It is open until the thread asks for another one.

    Links are not followed below the folder's root, whatever its `follow` says. Raises `OSError`, one of `met_link` for a link.
    """
    opened: Optional[_Opened] = getattr(_last, "opened", None)
    if opened is None or opened.folder is not folder:
        _last.opened = opened = None  # closed first
        _last.opened = opened = _Opened(folder)
    return opened.descriptor


def met_link(exc: OSError) -> bool:
    """Whether this is what the operating system says to a link that is not to be followed."""
    return exc.errno in _LINKS


def open_file(folder: Folder, name: str) -> io.FileIO:
    """Opens whatever has a file's name now, unbuffered. Raises `OSError`. It may be a pipe or a device, which is not to be read."""
    descriptor = os.open(folder.prefix + name, _READ) if folder.follow else os.open(name, _READ | os.O_NOFOLLOW, dir_fd=inside(folder))
    try:
        return open(descriptor, "rb", buffering=0)
    except BaseException:  # a folder, for one
        os.close(descriptor)
        raise


def look(folder: Folder, name: str) -> os.stat_result:
    """What a file is now. Raises `OSError`."""
    return os.stat(folder.prefix + name) if folder.follow else look_without_links(folder, name)


def look_without_links(folder: Folder, name: str) -> os.stat_result:
    """The same where links are not followed in any case."""
    return os.stat(name, dir_fd=inside(folder), follow_symlinks=False)


def identity_of(found: os.stat_result) -> Tuple[int, int, int]:
    """What changes when a file is written to or replaced."""
    return found.st_size, found.st_mtime_ns, found.st_ino


def state_of(found: os.stat_result) -> Tuple[int, ...]:
    """What changes when a file is written to, even if its time is set back then (exiftool -P): the inode's own time cannot be set."""
    return (*identity_of(found), found.st_ctime_ns)
