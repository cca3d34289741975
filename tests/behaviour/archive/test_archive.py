# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs: what lies in the folder afterwards, what a second run does, and what no trouble can do to it."""

from __future__ import annotations

import hashlib
import json
import os
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._archive import archiver
from ansible_collections.photoyard.immich.plugins.module_utils._client.values import LEASE_MARK
from ansible_collections.photoyard.immich.plugins.module_utils._selection.selection import Filters
from support.collection import ArchiveTree, ImmichError, LocalFailure
from support.photos.libraries import picture

from .conftest import Archives, counts, filled

MANIFEST = "immich-archive/assets.jsonl"


def manifest(archives: Archives) -> dict[str, dict[str, Any]]:
    """Name in Immich → record of the manifest."""
    lines = [json.loads(line) for line in archives.files()[MANIFEST].splitlines()[1:]]
    by_id = {line["id"]: line for line in lines}
    return {line["name"]: line for line in by_id.values() if "gone" not in line}


def test_a_library_becomes_a_folder(each_version: Archives) -> None:
    account = each_version.account
    account.upload("a.jpg")
    account.upload("b.jpg", minutes=60 * 24 * 40, visibility="archive")
    account.upload("c.jpg", minutes=1)
    account.live("live.heic")
    account.upload("bin.jpg")
    account.ask("DELETE", "/assets", json={"ids": [account.ids["bin.jpg"]]})
    account.album("Rome", "a.jpg", "c.jpg", description="In summer")
    account.tag("Trip/Rome", "a.jpg")
    account.change("a.jpg", description="Two\nlines", rating=4, isFavorite=True)
    account.stack("a.jpg", "c.jpg")
    result = each_version()
    assert counts(result) == {"archived": 5}
    assert result["albums"] == ["Rome"]
    assert each_version.photos() == {
        "2024/2024-06/a.jpg": picture("a.jpg"),
        "2024/2024-06/c.jpg": picture("c.jpg"),
        "2024/2024-06/live.heic": picture("live.heic"),
        "2024/2024-06/live.mov": b"video of live.heic",
        "2024/2024-07/b.jpg": picture("b.jpg"),
    }
    said = manifest(each_version)
    assert said["a.jpg"] == {
        "id": account.ids["a.jpg"],
        "path": "2024/2024-06/a.jpg",
        "checksum": hashlib.sha1(picture("a.jpg")).hexdigest(),
        "size": len(picture("a.jpg")),
        "name": "a.jpg",
        "taken": "2024-06-01T12:00:00.000",
        "modified": "2024-06-01T12:00:00Z",
        "favorite": True,
        "description": "Two\nlines",
        "rating": 4,
        "tags": ["Trip/Rome"],
        "albums": ["Rome"],
        "stack": account.ids["a.jpg"],
    }
    assert said["b.jpg"]["visibility"] == "archive"
    assert said["live.heic"]["live"] == said["live.mov"]["id"]
    assert said["c.jpg"]["stack"] == account.ids["a.jpg"]
    album = json.loads(each_version.files()["immich-archive/albums/Rome.json"])
    assert (album["name"], album["description"], album["files"]) == ("Rome", "In summer", ["2024/2024-06/c.jpg", "2024/2024-06/a.jpg"])
    sidecar = ET.fromstring(each_version.files()["2024/2024-06/a.jpg.xmp"])
    texts = [text for text in (one.strip() for one in sidecar.itertext()) if text]
    assert texts == ["Two\nlines", "Two\nlines", "Trip/Rome", "Trip|Rome", "Rome", "Rome"]
    assert os.stat(each_version.dest / "2024/2024-06/a.jpg").st_mtime == 1_717_243_200


def test_a_second_run_reads_no_original_and_writes_nothing(each_version: Archives) -> None:
    filled(each_version.account)
    each_version.account.album("Rome", "1.jpg")
    each_version()
    each_version.originals()
    before = each_version.states()
    result = each_version()
    assert (result["changed"], counts(result), each_version.originals()) == (False, {"unchanged": 6}, 0)
    assert each_version.states() == before
    assert all(one["method"] == "GET" or one["path"] == "/api/search/metadata" for one in each_version.server.requests())


def test_check_mode_predicts_the_run_and_makes_nothing(archives: Archives) -> None:
    filled(archives.account)
    archives.account.album("Rome", "1.jpg", "2.jpg")
    predicted = archives(check=True)
    assert not archives.dest.exists()
    assert archives.originals() == 0
    done = archives()
    archives.account.change("1.jpg", description="new")
    (archives.dest / "2024/2024-06/2.jpg").unlink()
    before = archives.states()
    predicted_later = archives(check=True)
    assert archives.states() == before
    done_later = archives()
    assert counts(predicted_later) == {"unchanged": 4, "updated": 1, "repaired": 1}
    for one, other in ((predicted, done), (predicted_later, done_later)):
        for key in ("counts", "albums", "removed_albums", "archive_files", "diff", "changed"):
            assert one[key] == other[key]


def test_changed_metadata_updates_sidecar_only(archives: Archives) -> None:
    filled(archives.account)
    archives()
    archives.originals()
    archives.account.change("1.jpg", description="new", dateTimeOriginal="2020-01-01T00:00:00.000Z")
    archives.account.album("Rome", "1.jpg")
    result = archives()
    assert (counts(result), archives.originals()) == ({"unchanged": 5, "updated": 1}, 0)
    assert manifest(archives)["1.jpg"]["path"] == "2024/2024-06/1.jpg"
    assert b"new" in archives.files()["2024/2024-06/1.jpg.xmp"]
    assert not any(path.startswith("immich-archive/removed") for path in archives.files())


def test_sidecar_edited_by_hand_is_set_aside(archives: Archives) -> None:
    filled(archives.account, 1)
    archives()
    sidecar = archives.dest / "2024/2024-06/0.jpg.xmp"
    sidecar.write_bytes(b"<x/>")
    archives.account.change("0.jpg", description="new")
    archives()
    kept = [content for path, content in archives.files().items() if path.startswith("immich-archive/removed/")]
    assert kept == [b"<x/>"]
    assert b"new" in sidecar.read_bytes()


def test_archived_files_with_same_name_stay_apart(archives: Archives) -> None:
    for number, name in enumerate(["a.jpg", "A.jpg", "a.JPG", "á.jpg", "a\u0301.jpg", "x:y.jpg", "x?y.jpg"]):
        archives.account.upload(name, minutes=number)
        archives.account.upload(name, picture(f"other {name}"), minutes=number)
    archives(layout="")
    first = archives.photos()
    assert len(first) == 14
    assert len({path.lower() for path in first}) == 14
    assert counts(archives(layout="{year}")) == {"unchanged": 14}
    assert archives.photos() == first


FOREIGN = {
    "photos": ["2019/holiday.jpg"],
    "one file": ["notes.txt"],
    "folder of that name": ["immich-archive/albums/Rome.json", "notes.txt"],
}


@pytest.mark.parametrize("files", FOREIGN.values(), ids=FOREIGN)
def test_folder_of_other_files_is_refused(archives: Archives, files: list[str]) -> None:
    filled(archives.account, 1)
    for name in files:
        (archives.dest / name).parent.mkdir(parents=True, exist_ok=True)
        (archives.dest / name).write_text("a person's")
    before = sorted(archives.dest.rglob("*"))
    archives.account.server.clear_requests()
    for check in (True, False):
        error = archives.failing(check=check)
        assert (error.kind, str(archives.dest) in error.msg, "dest" in error.msg) == ("local", True, True)
    assert (sorted(archives.dest.rglob("*")), archives.account.server.requests()) == (before, [])


@pytest.mark.parametrize("name", ["lost+found/", "@eaDir/", ".mounted", "immich-archive/partial/"])
def test_fresh_disk_is_no_folder_of_other_files(archives: Archives, name: str) -> None:
    filled(archives.account, 1)
    path = archives.dest / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir() if name.endswith("/") else path.touch()
    assert archives()["counts"]["archived"] == 1


@pytest.mark.parametrize("check", [True, False])
def test_missing_disk_is_refused(archives: Archives, tmp_path: Path, check: bool) -> None:
    """Neither the folder of the disk is made, nor is the folder where it is not mounted written to."""
    filled(archives.account, 1)
    archives.account.server.clear_requests()
    deep = archives.failing(dest=str(tmp_path / "mount/archive"), check=check)
    unmet = archives.failing(require=[str(tmp_path), str(tmp_path / ".mounted")], check=check)
    relative = archives.failing(require=["mounted"], check=check)
    assert [error.kind for error in (deep, unmet, relative)] == ["local", "local", "validation"]
    assert (deep.details, unmet.details) == ({"missing": [f"{tmp_path}/mount"]}, {"missing": [f"{tmp_path}/.mounted"]})
    assert not (tmp_path / "mount").exists()
    assert not archives.dest.exists()
    assert archives.account.server.requests() == []
    (tmp_path / ".mounted").touch()
    assert archives(require=[str(tmp_path / ".mounted")], check=check)["counts"]["archived"] == 1


def test_other_peoples_files_are_left_alone(archives: Archives) -> None:
    archives()
    folder = archives.dest / "2024/2024-06"
    folder.mkdir(parents=True)
    (folder / "0.jpg").write_bytes(b"a person's")
    filled(archives.account, 1)
    archives()
    assert (folder / "0.jpg").read_bytes() == b"a person's"
    assert list(archives.photos().values()).count(picture("0.jpg")) == 1


@pytest.mark.parametrize("lost", ["whole", "half", "zeros"])
def test_a_lost_manifest_is_made_again_without_downloading(archives: Archives, lost: str) -> None:
    filled(archives.account)
    archives.account.upload("0.jpg", b"another of the name", minutes=0)
    archives()
    photos = archives.photos()
    path = archives.dest / MANIFEST
    content = path.read_bytes()
    if lost == "whole":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if lost == "half" else bytes(len(content)))
    archives.originals()
    result = archives()
    assert archives.originals() == 0
    assert result["counts"]["already_in_place"] + result["counts"]["unchanged"] == 7
    assert result["counts"]["already_in_place"] > 0
    assert (archives.photos(), counts(archives())) == (photos, {"unchanged": 7})


@pytest.mark.parametrize("damage", ["gone", "short", "link"])
def test_missing_or_other_archived_file_is_fetched_again(archives: Archives, tmp_path: Path, damage: str) -> None:
    filled(archives.account, 2)
    archives()
    path = archives.dest / "2024/2024-06/1.jpg"
    path.unlink()
    if damage == "short":
        path.write_bytes(b"a person's")
    if damage == "link":
        path.symlink_to(tmp_path / "outside")
    result = archives()
    assert counts(result) == {"unchanged": 1, "repaired": 1}
    assert path.read_bytes() == picture("1.jpg")
    kept = [content for path, content in archives.files().items() if path.startswith("immich-archive/removed/")]
    assert kept == ([b"a person's"] if damage == "short" else [])
    assert not (tmp_path / "outside").exists()


def test_verify_repairs_damage_of_same_size(archives: Archives) -> None:
    filled(archives.account, 3)
    archives()
    path = archives.dest / "2024/2024-06/1.jpg"
    damaged = picture("1.jpg")[:-1] + b"?"
    path.write_bytes(damaged)
    (archives.dest / "2024/2024-06/2.jpg.xmp").write_bytes(b"damaged")
    assert counts(archives()) == {"unchanged": 3}
    for check in (True, False):
        repaired = archives(verify=True, check=check)
        assert counts(repaired) == {"unchanged": 1, "repaired": 2}
        (warning,) = repaired["warnings"]
        assert warning.startswith("2024/2024-06/1.jpg does not have the bytes")
    assert path.read_bytes() == picture("1.jpg")
    assert counts(archives(verify=True)) == {"unchanged": 3}
    kept = [content for path, content in archives.files().items() if path.startswith("immich-archive/removed/")]
    assert sorted(kept) == sorted([damaged, b"damaged"])


def test_wrong_bytes_fail_and_leave_no_file(archives: Archives) -> None:
    filled(archives.account, 3)
    stored = Path(archives.server.state()["assets"][1]["path"])
    name = archives.server.state()["assets"][1]["name"]
    good = stored.read_bytes()
    stored.write_bytes(good[:-1] + b"?")
    error = archives.failing()
    assert counts(error.result) == {"archived": 2, "failed": 1}
    assert name in error.msg
    assert sorted(archives.photos().values()) == sorted(picture(f"{number}.jpg") for number in range(3) if f"{number}.jpg" != name)
    assert os.listdir(archives.dest / "immich-archive/partial") == []
    stored.write_bytes(good)
    assert counts(archives()) == {"archived": 1, "unchanged": 2}


def test_cut_download_of_original_is_retried(archives: Archives) -> None:
    filled(archives.account, 2)
    archives.server.fault("GET", "/original", cut="response", cut_after=10, times=2)
    assert counts(archives(concurrency=1)) == {"archived": 2}
    assert sorted(archives.photos().values()) == sorted([picture("0.jpg"), picture("1.jpg")])


def test_archive_keeps_files_after_error_in_list(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(archives.account, 4)
    archives.server.fault("POST", "/search/metadata", after=1, times=None, status=500)
    error = archives.failing(prune=True)
    assert error.kind == "server"
    archives.server.clear_faults()
    archives.originals()
    result = archives()
    assert sum(result["counts"].values()) == 4
    assert archives.originals() == result["counts"]["archived"]


def test_killed_archive_is_completed_by_next_run(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a kill leaves it: files are in their places of which the manifest knows nothing yet."""
    filled(archives.account, 6)
    monkeypatch.setattr(archiver.Archiver, "flush", lambda _self: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archiver.Archiver, "finish", lambda _self: (_ for _ in ()).throw(LocalFailure("killed")))
        archives.failing(concurrency=1)
    monkeypatch.undo()
    there = len(archives.photos())
    (archives.dest / "immich-archive/partial" / ("a" * 32 + ".part")).write_bytes(b"half")
    archives.originals()
    result = archives()
    assert 0 < there < 6
    assert counts(result) == {"already_in_place": there, "archived": 6 - there}
    assert archives.originals() == 6 - there
    assert os.listdir(archives.dest / "immich-archive/partial") == []


def test_unwritable_folder_is_refused_at_once(archives: Archives) -> None:
    filled(archives.account, 1)
    archives.dest.write_bytes(b"a file")
    below = str(archives.dest / "archive")  # root may write everywhere, but not there
    error = archives.failing(dest=below)
    assert error.kind == "local"
    assert below in error.msg
    assert archives.originals() == 0


def test_a_full_disk_ends_the_run(archives: Archives, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(archives.account, 5)
    archives()
    before = archives.files()
    archives.account.upload("new.jpg", minutes=9)
    full = os.open("/dev/full", os.O_WRONLY)
    new_file = ArchiveTree.new_file

    def on_full_disk(self: ArchiveTree) -> Any:
        file = new_file(self)
        assert file.descriptor is not None
        os.dup2(full, file.descriptor)
        return file

    monkeypatch.setattr(ArchiveTree, "new_file", on_full_disk)
    error = archives.failing()
    monkeypatch.undo()
    os.close(full)
    assert "No space left on device" in error.msg
    assert archives.files() == before
    assert counts(archives()) == {"archived": 1, "unchanged": 5}


def test_another_users_archive_is_refused(archives: Archives) -> None:
    filled(archives.account, 1)
    archives()
    before = archives.states()
    error = archives.failing(key=archives.server.admin_api_key)
    assert "holds the photos of another user" in error.msg
    assert archives.states() == before


def test_archive_names_missing_scopes(archives: Archives) -> None:
    error = archives.failing(key=archives.server.make_key(permissions=["asset.read", "user.read"]))
    assert "asset.download" in error.msg
    assert not archives.dest.exists()


def test_damaged_album_file_is_written_again(archives: Archives) -> None:
    """The others keep their names and stay as they are."""
    filled(archives.account, 3)
    for number, name in enumerate(("Athens", "Rome", "Turin")):
        archives.account.album(name, f"{number}.jpg")
    archives()
    before = archives.files()
    (archives.dest / "immich-archive/albums/Rome.json").write_bytes(b'{"id": ')
    predicted, done = archives(check=True), archives()
    assert predicted["albums"] == done["albums"] == ["Rome"]
    assert {path: content for path, content in archives.files().items() if "/albums/" in path} == {
        path: content for path, content in before.items() if "/albums/" in path
    }


def test_remarks_about_the_whole_archive_come_with_the_run(archives: Archives) -> None:
    filled(archives.account, 2)
    assert archives()["archive_files"] == ["immich-archive/about.json"]
    (archives.dest / "immich-archive/about.json").write_bytes(b"{}")
    with open(archives.dest / MANIFEST, "ab") as stream:
        stream.write(b"damaged\n")
    predicted, done, again = archives(check=True), archives(), archives()
    for one in (predicted, done):
        assert (one["archive_files"], one["changed"]) == (["immich-archive/about.json", MANIFEST], True)
    assert (counts(done), again["archive_files"], again["changed"]) == ({"unchanged": 2}, [], False)


def test_the_album_of_a_lease_is_not_archived(archives: Archives) -> None:
    """A run whose ledger is on the server keeps its lease in an album, which is not one of the user's."""
    filled(archives.account, 1)
    archives.account.album("Rome", "0.jpg")
    archives.account.album("Background jobs paused by nas", description=json.dumps({LEASE_MARK: {"version": 1}}))
    assert archives()["albums"] == ["Rome"]
    assert [path for path in archives.files() if path.startswith("immich-archive/albums/")] == ["immich-archive/albums/Rome.json"]


def album_paths(archives: Archives) -> dict[str, list[str]]:
    found = archives.files()
    files = [json.loads(found[path]) for path in found if path.startswith("immich-archive/albums/")]
    return {one["name"]: one["files"] for one in files}


def test_archive_of_part_keeps_rest(archives: Archives) -> None:
    account = archives.account
    account.upload("a.jpg")
    account.upload("b.png", minutes=1)
    account.live("c.heic", minutes=2)
    account.album("Rome", "a.jpg", "b.png")
    account.album("Oslo", "c.heic")
    png = Filters(extensions=(".png",))
    assert counts(archives(check=True, filters=png)) == {"archived": 1}
    result = archives(filters=png)
    assert (counts(result), result["albums"]) == ({"archived": 1}, ["Rome"])
    assert album_paths(archives) == {"Rome": ["2024/2024-06/b.png"]}
    assert archives(filters=png)["changed"] is False
    result = archives(filters=Filters(not_in_album=True))
    assert (counts(result), result["changed"]) == ({}, False)
    result = archives(filters=Filters(exclude_extensions=(".png", ".heic")))
    assert (counts(result), result["albums"]) == ({"archived": 1}, ["Rome"])
    assert album_paths(archives) == {"Rome": ["2024/2024-06/b.png", "2024/2024-06/a.jpg"]}
    assert archives(filters=png)["changed"] is False
    assert counts(archives()) == {"archived": 2, "unchanged": 2}


def test_partners_photos_are_kept_by_prune(archives: Archives) -> None:
    account = archives.account
    account.upload("mine.jpg")
    partner = type(account)(archives.server, archives.server.admin_api_key)
    partner.live("theirs.heic")
    partner.ask("POST", f"/partners/{account.ask('GET', '/users/me')['id']}")
    account.ask("PUT", f"/partners/{partner.ask('GET', '/users/me')['id']}", json={"inTimeline": True})
    both = Filters(partners=True)
    assert counts(archives(filters=both)) == {"archived": 3}
    assert counts(archives(filters=both, prune=True)) == {"unchanged": 3}
    assert counts(archives()) == {"unchanged": 1}
    with pytest.raises(ImmichError, match="Leave out prune"):
        archives(filters=Filters(favorite=True), prune=True)
    with pytest.raises(ImmichError, match="Set only one of albums and not_in_album"):
        archives(filters=Filters(albums=("Rome",), not_in_album=True))


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(
    ("dest", "kind", "said"),
    [
        ("photos", "validation", "dest must be an absolute path, not 'photos'. Name one folder"),
        ("['/a', '/b']", "validation", "dest must be an absolute path, not '['/a', '/b']'. Name one folder"),
        ("/dev/null", "local", "/dev/null, which dest names, is not a folder."),
    ],
)
def test_archive_refuses_invalid_dest(
    archives: Archives, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: bool, dest: str, kind: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    archives.server.clear_requests()
    error = archives.failing(dest=dest, check=check)
    assert error.kind == kind
    assert error.msg.startswith(said)
    assert sorted(tmp_path.iterdir()) == before
    assert archives.server.requests() == []
