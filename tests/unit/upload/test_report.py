# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run report."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path
from typing import Any

import pytest

from .conftest import Uploads, by_name, counts, names, not_for_ever, picture, sha1


def lines(path: Path) -> dict[str, dict[str, Any]]:
    """The report's lines by the names of their files."""
    return {os.path.basename(line["path"]): line for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def test_a_line_for_each_file(uploads: Uploads, tmp_path: Path) -> None:
    src, report = tmp_path / "src", tmp_path / "report.jsonl"
    uploads(picture(src / "old.jpg"))
    new = picture(src / "new.jpg")
    picture(src / "empty.jpg", b"")
    picture(src / "notes.txt")
    report.write_text("an older report\n" * 100)
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
    assert {name: line["reason"] for name, line in found.items() if line["reason"]} == {"notes.txt": "Files of this type are not taken."}
    assert found["empty.jpg"]["failure"] == {"kind": "local", "status": None, "msg": "The file is empty."}
    assert report.stat().st_mode & 0o777 == 0o600


def test_check_mode_writes_none(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    uploads(tmp_path, report=str(tmp_path / "report"), check=True)
    assert not (tmp_path / "report").exists()


def test_a_report_that_cannot_be_begun_stops_the_run_before_it_begins(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    error = uploads.failing(tmp_path, report=str(tmp_path / "none" / "report"))
    predicted = uploads.failing(tmp_path, report=str(tmp_path / "none" / "report"), check=True)
    assert error.msg == predicted.msg == f"The report {tmp_path}/none/report cannot be written: there is no folder {tmp_path}/none."
    assert error.failure()["kind"] == "local"
    assert names(uploads.server) == []


@pytest.mark.parametrize("check", [False, True])
def test_a_report_that_is_a_pipe_is_refused_before_anything_is_uploaded(uploads: Uploads, tmp_path: Path, check: bool) -> None:
    picture(tmp_path / "src" / "a.jpg")
    os.mkfifo(tmp_path / "report")
    with not_for_ever(tmp_path / "report"):
        error = uploads.failing(tmp_path / "src", report=str(tmp_path / "report"), check=check)
    assert error.msg == f"The report {tmp_path}/report cannot be written: it is not a file."
    assert names(uploads.server) == []


@pytest.mark.parametrize("check", [False, True])
def test_a_report_that_is_a_link_is_refused_and_leaves_alone_what_it_leads_to(uploads: Uploads, tmp_path: Path, check: bool) -> None:
    picture(tmp_path / "src" / "a.jpg")
    precious = picture(tmp_path / "precious", "precious")
    precious.chmod(0o644)
    (tmp_path / "report").symlink_to(precious)
    error = uploads.failing(tmp_path / "src", report=str(tmp_path / "report"), check=check)
    assert error.msg == f"The report {tmp_path}/report cannot be written: it is a link, which is not followed. Name the file itself."
    assert (precious.read_text(), precious.stat().st_mode & 0o777) == ("precious", 0o644)
    assert names(uploads.server) == []


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
    assert error.msg == f"The report {report} could not be written to its end: File too large. The upload went on without it."
    assert 0 < len(lines(report)) < 50
    assert counts(error.result) == [50, 0, 0, 0]
    assert all(one["albums"] == ["A"] for one in uploads.server.state()["assets"])
    assert len(names(uploads.server)) == 50


def test_a_file_that_is_up_but_not_in_its_album_has_two_lines(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "a.jpg")
    uploads.server.fault(method="POST", path="^/albums$", status=400, json={"message": "No"})
    uploads.failing(tmp_path / "src", album="A", report=str(tmp_path / "report"))
    written = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    assert [line["action"] for line in written] == ["created", "failed"]
    assert written[0]["asset_id"] == written[1]["asset_id"] == by_name(uploads.server)["a.jpg"]["id"]


def test_half_a_surrogate_pair_in_the_servers_words_does_not_end_the_run(uploads: Uploads, tmp_path: Path) -> None:
    picture(tmp_path / "src" / "a.jpg")
    picture(tmp_path / "src" / "b.jpg")
    is_json = {"Content-Type": "application/json"}
    uploads.server.fault(method="POST", path="^/assets$", status=400, headers=is_json, body='{"message": "No \\ud83d"}')
    error: Any = uploads.failing(tmp_path / "src", concurrency=1, report=str(tmp_path / "report"))
    assert counts(error.result) == [1, 0, 0, 1]
    failed = next(line for line in lines(tmp_path / "report").values() if line["action"] == "failed")
    assert failed["failure"]["msg"] == "Immich refused POST /assets: No \ud83d."
