# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests that run the real ansible-playbook."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from support.playbooks import processes
from support.playbooks.playbook import Playbook
from support.playbooks.sshd import Sshd


@pytest.fixture(autouse=True)
def _guards_end_with_their_test(tmp_path: Path) -> Iterator[None]:
    """A guard outlives its playbook on purpose; one whose server is gone would go on asking for a while."""
    yield
    for process in processes.below(tmp_path):
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    """Runs playbooks with state folders that end with the test: ``playbook.run(plays, server=server)``."""
    return Playbook(tmp_path / "ansible")


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """A real ssh server; ``sshd.host()`` are the inventory variables that lead to it."""
    with Sshd(tmp_path / "sshd") as server:
        yield server
