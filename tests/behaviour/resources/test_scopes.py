# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that may not do all that is declared: every missing scope is named before anything is written, in check mode too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import PermissionDenied
from behaviour.resources.conftest import Declaring
from immich_emulator.testing import Emulator

READS = ("adminUser.read", "systemConfig.read", "library.read", "user.read", "apiKey.read")


@pytest.fixture(params=("2.7", "3.1", "3.3.5"))
def tells(request: pytest.FixtureRequest, shared_server: Callable[..., Emulator]) -> Declaring:
    """Declares to a server that tells the scopes of a key; those before 1.139 do not."""
    return Declaring(shared_server(request.param))


def declaration(folder: Path, name: str) -> dict[str, Any]:
    """Something of each of four kinds, with a path to look at and a scan."""
    (folder / "photos").mkdir(exist_ok=True)
    return {
        "config": [{"config": {"trash": {"days": 60 + len(name)}}}],
        "users": [{"email": f"{name}@example.com", "name": name, "password": "a-password"}],
        "libraries": [{"name": name, "owner": f"{name}@example.com", "import_paths": [f"{folder}/photos"], "scan": "changed"}],
        "api_keys": [{"name": name, "permissions": ["asset.read"], "secret_file": str(folder / "key")}],
    }


def refusal(declare: Declaring, declared: dict[str, Any], scopes: list[str]) -> PermissionDenied:
    """The PermissionDenied of a run, which must equal that of check mode. Asserts that neither wrote anything."""
    key = declare.server.make_key(user="admin", permissions=scopes)
    found: list[PermissionDenied] = []

    def run() -> None:
        for check in (True, False):
            with pytest.raises(PermissionDenied) as raised:
                declare(declared, check=check, api_key=key)
            found.append(raised.value)

    assert declare.writes(run) == []
    assert found[0].details == found[1].details
    return found[1]


def reads_of(declare: Declaring) -> list[str]:
    """The scopes that reading the declared kinds takes."""
    newest = declare.server.version.startswith("3.3")
    return [scope.replace("systemConfig", "adminConfig") if newest else scope for scope in READS]


def test_all_missing_scopes_are_named_before_any_write(tells: Declaring, tmp_path: Path) -> None:
    failure = refusal(tells, declaration(tmp_path, "unwritten"), reads_of(tells))
    config = "adminConfig.update" if tells.server.version.startswith("3.3") else "systemConfig.update"
    writes = ["adminUser.create", "all", "apiKey.create", "asset.read", config, "library.create", "library.update"]
    assert failure.details == {"scopes": sorted(writes)}
    assert "adminUser.create (needed to create users)" in failure.msg


def test_named_scopes_suffice_for_declaration(tells: Declaring, tmp_path: Path) -> None:
    declared = declaration(tmp_path, "named")
    declared["libraries"][0]["validate"] = False  # which nothing but all allows
    declared["tags"] = [{"value": "named"}]
    named = refusal(tells, declared, ["tag.read"]).details["scopes"]
    assert "tag.create" in named  # of the one kind that can be read
    assert {"adminUser.read", "adminUser.create", "library.read", "library.create", "apiKey.read", "apiKey.create"} <= set(named)
    key = tells.server.make_key(user="admin", permissions=[*named, "asset.read", "tag.read"])
    assert tells(declared, api_key=key)["changed"] is True
    assert tells(declared, api_key=key, check=True)["results"][0]["changed"] is False


def test_unchanged_declaration_needs_read_scopes_only(tells: Declaring, tmp_path: Path) -> None:
    declared = declaration(tmp_path, "settled")
    tells(declared)
    key = tells.server.make_key(user="admin", permissions=reads_of(tells))
    assert [one["changed"] for one in tells(declared, api_key=key)["results"]] == [False] * 4


def test_export_names_missing_scopes_of_all_kinds(tells: Declaring) -> None:
    key = tells.server.make_key(user="admin", permissions=["user.read", "tag.read", "partner.read", "apiKey.read"])
    with pytest.raises(PermissionDenied) as raised:
        tells.export("users", "libraries", "tags", "albums", api_key=key)
    assert raised.value.details == {"scopes": ["adminUser.read", "album.read", "library.read"]}


def test_unknown_scope_of_old_server_fails_when_read(shared_server: Callable[..., Emulator], tmp_path: Path) -> None:
    declare = Declaring(shared_server("1.135"))
    declared = declaration(tmp_path, "untold")
    assert refusal(declare, declared, ["tag.read"]).details["scopes"][0].startswith(("admin", "system"))
