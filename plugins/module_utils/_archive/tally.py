# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of each asset: counts, failures, the report, and the module's result. Private to the collection."""

from __future__ import annotations

import threading
import time
from typing import Any, Dict, List, Optional

from .._client import errors
from .._run.report import Report
from .._sources.counting import count_kind
from .._text import as_utf8, printable

ARCHIVED, ALREADY_IN_PLACE, UPDATED, REPAIRED, REMOVED = ACTIONS = ("archived", "already_in_place", "updated", "repaired", "removed")
UNCHANGED = "unchanged"

_MOST_FAILURES = 100
_MOST_WARNINGS = 10
_MOST_PATHS = 1000


class Tally:
    """Counts. Safe to use from all threads: the run may end while a worker still waits for a server or a disk. Sizes are in bytes.

    `archived` were downloaded, `already_in_place` were not in the manifest, of `updated` the sidecar was written anew,
    `repaired` were missing or had changed, `removed` were moved aside. An asset counts once.
    """

    def __init__(self, report: Optional[Report]) -> None:
        self.counts: Dict[str, int] = dict.fromkeys((*ACTIONS, UNCHANGED), 0)
        self.failures = 0
        self.files_seen = self.files_done = self.bytes_seen = self.bytes_done = 0
        self.skip_reasons: Dict[str, int] = {}
        self.first_failures: List[Dict[str, Any]] = []
        self.first_failure: Optional[errors.ImmichError] = None
        self.warnings: List[str] = []
        self.paths: Dict[str, List[str]] = {action: [] for action in ACTIONS}
        self._more_warnings = 0
        self._lock = threading.Lock()
        self._report = report
        self._began = time.monotonic()

    def found(self, size: int) -> None:
        """The server lists an asset."""
        with self._lock:
            self.files_seen += 1
            self.bytes_seen += size

    def done(self, action: str, path: str, asset_id: str, *, size: int = 0, checksum: Optional[str] = None) -> None:
        """An asset is in the archive as it should be, or would be after a run; `removed`: it is no longer."""
        with self._lock:
            self.counts[action] += 1
            if action != REMOVED:
                self.files_done += 1
                self.bytes_done += size
            if action in self.paths and len(self.paths[action]) < _MOST_PATHS:
                self.paths[action].append(printable(path))
            self._line(path, action, asset_id, size=size, checksum=checksum)

    def failed(self, path: str, error: errors.ImmichError, asset_id: Optional[str] = None, *, size: int = 0) -> None:
        """An asset, or a file of the archive, failed. `size` is that of the asset."""
        with self._lock:
            self.failures += 1
            if asset_id is not None:
                self.files_done += 1
                self.bytes_done += size
            if self.first_failure is None:
                self.first_failure = error
            if len(self.first_failures) < _MOST_FAILURES:
                self.first_failures.append({"path": printable(path), "kind": error.kind, "msg": printable(error.msg)})
            failure = {"kind": error.kind, "status": error.status, "msg": error.msg}
            self._line(path, "failed", asset_id, size=size, failure=failure)

    def skipped(self, path: str, asset_id: str, kind: str, reason: str) -> None:
        """An asset cannot be archived, which is no failure."""
        with self._lock:
            self.files_done += 1
            count_kind(self.skip_reasons, kind)
            self._line(path, "skipped", asset_id, reason=reason)

    def warn(self, text: str) -> None:
        """Something a person should know that is not a failure."""
        with self._lock:
            if len(self.warnings) < _MOST_WARNINGS:
                self.warnings.append(printable(text))
            else:
                self._more_warnings += 1

    @property
    def skipped_count(self) -> int:
        """How many were skipped."""
        return sum(self.skip_reasons.values())

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    def result(self) -> Dict[str, Any]:
        """The counts and lists of the module's result."""
        with self._lock:
            return {
                "counts": {**self.counts, "skipped": self.skipped_count, "failed": self.failures},
                "skip_reasons": dict(sorted(self.skip_reasons.items())),
                "seconds": round(self.seconds, 3),
                "failures": list(self.first_failures),
                "warnings": self._all_warnings(),
                "report": self._report.path if self._report else None,
            }

    def _all_warnings(self) -> List[str]:
        more = ["There are %d more warnings." % self._more_warnings] if self._more_warnings else []
        return [*self.warnings, *more]

    def _line(
        self,
        path: str,
        action: str,
        asset_id: Optional[str],
        *,
        size: int = 0,
        checksum: Optional[str] = None,
        failure: Optional[Dict[str, Any]] = None,
        reason: Optional[str] = None,
    ) -> None:
        if self._report is not None:
            self._report.line(
                path=as_utf8(path),
                size=size,
                checksum=checksum,
                action=action,
                asset_id=asset_id,
                finished=round(time.time(), 3),
                failure=failure,
                reason=reason,
            )
