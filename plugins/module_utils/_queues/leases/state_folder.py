# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What processes of a user on this host share: the folder of a ledger, the locks in it, and the files of guards.

A lock is an open file with flock(2), which the system releases when a process dies. A process that is stopped (SIGSTOP, a debugger) keeps
its lock and does nothing with it. It is not waited for: its lock is taken from it.

A guard keeps a file of its own locked. Whoever releases queues of its lease writes a note into it: a guard that finds its lease gone from
the ledger has to know whether somebody ended it, since a queue that is paused after that is an administrator's. The file is removed with
its guard; one that a killed guard left is removed by the next guard on the host, or by the next release of its lease.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import json
import os
import platform
import time
from contextlib import contextmanager, suppress
from typing import Collection, Iterator, List, Optional, Set

from ... import _text
from ..._client import errors
from ..._own_files import disk_advice, is_locked, is_open_at, lock_file
from .. import processes
from . import ledger

_MAX_NOTES = 65536  # bytes that are read


def is_file_ledger(options: ledger.LedgerOptions) -> bool:
    """Whether the options mean a ledger in a file without asking the server: inside a container, `auto` depends on it."""
    return options.kind == ledger.FILE or (options.kind == ledger.AUTO and (bool(options.directory) or not processes.in_container()))


def default_directory() -> str:
    """The folder `photoyard.immich` in the user's XDG state folder."""
    state = os.environ.get("XDG_STATE_HOME", "")
    # The specification says that a relative path is to be ignored.
    return os.path.join(state if os.path.isabs(state) else os.path.expanduser("~/.local/state"), "photoyard.immich")


def guard_path(directory: str, server: str, lease: str, watcher: str) -> str:
    """The file of a guard of the lease on this host; `watcher` tells several of them apart."""
    return os.path.join(directory, "guard-%s-%s-%s.lock" % (_host(), _lease_id(server, lease), _hash(watcher)[:8]))


def is_guarded(directory: str, server: str, lease: str) -> bool:
    """Whether a guard watches over the lease at this moment."""
    return any(is_locked(path) for path in _guard_files(directory, server, lease))


def remove_abandoned(directory: str) -> None:
    """Removes the files that killed guards of this host have left. Those of other hosts may be locked in a way that is not seen here."""
    for path in glob.glob(os.path.join(glob.escape(directory), "guard-%s-*.lock" % _host())):
        is_locked(path, remove=True)


def tell_guards(directory: str, server: str, lease: str, queues: Collection[str]) -> None:
    """Tells all guards of the lease that it has released these queues. Never raises an `OSError`."""
    for path in _guard_files(directory, server, lease):
        with suppress(OSError):
            if not is_locked(path, remove=True):
                continue
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                os.write(descriptor, (json.dumps(sorted(queues)) + "\n").encode())
            finally:
                os.close(descriptor)


def notes_size(descriptor: int) -> int:
    """How far the notes go, to read what comes after that."""
    return os.fstat(descriptor).st_size


def read_notes(descriptor: int, after: int) -> Set[str]:
    """The queues of all notes after this place."""
    queues: Set[str] = set()
    for line in os.pread(descriptor, _MAX_NOTES, after).splitlines():
        with suppress(ValueError, TypeError):
            queues.update(_text.parse_json(line))
    return queues


def _guard_files(directory: str, server: str, lease: str) -> List[str]:
    """Those of the lease's guards, on any host: a folder may be shared."""
    return glob.glob(os.path.join(glob.escape(directory), "guard-*-%s-*.lock" % _lease_id(server, lease)))


def _host() -> str:
    return _hash(platform.node())[:8]


def _lease_id(server: str, lease: str) -> str:
    return _hash("%s\n%s" % (server, lease))[:16]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_STOPPED_FOR = 2.0  # seconds that a holder must have been stopped before its lock is taken from it
_BETWEEN_LOOKS = 0.25
_STOPPED = ("T", "t")  # as proc(5) has it
_TAKES_NO_FILE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


class Busy(errors.LocalFailure):
    """Another process has the lock."""


class NoLock(errors.LocalFailure):
    """Nobody has the lock, nor can have it: the disk is full or mounted read-only, so that there is no file to lock."""


@contextmanager
def locked(path: str, timeout: float) -> Iterator[int]:
    """Holds the lock `path`, and yields its open file. Raises `Busy` when another process keeps it longer than `timeout` seconds,
    `NoLock` where its disk takes no file, else `LocalFailure`.

    The file is removed at the end. A holder that was stopped for longer than two seconds may have lost the lock: `is_open_at` tells.
    """
    deadline = time.monotonic() + timeout
    while True:
        descriptor = _open(path)
        try:
            _lock(descriptor, path, deadline, timeout)
            if not _is_at(descriptor, path):
                continue  # its last holder removed it: a lock on it keeps nobody out
            try:
                yield descriptor
            finally:
                with suppress(OSError):
                    if is_open_at(descriptor, path):
                        os.unlink(path)  # while it is locked: nobody else may
            return
        finally:
            os.close(descriptor)


def _is_at(descriptor: int, path: str) -> bool:
    """Whether the open file is still the one at `path`, so that the lock on it keeps others out. `LocalFailure` where nobody can tell."""
    try:
        return is_open_at(descriptor, path)
    except OSError as exc:
        raise errors.LocalFailure("The lock %s cannot be looked at: %s.%s" % (path, exc.strerror or exc, disk_advice(exc))) from exc


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        kind = NoLock if exc.errno in _TAKES_NO_FILE else errors.LocalFailure
        raise kind("The lock %s cannot be opened: %s.%s" % (path, exc.strerror or exc, disk_advice(exc))) from exc


def _lock(descriptor: int, path: str, deadline: float, timeout: float) -> None:
    looked = time.monotonic()
    stopped_since: Optional[float] = None

    def holder_has_stopped() -> bool:
        nonlocal looked, stopped_since
        now = time.monotonic()
        if now - looked >= _BETWEEN_LOOKS:
            looked = now
            stopped_since = (stopped_since or now) if _holder_is_stopped(descriptor) else None
        return stopped_since is not None and now - stopped_since >= _STOPPED_FOR

    try:
        if not lock_file(descriptor, deadline - time.monotonic(), give_up=holder_has_stopped) and is_open_at(descriptor, path):
            os.unlink(path)  # the next one to open it makes a new one
    except BlockingIOError:
        raise Busy("Another run has kept %s locked for more than %g s. Try again when it has finished." % (path, timeout)) from None
    except OSError as exc:
        raise errors.LocalFailure("The file %s cannot be locked: %s.%s" % (path, exc.strerror or exc, disk_advice(exc))) from exc


def _holder_is_stopped(descriptor: int) -> bool:
    """Whether the lock on the open file is held by a process that is stopped. Where there is no /proc, none is."""
    inode = ":%d" % os.fstat(descriptor).st_ino
    for fields in map(str.split, _lines("/proc/locks")):
        # `1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF`; the device may be another than stat's (btrfs, overlay)
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5].endswith(inode) and _has_open(fields[4], descriptor):
            holder = processes.find_process(int(fields[4]))
            return holder is not None and holder.state in _STOPPED
    return False


def _has_open(pid: str, descriptor: int) -> bool:
    folder = "/proc/%s/fd" % pid
    try:
        status = os.fstat(descriptor)
        return any(os.path.samestat(os.stat(os.path.join(folder, name)), status) for name in os.listdir(folder))
    except OSError:
        return False


def _lines(path: str) -> List[str]:
    try:
        with open(path, encoding="ascii", errors="replace") as stream:
            return list(stream)
    except OSError:
        return []
