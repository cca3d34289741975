# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server to upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from immich_emulator.testing import Emulator
from support.photos.libraries import small_library
from support.playbooks.playbook import Playbook
from support.playbooks.upgrade import ADMINS, UPGRADE, Upgrade


@pytest.fixture
def upgrade(playbook: Playbook, tmp_path: Path) -> Iterator[Upgrade]:
    data, dest, file = tmp_path / "data", tmp_path / "dumps", tmp_path / "tasks.yml"
    variables = {
        "immich_upgrade_version": "3.1.0",
        "immich_upgrade_acknowledge": ["3.0.0"],
        "immich_upgrade_tasks": str(file),
        "immich_upgrade_backup_dest": str(dest),
        "immich_upgrade_prove": False,
        "immich_upgrade_timeout": 60,
        "immich_upgrade_min_free": "1MiB",
        "immich_retries": 0,
    }
    with Emulator(version="2.7", data=data, job_seconds=0.001) as server:
        small_library(server)
        server.pause(*ADMINS)
        case = Upgrade(server, playbook, tmp_path, UPGRADE, variables, data, dest)
        file.write_text(yaml.safe_dump(case.waiting_tasks()))
        yield case
