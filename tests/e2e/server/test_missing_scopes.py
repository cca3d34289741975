# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of several steps name every scope that the key lacks in their first task, before they make or pause anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.dumps import write_dump
from support.http.wire import writes
from support.playbooks.playbook import Playbook

WAYS = {
    "backup": ("backup", False, ["backup.delete", "backup.download", "job.create", "queue.update"]),
    "backup in check mode": ("backup", True, ["backup.delete", "backup.download", "job.create", "queue.update"]),
    "upgrade": ("upgrade", False, ["backup.download", "job.create", "queue.update"]),
    "restore": ("restore", False, ["backup.upload"]),
}


@pytest.mark.parametrize("way", WAYS)
def test_missing_scopes_are_named_before_any_change(
    playbook: Playbook, emulator: Callable[..., Emulator], tmp_path: Path, way: str
) -> None:
    name, check, missing = WAYS[way]
    server = emulator(version="2.7")
    dump = write_dump(tmp_path / "immich-db-backup-20260131T020000-v2.7.5-pg17.5.sql.gz", version="2.7.5")
    key = server.make_key(user="admin", permissions=["maintenance", "queue.read", "user.read"])
    tasks = tmp_path / "tasks.yml"
    tasks.write_text(yaml.safe_dump([{"name": "Do it", "ansible.builtin.file": {"path": str(tmp_path / "done"), "state": "touch"}}]))
    variables: dict[str, Any] = {
        "immich_admin_api_key": key,
        "immich_backup_dest": str(tmp_path / "dumps"),
        "immich_backup_keep": 7,
        "immich_upgrade_version": "3.1.0",
        "immich_upgrade_tasks": str(tasks),
        "immich_upgrade_backup_dest": str(tmp_path / "dumps"),
        "immich_restore_src": str(dump),
        "immich_restore_confirm": dump.name,
        "immich_restore_verify": False,
        "immich_restore_files_tasks": str(tasks),
    }
    server.clear_requests()
    run = playbook.run(Path(f"photoyard.immich.{name}"), server=server, variables=variables, check=check)
    failed = [task.result for task in run.tasks if task.result.get("failure", {}).get("kind") == "permission"]
    assert failed[0]["failure"]["details"]["scopes"] == missing
    assert "immich_admin_api_key" in failed[0]["msg"]
    assert run.rc == 2
    assert writes(server) == []
    assert [path.name for path in tmp_path.iterdir() if path.name in ("dumps", "done")] == []
