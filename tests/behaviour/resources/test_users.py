# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and their preferences: each trap of Immich's API, on each version."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from behaviour.resources.conftest import Declaring
from support.collection import InvalidRequest


def new(address: str, **options: Any) -> dict[str, Any]:
    """The options of a new user."""
    return {"email": address, "name": "Somebody", "password": "pw", **options}


def test_address_in_other_case_is_the_same_user(declare: Declaring) -> None:
    declare.one("users", **new("Case@X.org"))
    assert declare.one("users", **new("case@x.ORG"))["changed"] is False
    assert "case@x.org" in declare.users()


def test_deleted_user_is_restored(declare: Declaring) -> None:
    declare.one("users", **new("back@x.org"))
    declare.one("users", email="back@x.org", state="absent")
    assert declare.users()["back@x.org"]["status"] == "deleted"
    assert declare.one("users", email="back@x.org", state="absent")["changed"] is False
    result = declare.one("users", **new("back@x.org", quota="1GiB"))
    assert (result["action"], result["diff"]["after"]) == ("restore", "users back@x.org: {quota: 1GiB, state: present}\n")
    found = declare.users()["back@x.org"]
    assert (found["status"], found["quotaSizeInBytes"]) == ("active", 2**30)


def test_user_who_is_being_removed_is_waited_for(declare: Declaring) -> None:
    declare.one("users", **new("soon@x.org"))
    old = declare.users()["soon@x.org"]["id"]
    assert declare.one("users", email="soon@x.org", state="purged")["action"] == "purge"
    result = declare.one("users", **new("soon@x.org"))
    assert (result["action"], declare.users()["soon@x.org"]["status"]) == ("create", "active")
    assert declare.users()["soon@x.org"]["id"] == result["id"] != old


def test_deleted_user_is_restored_to_be_purged(declare: Declaring) -> None:
    declare.one("users", **new("purge@x.org"))
    declare.one("users", email="purge@x.org", state="absent")
    user = declare.users()["purge@x.org"]["id"]
    writes = declare.writes(lambda: declare.one("users", email="purge@x.org", state="purged"))
    assert writes == [("POST", f"/admin/users/{user}/restore", None), ("DELETE", f"/admin/users/{user}", {"force": True})]
    assert declare.users().get("purge@x.org", {}).get("status") in (None, "removing")
    assert declare.one("users", email="purge@x.org", state="purged")["changed"] is False


@pytest.mark.parametrize(
    ("options", "option"),
    [({"avatar_color": "beige"}, "avatar_color"), ({"state": "gone"}, "state"), ({"qouta": 1}, "qouta"), ({"quota": "much"}, "quota")],
)
def test_refused_option_of_user_is_named(declare: Declaring, options: dict[str, Any], option: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        declare.one("users", **new("new@x.org", **options))
    assert caught.value.options == (option,)
    assert "new@x.org" not in declare.users()


@pytest.mark.parametrize(("label", "stored"), [("a/b.c", "'abc'"), ("..", "''"), ("a ", "'a'"), ("con", "''"), ("a:b", "'ab'")])
def test_rewritten_storage_label_is_refused(declare: Declaring, label: str, stored: str) -> None:
    with pytest.raises(InvalidRequest, match=f"would be stored as {stored}"):
        declare.one("users", **new("label@x.org", storage_label=label))
    assert "label@x.org" not in declare.users()


def test_label_of_another_user_is_refused_before_any_write(declare: Declaring) -> None:
    declare.one("users", **new("first@x.org", storage_label="taken"))

    def declare_second() -> None:
        with pytest.raises(InvalidRequest, match=r"storage_label taken of second@x.org belongs to first@x.org"):
            declare.one("users", **new("second@x.org", storage_label="taken"))

    assert declare.writes(declare_second) == []


def test_label_is_removed(declare: Declaring) -> None:
    declare.one("users", **new("plain@x.org", storage_label="plain"))
    declare.one("users", email="plain@x.org", storage_label="")
    assert declare.users()["plain@x.org"]["storageLabel"] is None
    assert declare.one("users", email="plain@x.org", storage_label="")["changed"] is False


@pytest.mark.parametrize(
    "email", ["müller@example.com", "anna@bücher.example", "anna@-example.com", "anna@example..com", "a,b@example.com"]
)
def test_invalid_email_is_refused_before_writing(declare: Declaring, email: str) -> None:
    user = {"email": email, "name": "Anna", "password": "secret"}
    if not declare.server.version.startswith("3"):
        assert declare.one("users", **user, check=True)["changed"] is True
        return
    for check in (True, False):
        with pytest.raises(InvalidRequest, match=rf"'{email}' is not an e-mail address that Immich 3\.1\.\d takes"):
            declare({"users": [{**user, "email": "first@example.com"}, user]}, check=check)
    assert declare.writes(lambda: None) == []
    with pytest.raises(requests.HTTPError):
        declare.api("POST", "/admin/users", user)


def test_empty_password_is_refused_before_the_wire(declare: Declaring) -> None:
    declare.one("users", **new("pw@x.org"))
    for options in ({"password": "", "update_password": "always"}, {"name": ""}, {"email": " "}):
        with pytest.raises(InvalidRequest, match="must not be empty"):
            declare.one("users", **new("pw@x.org", **options))


def test_password_of_an_existing_user_is_left_alone(declare: Declaring) -> None:
    declare.one("users", **new("own@x.org"))
    user = declare.users()["own@x.org"]["id"]
    assert declare.writes(lambda: declare.one("users", **new("own@x.org", password="another"))) == []
    always: dict[str, Any] = new("own@x.org", password="another", update_password="always")
    writes = declare.writes(lambda: declare.one("users", **always))
    assert writes == [(declare.update_method(), f"/admin/users/{user}", {"password": "another"})]
    assert declare.one("users", **always)["changed"] is True


def test_quota_of_nothing_is_not_unlimited(declare: Declaring) -> None:
    declare.one("users", **new("quota@x.org", quota="0"))
    assert declare.users()["quota@x.org"]["quotaSizeInBytes"] == 0
    assert declare.one("users", email="quota@x.org", quota="0")["changed"] is False
    result = declare.one("users", email="quota@x.org", quota="unlimited")
    assert result["diff"] == {"before": "users quota@x.org: {quota: 0}\n", "after": "users quota@x.org: {quota: unlimited}\n"}
    assert declare.users()["quota@x.org"]["quotaSizeInBytes"] is None


def test_administrator_does_not_demote_or_delete_itself(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match="only be changed by another administrator"):
        declare.one("users", email="admin@example.com", is_admin=False)
    with pytest.raises(InvalidRequest, match="belongs to this very key"):
        declare.one("users", email="admin@example.com", state="absent")
    assert declare.one("users", email="admin@example.com", is_admin=True)["changed"] is False


def test_another_administrator_is_demoted(declare: Declaring) -> None:
    declare.one("users", **new("boss@x.org", is_admin=True))
    assert declare.users()["boss@x.org"]["isAdmin"] is True
    declare.one("users", email="boss@x.org", is_admin=False)
    assert declare.users()["boss@x.org"]["isAdmin"] is False


def test_pin_is_never_sent_with_a_new_user(declare: Declaring) -> None:
    pin: dict[str, Any] = {"pin_code": "123456", "update_pin_code": True}
    (create, *more) = declare.writes(lambda: declare.one("users", **new("pin@x.org", **pin)))
    assert (create[:2], "pinCode" in create[2], more) == (("POST", "/admin/users"), False, [])
    ((_method, _path, body),) = declare.writes(lambda: declare.one("users", email="pin@x.org", **pin))
    assert body == {"pinCode": "123456"}
    assert declare.writes(lambda: declare.one("users", email="pin@x.org", pin_code="123456")) == []


def test_changed_user_field_is_sent_alone(declare: Declaring) -> None:
    declare.one("users", **new("field@x.org", avatar_color="red"))
    user = declare.users()["field@x.org"]["id"]
    writes = declare.writes(lambda: declare.one("users", **new("field@x.org", avatar_color="red", quota="2G")))
    assert writes == [(declare.update_method(), f"/admin/users/{user}", {"quotaSizeInBytes": 2 * 2**30})]


def test_new_user_needs_a_name_and_a_password(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match="give name and password"):
        declare.one("users", email="nobody@x.org")
    assert declare.one("users", email="nobody@x.org", state="absent")["changed"] is False


def test_unknown_preference_fails_unless_not_strict(declare: Declaring) -> None:
    declare.one("users", **new("pref@x.org"))
    with pytest.raises(InvalidRequest, match=r"has no setting folders\.nothing in preferences"):
        declare.one("users", email="pref@x.org", preferences={"folders": {"nothing": True}})
    result = declare.one("users", email="pref@x.org", strict=False, preferences={"folders": {"nothing": True, "enabled": True}})
    (warning,) = result["warnings"]
    assert "folders.nothing in preferences" in warning
    assert result["fields"] == ["preferences.folders.enabled"]


def test_equal_preferences_are_not_sent(declare: Declaring) -> None:
    wanted: dict[str, Any] = {"memories": {"enabled": False}, "download": {"archiveSize": "1073741824"}}
    (_create, (method, path, body)) = declare.writes(lambda: declare.one("users", **new("equal@x.org", preferences=wanted)))
    assert (method, path.endswith("/preferences"), body) == (
        "PUT",
        True,
        {"memories": {"enabled": False}, "download": {"archiveSize": 2**30}},
    )
    assert declare.writes(lambda: declare.one("users", email="equal@x.org", preferences=wanted)) == []
    assert len(declare.writes(lambda: declare.one("users", **new("default@x.org", preferences={"memories": {"enabled": True}})))) == 1


def test_role_claim_is_warned_of(declare_alone: Declaring) -> None:
    declare_alone.one("config", config={"oauth": {"enabled": True, "issuerUrl": "https://id.example", "clientId": "c"}})
    result = declare_alone.one("users", **new("claim@x.org", is_admin=True))
    (warning,) = result["warnings"]
    assert {"oauth.roleClaim", "is_admin", "claim@x.org"} <= set(warning.split())
