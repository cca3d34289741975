# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run fails with when some of its files failed."""

from __future__ import annotations

import threading
from typing import Any, Callable, Dict, List, Optional, Protocol, Sequence

from .._client import api, errors


class FilesFailed(errors.ImmichError):
    """Some of the files failed; the rest of the run went well. The kind is that of the first failure."""

    def __init__(self, msg: str, first: errors.ImmichError) -> None:
        super().__init__(
            msg,
            status=first.status,
            method=first.method,
            path=first.path,
            correlation_id=first.correlation_id,
            details=first.details,
            options=first.options,
        )
        self.kind = first.kind


class Failures(Protocol):
    """What a tally knows of failures: how many there are, the first of them, and the first few with their paths and messages."""

    failures: int
    first_failure: Optional[errors.ImmichError]
    first_failures: List[Dict[str, Any]]


def too_many_failures(tally: Failures, tolerated: int, missing_paths: int = 0) -> Optional[errors.ImmichError]:
    """What the run fails with if more files failed than are tolerated, paths that are missing included; else None."""
    if tally.first_failure is None or tally.failures <= tolerated:
        return None
    first = tally.first_failures[0]
    total, listed = tally.failures, len(tally.first_failures)
    msg = "%s: %s" % (first["path"], first["msg"])
    if total > 1:
        msg = "%s, the first of them %s (%s in failures.)" % (
            _count_failed(total - missing_paths, missing_paths, [failure["msg"] for failure in tally.first_failures]),
            msg,
            "All are" if listed == total else "The first %d are" % listed,
        )
    return FilesFailed(msg, tally.first_failure)


def _count_failed(files: int, missing_paths: int, messages: Sequence[str]) -> str:
    """What failed: "3 files failed and 1 path is not there". Among the files there may be folders that could not be read."""
    folders = any(message.startswith("The folder ") for message in messages)
    noun = "files and folders" if folders else "file" if files == 1 else "files"
    parts = ["%d %s failed" % (files, noun)] * bool(files)
    parts += ["%d %s not there" % (missing_paths, "path is" if missing_paths == 1 else "paths are")] * bool(missing_paths)
    return " and ".join(parts)


_FEW = 3  # files
_ROUNDS = 3  # times that many files in a row
_SOME_SHA1 = "0" * 40


def _check_one(client: api.Immich) -> None:
    client.assets.check([_SOME_SHA1])


class ConsecutiveFailures:
    """Counts the failures between two files that went well.

    A few failures are those of the files; when one file after the other fails at the server, it is down. Safe to use from all threads.
    """

    def __init__(self, client: api.Immich, concurrency: int, what: str, ask: Callable[[api.Immich], object] = _check_one) -> None:
        """`what` is what messages call the run. `ask` asks the server a question that it answers if it is well, whatever the files are."""
        self._client = client
        self._what = what
        self._ask = ask
        self._many = self._doubt_at = max(_FEW, concurrency)
        self._failed = 0
        self._gone = False
        self._lock = threading.Lock()
        self._asking = threading.Lock()

    def reset(self) -> None:
        """A file went well."""
        with self._lock:
            self._failed, self._doubt_at = 0, self._many

    def add(self, exc: errors.ImmichError) -> None:
        """A file did not. Raises it, saying so, when the run should stop."""
        if not exc.transient and not exc.fatal:
            return
        with self._lock:
            self._failed += 1
            failed = self._failed
            if failed < self._doubt_at:
                return
        # A server that takes all it is asked and no file, as with a full disk, is not sent files without an end either.
        if failed < _ROUNDS * self._many and self._may_continue(failed, exc):
            return
        raise exc.during("%d files in a row failed at the server, so the %s was stopped" % (failed, self._what))

    def _may_continue(self, failed: int, exc: errors.ImmichError) -> bool:
        """One thread asks a server that may be dying. The answer holds for those that wait for it meanwhile."""
        with self._asking:
            with self._lock:
                if failed < self._doubt_at or self._failed < failed:  # there is an answer by now, or a file went up
                    return True
            if self._gone:
                return False
            if not self._is_well(exc):
                self._gone = True
                return False
            with self._lock:
                self._doubt_at = failed + self._many
            return True

    def _is_well(self, exc: errors.ImmichError) -> bool:
        """Whether the server answers another question, so that it may be the files."""
        if isinstance(exc, (errors.Timeout, errors.SlowDown)):
            return False
        client = self._client.without_retries()
        try:
            self._ask(client)
        except errors.ImmichError:
            return False
        finally:
            client.close()
        return True
