# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of ours on this host: written whole, locked, and never over what is not recognisably ours.

Nor is anything written through a link, or into a device or a pipe, whatever path a user names, nor where a disk is not mounted.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import stat
import time
from contextlib import contextmanager, suppress
from typing import Callable, Iterator, NamedTuple, Optional, Sequence, Tuple

from ._client import errors
from ._text import printable

_BETWEEN_TRIES = 0.02  # seconds
_HEAD = 4096  # bytes, by which a file is recognised
_SAFE = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FAILED = (errno.EROFS, errno.EIO)
_REFUSED = (errno.EACCES, errno.EPERM)
_MISSING = (FileNotFoundError, NotADirectoryError, ValueError)  # ValueError: no path has U+0000 in it
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)  # of file systems that have no such thing for folders
_BESIDE = re.compile(r"\.immich-[0-9a-f]{16}\.new")
_TRIES = 10


def cache_folder() -> str:
    """Where this user's caches of the collection lie."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "photoyard.immich")


def require_paths(paths: Sequence[str]) -> None:
    """Raises `MissingPath` unless all paths of the option `require` exist, `InvalidRequest` for one that is not absolute."""
    for path in paths:
        if not os.path.isabs(path):
            raise errors.wrong_option("require", "must be absolute paths, not '%s'. Give it in full." % printable(path))
    missing = [printable(path) for path in paths if look_at(path, "require") is None]
    if missing:
        raise errors.MissingPath(
            "Nothing was done: %s, which O(require) names, %s not exist on this host. Is a disk not mounted? Mount it, or correct the "
            "option O(require)." % (", ".join(missing), "does" if len(missing) == 1 else "do"),
            details={"missing": missing},
            options=("require",),
        )


def require_parent(path: str, *, option: str) -> None:
    """Raises `MissingPath` for a folder that is not there and is not to be made, since the folder above it is not there either."""
    parent = os.path.dirname(path.rstrip("/")) or "/"
    if not any(is_folder(look_at(folder, option)) for folder in (path, parent)):
        raise errors.MissingPath(
            "The folder %s does not exist, so %s cannot be made in it. Is a disk not mounted? Mount it, make the folder, or correct the "
            "option O(%s)." % (printable(parent), printable(path), option),
            details={"missing": [printable(parent)]},
            options=(option,),
        )


def look_at(path: str, option: str) -> Optional[os.stat_result]:
    """What stands at a path because of an option; None where nothing does. `LocalFailure` where that cannot be found out: `os.path` takes
    a disk that fails, and a folder that this user may not look into, for nothing."""
    with failing("O(%s): %s cannot be looked at" % (option, printable(path)), option), suppress(*_MISSING):
        return os.stat(path)
    return None


def is_folder(status: Optional[os.stat_result]) -> bool:
    """Whether that is a folder."""
    return status is not None and stat.S_ISDIR(status.st_mode)


def disk_advice(exc: OSError) -> str:
    """What to do about a disk that takes nothing more, fails, or is not this user's: a sentence with a blank before it, empty where none of
    these is the cause."""
    if exc.errno in _FULL:
        return " Free some space on its disk."
    if exc.errno in _FAILED:
        return " Look after its disk: it is mounted read-only, or it fails."
    if exc.errno in _REFUSED:
        return " Let the user who runs the module read and write there."
    return ""


@contextmanager
def failing(what: str, *options: str, advice: str = "") -> Iterator[None]:
    """Around work on a file: an `OSError` becomes a `LocalFailure` that says `what`, such as `O(dest) /srv cannot be read`, and why."""
    try:
        yield
    except OSError as exc:
        raise errors.LocalFailure("%s: %s.%s%s" % (what, exc.strerror or exc, disk_advice(exc), advice), options=options) from exc


def make_folders(path: str, mode: int = 0o777) -> None:
    """Makes a folder, and those above it, unless it is there. Raises `OSError`: for one that cannot be looked at the error of that, where
    `os.makedirs` says that a file is in its place."""
    try:
        os.makedirs(path, mode, exist_ok=True)
    except FileExistsError:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            raise


def disk_space(path: str) -> Tuple[int, int]:
    """How many bytes of a path's disk are free for those who are not root, and how many it has. Raises `OSError`."""
    file_system = os.statvfs(path)
    return file_system.f_bavail * file_system.f_frsize, file_system.f_blocks * file_system.f_frsize


def open_regular(path: str, flags: int = os.O_RDONLY, *, follow: bool = False, dir_fd: Optional[int] = None) -> int:
    """A descriptor of a regular file that exists. Raises `OSError` that says what stands there otherwise.

    Only with `follow` may it be a link to one. The path may be relative to an open folder (`dir_fd`), here and below.
    """
    if "\0" in path:
        raise OSError(errno.EINVAL, "no path has U+0000 in it")
    # Before it is opened: what some devices do when they are, a watchdog or a tape, cannot be taken back.
    _require_regular(os.stat(path, follow_symlinks=follow, dir_fd=dir_fd))
    descriptor = os.open(path, flags | _SAFE | (0 if follow else os.O_NOFOLLOW), dir_fd=dir_fd)
    try:
        _require_regular(os.fstat(descriptor))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def read_start(path: str, most: int, *, follow: bool = False, dir_fd: Optional[int] = None) -> Optional[bytes]:
    """The first bytes of a regular file, `most` at most; None where there is nothing. Raises `OSError` as `open_regular`."""
    try:
        with open(open_regular(path, follow=follow, dir_fd=dir_fd), "rb") as stream:
            return stream.read(min(most, os.fstat(stream.fileno()).st_size))  # Python sets aside as much memory as it is to read
    except FileNotFoundError:
        return None


def refuse_foreign(path: str, is_ours: Callable[[bytes], bool], *, option: str, what: str, in_place: bool = False) -> None:
    """Refuses a path that a file of ours is to be written to, where that cannot be, or where something else would be lost. Changes nothing.

    `is_ours` is asked about the first 4,096 bytes of a file that is not empty, and `what` says what such a file holds: `a key`. With
    `in_place` it is written to, and not replaced by another. Raises `LocalFailure`, and `MissingPath` where there is no such folder.
    """
    folder, advice = os.path.dirname(path) or ".", "Name another file with the option O(%s)." % option
    try:
        head = read_start(path, _HEAD)
    except OSError as exc:
        message = "%s is left unchanged: %s.%s %s" % (printable(path), exc.strerror or exc, disk_advice(exc), advice)
        raise errors.LocalFailure(message, options=(option,)) from exc
    if head and not is_ours(head):
        raise errors.LocalFailure(
            "%s holds something else than %s, and is left unchanged. %s" % (printable(path), what, advice), options=(option,)
        )
    if head is None and not is_folder(look_at(folder, option)):
        raise errors.MissingPath(
            "%s cannot be written: there is no folder %s. Make it, or name another file with the option O(%s)."
            % (printable(path), printable(folder), option),
            options=(option,),
        )
    written_to, mode = (path, os.W_OK) if in_place and head is not None else (folder, os.W_OK | os.X_OK)
    if not os.access(written_to, mode):
        message = "%s cannot be written: %s. %s" % (printable(path), why_not_writable(written_to), advice)
        raise errors.LocalFailure(message, options=(option,))


def write_whole(
    path: str, content: bytes, *, durable: bool = True, like: Optional[os.stat_result] = None, dir_fd: Optional[int] = None
) -> None:
    """Writes a file whole or not at all; with `durable` it outlives a power failure. Raises `OSError`.

    It is readable for its owner only, unless it gets owner and mode of another file (`like`). What stands there is replaced if it is a
    regular file; a caller that did not write it asks `refuse_foreign` before. What runs that were killed have left in the folder, which may
    be a secret, is removed; not where it is not `durable` or in an open folder, as many files are then written to one.
    """
    with _new_file_beside(path, dir_fd) as beside:
        _write(beside.descriptor, content, durable=durable, like=like)
        _put_in_place(beside.path, path, dir_fd)
    if durable:
        folder = os.path.dirname(path) or "."
        sync_folder(folder, dir_fd=dir_fd)
        if dir_fd is None:
            _remove_abandoned(folder)


def try_to_write(path: str, size: int) -> None:
    """Writes so many bytes beside a path, and removes them again. Raises `OSError` where that cannot be done."""
    with _new_file_beside(path) as beside:
        _write(beside.descriptor, b" " * size, durable=True)


class _Beside(NamedTuple):
    path: str
    descriptor: int


@contextmanager
def _new_file_beside(path: str, dir_fd: Optional[int] = None) -> Iterator[_Beside]:
    """A new file in the folder of `path`, under a name that no other run uses. At the end it is removed, unless it was put in its place.

    It is locked meanwhile: one that nobody has locked was left by a run that was killed.
    """
    beside = _open_beside(path, dir_fd)
    try:
        yield beside
    finally:
        with suppress(OSError):
            os.unlink(beside.path, dir_fd=dir_fd)
        os.close(beside.descriptor)


def _open_beside(path: str, dir_fd: Optional[int]) -> _Beside:
    for _try in range(_TRIES):
        beside = os.path.join(os.path.dirname(path), ".immich-%s.new" % secrets.token_hex(8))
        descriptor = _open_new(beside, dir_fd)
        try:
            lock_file(descriptor)
            if is_open_at(descriptor, beside, dir_fd=dir_fd):
                return _Beside(beside, descriptor)
        except BlockingIOError:
            pass  # another run takes it for abandoned, and removes it
        except OSError:  # where there are no locks, none is taken for abandoned
            return _Beside(beside, descriptor)
        os.close(descriptor)
    raise OSError(errno.EBUSY, "other runs remove each new file in its folder")


def _put_in_place(beside: str, path: str, dir_fd: Optional[int]) -> None:
    with suppress(FileNotFoundError):
        _require_regular(os.stat(path, follow_symlinks=False, dir_fd=dir_fd))
    os.replace(beside, path, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)


def _remove_abandoned(folder: str) -> None:
    """Removes the files that runs of this user were killed over before they were put in their places."""
    with suppress(OSError):
        for name in filter(_BESIDE.fullmatch, os.listdir(folder)):
            with suppress(FileNotFoundError):  # another run has removed it, or put it in its place
                status = os.stat(os.path.join(folder, name), follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid():
                    is_locked(os.path.join(folder, name), remove=True)


def write_all(descriptor: int, content: bytes) -> None:
    """Writes all of it where the open file stands. Raises `OSError`."""
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def write_new(path: str, content: bytes, *, durable: bool = True) -> None:
    """Makes a file that is not there yet, which only its owner may ever read. Raises `OSError`, and leaves none behind then."""
    descriptor = _open_new(path)
    try:
        _write(descriptor, content, durable=durable)
    except OSError:  # on a full disk, every byte counts
        with suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(descriptor)


def _open_new(path: str, dir_fd: Optional[int] = None) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=dir_fd)


def _write(descriptor: int, content: bytes, *, durable: bool, like: Optional[os.stat_result] = None) -> None:
    os.fchmod(descriptor, 0o600)  # whatever the umask takes away
    with open(os.dup(descriptor), "wb") as stream:
        stream.write(content)
    if like is not None:
        _set_owner_and_mode(descriptor, like)
    if durable:
        os.fsync(descriptor)


def _set_owner_and_mode(descriptor: int, like: os.stat_result) -> None:
    """Those of another file, as far as this user may, and the file system has such."""
    with suppress(OSError):
        os.fchown(descriptor, like.st_uid, like.st_gid)
    with suppress(OSError):
        os.fchmod(descriptor, stat.S_IMODE(like.st_mode) & 0o666)


def sync_folder(path: str, *, dir_fd: Optional[int] = None) -> None:
    """Makes durable which files a folder has. Raises `OSError`, but not where the folder may not be read or the file system cannot."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=dir_fd)
    except PermissionError:
        return
    try:
        sync_open_folder(descriptor)
    finally:
        os.close(descriptor)


def sync_open_folder(descriptor: int) -> None:
    """The same for an open folder."""
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if exc.errno not in _NO_SYNC:
            raise


def is_in_folder(name: str, folder: int) -> bool:
    """Whether an open folder has something of this name, be it a link that leads nowhere. Raises another `OSError`."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def is_open_at(descriptor: int, path: str, *, dir_fd: Optional[int] = None) -> bool:
    """Whether the open file is still the one at `path`. Raises `OSError` where that cannot be seen."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False, dir_fd=dir_fd))
    except FileNotFoundError:
        return False


def lock_file(descriptor: int, timeout: float = 0.0, *, give_up: Callable[[], bool] = lambda: False) -> bool:
    """Locks an open file with flock(2), and says whether it did. The lock ends when the process dies or closes the file.

    While another process has it, `give_up` is called: true ends the wait. Raises `BlockingIOError` when that process keeps it longer than
    `timeout` seconds, another `OSError` where there are no locks (some network shares). The file must be open for writing, so that a
    network share passes the lock on.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if give_up():
                return False
            if time.monotonic() >= deadline:
                raise
        time.sleep(_BETWEEN_TRIES)


def is_locked(path: str, *, remove: bool = False) -> bool:
    """Whether some process holds the lock on a file at this moment. If none does, `remove` removes it.

    That is safe against a process that opens the file just then, if that looks with `is_open_at` once it has the lock.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        lock_file(descriptor)
        if remove and is_open_at(descriptor, path):
            os.unlink(path)  # while it is locked here
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def why_not_writable(path: str) -> str:
    """Why this user cannot write to a folder or a file: the middle of a sentence."""
    with suppress(OSError):
        if os.statvfs(path).f_flag & os.ST_RDONLY:
            return "the disk of %s is mounted read-only" % printable(path)
    return "the user who runs the module may not write to %s" % printable(path)


def _require_regular(status: os.stat_result) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "it is a link, which is not followed")
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
