# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a run of the role `immich_maintenance` went, for a person and for a machine."""

from __future__ import annotations

from typing import Any, Mapping

from ._wording import numbers
from ._wording.queues import held_by_others, join_names, stays_paused, still_paused

Result = Mapping[str, Any]

_LOST = (
    "The pause ended before the tasks did: its lease had expired, or was gone from the ledger, so background jobs may have run meanwhile. "
    "What the tasks copied may not fit together. Run them again, with an immich_maintenance_lease_ttl that is longer than they take if the "
    "lease was not renewed."
)


def result(
    pause: Result, resume: Result, finished: bool, seconds: float, backup: Result, before: Result, after: Result, check_mode: bool
) -> dict[str, Any]:
    """What `immich_maintenance_result` is, from the registered results of the tasks; one that did not run is empty or was skipped."""
    pause, resume, backup, before, after = (_ran(task) for task in (pause, resume, backup, before, after))
    was_held = None if check_mode or "lease_was_held" not in resume else bool(resume["lease_was_held"])
    failed = bool(resume.get("failed") or resume.get("unreachable"))
    outcome = {
        "ok": finished and was_held is not False and not failed,
        "finished": finished,
        "pause_held": was_held,
        "paused": list(pause.get("paused") or []),
        "paused_seconds": round(seconds, 1) if pause.get("lease") and not check_mode else 0,
        "still_active": list(pause.get("still_active") or []),
        "left_paused": list(resume.get("left_paused") or pause.get("left_paused") or []),
        "held_by_others": dict(resume.get("held_by_others") or {}),
        "still_paused": bool(failed and pause.get("lease")),
        "backup": backup.get("backup"),
        "version_before": before.get("version"),
        "version_after": after.get("version"),
    }
    sentences = [*_sentences(outcome, backup, check_mode), *_queues(outcome, pause, resume, check_mode)]
    return {**outcome, "msg": " ".join(sentences), "sentences": sentences}


def _ran(task: Result) -> Result:
    return {} if not task or task.get("skipped") else task


def _sentences(result: Mapping[str, Any], backup: Result, check_mode: bool) -> list[str]:
    sentences = [] if result["finished"] else ["The maintenance did not finish."]
    if result["pause_held"] is False:
        sentences.append(_LOST)
    if result["backup"]:
        sentences.append(f"The database was backed up to {result['backup']}.")
    elif backup and check_mode:
        sentences.append("The database would be backed up.")
    elif backup and not backup.get("failed"):
        sentences.append("Immich was asked to back up its database. Only its log says whether it did.")
    if result["version_before"] and result["version_after"]:
        same = result["version_before"] == result["version_after"]
        sentences.append(
            f"Immich is {'still' if same else 'now'} {result['version_after']}{'' if same else ', was ' + result['version_before']}."
        )
    if result["still_active"]:
        sentences.append(f"The pause began while jobs of {join_names(result['still_active'])} still ran.")
    return sentences


def _queues(result: Mapping[str, Any], pause: Result, resume: Result, check_mode: bool) -> list[str]:
    if not pause.get("lease"):
        return []
    if result["still_paused"]:
        return still_paused(pause, resume)
    clauses = [
        "Background jobs would be paused" if check_mode else f"Background jobs were paused for {numbers.duration(result['paused_seconds'])}"
    ]
    # What a run that was killed had paused is not paused anew, but resumed all the same.
    if not check_mode and (set(result["paused"]) | set(resume.get("resumed") or [])) - set(result["held_by_others"]):
        clauses = [clauses[0] + " and run again"]
    clauses += ([] if check_mode else held_by_others(result["held_by_others"])) + stays_paused(result["left_paused"], "not ours")
    return ["; ".join(clauses) + "."]
