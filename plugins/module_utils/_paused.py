# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What modules put around a run: pauses of background jobs, the renewal of a lease, and the signals that stop it."""

from __future__ import annotations

import platform
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Optional

from . import _module, _options
from ._client import api, errors
from ._queues import processes
from ._queues.guard.guard import Guard, start_guard, start_joining_guard
from ._queues.leases import ledger
from ._queues.leases.lease_name import OF_SOURCE, new_lease_name
from ._queues.names import PREVIEW_CHAIN
from ._queues.options import LeaseOptions, PauseOptions
from ._queues.pausing import Pausing, begin_pauses, pause_around, resume_early
from ._queues.renewer import renew_around
from ._run.files_run import Hooks
from ._run.outcome import RunOutcome
from ._run.progress import progress_path
from ._run.report import RunLines
from ._run.run import Run

# Documented in the doc fragments photoyard.immich.pause and photoyard.immich.ledger.
PAUSE = _module.Spec(
    {
        **_options.argument_spec(PauseOptions),
        "admin_api_key": {"type": "str", "no_log": True, "fallback": (_module.nonempty_env_fallback, ["IMMICH_ADMIN_API_KEY"])},
        "admin_api_key_file": {"type": "path", "no_log": False},
    }
)

# Documented in the doc fragment photoyard.immich.pause.two_servers.
SOURCE_PAUSE = _module.Spec(
    {
        "source_pause_queues": {"type": "list", "elements": "str", "default": []},
        "source_admin_api_key": {
            "type": "str",
            "no_log": True,
            "fallback": (_module.nonempty_env_fallback, ["IMMICH_SOURCE_ADMIN_API_KEY"]),
        },
        "source_admin_api_key_file": {"type": "path", "no_log": False},
    }
)


class _PlannedPause(NamedTuple):
    """A pause that is to be around the work. `admin` has a key that may pause."""

    admin: api.Immich
    options: PauseOptions
    guard: Guard


class _Joined(NamedTuple):
    """The lease of another task under which the run works. `admin` has the best key that there is; `beat` keeps the lease alive."""

    admin: api.Immich
    lease: LeaseOptions
    beat: Callable[[], None]


class _Pauses:
    """What is paused around a run: by the run itself (`own`), and by another task (`joined`). The run's hooks are its methods."""

    def __init__(self) -> None:
        self.own: List[Pausing] = []
        self.joined: Optional[_Joined] = None

    def beat(self) -> None:
        """Says that work goes on: without it the leases run out."""
        if self.joined is not None:
            self.joined.beat()
        for pause in self.own:
            pause.beat()

    def begin(self, check_cancelled: Callable[[], None]) -> None:
        """See `begin_pauses`."""
        begin_pauses(self.own, check_cancelled)

    def resume_previews(self, check_cancelled: Callable[[], None]) -> None:
        """Resumes the queues that make previews of new files, on the server that gets these."""
        if self.joined is not None:
            with suppress(errors.PermissionDenied):  # an ordinary user's key: they are made when the play ends the lease
                resume_early(self.joined.admin, self.joined.lease, PREVIEW_CHAIN)
        for pause in self.own:
            if not pause.is_of_source:
                pause.resume_early(PREVIEW_CHAIN, check_cancelled)


@contextmanager
def paused(
    client: api.Immich, params: Mapping[str, Any], check_mode: bool, what: str, lines: RunLines, source: Optional[api.Immich] = None
) -> Iterator[Hooks]:
    """Around a run, does what the options of `PAUSE` ask for, and stops the run at a signal. Messages and the lease call the run `what`.

    The run goes by the hooks, and sets the outcome of `lines`. With a `source`, the server that it comes from, also as the options of
    `SOURCE_PAUSE` say. If both are one server, there is one pause.
    """
    name = params["lease"] or new_lease_name(platform.node(), what)
    options = _options.from_params(PauseOptions, {**params, "lease": name})
    queues, key, lease = list(options.queues), params["admin_api_key"], options.lease
    sources_queues: List[str] = []
    if source is not None:
        sources_queues = params["source_pause_queues"]
        if source.connection.root == client.connection.root:
            queues, sources_queues, key = queues + sources_queues, [], key or params["source_admin_api_key"]
    with ExitStack() as stack:
        admin = stack.enter_context(closing(client.with_key(key))) if key else client
        planned: List[_PlannedPause] = []
        if queues:
            planned.append(_plan(admin, replace(options, queues=queues), check_mode))
        if source is not None and sources_queues:
            connection = replace(source.connection, key=params["source_admin_api_key"] or source.connection.key)
            sources_admin = stack.enter_context(closing(api.Immich(connection, read_only=check_mode)))
            name = name[: ledger.LONGEST_NAME - len(OF_SOURCE)] + OF_SOURCE
            planned.append(
                _plan(sources_admin, replace(options, queues=sources_queues, lease=replace(lease, name=name), of_source=True), check_mode)
            )
        run, pauses = Run(what), _Pauses()
        if params["lease"] and not queues and not check_mode:
            pauses.joined = _Joined(admin, lease, stack.enter_context(_join(admin, lease, run, lines.outcome)))
        else:
            stack.enter_context(run)
        for on, pause_options, guard in planned:  # one around the other: however one ends, so do the others
            pause = pause_around(on, pause_options, check_mode, guard, lines.outcome, run.do, pauses.beat)
            pauses.own.append(stack.enter_context(pause))
        yield Hooks(run, lines, pauses.beat, pauses.begin, progress_path(), pauses.resume_previews)


def _plan(admin: api.Immich, options: PauseOptions, check_mode: bool) -> _PlannedPause:
    """Forks the guard of a pause, which keeps its lease alive together with this process."""
    guard = Guard(None) if check_mode else start_guard(admin.connection, options.lease)
    lease = replace(options.lease, owners=processes.owners_here(guard.pids))
    return _PlannedPause(admin, replace(options, lease=lease), guard)


@contextmanager
def _join(client: api.Immich, lease: LeaseOptions, run: Run, outcome: RunOutcome) -> Iterator[Callable[[], None]]:
    """Keeps a lease alive that another task took, as long as the run calls the given function. Enters `run`.

    That task's play ends it, unless this process dies or is stopped, and the play may have ended with it: then a guard does.
    """
    guard = start_joining_guard(client.connection, lease)
    owners = processes.owners_here(guard.pids)
    has_ended = False
    try:
        with run:
            try:
                with ExitStack() as stack:  # ansible-test 2.22 doubts that a plain `with … as beat: yield beat` is left
                    yield stack.enter_context(renew_around(client, replace(lease, owners=owners), outcome))
                has_ended = True
            except errors.ImmichError:
                has_ended = run.stop_reason() is None
                raise
    finally:
        guard.end(release=not has_ended)
    outcome.result["warnings"] = [*outcome.result.get("warnings", []), *guard.problems]
