# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Background queues, through `/queues` where the server and the key allow it, else through `/jobs`."""

from __future__ import annotations

import difflib
from typing import Any, List, Mapping

from .. import checked, errors, values, versions
from ..client import Calls


class QueueCalls(Calls):
    """Calls on background queues. All need an administrator's key.

    Scopes: `queue.read` and `queue.update` where the server has `/queues` (2.4 and later), else `job.read` and `job.create`;
    `job.create` for every command and manual job.
    """

    def scope_to_read(self) -> str:
        """The scope that listing the queues needs with this server and key."""
        return self._scope("queue.read", "job.read")

    def scope_to_pause(self) -> str:
        """The scope that pausing and resuming needs with this server and key."""
        return self._scope("queue.update", "job.create")

    def all(self) -> List[values.Queue]:
        """Every queue that the server has, in the server's order."""
        if self.scope_to_read() == "queue.read":
            return self._transport.call("GET", "/queues", parse=_from_queues)
        return self._transport.call("GET", "/jobs", parse=_from_jobs)

    def set_paused(self, name: str, paused: bool) -> None:
        """Pauses or resumes one queue. Idempotent, and global: it holds for every user and across restarts.

        A job that runs goes on to its end. `PUT /queues` refuses to pause `backgroundTask`, `PUT /jobs` does not: this
        method does not either, see `names.py` for what must not be asked.
        """
        if self.scope_to_pause() == "queue.update":
            self._transport.change("PUT", "/queues/" + checked.require_queue_name(name), json={"isPaused": paused})
        else:
            self.command(name, "pause" if paused else "resume")

    def command(self, name: str, command: str, *, force: bool = False) -> None:
        """`PUT /jobs/{name}` with `start`, `pause`, `resume`, `empty` or `clear-failed`.

        `force` is always sent: without it, faceDetection refreshes everything. `start` with `force` processes all assets,
        otherwise only those that miss something; it answers 400 while the queue is active, so it is not repeated blindly.
        """
        self._transport.change(
            "PUT", "/jobs/" + checked.require_queue_name(name), json={"command": command, "force": force}, repeatable=command != "start"
        )

    def check_manual_job(self, name: str) -> None:
        """Raises `InvalidRequest` for a name that the server would refuse. A server that is newer than this collection has to tell."""
        version = self._client.version
        known = versions.manual_jobs(version)
        if known is not None and name not in known:
            nearest = difflib.get_close_matches(name.lower(), known, 1)
            raise errors.InvalidRequest(
                "Immich %s has no manual job named %s%s. Correct O(manual_job): it has %s."
                % (version, name, " (did you mean %s?)" % nearest[0] if nearest else "", ", ".join(known)),
                details={"unknown": [name], "available": list(known)},
                options=("manual_job",),
            )

    def run_manual_job(self, name: str) -> None:
        """`POST /jobs`: puts one of the manual jobs (`backup-database` and the like) into its queue."""
        self._transport.change("POST", "/jobs", json={"name": name})

    def _scope(self, new: str, old: str) -> str:
        """The `new` scope where the server has `/queues`, unless the key has none but the `old` one."""
        return new if self._client.supports(versions.QUEUES) and (self._client.has_scope(new) or not self._client.has_scope(old)) else old


def _from_queues(answer: List[Mapping[str, Any]]) -> List[values.Queue]:
    return [_queue(queue["name"], queue["isPaused"], queue["statistics"]) for queue in checked.array(answer)]


def _from_jobs(answer: Mapping[str, Any]) -> List[values.Queue]:
    return [_queue(name, queue["queueStatus"]["isPaused"], queue["jobCounts"]) for name, queue in answer.items()]


def _queue(name: Any, paused: Any, counts: Mapping[str, Any]) -> values.Queue:
    active, waiting, held, delayed, failed = (
        checked.integer(counts[state]) for state in ("active", "waiting", "paused", "delayed", "failed")
    )
    # While a queue is paused its waiting jobs are counted as `paused`, and `waiting` is 0 (observed).
    return values.Queue(checked.queue_name(name), checked.boolean(paused), active, waiting + held, delayed, failed)
