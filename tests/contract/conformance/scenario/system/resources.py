# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What declared objects meet: users, preferences, keys, configuration, libraries, sharing, with the answers that surprise."""

from __future__ import annotations

import copy
from typing import Any

from contract.conformance.scenario.shared import NOBODY, Scenario

MISSING = "/nonexistent/photos"


def ask(s: Scenario) -> None:
    """The steps, in order."""
    ask_for_setup(s)
    anna = ask_for_users(s)
    ask_for_preferences(s, anna)
    ask_for_keys(s)
    ask_for_configuration(s)
    ask_for_libraries(s)
    ask_for_albums(s, anna)
    ask_for_tags(s)
    ask_for_partners(s, anna)


def ask_for_setup(s: Scenario) -> None:
    """The first administrator, once there is one."""
    about = {"email": "second@example.com", "password": "password", "name": "Second"}
    s.call("sign up where there is an administrator", "POST", "/auth/admin-sign-up", "none", json=about)
    s.call("log in as nobody", "POST", "/auth/login", "none", json={"email": "nobody@example.com", "password": "x"})
    s.ask("POST", "/system-metadata/admin-onboarding", "admin", json={"isOnboarded": True})
    s.call("onboarding", "GET", "/system-metadata/admin-onboarding", "admin")


def ask_for_users(s: Scenario) -> str:
    """Accounts, deleted ones too; the id of one that stays."""

    def make(step: str, **fields: Any) -> Any:
        return s.call(step, "POST", "/admin/users", "admin", json={"name": "Anna", "password": "pw", **fields})

    def change(step: str, user: str, fields: dict[str, Any]) -> None:
        s.call(step, "PUT", f"/admin/users/{user}", "admin", json=fields)

    anna = make("user in other case", email="Anna@Example.com", storageLabel="a/b.c d", quotaSizeInBytes=0)["id"]
    ben = make("user without a label", email="ben@example.com", storageLabel="..")["id"]
    make("user with a taken label", email="label@example.com", storageLabel="abc d")
    make("user with an unknown field", email="field@example.com", unknownField=True)
    change("take another's label", ben, {"storageLabel": "abc d"})
    change("take another's address", ben, {"email": "anna@example.com"})
    change("user: nothing", ben, {})
    change("user: null as a name", ben, {"name": None})
    change("user: no quota", anna, {"quotaSizeInBytes": None, "storageLabel": ""})
    change("user: own demotion", s.admin["id"], {"isAdmin": False})
    change("user: own rank again", s.admin["id"], {"isAdmin": True})
    change("user: a bad colour", ben, {"avatarColor": "beige"})
    change("user: a bad PIN", ben, {"pinCode": "12345"})
    path = f"/admin/users/{ben}"
    s.call("delete oneself", "DELETE", f"/admin/users/{s.admin['id']}", "admin", json={"force": False})
    s.call("delete a user", "DELETE", path, "admin", json={"force": False})
    s.call("delete the user again", "DELETE", path, "admin", json={"force": False})
    s.call("delete the deleted user for good", "DELETE", path, "admin", json={"force": True})
    s.call("read the deleted user", "GET", path, "admin")
    change("change the deleted user", ben, {"name": "Ben"})
    make("user of a deleted one's address", email="ben@example.com")
    s.call("restore the user", "POST", path + "/restore", "admin")
    s.call("restore the user again", "POST", path + "/restore", "admin")
    s.call("restore nobody", "POST", f"/admin/users/{NOBODY}/restore", "admin")
    return str(anna)


def ask_for_preferences(s: Scenario, user: str) -> None:
    """A user's preferences."""
    path = f"/admin/users/{user}/preferences"
    s.call("preferences", "GET", path, "admin")
    s.call("preferences: one", "PUT", path, "admin", json={"memories": {"enabled": False}})
    s.call("preferences: an unknown one", "PUT", path, "admin", json={"nothing": {"at": True}})
    s.call("preferences: null", "PUT", path, "admin", json={"memories": None})
    s.call("preferences of nobody", "GET", f"/admin/users/{NOBODY}/preferences", "admin")


def ask_for_keys(s: Scenario) -> None:
    """Keys that are changed and deleted."""
    s.make_key("changing", ["asset.read", "asset.read"], "admin")
    key = next(one["id"] for one in s.ask("GET", "/api-keys", "admin") if one["name"] == "changing")
    s.call("key: one", "GET", f"/api-keys/{key}", "admin")
    s.call("key: permissions", "PUT", f"/api-keys/{key}", "admin", json={"permissions": ["tag.read", "asset.read"]})
    s.call("key: nothing", "PUT", f"/api-keys/{key}", "admin", json={})
    s.call("key: another's", "GET", f"/api-keys/{key}", "user")
    s.call("key: delete", "DELETE", f"/api-keys/{key}", "admin")
    s.call("key: delete again", "DELETE", f"/api-keys/{key}", "admin")


def ask_for_configuration(s: Scenario) -> None:
    """The configuration, put back at the end."""
    before = s.ask("GET", "/system-config", "admin")
    s.call("defaults", "GET", "/system-config/defaults", "admin", pick=lambda body: sorted(body))

    def put(step: str, *leaves: tuple[str, Any], without: str = "") -> None:
        document = copy.deepcopy(before)
        for path, value in leaves:
            group, *middle, name = path.split(".")
            at = document[group]
            for one in middle:
                at = at[one]
            at[name] = value
        document.pop(without, None)
        s.call(step, "PUT", "/system-config", "admin", json=document, pick=lambda body: seen(body, [path for path, _value in leaves]))

    put("config: what is rewritten", ("server.externalDomain", "https://Photos.Example.com:443/a/"), ("ffmpeg.acceptedVideoCodecs", []))
    put("config: empty over a default", ("oauth.buttonText", ""), ("oauth.scope", ""))
    put("config: an unknown leaf", ("trash.unknown", 1), ("trash.days", 31))
    put("config: a bad cron expression", ("backup.database.cronExpression", "never"))
    put("config: a bad template", ("storageTemplate.template", "{{nothing}}"))
    put("config: another type", ("trash.enabled", 5))
    s.ask("PUT", "/system-config", "admin", json=before)
    status = s.recorder.send("PUT", "/system-config", "admin", json={"trash": before["trash"]})[0].status_code
    s.recorder.keep("config: one group alone", {"method": "PUT", "path": "/system-config", "as": "admin"}, {"status": status, "type": ""})


def seen(body: Any, paths: list[str]) -> Any:
    """The leaves of an answer that was good, or all of one that was not."""
    if not isinstance(body, dict) or "trash" not in body:
        return body
    found = {}
    for path in paths:
        at: Any = body
        for name in path.split("."):
            at = at.get(name, "none") if isinstance(at, dict) else at
        found[path.rsplit(".", 1)[-1]] = {"value": at}
    return found


def ask_for_libraries(s: Scenario) -> None:
    """External libraries."""
    owner = s.admin["id"]
    s.call("library of nobody", "POST", "/libraries", "admin", json={"ownerId": NOBODY})
    s.call("library as user", "POST", "/libraries", "user", json={"ownerId": owner})
    library = s.call("library with a missing path", "POST", "/libraries", "admin", json={"ownerId": owner, "importPaths": [MISSING]})
    path = f"/libraries/{library['id']}"
    s.call("library: two equal paths", "POST", "/libraries", "admin", json={"ownerId": owner, "importPaths": ["/a", "/a"]})
    s.call("library: name", "PUT", path, "admin", json={"name": "Renamed"})
    s.call("library: a missing path", "PUT", path, "admin", json={"importPaths": [MISSING]})
    s.call("library: patterns", "PUT", path, "admin", json={"exclusionPatterns": ["**/Raw/**"]})
    s.call("library: nothing", "PUT", path, "admin", json={})
    s.call("library: another owner", "PUT", path, "admin", json={"ownerId": s.me["id"]})
    s.call("validate with any id", "POST", f"/libraries/{NOBODY}/validate", "admin", json={"importPaths": [MISSING, "/"]})
    s.call("library: statistics", "GET", path + "/statistics", "admin")
    s.call("library: delete", "DELETE", path, "admin")
    s.call("library: read the deleted one", "GET", path, "admin")
    s.call("library: delete again", "DELETE", path, "admin")


def ask_for_albums(s: Scenario, anna: str) -> None:
    """An album's users and the links to it."""
    new = {"albumName": "Declared", "order": "asc", "albumUsers": [{"userId": anna, "role": "viewer"}]}
    album = s.call("album with a user", "POST", "/albums", "user", json=new)["id"]
    twice = {"albumName": "Twice", "albumUsers": [{"userId": anna, "role": "viewer"}, {"userId": anna, "role": "editor"}]}
    s.call("album with a user twice", "POST", "/albums", "user", json=twice)
    s.call("album: order and activity", "PATCH", f"/albums/{album}", "user", json={"order": "asc", "isActivityEnabled": False})
    s.call("album: nothing", "PATCH", f"/albums/{album}", "user", json={})
    add = {"albumUsers": [{"userId": anna, "role": "editor"}]}
    s.call("album: add the user again", "PUT", f"/albums/{album}/users", "user", json=add)
    s.call("album: role", "PUT", f"/albums/{album}/user/{anna}", "user", json={"role": "editor"})
    s.call("album: role of no member", "PUT", f"/albums/{album}/user/{s.admin['id']}", "user", json={"role": "editor"})
    s.call("album: remove no member", "DELETE", f"/albums/{album}/user/{s.admin['id']}", "user")
    s.call("album: read", "GET", f"/albums/{album}", "user")
    s.call("album: remove the user", "DELETE", f"/albums/{album}/user/{anna}", "user")
    ask_for_links(s, album)


def ask_for_links(s: Scenario, album: str) -> None:
    """Links to an album. 1.135 has no slugs, and drops them."""
    about = {"type": "ALBUM", "albumId": album}
    made = s.call("link", "POST", "/shared-links", "user", json={**about, "slug": "declared", "password": "pw"})
    path = f"/shared-links/{made['id']}"
    s.call("link: the slug again", "POST", "/shared-links", "user", json={**about, "slug": "declared"})
    s.call("link: unknown album", "POST", "/shared-links", "user", json={**about, "albumId": NOBODY})
    s.call("link: a day", "POST", "/shared-links", "user", json={**about, "expiresAt": "2030-01-31"})
    s.call("link: no password, no slug", "PATCH", path, "user", json={"password": None})
    s.call("link: empty description", "PATCH", path, "user", json={"description": "", "slug": "declared"})
    s.call("link: delete", "DELETE", path, "user")
    s.call("link: delete again", "DELETE", path, "user")


def ask_for_tags(s: Scenario) -> None:
    """Tags."""
    orphan = s.call("tag with a slash", "POST", "/tags", "user", json={"name": "p/q"})["id"]
    s.call("tag again", "POST", "/tags", "user", json={"name": "p/q"})
    s.call("tag: upsert with its parent", "PUT", "/tags", "user", json={"tags": ["/p//q/"]})
    s.call("tag: colour", "PUT", f"/tags/{orphan}", "user", json={"color": "#FF00aa"})
    s.call("tag: colour without a sign", "PUT", f"/tags/{orphan}", "user", json={"color": "00ff00"})
    s.call("tag: bad colour", "PUT", f"/tags/{orphan}", "user", json={"color": "red"})
    s.call("tag: no colour", "PUT", f"/tags/{orphan}", "user", json={"color": None})
    s.call("tag: nothing", "PUT", f"/tags/{orphan}", "user", json={})
    s.call("tag: another name", "PUT", f"/tags/{orphan}", "user", json={"name": "r"})
    s.call("tag: delete", "DELETE", f"/tags/{orphan}", "user")
    s.call("tag: delete again", "DELETE", f"/tags/{orphan}", "user")


def ask_for_partners(s: Scenario, anna: str) -> None:
    """Partners."""
    s.call("partner", "POST", f"/partners/{anna}", "user")
    s.call("partner again", "POST", f"/partners/{anna}", "user")
    s.call("partner: nobody", "POST", f"/partners/{NOBODY}", "user")
    s.call("partner: timeline by the sharer", "PUT", f"/partners/{anna}", "user", json={"inTimeline": True})
    s.call("partner: shared by me", "GET", "/partners?direction=shared-by", "user")
    s.call("partner: shared with me", "GET", "/partners?direction=shared-with", "user")
    s.call("partner: delete", "DELETE", f"/partners/{anna}", "user")
    s.call("partner: delete again", "DELETE", f"/partners/{anna}", "user")
