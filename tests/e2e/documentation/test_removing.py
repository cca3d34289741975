# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that removes what the collection keeps on hosts and in Immich."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.collection import LedgerOptions
from support.playbooks.leases import manage_lease
from support.playbooks.playbook import REPOSITORY, Playbook, local_host
from support.playbooks.readme import examples
from support.playbooks.role import upload_play

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

REMOVE = examples(REPOSITORY / "docs" / "docsite" / "rst" / "removing.rst")["remove"]
HOSTS = {"nas": local_host()}


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    """Its caches are not those of other tests."""
    return Playbook(tmp_path / "ansible", shares_compiled=False)


@pytest.fixture
def kept(playbook: Playbook) -> list[Path]:
    """The folders of the ledger and of the caches."""
    return [playbook.state_home / "photoyard.immich", playbook.home / "cache" / "photoyard.immich"]


@pytest.fixture
def remove(kept: list[Path]) -> str:
    """The example with the folders of the test's user."""
    text = REMOVE.replace("~/.local/state/photoyard.immich", str(kept[0])).replace("~/.cache/photoyard.immich", str(kept[1]))
    assert "~" not in text
    return text


def test_remove_deletes_leases_and_caches(
    playbook: Playbook, server: Emulator, photos: Callable[..., Path], kept: list[Path], remove: str
) -> None:
    server.pause("ocr")
    playbook.run(upload_play(photos(2, 1)), server=server, hosts=HOSTS).ok()
    for ledger in (LedgerOptions("file", str(kept[0])), LedgerOptions("server")):
        manage_lease(server, "a run that died", "paused", ttl=3, ledger=ledger)
    assert all(folder.is_dir() for folder in kept)
    time.sleep(4.1)  # the server tells its time in whole seconds
    playbook.run(remove, "--forks", "1", server=server, hosts=HOSTS).ok()  # both hosts have one disk here
    assert [folder for folder in kept if folder.exists()] == []
    assert server.paused() == {"ocr"}
    assert server.state()["albums"] == []
    assert len(server.state()["assets"]) == 2


def test_remove_stops_while_a_lease_is_held(playbook: Playbook, server: Emulator, kept: list[Path], remove: str) -> None:
    manage_lease(server, "an upload elsewhere", "paused", ["ocr"], ttl=600, ledger=LedgerOptions("server"))
    kept[0].mkdir(parents=True)
    run = playbook.run(remove, server=server, hosts=HOSTS)
    assert run.rc == 2
    assert "held by an upload elsewhere" in run.output
    assert kept[0].is_dir()
    assert server.paused() == {"ocr"}
