# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Opens and looks at files where they were found, without following a link that came there since. Private to the collection.

A path is looked up each time it is used, so that a folder in it may be another one by then. Here each folder between the root
and the file is opened from within the one above it (openat(2)), and a link among them is an error. Each thread has at most one
folder open.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import threading
from typing import BinaryIO, Optional, Union

from ..._client import errors
from ..media import Folder, Media, Sidecar, identity_of, unreadable

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


def look(one: Union[Media, Sidecar]) -> os.stat_result:
    """What a file is now. Raises `OSError`."""
    if one.folder.follow:
        return os.stat(one.path)
    return os.stat(one.name, dir_fd=inside(one.folder), follow_symlinks=False)


def look_again(media: Media) -> None:
    """Takes over what the file is now; `LocalFailure` if it is not a file any more, or cannot be looked at."""
    try:
        found = look(media)
    except OSError as exc:
        raise _failure(media, exc) from exc
    if stat.S_ISLNK(found.st_mode):
        raise _replaced()
    if not stat.S_ISREG(found.st_mode):
        raise errors.LocalFailure("The file was replaced by something else, such as a pipe or a folder.")
    media.look_again(found)


def look_at(media: Media) -> None:
    """Raises `FileChanged` if the file is not as it was found, `LocalFailure` if it cannot be looked at.

    By its path, which costs least: what lies behind a link is another file, or the very same.
    """
    try:
        found = os.stat(media.path)
    except OSError as exc:
        raise _failure(media, exc) from exc
    _require_the_same(media, found)


def open_media(media: Media) -> BinaryIO:
    """Opens the file unbuffered; `FileChanged` if it is not as it was found, `LocalFailure` if it cannot be opened."""
    try:
        stream = open_file(media)
    except OSError as exc:
        raise _failure(media, exc) from exc
    try:
        _require_the_same(media, os.fstat(stream.fileno()))
    except BaseException:
        stream.close()
        raise
    return stream


def open_file(one: Union[Media, Sidecar]) -> io.FileIO:
    """Opens whatever has the file's name now, unbuffered. Raises `OSError`. It may be a pipe or a device, which is not to be read."""
    follow = one.folder.follow
    descriptor = os.open(one.path, _READ) if follow else os.open(one.name, _READ | os.O_NOFOLLOW, dir_fd=inside(one.folder))
    try:
        return open(descriptor, "rb", buffering=0)
    except BaseException:  # a folder, for one
        os.close(descriptor)
        raise


def _require_the_same(media: Media, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or identity_of(found) != media.identity:
        raise errors.FileChanged("The file changed after it was found.")


def _failure(media: Media, exc: OSError) -> errors.LocalFailure:
    if isinstance(exc, FileNotFoundError):
        return errors.LocalFailure("The file vanished before it could be read.")
    return _replaced() if met_link(exc) and not media.folder.follow else unreadable(exc)


def _replaced() -> errors.LocalFailure:
    return errors.LocalFailure(
        "The file, or a folder above it, was replaced by a link after it was found. Links are only followed with 'follow: true'."
    )
