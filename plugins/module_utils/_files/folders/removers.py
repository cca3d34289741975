# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes local files away once the server has them: deletes them, or moves them to another folder, where none is ever overwritten.

What belongs together by its name stays together: a photo, its sidecar, the video of a live photo and its RAW file get the same mark where
one of their names is taken already. A file that goes to another file system is copied, read again and compared before it is deleted.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections import OrderedDict
from contextlib import suppress
from typing import BinaryIO, Dict, Iterable, List

from ..._client import errors
from ..._own_files import disk_advice, is_in_folder
from ..._text import printable
from .folder import Folder, descriptor_of, met_link

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_BLOCK = 1024 * 1024
_IN_THE_WAY = "a link or a file is in the place of a folder"
_MOST_FOLDERS = 16  # of which the names are remembered
_MOST_MARKS = 10_000
_SIDECAR = ".xmp"
_MARKED = re.compile(r"(.+)~([2-9]|[1-9][0-9]{1,3})((?:\..*)?)", re.DOTALL)

# The errors of link(2) where a file system has no hard links, or the system does not let this user make one.
_NO_LINKS = (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EINVAL)


class Remover:
    """Deletes files. A sidecar goes only if it went up with all of its files, since nothing else has what it says."""

    done = "deleted"
    where = ""
    """Where the files go, after `done`."""
    proves_sidecars = True

    def is_in_place(self, folder: Folder) -> bool:
        """Whether the files of a folder stay where they are."""
        return False

    def remove(self, folder: Folder, name: str, sha1: bytes) -> None:
        """Takes a file away that has these bytes (empty for one whose checksum is not known). Raises `OSError` and `LocalFailure`."""
        os.unlink(name, dir_fd=descriptor_of(folder))


class Mover(Remover):
    """Moves files below `target`, into the folders that they are in below the folder that `src` names. Used by one thread."""

    done = "moved"
    proves_sidecars = False

    def __init__(self, target: str) -> None:
        self._target = target
        self.where = " to %s" % printable(target)
        self._folders: OrderedDict[str, _Names] = OrderedDict()

    def is_in_place(self, folder: Folder) -> bool:
        target = os.path.realpath(self._target)
        return os.path.commonpath((target, os.path.realpath(folder.path))) == target

    def remove(self, folder: Folder, name: str, sha1: bytes) -> None:
        into = self._open_target([part for part in folder.inner.split("/") if part])
        try:
            _move(descriptor_of(folder), name, into, self._new_name(folder, name, into), sha1)
        finally:
            os.close(into)

    def _open_target(self, below: List[str]) -> int:
        """The descriptor of a folder below the target, which is made if it is missing. None below the target is reached by a link."""
        try:
            os.makedirs(self._target, exist_ok=True)
            descriptor = os.open(self._target, os.O_RDONLY | os.O_DIRECTORY)
            for name in below:
                outer = descriptor
                try:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=outer)
                    descriptor = os.open(name, _FOLDER, dir_fd=outer)
                finally:
                    os.close(outer)
        except OSError as exc:
            why = _IN_THE_WAY if met_link(exc) or exc.errno == errno.ENOTDIR else exc.strerror
            path = os.path.join(self._target, *below)
            message = "The file was uploaded but cannot be moved to %s: %s.%s"
            raise errors.LocalFailure(message % (printable(path), why, disk_advice(exc))) from exc
        return descriptor

    def _new_name(self, folder: Folder, name: str, into: int) -> str:
        stem = _stem_of(name)
        names = self._names_in(folder, into)
        if stem not in names.marks:
            names.marks[stem] = _free_mark(names.unmarked.pop(stem, [name]), stem, into)
        new = _with_mark(name, stem, names.marks[stem])
        if not is_in_folder(new, into) or _is_linked(descriptor_of(folder), name, into, new):
            return new
        return _with_mark(name, stem, _free_mark([name], stem, into))

    def _names_in(self, folder: Folder, into: int) -> _Names:
        path = folder.path
        if path not in self._folders:
            names = os.listdir(path)
            self._folders[path] = _Names(names, _marks_of_linked(descriptor_of(folder), names, into))
            if len(self._folders) > _MOST_FOLDERS:
                self._folders.popitem(last=False)
        self._folders.move_to_end(path)
        return self._folders[path]


class _Names:
    """The names in a folder by their stems while they are `unmarked`, and then the `marks` of the stems: 1 for none.

    Some `marks` are known before: those that a run gave which was killed.
    """

    def __init__(self, names: Iterable[str], marks: Dict[str, int]) -> None:
        self.marks = marks
        self.unmarked: Dict[str, List[str]] = {}
        for name in names:
            self.unmarked.setdefault(_stem_of(name), []).append(name)


def _stem_of(name: str) -> str:
    """What the names of files share that belong together: `IMG_1` of `IMG_1.HEIC`, `IMG_1.MOV`, `IMG_1.xmp` and `IMG_1.HEIC.xmp`."""
    stem, extension = os.path.splitext(name)
    if extension.lower() != _SIDECAR:
        return stem
    inner, photo = os.path.splitext(stem)
    return inner if 1 < len(photo) < 6 else stem


def _with_mark(name: str, stem: str, mark: int) -> str:
    return name if mark < 2 else "%s~%d%s" % (stem, mark, name[len(stem) :])


def _free_mark(names: Iterable[str], stem: str, into: int) -> int:
    """The first number that makes all these names free in a folder, 1 for none."""
    for mark in range(1, _MOST_MARKS):
        if not any(is_in_folder(_with_mark(name, stem, mark), into) for name in names):
            return mark
    raise errors.LocalFailure("There are too many files of its name where it is to be moved to.")


def _marks_of_linked(source: int, names: Iterable[str], into: int) -> Dict[str, int]:
    """The marks of those files that a run has moved which was killed before it removed their old names, by their stems."""
    marks: Dict[str, int] = {}
    own_names = set(names)
    for other in os.listdir(into):
        match = _MARKED.fullmatch(other)
        for name, mark in ((other, 1), *([(match[1] + match[3], int(match[2]))] if match else [])):
            stem = _stem_of(name)
            if name in own_names and _with_mark(name, stem, mark) == other and _is_linked(source, name, into, other):
                marks[stem] = mark
    return marks


def _is_linked(source: int, name: str, into: int, new: str) -> bool:
    """Whether two names, in two folders, are those of one file, so that it is there already once the first is removed.

    One folder that is reached by two ways does not count: there the name is the only one.
    """
    try:
        status, moved = os.stat(name, dir_fd=source, follow_symlinks=False), os.stat(new, dir_fd=into, follow_symlinks=False)
    except FileNotFoundError:
        return False
    is_one_folder = os.path.samestat(os.fstat(source), os.fstat(into))
    return moved.st_nlink > 1 and os.path.samestat(status, moved) and not is_one_folder


def _link(source: int, name: str, into: int, new: str) -> None:
    try:
        os.link(name, new, src_dir_fd=source, dst_dir_fd=into, follow_symlinks=False)
    except FileExistsError:
        if not _is_linked(source, name, into, new):
            raise


def _move(source: int, name: str, into: int, new: str, sha1: bytes) -> None:
    try:
        _link(source, name, into, new)
    except OSError as exc:
        if exc.errno == errno.EXDEV:
            _copy(source, name, into, new, sha1)
        elif exc.errno in _NO_LINKS:
            _rename(source, name, into, new, sha1)
            return
        else:
            raise
    os.unlink(name, dir_fd=source)


def _rename(source: int, name: str, into: int, new: str, sha1: bytes) -> None:
    """Where there are no hard links, a file that takes the name in this very moment would be replaced."""
    if is_in_folder(new, into):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    try:
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=into)
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise
        _copy(source, name, into, new, sha1)
        os.unlink(name, dir_fd=source)


def _copy(source: int, name: str, into: int, new: str, sha1: bytes) -> None:
    """A copy of the file on another file system, on its disk and compared. A run that is killed leaves a part, which the next replaces."""
    part = ".%s.immich-part" % hashlib.sha1(os.fsencode(new)).hexdigest()
    with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=source), "rb") as reader:
        status = os.fstat(reader.fileno())
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600, dir_fd=into)
        try:
            with open(descriptor, "w+b") as writer:
                shutil.copyfileobj(reader, writer, _BLOCK)
                writer.flush()
                os.fsync(writer.fileno())
                writer.seek(0)
                reader.seek(0)
                copied = _sha1_of(writer)
                if copied != (sha1 or _sha1_of(reader)):
                    raise errors.LocalFailure("The copy has other bytes than the file, which was kept. The disk may be damaged.")
                _copy_attributes(reader.fileno(), writer.fileno(), status)
            _rename(into, part, into, new, sha1)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=into)
            raise
    os.fsync(into)


def _copy_attributes(source: int, copy: int, status: os.stat_result) -> None:
    """The owner, the mode, and on Linux the extended attributes, of which an access list is one; then the times.

    A user who is not root keeps the owner only as a group, and no attribute is kept that the other file system has not.
    """
    with suppress(OSError):
        os.fchown(copy, -1, status.st_gid)
    with suppress(OSError):
        os.fchown(copy, status.st_uid, -1)
    os.fchmod(copy, status.st_mode & 0o777)
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(source):
                with suppress(OSError):
                    os.setxattr(copy, name, os.getxattr(source, name))
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))


def _sha1_of(stream: BinaryIO) -> bytes:
    digest = hashlib.sha1()
    for block in iter(lambda: stream.read(_BLOCK), b""):
        digest.update(block)
    return digest.digest()
