# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pause around other work: it begins when the first of it needs the server to itself, and ends with it."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, Callable, Collection, Dict, Iterator, Optional, Sequence

from .._client import api, errors
from .._run.outcome import RunOutcome
from . import control, names
from .guard.guard import Guard
from .jobs.manage import manage
from .leases.ledgers import open_leases, scopes_to_pause
from .options import HEALED, PAUSED, RUNNING, JobsOptions, LeaseOptions, PauseOptions, ResumeOptions
from .renewer import OwnLease, Renewer

Result = Dict[str, Any]
CarryOut = Callable[[Callable[[], None], float], None]

_TOGETHER = ResumeOptions()
_INTERVAL = 1.0  # seconds between two looks at jobs that still run
_HANGS = 30.0  # seconds that pausing may go on after the work has ended
_RELEASE_WITHIN = 2.0  # seconds that the release may take once the work was stopped

# How a key is refused that may not pause, although it may do other things.
_REFUSED = (errors.AuthError, errors.PermissionDenied)

_STAYS_WRITTEN = "%s run again, but the record of the pause could not be removed, which the next run does"


class StillPaused(errors.CausedFailure):
    """The work went well, but `queues` could not be resumed. `jobs` names their jobs for people. `details` is
    `{still_paused}`, a list of the queues."""

    def __init__(self, cause: errors.ImmichError, jobs: str, queues: Sequence[str]) -> None:
        super().__init__(
            "%s could not be resumed: %s The guard on this host keeps trying for 15 minutes. After that, the next run or the playbook "
            "photoyard.immich.heal resumes them." % (jobs, cause.msg),
            cause,
            {"still_paused": list(queues)},
        )


@contextmanager
def pause_around(
    client: api.Immich,
    options: PauseOptions,
    check_mode: bool,
    guard: Guard,
    outcome: RunOutcome,
    carry_out: CarryOut,
    meanwhile: Callable[[], None] = lambda: None,
) -> Iterator[Pausing]:
    """A pause around work whose `outcome` is set meanwhile; what became of the pause is added to that (see `add_to_result`).

    `client` must have a key that may pause. `guard` has been started for the lease and ends with this. `carry_out` carries out a step,
    and raises an `ImmichError` when the work was stopped and the step takes more than so many seconds from then on: the guard does the
    rest. `meanwhile` is called while queues are waited for that are resumed one after the other. Work that went well fails with
    `StillPaused`, or where nothing had to be paused and healing fails.
    """
    pause = Pausing(client, options, check_mode, guard)
    try:
        try:
            with outcome.catch():
                carry_out(pause.prepare, 0.0)
                yield pause  # what the work raises is kept, and raised again below: the pause adds its part to the result first
        except BaseException:
            _release_at_once(pause, client, carry_out, heal=False)
            raise
        if outcome.failure is None:
            _release(pause, carry_out, partial(pause.release, client, options.resume, meanwhile))
            outcome.failure = _heal(pause, carry_out, client)
        else:
            _release_at_once(pause, client, carry_out, heal=bool(outcome.result))  # if it had begun: some files may have failed
    finally:
        guard.end(release=not pause.is_over)
    if outcome.failure is None and pause.failure is not None:
        outcome.failure = pause.describe_failure(pause.failure)
    outcome.result = pause.add_to_result(outcome.result)
    outcome.check()


def begin_pauses(pauses: Sequence[Pausing], check_cancelled: Callable[[], None]) -> None:
    """Pauses, and waits for jobs that still run: for those of several servers at the same time.

    `check_cancelled` may raise to end that. In check mode it is only predicted. Raises an `ImmichError` when there can be no pause; a key
    that may not pause is not a failure, unless the pause is required.
    """

    def meanwhile() -> None:
        check_cancelled()
        for pause in pauses:
            pause.beat()

    for pause in pauses:
        pause.hold(check_cancelled)
    for pause in pauses:
        pause.wait(meanwhile)


def resume_early(
    client: api.Immich,
    lease: LeaseOptions,
    queues: Sequence[str],
    known: Sequence[str] = (),
    released: Callable[[str, Collection[str]], None] = lambda _lease, _queues: None,
) -> None:
    """Takes some queues from a lease that goes on, and resumes those that no other lease holds. `known` are all that it is known to hold.

    Raises an `ImmichError` where a queue could not be resumed.
    """
    done = open_leases(client, lease.ledger, released).release_queues(queues, lease.name, known=known)
    if done.failed:
        raise control.QueuesFailed("resumed", done.failed)


class Pausing:
    """The pause itself. `pause_result` and `resume_result` are what immich_jobs would return; `failure` is what went wrong at the end."""

    def __init__(self, client: api.Immich, options: PauseOptions, check_mode: bool, guard: Guard) -> None:
        self._client = client
        self._options = options
        self._check_mode = check_mode
        self._guard = guard
        self._began = self._ended = self._maybe_held = False
        self._lock = threading.Lock()  # a run that stops does not wait for the thread that pauses
        self._renewer: Optional[Renewer] = None
        self._held: Sequence[str] = ()
        self._paused_since = 0.0
        self.is_of_source = options.of_source
        self.jobs = "The background jobs of the source" if options.of_source else "The background jobs"
        self._prefix = "source_" if options.of_source else ""  # of names of options and results
        self.pause_result: Optional[Result] = None
        self.resume_result: Optional[Result] = None
        self.failure: Optional[errors.ImmichError] = None

    @property
    def is_over(self) -> bool:
        """Whether nothing of the lease can be left: it was released, or never taken."""
        return not self._maybe_held and (self._renewer is None or self._renewer.is_closed)

    def prepare(self) -> None:
        """Raises `PermissionDenied` where the key may not pause and must."""
        if self._options.required:
            try:
                self._client.require(scopes_to_pause(self._client, self._options.lease.ledger))
            except errors.ImmichError as exc:
                self.pause_result = {**_failure_result(exc), "failed": True}
                raise

    def hold(self, check_cancelled: Callable[[], None]) -> None:
        """Pauses, see `begin_pauses`."""
        with self._lock:
            check_cancelled()
            if self._ended:
                raise errors.LocalFailure("The work has ended.")
            self._began, self._maybe_held = True, not self._check_mode
            with self._announced():
                self._pause()

    def wait(self, check_cancelled: Callable[[], None]) -> None:
        """Waits for jobs that still run, if there is a pause, see `begin_pauses`."""
        if self.pause_result is None or self._renewer is None or self._options.wait <= 0:
            return
        queues = [queue["name"] for queue in self.pause_result["queues"]]
        left = max(0.0, self._options.wait - (time.monotonic() - self._paused_since))
        _queues, self.pause_result["still_active"] = control.wait_until_idle(self._client, queues, left, _INTERVAL, check_cancelled)

    def resume_early(self, queues: Sequence[str], check_cancelled: Callable[[], None]) -> None:
        """Resumes those of the queues that the pause holds, unless other leases hold them too; it goes on for the others."""
        with self._lock:
            check_cancelled()
            if self._renewer is not None and not self._ended:
                resume_early(self._client, self._options.lease, queues, self._held, self._report_released)

    def _pause(self) -> None:
        self._paused_since = time.monotonic()
        try:
            self.pause_result = self._manage(self._client, PAUSED)
        except errors.ImmichError as exc:
            self.pause_result = _failure_result(exc)
            if isinstance(_first_cause(exc), _REFUSED) and not self._options.required:
                self._undo(exc)
                return
            self.pause_result["failed"] = True
            raise errors.cause_of(exc).during("%s could not be paused, so no new file was sent" % self.jobs) from exc
        if not self._check_mode and not self._ended:
            self._held = self.pause_result["lease"]["queues"]
            self._renewer = Renewer(self._client, self._options.lease, OwnLease(self._held, self._announced, self._report_held))
            self._renewer.start()

    def _undo(self, exc: errors.ImmichError) -> None:
        """Resumes what was paused before the key was refused: half a pause is not what was asked for."""
        if exc.result.get("lease"):
            self._end(self._client, _TOGETHER, lambda: None)
        else:
            self._maybe_held = False

    @contextmanager
    def _announced(self) -> Iterator[None]:
        """Around what pauses queues: a guard that wakes up in the middle knows that a request may still be under way."""
        self._guard.report_pausing()
        yield
        self._guard.report_held(self._held)  # not after an error: then it is not known what was carried out

    def _report_held(self, queues: Sequence[str]) -> None:
        """The lease holds other queues than before, or none any more."""
        self._held = queues
        self._guard.report_held(queues)

    def _report_released(self, lease: str, queues: Collection[str]) -> None:
        """A queue that is paused from now on is paused by others."""
        if lease == self._options.lease.name:
            self._report_held([name for name in self._held if name not in queues])

    def beat(self) -> None:
        """Says that work goes on: without it the lease runs out."""
        if self._renewer is not None:
            self._renewer.beat()

    def release(self, client: api.Immich, resume: ResumeOptions, meanwhile: Callable[[], None]) -> None:
        """Ends the pause, if it has begun. Never raises an `ImmichError`: see `failure`."""
        self._ended = True
        if not self._lock.acquire(timeout=_HANGS):  # the guard finds all that is paused
            self.note_failure(errors.Timeout("The server does not answer, and queues were still being paused."))
            return
        self._lock.release()
        if self._renewer is not None:
            self._renewer.close()
        if self._maybe_held:
            self._end(client, resume, meanwhile)

    def _end(self, client: api.Immich, resume: ResumeOptions, meanwhile: Callable[[], None]) -> None:
        try:
            self.resume_result = self._manage(client, RUNNING, resume, meanwhile)
            self._maybe_held = False
            self.pause_result = {**(self.pause_result or {}), "seconds": round(time.monotonic() - self._paused_since, 3)}
        except errors.ImmichError as exc:
            self.note_failure(exc)

    def note_failure(self, exc: errors.ImmichError) -> None:
        """The release has failed."""
        self.resume_result, self.failure = {**_failure_result(exc), "failed": True}, exc

    def describe_failure(self, exc: errors.ImmichError) -> errors.ImmichError:
        """What work fails with that went well, because of what went wrong at the end: `StillPaused`, unless its queues run again."""
        if self._renewer is not None and not self._held and isinstance(errors.cause_of(exc), errors.LocalFailure):
            return exc.during(_STAYS_WRITTEN % self.jobs)
        return StillPaused(exc, self.jobs, (self.pause_result or {}).get("paused", ()))

    def heal(self, client: api.Immich) -> None:
        """Resumes what earlier runs left behind, where nothing had to be paused (or else it was healed then).

        Raises `InvalidRequest` for a queue that the server does not have; a refused key is not a failure.
        """
        if self._began:
            return
        try:
            names.resolve(self._options.queues, [queue.name for queue in client.queues.all()], self._prefix + "pause_queues")
            self.pause_result = self._manage(client, HEALED)
        except errors.ImmichError as exc:
            self.pause_result = _failure_result(exc)
            if not isinstance(errors.cause_of(exc), _REFUSED):
                self.pause_result["failed"] = True
                raise errors.cause_of(exc) from exc

    def add_to_result(self, result: Result) -> Result:
        """A result of the work with `pause`, `resume` and `lease` (what is still held, or null); of the source `source_pause` and so on."""
        parts: Dict[str, Optional[Result]] = {"pause": None, "resume": None, "lease": None}
        done = dict(result)
        warnings = list(result.get("warnings", []))
        for name, part in (("pause", self.pause_result), ("resume", self.resume_result)):
            if part is not None:
                parts[name] = {key: value for key, value in part.items() if key not in ("diff", "warnings")}
                done["changed"] = bool(done.get("changed") or part.get("changed"))
                warnings += [warning for warning in part.get("warnings", []) if warning not in warnings]
        if parts["pause"] is not None:
            parts["pause"]["paused_again"] = self._renewer.paused_again if self._renewer is not None else []
        if self.failure is not None:
            parts["lease"] = (self.pause_result or {}).get("lease") or {"holder": self._options.lease.name}
        if self._renewer is not None:
            warnings += self._renewer.problems
            if not self._renewer.problems and self.resume_result is not None and self.resume_result.get("lease_was_held") is False:
                warnings.append("The pause ended before this task did: %s ran meanwhile." % self.jobs.lower())
        elif self._began and self.pause_result is not None and "failure" in self.pause_result and not self.pause_result.get("failed"):
            warnings.append("%s were not paused: %s" % (self.jobs, self.pause_result["msg"]))
        warnings += self._guard.problems
        return {**done, **{self._prefix + name: part for name, part in parts.items()}, "warnings": warnings}

    def _manage(
        self,
        client: api.Immich,
        state: str,
        resume: ResumeOptions = _TOGETHER,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Result:
        lease = self._options.lease
        options = JobsOptions(
            queues=self._options.queues,
            state=state,
            lease=None if state == HEALED else lease,
            ledger=lease.ledger,
            resume=resume,
            known=self._held,
            queues_option=self._prefix + "pause_queues",
            released=self._report_released,
        )
        return manage(client, options, self._check_mode, meanwhile)


def _release(pause: Pausing, carry_out: CarryOut, step: Callable[[], None]) -> None:
    try:
        carry_out(step, _RELEASE_WITHIN)
    except errors.ImmichError as exc:
        pause.note_failure(exc)


def _heal(pause: Pausing, carry_out: CarryOut, client: api.Immich) -> Optional[errors.ImmichError]:
    """What went wrong."""
    try:
        carry_out(partial(pause.heal, client), _RELEASE_WITHIN)
    except errors.ImmichError as exc:
        return exc
    return None


def _release_at_once(pause: Pausing, client: api.Immich, carry_out: CarryOut, *, heal: bool) -> None:
    """After a failure: the server may be the cause, or this process is to end soon."""
    with closing(client.without_retries()) as without_retries:
        _release(pause, carry_out, partial(pause.release, without_retries, _TOGETHER, lambda: None))
        if heal:
            _heal(pause, carry_out, without_retries)


def _first_cause(exc: errors.ImmichError) -> errors.ImmichError:
    """Of a failure of several queues, that of the first."""
    cause = errors.cause_of(exc)
    return cause.cause if isinstance(cause, control.QueuesFailed) else cause


def _failure_result(exc: errors.ImmichError) -> Result:
    return {**exc.result, "msg": exc.msg, "failure": exc.failure()}
