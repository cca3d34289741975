# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Albums and who sees them, shared links, tags and partners: each trap of Immich's API."""

from __future__ import annotations

from typing import Any

import pytest

from behaviour.resources.conftest import Declaring
from support.collection import ImmichError, InvalidRequest

ANNA, BEN = "anna@share.org", "ben@share.org"


@pytest.fixture(autouse=True)
def _users(declare: Declaring) -> None:
    """Two to share with."""
    declare({"users": [{"email": one, "name": one, "password": "pw"} for one in (ANNA, BEN)]})


def members(declare: Declaring, album_id: str) -> dict[str, str]:
    found = declare.api("GET", f"/albums/{album_id}")["albumUsers"]
    return {one["user"]["email"]: one["role"] for one in found if one["role"] != "owner"}


def test_order_and_activity_are_set_right_after_creation(declare: Declaring) -> None:
    result = declare.one("albums", name="Order", order="asc", activity=False)
    found = declare.api("GET", f"/albums/{result['id']}")
    assert (found["order"], found["isActivityEnabled"]) == ("asc", False)
    assert declare.one("albums", name="Order", order="asc", activity=False)["changed"] is False
    assert len(declare.writes(lambda: declare.one("albums", name="Usual", order="desc", activity=True))) == 1


def test_album_failure_on_new_server_suggests_restart(declare: Declaring) -> None:
    declare.server.fault("POST", "/albums", times=None, status=500, json={"message": "Failed to create album"})
    try:
        with pytest.raises(ImmichError, match=r"album First: .*restarted"):
            declare.one("albums", name="First")
    finally:
        declare.server.clear_faults()


def test_role_of_album_member_changes(declare: Declaring) -> None:
    result = declare.one("albums", name="Role", users=[{"email": ANNA, "role": "viewer"}])
    declare.one("albums", name="Role", users=[{"email": ANNA.upper(), "role": "editor"}, {"email": BEN, "role": "viewer"}])
    assert members(declare, result["id"]) == {ANNA: "editor", BEN: "viewer"}
    assert declare.one("albums", name="Role", users=[{"email": ANNA, "role": "editor"}])["changed"] is False


def test_only_exact_removes_members(declare: Declaring) -> None:
    result = declare.one("albums", name="Exact", users=[{"email": ANNA}, {"email": BEN}])
    declare.one("albums", name="Exact", users=[{"email": BEN}], users_mode="exact")
    assert members(declare, result["id"]) == {BEN: "editor"}
    declare.one("albums", name="Exact", users=[], users_mode="exact")
    assert members(declare, result["id"]) == {}


def test_album_gets_another_name_by_its_id(declare: Declaring) -> None:
    result = declare.one("albums", name="Old name", description="kept")
    again = declare.one("albums", id=result["id"], name="New name")
    assert (again["fields"], declare.api("GET", f"/albums/{result['id']}")["description"]) == (["name"], "kept")
    assert declare.api("GET", f"/albums/{result['id']}")["albumName"] == "New name"


def test_two_albums_of_a_name_are_refused_with_their_ids(declare: Declaring) -> None:
    ids = [declare.api("POST", "/albums", {"albumName": "Two"})["id"] for _ in range(2)]
    with pytest.raises(InvalidRequest, match="2 albums are called Two") as caught:
        declare.one("albums", name="Two")
    assert sorted(caught.value.details["ids"]) == sorted(ids)
    assert declare.one("albums", id=ids[0], name="Two")["changed"] is False


def test_sharing_by_address_requires_public_users(declare: Declaring) -> None:
    user = declare.users()[ANNA]["id"]
    declare.one("config", config={"server": {"publicUsers": False}})
    try:
        with pytest.raises(InvalidRequest, match=r"server\.publicUsers is off"):
            declare.one("albums", name="Private", users=[{"email": ANNA}], api_key=declare.server.api_key)
        wanted: dict[str, Any] = {"name": "Private", "users": [{"id": user, "role": "viewer"}]}
        declare.one("albums", **wanted, api_key=declare.server.api_key)
        assert declare.one("albums", **wanted, api_key=declare.server.api_key)["changed"] is False
    finally:
        declare.one("config", config={"server": {"publicUsers": True}})


def test_lease_is_not_an_album(declare: Declaring) -> None:
    declare.api("POST", "/albums", {"albumName": "Lease", "description": "photoyard.immich lease {}"})
    assert "Lease" not in str(declare.export("albums"))


def test_links_keep_their_slug_and_forbid_uploads(declare: Declaring) -> None:
    declare.one("albums", name="Linked")
    if declare.server.version == "1.135":
        with pytest.raises(InvalidRequest, match=r"slug of a shared link needs Immich 1\.137\.0"):
            declare.one("shared_links", album="Linked", slug="linked")
        return
    result = declare.one("shared_links", album="Linked", slug="linked", password="s3cret")
    assert result["link_url"] == f"{declare.server.url}/s/linked"
    found = declare.api("GET", f"/shared-links/{result['id']}")
    assert (found["slug"], found["allowUpload"], found["password"]) == ("linked", False, "s3cret")
    changed = declare.one("shared_links", album="Linked", slug="linked", password="s3cret too")
    assert changed["fields"] == ["password"]
    found = declare.api("GET", f"/shared-links/{result['id']}")
    assert (found["slug"], found["password"]) == ("linked", "s3cret too")
    declare.one("shared_links", slug="linked", password="")
    assert declare.api("GET", f"/shared-links/{result['id']}")["password"] in (None, "")
    assert declare.one("shared_links", slug="linked", password="")["changed"] is False
    assert "s3cret" not in str(result) + str(changed)


def test_slug_survives_where_the_link_is_found_otherwise(declare: Declaring) -> None:
    if declare.server.version == "1.135":
        declare.one("albums", name="No slugs")
        declare.one("shared_links", album="No slugs", description="d")
        writes = declare.writes(lambda: declare.one("shared_links", album="No slugs", description="d", allow_upload=True))
        assert [body for _method, _path, body in writes] == [{"allowUpload": True}]
        return
    declare.one("albums", name="Other")
    link = declare.api(
        "POST",
        "/shared-links",
        {"type": "ALBUM", "albumId": declare.one("albums", name="Other")["id"], "slug": "by-hand", "description": "d"},
    )
    declare.one("shared_links", album="Other", description="d", allow_upload=False)
    found = declare.api("GET", f"/shared-links/{link['id']}")
    assert (found["slug"], found["allowUpload"]) == ("by-hand", False)


@pytest.mark.parametrize(
    ("said", "moment"), [("2031-01-02", "2031-01-02T00:00:00.000Z"), ("2031-01-02T03:04+02:00", "2031-01-02T01:04:00.000Z")]
)
def test_day_is_a_moment(declare: Declaring, said: str, moment: str) -> None:
    declare.one("albums", name="Until")
    result = declare.one("shared_links", album="Until", description=said, expires_at=said)
    assert declare.api("GET", f"/shared-links/{result['id']}")["expiresAt"] == moment
    assert declare.one("shared_links", album="Until", description=said, expires_at=moment)["changed"] is False
    declare.one("shared_links", album="Until", description=said, expires_at="never")
    assert declare.api("GET", f"/shared-links/{result['id']}")["expiresAt"] is None


def test_orphaned_tag_gets_its_parent(declare: Declaring) -> None:
    declare.api("POST", "/tags", {"name": "or/phan", "color": "#123456"})
    result = declare.one("tags", value="or/phan")
    found = {one["value"]: one for one in declare.api("GET", "/tags")}
    assert (result["changed"], found["or/phan"]["parentId"]) == (True, found["or"]["id"])
    assert (result["id"], found["or/phan"]["color"]) == (found["or/phan"]["id"], "#123456")
    assert declare.writes(lambda: declare.one("tags", value="or/phan")) == []


def test_tag_is_made_with_its_parents(declare: Declaring) -> None:
    declare.one("tags", value="//p//q/", color="#1F2e3D")
    assert [one["value"] for one in declare.api("GET", "/tags") if one["value"].startswith("p")] == ["p", "p/q"]
    assert declare.writes(lambda: declare.one("tags", value="p/q", color="1f2e3d")) == []
    declare.one("tags", value="p/q", color="")
    assert "color" not in {name for one in declare.api("GET", "/tags") if one["value"] == "p/q" for name in one if one[name] is not None}
    assert declare.one("tags", value="p/q", color="")["changed"] is False


def test_tag_refuses_invalid_colour(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match="color must be a colour"):
        declare.one("tags", value="bad", color="red")


def test_partner_is_not_oneself(declare: Declaring) -> None:
    with pytest.raises(InvalidRequest, match=r"cannot be its partner: admin@example.com"):
        declare.one("partners", partner="admin@example.com")


def test_export_omits_in_timeline_of_shared_by(declare: Declaring) -> None:
    declare.one("users", email="given@share.org", name="Given", password="pw")
    declare.one("partners", partner="given@share.org")
    (exported,) = [one for one in declare.export("partners")["state"]["partners"] if one["partner"] == "given@share.org"]
    assert exported == {"partner": "given@share.org", "direction": "shared-by"}


def test_in_timeline_is_refused_for_shared_by(declare: Declaring) -> None:
    declare.one("partners", partner="user@example.com")
    assert declare.one("partners", partner="user@example.com")["changed"] is False
    with pytest.raises(InvalidRequest, match=r"in_timeline of anna@share\.org"):
        declare.one("partners", partner=ANNA, in_timeline=True)
    wanted: dict[str, Any] = {"partner": "admin@example.com", "direction": "shared-with", "in_timeline": True}
    assert declare.one("partners", **wanted, api_key=declare.server.api_key)["fields"] == ["in_timeline"]
    assert declare.one("partners", **wanted, api_key=declare.server.api_key)["changed"] is False
    with pytest.raises(InvalidRequest, match=r"anna@share\.org"):
        declare.one("partners", partner=ANNA, direction="shared-with", in_timeline=True)
    assert declare.one("partners", partner="user@example.com", state="absent")["action"] == "delete"


def test_field_dropped_by_immich_fails(declare: Declaring) -> None:
    odd = "a\x1b]0;title\x07\x9b\u202eb"  # a user's own album, in an administrator's terminal
    album = declare.api("POST", "/albums", {"albumName": "Dropped", "description": odd})
    answer: dict[str, Any] = declare.api("GET", f"/albums/{album['id']}")
    declare.server.fault("PATCH", f"/albums/{album['id']}", times=None, status=200, json=answer)
    try:
        with pytest.raises(ImmichError, match="took description ") as caught:
            declare.one("albums", name="Dropped", description="new")
    finally:
        declare.server.clear_faults()
    assert caught.value.details == {"not_kept": {"description": {"asked": "new", "has": odd}}}
    assert caught.value.msg.isprintable()


def test_album_renamed_by_editor_is_found_by_id(declare: Declaring) -> None:
    if declare.server.version == "1.135":
        return  # editors cannot rename there
    wanted: dict[str, Any] = {"name": "Ours", "users": [{"email": "user@example.com", "role": "editor"}]}
    album = declare.one("albums", **wanted)["id"]
    declare.api("PATCH", f"/albums/{album}", {"albumName": "Mine"}, api_key=declare.server.api_key)
    assert declare.one("albums", **wanted, check=True)["action"] == "create"  # found by its name, which is another one now
    renamed = declare.one("albums", **wanted, id=album)
    assert (renamed["action"], renamed["fields"], renamed["id"]) == ("update", ["name"], album)
    assert declare.api("GET", f"/albums/{album}")["albumName"] == "Ours"
    assert declare.one("albums", **wanted)["changed"] is False


def test_album_is_created_once_the_database_is_known(declare: Declaring) -> None:
    declare.server.clear_requests()
    declare.server.fault("POST", "/albums", times=1, status=500, json={"message": "Failed to create album"})
    result = declare.one("albums", name="Newborn")
    calls = [(one["method"], one["path"]) for one in declare.server.requests()]
    assert calls.count(("GET", "/users/me")) > 10  # as many as open another connection of the server's to its database
    assert [one["id"] for one in declare.api("GET", "/albums") if one["albumName"] == "Newborn"] == [result["id"]]
