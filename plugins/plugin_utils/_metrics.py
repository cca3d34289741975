# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Queues, leases, files, backups and versions in the text format of Prometheus."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Iterable, Iterator, Mapping, Sequence

_SINCE = "immich_queue_paused_since_timestamp_seconds"
_BEFORE = re.compile(r"^%s\{queue=\"([A-Za-z0-9_-]+)\"\} ([0-9]{1,12})$" % _SINCE, re.MULTILINE | re.ASCII)
_STATES = ("active", "waiting", "delayed", "failed")
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})", re.ASCII)
_LONGEST_REASON = 300  # characters

Sample = tuple[Mapping[str, Any], float]
Metric = tuple[str, str, Iterable[Sample]]
Result = Mapping[str, Any]


def metrics(
    jobs: Result,
    previous: str,
    now: float,
    *,
    server: Result | None = None,
    integrity: Result | None = None,
    backups: Result | None = None,
) -> str:
    """The metrics of a result of immich_jobs_info, or that Immich could not be asked when it has no queues.

    `previous` is what this returned the last time: since when queues are paused is known from there alone. `now` is in seconds since
    the epoch. The results of immich_info, immich_integrity_info and immich_backup_info add theirs; of one that failed, a comment says why.
    """
    queues = jobs.get("queues")
    text = _metric("immich_up", "Whether Immich could be asked for its queues.", [({}, queues is not None)])
    groups = [] if queues is None else [_of_queues(queues, jobs.get("leases") or [], previous, now)]
    if server is not None:
        groups.append(_of_server(server))
    if integrity is not None:
        groups.append(_of_files(integrity))
    if backups is not None:
        groups.append(_of_backups(backups))
    return text + "".join(_metric(*metric) if isinstance(metric, tuple) else metric for group in groups for metric in group)


def _of_queues(queues: Sequence[Result], leases: Sequence[Result], previous: str, now: float) -> list[Metric | str]:
    return [
        ("immich_queue_paused", "Whether the queue is paused.", [({"queue": queue["name"]}, queue["paused"]) for queue in queues]),
        ("immich_queue_leases", "How many leases hold the queue.", _holders(queues, leases)),
        (_SINCE, "When the queue was first seen paused.", _since(queues, previous, now)),
        (
            "immich_queue_jobs",
            "How many jobs the queue has.",
            [({"queue": queue["name"], "state": state}, queue[state]) for queue in queues for state in _STATES],
        ),
        (
            "immich_lease_expires_timestamp_seconds",
            "When the lease expires unless it is renewed.",
            [({"lease": lease["holder"], "ledger": lease["ledger"]}, _seconds(lease["expires_at"])) for lease in leases],
        ),
    ]


def _of_server(server: Result) -> list[Metric | str]:
    version, newest = server.get("version"), server.get("newest_version")
    if version is None:
        return [_left_out("immich_server_info", server)]
    entries: list[Metric | str] = [("immich_server_info", "The version that the server runs.", [({"version": version}, 1)])]
    if newest is None:
        why = "the key lacks the scope server.versionCheck, or the server has not looked for a newer version"
        return [*entries, _left_out("immich_server_update_available", {"msg": why})]
    return [
        *entries,
        ("immich_server_newest_info", "The newest version that the server knows of.", [({"version": newest["version"]}, 1)]),
        ("immich_server_update_available", "Whether that one is newer.", [({}, _numbers(newest["version"]) > _numbers(version))]),
    ]


def _of_files(integrity: Result) -> list[Metric | str]:
    counts = integrity.get("counts")
    if counts is None:
        return [_left_out("immich_integrity_files", integrity)]
    text = "How many files are untracked, missing or changed, as the server's last checks found."
    return [("immich_integrity_files", text, [({"kind": kind}, count) for kind, count in counts.items()])]


def _of_backups(backups: Result) -> list[Metric | str]:
    if "backups" not in backups:
        return [_left_out("immich_backup_timestamp_seconds", backups)]
    entries = _of_backup("immich_backup", "newest backup on the server", backups.get("newest"))
    if backups.get("fetched") is None:
        return [*entries, _left_out("immich_proven_backup_timestamp_seconds", {"msg": "no folder of fetched backups was named"})]
    entries += _of_backup("immich_proven_backup", "newest fetched backup that is whole", backups.get("newest_proven"))
    return entries + _of_proof((backups.get("newest_restored") or {}).get("proof"))


def _of_proof(proof: Result | None) -> list[Metric | str]:
    """What the newest proof by a restore has found. Nothing but a comment where none was made: not everybody makes them."""
    if proof is None:
        return [_left_out("immich_backup_proof_success", {"msg": "none of the fetched backups was restored to prove it"})]
    objects = [({"kind": kind}, number) for kind, number in proof["counts"].items()]
    entries: list[Metric | str] = [
        ("immich_backup_proof_success", "Whether the newest proof by a restore found all that the server had.", [({}, proof["proven"])]),
        ("immich_backup_proof_timestamp_seconds", "When that proof was made.", [({}, _seconds(proof["time"]))]),
    ]
    if proof["seconds"] is None:
        return [*entries, _left_out("immich_backup_proof_duration_seconds", {"msg": proof["error"]})]
    return [
        *entries,
        ("immich_backup_proof_duration_seconds", "How long that proof took.", [({}, proof["seconds"])]),
        ("immich_backup_proof_objects", "How many objects that proof found in the backup.", objects),
    ]


def _of_backup(name: str, what: str, backup: Result | None) -> list[Metric | str]:
    """Zeros where there is none, so that an alert on its age fires. One whose time is not known has none."""
    created, size = ("1970-01-01T00:00:00Z", 0) if backup is None else (backup["created"], backup["size"])
    if created is None:
        return [_left_out(f"{name}_timestamp_seconds", {"msg": "the server does not tell when it was made"})]
    return [
        (f"{name}_timestamp_seconds", f"When the {what} was made; 0 if there is none.", [({}, _seconds(created))]),
        (f"{name}_size_bytes", f"The size of the {what}; 0 if there is none.", [({}, size)]),
    ]


def _left_out(name: str, failed: Result) -> str:
    """A comment in place of metrics. Neither a line break nor a first word that means something gets into it."""
    reason = " ".join(str(failed.get("msg") or "it was not asked for").split())
    return f"# Without {name}: {reason[:_LONGEST_REASON]}\n"


def _numbers(version: str) -> tuple[int, ...]:
    """A version without what follows its three numbers; empty for one that has none."""
    match = _VERSION.search(version)
    return tuple(int(number) for number in match.groups()) if match else ()


def _holders(queues: Sequence[Result], leases: Sequence[Result]) -> Iterator[Sample]:
    holders: dict[str, set[str]] = {queue["name"]: set() for queue in queues}
    for lease in leases:
        for name in () if lease["expired"] or lease["ending"] else lease["queues"]:
            holders.setdefault(name, set()).add(lease["holder"])
    return (({"queue": queue["name"]}, len(holders[queue["name"]])) for queue in queues)


def _since(queues: Sequence[Result], previous: str, now: float) -> Iterator[Sample]:
    before = {name: float(seconds) for name, seconds in _BEFORE.findall(previous)}
    return (({"queue": queue["name"]}, min(before.get(queue["name"], now), now)) for queue in queues if queue["paused"])


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def _metric(name: str, text: str, samples: Iterable[Sample]) -> str:
    series: dict[str, int] = {}
    for labels, value in samples:  # Prometheus refuses a file that has a metric twice, and a lease may have two records for a moment
        key = name + _labels(labels)
        series[key] = max(int(value), series.get(key, 0))
    return "".join([f"# HELP {name} {text}\n# TYPE {name} gauge\n", *(f"{key} {value}\n" for key, value in series.items())])


def _labels(labels: Mapping[str, Any]) -> str:
    pairs = (f'{name}="{_escaped(str(value))}"' for name, value in labels.items())
    return "{%s}" % ",".join(pairs) if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
