# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of guards share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import manage

from ..conftest import Connect, delete_albums, options
from .guarded import QUEUES, starting
from .holder import Holder

Call = Callable[..., dict[str, Any]]


@pytest.fixture
def start(server: Emulator, ledger: str) -> Iterator[Callable[..., Holder]]:
    with starting(lambda how, **given: Holder(server, how, **{"ledger": ledger, **given})) as start:
        yield start


@pytest.fixture
def call(server: Emulator, connect: Connect, ledger: str) -> Call:
    return lambda **given: manage(connect(server), options(**{"ledger": ledger, "queues": QUEUES, **given}), False)


@pytest.fixture(params=["record", "folder"])
def lose(request: pytest.FixtureRequest, server: Emulator, connect: Connect, state_home: Path) -> Callable[[], None]:
    """Deletes all that was written down, as somebody does who does not know what it is; with the whole folder, guards' locks are in it."""

    def delete() -> None:
        for file in state_home.glob("leases-*.json"):
            file.unlink()
        if request.param == "folder":
            shutil.rmtree(state_home, ignore_errors=True)
        delete_albums(connect(server))

    return delete


def files(state_home: Path) -> list[str]:
    """The names of files in the state folder but the locks of the ledger."""
    return sorted(path.name for path in state_home.glob("*") if not path.name.startswith("leases-") or path.suffix == ".json")
