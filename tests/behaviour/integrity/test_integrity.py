# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Integrity checks: counts, what is deleted, and above all what is not, over real HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._integrity.ownership import parse_path
from ansible_collections.photoyard.immich.plugins.module_utils._integrity.report import ReportOptions, read_report
from immich_emulator.testing import Emulator
from support.collection import ImmichError, RunFailed
from support.photos.libraries import Account
from support.stops import stop_when

from .conftest import Checking, Result


def test_stale_entry_of_a_tracked_original_stays(checking: Checking) -> None:
    """The report still has the file after another check, and deleting the entry would delete the photo."""
    stale, lost = checking.put("upload", f"{uuid.uuid4()}.jpg"), checking.put("upload", f"{uuid.uuid4()}.jpg")
    checking.report_old(stale, lost)
    asset_id = checking.track(stale)
    predicted = checking.delete(check=True)
    done = checking.delete()
    assert checking.report() == {stale}
    assert done["deleted"] == predicted["deleted"] == [lost]
    assert [entry["path"] for entry in done["kept"]] == [stale]
    assert done["kept"] == predicted["kept"]
    assert done["counts"] == predicted["counts"] == {"untracked": 1, "missing": 0, "checksum": 0}
    assert checking.sent("DELETE") == 1
    assert checking.api("GET", f"/assets/{asset_id}")["originalPath"] == stale
    assert checking.delete()["changed"] is False


@pytest.mark.parametrize("change", ["trashed", "hidden", "locked", "moved", "another case", "accents"])
def test_every_kind_of_tracked_original_stays(checking: Checking, change: str) -> None:
    name = "Stra\N{LATIN SMALL LETTER SHARP S}e a\N{COMBINING DIAERESIS} 2024.jpg" if change == "accents" else f"{uuid.uuid4()}.jpg"
    path = checking.put("upload", name)
    checking.report_old(path)
    Account(checking.server).upload("in view.jpg")
    in_database = {"moved": path.replace("/data", "/usr/src/app/upload"), "another case": path.replace(".jpg", ".JPG")}
    stored = path.replace("a\N{COMBINING DIAERESIS}", "\N{LATIN SMALL LETTER A WITH DIAERESIS}")
    asset_id = checking.track(in_database.get(change, stored if change == "accents" else path))
    if change == "trashed":
        checking.api("DELETE", "/assets", {"ids": [asset_id]})
    elif change in ("hidden", "locked"):
        checking.api("PUT", "/assets", {"ids": [asset_id], "visibility": change})
    result = checking.delete()
    assert result["deleted"] == []
    assert checking.report() >= {path}
    assert ("locked folder" if change == "locked" else "the original of") in result["kept"][0]["reason"]


def test_files_of_unknown_owners_stay(checking: Checking) -> None:
    """Without the user's key, nothing that could be the user's is deleted; what a user had who is gone is nobody's."""
    gone = str(uuid.uuid4())
    paths = {
        "user": checking.put("upload", "1.jpg"),
        "admin": checking.put("upload", "2.jpg", user="admin"),
        "gone": checking.put("upload", "3.jpg", user=gone),
        "label": checking.put("library", "a-photo.jpg", user="admin"),
    }
    checking.report_old(*paths.values())
    result = checking.delete(keys=())
    assert result["deleted"] == sorted([paths["admin"], paths["gone"]])
    assert [one["path"] for one in result["kept"]] == [paths["label"], paths["user"]]
    assert all("user@example.com, whose API key is not among owner_api_keys" in one["reason"] for one in result["kept"])
    checking.api("POST", "/libraries", {"ownerId": checking.users["user"], "importPaths": ["/data/library"]}, admin=True)
    assert "import path" in checking.delete()["kept"][0]["reason"]
    assert checking.report() == {paths["label"]}


def test_thumbnails_go_with_their_photo_or_person(checking: Checking) -> None:
    person = checking.api("POST", "/people", {"name": "Anna"})["id"]
    names = {"person": f"{person}.jpeg", "gone": f"{uuid.uuid4()}_preview.jpeg", "odd": "stray.webp"}
    paths = {kind: checking.put("thumbs", name) for kind, name in names.items()}
    checking.report_old(*paths.values())
    result = checking(delete_untracked=["thumbs"])
    assert result["deleted"] == [paths["gone"]]
    unnamed, present = sorted(kept["reason"] for kept in result["kept"])
    assert "not named" in unnamed
    assert "still there" in present
    assert checking(delete_untracked=["upload"])["kept_count"] == 0


def test_young_entries_stay(checking: Checking) -> None:
    path = checking.put("upload", "1234.jpg")
    assert checking.delete()["deleted"] == []
    result = checking.delete()
    assert (checking.report(), result["deleted"]) == ({path}, [])
    assert "min_age (86400 s)" in result["kept"][0]["reason"]


def test_more_than_the_limit_deletes_nothing(checking: Checking) -> None:
    paths = {checking.put("upload", f"photo-{number}.jpg") for number in range(3)}
    checking.report_old(*paths)
    for check in (True, False):
        with pytest.raises(ImmichError, match=r"3 untracked files .* delete_limit"):
            checking.delete(check=check, delete_limit=2)
    assert checking.report() == paths
    assert checking.delete(delete_limit=3)["deleted_count"] == 3
    assert checking.report() == set()


def test_deletion_spares_file_of_new_photo(checking: Checking) -> None:
    path = checking.put("upload", "late-photo.jpg")
    checking.report_old(path)
    item = {"id": str(uuid.uuid4()), "ownerId": checking.users["user"], "originalPath": path}
    late = {"albums": {}, "assets": {"items": [item], "nextPage": None}}
    checking.server.fault("POST", "/search/metadata$", after=1, json=late)
    result = checking.delete()
    assert (checking.report(), result["deleted"], result["changed"]) == ({path}, [], False)
    assert checking.sent("DELETE") == 0


def test_counts_above_the_maximum_fail(checking: Checking) -> None:
    missing, changed = (checking.track(f"/data/upload/x/aa/bb/{name}", name) for name in ("a.jpg", "b.jpg"))
    originals = {one["id"]: one["path"] for one in checking.server.state()["assets"]}
    Path(originals[missing]).unlink()
    Path(originals[changed]).write_bytes(b"other")
    with pytest.raises(ImmichError, match=r"1 missing \(max.missing is 0\), 1 changed \(max.checksum is 0\)") as failed:
        checking(checks=["missing", "checksum"], max={"untracked": 0, "missing": 0, "checksum": 0})
    assert failed.value.result["counts"] == {"untracked": 0, "missing": 1, "checksum": 1}
    assert failed.value.kind == "integrity"
    with closing(checking.client()) as client:
        report = read_report(client, ReportOptions())
    assert [one["asset_id"] for kind in ("missing", "checksum") for one in report[kind]] == [missing, changed]
    assert report["counts"] == failed.value.result["counts"]
    assert not any(one["trashed"] for one in checking.server.state()["assets"])
    with pytest.raises(ImmichError, match="1 missing"):
        checking(check=True, max={"missing": 0})
    assert checking(checks=[], max={"missing": 1, "untracked": None})["checked"] == []


def test_lost_file_of_a_trashed_photo_is_not_missing(checking: Checking) -> None:
    """Immich does not look at it, as the module's documentation says."""
    asset_id = checking.track("/data/upload/x/aa/bb/a.jpg", "a.jpg")
    Account(checking.server).ask("DELETE", "/assets", json={"ids": [asset_id]})
    Path(checking.server.state()["assets"][0]["path"]).unlink()
    assert checking(checks=["missing", "checksum"], max={"missing": 0, "checksum": 0})["counts"]["missing"] == 0


def test_check_mode_asks_for_no_change(checking: Checking) -> None:
    checking.report_old(checking.put("upload", "1234.jpg"))
    checking.server.clear_requests()
    result = checking.delete(check=True, min_age=0.0)
    assert (result["changed"], result["deleted_count"]) == (True, 1)
    assert checking.server.requests(writes=True) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max": {"missing": -1}}, "max.missing must be at least 0"),
        ({"delete_limit": 1001}, "delete_limit must be from 0 to 1000"),
        ({"checks": ["missing"], "delete_untracked": ["upload"]}, "Add untracked to checks"),
        ({"wait_timeout": float("nan")}, "wait_timeout must be"),
    ],
)
def test_integrity_refuses_invalid_options(checking: Checking, options: Result, said: str) -> None:
    with pytest.raises(ImmichError, match=said):
        checking(**options)
    assert checking.server.requests(writes=True) == []


def test_a_paused_queue_is_named(checking: Checking) -> None:
    checking.server.pause("integrityCheck")
    with pytest.raises(ImmichError, match="The queue integrityCheck is paused"):
        checking()


@pytest.mark.parametrize("version", ["1.135", "2.7"])
def test_older_servers_are_refused(emulator: Callable[..., Emulator], version: str) -> None:
    older = Checking(emulator(version=version))
    with pytest.raises(ImmichError, match=r"3\.0\.0") as failed:
        older()
    assert failed.value.kind == "version"


@pytest.mark.check
def test_a_long_report_is_read_page_by_page(checking: Checking) -> None:
    paths = {checking.put("upload", f"{number:04}.jpg") for number in range(501)}
    checking(checks=["untracked"])
    with closing(checking.client()) as client:
        report = read_report(client, ReportOptions(limit=1000))
        assert {one["path"] for one in report["untracked"]} == paths
        assert len(read_report(client, ReportOptions(kinds=["untracked"], limit=2))["untracked"]) == 2


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/data/library/anna/library/b/c.jpg", "library/b/c.jpg"),
        ("/mnt/library/anna/2024/a.jpg", "library/anna/2024/a.jpg"),
        ("/data/upload/anna/a.jpg", None),
        ("/data/profile/x/y.jpg", None),
        ("library", None),
    ],
)
def test_path_tells_place_of_file(path: str, place: str | None) -> None:
    found = parse_path(path)
    assert (found and found.path) == place


def test_deletion_stopped_between_files_is_resumed(checking: Checking) -> None:
    lost = [checking.put("upload", f"{uuid.uuid4()}.jpg") for _ in range(3)]
    checking.report_old(*lost)
    with pytest.raises(RunFailed) as failed:
        checking.delete(check_stop=stop_when(lambda: checking.sent("DELETE") == 2))
    assert failed.value.msg.endswith(": 2 of 3 files.")
    assert (failed.value.result["changed"], failed.value.result["deleted_count"]) == (True, 2)
    assert set(failed.value.result["deleted"]) == set(lost) - checking.report()
    assert checking.delete()["deleted_count"] == 1


def test_integrity_stopped_while_waiting_keeps_result(checking: Checking) -> None:
    with pytest.raises(RunFailed) as failed:
        checking(check_stop=stop_when(lambda: True))
    assert failed.value.kind == "local"
    assert failed.value.result == {"changed": False, "checked": ["untracked", "missing"]}
