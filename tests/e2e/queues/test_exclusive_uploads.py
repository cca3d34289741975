# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An upload that is to be the only one ends at once and well while another goes on, and says which it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from support.collection import LedgerOptions
from support.http.wire import writes
from support.playbooks.leases import manage_lease
from support.playbooks.playbook import Playbook
from support.playbooks.role import on_server, sentences, sums, upload_play

if TYPE_CHECKING:
    from immich_emulator.testing import Emulator

Photos = Callable[..., Path]

LEDGER = LedgerOptions("server")
OTHER = "nas-job22-20260131T013004Z-upload-3f2a"


def test_exclusive_upload_waits_behind_running_upload(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(4, 2)
    variables = {"immich_upload_exclusive": True, "immich_upload_ledger": "server", "immich_upload_src": [str(src)]}
    manage_lease(server, OTHER, "paused", ["ocr"], ledger=LEDGER)
    manage_lease(server, "policy-on-nas:evening", "paused", ["sidecar"], ledger=LEDGER)
    before = len(server.requests())
    run = playbook.run(Path("photoyard.immich.upload"), server=server, variables=variables).ok()
    assert sentences(run).startswith("Nothing was uploaded, because an upload on nas since ")
    assert run.changed == 0
    assert writes(server, before) == []
    assert server.paused() == {"ocr", "sidecar"}

    manage_lease(server, OTHER, "running", ["ocr"], ledger=LEDGER)
    run = playbook.run(Path("photoyard.immich.upload"), server=server, variables=variables).ok()
    assert on_server(server) == sums(src)
    assert sentences(run).startswith("4 uploaded")


def test_in_awx_the_lease_names_the_job(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    variables = {"awx_job_id": 22, "awx_workflow_job_id": 21, "immich_upload_ledger": "server"}
    playbook.run(upload_play(photos(4, 2)), server=server, variables=variables).ok()
    names = [request["json"]["albumName"] for request in server.requests(writes=True) if request["path"] == "/albums"]
    assert [bool(re.search(r"-workflow21-job22-\d{8}T\d{6}Z-upload-", name)) for name in names] == [True]


def test_exclusive_upload_runs_when_key_may_not_read_leases(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    src = photos(4, 2)
    key = server.make_key(permissions=["asset.upload"])
    variables = {"immich_upload_exclusive": True, "immich_upload_src": [str(src)], "immich_admin_api_key": key}
    run = playbook.run(Path("photoyard.immich.upload"), server=server, variables=variables).ok()
    assert on_server(server) == sums(src)
    assert "Background jobs kept running" in sentences(run)
    assert (
        sum(task.name.endswith("Show the summary") for task in run.tasks) == 1
    )  # nothing was paused, so nothing is resumed before the upload


def test_role_without_pause_task_refuses_exclusive(playbook: Playbook, server: Emulator, photos: Photos) -> None:
    run = playbook.run(upload_play(photos(4, 2), exclusive=True), server=server)
    assert run.rc == 2
    assert "Use the playbook photoyard.immich.upload" in run.stdout
    assert on_server(server) == set()


def test_heal_waits_for_lease_about_to_expire(playbook: Playbook, server: Emulator) -> None:
    manage_lease(server, "a policy", "paused", ["sidecar"], ledger=LEDGER)
    manage_lease(server, OTHER, "paused", ["ocr"], ttl=5, ledger=LEDGER)
    variables = {"immich_heal_wait": 60, "immich_heal_ledger": "server"}
    playbook.run(Path("photoyard.immich.heal"), server=server, variables=variables).ok()
    assert server.paused() == {"sidecar"}
