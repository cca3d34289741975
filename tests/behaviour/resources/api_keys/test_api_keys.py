# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""API keys, whose secret is shown once; the first administrator; logins that do not stay open."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.connection import NO_KEY
from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import AuthError, MaintenanceMode
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds import api_keys, scopes
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from ansible_collections.photoyard.immich.plugins.module_utils._resources.plan import HIDDEN, HIDDEN_TOO
from ansible_collections.photoyard.immich.plugins.module_utils._resources.setup import SetupOptions, logged_in, set_up
from ansible_collections.photoyard.immich.plugins.module_utils._resources.state import PurgeOptions, apply_state, declare_one
from behaviour.resources.conftest import VERSIONS, Declaring
from immich_emulator.testing import Emulator
from immich_emulator.versions import find
from support.collection import ApiKey, Connection, Immich, ImmichError, InvalidRequest
from support.tiers import newest_in_test


def keys(declare: Declaring, name: str) -> list[dict[str, Any]]:
    return [one for one in declare.api("GET", "/api-keys") if one["name"] == name]


def test_key_is_made_once_and_its_secret_kept(declare: Declaring, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"name": "once", "permissions": ["upload"], "secret_file": str(tmp_path / "key")}
    checked = declare.one("api_keys", **wanted, check=True)
    assert not (tmp_path / "key").exists()
    result = declare.one("api_keys", **wanted)
    secret = (tmp_path / "key").read_text().strip()
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert secret not in str(result)
    assert declare.api("GET", "/users/me", api_key=secret)["email"] == "admin@example.com"
    assert (result["secret_stored"], checked["diff"]) == (True, result["diff"])
    assert declare.writes(lambda: declare.one("api_keys", **wanted)) == []


def test_lost_secret_makes_new_key_before_deleting_old(declare: Declaring, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"name": "lost", "permissions": ["asset.read"], "secret_file": str(tmp_path / "key")}
    old = declare.one("api_keys", **wanted)["id"]
    (tmp_path / "key").write_text("not-the-secret-of-it")
    assert declare.one("api_keys", **wanted, regenerate="never")["changed"] is False
    writes = declare.writes(lambda: declare.one("api_keys", **wanted))
    assert [one[:2] for one in writes] == [("POST", "/api-keys"), ("DELETE", f"/api-keys/{old}")]
    (only,) = keys(declare, "lost")
    assert only["id"] != old
    assert declare.one("api_keys", **wanted)["changed"] is False


def test_old_key_with_another_name_now_is_not_deleted(declare: Declaring, tmp_path: Path) -> None:
    """The list that named it may have been wrong: of another key nobody has the secret any more."""
    wanted: dict[str, Any] = {"name": "first", "permissions": ["asset.read"], "secret_file": str(tmp_path / "key")}
    old = declare.one("api_keys", **wanted)["id"]
    secret = (tmp_path / "key").read_text()
    declare.server.fault("GET", f"/api-keys/{old}$", json={"id": old, "name": "another", "permissions": ["all"]})
    with pytest.raises(ImmichError, match="another") as caught:
        declare.one("api_keys", **wanted, regenerate="always")
    assert caught.value.kind == "proxy"
    both = [key["id"] for key in keys(declare, "first")]
    assert old in both
    assert (tmp_path / "key").read_text() != secret
    for key in both:
        declare.api("DELETE", f"/api-keys/{key}")


def test_old_key_stays_when_new_secret_is_not_stored(declare: Declaring, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"name": "disk", "permissions": ["asset.read"], "secret_file": str(tmp_path / "key")}
    old = declare.one("api_keys", **wanted)["id"]
    (tmp_path / "key").unlink()
    (tmp_path / "key").mkdir()
    with pytest.raises(ImmichError, match=r"it is a folder.*secret_file"):
        declare.one("api_keys", **wanted, regenerate="always")
    assert [one["id"] for one in keys(declare, "disk")] == [old]


@pytest.mark.parametrize("path", ["/proc/no-such-process/key", "/proc/key", "{}", "{}/file/key"])
def test_no_key_is_made_whose_secret_cannot_be_stored(declare: Declaring, tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    wanted: dict[str, Any] = {"name": "unstored", "permissions": ["asset.read"], "secret_file": path.format(tmp_path)}

    def refuse() -> None:
        with pytest.raises(ImmichError, match=r"secret_file"):
            declare({"tags": [{"value": "before"}], "api_keys": [wanted]})

    assert declare.writes(refuse) == []


def test_key_whose_secret_could_not_be_stored_is_deleted(declare: Declaring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: dict[str, Any] = {"name": "full", "permissions": ["asset.read"], "secret_file": str(tmp_path / "key")}
    old = declare.one("api_keys", **wanted)["id"]
    secret = (tmp_path / "key").read_text()
    replace = os.replace

    def refuse(source: Any, target: Any, **folders: Any) -> None:
        if str(target) == str(tmp_path / "key"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target, **folders)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ImmichError, match=r"secret_file .* No space left on device"):
        declare.one("api_keys", **wanted, regenerate="always")
    monkeypatch.undo()
    assert [one["id"] for one in keys(declare, "full")] == [old]
    assert ((tmp_path / "key").read_text(), os.listdir(tmp_path)) == (secret, ["key"])
    assert declare.one("api_keys", **wanted)["changed"] is False


def test_key_not_accepted_by_server_is_deleted(declare: Declaring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: dict[str, Any] = {"name": "refused", "permissions": ["asset.read"], "secret_file": str(tmp_path / "key")}
    old = declare.one("api_keys", **wanted)["id"]
    secret = (tmp_path / "key").read_text()
    monkeypatch.setattr(api_keys, "is_secret_of", lambda *_given: False)
    with pytest.raises(ImmichError, match=r"does not accept the key"):
        declare.one("api_keys", **wanted, regenerate="always")
    assert [one["id"] for one in keys(declare, "refused")] == [old]
    assert (tmp_path / "key").read_text() == secret


@pytest.mark.parametrize("check", [True, False])
def test_diff_of_a_replaced_key_shows_old_and_new(declare: Declaring, tmp_path: Path, check: bool) -> None:
    wanted: dict[str, Any] = {"name": "phone", "secret_file": str(tmp_path / "key")}
    declare.one("api_keys", **wanted, permissions=["asset.read"])
    old = (tmp_path / "key").read_text().strip()
    wanted.update(permissions=["album.read"], regenerate="always")
    with closing(declare.client(check=check)) as client:
        diff = declare_one(api_keys.API_KEYS, client, wanted, check)["diff"]
    assert diff["before"] == {"name": "phone", "permissions": ["asset.read"], "secret": HIDDEN}
    assert diff["after"] == {"name": "phone", "permissions": ["album.read"], "secret": HIDDEN_TOO}
    assert old not in str(diff)
    assert (tmp_path / "key").read_text().strip() not in str(diff)


def test_key_made_anew_keeps_its_permissions(declare: Declaring, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"name": "rotated", "secret_file": str(tmp_path / "key")}
    old = declare.one("api_keys", **wanted, permissions=["upload"])["id"]
    (before,) = keys(declare, "rotated")
    secret = (tmp_path / "key").read_text().strip()
    checked = declare.one("api_keys", **wanted, regenerate="always", check=True)
    done = declare.one("api_keys", **wanted, regenerate="always")
    assert checked["diff"] == done["diff"]
    assert [line.count("api_keys rotated: {permissions: [") for line in done["diff"].values()] == [1, 1]
    assert secret not in str(done["diff"])
    (after,) = keys(declare, "rotated")
    assert (after["id"] != old, after["permissions"]) == (True, before["permissions"])
    with pytest.raises(AuthError), closing(declare.client(api_key=secret)) as client:
        client.server.me()
    assert declare.writes(lambda: declare.one("api_keys", **wanted)) == []


def test_two_keys_of_a_name_are_refused(declare: Declaring, tmp_path: Path) -> None:
    for _ in range(2):
        declare.api("POST", "/api-keys", {"name": "two", "permissions": ["asset.read"]})
    with pytest.raises(InvalidRequest, match="2 API keys are called two"):
        declare.one("api_keys", name="two", permissions=["asset.read"], secret_file=str(tmp_path / "key"))


def test_order_of_permissions_means_nothing(declare: Declaring, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"name": "order", "secret_file": str(tmp_path / "key")}
    declare.one("api_keys", **wanted, permissions=["tag.read", "asset.read"])
    assert declare.one("api_keys", **wanted, permissions=["asset.read", "tag.read", "asset.read"])["changed"] is False
    ((method, _path, body),) = declare.writes(lambda: declare.one("api_keys", **wanted, permissions=["asset.read"]))
    assert (method, body) == (declare.update_method(), {"permissions": ["asset.read"]})


def test_misspelt_scope_names_the_nearest(declare: Declaring, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"Did you mean upload\?") as caught:
        declare.one("api_keys", name="near", permissions=["uploads"], secret_file=str(tmp_path / "key"))
    assert caught.value.details == {"unknown": ["uploads"]}
    checked = declare.one("api_keys", check=True, name="near", permissions=["album.raed"], secret_file=str(tmp_path / "key"))
    assert "Did you mean album.read?" in "".join(checked["warnings"])
    assert not (tmp_path / "key").exists()


def test_misspelt_bundle_is_named_before_any_write(declare: Declaring, tmp_path: Path) -> None:
    def refuse() -> None:
        with pytest.raises(InvalidRequest, match=r"no bundle and no scope nothing \(for the key scope\)"):
            declare(
                {
                    "tags": [{"value": "before"}],
                    "api_keys": [{"name": "scope", "permissions": ["nothing"], "secret_file": str(tmp_path / "key")}],
                }
            )

    assert declare.writes(refuse) == []


def test_scope_unknown_to_server_makes_no_key(declare: Declaring, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"name": "odd", "permissions": ["nothing.read"], "secret_file": str(tmp_path / "key")}
    (warning,) = declare.one("api_keys", check=True, **wanted)["warnings"]
    assert "the scope nothing.read (in permissions of the key odd) shows in a run" in warning
    with pytest.raises(ImmichError) as caught:
        declare.one("api_keys", **wanted)
    assert (keys(declare, "odd"), (tmp_path / "key").exists()) == ([], False)
    assert "nothing.read in permissions" in caught.value.msg


def test_key_in_use_is_not_deleted(declare: Declaring) -> None:
    if declare.server.version == "1.135":
        return  # it cannot say which key that is
    with pytest.raises(InvalidRequest, match="The key admin-all is the one in use"):
        declare.one("api_keys", name="admin-all", state="absent")


def test_key_in_use_is_not_made_anew_by_itself(declare: Declaring, tmp_path: Path) -> None:
    secret = declare.api("POST", "/api-keys", {"name": "self", "permissions": ["all"]})["secret"]
    wanted: dict[str, Any] = {"name": "self", "permissions": ["all"], "secret_file": str(tmp_path / "key")}
    if declare.server.version != "1.135":  # which cannot say which key that is
        with pytest.raises(InvalidRequest, match=r"The key self is the one in use"):
            declare.one("api_keys", **wanted, api_key=secret)
    declare.one("api_keys", **wanted, keep_old=True, api_key=secret)
    assert len(keys(declare, "self")) == 2
    (tmp_path / "key").write_text(secret)


def test_purge_needs_to_know_the_key_in_use(declare: Declaring) -> None:
    if declare.server.version != "1.135":
        assert declare.client().permissions is not None
        return
    with pytest.raises(InvalidRequest, match=r"cannot tell which key is in use"):
        declare({"api_keys": []}, purge=["api_keys"])


def test_new_key_needs_a_place_for_its_secret(declare: Declaring, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="give secret_file"):
        declare.one("api_keys", name="nowhere", permissions=["upload"])
    with pytest.raises(ImmichError, match=r"there is no folder .*/no\. Make it, or name another file with the option secret_file"):
        declare.one("api_keys", name="nowhere", permissions=["upload"], secret_file=str(tmp_path / "no" / "key"))
    assert keys(declare, "nowhere") == []


@pytest.mark.parametrize("bundle", scopes.BUNDLES)
def test_every_version_knows_the_scopes_of_a_bundle(declare: Declaring, bundle: str) -> None:
    found = scopes.scopes_of([bundle], declare.client().version)
    assert found
    assert set(found) <= set(find(declare.server.version).facts["permissions"])


@pytest.fixture(params=newest_in_test(*VERSIONS))
def fresh(request: pytest.FixtureRequest, emulator: Callable[..., Emulator]) -> Emulator:
    """A server that was just installed."""
    return emulator(version=request.param, empty=True)


OPTIONS = SetupOptions("Root@X.org", "root-password", wait_timeout=0.0)


def client_for(server: Emulator, *, check: bool = False) -> Immich:
    return Immich(Connection(server.url, NO_KEY, timeout=20.0, retries=0), read_only=check)


def set_up_on(server: Emulator, options: SetupOptions = OPTIONS, *, check: bool = False) -> dict[str, Any]:
    with closing(client_for(server, check=check)) as client:
        return set_up(client, options, check)


def open_sessions(server: Emulator) -> int:
    found: int = server.state()["sessions"]
    return found


def test_first_administrator_is_registered_once(fresh: Emulator, tmp_path: Path) -> None:
    checked = set_up_on(fresh, check=True)
    assert fresh.requests(writes=True) == []
    result = set_up_on(fresh)
    assert result == checked == {**result, "changed": True, "created": True, "initialized": False}
    before = len(fresh.requests(writes=True))
    again = set_up_on(fresh)
    assert (again["changed"], again["created"], again["initialized"]) == (False, False, True)
    assert len(fresh.requests(writes=True)) == before
    assert open_sessions(fresh) == 0
    with closing(client_for(fresh)) as client, logged_in(client, OPTIONS.email, OPTIONS.password) as session:
        declared = [{"name": "first", "permissions": ["server"], "secret_file": str(tmp_path / "key")}]
        from ansible_collections.photoyard.immich.plugins.module_utils._resources.state import apply_state

        assert apply_state(session, KINDS, {"api_keys": declared}, False)["changed"] is True
        assert apply_state(session, KINDS, {"api_keys": declared}, False)["changed"] is False
    assert open_sessions(fresh) == 0
    admin = Declaring(fresh).api("GET", "/users/me", api_key=(tmp_path / "key").read_text().strip())
    assert (admin["email"], admin["isAdmin"], admin["shouldChangePassword"]) == ("root@x.org", True, False)


def test_setup_after_other_host_is_unchanged(fresh: Emulator) -> None:
    set_up_on(fresh)
    fresh.switch(setup_race=True)
    fresh.fault("GET", "/server/config", times=1, status=200, json={"isInitialized": False, "isOnboarded": False})
    fresh.clear_requests()
    result = set_up_on(fresh)
    assert (result["created"], result["changed"]) == (False, False)
    assert result["diff"]["before"] == result["diff"]["after"]
    assert [one["path"] for one in fresh.requests(writes=True)] == ["/auth/admin-sign-up"]


def test_forbidden_registration_is_said(fresh: Emulator) -> None:
    fresh.switch(setup=False)
    with pytest.raises(AuthError, match=r"IMMICH_ALLOW_SETUP=false") as caught:
        set_up_on(fresh)  # the server says that it is initialized, though nobody is there
    assert OPTIONS.password not in str(caught.value.failure())
    fresh.fault("GET", "/server/config", times=1, status=200, json={"isInitialized": False, "isOnboarded": False})
    with pytest.raises(InvalidRequest, match=r"runs with IMMICH_ALLOW_SETUP=false"):
        set_up_on(fresh)


def test_setup_in_maintenance_fails(fresh: Emulator) -> None:
    if fresh.version == "1.135":
        return  # it has none
    fresh.maintenance(True)
    with pytest.raises(MaintenanceMode):
        set_up_on(fresh)


def test_wrong_address_is_not_waited_for(fresh: Emulator) -> None:
    patient = SetupOptions("root@x.org", "root-password", wait_timeout=86400.0)
    fresh.fault("GET", "/server/ping", times=None, html=True, status=200)
    with pytest.raises(ImmichError) as page:
        set_up_on(fresh, patient)
    with closing(Immich(Connection("http://nowhere.invalid", NO_KEY, retries=0))) as client, pytest.raises(ImmichError) as nobody:
        set_up(client, patient, False)
    assert (page.value.kind, fresh.struck(), nobody.value.kind) == ("proxy", 1, "unreachable")
    assert "did not become ready" not in page.value.msg + nobody.value.msg


def test_broken_configuration_is_waited_for(fresh: Emulator) -> None:
    fresh.switch(config_broken=True)
    with pytest.raises(ImmichError, match=r"did not become ready within 0 seconds: .* \(IMMICH_CONFIG_FILE"):
        set_up_on(fresh)
    fresh.switch(config_broken=False)
    assert set_up_on(fresh)["created"] is True


@pytest.mark.parametrize("version", newest_in_test(*VERSIONS))
def test_broken_configuration_is_said(version: str, emulator: Callable[..., Emulator]) -> None:
    server = emulator(version=version)
    server.switch(config_broken=True)
    with pytest.raises(ImmichError, match=r"/system-config with 500.* \(IMMICH_CONFIG_FILE"):
        Declaring(server).one("config", config={"trash": {"days": 41}})
    with (
        closing(client_for(server)) as client,
        pytest.raises(ImmichError, match=r"/auth/login with 500.* \(IMMICH_CONFIG_FILE"),
        logged_in(client, OPTIONS.email, OPTIONS.password),
    ):
        pass


@pytest.mark.parametrize("version", newest_in_test(*VERSIONS))
def test_broken_configuration_is_not_asked_for_again_and_again(version: str, emulator: Callable[..., Emulator]) -> None:
    """The database answers, so that waiting would not help. Where it does not, or only for a moment, the read is tried again."""
    server = emulator(version=version)
    key = ApiKey(server.make_key("admin", ["systemConfig.read", "systemConfig.update"]))
    declared = {"config": [{"config": {"trash": {"days": 41}}}]}
    with closing(Immich(Connection(server.url, key, timeout=20.0, retries=4))) as client:
        server.switch(config_broken=True)
        with pytest.raises(ImmichError, match=r"with 500.* \(IMMICH_CONFIG_FILE"):
            apply_state(client, KINDS, declared, False, PurgeOptions((), 10))
        assert len([one for one in server.requests() if one["path"] == "/system-config"]) == 2
        server.switch(config_broken=False)
        server.fault("GET", "^/system-config$", status=500)
        server.fault("GET", "^/users/me$", times=3, status=503)
        assert apply_state(client, KINDS, declared, False, PurgeOptions((), 10))["changed"] is True


def test_login_ends_also_after_a_failure(fresh: Emulator) -> None:
    set_up_on(fresh)
    with closing(client_for(fresh)) as client:
        with pytest.raises(InvalidRequest), logged_in(client, OPTIONS.email, OPTIONS.password):
            assert open_sessions(fresh) == 1
            raise InvalidRequest("something")
        with pytest.raises(AuthError, match=r"root@x.org log in: Incorrect"):
            logged_in(client, "root@x.org", "wrong").__enter__()
    assert open_sessions(fresh) == 0
