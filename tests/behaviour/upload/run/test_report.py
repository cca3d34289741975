# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run report."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.photoyard.immich.plugins.module_utils._client.errors import LocalFailure
from ansible_collections.photoyard.immich.plugins.module_utils._run.report import Report, is_report_of_run, refuse_report

from ..conftest import Uploads, by_name, counts, names, not_for_ever, picture, sha1


def all_lines(path: Path) -> list[dict[str, Any]]:
    """The report's lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def file_lines(path: Path) -> list[dict[str, Any]]:
    """The lines about files."""
    return [line for line in all_lines(path) if "kind" not in line]


def lines(path: Path) -> dict[str, dict[str, Any]]:
    """The lines about files by the names of these."""
    return {os.path.basename(line["path"]): line for line in file_lines(path)}


def test_a_line_for_each_file(uploads: Uploads, tmp_path: Path) -> None:
    src, report = tmp_path / "src", tmp_path / "report.jsonl"
    uploads(picture(src / "old.jpg"))
    new = picture(src / "new.jpg")
    picture(src / "empty.jpg", b"")
    picture(src / "notes.txt")
    report.write_text('{"kind": "run", "module": "immich_copy", "server": "https://photos.example.com"}\n' * 100)
    report.chmod(0o644)
    error: Any = uploads.failing(src, report=str(report))
    assert error.result["report"] == str(report)
    found = lines(report)
    assets = by_name(uploads.server)
    assert {name: line["action"] for name, line in found.items()} == {
        "old.jpg": "duplicate",
        "new.jpg": "created",
        "empty.jpg": "failed",
        "notes.txt": "skipped",
    }
    assert found["new.jpg"]["seconds"] > 0
    assert {key: found["new.jpg"][key] for key in ("path", "size", "checksum", "asset_id", "failure")} == {
        "path": str(new),
        "size": 7,
        "checksum": sha1(new),
        "asset_id": assets["new.jpg"]["id"],
        "failure": None,
    }
    assert found["old.jpg"]["asset_id"] == assets["old.jpg"]["id"]
    assert [name for name, line in found.items() if line["reason"]] == ["notes.txt"]
    failure = found["empty.jpg"]["failure"]
    assert (failure.keys(), failure["kind"], failure["status"]) == ({"kind", "status", "msg"}, "local", None)
    assert report.stat().st_mode & 0o777 == 0o600


def test_the_first_and_the_last_line_are_about_the_run(uploads: Uploads, tmp_path: Path) -> None:
    src, report = tmp_path / "src", tmp_path / "report.jsonl"
    picture(src / "Trip" / "new.jpg")
    picture(src / "Trip" / "notes.txt")
    result = uploads(src, report=str(report), album_from="folder", tags=["holiday"])
    first, *_, last = all_lines(report)
    server = {"server": uploads.server.url, "version": "3.1.0"}
    assert first == {"kind": "run", "module": "immich_upload", **server, "started": first["started"], "finished": None}
    assert last["finished"] >= last["started"] == first["started"]
    for name in ("counts", "skip_reasons", "bytes_sent", "seconds", "albums", "tags"):
        assert last[name] == result[name]
    assert (last["complete"], last["msg"], last["found"], last["handled"], last["pause"]) == (True, None, 2, 2, None)


def test_a_run_with_failures_is_complete_all_the_same(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "good.jpg")
    picture(tmp_path / "src" / "empty.jpg", b"")
    error = uploads.failing(tmp_path / "src", report=str(tmp_path / "report"))
    last = all_lines(tmp_path / "report")[-1]
    assert (last["complete"], last["msg"]) == (True, error.msg)
    assert (last["counts"]["uploaded"], last["counts"]["failed"]) == (1, 1)


def test_report_of_stopped_run_is_incomplete(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(8):
        picture(tmp_path / "src" / f"{number}.jpg")
    uploads.server.fault("POST", "^/assets$", after=3, times=None, status=401, json={"message": "Invalid API key"})
    error = uploads.failing(tmp_path / "src", concurrency=1, report=str(tmp_path / "report"))
    last = all_lines(tmp_path / "report")[-1]
    assert (last["complete"], last["msg"]) == (False, error.msg)
    assert last["found"] == 8
    assert last["handled"] < 8


def test_report_of_run_without_files_is_incomplete(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "a.jpg")
    error = uploads.failing(tmp_path / "src", album_id=["1f0d5a4e-7f5b-4c37-9a4f-3f1d2c5b6a70"], report=str(tmp_path / "report"))
    first, last = all_lines(tmp_path / "report")
    assert first["server"] == uploads.server.url
    assert (last["complete"], last["msg"], last["counts"], last["albums"]) == (False, error.msg, None, [])


def test_check_mode_writes_none(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads(tmp_path, report=str(tmp_path / "report"), check=True)
    assert not (tmp_path / "report").exists()


def test_unwritable_report_fails_before_upload(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    error = uploads.failing(tmp_path, report=str(tmp_path / "none" / "report"))
    predicted = uploads.failing(tmp_path, report=str(tmp_path / "none" / "report"), check=True)
    assert error.msg == predicted.msg
    assert f"there is no folder {tmp_path}/none. Make it, or name another file with the option report" in error.msg
    assert error.failure()["kind"] == "local"
    assert names(uploads.server) == []


@pytest.mark.parametrize("check", [False, True])
def test_report_at_pipe_is_refused(uploads: Uploads, tmp_path: Path, check: bool) -> None:
    picture(tmp_path / "src" / "a.jpg")
    os.mkfifo(tmp_path / "report")
    with not_for_ever(tmp_path / "report"):
        error = uploads.failing(tmp_path / "src", report=str(tmp_path / "report"), check=check)
    assert error.kind == "local"
    assert f"{tmp_path}/report is left unchanged" in error.msg
    assert "the option report" in error.msg
    assert names(uploads.server) == []


@pytest.mark.parametrize("check", [False, True])
def test_report_at_link_is_refused(uploads: Uploads, tmp_path: Path, check: bool) -> None:
    picture(tmp_path / "src" / "a.jpg")
    precious = picture(tmp_path / "precious", "precious")
    precious.chmod(0o644)
    (tmp_path / "report").symlink_to(precious)
    error = uploads.failing(tmp_path / "src", report=str(tmp_path / "report"), check=check)
    assert error.kind == "local"
    assert f"{tmp_path}/report is left unchanged" in error.msg
    assert (precious.read_text(), precious.stat().st_mode & 0o777) == ("precious", 0o644)
    assert names(uploads.server) == []


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    "content",
    ["- hosts: all\n", '{"kind": "run"}\n', '{"kind": "run", "module": "immich_duplicates"}\n', "\n" * 5000],
    ids=["playbook", "json", "duplicates", "blank"],
)
def test_report_in_place_of_another_file_is_refused(uploads: Uploads, tmp_path: Path, content: str, check: bool) -> None:
    picture(tmp_path / "src" / "a.jpg")
    (tmp_path / "report").write_text(content)
    error = uploads.failing(tmp_path / "src", report=str(tmp_path / "report"), check=check)
    assert error.failure()["kind"] == "local"
    assert f"{tmp_path}/report holds something else than a report" in error.msg
    assert ((tmp_path / "report").read_text(), names(uploads.server)) == (content, [])


def test_file_put_there_after_the_look_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "report"
    refuse_report(str(path))
    path.write_text("- hosts: all\n")
    with pytest.raises(LocalFailure, match="not a report any more") as caught:
        Report(str(path), is_report_of_run)
    assert caught.value.options == ("report",)
    assert path.read_text() == "- hosts: all\n"


def test_a_full_disk_ends_the_report_not_the_upload(uploads: Uploads, tmp_path: Path) -> None:
    for number in range(50):
        picture(tmp_path / "src" / f"{number}.jpg")
    report = tmp_path / "report"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))  # looks like a disk that is full after so many bytes
    try:
        error: Any = uploads.failing(tmp_path / "src", report=str(report), album="A")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.kind == "local"
    assert str(report) in error.msg
    assert 0 < len(lines(report)) < 50
    assert counts(error.result) == [50, 0, 0, 0]
    assert all(one["albums"] == ["A"] for one in uploads.server.state()["assets"])
    assert len(names(uploads.server)) == 50


def test_report_of_file_without_album_has_two_lines(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "a.jpg")
    uploads.server.fault(method="POST", path="^/albums$", status=400, json={"message": "No"})
    uploads.failing(tmp_path / "src", album="A", report=str(tmp_path / "report"))
    written = file_lines(tmp_path / "report")
    assert [line["action"] for line in written] == ["created", "failed"]
    assert written[0]["asset_id"] == written[1]["asset_id"] == by_name(uploads.server)["a.jpg"]["id"]


def test_half_surrogate_in_a_server_message_is_harmless(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "a.jpg")
    picture(tmp_path / "src" / "b.jpg")
    is_json = {"Content-Type": "application/json"}
    uploads.server.fault(method="POST", path="^/assets$", status=400, headers=is_json, body='{"message": "No \\ud83d"}')
    error: Any = uploads.failing(tmp_path / "src", concurrency=1, report=str(tmp_path / "report"))
    assert counts(error.result) == [1, 0, 0, 1]
    failed = next(line for line in lines(tmp_path / "report").values() if line["action"] == "failed")
    assert failed["failure"]["msg"].endswith(": No  .")  # what cannot be shown becomes a space
