# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Immich has not done while the machine-learning host was away: it is started in steps, one a run.

A job that fails because the host is away is not tried again, and leaves no trace in Immich's API (observed on 1.135 to 3.1). So the policy
has to know by itself that the host was away, and how far it has got since. Its leases say so, which outlive the process, the playbook and
the host: the one while the host does not answer, and then one for each step, which is released only once the step is done. A run that dies
in between is followed by one that takes the step again, which does no harm: Immich then finds less that is missing.

Both steps hold back the search for duplicates, which needs the results of smartSearch, and which Immich does not start after a smartSearch
that was started for missing assets.
"""

from __future__ import annotations

from typing import Any, List, Mapping, NamedTuple, Sequence

from .conditions import ASKING, FOLLOWING, Plan

STEPS = ("start missing", "start duplicates")
"""The names of the leases of the two steps: to start `ASKING`, and to start `FOLLOWING`."""

_HELD_BACK = "duplicateDetection"


class MissingResults(NamedTuple):
    """What is known when a run decides which step is due. `leases` and `queues` are as immich_jobs_info returns them.

    A lease that has run out, and that nobody has ended, counts as well: so it is found after the host has been off. `lease_ttl` is in
    seconds.
    """

    url: str
    away: bool
    leases: Sequence[Mapping[str, Any]]
    queues: Sequence[Mapping[str, Any]]
    lease_ttl: int

    def decide(self, chosen: Plan, unreachable: str, first: str, second: str) -> None:
        """Adds the step that is due to `chosen`. The names are those of the policy's lease while the host is away, and of the two steps.

        While the host is away, nothing is: the pause begins all over again, and a lease of a step is left to run out.
        """
        leases = {str(lease["holder"]) for lease in self.leases if not lease["ending"]}
        if self.away:
            return
        if unreachable in leases:
            self._hold(chosen, first, self._unfinished(ASKING))
        elif first in leases:
            unfinished = self._unfinished(ASKING)
            self._hold(chosen, first, unfinished)
            if not unfinished:
                self._hold(chosen, second, self._running(ASKING))
                self._start(chosen, ASKING, first)
        elif second in leases:
            unfinished = self._unfinished((*ASKING, *FOLLOWING))
            self._hold(chosen, second, unfinished)
            if not unfinished:
                self._start(chosen, FOLLOWING, second)

    def _hold(self, chosen: Plan, lease: str, waits_for: Sequence[str]) -> None:
        """Takes or renews the lease of a step, also in the run that releases it: should that run fail, the step is still known."""
        have = "has" if len(waits_for) == 1 else "have"
        reason = "until %s %s nothing left to do" % (", ".join(waits_for), have) if waits_for else "until what is missing is started"
        chosen["pause"].append({"lease": lease, "queues": [_HELD_BACK], "lease_ttl": self.lease_ttl, "reason": reason})

    def _start(self, chosen: Plan, queues: Sequence[str], lease: str) -> None:
        started = self._running(queues)
        if started:
            chosen["start"].append({"lease": lease, "queues": started, "reason": "%s answers again" % self.url})
        chosen["release"].append({"lease": lease, "reason": "what is missing was started"})

    def _unfinished(self, names: Sequence[str]) -> List[str]:
        """Those of the queues that have something left to do, or that a lease keeps paused.

        Of the one that is held back, only the jobs that still run count: Immich refuses to start a queue that is active.
        """
        by_name = {str(queue["name"]): queue for queue in self.queues}
        return [name for name in self._running(names) if _is_unfinished(by_name[name])]

    def _running(self, names: Sequence[str]) -> List[str]:
        """Those of the queues that run, or will run once leases end. One that was paused by hand is neither started nor waited for."""
        of_leases = {str(name) for lease in self.leases for name in lease["queues"]}
        there = {str(queue["name"]) for queue in self.queues if not queue["paused"] or queue["name"] in of_leases}
        return [name for name in names if name in there]


def _is_unfinished(queue: Mapping[str, Any]) -> bool:
    if queue["name"] == _HELD_BACK:
        return bool(queue["active"])
    return bool(queue["paused"] or queue["active"] or queue["waiting"] or queue["delayed"])
