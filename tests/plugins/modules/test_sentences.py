# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences of modules, which the tests of their logic do not compare."""

from __future__ import annotations

from typing import Any

import pytest
from inline_snapshot import snapshot

from immich_emulator.testing import Emulator
from support.photos.libraries import Account
from support.photos.shots import Shot, ask, send_shots

from .conftest import ModuleRunner


@pytest.mark.parametrize(
    ("module", "options", "said"),
    [
        ("immich_stack", {"kinds": []}, snapshot("kinds is empty. Name at least one kind of stack.")),
        ("immich_stack", {"album": "Nowhere"}, snapshot("The key's user has no album named 'Nowhere'. Check album.")),
        ("immich_stack", {"tag": "trip"}, snapshot("The key's user has no tag 'trip'. Check tag; case matters.")),
        (
            "immich_backup",
            {"state": "present", "dest": "/srv/backup"},
            snapshot("dest goes with state: fetched or absent only, and state is present. Set state, or leave out dest."),
        ),
        (
            "immich_backup",
            {"state": "fetched", "dest": "backup"},
            snapshot("dest must be an absolute path, not 'backup'. Give it in full."),
        ),
    ],
)
def test_refusal_says_how_to_mend(run_module: ModuleRunner, server: Emulator, module: str, options: dict[str, Any], said: str) -> None:
    result = run_module(module, url=server.url, api_key=server.admin_api_key, **options)
    assert result["msg"] == said


def test_stacking_says_why_photos_are_left_alone(run_module: ModuleRunner, emulator: Any) -> None:
    server = emulator(job_seconds=0.001)
    shots = [Shot("A.JPG"), Shot("A.DNG"), Shot("Rome.jpg", 9000), Shot("Oslo.jpg", 9100)]
    ids = send_shots(server, *shots)
    for cover, name in (("Rome.jpg", "A.JPG"), ("Oslo.jpg", "A.DNG")):
        ask(server, "POST", "/stacks", json={"assetIds": [ids[cover], ids[name]]})
    result = run_module("immich_stack", url=server.url, api_key=server.api_key)
    assert [group["reason"] for group in result["left_alone"]] == snapshot(["They are in different stacks already."])


def test_duplicates_say_how_many_photos_went(run_module: ModuleRunner, emulator: Any) -> None:
    server = emulator(job_seconds=0.001)
    account = Account(server)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        account.upload(name)
    server.wait_idle()
    group = "6a7c1d0e-4c0e-4c0e-8c0e-1d0e9a7c1d0e"
    account.ask("PUT", "/assets", json={"ids": [account.ids[name] for name in ("a.jpg", "b.jpg", "c.jpg")], "duplicateId": group})
    options = {"url": server.url, "api_key": server.api_key}
    assert run_module("immich_duplicates", check=True, action="trash", **options)["sentences"] == snapshot(
        ["2 of 3 photos would go to the trash, from 1 group."]
    )
    assert run_module("immich_duplicates", action="trash", **options)["sentences"] == snapshot(
        ["2 of 3 photos went to the trash, from 1 group."]
    )
    assert run_module("immich_duplicates", action="trash", **options)["sentences"] == snapshot(["Immich lists no duplicates."])
