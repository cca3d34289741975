# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Something between us and Immich repeats its answers, or what was true when Immich answered is not any more."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from immich_emulator.testing import Emulator
from support.collection import ApiKey, Connection, Immich
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


def test_repeated_id_of_upload_ends_deleting_run(server: Emulator, src: Path) -> None:
    wanted = {path.name: sha1(path) for path in src.iterdir()}
    with through(server, repeating(4, "/assets")) as uploads:
        error: Any = uploads.failing(src, after_upload="delete", concurrency=1)
    assert (error.kind, *counts(error.result, "failed")) == ("proxy", 1)
    left = files(src)
    assert Path(error.result["failures"][0]["path"]).name in left
    assert {checksum for name, checksum in wanted.items() if name not in left} <= on_server(server)
    assert counts(Uploads(server)(src, after_upload="delete"), "failed") == [0]
    assert files(src) == []
    assert set(wanted.values()) == on_server(server)


def test_repeated_id_in_check_stops_deletion(server: Emulator, src: Path) -> None:
    Uploads(server)(src)

    def same_id(request: Seen, answer: Reply) -> Reply:
        if not request.path.endswith(CHECK):
            return answer
        found = json.loads(answer.body)
        if not asked:
            found["results"][1]["assetId"] = found["results"][0]["assetId"]
        asked.append(request.path)
        return Reply(200, json.dumps(found).encode(), answer.headers)

    asked: list[str] = []
    with through(server, same_id) as uploads:
        error: Any = uploads.failing(src, after_upload="delete")
    assert (error.kind, *counts(error.result, "duplicates", "failed")) == ("proxy", 12, 1)
    assert Path(error.result["failures"][0]["path"]).name in files(src)


def test_unknown_id_in_answer_deletes_nothing(server: Emulator, src: Path) -> None:
    """Each answer to an upload names another id, none twice."""

    def change(request: Seen, answer: Reply) -> Reply:
        if not request.path.endswith("/assets"):
            return answer
        found = json.loads(answer.body)
        return Reply(answer.status, json.dumps({**found, "id": str(uuid.uuid5(uuid.NAMESPACE_OID, found["id"]))}).encode(), answer.headers)

    with through(server, change) as uploads:
        error: Any = uploads.failing(src, after_upload="delete")
    assert (error.kind, *counts(error.result, "failed", "deleted_local")) == ("proxy", 1, 0)  # the run ends with the first
    assert error.result["failures"][0]["msg"].startswith("The file was not deleted: ")
    assert len(files(src)) == 12


def test_an_old_answer_to_a_check_deletes_nothing(server: Emulator, src: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It said that the files are there. Since then they were put into the trash."""
    Uploads(server)(src)
    with through(server, repeating(2, CHECK)) as uploads:
        before_deletion(monkeypatch, lambda: into_the_trash(server))
        error: Any = uploads.failing(src, after_upload="delete")
    assert (error.kind, *counts(error.result, "duplicates", "failed", "deleted_local")) == ("proxy", 12, 1, 0)
    assert error.result["failures"][0]["msg"].startswith("The file was not deleted: ")
    assert len(files(src)) == 12


def into_the_trash(server: Emulator, name: str = "") -> None:
    """Puts all assets, or those of this name, into the trash."""
    client = Immich(Connection(server.url, ApiKey(server.api_key)))
    ids = [one["id"] for one in server.state()["assets"] if one["name"].startswith(name)]
    client.assets.trash(ids)
    client.close()


@pytest.mark.parametrize("known", [False, True])
def test_local_file_trashed_meanwhile_is_kept(each_version: Uploads, src: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    server = each_version.server
    if known:
        each_version(src)
    before_deletion(monkeypatch, lambda: into_the_trash(server, "0"))
    error: Any = each_version.failing(src, after_upload="delete")
    assert files(src) == [f"0{number}.jpg" for number in range(10)]
    assert counts(error.result, "deleted_local", "failed") == [2, 10]
    assert "in the trash" in error.result["failures"][0]["msg"]


def test_local_file_restored_on_server_is_deleted(each_version: Uploads, src: Path) -> None:
    each_version(src)
    into_the_trash(each_version.server)
    predicted = each_version(src, server_trash="restore", after_upload="delete", check=True)
    result = each_version(src, server_trash="restore", after_upload="delete")
    assert result["counts"] == predicted["counts"]
    assert counts(result, "restored", "deleted_local") == [12, 12]
    assert len(on_server(each_version.server)) == 12


def test_failed_check_deletes_nothing(uploads: Uploads, src: Path) -> None:
    uploads.server.fault(method="POST", path=CHECK, after=1, times=None, status=400, json={"message": "No"})
    error: Any = uploads.failing(src, after_upload="delete")
    assert counts(error.result, "uploaded", "failed", "deleted_local") == [12, 12, 0]
    assert f"{src}/" in error.msg
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
