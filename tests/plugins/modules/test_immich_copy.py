# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module `immich_copy` as a process of its own: what is left when it is killed, what it takes from the environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.photos.libraries import Account
from support.waiting import wait_until

MODULE = "ansible_collections.photoyard.immich.plugins.modules.immich_copy"


@pytest.fixture
def account(emulator: Callable[..., Emulator]) -> Account:
    """A user with some photos, an album and a live photo."""
    account = Account(emulator(version="2.7", job_seconds=0.001))
    for number in range(30):
        account.upload(f"{number}.jpg", minutes=number)
    account.live("live.jpg")
    account.album("Rome", *(f"{number}.jpg" for number in range(30)))
    return account


def start(account: Account, server: Emulator, **options: Any) -> subprocess.Popen[str]:
    """The module."""
    given = {"url": server.url, "api_key": server.api_key, "source_url": account.server.url, **options}
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, json.dumps({"ANSIBLE_MODULE_ARGS": given})],
        env=os.environ | {"IMMICH_SOURCE_API_KEY": account.api_key},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The result of a module, whose process is waited for."""
    out, _err = process.communicate(timeout=60)
    result: dict[str, Any] = json.loads(out)
    return result


def test_copy_after_killed_run_copies_rest_only(account: Account, server: Emulator) -> None:
    server.fault(method="POST", path="/assets$", after=12, times=None, hang=True)
    pauses = {"admin_api_key": server.admin_api_key, "pause_queues": ["upload"], "ledger": "server"}
    pauses.update(source_admin_api_key=account.server.admin_api_key, source_pause_queues=["smartSearch"])
    with start(account, server, concurrency=2, **pauses) as process:
        wait_until(lambda: server.struck() == 2)
        assert len(server.paused()) > 1
        assert account.server.paused() == {"smartSearch"}
        process.kill()
        process.wait()
    wait_until(lambda: not server.paused() and not account.server.paused())  # the guards' work
    before = len(server.state()["assets"])
    assert before == 12
    server.clear_faults()
    account.server.clear_requests()
    with start(account, server) as process:
        result = ended(process)
    assert (result["uploaded"], result["duplicates"]) == (32 - before, before)
    assert sum(one["path"].endswith("/original") for one in account.server.requests()) == 32 - before
    state = server.state()
    assert len(state["assets"]) == 32
    assert [len(album["assets"]) for album in state["albums"]] == [30]
    assert (result["live_photos"], account.api_key in json.dumps(result)) == (1, False)
    with start(account, server) as process:
        assert ended(process)["changed"] is False


def test_headers_of_the_source_go_to_the_source_alone(account: Account, server: Emulator) -> None:
    account.server.clear_requests()
    with start(account, server, source_headers={"CF-Access-Client-Id": "for-the-source"}) as process:
        assert ended(process)["uploaded"] == 32
    assert {one["headers"].get("cf-access-client-id") for one in account.server.requests()} == {"for-the-source"}
    assert {one["headers"].get("cf-access-client-id") for one in server.requests()} == {None}
