# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""External libraries: paths that are away, owners that cannot change, scans that must not happen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from behaviour.resources.conftest import Declaring
from support.collection import ImmichError, InvalidRequest
from support.photos.jpegs import write_photo


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    """A disk as the server sees it."""
    (tmp_path / "photos").mkdir()
    (tmp_path / ".mounted").write_text("")
    return tmp_path


def library(mount: Path, name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "owner": "user@example.com", "import_paths": [f"{mount}/photos"], **options}


def test_library_with_missing_path_is_not_created(declare: Declaring, mount: Path) -> None:
    for check in (True, False):
        with pytest.raises(InvalidRequest, match=r"/nothing \(Path does not exist"):
            declare.one("libraries", **library(mount, "Missing", import_paths=[f"{mount}/photos", f"{mount}/nothing"]), check=check)
    assert [one for one in declare.api("GET", "/libraries") if one["name"] == "Missing"] == []
    assert declare.one("libraries", **library(mount, "Later", import_paths=[f"{mount}/later"], validate=False))["action"] == "create"


def test_other_change_passes_while_the_disk_is_away(declare: Declaring, mount: Path) -> None:
    declare.one("libraries", **library(mount, "Away", exclusion_patterns=["**/a/**"]))
    (mount / "photos").rmdir()
    change: dict[str, Any] = library(mount, "Away", exclusion_patterns=["**/b/**", "**/a/**"])
    ((_method, _path, body),) = declare.writes(lambda: declare.one("libraries", **change))
    assert body == {"exclusionPatterns": ["**/b/**", "**/a/**"]}
    assert declare.one("libraries", **library(mount, "Away", exclusion_patterns=["**/a/**", "**/b/**"]))["changed"] is False


def test_nothing_is_scanned_or_changed_without_the_sentinel(declare: Declaring, mount: Path) -> None:
    wanted: dict[str, Any] = library(mount, "Sentinel", require=[f"{mount}/.mounted", f"{mount}/photos"], scan="always")
    assert declare.one("libraries", **wanted)["scanned"] is True
    (mount / ".mounted").unlink()
    for options in ({}, {"scan": "changed", "exclusion_patterns": ["**/c"]}):

        def refuse(options: dict[str, Any] = options) -> None:
            with pytest.raises(InvalidRequest, match=r"library Sentinel .* require: .*/\.mounted"):
                declare.one("libraries", **{**wanted, **options})

        assert declare.writes(refuse) == []
    assert declare.one("libraries", **{**wanted, "scan": "changed"})["changed"] is False


@pytest.mark.parametrize("switch", ["scan", "watch"])
def test_scan_of_immich_itself_is_a_warning(declare: Declaring, mount: Path, switch: str) -> None:
    on = {name: {"enabled": name == switch} for name in ("scan", "watch")}
    name = f"By itself, {switch}"
    wanted = library(mount, name, require=[f"{mount}/.mounted"])
    for check in (True, False):
        result = declare({"config": [{"config": {"library": on}}], "libraries": [wanted]}, check=check)
        (warning,) = result["warnings"]
        assert name in warning
        assert f"library.{switch}.enabled" in warning
        assert ("immich_policy_while_missing" in warning) == (switch == "scan")  # no pause helps against the watcher
    assert len(declare.one("libraries", **wanted)["warnings"]) == 1
    assert declare.one("libraries", **library(mount, name))["warnings"] == []
    off = {"config": [{"config": {"library": {name: {"enabled": False} for name in on}}}], "libraries": [wanted]}
    assert declare(off)["warnings"] == []


def test_guarded_library_gets_no_warning_of_scans(declare: Declaring, mount: Path) -> None:
    wanted = library(mount, "Guarded", require=[f"{mount}/.mounted"], guarded=True)
    on = {"config": [{"config": {"library": {"scan": {"enabled": True}, "watch": {"enabled": False}}}}], "libraries": [wanted]}
    assert declare(on)["warnings"] == []
    on["config"] = [{"config": {"library": {"watch": {"enabled": True}}}}]
    (warning,) = declare(on)["warnings"]  # against which nothing guards
    assert ("library.watch.enabled" in warning, "library.scan.enabled" in warning) == (True, False)
    declare({"config": [{"config": {"library": {"watch": {"enabled": False}}}}]})


def test_offline_assets_are_told_with_days_left(declare: Declaring, mount: Path) -> None:
    wanted = {**library(mount, "Offline"), "owner": "admin@example.com"}
    for number in range(3):
        write_photo(mount / "photos" / f"{number}.jpg", number)
    declare.one("libraries", **wanted, scan="always", wait=True)
    found = declare.one("libraries", **wanted)
    assert (found["results"][0]["offline"], found["results"][0]["offline_days_left"], found["warnings"]) == (0, None, [])
    (mount / "photos" / "0.jpg").unlink()
    declare.one("libraries", **wanted, scan="always", wait=True)
    some = declare.one("libraries", **wanted)
    assert (some["results"][0]["offline"], some["results"][0]["offline_days_left"], some["warnings"]) == (1, 30, [])
    (mount / "photos").rename(mount / "away")
    declare.one("libraries", **wanted, scan="always", wait=True, validate=False)
    declare.server.run_nightly_jobs(days=10.5)
    declare.server.wait_idle()
    for check in (True, False):
        gone = declare.one("libraries", **wanted, check=check)
        assert (gone["results"][0]["offline"], gone["results"][0]["offline_days_left"], gone["changed"]) == (3, 20, False)
        (warning,) = gone["warnings"]
        assert ("3 assets" in warning, "20 days" in warning) == (True, True)
    with pytest.raises(InvalidRequest) as refused:
        declare.one("libraries", **wanted, require=[f"{mount}/photos"], scan="always")
    assert "3 assets" in refused.value.msg
    (mount / "away").rename(mount / "photos")
    declare.one("libraries", **wanted, scan="always", wait=True)
    assert declare.one("libraries", **wanted)["results"][0]["offline"] == 1


def test_offline_assets_of_others_are_not_told(declare: Declaring, mount: Path) -> None:
    wanted = library(mount, "Others")
    declare.one("libraries", **wanted)
    assert "offline" not in declare.one("libraries", **wanted)["results"][0]
    key = declare.server.make_key(user="admin", permissions=["library.read", "user.read", "systemConfig.read"])
    mine = {**wanted, "owner": "admin@example.com"}
    declare.one("libraries", **mine)
    if declare.server.version != "1.135":  # which asks for no scope to search
        assert "offline" not in declare.one("libraries", **mine, api_key=key)["results"][0]


def test_library_key_without_config_scope_gets_no_warning(declare: Declaring, mount: Path) -> None:
    wanted = library(mount, "Unread", require=[f"{mount}/.mounted"])
    declare.one("libraries", **wanted)
    scopes = ["library.read", *(["user.read"] if declare.server.version > "2" else [])]  # which 1.135 does not have
    key = declare.server.make_key(user="admin", permissions=scopes)
    assert declare.one("libraries", **wanted, api_key=key)["warnings"] == []


def test_scan_runs_only_after_a_change(declare: Declaring, mount: Path) -> None:
    wanted: dict[str, Any] = library(mount, "Scan", scan="changed")
    first = declare.one("libraries", **wanted)
    assert (first["action"], first["scanned"]) == ("create", True)
    declare.server.wait_idle()
    assert declare.api("GET", f"/libraries/{first['id']}")["refreshedAt"] is not None
    assert declare.writes(lambda: declare.one("libraries", **wanted)) == []
    assert "scanned" not in declare.one("libraries", **library(mount, "Scan", exclusion_patterns=["**/d"]))


def test_another_owner_is_another_library(declare: Declaring, mount: Path) -> None:
    first = declare.one("libraries", **library(mount, "Owner"))
    other = declare.one("libraries", **{**library(mount, "Owner"), "owner": "admin@example.com"})
    assert (other["action"], other["id"] != first["id"]) == ("create", True)


def test_two_of_a_name_are_refused_with_their_ids(declare: Declaring, mount: Path) -> None:
    owner = declare.users()["user@example.com"]["id"]
    ids = [declare.api("POST", "/libraries", {"ownerId": owner, "name": "Twice"})["id"] for _ in range(2)]
    with pytest.raises(InvalidRequest, match=r"2 libraries are called") as caught:
        declare.one("libraries", **library(mount, "Twice"))
    assert sorted(caught.value.details["ids"]) == sorted(ids)


def test_deleted_library_is_created_again(declare: Declaring, mount: Path) -> None:
    declare.one("libraries", **library(mount, "Again"))
    assert declare.one("libraries", **library(mount, "Again", state="absent"))["action"] == "delete"
    assert declare.one("libraries", **library(mount, "Again", state="absent"))["changed"] is False
    assert declare.one("libraries", **library(mount, "Again"))["action"] == "create"


def test_slash_at_the_end_is_no_other_path(declare: Declaring, mount: Path) -> None:
    declare.one("libraries", **library(mount, "Slash"))
    assert declare.one("libraries", **library(mount, "Slash", import_paths=[f"{mount}/photos/"]))["changed"] is False


def test_relative_path_is_refused_before_the_wire(declare: Declaring, mount: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"libraries\[0\]: import_paths 'photos' is not absolute"):
        declare.one("libraries", **library(mount, "Relative", import_paths=["photos"]))


def test_scan_is_waited_for_unless_the_queue_is_paused(declare: Declaring, mount: Path) -> None:
    wanted: dict[str, Any] = library(mount, "Wait", scan="always", wait=True)
    result = declare.one("libraries", **wanted)
    assert (result["scanned"], declare.api("GET", f"/libraries/{result['id']}")["refreshedAt"] is None) == (True, False)
    declare.server.pause("library")
    try:
        with pytest.raises(ImmichError, match=r"library Wait \(user@example\.com\): The queue library is paused"):
            declare.one("libraries", **wanted)
    finally:
        declare.server.resume("library")


def test_scan_without_a_queue_to_watch_fails(declare: Declaring, mount: Path) -> None:
    listed: Any
    if declare.server.version == "1.135":
        path, listed = "/jobs", {name: queue for name, queue in declare.api("GET", "/jobs").items() if name != "library"}
    else:
        path, listed = "/queues", [queue for queue in declare.api("GET", "/queues") if queue["name"] != "library"]
    declare.server.fault(method="GET", path=f"^{path}$", times=None, json=listed)
    try:
        with pytest.raises(ImmichError) as failed:
            declare.one("libraries", **library(mount, "Unwatched", scan="always", wait=True))
    finally:
        declare.server.clear_faults()
    assert failed.value.kind == "server"
