# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The run report: a JSON line for each file, written as it happens."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from contextlib import suppress
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Protocol

from .._client import errors


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


Result = Dict[str, Any]


class Counted(Protocol):
    """What the last line says of the files: how many were found, and how many of those are handled."""

    files_seen: int
    files_done: int


class RunLines:
    """Writes both lines. Without a report nothing is written.

    The first line stands there before any file, so that the report of a run that was killed still names the server. The last line is
    written after everything else the module does, so a report without it belongs to a run that was killed, or that is not over.
    """

    def __init__(self) -> None:
        self._report: Optional[Report] = None
        self._tally: Optional[Counted] = None
        self._about: Dict[str, Any] = {}
        self.interrupted = True
        """Whether there may be files that the run did not get to. The run sets it."""

    def begin(self, report: Report, tally: Counted, verb: Verb, *, server: str, version: str) -> None:
        """Writes the first line. `server` is the address of Immich's web pages."""
        self._report, self._tally = report, tally
        self._about = {"kind": "run", "module": verb.module, "server": server, "version": version, "started": round(time.time(), 3)}
        report.line(**self._about, finished=None)

    def end(self, result: Mapping[str, Any], error: Optional[errors.ImmichError]) -> None:
        """Writes the last line from the module's result, and from what the module fails with."""
        if self._report is None or self._tally is None:
            return
        self._report.line(
            **self._about,
            finished=round(time.time(), 3),
            complete=not self.interrupted,
            msg=error.msg if error else None,
            found=self._tally.files_seen,
            handled=self._tally.files_done,
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

    def close(self) -> None:
        """Closes the report."""
        if self._report is not None:
            self._report.close()

    @property
    def problem(self) -> Optional[errors.ImmichError]:
        """Why the report is not whole."""
        return self._report.problem if self._report else None


def with_run_lines(work: Callable[[RunLines], Result]) -> Result:
    """Does `work` with the report's first and last line around it, and returns what it returns. Raises what it raises, and `RunFailed`
    where everything went well but the last line."""
    lines = RunLines()
    try:
        try:
            result = work(lines)
        except errors.ImmichError as exc:
            lines.end(exc.result, exc)
            raise
        lines.end(result, None)
        problem = lines.problem
        if problem:
            raise errors.RunFailed(problem, result)
        return result
    finally:
        lines.close()


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


UPLOAD = Verb("upload", "uploaded")
COPY = Verb("copy", "copied")
ARCHIVE = Verb("archive", "archived")
