# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the role immich_maintenance and of the playbook metrics."""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from ansible_collections.photoyard.immich.plugins.filter._maintenance_result import maintenance_result
from ansible_collections.photoyard.immich.plugins.filter._prometheus import prometheus

PAUSE = {"lease": {"holder": "nas"}, "paused": ["ocr", "library"], "left_paused": ["smartSearch"]}
RESUME = {"lease_was_held": True, "resumed": ["ocr", "library"], "left_paused": ["smartSearch"], "held_by_others": {}}


@pytest.mark.parametrize(
    ("given", "ok", "said"),
    [
        (
            {"resume": RESUME},
            True,
            snapshot("Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."),
        ),
        (
            {"resume": RESUME | {"held_by_others": {"ocr": ["upload"], "library": ["upload"]}, "left_paused": []}},
            True,
            snapshot(
                "Background jobs were paused for 3 min 12 s; ocr and library stay paused (held by upload); smartSearch stays paused (not ours)."
            ),
        ),
        (
            {"resume": RESUME, "finished": False},
            False,
            snapshot(
                "The maintenance did not finish. Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."
            ),
        ),
        (
            {"resume": RESUME | {"lease_was_held": False}},
            False,
            snapshot(
                "The pause ended before the tasks did: its lease had expired, or was gone from the ledger, so background jobs may have run meanwhile. What the tasks copied may not fit together. Run them again, with an immich_maintenance_lease_ttl that is longer than they take if the lease was not renewed. Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."
            ),
        ),
        (
            {"resume": {"failed": True, "queues": [{"name": "ocr", "paused": True}, {"name": "library", "paused": False}]}},
            False,
            snapshot("ocr is still paused. You can resume it in Immich's administration, under Job Queues."),
        ),
        (
            {"resume": RESUME, "before": {"version": "3.0.0"}, "after": {"version": "3.1.0"}},
            True,
            snapshot(
                "Immich is now 3.1.0, was 3.0.0. Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."
            ),
        ),
        (
            {"resume": RESUME, "backup": {"skipped": True, "backup": "a"}},
            True,
            snapshot("Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."),
        ),
        (
            {"resume": RESUME, "backup": {"backup": None}},
            True,
            snapshot(
                "Immich was asked to back up its database. Only its log says whether it did. Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."
            ),
        ),
        (
            {"resume": RESUME, "backup": {"backup": "immich-db-backup-20260131T020000.sql.gz"}},
            True,
            snapshot(
                "The database was backed up to immich-db-backup-20260131T020000.sql.gz. Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."
            ),
        ),
        (
            {"backup": {"backup": None, "changed": True}, "check_mode": True},
            True,
            snapshot("The database would be backed up. Background jobs would be paused; smartSearch stays paused (not ours)."),
        ),
        (
            {"resume": RESUME | {"lease_was_held": False}, "check_mode": True},
            True,
            snapshot("Background jobs would be paused; smartSearch stays paused (not ours)."),
        ),
    ],
)
def test_maintenance_result_of_finished_and_failed_runs(given: dict[str, Any], ok: bool, said: str) -> None:
    result = maintenance_result(PAUSE, seconds=192, **given)
    assert result["ok"] == ok
    assert result["msg"] == said


def test_maintenance_result_counts_queues_of_killed_run() -> None:
    result = maintenance_result({**PAUSE, "paused": [], "left_paused": []}, seconds=192, resume={**RESUME, "left_paused": []})
    assert result["msg"] == snapshot("Background jobs were paused for 3 min 12 s and run again.")


def test_maintenance_result_without_pause_omits_queues() -> None:
    result = maintenance_result({"failed": True}, finished=False, seconds=3)
    assert (result["msg"], result["paused_seconds"], result["still_paused"]) == snapshot(("The maintenance did not finish.", 0, False))


def test_maintenance_result_names_queues_still_active() -> None:
    result = maintenance_result({**PAUSE, "still_active": ["ocr"]}, seconds=192, resume=RESUME)
    assert result["msg"] == snapshot(
        "The pause began while jobs of ocr still ran. Background jobs were paused for 3 min 12 s and run again; smartSearch stays paused (not ours)."
    )


def test_each_metric_series_occurs_once() -> None:
    queue = {"name": "ocr", "paused": True, "active": 1, "waiting": 2, "delayed": 0, "failed": 0}
    lease = {"holder": 'a "b"\\\n', "queues": ["ocr", "gone"], "expired": False, "ending": False, "ledger": "file"}
    leases = [lease | {"expires_at": "2026-01-31T02:30:00Z"}, lease | {"expires_at": "2026-01-31T02:40:00Z"}]
    leases.append(lease | {"holder": "old", "expired": True, "expires_at": "2026-01-31T02:00:00Z"})
    text = prometheus({"queues": [queue], "leases": leases}, previous='immich_queue_paused_since_timestamp_seconds{queue="ocr"} 1000\n')
    series = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(series) == len(set(series))
    assert 'immich_queue_leases{queue="ocr"} 1\n' in text
    assert 'immich_queue_paused_since_timestamp_seconds{queue="ocr"} 1000\n' in text
    assert 'immich_lease_expires_timestamp_seconds{lease="a \\"b\\"\\\\\\n",ledger="file"} 1769827200\n' in text


@pytest.mark.parametrize("previous", ["", "\0", 'immich_queue_paused_since_timestamp_seconds{queue="ocr"} 9' * 3, "9" * 100_000])
def test_a_pause_never_begins_in_the_future(previous: str) -> None:
    queue = {"name": "ocr", "paused": True, "active": 0, "waiting": 0, "delayed": 0, "failed": 0}
    text = prometheus({"queues": [queue]}, previous=previous)
    assert "immich_queue_paused_since_timestamp_seconds" in text
    assert prometheus({"failed": True, "msg": "no"}, previous=text).splitlines()[-1] == "immich_up 0"


def test_metrics_keep_pause_time_of_unknown_queue() -> None:
    """Immich's names are letters today; the client takes what could be one."""
    queue = {"name": "face-2_x", "paused": True, "active": 0, "waiting": 0, "delayed": 0, "failed": 0}
    line = 'immich_queue_paused_since_timestamp_seconds{queue="face-2_x"} 1000\n'
    assert line in prometheus({"queues": [queue]}, previous=line)
