# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands on queues: start, empty, clear. Private to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, List, NamedTuple, Sequence

from ..._client import api, errors, values


class _Command(NamedTuple):
    api: str
    force: bool
    done: str
    needed: Callable[[values.Queue], bool]


# `force` is always sent: without it, faceDetection refreshes everything; true deletes machine-learned faces first.
_COMMANDS: Dict[str, _Command] = {
    "start_missing": _Command("start", False, "started", lambda queue: not queue.active),
    "start_all": _Command("start", True, "started", lambda queue: True),
    "empty": _Command("empty", False, "emptied", lambda queue: queue.waiting > 0),
    "clear_failed": _Command("clear-failed", False, "cleared", lambda queue: queue.failed > 0),
}
COMMANDS = tuple(_COMMANDS)


@dataclass
class Done:
    """What a command did: the queues it `changed`, and those where there was nothing to do."""

    changed: List[str] = field(default_factory=list)
    unneeded: List[str] = field(default_factory=list)
    failed: Dict[str, errors.ImmichError] = field(default_factory=dict)


def words(command: str) -> str:
    """The participle of a command, for messages."""
    return _COMMANDS[command].done


def carry_out(client: api.Immich, command: str, queues: Sequence[values.Queue], names: Sequence[str], check_mode: bool) -> Done:
    """Gives the command to each queue that needs it. `queues` is the state before.

    `start_missing` on a queue with an active job is not needed: Immich refuses it, `start_all` too, but there the refusal
    is a failure, because the jobs that run need not be those for all assets.
    """
    done, spec = Done(), _COMMANDS[command]
    by_name = {queue.name: queue for queue in queues}
    for name in names:
        if command == "start_all" and by_name[name].active:
            done.failed[name] = errors.InvalidRequest("it is already active, so Immich would refuse. Start it again when it has finished.")
        elif not spec.needed(by_name[name]):
            done.unneeded.append(name)
        elif check_mode:
            done.changed.append(name)
        else:
            try:
                client.queues.command(name, spec.api, force=spec.force)
                done.changed.append(name)
            except errors.InvalidRequest as exc:
                if command == "start_missing" and "already running" in exc.msg:
                    done.unneeded.append(name)
                else:
                    done.failed[name] = exc
            except errors.ImmichError as exc:
                done.failed[name] = exc
                if exc.fatal:
                    break
    return done
