# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lock between processes: an open file with flock(2), which the system releases when a process dies. Private to the collection."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import Iterator

from ..._client import errors

_BETWEEN_TRIES = 0.02


class Busy(errors.LocalFailure):
    """Another process has the lock."""


@contextmanager
def locked(path: str, timeout: float) -> Iterator[None]:
    """Holds the lock `path`. Raises `Busy` when another process keeps it longer than `timeout` seconds, else `LocalFailure`.

    The file is removed at the end.
    """
    deadline = time.monotonic() + timeout
    while True:
        descriptor = _open(path)
        try:
            _lock(descriptor, path, deadline, timeout)
            if not _is_at(descriptor, path):
                continue  # its last holder removed it: a lock on it keeps nobody out
            try:
                yield
            finally:
                if _is_at(descriptor, path):
                    with suppress(OSError):
                        os.unlink(path)  # while it is locked: nobody else may
            return
        finally:
            os.close(descriptor)


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise errors.LocalFailure("The lock %s cannot be opened: %s." % (path, exc.strerror or exc)) from exc


def _lock(descriptor: int, path: str, deadline: float, timeout: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Busy("Another run has kept %s locked for more than %g s. Try again when it has finished." % (path, timeout)) from None
            time.sleep(_BETWEEN_TRIES)
        except OSError as exc:
            raise errors.LocalFailure("The file %s cannot be locked: %s." % (path, exc.strerror or exc)) from exc


def _is_at(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except OSError:
        return False
