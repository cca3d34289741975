# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies that meet with trouble: wrong bytes, connections that break, servers that restart, keys that may not do it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from support.collection import Run, errors
from support.photos.libraries import Account, picture, sha1_of
from support.waiting import wait_until

from .conftest import Copies


def on(account: Account) -> list[str]:
    """The names of what a server has."""
    return sorted(asset["name"] for asset in account.server.state()["assets"])


def test_wrong_bytes_fail_and_are_not_kept(copies: Copies, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        copies.source.upload(name)
    copies.source.album("Rome", *copies.source.ids)
    wrong = "x" * len(picture("b.jpg"))
    copies.source.server.fault(path=f"/assets/{copies.source.ids['b.jpg']}/original", status=200, body=wrong, times=None)
    error = copies.failing(report=str(tmp_path / "report"))
    assert "b.jpg" in error.msg
    assert "other bytes" in error.msg
    assert error.kind == "local"
    assert on(copies.target) == ["a.jpg", "c.jpg"]
    (album,) = copies.target.server.state()["albums"]
    assert len(album["assets"]) == 2
    lines = [json.loads(line) for line in (tmp_path / "report").read_text(encoding="utf-8").splitlines()]
    assert [line["path"].split()[0] for line in lines if line.get("action") == "failed"] == ["b.jpg"]
    copies.source.server.clear_faults()
    result = copies()
    assert (result["uploaded"], [album["added"] for album in result["albums"]]) == (1, [1])
    assert copies()["changed"] is False


def test_a_shorter_original_fails_too(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    copies.source.server.fault(path="/original", status=200, body="short", times=None)
    assert "other bytes" in copies.failing().msg
    assert on(copies.target) == []


@pytest.mark.parametrize("where", ["source", "target"])
def test_copy_restarts_file_after_broken_connection(copies: Copies, where: str) -> None:
    content = b"x" * 3_000_000
    copies.source.upload("big.jpg", content)
    if where == "source":
        copies.source.server.fault(path="/original", cut="response", cut_after=1_000_000)
    else:
        copies.target.server.fault(method="POST", path="/assets$", cut="request", cut_after=1_000_000)
    assert copies()["uploaded"] == 1
    (asset,) = copies.target.server.state()["assets"]
    assert (asset["size"], asset["name"]) == (len(content), "big.jpg")
    assert sum(one["path"].endswith("/original") for one in copies.source.server.requests()) == 2


def test_unreachable_source_ends_the_run_and_the_next_completes(copies: Copies) -> None:
    for number in range(8):
        copies.source.upload(f"{number}.jpg", minutes=number)
    copies.source.album("Rome", *copies.source.ids)
    copies.source.server.fault(path="/original", after=3, times=None, cut="response")
    error = copies.failing(concurrency=1)
    assert error.kind == "unreachable"
    assert len(on(copies.target)) == 3
    copies.source.server.clear_faults()
    assert copies()["uploaded"] == 5
    (album,) = copies.target.server.state()["albums"]
    assert len(album["assets"]) == 8


def test_stopped_copy_is_completed_by_next_run(copies: Copies) -> None:
    for number in range(40):
        copies.source.upload(f"{number}.jpg", minutes=number)
    copies.source.live("live.jpg")
    copies.source.album("Rome", *(f"{number}.jpg" for number in range(40)))
    copies.source.tag("Trip", "3.jpg", "30.jpg")
    signals = Run("copy")
    copies.target.server.fault(method="POST", path="/assets$", after=20, times=None, hang=True)

    def tell() -> None:
        wait_until(lambda: copies.target.server.struck() > 0)
        signals.reason = "The test said so"

    threading.Thread(target=tell, daemon=True).start()
    assert "was stopped" in copies.failing(signals=signals, concurrency=2).msg
    before = len(on(copies.target))
    assert 0 < before < 42
    copies.target.server.clear_faults()
    copies.source.server.clear_requests()
    result = copies()
    assert result["uploaded"] == 42 - before
    # By their paths: a thread that the stopped run left behind may ask once more for a file that it could not send.
    assert len({one["path"] for one in copies.source.server.requests() if one["path"].endswith("/original")}) == 42 - before
    copies.target.server.wait_idle()
    (album,) = copies.target.server.state()["albums"]
    assert len(album["assets"]) == 40
    assert copies()["changed"] is False


def test_copy_ends_when_list_breaks_off(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    copies.source.server.fault(path="/search/metadata", after=1, times=None, status=500)
    assert copies.failing().kind == "server"


def test_asset_deleted_meanwhile_fails_alone(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    copies.source.upload("b.jpg")
    copies.source.server.fault(
        method="GET", path=f"/assets/{copies.source.ids['a.jpg']}$", status=400, json={"message": "Not found or no asset.read access"}
    )
    error = copies.failing()
    assert "is not on the source any more" in error.msg
    assert on(copies.target) == ["b.jpg"]


@pytest.mark.parametrize(("side", "lacking"), [("source", "asset.download"), ("target", "albumUser.create")])
def test_key_without_a_scope_fails_at_once(copies: Copies, side: str, lacking: str) -> None:
    scopes = {
        "source": ["user.read", "asset.read", "album.read", "tag.read", "stack.read", "asset.download", "face.read", "asset.edit.get"],
        "target": [
            *("user.read", "asset.upload", "asset.read", "asset.update", "album.read", "album.create", "album.update", "albumAsset.create"),
            *("albumUser.create", "tag.read", "tag.create", "tag.asset", "stack.read", "stack.create", "asset.view"),
            *("face.read", "face.create", "face.update", "person.read", "person.create", "person.update"),
        ],
    }
    copies.source.upload("a.jpg")
    account: Account = getattr(copies, side)
    account.api_key = account.server.make_key(permissions=scopes[side])
    assert copies()["uploaded"] == 1
    account.api_key = account.server.make_key(permissions=[one for one in scopes[side] if one != lacking])
    error = copies.failing()
    assert isinstance(error, errors.PermissionDenied)
    assert lacking in error.msg


def test_copy_counts_and_reports_skipped_files(copies: Copies, tmp_path: Path) -> None:
    copies.source.upload("a.jpg")
    empty = copies.source.upload("empty.jpg", b"")
    check = copies(check=True)
    result = copies(report=str(tmp_path / "report"))
    assert (check["uploaded"], check["skip_reasons"]) == (result["uploaded"], result["skip_reasons"]) == (1, {"empty file": 1})
    lines = [json.loads(line) for line in (tmp_path / "report").read_text(encoding="utf-8").splitlines()]
    assert [line["path"] for line in lines if line.get("action") == "skipped"] == [f"empty.jpg ({empty})"]
    assert on(copies.target) == ["a.jpg"]


def test_people_without_person_read_names_the_scope(copies: Copies) -> None:
    scopes = ["user.read", "asset.read", "album.read", "tag.read", "stack.read", "asset.download", "face.read", "asset.edit.get"]
    copies.source.upload("a.jpg")
    copies.source.person("Ann", "a.jpg")
    copies.source.api_key = copies.source.server.make_key(permissions=scopes)
    copies.source.server.clear_requests()
    error = copies.failing(selection={"people": ("Ann",)})
    assert isinstance(error, errors.PermissionDenied)
    assert "person.read (needed to find the people)" in error.msg
    assert on(copies.target) == []
    copies.source.api_key = copies.source.server.make_key(permissions=[*scopes, "person.read"])
    assert copies(selection={"people": ("Ann",)})["uploaded"] == 1


def test_the_same_account_is_refused(copies: Copies) -> None:
    assert "the same account" in Copies(copies.source, copies.source).failing().msg


def test_copy_between_accounts_of_same_server(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    admin = Account(copies.source.server, copies.source.server.admin_api_key)
    assert Copies(copies.source, admin)()["uploaded"] == 1
    assert [asset["checksum"] for asset in admin.server.state()["assets"]] == [sha1_of("a.jpg")] * 2


def test_copy_leaves_file_in_trash_of_target(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    copies.source.album("Rome", "a.jpg")
    asset_id = copies.target.upload("a.jpg")
    copies.target.ask("DELETE", "/assets", json={"ids": [asset_id]})
    result = copies()
    assert (result["uploaded"], result["duplicates"]) == (0, 1)
    assert [text[:40] for text in result["warnings"]] == ["1 files are in the trash of the target, "]
    (album,) = copies.target.server.state()["albums"]
    assert album["assets"] == []


def test_unknown_users_of_a_shared_album_are_warned_about(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    album = copies.source.album("Rome", "a.jpg")
    admin = Account(copies.source.server, copies.source.server.admin_api_key)
    stranger = admin.ask("POST", "/admin/users", json={"email": "eve@example.com", "name": "Eve", "password": "secret-word"})
    copies.source.ask("PUT", f"/albums/{album}/users", json={"albumUsers": [{"userId": stranger["id"], "role": "viewer"}]})
    result = copies()
    (warning,) = result["warnings"]
    assert {"'Rome'", "eve@example.com,"} <= set(warning.split())
    assert copies()["changed"] is False


def test_copy_continues_after_failed_album(copies: Copies) -> None:
    for name in ("a.jpg", "b.jpg"):
        copies.source.upload(name)
    copies.source.album("Rome", "a.jpg")
    copies.source.album("Oslo", "b.jpg")
    copies.source.tag("Trip", "a.jpg")
    copies.source.stack("a.jpg", "b.jpg")
    copies.target.server.fault(method="POST", path="/albums$", status=400, json={"message": "No such album"})
    copies.source.server.fault(method="GET", path="/tags$", status=400, json={"message": "No tags"})
    error = copies.failing()
    assert [one["path"] for one in error.result["failures"]] == ["album Rome", "tags"]
    state = copies.target.server.state()
    assert ([album["name"] for album in state["albums"]], len(state["stacks"])) == (["Oslo"], 1)
    assert copies()["counts"]["failed"] == 0
    assert len(copies.target.server.state()["albums"]) == 2


def test_an_album_whose_answer_was_lost_is_not_made_twice(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    copies.source.upload("b.jpg")
    copies.source.album("Rome", "a.jpg")
    copies.source.album("Rome", "b.jpg", description="the second")
    copies.target.server.fault(method="POST", path="/albums$", after=1, cut="response")
    copies()
    albums = copies.target.server.state()["albums"]
    assert [(album["name"], len(album["assets"])) for album in albums] == [("Rome", 1), ("Rome", 1)]
    assert copies()["changed"] is False


def test_leases_on_paused_queues_are_no_albums_to_copy(copies: Copies) -> None:
    copies.source.upload("a.jpg")
    copies.source.album("A lease", description='{"note": "x", "photoyard.immich lease": {}}')
    copies()
    assert copies.target.server.state()["albums"] == []
