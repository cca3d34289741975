# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run report: a JSON line for each file, written as it happens."""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import time
from contextlib import closing, suppress
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Protocol, Tuple

from .. import _own_files
from .._client import errors
from .._text import printable
from .outcome import RunOutcome

_OF_RUNS = re.compile(rb'\{"kind": ?"run", ?"module": ?"immich_(upload|copy|archive)"')
_LONGEST_HEAD = 200  # bytes


def refuse_report(path: str) -> None:
    """Raises `LocalFailure` if no report can be written there, as far as that can be seen without writing one."""
    _own_files.refuse_foreign(path, is_report_of_run, option="report", what="a report of such a run", in_place=True)


def is_report_of_run(head: bytes) -> bool:
    """Whether a file that begins so is a report that a run may replace."""
    return _OF_RUNS.match(head) is not None


def unwritable(path: str, why: str, advice: str = "") -> errors.LocalFailure:
    """What a run fails with that cannot write its report. `advice` is a sentence with a blank before it."""
    return errors.LocalFailure("The report %s cannot be written: %s.%s" % (printable(path), why, advice), options=("report",))


class Report:
    """Writes the report. When the disk is full, the run goes on without it and `problem` says so; what is there is whole lines.

    Safe to use from all threads: a worker that is left behind at the end of a run writes nothing more once it is closed.
    """

    def __init__(self, path: str, is_ours: Callable[[bytes], bool]) -> None:
        """`is_ours` is asked about the beginning of a file that is there: whether it is a report that this one may replace."""
        self.path = path
        self.problem: Optional[errors.LocalFailure] = None
        self._written = 0
        self._lock = threading.Lock()
        self._digest = hashlib.sha256()
        try:
            try:
                self._descriptor: Optional[int] = _own_files.open_regular(path, os.O_RDWR)
            except FileNotFoundError:
                self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                head = os.pread(self._descriptor, _LONGEST_HEAD, 0)
                if head and not is_ours(head):  # it is another file than the one that was looked at
                    raise unwritable(path, "it is not a report any more")
                os.ftruncate(self._descriptor, 0)
                os.fchmod(self._descriptor, 0o600)  # paths are private, and the file may have been there before
            except BaseException:
                os.close(self._descriptor)
                raise
        except OSError as exc:
            raise unwritable(path, exc.strerror or str(exc), _own_files.disk_advice(exc)) from exc

    def line(self, **values: Any) -> None:
        """Adds a line."""
        # What the server says may hold half of a surrogate pair, which is not UTF-8: it is written as JSON's own escape.
        data = json.dumps(values, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            if self._descriptor is not None:
                self._add(self._descriptor, data)

    def seal(self, **values: Any) -> None:
        """Adds the last line, with the checksum of all before it, which shows whether the report was corrected since."""
        self.line(**values, sha256=self._digest.hexdigest())

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
                "The report %s could not be completed: %s.%s The run continued without it."
                % (printable(self.path), exc.strerror or exc, _own_files.disk_advice(exc))
            )
            with suppress(OSError):  # half a line is worth nothing
                os.ftruncate(descriptor, self._written)
            self._close()
            return
        self._written += len(data)
        self._digest.update(data)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class FileCounts(Protocol):
    """What the last line says of the files: how many were found, and how many of those are handled."""

    files_seen: int
    files_done: int


class RunLines:
    """Writes the first and the last line of a run's report. A context manager around the run, which sets its `outcome`.

    The first line stands there before any file, so that the report of a run that was killed still names the server. The last line is
    written after everything else the module does, so a report without it belongs to a run that was killed, or that is not over.
    Without a report nothing is written. Where all went well but the last line, `RunFailed` is raised.
    """

    def __init__(self) -> None:
        self.outcome = RunOutcome()
        self._begun: Optional[Tuple[Report, FileCounts]] = None
        self._about: Dict[str, Any] = {}
        self.interrupted = True
        """Whether there may be files that the run did not get to. The run sets it."""

    def __enter__(self) -> RunLines:
        return self

    def __exit__(self, _kind: object, error: Optional[BaseException], _trace: object) -> None:
        if self._begun is None:
            return
        report, tally = self._begun
        with closing(report):
            if isinstance(error, errors.ImmichError):
                self._add_last_line(report, tally, error.result, error)
            elif error is None:
                self._add_last_line(report, tally, self.outcome.result, None)
                if report.problem:
                    raise errors.RunFailed(report.problem, self.outcome.result)

    def begin(self, report: Report, tally: FileCounts, verb: Verb, *, server: str, version: str) -> None:
        """Writes the first line. `server` is the address of Immich's web pages."""
        self._begun = (report, tally)
        self._about = {"kind": "run", "module": verb.module, "server": server, "version": version, "started": round(time.time(), 3)}
        report.line(**self._about, finished=None)

    def _add_last_line(self, report: Report, tally: FileCounts, result: Mapping[str, Any], error: Optional[errors.ImmichError]) -> None:
        """`result` is the module's, and `error` what it fails with."""
        report.line(
            **self._about,
            finished=round(time.time(), 3),
            complete=not self.interrupted,
            msg=error.msg if error else None,
            found=tally.files_seen,
            handled=tally.files_done,
            counts=result.get("counts"),
            skip_reasons=result.get("skip_reasons"),
            bytes_sent=result.get("bytes_sent"),
            bytes_received=result.get("bytes_received"),
            seconds=result.get("seconds"),
            albums=result.get("albums", []),
            tags=result.get("tags", []),
            export=_export(result),
            pause=_pause(result, ""),
            source_pause=_pause(result, "source_"),
        )


def _export(result: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """The module's `export` without the list of files, which have lines of their own."""
    export = result.get("export")
    return {name: value for name, value in export.items() if name != "unused_files"} if export else None


def _pause(result: Mapping[str, Any], prefix: str) -> Optional[Dict[str, Any]]:
    """What the run itself paused; None where it did not have to, or where that is the matter of another task."""
    pause, resume = result.get(prefix + "pause"), result.get(prefix + "resume") or {}
    if not pause:
        return None
    return {
        "paused": pause.get("paused", []),
        "seconds": pause.get("seconds"),
        "resumed": resume.get("resumed", []),
        "left_paused": resume.get("left_paused", pause.get("left_paused", [])),
        "held_by_others": list(resume.get("held_by_others", ())),
        "paused_again": pause.get("paused_again", []),
        "healed": [*pause.get("healed", []), *resume.get("healed", [])],
        "msg": resume.get("msg") or pause.get("msg"),
    }


class Verb(NamedTuple):
    """`infinitive` is the noun as well (`the upload was stopped`), `participle` what became of the files (`3 files were uploaded`)."""

    infinitive: str
    participle: str

    @property
    def module(self) -> str:
        """The module that does it."""
        return "immich_" + self.infinitive
