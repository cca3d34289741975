# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queues and leases in the text format of Prometheus."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Iterator, Mapping, Sequence

_SINCE = "immich_queue_paused_since_timestamp_seconds"
_BEFORE = re.compile(r"^%s\{queue=\"([A-Za-z0-9_-]+)\"\} ([0-9]{1,12})$" % _SINCE, re.MULTILINE | re.ASCII)
_STATES = ("active", "waiting", "delayed", "failed")

Sample = tuple[Mapping[str, Any], float]


def metrics(jobs: Mapping[str, Any], previous: str, now: float) -> str:
    """The metrics of a result of immich_jobs_info, or that Immich could not be asked when it has no queues.

    `previous` is what this returned the last time: since when queues are paused is known from there alone. `now` is in seconds since
    the epoch.
    """
    queues = jobs.get("queues")
    found = [_metric("immich_up", "Whether Immich could be asked for its queues.", [({}, queues is not None)])]
    if queues is not None:
        leases = jobs.get("leases") or []
        found += [
            _metric(name, text, samples)
            for name, text, samples in (
                ("immich_queue_paused", "Whether the queue is paused.", [({"queue": one["name"]}, one["paused"]) for one in queues]),
                ("immich_queue_leases", "How many leases hold the queue.", _holders(queues, leases)),
                (_SINCE, "When the queue was first seen paused.", _since(queues, previous, now)),
                (
                    "immich_queue_jobs",
                    "How many jobs the queue has.",
                    [({"queue": one["name"], "state": state}, one[state]) for one in queues for state in _STATES],
                ),
                (
                    "immich_lease_expires_timestamp_seconds",
                    "When the lease expires unless it is renewed.",
                    [({"lease": one["holder"], "ledger": one["ledger"]}, _seconds(one["expires_at"])) for one in leases],
                ),
            )
        ]
    return "".join(found)


def _holders(queues: Sequence[Mapping[str, Any]], leases: Sequence[Mapping[str, Any]]) -> Iterator[Sample]:
    holders: dict[str, set[str]] = {one["name"]: set() for one in queues}
    for lease in leases:
        for name in () if lease["expired"] or lease["ending"] else lease["queues"]:
            holders.setdefault(name, set()).add(lease["holder"])
    return (({"queue": one["name"]}, len(holders[one["name"]])) for one in queues)


def _since(queues: Sequence[Mapping[str, Any]], previous: str, now: float) -> Iterator[Sample]:
    before = {name: float(seconds) for name, seconds in _BEFORE.findall(previous)}
    return (({"queue": one["name"]}, min(before.get(one["name"], now), now)) for one in queues if one["paused"])


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def _metric(name: str, text: str, samples: Any) -> str:
    found: dict[str, int] = {}
    for labels, value in samples:  # Prometheus refuses a file that has a metric twice, and a lease may have two records for a moment
        key = name + _labels(labels)
        found[key] = max(int(value), found.get(key, 0))
    return "".join([f"# HELP {name} {text}\n# TYPE {name} gauge\n", *(f"{key} {value}\n" for key, value in found.items())])


def _labels(labels: Mapping[str, Any]) -> str:
    pairs = (f'{name}="{_escaped(str(value))}"' for name, value in labels.items())
    return "{%s}" % ",".join(pairs) if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
