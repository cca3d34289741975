# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run report: a JSON line for each file, written as it happens. Private to the collection."""

from __future__ import annotations

import json
import os
import stat
import threading
from contextlib import suppress
from typing import Any, Optional

from ..._client import errors


def refuse_report(path: str) -> None:
    """Raises `LocalFailure` if no report can be written there, as far as that can be seen without writing one."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        folder = os.path.dirname(path) or "."
        if not os.path.isdir(folder):
            raise _unwritable(path, "there is no folder %s" % folder) from None
        mode = None
    except OSError as exc:
        raise _unwritable(path, exc.strerror or str(exc)) from exc
    if mode is not None and stat.S_ISLNK(mode):
        raise _unwritable(path, "it is a link, which is not followed. Name the file itself")
    if mode is not None and not stat.S_ISREG(mode):
        raise _unwritable(path, "it is not a file")
    if not os.access(path if mode is not None else os.path.dirname(path) or ".", os.W_OK):
        raise _unwritable(path, "permission denied")


def _unwritable(path: str, why: str) -> errors.LocalFailure:
    return errors.LocalFailure("The report %s cannot be written: %s." % (path, why))


class Report:
    """Writes the report. When the disk is full, the run goes on without it and `problem` says so; what is there is whole lines.

    Safe to use from all threads: a worker that is left behind at the end of a run writes nothing more once it is closed.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.problem: Optional[errors.LocalFailure] = None
        self._written = 0
        self._lock = threading.Lock()
        try:
            # Not truncated before it is known to be a file; a pipe is not waited for.
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
            self._descriptor: Optional[int] = os.open(path, flags, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                    raise _unwritable(path, "it is not a file")
                os.ftruncate(self._descriptor, 0)
                os.fchmod(self._descriptor, 0o600)  # paths are private, and the file may have been there before
            except BaseException:
                os.close(self._descriptor)
                raise
        except OSError as exc:
            raise _unwritable(path, exc.strerror or str(exc)) from exc

    def line(self, **values: Any) -> None:
        """Adds a line."""
        # What the server says may hold half of a surrogate pair, which is not UTF-8: it is written as JSON's own escape.
        data = json.dumps(values, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            if self._descriptor is not None:
                self._add(self._descriptor, data)

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._close()

    def _add(self, descriptor: int, data: bytes) -> None:
        try:
            left = data
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError as exc:
            self.problem = errors.LocalFailure(
                "The report %s could not be completed: %s. The run continued without it." % (self.path, exc.strerror or exc)
            )
            with suppress(OSError):  # half a line is worth nothing
                os.ftruncate(descriptor, self._written)
            self._close()
            return
        self._written += len(data)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
