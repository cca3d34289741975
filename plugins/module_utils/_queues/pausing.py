# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pause around other work: taken when the work begins in earnest, let go of at its end. Private to the collection."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing, suppress
from typing import Any, Callable, Dict, Mapping, Optional, Sequence

from .._client.api import Immich
from .._client.errors import ImmichError, LocalFailure, Timeout
from . import jobs, waiting, with_lease
from .guard.announcement import LEFT, RELEASED, UNUSED, Announcement
from .leases.renewer import Renewer
from .resume_order import TOGETHER

Result = Dict[str, Any]

# What else immich_jobs can be asked for, and is not here.
_NOT_ASKED_FOR: Mapping[str, Any] = {
    "command": None,
    "manual_job": None,
    "resume_order": TOGETHER,
    "wait": False,
}
_INTERVAL = 1.0  # seconds between two looks at jobs that still run
_HANGS = 30.0  # seconds that pausing may go on after the work has ended


class StillPaused(ImmichError):
    """The work went well, but queues could not be resumed. `details` is `{still_paused}`, a list of their names."""

    def __init__(self, cause: ImmichError, names: Sequence[str]) -> None:
        super().__init__(
            "The background jobs could not be resumed. %s Once the lease has run out, the guard or the next run resumes them." % cause.msg,
            status=cause.status,
            method=cause.method,
            path=cause.path,
            correlation_id=cause.correlation_id,
            details={"still_paused": list(names)},
        )
        self.kind = cause.kind


def pausing(client: Immich, params: Mapping[str, Any], check_mode: bool, work: Callable[[Pausing], Result]) -> Result:
    """Does `work` with a pause around it, and returns what it returns together with what became of the pause.

    The `params` are `pause_queues`, `pause_wait`, `pause_required`, `lease`, `lease_ttl`, `ledger`, `ledger_dir` and `_role_resumes`, as
    documented in immich_upload. `client` must have a key that may pause. Raises what `work` raises, or `StillPaused`.
    """
    pause = Pausing(client, params, check_mode)
    with ExitStack() as stack:
        if not check_mode:
            stack.enter_context(Announcement(params["ledger_dir"], client.connection.root, params["lease"]).made(pause.outcome))
        try:
            pause.prepare()
            result = work(pause)
        except BaseException as exc:
            with closing(client.impatient()) as impatient:  # perhaps it is the server, or somebody waits for this to end
                pause.let_go(impatient)
                if isinstance(exc, ImmichError):
                    if exc.result:  # it had begun: some files may have failed
                        with suppress(ImmichError):
                            pause.heal(impatient)
                    exc.result = pause.completed(exc.result)
            raise
        pause.let_go(client)
        try:
            pause.heal(client)
        except ImmichError as exc:
            exc.result = pause.completed(result)
            raise
    result = pause.completed(result)
    if pause.failure is not None and not params["_role_resumes"]:
        error = StillPaused(pause.failure, (pause.pause or {}).get("paused", ()))
        error.result = result
        raise error
    return result


class Pausing:
    """The pause itself: `pause` and `resume` are what immich_jobs would return, `failure` is what went wrong at the end."""

    def __init__(self, client: Immich, params: Mapping[str, Any], check_mode: bool) -> None:
        self._client = client
        self._params = params
        self._check_mode = check_mode
        self._began = self._refused = self._over = False
        self._at_it = threading.Lock()  # a run that stops does not wait for the thread that pauses
        self._renewer: Optional[Renewer] = None
        self.pause: Optional[Result] = None
        self.resume: Optional[Result] = None
        self.failure: Optional[ImmichError] = None

    def prepare(self) -> None:
        """Raises what is wrong with the options, and `PermissionDenied` where the key may not pause and must."""
        with_lease.check({**self._params, "state": "paused"})
        if self._params["pause_required"]:
            try:
                self._client.require(jobs.scopes_to_pause(self._client))
            except ImmichError as exc:
                self.pause = {**_failed(exc), "failed": True}
                raise

    def begin(self, go_on: Callable[[], None]) -> None:
        """Pauses, and waits for jobs that still run. `go_on` may raise to end the wait. In check mode only predicts.

        Raises an `ImmichError` when there can be no pause; a key that may not pause is none, unless it is required.
        """
        with self._at_it:
            go_on()
            if self._over:
                raise LocalFailure("The work has ended.")
            self._began = True
            if not self._pause() or self._check_mode:
                return
        self._wait(self.pause or {}, go_on)

    def _pause(self) -> bool:
        """Whether there is a pause now."""
        params = self._params
        try:
            self.pause = self._jobs(self._client, "paused")
        except ImmichError as exc:
            self.pause, denied = _failed(exc), exc.kind == "permission"
            self._refused = denied and "lease" not in exc.result
            if denied and not params["pause_required"]:
                return False
            self.pause["failed"] = True
            exc.msg = "The background jobs could not be paused, so nothing new was uploaded. %s" % exc.msg
            raise
        if not self._check_mode:
            self._renewer = Renewer(self._client, params["lease"], params["lease_ttl"], params["ledger"], params["ledger_dir"])
            self._renewer.start()
        return True

    def beat(self) -> None:
        """Says that work goes on: without it the lease runs out."""
        if self._renewer is not None:
            self._renewer.beat()

    def let_go(self, client: Immich) -> None:
        """Ends the pause, if it has begun. Never raises an `ImmichError`: see `failure`."""
        self._over = True
        if not self._at_it.acquire(timeout=_HANGS):  # whoever lets go later finds all that it paused
            self.failure = Timeout("The server does not answer, and queues were still being paused.")
            self.resume = {**_failed(self.failure), "failed": True}
            return
        self._at_it.release()
        if self._renewer is not None:
            self._renewer.close()
        if not self._began or self._refused or self._check_mode:
            return
        try:
            self.resume = self._jobs(client, "running")
        except ImmichError as exc:
            self.resume, self.failure = {**_failed(exc), "failed": True}, exc

    def outcome(self) -> str:
        """What has become of the lease, for a guard: one of `announcement.GONE`."""
        if not self._began or self._refused:
            return UNUSED
        return RELEASED if self.resume is not None and self.failure is None else LEFT

    def heal(self, client: Immich) -> None:
        """Resumes what earlier runs left behind, where nothing had to be paused (or else it was healed then)."""
        if self._began:
            return
        try:
            self.pause = self._jobs(client, None)
        except ImmichError as exc:
            self.pause = _failed(exc)
            if exc.kind != "permission":
                raise

    def completed(self, result: Result) -> Result:
        """A result of the work with `pause`, `resume` and `lease` (what is still held, or null)."""
        done = {**result, "pause": None, "resume": None, "lease": None}
        warnings = list(result.get("warnings", []))
        for name, part in (("pause", self.pause), ("resume", self.resume)):
            if part is not None:
                done[name] = {key: value for key, value in part.items() if key not in ("diff", "warnings")}
                done["changed"] = bool(done.get("changed") or part.get("changed"))
                warnings += [warning for warning in part.get("warnings", []) if warning not in warnings]
        if self.failure is not None:
            done["lease"] = (self.pause or {}).get("lease") or {"holder": self._params["lease"]}
        if self._renewer is not None and self._renewer.problem:
            warnings.append(self._renewer.problem)
        done["warnings"] = warnings
        return done

    def _jobs(self, client: Immich, state: Optional[str]) -> Result:
        params = self._params
        asked = {name: params[name] for name in ("lease_ttl", "ledger", "ledger_dir")}
        lease = params["lease"] if state else None
        return jobs.manage(
            client, {**_NOT_ASKED_FOR, **asked, "queues": params["pause_queues"], "state": state, "lease": lease}, self._check_mode
        )

    def _wait(self, pause: Result, go_on: Callable[[], None]) -> None:
        def meanwhile() -> None:
            go_on()
            self.beat()

        if self._params["pause_wait"] > 0:
            names = [queue["name"] for queue in pause["queues"]]
            _queues, pause["still_active"] = waiting.until_idle(self._client, names, self._params["pause_wait"], _INTERVAL, meanwhile)


def _failed(exc: ImmichError) -> Result:
    return {**exc.result, "msg": exc.msg, "failure": exc.failure()}
