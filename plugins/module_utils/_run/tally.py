# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of each file: counts, failures, warnings, and the lines of the report. One lock around all of it."""

from __future__ import annotations

import threading
import time
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .. import _text
from .._client import errors
from . import report

_MOST_FAILURES = 100
_MOST_WARNINGS = 10
_MOST_PATHS = 1000
_MOST_KINDS = 50


def count_kind(kinds: Dict[str, int], kind: str) -> None:
    """Adds one to what `kinds` counts of a kind. It has at most 50 kinds and `other`, as names of files may have any extension."""
    kind = _text.printable(kind)
    if kind not in kinds and len(kinds) >= _MOST_KINDS:
        kind = "other"
    kinds[kind] = kinds.get(kind, 0) + 1


def added_lines(noun: str, results: Iterable[Dict[str, Any]]) -> List[str]:
    """A line for the diff about each album or tag that changes."""
    return [
        "%s %s: %d added%s" % (noun, _text.printable(result["name"]), result["added"], " (new)" if result["created"] else "")
        for result in results
    ]


class Action(NamedTuple):
    """Something that can become of a file."""

    name: str
    """Its key in the result's `counts`."""
    line: str = ""
    """What the report calls it, if that is another name."""
    diff: str = ""
    """What its line in the diff begins with; empty for an action that changes nothing."""
    handles: bool = True
    """Whether the run is done with the file. One that is done to a file that was counted before is not."""


class Tally:
    """Counts what becomes of files, by the job's table of `actions`. Sizes are in bytes. Safe to use from all threads.

    After `freeze` it counts nothing more: a thread that was left behind changes neither the result nor the report.
    """

    def __init__(self, actions: Sequence[Action]) -> None:
        self.report: Optional[report.Report] = None
        self.counts: Dict[str, int] = dict.fromkeys((action.name for action in actions), 0)
        self.files_seen = self.files_done = self.bytes_seen = self.bytes_done = 0
        self.failures = self.missing_paths = self.skipped_count = 0
        self.first_failure: Optional[errors.ImmichError] = None
        self.first_failures: List[Dict[str, Any]] = []
        self.skip_reasons: Dict[str, int] = {}
        self._lock = threading.RLock()
        self._frozen = False
        self._began = time.monotonic()
        self._warnings: List[str] = []
        self._more_warnings = 0
        self._paths: Dict[str, List[str]] = {action.diff: [] for action in actions if action.diff}

    @property
    def seconds(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self._began

    @property
    def changed(self) -> bool:
        """Whether any action was done that changes something."""
        return any(self._paths.values())

    def note_found(self, files: int, size: int) -> None:
        """Files were found that are to be handled."""
        with self._lock:
            if self._frozen:
                return
            self.files_seen += files
            self.bytes_seen += size

    def done(self, action: Action, path: str, *, size: int = 0, **line: Any) -> None:
        """An action was done to a file, or would be. `line` is what else the report says of it."""
        with self._lock:
            if self._frozen:
                return
            self.counts[action.name] += 1
            if action.handles:
                self.files_done += 1
                self.bytes_done += size
            if action.diff and len(self._paths[action.diff]) < _MOST_PATHS:
                self._paths[action.diff].append(_text.printable(path))
            self._line(path, action.line or action.name, size=size, **line)

    def note_failure(
        self,
        path: str,
        error: errors.ImmichError,
        *,
        size: Optional[int] = None,
        handled: bool = True,
        place: int = _MOST_FAILURES,
        **line: Any,
    ) -> None:
        """A file failed. The run is done with it, unless it is not `handled` by that: one that was counted before, or no file at all.

        `place` is the one that it gets among the first failures, by default the last.
        """
        with self._lock:
            if self._frozen:
                return
            self.failures += 1
            if handled:
                self.files_done += 1
                self.bytes_done += size or 0
            if self.first_failure is None or not place:
                self.first_failure = error
            self.first_failures.insert(place, {"path": _text.printable(path), "kind": error.kind, "msg": _text.printable(error.msg)})
            del self.first_failures[_MOST_FAILURES:]
            failure = {"kind": error.kind, "status": error.status, "msg": error.msg}
            self._line(path, "failed", size=size, failure=failure, **line)

    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        """A file, folder or path of the source failed. Paths that are missing come first among the failures."""
        with self._lock:
            if self._frozen:
                return
            is_missing = isinstance(error, errors.MissingPath)
            place = self.missing_paths if is_missing else _MOST_FAILURES
            self.missing_paths += is_missing
            self.files_seen += not is_missing
            self.note_failure(path, error, size=size, handled=not is_missing, place=place)

    def skipped(self, path: str, kind: str, reason: str) -> None:
        """A file of the source is not taken. `kind` is what it is counted as (see the module's `skip_reasons`), `reason` a sentence."""
        with self._lock:
            if self._frozen:
                return
            self.files_seen += 1
            self.note_skipped(path, kind, reason)

    def note_skipped(self, path: str, kind: str, reason: str, **line: Any) -> None:
        """A file that was found before is not taken."""
        with self._lock:
            if self._frozen:
                return
            self.files_done += 1
            self.skipped_count += 1
            count_kind(self.skip_reasons, kind)
            self._line(path, "skipped", reason=reason, **line)

    def unused(self, files: Sequence[Tuple[str, str]]) -> None:
        """Files that say something of a picture that is not there, each with a sentence why. They do not count."""
        with self._lock:
            for path, reason in files:
                self._line(path, "unused", reason=reason)

    def warn(self, text: str) -> None:
        """Something a person should know that is not a failure. Only the first ones are kept, each once; of the others, how many."""
        text = _text.printable(text)
        with self._lock:
            if self._frozen or text in self._warnings:
                return
            if len(self._warnings) < _MOST_WARNINGS:
                self._warnings.append(text)
            else:
                self._more_warnings += 1

    def freeze(self) -> Dict[str, Any]:
        """The counts and lists of the module's result, after which nothing changes any more."""
        with self._lock:
            self._frozen = True
            more = ["There are %d more warnings." % self._more_warnings] * bool(self._more_warnings)
            return {
                # `skipped` and `failed` mean something else to Ansible at the top of a result, so all counts stand together here.
                "counts": {**self.counts, "skipped": self.skipped_count, "failed": self.failures - self.missing_paths},
                "skip_reasons": dict(sorted(self.skip_reasons.items())),
                "seconds": round(self.seconds, 3),
                "failures": list(self.first_failures),
                "warnings": [*self._warnings, *more],
                "report": self.report.path if self.report else None,
            }

    def lines(self) -> List[str]:
        """What changes, a line each, for the diff."""
        return ["%s %s" % (verb, path) for verb, paths in self._paths.items() for path in sorted(paths)]

    def _line(
        self,
        path: str,
        action: str,
        *,
        size: Optional[int] = None,
        checksum: Optional[str] = None,
        asset_id: Optional[str] = None,
        failure: Optional[Dict[str, Any]] = None,
        reason: Optional[str] = None,
        **more: Any,
    ) -> None:
        if self.report is not None and not self._frozen:
            self.report.line(
                path=_text.as_utf8(path),
                size=size,
                checksum=checksum,
                action=action,
                asset_id=asset_id,
                finished=round(time.time(), 3),
                failure=failure,
                reason=reason,
                **more,
            )
