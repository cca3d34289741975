# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports of what people name as they like: no names, the same names, other alphabets."""

from __future__ import annotations

from typing import Any

from behaviour.resources.conftest import Declaring


def again(declare: Declaring, exported: dict[str, Any]) -> bool:
    """Whether the export changes anything on the same server."""
    return bool(declare(exported["state"])["changed"])


def test_album_without_a_name_is_left_out(declare_alone: Declaring) -> None:
    for name in ("", "", "Named"):
        declare_alone.api("POST", "/albums", {"albumName": name})
    exported = declare_alone.export("albums")
    assert [one["name"] for one in exported["state"]["albums"]] == ["Named"]
    (warning,) = exported["warnings"]
    assert warning.startswith("2 albums without a name")
    assert again(declare_alone, exported) is False


def test_link_gives_the_id_of_an_album_without_its_own_name(declare_alone: Declaring) -> None:
    ids = [declare_alone.api("POST", "/albums", {"albumName": name})["id"] for name in ("", "Same", "Same", "Named")]
    for number, album in enumerate(ids):
        declare_alone.api("POST", "/shared-links", {"type": "ALBUM", "albumId": album, "slug": f"s{number}"})
    exported = declare_alone.export("albums", "shared_links")
    assert [one["album"] for one in exported["state"]["shared_links"]] == [*ids[:3], "Named"]
    assert again(declare_alone, exported) is False


def test_two_links_of_an_album_are_exported(declare_alone: Declaring) -> None:
    declare_alone({"albums": [{"name": "A"}], "shared_links": [{"album": "A"}, {"album": "A", "slug": "s"}]})
    exported = declare_alone.export("shared_links")
    assert len(exported["state"]["shared_links"]) == 2
    assert again(declare_alone, exported) is False


def test_user_without_a_name_is_exported(declare_alone: Declaring) -> None:
    declare_alone({"users": [{"email": "nameless@x.org", "name": "Anna", "password": "pw"}]})
    declare_alone.api("PUT", f"/admin/users/{declare_alone.users()['nameless@x.org']['id']}", {"name": ""})
    exported = declare_alone.export("users")
    (found,) = [one for one in exported["state"]["users"] if one["email"] == "nameless@x.org"]
    assert "name" not in found
    assert again(declare_alone, exported) is False


def test_member_who_was_deleted_is_left_out(declare: Declaring) -> None:
    """Immich keeps deleted users in its albums until they are removed for good; nobody can be named who is not there."""
    users = [{"email": f"{name}@left.org", "name": name, "password": "pw"} for name in ("gone", "here")]
    members = [{"email": one["email"]} for one in users]
    declare({"users": users, "albums": [{"name": "Left", "users": members}]})
    declare({"users": [{"email": "gone@left.org", "state": "absent"}]})
    for kinds in (["albums"], ["users", "albums"]):
        (album,) = [one for one in declare.export(*kinds)["state"]["albums"] if one["name"] == "Left"]
        assert album["users"] == [{"email": "here@left.org", "role": "editor"}]
        assert declare({"albums": [album]}, check=True)["changed"] is False


def test_no_two_objects_share_a_variable_or_a_file(declare_alone: Declaring) -> None:
    links = [{"album": "A", "slug": slug, "password": "pw"} for slug in ("写真", "家族", "a b", "a-b", "plain")]
    declare_alone({"albums": [{"name": "A"}], "shared_links": links})
    for name in ("写真", "家族", "a b", "a/b", "plain", ".."):
        declare_alone.api("POST", "/api-keys", {"name": name, "permissions": ["asset.read"]})
    state = declare_alone.export("shared_links", "api_keys")["state"]
    passwords = [one["password"] for one in state["shared_links"]]
    assert len(set(passwords)) == len(links)
    assert "{{ vault_immich_shared_link_plain_password }}" in passwords
    files = [one["secret_file"] for one in state["api_keys"]]
    assert len(set(files)) == len(files)
    assert "{{ immich_key_files }}/plain" in files
    assert "{{ immich_key_files }}/.." not in files


def test_a_variables_name_depends_on_its_object_alone(declare_alone: Declaring) -> None:
    links = [{"album": "A", "slug": slug, "password": "pw"} for slug in ("a b", "a-b")]
    declare_alone({"albums": [{"name": "A"}], "shared_links": links})
    before = {one["slug"]: one["password"] for one in declare_alone.export("shared_links")["state"]["shared_links"]}
    declare_alone({"shared_links": [{"album": "A", "slug": "A B", "password": "pw"}]})
    after = {one["slug"]: one["password"] for one in declare_alone.export("shared_links")["state"]["shared_links"]}
    assert {slug: after[slug] for slug in before} == before
