# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server without an administrator: check mode says of each object what a run then does, and without a write or a login."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import NO_KEY
from ansible_collections.photoyard.immich.plugins.module_utils._resources.empty import EmptyServer, log_in
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.api_keys import API_KEYS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.setup import SetupOptions, set_up
from ansible_collections.photoyard.immich.plugins.module_utils._resources.state import apply_state, declare_one
from behaviour.resources.conftest import VERSIONS
from immich_emulator.testing import Emulator
from support.collection import Connection, Immich, InvalidRequest
from support.tiers import newest_in_test

LOGIN = {"email": "Root@X.org", "password": "root-password", "name": "Admin", "key_name": "ansible"}
KEY = {"name": "ansible", "permissions": ["server"]}


@pytest.fixture(params=newest_in_test(*VERSIONS))
def fresh(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Emulator:
    """A server that was just installed, of each version in turn."""
    return emulator(version=request.param, empty=True)


def client_of(server: Emulator, *, check: bool) -> Immich:
    return Immich(Connection(server.url, NO_KEY, timeout=20.0, retries=1), read_only=check)


def declare_all(server: Emulator, declared: Mapping[str, Any], folder: Path, *, check: bool) -> list[dict[str, Any]]:
    """The three modules one after the other, as the role calls them: what each returns, without ids."""
    key = {**KEY, "secret_file": str(folder / "ansible.key")}
    with closing(client_of(server, check=check)) as client:
        results = [set_up(client, SetupOptions(LOGIN["email"], LOGIN["password"], wait_timeout=0.0), check)]
        with log_in(client, {"email": LOGIN["email"], "password": LOGIN["password"]}, check) as (session, expected):
            results.append(declare_one(API_KEYS, session, key, check, expected))
        with log_in(client, LOGIN, check) as (session, expected):
            results.append(apply_state(session, KINDS, declared, check, expected=expected))
    return [without_ids(one) for one in results]


def without_ids(result: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in result.items() if name != "id"}
    if "results" in found:
        found["results"] = [without_ids(one) for one in found["results"]]
    return found


def test_check_mode_on_empty_server_predicts_run(fresh: Emulator, tmp_path: Path) -> None:
    old = fresh.version.startswith("1.")
    config = {
        "trash": {"days": 60, "enabled": True},
        "server": {"externalDomain": "https://Photos.Example.com:443/x/"},
        "ffmpeg": {"targetVideoCodec": "hevc", "acceptedVideoCodecs": ["h264"], "crf": 23},
        "oauth": {"buttonText": "", "clientSecret": "s3cret"},
        "map": {"enabled": True},
        **({} if old else {"nightlyTasks": {"startTime": "02:30"}}),
    }
    declared = {
        "config": [{"config": config, "reset": ["image.preview"], "strict": True}],
        "users": [
            {"email": "root@x.org", "name": "Root", "quota": "1TiB", "preferences": {"tags": {"enabled": True}}},
            {"email": "anna@x.org", "name": "Anna", "password": "pw", "preferences": {"folders": {"enabled": True}}},
        ],
        "libraries": [{"name": "NAS", "owner": "root@x.org", "import_paths": [str(tmp_path)], "scan": "changed"}],
        "api_keys": [{"name": "nas", "permissions": ["upload"], "secret_file": str(tmp_path / "nas.key")}],
        "albums": [{"name": "Family", "order": "asc", "users": [{"email": "anna@x.org", "role": "viewer"}]}],
        "shared_links": [{"album": "Family", "description": "For all", "password": "link-pw"}],
        "tags": [{"value": "Trip/Rome", "color": "#112233"}],
        "partners": [{"partner": "anna@x.org"}],
    }
    checked = declare_all(fresh, declared, tmp_path, check=True)
    assert fresh.requests(writes=True) == []
    assert not any(one["path"] == "/auth/login" for one in fresh.requests())
    unknown = checked[2]["warnings"]
    assert [one.partition(" no administrator yet")[0] for one in unknown] == ["The server has"]
    real = declare_all(fresh, declared, tmp_path, check=False)
    assert [{**one, "warnings": None} for one in checked] == [{**one, "warnings": None} for one in real]
    assert [one["action"] for one in real[2]["results"]] == ["update", "update", *["create"] * 7]
    assert declare_all(fresh, declared, tmp_path, check=True)[2]["changed"] is False


def test_first_administrator_needs_an_address_of_the_version(fresh: Emulator) -> None:
    options = SetupOptions("root@bücher.example", LOGIN["password"], wait_timeout=0.0)
    for check in (True, False):
        with closing(client_of(fresh, check=check)) as client:
            if fresh.version.startswith("3"):
                with pytest.raises(InvalidRequest, match=r"'root@bücher\.example' is not an e-mail address that Immich 3"):
                    set_up(client, options, check)
                assert fresh.requests(writes=True) == []
            else:
                assert set_up(client, options, check)["created"] is True


def test_defaults_of_empty_server_are_of_version(fresh: Emulator) -> None:
    with closing(client_of(fresh, check=True)) as public:
        empty = EmptyServer(public, LOGIN)
        expected = {path: empty.read_one(path) for path in ("/system-config", "/users/me")}
        (user,) = empty.read_list("/admin/users")
        preferences = empty.read_one(f"/admin/users/{user['id']}/preferences")
    with closing(client_of(fresh, check=False)) as client:
        set_up(client, SetupOptions(LOGIN["email"], LOGIN["password"], wait_timeout=0.0), check_mode=False)
        with log_in(client, LOGIN, check_mode=False) as (session, nothing):
            assert nothing is None
            read = session.transport
            me = read.call("GET", "/users/me", parse=dict)
            assert expected["/system-config"] == read.call("GET", "/system-config", parse=dict)
            assert preferences == read.call("GET", f"/admin/users/{me['id']}/preferences", parse=dict)
    assert {**expected["/users/me"], "id": me["id"]}.items() <= me.items()


def test_a_configuration_file_is_warned_of(emulator: Callable[..., Emulator]) -> None:
    server = emulator(empty=True)
    server.switch(config_file=True)
    with closing(client_of(server, check=True)) as client, log_in(client, LOGIN, check_mode=True) as (session, expected):
        result = apply_state(session, KINDS, {"config": [{"config": {"trash": {"days": 60}}}]}, True, expected=expected)
    assert [one["fields"] for one in result["results"]] == [["trash.days"]]
    assert len(result["warnings"]) == 1
