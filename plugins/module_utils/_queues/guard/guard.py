# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watching over one lease: what the module immich_jobs_guard does. Private to the collection.

What asks the server is loaded when it is needed only (watching.py), since that takes longer than all else here: an upload of a few
seconds is over before.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, Callable, Dict, Iterator, Mapping, Optional, Tuple

from ..._client.connection import Connection
from ..._client.errors import ImmichError, InvalidRequest, LocalFailure
from ..failures import with_result
from ..leases.ledger_file import FileLedger
from ..leases.locks import Busy, locked
from ..leases.record import check_name
from ..leases.state_folder import keeps_ledger
from .announcement import GONE, NOBODY, RELEASED, UNUSED, Announcement, lock_of
from .naps import nap, stopping
from .watch import Watch

# What an upload says of its lease at its end, and the reason that this is for a guard to end.
_REASONS = {RELEASED: "released", UNUSED: "never_appeared"}


def guard(connection: Connection, params: Mapping[str, Any], check_mode: bool) -> Dict[str, Any]:
    """Watches until the lease has ended; `params` are the module's options."""
    check_name(params["lease"])
    if not params["interval"] > 0:
        raise InvalidRequest("interval must be more than 0 seconds.")
    if check_mode:
        from .watching import foresee

        foresee(connection)
        return Watch(reason="check_mode").result()
    watch, warnings = Watch(), []
    taker = Announcement(params["ledger_dir"], connection.root, params["lease"])
    try:
        with stopping() as stopped, _only_one(params["ledger_dir"], connection.root, params["lease"]):
            home = FileLedger(params["ledger_dir"], connection.root) if keeps_ledger(params["ledger"], params["ledger_dir"]) else None
            watch.reason, seen = _wait(taker, home, params, stopped)
            if not watch.reason:
                from .watching import watch_over

                warnings = watch_over(connection, params, taker, watch, stopped, seen=seen)
    except _Watched:
        watch.reason = "watched"
    except ImmichError as exc:
        raise with_result(exc, watch.result()) from None
    finally:
        if watch.reason != "watched":
            taker.forget()
    return {**watch.result(), "warnings": warnings}


def _wait(taker: Announcement, home: Optional[FileLedger], params: Mapping[str, Any], stopped: Callable[[], bool]) -> Tuple[str, bool]:
    """What can be done before the server is asked: returns a reason to end, if there is one, and whether the lease was seen.

    Waits for `interval` seconds at most, as between two looks, while an upload is at work that has announced itself, or while none has
    and the lease is not in the ledger. Where that is not a file (then there is no `home`), only the server knows.
    """
    seen = False

    def is_over(_naps: int) -> bool:
        nonlocal seen
        who = taker.look()
        if who == NOBODY:
            seen = home is not None and _holds(home, params["lease"])
        return seen or who in GONE or (who == NOBODY and home is None)

    if not is_over(0):
        nap(min(params[name] for name in ("interval", "wait_for_lease", "lifetime")), stopped, is_over)
    return _REASONS.get(taker.look(), ""), seen


def _holds(home: FileLedger, lease: str) -> bool:
    try:
        return any(record.lease == lease for record in home.records())
    except ImmichError:
        return False  # the first look meets it again, and says what is wrong


class _Watched(Exception):
    """Another guard watches over the lease."""


@contextmanager
def _only_one(directory: Optional[str], server: str, lease: str) -> Iterator[None]:
    """Raises `_Watched` while another process of this user is in here for the same lease: a schedule may start guards again and again."""
    path = lock_of("guard", directory, server, lease)
    with ExitStack() as stack:
        try:
            os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
            stack.enter_context(locked(path, 0.0))
        except Busy:
            raise _Watched from None
        except (OSError, LocalFailure):
            pass  # two guards do no harm, they only ask twice
        try:
            yield
        finally:
            with suppress(OSError):
                os.unlink(path)
