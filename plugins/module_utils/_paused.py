# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Work during which a module pauses background jobs or renews a lease: its options, and running it. Private to the collection."""

from __future__ import annotations

import datetime
import platform
from contextlib import closing
from typing import Any, Callable, Mapping, Optional

from ansible.module_utils.common.text.formatters import human_to_bytes

from . import _module
from ._client.api import Immich
from ._client.errors import InvalidRequest
from ._queues.guard.guard import Guard, start_guard
from ._queues.options import RESUME_ORDERS, TOGETHER, LeaseOptions, PauseOptions, ResumeOptions, lease_options
from ._queues.pause.pausing import pausing
from ._queues.pause.renewer import renewing
from ._upload.flow.stop import Stop

Heartbeat = Callable[[], None]
BeforeSending = Callable[[Callable[[], None]], None]
Work = Callable[[Stop, Heartbeat, BeforeSending], _module.Result]

# Documented in the doc fragments selfhosted.immich.pause and selfhosted.immich.ledger.
PAUSE = _module.LEDGER + _module.Spec(
    {
        "pause_queues": {"type": "list", "elements": "str", "default": []},
        "pause_wait": {"type": "float", "default": 60.0},
        "pause_required": {"type": "bool", "default": False},
        "resume_order": {"type": "str", "choices": list(RESUME_ORDERS), "default": TOGETHER},
        "resume_step_timeout": {"type": "float", "default": 600.0},
        "lease": {"type": "str"},
        "lease_ttl": {"type": "float", "default": 900.0},
        "admin_api_key": {"type": "str", "no_log": True, "fallback": (_module.nonempty_env_fallback, ["IMMICH_ADMIN_API_KEY"])},
        "admin_api_key_file": {"type": "path", "no_log": False},
    }
)


def run_paused(client: Immich, params: Mapping[str, Any], check_mode: bool, what: str, work: Work) -> _module.Result:
    """Does `work` as the options of `PAUSE` say, and returns its result with that of the pause. `what` names it in the lease: `upload`."""
    lease = _lease(params, what)
    admin = client.with_key(params["admin_api_key"]) if params["admin_api_key"] else client
    with closing(admin):
        if lease is not None and params["pause_queues"]:
            pause = PauseOptions(
                queues=params["pause_queues"],
                lease=lease,
                wait=params["pause_wait"],
                required=params["pause_required"],
                resume=ResumeOptions(params["resume_order"], params["resume_step_timeout"]),
            )
            guard = Guard(None) if check_mode else start_guard(admin.connection, lease)
            with Stop() as stop:
                return pausing(admin, pause, check_mode, guard, lambda pause: work(stop, pause.beat, pause.begin), stop.wait_for)
        with Stop() as stop:
            if lease is not None and not check_mode:
                return renewing(admin, lease, lambda beat: work(stop, beat, _nothing))
            return work(stop, _nothing, _nothing)


def bandwidth(value: Optional[str]) -> Optional[float]:
    """The option `bandwidth_limit` in bytes a second."""
    if value is None:
        return None
    try:
        return float(human_to_bytes(value))
    except ValueError as exc:
        raise InvalidRequest(
            "bandwidth_limit must be a number of bytes per second, such as 5000000 or 5M (5 MiB), not '%s'." % value
        ) from exc


def _lease(params: Mapping[str, Any], what: str) -> Optional[LeaseOptions]:
    """The lease that the options name. For the module's own pause the default is a unique name."""
    if params["lease"] is None and params["pause_queues"]:
        now = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
        return lease_options(params, "%s, %s of %s" % (platform.node() or "a host", what, now))
    return None if params["lease"] is None else lease_options(params, params["lease"])


def _nothing(*_: object) -> None:
    """For callers that need no callback."""
