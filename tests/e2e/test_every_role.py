# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each role does its work, and its second run changes nothing. `make test` runs these, and other tests look closer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.photos.jpegs import write_photos
from support.photos.libraries import small_library
from support.playbooks.playbook import REPOSITORY, Playbook
from support.playbooks.role import CHAIN, pauses

pytestmark = pytest.mark.smoke


@dataclass
class Context:
    """What a role is run on."""

    server: Emulator
    other: Emulator
    """Another server, with three photos."""
    folder: Path
    playbook: Playbook

    def photos(self) -> Path:
        """A folder of four photos."""
        write_photos(self.folder / "photos", 4, 2)
        return self.folder / "photos"

    def tasks(self) -> str:
        """A file of tasks that change nothing."""
        file = self.folder / "tasks.yml"
        file.write_text(yaml.safe_dump([{"name": "Work", "ansible.builtin.debug": {"msg": "work"}}]))
        return str(file)

    def report(self) -> str:
        """The report of an upload."""
        file = self.folder / "report.jsonl"
        variables = {"immich_upload_src": [str(self.photos())], "immich_upload_report": str(file)}
        self.playbook.run(Path("photoyard.immich.upload"), server=self.server, variables=variables).ok()
        return str(file)


Prepare = Callable[[Context], dict[str, Any]]
#: The variables of each role's first and second run.
RUNS: dict[str, Prepare] = {
    "immich_archive": lambda context: {"immich_url": context.other.url, "immich_archive_dest": str(context.folder / "archive")},
    "immich_copy": lambda context: {"immich_source_url": context.other.url, "immich_source_api_key": context.other.api_key},
    "immich_heal": lambda _context: {},
    "immich_jobs": lambda _context: {"immich_jobs_state": "paused", "immich_jobs_queues": ["ocr"]},
    "immich_maintenance": lambda context: {"immich_maintenance_tasks": context.tasks(), "immich_maintenance_resume_delay": 0},
    "immich_metrics": lambda context: {"immich_metrics_file": str(context.folder / "immich.prom")},
    "immich_policy": lambda _context: {
        "immich_policy_windows": [{"name": "always", "from": "00:00", "to": "24:00", "queues": ["smartSearch"]}]
    },
    "immich_report": lambda context: {
        "immich_upload_report": context.report(),
        "immich_report_hosts": "localhost",
        "immich_report_dest": str(context.folder / "pages"),
    },
    "immich_server": lambda _context: {
        "immich_server_config": {"trash": {"days": 60}},
        "immich_server_tags": [{"value": "Trip/Rome"}],
    },
    "immich_upgrade": lambda context: {
        "immich_upgrade_version": "3.1.0",
        "immich_upgrade_tasks": context.tasks(),
        "immich_upgrade_backup_dest": str(context.folder),
        "immich_upgrade_prove": False,
    },
}
#: These find nothing to do on such a server, which one run shows; other tests bring about what they heal and upgrade.
IDLE = {"immich_heal", "immich_upgrade"}
#: A pause is a change, each time.
CHANGES_EACH_TIME = {"immich_maintenance"}
#: In tests below and awx/test_setup.py, and what all roles begin with.
ELSEWHERE = {"immich_upload", "immich_backup", "immich_restore", "awx_setup", "immich_connection"}


@pytest.fixture
def context(server: Emulator, emulator: Callable[..., Emulator], tmp_path: Path, playbook: Playbook) -> Context:
    other = emulator(job_seconds=0.001)
    small_library(other)
    return Context(server, other, tmp_path, playbook)


def test_each_role_has_its_runs() -> None:
    assert {path.name for path in (REPOSITORY / "roles").iterdir()} == set(RUNS) | ELSEWHERE


@pytest.mark.parametrize("role", RUNS)
def test_second_run_of_role_changes_nothing(context: Context, role: str) -> None:
    variables = {"immich_retries": 0, **RUNS[role](context)}
    if "immich_url" in variables:
        variables["immich_api_key"] = context.other.api_key
    play = Path(f"photoyard.immich.{role.removeprefix('immich_')}")
    first = context.playbook.run(play, server=context.server, variables=variables).ok()
    assert (first.changed > 0) == (role not in IDLE)
    if role not in IDLE:
        second = context.playbook.run(play, server=context.server, variables=variables).ok()
        assert (second.changed > 0) == (role in CHANGES_EACH_TIME)


def test_upload_pauses_jobs_and_second_run_changes_nothing(context: Context) -> None:
    variables = {"immich_upload_src": [str(context.photos())], "immich_upload_album_from": "folder"}
    first = context.playbook.run(Path("photoyard.immich.upload"), server=context.server, variables=variables).ok()
    state = context.server.state()
    assert (first.changed > 0, len(state["assets"]), len(state["albums"])) == (True, 4, 2)
    assert pauses(context.server) == [(name, True) for name in CHAIN] + [(name, False) for name in CHAIN]
    context.server.clear_requests()
    second = context.playbook.run(Path("photoyard.immich.upload"), server=context.server, variables=variables).ok()
    assert (second.changed, pauses(context.server)) == (0, [])


def test_backup_is_made_once_and_restored(emulator: Callable[..., Emulator], playbook: Playbook, tmp_path: Path) -> None:
    server = emulator(job_seconds=0.001)
    account = small_library(server)
    variables = {"immich_backup_dest": str(tmp_path / "dumps"), "immich_backup_max_age": "1h"}
    first, second = (playbook.run(Path("photoyard.immich.backup"), server=server, variables=variables).ok() for _ in range(2))
    assert (first.changed > 0, second.changed) == (True, 0)
    account.album("Oslo")
    (dump,) = (tmp_path / "dumps").glob("*.sql.gz")
    variables = {"immich_restore_src": str(dump), "immich_restore_confirm": dump.name}
    playbook.run(Path("photoyard.immich.restore"), server=server, variables=variables).ok()
    assert [album["name"] for album in server.state()["albums"]] == ["Rome"]
