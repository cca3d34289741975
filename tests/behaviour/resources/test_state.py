# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole declaration: references, order, purge, what a failure leaves, how much is read."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import RunFailed
from ansible_collections.photoyard.immich.plugins.module_utils._resources import state
from ansible_collections.photoyard.immich.plugins.module_utils._resources.apply import apply_change
from ansible_collections.photoyard.immich.plugins.module_utils._resources.kinds.table import KINDS
from behaviour.resources.conftest import Declaring
from support.collection import ImmichError, InvalidRequest, Run


def user(number: int, **options: Any) -> dict[str, Any]:
    return {"email": f"state{number}@x.org", "name": f"User {number}", "password": "pw", **options}


def test_album_for_a_user_who_does_not_exist_yet_is_predicted(declare: Declaring) -> None:
    declared: dict[str, Any] = {
        "users": [user(1)],
        "albums": [{"name": "Unborn", "users": [{"email": "state1@x.org", "role": "viewer"}]}],
        "shared_links": [{"album": "Unborn", "description": "of state1"}],
    }
    checked = declare(declared, check=True)
    assert "albums Unborn: {users: " in checked["diff"]["after"]
    assert "state1@x.org" not in declare.users()
    real = declare(declared)
    assert (real["diff"], [one["action"] for one in real["results"]]) == (checked["diff"], ["create"] * 3)
    assert declare(declared)["changed"] is False


def test_album_is_shared_with_a_user_who_is_restored(declare: Declaring) -> None:
    declare({"users": [user(9)]})
    declare({"users": [{"email": "state9@x.org", "state": "absent"}]})
    declared: dict[str, Any] = {"users": [user(9)], "albums": [{"name": "Restored", "users": [{"email": "state9@x.org"}]}]}
    assert [one["action"] for one in declare(declared)["results"]] == ["restore", "create"]
    assert declare(declared)["changed"] is False


def test_half_characters_are_refused(declare: Declaring) -> None:
    for declared in ({"albums": [{"name": "a\ud800"}]}, {"config": [{"config": {"theme": {"customCss": "\udfff"}}}]}):
        with pytest.raises(InvalidRequest, match="half of a surrogate pair"):
            declare(declared)


def test_unknown_reference_is_named(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match=r"album Lonely: .* nobody@x\.org"):
        declare({"albums": [{"name": "Lonely", "users": [{"email": "nobody@x.org"}]}]})


def test_absent_objects_are_removed_after_references(declare: Declaring) -> None:
    declared: dict[str, Any] = {"albums": [{"name": "Order of removal"}], "shared_links": [{"album": "Order of removal"}]}
    declare(declared)
    gone = {kind: [{**one, "state": "absent"} for one in objects] for kind, objects in declared.items()}
    writes = declare.writes(lambda: declare(gone))
    assert [path.split("/")[1] for _method, path, _body in writes] == ["shared-links", "albums"]
    assert declare(gone)["changed"] is False


def test_object_declared_twice_is_refused(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match=r"users state2@x\.org is declared twice"):
        declare({"users": [user(2), {**user(2), "email": "STATE2@x.org"}]})


def test_misspelt_suboption_suggests_right_name(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match=r"users\[1\] has no option quotas: did you mean quota\?"):
        declare({"users": [user(3), user(4, quotas="1G")]})


def test_failed_declaration_keeps_earlier_results(declare: Declaring) -> None:
    declare.server.fault("POST", "/albums", times=None, status=400, json={"message": "no"})
    try:
        with pytest.raises(ImmichError, match="album Failing: ") as caught:
            declare({"users": [user(5)], "albums": [{"name": "Failing"}]})
    finally:
        declare.server.clear_faults()
    result = caught.value.result
    assert (result["changed"], [one["name"] for one in result["results"]]) == (True, ["state5@x.org"])
    assert "state5@x.org" in declare.users()


def test_negative_purge_limit_is_refused(declare_alone: Declaring) -> None:
    with pytest.raises(InvalidRequest, match=r"^purge_limit must be 0 or more, not -1\.$"):
        declare_alone({"tags": [{"value": "t0"}]}, limit=-1)
    assert declare_alone.server.requests(writes=True) == []


def test_purge_beyond_limit_is_refused(declare_alone: Declaring) -> None:
    declare_alone({"tags": [{"value": f"t{number}"} for number in range(4)]})
    with pytest.raises(InvalidRequest, match=r"purge_limit is 2: tag t1, tag t2, tag t3"):
        declare_alone({"tags": [{"value": "t0"}]}, purge=["tags"], limit=2)
    with pytest.raises(InvalidRequest, match=r"purge would remove 1 object, and purge_limit is 0: tag t3\."):
        declare_alone({"tags": [{"value": f"t{number}"} for number in range(3)]}, purge=["tags"], limit=0)
    declare_alone({"tags": [{"value": f"u{number:02}"} for number in range(11)]})
    with pytest.raises(InvalidRequest, match=r"tag u08, tag u09 and 1 more\. Declare what is to stay"):
        declare_alone({"tags": [{"value": f"t{number}"} for number in range(4)]}, purge=["tags"], limit=2)
    declare_alone({"tags": [{"value": f"u{number:02}", "state": "absent"} for number in range(11)]})
    checked = declare_alone({"tags": [{"value": "t0"}]}, purge=["tags"], limit=3, check=True)
    real = declare_alone({"tags": [{"value": "t0"}]}, purge=["tags"], limit=3)
    assert checked["diff"] == real["diff"]
    assert [one["value"] for one in declare_alone.api("GET", "/tags")] == ["t0"]


def test_purge_spares_users_with_files_the_own_user_and_the_key(declare_alone: Declaring) -> None:
    declare_alone({"users": [user(6), user(7)]})
    declare_alone.server.control("POST", "usage", {"email": "state6@x.org", "bytes": 5})
    result = declare_alone({"users": [{"email": "user@example.com"}], "api_keys": []}, purge=["users", "api_keys"])
    status = {address: one["status"] for address, one in declare_alone.users().items()}
    assert status == {
        "admin@example.com": "active",
        "user@example.com": "active",
        "state6@x.org": "active",
        "state7@x.org": "deleted",
    }
    (warning,) = result["warnings"]
    assert warning.startswith("user state6@x.org ")
    assert [one["name"] for one in declare_alone.api("GET", "/api-keys")] == ["admin-all"]


def test_many_objects_read_each_list_once(declare_alone: Declaring) -> None:
    declared: dict[str, Any] = {
        "users": [user(number) for number in range(60)],
        "albums": [{"name": f"A{number}", "users": [{"email": f"state{number}@x.org"}]} for number in range(40)],
        "tags": [{"value": f"a/{number}"} for number in range(60)],
        "shared_links": [{"album": f"A{number}"} for number in range(40)],
    }
    declare_alone(declared)
    declare_alone.server.clear_requests()
    assert declare_alone(declared)["changed"] is False
    found = [(one["method"], one["path"]) for one in declare_alone.server.requests()]
    assert sorted(found) == sorted(("GET", path) for path in ("/server/version", "/admin/users", "/albums", "/tags", "/shared-links"))


def test_export_is_in_the_order_of_names(declare_alone: Declaring) -> None:
    declare_alone({"albums": [{"name": name} for name in ("B", "C", "A")]})
    assert [one["name"] for one in declare_alone.export("albums")["state"]["albums"]] == ["A", "B", "C"]


def test_export_marks_templates_unsafe(declare_alone: Declaring, tmp_path: Path) -> None:
    template = "{{y}}/{{filename}}"
    declare_alone(
        {
            "config": [{"config": {"storageTemplate": {"template": template}, "oauth": {"clientSecret": "s3cret"}}}],
            "users": [user(8, quota="5GiB", preferences={"folders": {"enabled": True}})],
            "libraries": [{"name": "L", "owner": "state8@x.org", "import_paths": [str(tmp_path)]}],
            "tags": [{"value": "a: b/'c\""}],
        }
    )
    exported = declare_alone.export()

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_constructor("!unsafe", lambda loader, node: str(node.value))
    for kind, text in exported["files"].items():
        assert yaml.load(text, Loader) == {f"immich_server_{kind}": exported["state"][kind]}
    assert f'template: !unsafe "{template}"' in exported["files"]["config"]
    assert 'clientSecret: "{{ vault_immich_config_oauth_clientsecret }}"' in exported["files"]["config"]
    assert exported["warnings"] == []
    assert "vault_immich_user_state8_x_org_password" in exported["secrets"]
    assert "s3cret" not in str(exported)


def test_name_like_a_variable_of_ours_stays_a_text(declare_alone: Declaring) -> None:
    names = ["{{ vault_immich_config_oauth_clientsecret }}", "{{ immich_key_files }}/x"]
    for name in names:
        declare_alone.api("POST", "/albums", {"albumName": name})
    exported = declare_alone.export("albums")
    assert sorted(one["name"] for one in exported["state"]["albums"]) == sorted(names)
    assert [line for line in exported["files"]["albums"].splitlines() if "{{" in line] == [
        f'  - name: !unsafe "{name}"' for name in sorted(names)
    ]
    assert exported["secrets"] == []


def test_export_keeps_line_ends_of_unicode_and_controls(declare_alone: Declaring) -> None:
    about = "a\u2028b\u2029c\x85d\x7f\x9b\ufeff\ufffe\U0001f600\n\te"
    declare_alone.api("POST", "/albums", {"albumName": "Odd", "description": about})
    exported = declare_alone.export("albums")
    assert exported["state"]["albums"][0]["description"] == about
    assert yaml.safe_load(exported["files"]["albums"]) == {"immich_server_albums": exported["state"]["albums"]}


@pytest.mark.parametrize("character", ["\u009b", "\u202e", "\u2066"])
def test_control_characters_of_names_are_not_shown(declare_alone: Declaring, character: str) -> None:
    declare_alone.api("POST", "/albums", {"albumName": f"Rome{character}exe", "description": f"a{character}b"})
    assert character not in declare_alone.export("albums")["files"]["albums"]
    changed = declare_alone({"albums": [{"name": f"Rome{character}exe", "description": "new"}]}, check=True)
    assert character not in changed["diff"]["before"] + changed["diff"]["after"]


def test_export_omits_albums_with_same_name(declare_alone: Declaring) -> None:
    for name in ("Same", "Same", "Other"):
        declare_alone.api("POST", "/albums", {"albumName": name})
    exported = declare_alone.export("albums")
    assert [one["name"] for one in exported["state"]["albums"]] == ["Other"]
    (warning,) = exported["warnings"]
    assert warning.startswith("2 albums are called Same")


def test_signal_ends_declaration_after_current_object(declare_alone: Declaring, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def apply_and_be_ended(context: Any, planned: Any) -> dict[str, Any]:
        begun.append(planned.change.label)
        if len(begun) == 20:
            os.kill(os.getpid(), signal.SIGTERM)
        return apply_change(context, planned)

    monkeypatch.setattr(state, "apply_change", apply_and_be_ended)
    declared = {"tags": [{"value": f"s{number}"} for number in range(200)]}
    with pytest.raises(RunFailed) as caught, closing(declare_alone.client()) as client, Run("declaration") as signals:
        state.apply_state(client, KINDS, declared, False, run=signals)
    result = caught.value.result
    there = {one["value"] for one in declare_alone.api("GET", "/tags")}
    assert 20 <= len(result["results"]) < 200
    assert {one["name"] for one in result["results"]} == there == set(begun)
    assert result["diff"]["after"].count("\n") == len(there)
    assert f"{len(there)} of 200 objects" in caught.value.msg
    assert caught.value.kind == "local"
