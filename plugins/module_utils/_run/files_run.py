# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Drives a run over many files from its options to its result.

The work is done by threads, one of which drives the others through the stages of the job. The main thread only looks: whether the run is
to stop, whether anything moves, how far it is. A thread that does not end in time is left behind, and changes nothing any more.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from .. import _options, _text
from .._client import api, errors
from . import report
from .cancellation import Cancellation, Cancelled
from .failures import too_many_failures
from .progress import ProgressFile, Snapshot
from .run import Run
from .tally import Tally
from .workers import Workers

Result = Dict[str, Any]
Check = Callable[[], None]

_LOOK_EVERY = 0.1  # seconds
_GRACE_TO_CLOSE = 1.0
_MOST_TRANSFERS = 100  # each has a thread and a connection

CONNECT, WORK, FINISH, CLOSE = "connect", "work", "finish", "close"
"""The stages of a run."""


def _do_nothing(*_: object) -> None:
    pass


class Hooks(NamedTuple):
    """What a module brings to a run."""

    run: Run
    """Entered: whether it is to stop."""
    lines: report.RunLines
    """Gets the report, and closes it."""
    heartbeat: Callable[[], None] = _do_nothing
    """Called several times a second while work goes on, and not while nothing moves."""
    before_sending: Callable[[Check], None] = _do_nothing
    """Called once, when the first new file is about to be sent (or, in check mode, was found), with a function that raises once the run
    stops. No file is sent before it has returned, and none when it raises."""
    progress_path: Optional[str] = None
    """Where it is written how far the run is."""
    resume_previews: Callable[[Check], None] = _do_nothing
    """Called, with a function that raises once the run stops, when work has to wait for previews of new files: of what is paused, the jobs
    that make them run from then on."""


@dataclass(frozen=True)
class RunOptions:
    """What all runs over many files are asked alike; documented in the modules. `bandwidth_limit` is in bytes a second."""

    concurrency: int = 4
    bandwidth_limit: Optional[float] = _options.option(None, type="str")
    max_failures: int = 0
    report: Optional[str] = _options.option(None, type="path")

    def check(self) -> None:
        """Raises `InvalidRequest` for values that make no sense."""
        if not 1 <= self.concurrency <= _MOST_TRANSFERS:
            raise errors.InvalidRequest(
                "O(concurrency) must be from 1 to %d, not %d." % (_MOST_TRANSFERS, self.concurrency), options=("concurrency",)
            )
        if self.max_failures < 0:
            raise errors.InvalidRequest("O(max_failures) must be 0 or more, not %d." % self.max_failures, options=("max_failures",))
        if self.bandwidth_limit is not None and self.bandwidth_limit < 1:
            raise errors.InvalidRequest("O(bandwidth_limit) must be at least 1 byte per second.", options=("bandwidth_limit",))


class FilesJob(ABC):
    """What is done with the files. All but `check`, `result` and `progress` is called by the driving thread."""

    verb: report.Verb
    client: api.Immich
    """Of the server that the report names."""
    options: RunOptions
    tally: Tally
    problem: Optional[errors.ImmichError] = None
    """What went wrong in the end, though all files were handled."""

    @abstractmethod
    def check(self) -> None:
        """Raises for options that make no sense, without asking the server."""

    @abstractmethod
    def connect(self) -> None:
        """The first contact. Raises what makes the whole run fail: a server that is not supported is reported before all else."""

    @abstractmethod
    def prepare(self, run: FilesRun) -> None:
        """Looks up what the work needs. The report is open by now."""

    @abstractmethod
    def work(self, run: FilesRun) -> None:
        """Handles the files. Starts what it needs in `run.workers`, and returns when all is done or was given up."""

    @abstractmethod
    def finish(self, run: FilesRun) -> None:
        """Does what takes all files together. Not called for a run that was cancelled."""

    def close(self) -> None:  # noqa: B027  # not all have something to close
        """Gives back what was opened, once no thread of the run works any more. Always called, unless the process ends before."""

    @abstractmethod
    def grace_to_finish(self, *, requested: bool) -> float:
        """Seconds that `finish` has left once the run is to stop; fewer where that was `requested`, and something waits for its end."""

    @abstractmethod
    def steps(self) -> Tuple[int, ...]:
        """Numbers that change whenever something moves."""

    @abstractmethod
    def progress(self, stage: str) -> Snapshot:
        """How far it is, besides what the tally knows."""

    @abstractmethod
    def result(self) -> Result:
        """The module's result, for which it freezes the tally."""

    @abstractmethod
    def lines(self) -> List[str]:
        """What changes, a line each, for the diff."""

    def done_when_stopped(self, *, check_mode: bool) -> str:
        """What a run had done when it was stopped, as a sentence of its message."""
        return ""


class FilesRun:
    """A run over many files, as its job sees it."""

    def __init__(self, job: FilesJob, hooks: Hooks, *, check_mode: bool) -> None:
        self.hooks = hooks
        self.check_mode = check_mode
        self.cancellation = Cancellation()
        self.workers = Workers(self.cancellation)
        self._job = job
        self._stage = CONNECT
        self._has_begun = False
        self._ending: Tuple[str, float] = ("", 0.0)  # the stage in which the run is when it stops, and since when
        self._last_activity: Tuple[int, ...] = ()

    @property
    def stop_requested(self) -> bool:
        """Whether something waits for the end of the run: then no time is lost with a server that does not answer."""
        return self.hooks.run.stop_reason() is not None

    def drive(self) -> Result:
        """Does the job; see `run_files`."""
        if self.stop_requested:
            raise self.hooks.run.error()
        driver = threading.Thread(target=self._go_through_stages, daemon=True)
        progress = ProgressFile(self.hooks.progress_path, self._snapshot) if self.hooks.progress_path else None
        driver.start()
        while driver.is_alive() and not self._is_late():
            driver.join(_LOOK_EVERY)
            self._look(progress)
        if progress is not None and self._has_begun:
            progress.write(now=True)
        return self._conclude()

    def _go_through_stages(self) -> None:
        job = self._job
        try:
            job.connect()
            self._open_report()
            job.prepare(self)
            self._has_begun = True
            self._stage = WORK
            job.work(self)
            if not self.cancellation.cancelled:
                self._stage = FINISH
                job.finish(self)
        except Cancelled:
            pass
        except BaseException as exc:  # noqa: BLE001  # raised again by the main thread
            self.cancellation.cancel(exc)
        finally:
            self._stage = CLOSE
            self.workers.join()
            try:
                job.close()
            except BaseException as exc:  # noqa: BLE001  # it may be the first to say that the disk is broken
                self.cancellation.cancel(exc)

    def _open_report(self) -> None:
        job, path = self._job, self._job.options.report
        if path and not self.check_mode:
            job.tally.report = report.Report(path, report.is_report_of_run)
            client = job.client
            self.hooks.lines.begin(job.tally.report, job.tally, job.verb, server=client.connection.root, version=str(client.version))

    def _look(self, progress: Optional[ProgressFile]) -> None:
        """What the main thread does several times a second."""
        if self.stop_requested and self._stage != CLOSE:
            self.cancellation.cancel(self.hooks.run.error())
        if not self._has_begun:
            return
        tally = self._job.tally
        activity = (tally.files_seen, tally.files_done, *self._job.steps())
        if activity != self._last_activity:
            self._last_activity = activity
            self.hooks.heartbeat()
        if progress is not None:
            progress.write()

    def _is_late(self) -> bool:
        """Whether the driving thread is to be left behind. The work sees by itself that it ends in time."""
        stage, now = self._stage, time.monotonic()
        if not self.cancellation.cancelled or stage == WORK:
            return False
        if self._ending[0] != stage:
            self._ending = (stage, now)
        grace = 0.0
        if stage == FINISH:
            grace = self._job.grace_to_finish(requested=self.stop_requested)
        elif stage == CLOSE and not self.workers.busy:
            grace = _GRACE_TO_CLOSE
        return now >= self._ending[1] + grace

    def _snapshot(self) -> Snapshot:
        tally = self._job.tally
        counted: Snapshot = {
            "files_seen": tally.files_seen,
            "bytes_seen": tally.bytes_seen,
            "files_done": tally.files_done,
            "bytes_done": tally.bytes_done,
            "skipped": tally.skipped_count,
            "failed": tally.failures - tally.missing_paths,
            "seconds": round(tally.seconds, 3),
        }
        return {**counted, **self._job.progress(self._stage)}

    def _conclude(self) -> Result:
        """The result. Raises what the task fails with: a crash before all else, then what stopped the run."""
        job, stopped_by = self._job, self.cancellation.error
        if self.cancellation.crash is not None:
            raise self.cancellation.crash
        if stopped_by is not None and not self._has_begun:
            raise stopped_by
        result = job.result()
        self.hooks.lines.interrupted = stopped_by is not None
        problem = job.tally.report.problem if job.tally.report else None
        cause = stopped_by or job.problem or too_many_failures(job.tally, job.options.max_failures, job.tally.missing_paths) or problem
        if cause is not None:
            done_before = job.done_when_stopped(check_mode=self.check_mode) if stopped_by is not None else ""
            raise errors.RunFailed(cause, result, _text.printable(cause.msg + done_before))
        result["diff"] = {"before": "", "after": "".join(line + "\n" for line in job.lines())}
        return result


def run_files(job: FilesJob, hooks: Hooks, *, check_mode: bool) -> Result:
    """Does the job; returns the module's result.

    Raises a plain `ImmichError` where the run did not begin, after that `RunFailed`: when more files fail than `max_failures` allow, or
    when something stops the run.
    """
    job.options.check()
    job.check()
    if job.options.report:
        report.refuse_report(job.options.report)
    return FilesRun(job, hooks, check_mode=check_mode).drive()
