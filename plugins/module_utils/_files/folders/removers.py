# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes local files away once the server has them: deletes them, or moves them to another folder, where none is ever overwritten.

What belongs together by its name stays together: a photo, its sidecar, the video of a live photo and its RAW file get the same mark where
one of their names is taken already. A file that goes to another file system is copied, read again and compared before it is deleted. What a
run that was killed has linked or copied, and not yet deleted, the next one does not move once more.
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
from ..._own_files import disk_advice, is_in_folder, make_folders
from ..._text import printable
from .folder import Folder, descriptor_of, met_link

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_BLOCK = 1024 * 1024
_IN_THE_WAY = "a link or a file is in the place of a folder"
_MOST_FOLDERS = 16  # of which the names are remembered
_MOST_MARKS = 10_000
_SIDECAR = ".xmp"
_PART, _COPIED = ".%s.immich-part", ".%s.immich-copied"
"""The names of what lies beside a copy: the copy itself while it is written, and then a mark until the file that it is of is deleted."""

_MARKED = re.compile(r"(.+)~([2-9]|[1-9][0-9]{1,3})((?:\..*)?)", re.DOTALL)

# The errors of link(2) where a file system has no hard links, or the system does not let this user make one.
_NO_LINKS = (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EINVAL)


class Remover:
    """Deletes files. A sidecar goes after the last of its files, and only if it went up with all of them: nothing else has what it says."""

    done = "deleted"
    where = ""
    """Where the files go, after `done`."""
    moves = False

    def is_in_place(self, folder: Folder) -> bool:
        """Whether the files of a folder stay where they are."""
        return False

    def remove(self, folder: Folder, name: str, sha1: bytes) -> None:
        """Takes a file away that has these bytes (empty for one whose checksum is not known). Raises `OSError` and `LocalFailure`."""
        os.unlink(name, dir_fd=descriptor_of(folder))


class Mover(Remover):
    """Moves files below `target`, into the folders that they are in below the folder that `src` names. Used by one thread.

    A sidecar goes before the last of its files: a run that was killed in between would leave it where nobody looks at it again.
    """

    done = "moved"
    moves = True

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
            make_folders(self._target)
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
        if not is_in_folder(new, into) or _is_moved(descriptor_of(folder), name, into, new):
            return new
        return _with_mark(name, stem, _free_mark([name], stem, into))

    def _names_in(self, folder: Folder, into: int) -> _Names:
        path = folder.path
        if path not in self._folders:
            names = os.listdir(path)
            self._folders[path] = _Names(names, _marks_of_moved(descriptor_of(folder), names, into))
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


def _marks_of_moved(source: int, names: Iterable[str], into: int) -> Dict[str, int]:
    """The marks of those files that a run has moved which was killed before it removed their old names, by their stems."""
    marks: Dict[str, int] = {}
    own_names = set(names)
    for other in os.listdir(into):
        match = _MARKED.fullmatch(other)
        for name, mark in ((other, 1), *([(match[1] + match[3], int(match[2]))] if match else [])):
            stem = _stem_of(name)
            if name in own_names and _with_mark(name, stem, mark) == other and _is_moved(source, name, into, other):
                marks[stem] = mark
    return marks


def _is_moved(source: int, name: str, into: int, new: str) -> bool:
    """Whether a run that was killed has moved the file to this name, and only its old one is left to be removed."""
    return _is_linked(source, name, into, new) or _is_copied(source, name, into, new)


def _is_copied(source: int, name: str, into: int, new: str) -> bool:
    """Whether a run has copied the file to this name: it has left its mark, and the bytes are the same.

    Bytes alone would not do. The folder may show this very file once more, as a pool of disks does, or a share of this host.
    """
    if not is_in_folder(_beside(_COPIED, name, new), into):
        return False
    with suppress(OSError), _opened(name, source) as original, _opened(new, into) as copy:
        return _sha1_of(original) == _sha1_of(copy)
    return False


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
    if _is_moved(source, name, into, new):
        os.fsync(into)  # which the run that was killed may not have come to
    else:
        try:
            _link(source, name, into, new)
        except OSError as exc:
            if exc.errno in _NO_LINKS and _rename(source, name, into, new):
                return
            if exc.errno not in (errno.EXDEV, *_NO_LINKS):
                raise
            _copy(source, name, into, new, sha1)
    os.unlink(name, dir_fd=source)
    with suppress(FileNotFoundError):
        os.unlink(_beside(_COPIED, name, new), dir_fd=into)


def _rename(source: int, name: str, into: int, new: str) -> bool:
    """Moves a file where there are no hard links, and one that takes the name in this very moment would be replaced.

    Returns False for a folder on another file system.
    """
    if is_in_folder(new, into):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    try:
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=into)
    except OSError as exc:
        if exc.errno != errno.EXDEV:
            raise
        return False
    return True


def _copy(source: int, name: str, into: int, new: str, sha1: bytes) -> None:
    """A copy of the file on another file system, on its disk and compared. A run that is killed leaves a part, which the next replaces, or
    a mark (see `_is_copied`)."""
    part, mark = _beside(_PART, new), _beside(_COPIED, name, new)
    with _opened(name, source) as reader:
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
            os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=into))
            if not _rename(into, part, into, new):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        except BaseException:
            for beside in (part, mark):
                with suppress(FileNotFoundError):
                    os.unlink(beside, dir_fd=into)
            raise
    os.fsync(into)


def _beside(pattern: str, *names: str) -> str:
    """The name of something of ours that is about files of these names, however long they are."""
    return pattern % hashlib.sha1(os.fsencode("/".join(names))).hexdigest()


def _opened(name: str, folder: int) -> BinaryIO:
    return open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder), "rb")


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
