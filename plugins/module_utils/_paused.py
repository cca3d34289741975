# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work during which a module pauses background jobs or renews a lease: its options, and running it."""

from __future__ import annotations

import platform
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any, Callable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from . import _module, _options
from ._client import api
from ._queues import processes
from ._queues.guard.guard import Guard, start_guard, start_joining_guard
from ._queues.leases import ledger
from ._queues.leases.lease_name import OF_SOURCE, new_lease_name
from ._queues.options import LeaseOptions, PauseOptions
from ._queues.pausing import Pausing, begin_pauses, run_with_pause
from ._queues.renewer import Ended, end_of, renew_during
from ._run.cancellation import Signals

Heartbeat = Callable[[], None]
BeforeSending = Callable[[Callable[[], None]], None]
Work = Callable[[Signals, Heartbeat, BeforeSending], _module.Result]

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


class _Planned(NamedTuple):
    """A pause that is to be around the work. `admin` has a key that may pause."""

    admin: api.Immich
    options: PauseOptions
    guard: Guard


def run_paused(
    client: api.Immich, params: Mapping[str, Any], check_mode: bool, what: str, work: Work, source: Optional[api.Immich] = None
) -> _module.Result:
    """Does `work` as the options of `PAUSE` say, and returns its result with that of the pause. Messages and the lease call it `what`.

    With a `source`, the server that it comes from, also as those of `SOURCE_PAUSE` say. If both are one server, there is one pause.
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
        planned: List[_Planned] = []

        def plan(on: api.Immich, names: Sequence[str], under: LeaseOptions, *, of_source: bool) -> None:
            guard = Guard(None) if check_mode else start_guard(on.connection, under)
            under = replace(under, owners=processes.owners_here(guard.pids))
            planned.append(_Planned(on, replace(options, queues=names, lease=under, of_source=of_source), guard))

        if queues:
            plan(admin, queues, lease, of_source=False)
        if source is not None and sources_queues:
            connection = replace(source.connection, key=params["source_admin_api_key"] or source.connection.key)
            sources_admin = stack.enter_context(closing(api.Immich(connection, read_only=check_mode)))
            name = name[: ledger.LONGEST_NAME - len(OF_SOURCE)] + OF_SOURCE
            plan(sources_admin, sources_queues, replace(lease, name=name), of_source=True)
        if params["lease"] and not queues and not check_mode:
            return _run_joined(admin, lease, what, lambda signals, beat: _run(planned, check_mode, signals, work, beat)).unwrap()
        with Signals(what) as signals:
            return _run(planned, check_mode, signals, work, _nothing).unwrap()


def _run_joined(client: api.Immich, lease: LeaseOptions, what: str, work: Callable[[Signals, Heartbeat], Ended]) -> Ended:
    """Does the work under a lease that another task took, and keeps it alive meanwhile.

    That task's play ends it, unless this process dies or is stopped, and the play may have ended with it: then a guard does.
    """
    guard = start_joining_guard(client.connection, lease)
    has_ended = False
    try:
        with Signals(what) as signals:
            ended = renew_during(client, replace(lease, owners=processes.owners_here(guard.pids)), lambda beat: work(signals, beat))
            has_ended = ended.failure is None or signals.requested() is None
        return ended
    finally:
        (guard.leave if has_ended else guard.release)()


def _run(planned: Sequence[_Planned], check_mode: bool, signals: Signals, work: Work, beat: Heartbeat) -> Ended:
    """Does the work with the pauses around it, one around the other: however one ends, so do the others."""

    def run(rest: Sequence[_Planned], around: Tuple[Pausing, ...]) -> Ended:
        def beat_all() -> None:
            beat()
            for one in around:
                one.beat()

        if not rest:
            return end_of(lambda: work(signals, beat_all, lambda check_cancelled: begin_pauses(around, check_cancelled)))
        admin, options, guard = rest[0]
        return run_with_pause(admin, options, check_mode, guard, lambda pause: run(rest[1:], (*around, pause)), signals.wait_for, beat_all)

    return run(planned, ())


def _nothing() -> None:
    """No-op heartbeat."""
