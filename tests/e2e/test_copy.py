# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy from one server to another, by real `ansible-playbook` runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from immich_emulator.testing import Emulator
from support.libraries import Account
from support.playbook import Playbook

COPY = Path("selfhosted.immich.copy")


@pytest.fixture
def account(emulator: Callable[..., Emulator]) -> Account:
    """A user of an older server."""
    return Account(emulator(version="1.135", job_seconds=0.001))


def test_the_playbook_copies_with_jobs_paused_and_says_how_it_went(playbook: Playbook, server: Emulator, account: Account) -> None:
    for number in range(3):
        account.upload(f"{number}.jpg", minutes=number)
    account.live("live.jpg")
    account.album("Rome", "1.jpg", "live.jpg")
    variables = {"immich_source_url": account.server.url, "immich_source_api_key": account.api_key}
    check = playbook.run(COPY, "--check", server=server, variables=variables).ok()
    assert check.task("Summary").result["msg"].startswith("5 would be uploaded")
    assert server.requests(writes=True) == []
    run = playbook.run(COPY, server=server, variables=variables).ok()
    assert run.task("Summary").result["msg"].startswith("5 uploaded")
    assert "albums: 1 new" in run.task("Summary").result["msg"]
    assert "1 live photo joined" in run.task("Summary").result["msg"]
    assert "Background jobs run again" in run.task("Summary").result["msg"]
    assert server.paused() == set()
    assert account.api_key not in run.output
    assert len(server.state()["assets"]) == 5
    again = playbook.run(COPY, server=server, variables=variables).ok()
    assert again.changed == 0
    assert again.task("Summary").result["msg"].startswith("Nothing new, 5 already there")


def test_a_source_that_is_not_named(playbook: Playbook, server: Emulator) -> None:
    run = playbook.run(COPY, server=server)
    assert run.rc != 0
    assert "No URL of the source was given" in run.output
    assert run.task("Summary").result["msg"] == "Nothing was uploaded and no queue was touched."
    assert server.paused() == set()


def test_a_key_of_the_source_that_is_wrong_is_named(playbook: Playbook, server: Emulator, account: Account) -> None:
    variables = {"immich_source_url": account.server.url, "immich_source_api_key": "wrong-key-of-the-source"}
    run = playbook.run(COPY, server=server, variables=variables)
    assert run.rc != 0
    assert "source's API key (source_api_key, IMMICH_SOURCE_API_KEY)" in run.output
    assert "wrong-key-of-the-source" not in run.output
