# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups with a manifest: which one counts, what is written down, what is said where a step fails, and what is deleted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from support.collection import ImmichError, errors
from support.http.wire import writes
from support.photos.libraries import small_library

from .conftest import WHOLE, Backups, Result

OLD, NEW = "immich-db-backup-20250101T020000-v3.0.0-pg17.12", "immich-db-backup-20260101T020000-v3.1.0-pg17.12"


def recorded(backups: Backups, *, check: bool = False, **options: Any) -> Result:
    return backups("fetched", manifest=True, check=check, **options)


def files(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.exists() else []


def test_new_backup_gets_manifest_of_counts_and_sample(each_version: Backups) -> None:
    small_library(each_version.server)
    predicted = recorded(each_version, sample=5, check=True)
    assert (predicted["changed"], predicted["path"], files(each_version.dest)) == (True, None, [])
    done = recorded(each_version, sample=5)
    path = Path(done["path"])
    assert files(each_version.dest) == [path.name.replace(".sql.gz", ".json"), path.name]
    manifest = json.loads(Path(done["manifest_path"]).read_text())
    assert manifest == done["manifest"]
    assert manifest["dump"]["sha256"] == done["checksum"]
    assert manifest["statistics"]["before"]["server"]["photos"] == manifest["statistics"]["after"]["server"]["photos"] > 0
    assert {one["name"] for one in manifest["sample"]} <= {"a.jpg", "b.jpg", "c.jpg"}
    assert os.stat(done["manifest_path"]).st_mode & 0o777 == 0o600
    again = recorded(each_version, max_age="1h", make=False)
    assert (again["changed"], again["path"], again["manifest"]) == (False, done["path"], manifest)


def test_impossible_sample_makes_no_backup(backups: Backups) -> None:
    with pytest.raises(errors.InvalidRequest) as refused:
        recorded(backups, sample=1001)
    assert refused.value.options == ("sample",)
    assert (writes(backups.server), files(backups.dest)) == ([], [])


def test_young_backup_without_manifest_does_not_count(backups: Backups) -> None:
    made = backups()["backup"]["filename"]
    assert recorded(backups, max_age="1h", make=False)["path"] is None
    assert files(backups.dest) == []
    assert recorded(backups, max_age="1h")["backup"]["filename"] != made


@pytest.mark.parametrize("check", [True, False])
def test_damaged_or_unproven_young_backup_is_rejected(backups: Backups, check: bool) -> None:
    done = recorded(backups)
    name, manifest = Path(done["path"]).name, done["manifest"]
    Path(done["manifest_path"]).write_text(json.dumps({**manifest, "proof": {"differences": ["7 photos are missing."]}}))
    found = recorded(backups, max_age="1h", make=False, check=check)
    assert (found["path"], found["damaged"]) == (None, None)
    assert found["rejected"] == f"The proof of {name} has failed: 7 photos are missing."
    Path(done["manifest_path"]).write_text(json.dumps(manifest))
    os.unlink(done["path"])
    backups.put(name, WHOLE[:-9])
    found = recorded(backups, max_age="1h", make=False, check=check)
    assert (found["path"], found["damaged"]) == (None, name)
    assert found["rejected"].startswith(f"The backup {name} on the server is cut: after ")
    assert found["rejected"].count(". ") == 0


def test_failed_step_and_its_backup_are_named(backups: Backups) -> None:
    backups.server.let_backups_work(False)
    with pytest.raises(ImmichError) as failed:
        recorded(backups)
    assert (failed.value.result["failed_step"], failed.value.result["backup"]) == ("make", None)
    backups.server.let_backups_work(True, "cut")
    with pytest.raises(ImmichError) as failed:
        recorded(backups)
    (name,) = backups.names()
    assert (failed.value.kind, failed.value.result["failed_step"]) == ("integrity", "fetch")
    assert (failed.value.result["backup"]["filename"], failed.value.result["path"]) == (name, None)
    assert files(backups.dest) == [name.replace(".sql.gz", ".json")] == [Path(failed.value.result["manifest_path"]).name]


@pytest.mark.parametrize("proof", [5, {"differences": 5}, {"differences": {}}, []])
def test_odd_proof_in_manifest_is_none(backups: Backups, proof: object) -> None:
    done = recorded(backups)
    Path(done["manifest_path"]).write_text(json.dumps({**done["manifest"], "proof": proof}))
    assert recorded(backups, max_age="1h", make=False)["path"] == done["path"]


def test_manifest_of_killed_run_gets_its_checksum(backups: Backups) -> None:
    done = recorded(backups)
    path = Path(done["manifest_path"])
    begun = json.dumps({**done["manifest"], "dump": {**done["manifest"]["dump"], "sha256": None}})
    path.write_text(begun)
    predicted = recorded(backups, max_age="1h", check=True)
    assert (predicted["changed"], predicted["manifest"], path.read_text()) == (True, done["manifest"], begun)
    assert recorded(backups, max_age="1h")["changed"] is True
    assert json.loads(path.read_text()) == done["manifest"]
    assert recorded(backups, max_age="1h")["changed"] is False


def test_manifest_of_another_file_is_refused(backups: Backups) -> None:
    done = recorded(backups)
    Path(done["manifest_path"]).write_text(json.dumps({**done["manifest"], "dump": {"sha256": "0" * 64}}))
    with pytest.raises(ImmichError, match="is the manifest of another file") as failed:
        recorded(backups, max_age="1h")
    assert failed.value.kind == "local"


def test_oldest_fetched_and_manifests_of_none_are_deleted(backups: Backups) -> None:
    backups.dest.mkdir()
    never = json.dumps({"dump": {"sha256": None}})
    kept = {f"{NEW}.sql.gz": "", f"{NEW}.json": never, "notes.json": never, "other.sql.gz": ""}
    begun = {name.replace("20260101", "20260103"): "" for name in (f".{NEW}.sql.gz.part",)}
    parts = {**begun, f"{NEW.replace('20260101', '20260103')}.json": never}
    alone = {f"{NEW.replace('20260101', '20260102')}.json": never}
    old = {f"{OLD}.sql.gz": "", f"{OLD}.json": "{}"}
    for name, text in {**kept, **parts, **alone, **old}.items():
        (backups.dest / name).write_text(text)

    def delete(*, check: bool = False, **options: Any) -> list[str]:
        found: list[str] = backups("absent", dest=str(backups.dest), check=check, **options)["deleted_fetched"]
        return found

    assert delete(check=True) == list(alone)
    assert delete(fetched=f"{next(iter(alone))[:-5]}.sql.gz") == []
    assert delete(keep_fetched=1, fetched=f"{next(iter(alone))[:-5]}.sql.gz", check=True) == [*old, *list(kept)[:2]]
    assert delete() == list(alone)
    assert files(backups.dest) == sorted({**kept, **parts, **old})
    assert delete(keep_fetched=1) == list(old)
    assert files(backups.dest) == sorted({**kept, **parts})
    assert delete(keep_fetched=1) == []
    assert backups.server.requests(writes=True) == []


def test_proof_is_written_down_before_old_backups_go(backups: Backups) -> None:
    backups.dest.mkdir()
    old = backups.dest / f"{OLD}.sql.gz"
    old.write_bytes(WHOLE)
    done = recorded(backups)
    ending: dict[str, Any] = {"dest": str(backups.dest), "fetched": Path(done["path"]).name, "keep_fetched": 1}
    found = {"proven": True, "counts": {"assets": 3}, "differences": [], "changed": False, "invocation": {"module_args": {}}}
    predicted = backups("absent", check=True, **ending, proof=found)
    assert (predicted["changed"], old.exists(), json.loads(Path(done["manifest_path"]).read_text())) == (True, True, done["manifest"])
    deleted = backups("absent", **ending, proof=found)
    assert (deleted["changed"], deleted["deleted_fetched"], old.exists()) == (True, [old.name], False)
    manifest = json.loads(Path(done["manifest_path"]).read_text())
    moment = manifest["proof"].pop("time")
    assert moment.endswith("Z")
    assert manifest == {**done["manifest"], "proof": {"proven": True, "error": None, "counts": {"assets": 3}, "differences": []}}
    assert backups("absent", **ending)["changed"] is False


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"proven": False, "differences": ["7 photos are missing."]}, "does not hold what the server had: 7 photos are missing."),
        ({"failed": True, "msg": "There is no PostgreSQL."}, "There is no PostgreSQL."),
    ],
)
def test_failed_proof_is_written_down_and_deletes_nothing(backups: Backups, found: dict[str, Any], said: str) -> None:
    done = recorded(backups)
    old = backups.dest / f"{OLD}.sql.gz"
    old.write_bytes(WHOLE)
    with pytest.raises(ImmichError) as failed:
        backups("absent", dest=str(backups.dest), fetched=Path(done["path"]).name, keep_fetched=1, keep=1, proof=found)
    assert said in failed.value.msg
    assert (failed.value.kind, failed.value.result) == ("integrity", {"changed": True})
    proof = json.loads(Path(done["manifest_path"]).read_text())["proof"]
    assert (proof["proven"], proof["error"]) == (False, found.get("msg"))
    assert old.exists()
    if "differences" in found:
        assert recorded(backups, max_age="1h", make=False)["rejected"].endswith(" has failed: 7 photos are missing.")


def test_proof_of_backup_without_manifest_is_refused(backups: Backups) -> None:
    done = recorded(backups)
    os.unlink(done["manifest_path"])
    with pytest.raises(ImmichError) as failed:
        backups("absent", dest=str(backups.dest), fetched=Path(done["path"]).name, proof={"proven": True})
    assert failed.value.kind == "local"
    assert files(backups.dest) == [Path(done["path"]).name]
    with pytest.raises(ImmichError) as failed:
        backups("fetched", proof={"proven": True})
    assert failed.value.failure()["options"] == ["proof", "state"]
