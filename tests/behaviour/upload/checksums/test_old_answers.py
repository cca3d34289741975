# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Something between us and Immich repeats its answers, or what was true when Immich answered is not any more."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.selfhosted.immich.plugins.module_utils._upload.check import AssetIds
from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich, StoredFile, check
from support.http.answering import Reply, Seen

from ..conftest import Uploads, counts, names, picture, sha1, through
from ..files.test_delete import before_deletion, files

CHECK = "/assets/bulk-upload-check"


def repeating(every: int, path: str) -> Callable[[Seen, Reply], Reply]:
    """Each so many answers to a path are those that the request before got."""
    last: list[Reply] = []

    def change(request: Seen, answer: Reply) -> Reply:
        if not request.path.endswith(path) or answer.status >= 300:
            return answer
        last.append(answer)
        return last[-2] if len(last) % every == 0 else answer

    return change


def on_server(server: Emulator) -> set[str]:
    """The checksums of what is there and not in the trash."""
    return {one["checksum"] for one in server.state()["assets"] if not one["trashed"]}


@pytest.fixture
def src(tmp_path: Path) -> Path:
    """Twelve photos."""
    for number in range(12):
        picture(tmp_path / "src" / f"{number:02}.jpg")
    return tmp_path / "src"


@pytest.mark.parametrize("after_upload", ["keep", "delete"])
def test_two_files_with_one_id_fail_both(server: Emulator, src: Path, after_upload: str) -> None:
    wanted = {path.name: sha1(path) for path in src.iterdir()}
    with through(server, repeating(4, "/assets")) as uploads:
        error: Any = uploads.failing(src, after_upload=after_upload, concurrency=1)
    assert "whose bytes differ, the same id" in error.msg
    assert len(error.result["failures"]) == 6
    assert counts(error.result, "uploaded", "failed") == [9, 6]
    left = files(src)
    assert {Path(one["path"]).name for one in error.result["failures"]} <= set(left)
    assert {checksum for name, checksum in wanted.items() if name not in left} <= on_server(server)
    assert len(left) == (6 if after_upload == "delete" else 12)
    if after_upload == "delete":
        assert counts(Uploads(server)(src, after_upload="delete"), "duplicates", "deleted_local") == [6, 6]


def test_two_files_with_one_id_in_the_answer_to_a_check(server: Emulator, src: Path) -> None:
    Uploads(server)(src)

    def same_id(request: Seen, answer: Reply) -> Reply:
        if not request.path.endswith(CHECK):
            return answer
        found = json.loads(answer.body)
        if len(found["results"]) == 12:  # not the last one, which is about those that are to be deleted
            found["results"][1]["assetId"] = found["results"][0]["assetId"]
        return Reply(200, json.dumps(found).encode(), answer.headers)

    with through(server, same_id) as uploads:
        predicted: Any = uploads.failing(src, check=True)
        error: Any = uploads.failing(src, after_upload="delete")
    assert counts(error.result) == counts(predicted.result) == [0, 10, 0, 2]
    assert "whose bytes differ, the same id" in error.msg
    assert set(files(src)) == {Path(one["path"]).name for one in error.result["failures"]}


def test_the_id_of_an_upload_in_the_answer_to_a_later_check(
    server: Emulator, src: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of the two answers looks well by itself."""
    old = picture(tmp_path / "old.jpg")
    Uploads(server)(old)
    monkeypatch.setattr(check, "_FIRST_BATCH", 1)
    given: list[str] = []
    noted = threading.Event()
    real = AssetIds.note

    def note(ids: AssetIds, placed: StoredFile) -> None:
        real(ids, placed)
        noted.set()

    def change(request: Seen, answer: Reply) -> Reply:
        if request.path.endswith("/assets"):
            given.append(json.loads(answer.body)["id"])
        found = json.loads(answer.body) if request.path.endswith(CHECK) else {"results": []}
        if not any(one["action"] == "reject" for one in found["results"]):
            return answer
        assert noted.wait(60)
        return Reply(200, json.dumps({"results": [{**one, "assetId": given[0]} for one in found["results"]]}).encode(), answer.headers)

    monkeypatch.setattr(AssetIds, "note", note)
    with through(server, change) as uploads:
        error: Any = uploads.failing(src / "00.jpg", old)
    assert [one["path"] for one in error.result["failures"]] == [str(old)]
    assert counts(error.result) == [1, 0, 0, 1]


def test_an_id_that_is_not_the_servers_deletes_nothing(server: Emulator, src: Path) -> None:
    """Each answer to an upload names another id, none twice."""

    def change(request: Seen, answer: Reply) -> Reply:
        if not request.path.endswith("/assets"):
            return answer
        found = json.loads(answer.body)
        return Reply(answer.status, json.dumps({**found, "id": str(uuid.uuid5(uuid.NAMESPACE_OID, found["id"]))}).encode(), answer.headers)

    with through(server, change) as uploads:
        error: Any = uploads.failing(src, after_upload="delete")
    assert (error.kind, *counts(error.result, "failed", "deleted_local")) == ("proxy", 1, 0)  # the run ends with the first
    assert error.result["failures"][0]["msg"].startswith("The file was not deleted: Immich has it under another id now.")
    assert len(files(src)) == 12


def test_an_old_answer_to_a_check_deletes_nothing(server: Emulator, src: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It said that the files are there. Since then they were put into the trash."""
    Uploads(server)(src)
    with through(server, repeating(2, CHECK)) as uploads:
        before_deletion(monkeypatch, lambda: into_the_trash(server))
        error: Any = uploads.failing(src, after_upload="delete")
    assert (error.kind, *counts(error.result, "duplicates", "failed", "deleted_local")) == ("proxy", 12, 1, 0)
    assert error.result["failures"][0]["msg"].startswith("The file was not deleted: Immich does not have it now.")
    assert len(files(src)) == 12


def into_the_trash(server: Emulator, name: str = "") -> None:
    """Puts all assets, or those of this name, into the trash."""
    client = Immich(Connection(server.url, ApiKey(server.api_key)))
    ids = [one["id"] for one in server.state()["assets"] if one["name"].startswith(name)]
    client.assets.trash(ids)
    client.close()


@pytest.mark.parametrize("known", [False, True])
def test_what_was_put_into_the_trash_meanwhile_stays(
    each_version: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    server = each_version.server
    if known:
        each_version(src)
    before_deletion(monkeypatch, lambda: into_the_trash(server, "0"))
    error: Any = each_version.failing(src, after_upload="delete")
    assert files(src) == [f"0{number}.jpg" for number in range(10)]
    assert counts(error.result, "deleted_local", "failed") == [2, 10]
    assert error.result["failures"][0]["msg"].startswith("The file was not deleted: Immich has it in the trash now.")


def test_what_was_restored_is_confirmed_and_deleted(each_version: Uploads, src: Path) -> None:
    each_version(src)
    into_the_trash(each_version.server)
    predicted = each_version(src, server_trash="restore", after_upload="delete", check=True)
    result = each_version(src, server_trash="restore", after_upload="delete")
    assert result["counts"] == predicted["counts"]
    assert counts(result, "restored", "deleted_local") == [12, 12]
    assert len(on_server(each_version.server)) == 12


def test_a_check_that_fails_deletes_nothing(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path=CHECK, after=1, times=None, status=400, json={"message": "No"})
    error: Any = uploads.failing(src, after_upload="delete")
    assert counts(error.result, "uploaded", "failed", "deleted_local") == [12, 12, 0]
    assert error.msg.startswith(f"12 files failed, the first of them {src}/")
    assert "The file was not deleted, because Immich could not confirm that it has it: " in error.msg
    assert len(names(uploads.server)) == len(files(src)) == 12


def test_files_are_confirmed_together(uploads: Uploads, src: Path) -> None:
    uploads(src, after_upload="delete")
    assert files(src) == []
    asked = [one for one in uploads.server.requests() if one["path"] == CHECK]
    assert len(asked) <= 3


def test_check_mode_asks_no_more_than_before(uploads: Uploads, src: Path) -> None:
    uploads(src / "00.jpg")
    uploads.server.clear_requests()
    result = uploads(src, after_upload="delete", check=True)
    assert counts(result, "uploaded", "duplicates", "deleted_local") == [11, 1, 12]
    assert len([one for one in uploads.server.requests() if one["path"] == CHECK]) == 1
