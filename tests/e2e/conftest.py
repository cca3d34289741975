# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests that run the real ansible-playbook."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.playbook import Playbook
from support.sshd import Sshd


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    """Runs playbooks with state folders that end with the test: ``playbook.run(plays, server=server)``."""
    return Playbook(tmp_path / "ansible")


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """A real ssh server; ``sshd.host()`` are the inventory variables that lead to it."""
    with Sshd(tmp_path / "sshd") as server:
        yield server
